//! `netlog query`: questions to a case.

mod prompt;
mod show;

use super::{CommandError, Status, Terminal};
use crate::case::{AskError, Asker, Case, statements};
use crate::cli::{Format, Query};
use crate::plan::UsageError;
use show::Shape;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

/// Bytes of questions that are taken from standard input.
const MOST: u64 = 1 << 20;

pub(super) fn run(args: &Query, terminal: &Terminal) -> Result<Status, CommandError> {
    let case = Case::open(&args.case)?;
    let asker = Asker::new(&case)?;
    let shape = shape(args, terminal)?;
    let Some(question) = &args.question else {
        if io::stdin().is_terminal() {
            return prompt::run(&case, &asker, shape, terminal);
        }
        let mut text = String::new();
        io::stdin().lock().take(MOST).read_to_string(&mut text)?;
        return answers(args, &asker, &text, shape);
    };
    answers(args, &asker, question, shape)
}

fn shape(args: &Query, terminal: &Terminal) -> Result<Shape, CommandError> {
    let named = args.output.as_ref().and_then(|path| path.extension()).and_then(|e| e.to_str());
    let named = named.and_then(|ending| match ending.to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "json" => Some(Format::Json),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        "parquet" => Some(Format::Parquet),
        _ => None,
    });
    let format = args.format.or(named).unwrap_or(Format::Table);
    if format == Format::Parquet && args.output.is_none() {
        return Err(UsageError::Value {
            option: "--format",
            value: "parquet".to_owned(),
            reason: "is for files: add -o FILE".to_owned(),
        }
        .into());
    }
    let width = if args.output.is_some() { None } else { terminal.width };
    let color = args.output.is_none() && terminal.color(args.color);
    Ok(Shape { format, width, color })
}

fn answers(args: &Query, asker: &Asker, text: &str, shape: Shape) -> Result<Status, CommandError> {
    let questions = statements(text);
    if questions.len() > 1 && args.output.is_some() {
        let reason = "one file takes one answer: ask one question".to_owned();
        return Err(UsageError::Value { option: "-o", value: text.to_owned(), reason }.into());
    }
    if questions.is_empty() {
        asker.ask("")?;
    }
    for question in questions {
        if args.explain {
            writeln!(io::stdout().lock(), "{}", show::plan(&asker.explain(question)?))?;
            continue;
        }
        let answer = asker.ask(question)?;
        match &args.output {
            Some(path) => {
                let failed = |source| crate::sink::SinkError::Create { path: path.clone(), source };
                show::write(answer, shape, &mut File::create(path).map_err(failed)?)?;
            }
            None => show::write(answer, shape, &mut io::stdout().lock())?,
        }
    }
    Ok(Status::Done)
}

/// Why a question got no answer; the prompt goes on.
fn told(error: &AskError) {
    anstream::eprintln!("netlog: {}", crate::sink::escape::text::visible(&error.to_string()));
}
