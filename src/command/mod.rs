//! The commands: from a plan to outputs and an exit status.

mod analyze;
mod explain;
mod extract;
mod grep_auth;
mod load;
#[cfg(feature = "case")]
mod merge;
mod mine;
mod outputs;
mod patterns;
mod print;
mod progress;
#[cfg(feature = "case")]
mod query;
mod report;
mod setup;
mod story;
mod terminal;

pub use terminal::Terminal;

use crate::cli::{Cli, Command};
use crate::engine::{EngineError, ExtractError};
use crate::load::LoadError;
use crate::model::{Ledger, Ts};
use crate::nightly::{LockError, StateError};
use crate::plan::{Plan, UsageError};
use crate::schema::SchemaError;
use crate::sink::SinkError;
use crate::sink::escape::text::visible;
use std::io;

/// How a run ended, as the exit status tells it (see `netlog --help`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: all done.
    Done = 0,
    /// 1: a finding reached `--fail-on`.
    Found = 1,
    /// 2: wrong usage; nothing was read.
    Usage = 2,
    /// 3: an input could not be read, or not to its end.
    Incomplete = 3,
    /// 4: an output failed.
    Output = 4,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command line is wrong.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// An output cannot be opened.
    #[error(transparent)]
    Open(#[from] SinkError),
    /// A file the command line names is wrong, or an output failed while running.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Pattern files contradict each other.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A search engine cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Another run is at work, or the folder that remembers cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The packets cannot be written.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// What was remembered cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A directory is no case that can be read.
    #[cfg(feature = "case")]
    #[error(transparent)]
    Case(#[from] crate::case::CaseError),
    /// A question cannot be answered.
    #[cfg(feature = "case")]
    #[error(transparent)]
    Ask(#[from] crate::case::AskError),
    /// Parquet and SQL were left out when this program was built.
    #[error("netlog {0}: this netlog was built without the feature 'case' (Parquet and SQL)")]
    Without(&'static str),
    /// The command that gets the report failed.
    #[error("--exec: {0}; nothing counts as told, the next run tells it again")]
    Hook(String),
    /// The same for the third time: the report counts as told.
    #[error("--exec: {0}; that was the third time, and the report counts as told without it")]
    GivenUp(String),
    /// An output failed at its end.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl CommandError {
    /// The message, for a person: what came from outside is made visible, lines stay lines.
    pub fn message(&self) -> String {
        self.to_string().lines().map(visible).collect::<Vec<_>>().join("\n")
    }

    /// The exit status that tells of the error. A reader that has had enough is no error.
    pub fn status(&self) -> Status {
        match self {
            CommandError::Write(e) | CommandError::Engine(EngineError::Sink(e)) => {
                if e.kind() == io::ErrorKind::BrokenPipe { Status::Done } else { Status::Output }
            }
            CommandError::Load(LoadError::Connection(_) | LoadError::Folder { .. }) => Status::Usage,
            CommandError::Load(_) => Status::Output,
            CommandError::Extract(ExtractError::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe => {
                Status::Done
            }
            CommandError::Extract(_) => Status::Output,
            CommandError::Open(SinkError::Create { .. })
            | CommandError::Hook(_)
            | CommandError::GivenUp(_) => Status::Output,
            _ => Status::Usage,
        }
    }
}

/// Runs what the command line asks for. `now` is the clock, `terminal` what is known of the outside.
///
/// # Errors
/// See [`CommandError`]; faults of inputs are told on standard error and in the status instead.
pub fn run(cli: &Cli, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    match &cli.command {
        Command::Analyze(args) => analyze::run(Plan::analyze(args, now)?, &args.reading, terminal),
        Command::Events(args) => analyze::run(Plan::events(args, now)?, &args.reading, terminal),
        Command::Extract(args) => extract::run(args, now, terminal),
        Command::Timeline(args) => story::timeline(args, now, terminal),
        Command::Host(args) => story::host(args, now, terminal),
        Command::Report(args) => report::run(args, now, terminal),
        Command::GrepAuth(args) => grep_auth::run(&Plan::grep_auth(args, now)?, args, terminal),
        Command::Load(args) => load::run(args, now, terminal),
        Command::Setup(args) => setup::run(args),
        #[cfg(feature = "case")]
        Command::Query(args) => query::run(args, terminal),
        #[cfg(not(feature = "case"))]
        Command::Query(_) => Err(CommandError::Without("query")),
        #[cfg(feature = "case")]
        Command::Merge(args) => merge::run(args, now, terminal),
        #[cfg(not(feature = "case"))]
        Command::Merge(_) => Err(CommandError::Without("merge")),
        Command::Fields(args) => print::fields(args),
        Command::Patterns { command } => patterns::run(command, terminal),
        Command::Config { command } => print::config(command),
        Command::Completions { shell } => print::completions(*shell),
        Command::Man => print::man(),
    }
}

/// Tells faults on standard error as they stand in the ledger; gives the status they make.
fn told(ledger: &Ledger) -> Status {
    for fault in &ledger.faults {
        let at = fault.offset.map_or_else(String::new, |o| format!(" (at byte {o})"));
        anstream::eprintln!("netlog: {}{at}", visible(&format!("{}: {}", fault.path, fault.reason)));
    }
    if ledger.faults.is_empty() { Status::Done } else { Status::Incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_while_loading_is_no_wrong_usage() {
        assert_eq!(CommandError::from(LoadError::Worker).status(), Status::Output);
        assert_eq!(CommandError::from(LoadError::Connection(String::new())).status(), Status::Usage);
    }
}
