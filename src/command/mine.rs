//! `netlog patterns mine`: templates of lines, and a format file to start from.

use super::{CommandError, Status, told};
use crate::cli;
use crate::engine::{EngineError, LogFile, each_log};
use crate::logs::FormatSet;
use crate::logs::mine::{Mined, Miner, Settings};
use crate::plan::UsageError;
use crate::sink::escape::csv as escape;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Reads the logs, groups their lines, prints what came of it.
pub(super) fn run(args: &cli::Mine) -> Result<Status, CommandError> {
    let set = FormatSet::load(&args.patterns).map_err(EngineError::from)?;
    check(args, &set)?;
    let settings = Settings { all: args.all, similarity: args.similarity, ..Settings::default() };
    let mut miner = Miner::new(&set, settings);
    let format = args.format.as_deref();
    let read = each_log::<Infallible>(&args.inputs, &set, |file| {
        match file {
            LogFile::Begin { sample, .. } => miner.begin(sample, format),
            LogFile::Lines(chunk) => miner.add(chunk),
        }
        Ok(())
    });
    let Ok(ledger) = read;
    let status = told(&ledger);
    let mut mined = miner.finish();
    if mined.left_out > 0 {
        anstream::eprintln!("netlog: {} lines fit none of the templates that are kept", mined.left_out);
    }
    if let Some(path) = &args.lines {
        assign(args, &set, &mut mined, path)?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &mined.listing()).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    } else if mined.templates.is_empty() {
        let hint = if args.all { "" } else { "; --all groups those that formats read, too" };
        anstream::eprintln!("netlog: none of {} lines is left to group{hint}", mined.lines);
    } else {
        let over = args.over.as_deref();
        let load = |text: &str| FormatSet::load_with(&args.patterns, &[("mined", text)]);
        let text = mined.format_file(&args.name, over, load).map_err(EngineError::from)?;
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    Ok(status)
}

/// What can be said before anything is read.
fn check(args: &cli::Mine, set: &FormatSet) -> Result<(), UsageError> {
    let wrong = |option, value: &str, reason: String| {
        Err(UsageError::Value { option, value: value.to_owned(), reason })
    };
    if !(0.0..=1.0).contains(&args.similarity) {
        return wrong("--similarity", &args.similarity.to_string(), "must lie between 0 and 1".to_owned());
    }
    let exists = |name: &str| set.text(name).is_some();
    if exists(&args.name) || args.name.is_empty() || args.name.contains(char::is_whitespace) {
        return wrong("--name", &args.name, "must be a name that no format has".to_owned());
    }
    let over = args.over.as_deref().filter(|over| *over != "none");
    for (option, name) in [("--over", over), ("--format", args.format.as_deref())] {
        if let Some(name) = name.filter(|name| !exists(name)) {
            let hint = set.nearest(name).map_or_else(String::new, |n| format!("; did you mean {n}?"));
            return wrong(option, name, format!("no format is called so{hint}"));
        }
    }
    if args.lines.is_some() && args.inputs.iter().any(|i| i == "-") {
        return wrong("--lines", "-", "standard input can be read only once; give a file".to_owned());
    }
    Ok(())
}

/// Reads the logs once more and writes which line is of which template.
fn assign(
    args: &cli::Mine,
    set: &FormatSet,
    mined: &mut Mined<'_>,
    path: &std::path::Path,
) -> Result<(), CommandError> {
    let mut out = escape::Table::new(BufWriter::new(File::create(path)?));
    let fault = |e: csv::Error| CommandError::Write(e.into());
    out.row(["file", "line", "template"]).map_err(fault)?;
    let (mut name, format) = (String::new(), args.format.as_deref());
    each_log(&args.inputs, set, |file| {
        let mut failed = Ok(());
        match file {
            LogFile::Begin { path, sample } => {
                name = escape::cell(path).into_owned();
                mined.begin(sample, format);
            }
            LogFile::Lines(chunk) => mined.assign(chunk, |line, template| {
                if failed.is_ok() {
                    failed = out.row([name.as_str(), &line.to_string(), &template.to_string()]);
                }
            }),
        }
        failed.map_err(fault)
    })?;
    out.flush()?;
    Ok(())
}
