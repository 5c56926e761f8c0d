//! The prompt: questions end with `;`, names complete with Tab, what was asked is remembered.

use super::show::{self, Shape};
use super::told;
use crate::case::{Asker, Case, Names, statements};
use crate::cli::Format;
use crate::command::{CommandError, Status, Terminal};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper};
use std::io::{self, Write};
use std::path::PathBuf;

const HELP: &str = "\
Questions in SQL end with ; and may take several lines. Names with dots need no quotes.
  .tables           the tables and how many rows they have
  .columns TABLE    the columns of a table and what they hold
  .format NAME      table, csv, json or ndjson
  .explain SQL      how an answer would be found
  .help  .quit";

/// Words of SQL that complete.
static WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "JOIN",
    "LEFT JOIN",
    "UNION ALL",
    "COUNT(*)",
    "DISTINCT",
    "DESC",
    "BETWEEN",
    "LIKE",
    "IS NOT NULL",
    "WITH",
];

struct Asking {
    names: Names,
}

impl Completer for Asking {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..pos).unwrap_or_default();
        let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '@');
        let from = before
            .rfind(|c| !word(c))
            .map_or(0, |at| at + before.get(at..).map_or(1, |s| s.chars().next().map_or(1, char::len_utf8)));
        let begun = before.get(from..).unwrap_or_default();
        if begun.is_empty() {
            return Ok((from, Vec::new()));
        }
        let lower = begun.to_lowercase();
        let words = WORDS.iter().map(|w| (*w).to_owned());
        let commands = [".tables", ".columns", ".format", ".explain", ".help", ".quit"].map(str::to_owned);
        let all = self.names.tables.iter().chain(&self.names.columns).cloned().chain(words).chain(commands);
        let mut found: Vec<String> = all.filter(|name| name.to_lowercase().starts_with(&lower)).collect();
        found.dedup();
        Ok((from, found))
    }
}

impl Hinter for Asking {
    type Hint = String;
}
impl Highlighter for Asking {}
impl Helper for Asking {}

impl Validator for Asking {
    fn validate(&self, input: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = input.input().trim_end_matches(' ');
        let whole = text.trim().is_empty() || text.trim_start().starts_with('.') || text.ends_with(';');
        let word = matches!(text.trim(), "quit" | "exit" | "help");
        Ok(if whole || word { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Where questions are remembered, by the rules of the XDG base directories.
fn memory() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?.join("netlog");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("query-history"))
}

/// Asks until there is no more to ask.
pub fn run(
    case: &Case,
    asker: &Asker,
    mut shape: Shape,
    terminal: &Terminal,
) -> Result<Status, CommandError> {
    let mut editor: Editor<Asking, FileHistory> = Editor::new().map_err(failed)?;
    editor.set_helper(Some(Asking { names: asker.names().clone() }));
    let memory = memory();
    if let Some(path) = &memory {
        // A first run has none.
        let _ = editor.load_history(path);
    }
    let folder = crate::sink::escape::text::visible(&case.folder.display().to_string());
    writeln!(io::stdout(), "{folder}: {} events in {} tables; .help helps", case.events, case.tables.len())?;
    shape.width = terminal.width;
    loop {
        match editor.readline("netlog> ") {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                let _ = editor.add_history_entry(line.trim());
                if !answer(case, asker, &mut shape, line.trim())? {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(failed(error).into()),
        }
    }
    if let Some(path) = &memory {
        // What cannot be remembered is no reason to fail.
        let _ = editor.save_history(path);
    }
    Ok(Status::Done)
}

fn failed(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Answers a line; whether the prompt goes on.
fn answer(case: &Case, asker: &Asker, shape: &mut Shape, line: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match word {
        ".quit" | ".exit" | "quit" | "exit" | "quit;" | "exit;" => return Ok(false),
        ".help" | "help" | "help;" => writeln!(out, "{HELP}")?,
        ".tables" => {
            for table in &case.tables {
                writeln!(out, "{:>12}  {}", table.rows, table.name)?;
            }
            writeln!(
                out,
                "{:>12}  events (all of them)\n              findings, inputs, ledger",
                case.events
            )?;
        }
        ".columns" => match case.tables.iter().find(|t| t.name == rest.trim().trim_matches('"')) {
            Some(table) => {
                table.columns.iter().try_for_each(|(name, holds)| writeln!(out, "{holds:<16}  {name}"))?;
            }
            None => writeln!(out, "there is no data set '{}'; .tables lists them", rest.trim())?,
        },
        ".format" => match <Format as clap::ValueEnum>::from_str(rest.trim(), true) {
            Ok(Format::Parquet) | Err(_) => writeln!(out, "there are table, csv, json and ndjson")?,
            Ok(format) => shape.format = format,
        },
        ".explain" => match asker.explain(rest) {
            Ok(plan) => writeln!(out, "{}", show::plan(&plan))?,
            Err(error) => told(&error),
        },
        _ if word.starts_with('.') => writeln!(out, "{word}? .help tells what there is")?,
        _ => {
            for question in statements(line) {
                match asker.ask(question) {
                    Ok(frame) => show::write(frame, *shape, &mut out)?,
                    Err(error) => told(&error),
                }
            }
        }
    }
    Ok(true)
}
