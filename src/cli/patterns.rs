//! `netlog patterns`: its commands.

use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `patterns`
#[derive(Debug, Subcommand)]
pub enum Patterns {
    /// List the log formats
    List {
        /// Folder with pattern files of your own; may be given several times
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        patterns: Vec<PathBuf>,
    },
    /// Print the file of a format, or the definition of a named pattern
    Show {
        /// Name of a format or named pattern
        name: String,
        /// Folder with pattern files of your own; may be given several times
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        patterns: Vec<PathBuf>,
    },
    /// Compile every named pattern and format, and say which engine each pattern runs on
    Check {
        /// Files and folders of your own, laid over what is built in
        #[arg(value_name = "DIR", value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
    },
    /// Run the tests inside format files: those given, else the built-in ones
    Test {
        /// Files and folders of your own
        #[arg(value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
    },
    /// Match lines with a grok expression: one line of JSON each, the captures or null
    Match(Match),
    /// Tell which rule reads a line with what captures, or how far each rule came
    #[command(after_help = "\
Examples:
  netlog patterns explain 'Nov 21 09:07:01 web sshd[731]: Failed password for bob from nowhere'
  netlog patterns explain --format nginx.access \"$(tail -n 1 access.log)\"")]
    Explain(Explain),
    /// Group lines that no format reads into templates, and print a format file to start from
    #[command(after_help = "\
Examples:
  netlog patterns mine app.log > my-formats/app.toml
  netlog patterns mine --all --json auth.log | jq -r '.templates[] | \"\\(.count)\\t\\(.template)\"'
  netlog patterns mine --all --lines groups.csv auth.log >/dev/null")]
    Mine(Mine),
}

/// `patterns explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Format to explain the line with, after its parents; may be given several times [default: as recognised]
    #[arg(long, value_name = "NAME")]
    pub format: Vec<String>,
    /// Folder with pattern files of your own; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub patterns: Vec<PathBuf>,
    /// The line; - for the first one of standard input
    #[arg(allow_hyphen_values = true)]
    pub line: String,
}

/// `patterns mine`
#[derive(Debug, Args)]
pub struct Mine {
    /// Files, directories or globs of logs; - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<String>,
    /// All lines, not only those that no format reads
    #[arg(long)]
    pub all: bool,
    /// Print the templates as JSON instead of a format file
    #[arg(long)]
    pub json: bool,
    /// Also write which line is of which template: CSV with file, line, template (0 = of none)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub lines: Option<PathBuf>,
    /// Name of the format
    #[arg(long, value_name = "NAME", default_value = "mined")]
    pub name: String,
    /// Format whose messages the file is for, or none for whole lines [default: where most lines are]
    #[arg(long, value_name = "NAME")]
    pub over: Option<String>,
    /// Share of words that must be alike, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.7)]
    pub similarity: f64,
    /// Read all logs as this format instead of recognising it
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// Folder with pattern files of your own; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub patterns: Vec<PathBuf>,
}

/// `patterns match`
#[derive(Debug, Args)]
pub struct Match {
    /// Folder with pattern files of your own; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub patterns: Vec<PathBuf>,
    /// Take the whole input as one line
    #[arg(long)]
    pub multiline_input: bool,
    /// Grok expression
    pub expression: String,
    /// File with lines; standard input if not given or -
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}
