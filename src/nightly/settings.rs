//! What a repeated report is to do.

use super::counted::First;
use crate::model::{SPANS, Ts, span};
use std::str::FromStr;

/// Which time a report is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// Whatever was not counted yet.
    #[default]
    New,
    /// The calendar day before that of the run.
    Yesterday,
    /// The calendar day of the run, so far.
    Today,
    /// This span before the run, nanoseconds.
    Last(Ts),
}

/// When standard output and the hook are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loud {
    /// After each run.
    #[default]
    Always,
    /// When something is new or gone.
    Changed,
    /// When something was found.
    Finding,
}

impl FromStr for First {
    type Err = String;
    fn from_str(s: &str) -> Result<First, String> {
        match s {
            "all" => Ok(First::All),
            "now" => Ok(First::Now),
            _ => match span(s) {
                Some(nanos) if nanos > 0 => Ok(First::Since(nanos)),
                _ => Err(format!("write all, now or how far back, like 1d; {SPANS}")),
            },
        }
    }
}

impl FromStr for Window {
    type Err = String;
    fn from_str(s: &str) -> Result<Window, String> {
        match s {
            "new" => Ok(Window::New),
            "yesterday" => Ok(Window::Yesterday),
            "today" => Ok(Window::Today),
            _ => match span(s) {
                Some(nanos) if nanos > 0 => Ok(Window::Last(nanos)),
                _ => Err("write new, yesterday, today or a time span like 24h".to_owned()),
            },
        }
    }
}

impl FromStr for Loud {
    type Err = String;
    fn from_str(s: &str) -> Result<Loud, String> {
        match s {
            "always" => Ok(Loud::Always),
            "changed" => Ok(Loud::Changed),
            "finding" => Ok(Loud::Finding),
            _ => Err("write always, changed or finding".to_owned()),
        }
    }
}
