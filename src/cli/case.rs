//! Arguments about cases: asking one, merging several.

use super::{ColorWhen, Reading};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `query`
#[derive(Debug, Args)]
pub struct Query {
    /// The case: a folder that -o case=DIR made
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub case: PathBuf,
    /// The question, or several with ; between them; without one a prompt, or standard input
    #[arg(value_name = "SQL")]
    pub question: Option<String>,
    /// How to print the answer [default: by the name of -o, else table]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write the answer to a file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Print how the answer would be found instead of it
    #[arg(long)]
    pub explain: bool,
    /// When to use colour; auto honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people.
    Table,
    /// CSV with a head, formulas defused.
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// Parquet, into a file.
    Parquet,
}

/// `merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// The folder of the case to make
    #[arg(short, long, value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
}
