//! Arguments of `report`.

use super::{Packets, Reading};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `report`
#[derive(Debug, Args)]
pub struct Report {
    /// Folder that remembers what was counted; one run at a time works on it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Report")]
    pub state: Option<PathBuf>,
    /// Folder for dated reports and their index page [default: only standard output]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Report")]
    pub folder: Option<PathBuf>,
    /// How the dated reports are drawn: html, markdown, text, json; may be repeated [default: html]
    #[arg(long = "as", value_name = "NAME", help_heading = "Report")]
    pub formats: Vec<String>,
    /// How long dated reports are kept [default: 90d]
    #[arg(long, value_name = "TIME", help_heading = "Report")]
    pub keep: Option<String>,
    /// How far back the very first run reaches: all, now, or a span like 1d [default: all]
    #[arg(long, value_name = "REACH", help_heading = "Report")]
    pub first: Option<String>,
    /// Which time the report is about: new, yesterday, today, or a span like 24h [default: new]
    ///
    /// All but new read whatever lies in that time, counted or not, and leave the counts as they are.
    #[arg(long, value_name = "WHICH", conflicts_with_all = ["from", "to"], help_heading = "Report")]
    pub window: Option<String>,
    /// How long a country, user, port or host that was met is not called new [default: 30d]
    #[arg(long, value_name = "TIME", help_heading = "Report")]
    pub baseline: Option<String>,
    /// Tell standard output and --exec only when: always, changed (something is new or gone), finding
    /// (one was made, of --fail-on or worse where that is given) [default: always]
    #[arg(long, value_name = "WHEN", help_heading = "Report")]
    pub quiet_unless: Option<String>,
    /// Exit with status 1 if a finding is at least this severe: info, low, medium, high, critical
    #[arg(long, value_name = "SEVERITY", help_heading = "Report")]
    pub fail_on: Option<crate::model::Severity>,
    /// Shell command that gets the report as Markdown on its standard input
    #[arg(long, value_name = "COMMAND", help_heading = "Report")]
    pub exec: Option<String>,
    /// Write a summary for monitoring; - = standard output, instead of the report
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Report")]
    pub json: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
}
