//! `netlog patterns`: look at log formats and named patterns, check and test them, try an expression.

use super::{CommandError, Status, Terminal, explain, mine};
use crate::cli::{Match, Patterns};
use crate::engine::EngineError;
use crate::logs::grok::{Engine, Slots, json};
use crate::logs::{FormatSet, PatternError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

/// Runs one of the commands.
pub(super) fn run(command: &Patterns, terminal: &Terminal) -> Result<Status, CommandError> {
    match command {
        Patterns::List { patterns } => list(patterns),
        Patterns::Show { name, patterns } => show(name, patterns),
        Patterns::Check { paths } => check(paths),
        Patterns::Test { paths } => test(paths),
        Patterns::Match(args) => matches(args),
        Patterns::Explain(args) => explain::run(args, terminal),
        Patterns::Mine(args) => mine::run(args),
    }
}

fn load(paths: &[PathBuf]) -> Result<FormatSet, CommandError> {
    Ok(FormatSet::load(paths).map_err(EngineError::from)?)
}

/// Every format, one a line: name, what it is.
fn list(patterns: &[PathBuf]) -> Result<Status, CommandError> {
    let set = load(patterns)?;
    let mut out = io::stdout().lock();
    for (name, doc) in set.names() {
        writeln!(out, "{name}\t{doc}")?;
    }
    Ok(Status::Done)
}

/// The file of a format, or the definition of a named pattern.
fn show(name: &str, patterns: &[PathBuf]) -> Result<Status, CommandError> {
    let set = load(patterns)?;
    let mut out = io::stdout().lock();
    if let Some(text) = set.text(name) {
        out.write_all(text.map_err(EngineError::from)?.as_bytes())?;
        return Ok(Status::Done);
    }
    let library = FormatSet::library(patterns).map_err(EngineError::from)?;
    if let Some(definition) = library.definition(name) {
        writeln!(out, "{name} {}", definition.expression)?;
        return Ok(Status::Done);
    }
    let hint = set.nearest(name).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    anstream::eprintln!("netlog: no format or named pattern is called {name}{hint}");
    Ok(Status::Usage)
}

/// Every named pattern with the engine that it runs on, or what is wrong with it; then the formats.
fn check(paths: &[PathBuf]) -> Result<Status, CommandError> {
    let library = FormatSet::library(paths).map_err(EngineError::from)?;
    let mut status = Status::Done;
    let mut out = BufWriter::new(io::stdout().lock());
    for checked in json::check(&library) {
        match checked.engine {
            Ok(engine) => {
                write!(out, "{}\t{}", checked.name, engine_name(engine))?;
                // Nearly every set of patterns replaces some: said, and no mistake.
                for place in library.replaced(&checked.name) {
                    write!(out, "\treplaces {place}")?;
                }
                writeln!(out)?;
            }
            Err(error) => {
                status = Status::Usage;
                writeln!(out, "{}\terror: {error}", checked.name)?;
            }
        }
    }
    for (name, place) in library.empty_names() {
        writeln!(out, "{name}\tskipped: {place}: no expression follows the name")?;
    }
    out.flush()?;
    let set = load(paths)?;
    for (format, rule, engine) in set.engines() {
        writeln!(out, "{format} rule {rule}\t{}", engine_name(engine))?;
    }
    writeln!(out, "{} formats are sound", set.names().count())?;
    out.flush()?;
    Ok(status)
}

fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sequence => "sequence",
        Engine::Linear => "linear",
        Engine::Backtracking => "backtracking",
    }
}

/// Runs the tests that formats carry: those of the given files, else the shipped ones.
fn test(paths: &[PathBuf]) -> Result<Status, CommandError> {
    let set = load(paths)?;
    let names: Vec<&str> = match paths {
        [] => set.names().map(|(name, _)| name).collect(),
        _ => set.overlaid().collect(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut tests, mut failed) = (0, 0);
    for name in names {
        let report = set.test(Some(name));
        tests += report.tests;
        failed += report.failures.len();
        for failure in report.failures {
            writeln!(out, "{}: {}", failure.format, failure.message)?;
            if !failure.line.is_empty() {
                writeln!(out, "    {}", failure.line.escape_debug())?;
            }
        }
    }
    writeln!(out, "{tests} tests, {failed} failures")?;
    out.flush()?;
    Ok(if failed == 0 { Status::Done } else { Status::Usage })
}

/// One line of JSON for each line of the input: what the expression captures, or `null`.
fn matches(args: &Match) -> Result<Status, CommandError> {
    let library = FormatSet::library(&args.patterns).map_err(EngineError::from)?;
    let wrong = |e: &dyn std::fmt::Display| EngineError::Patterns(PatternError::expression(&e.to_string()));
    let grok = library.compile(&args.expression).map_err(|e| wrong(&e))?;
    let mut input: Box<dyn BufRead> = match args.file.as_deref() {
        None => Box::new(io::stdin().lock()),
        Some(path) if path.as_os_str() == "-" => Box::new(io::stdin().lock()),
        Some(path) => match File::open(path) {
            Ok(file) => Box::new(BufReader::with_capacity(1 << 16, file)),
            Err(error) => {
                anstream::eprintln!("netlog: {}: {error}", path.display());
                return Ok(Status::Incomplete);
            }
        },
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut line, mut slots, mut gave_up) = (Vec::new(), Slots::new(), 0u64);
    loop {
        line.clear();
        let read = match args.multiline_input {
            true => input.read_to_end(&mut line)?,
            false => input.read_until(b'\n', &mut line)?,
        };
        if read == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        match json::capture(&grok, text, &mut slots) {
            Ok(Some(object)) => serde_json::to_writer(&mut out, &object).map_err(io::Error::from)?,
            Ok(None) => out.write_all(b"null")?,
            Err(_) => {
                gave_up += 1;
                out.write_all(b"null")?;
            }
        }
        out.write_all(b"\n")?;
    }
    out.flush()?;
    if gave_up > 0 {
        anstream::eprintln!("netlog: {gave_up} lines reached the step limit and count as not matched");
    }
    Ok(Status::Done)
}
