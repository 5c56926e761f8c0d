//! The parts of a template as they are written.

use super::{Mode, Part};
use crate::logs::PatternError;
use crate::logs::fields::{Table, nearest};
use crate::logs::target::{Capture, Target};
use crate::logs::time::Form;

/// Names of how far a capture reaches.
const MODES: [&str; 9] =
    ["text", "list", "rest", "unquoted", "host", "name", "quoted", "blanks", "structured"];

/// The literal text that a template goes on with.
pub(super) fn literal(left: &mut &str) -> Part {
    let mut out = String::new();
    while let Some(c) = left.chars().next() {
        if left.starts_with("%{") {
            break;
        }
        let step = if left.starts_with("%%") { 2 } else { c.len_utf8() };
        out.push(c);
        *left = left.get(step..).unwrap_or("");
    }
    Part::Literal(out.into_boxed_str())
}

/// What stands between the braces of a template: where its text goes, and how far it reaches.
pub(super) fn capture(
    table: &Table,
    format: &str,
    file: &str,
    place: &str,
    name: &str,
    mode: Option<&str>,
) -> Result<(Capture, Mode), PatternError> {
    if name == "@timestamp" {
        let form =
            Form::named(mode.unwrap_or("")).map_err(|message| PatternError::format(file, place, message))?;
        return Ok((Capture { target: Target::Time(form), check: None }, Mode::Stamp(form)));
    }
    let target = Target::of(table, file, place, name)?;
    let (mode, target) = match (mode, target) {
        (Some("name"), Target::Address(side, domain, named)) => (None, Target::Peer(side, domain, named)),
        (Some("name"), Target::Field(field)) => (Some("host"), Target::Name(field)),
        other => other,
    };
    let mode = match mode {
        None if target.numeric() => Mode::Digits,
        None => Mode::Word,
        Some("text") => Mode::Text,
        Some("list") => Mode::List,
        Some("unquoted") => Mode::Unquoted,
        Some("host") => Mode::Host,
        Some("quoted") => Mode::Quoted,
        Some("blanks") => Mode::Blanks,
        Some("structured") => Mode::Structured,
        Some(other) => {
            let near = nearest(other, MODES.into_iter());
            let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            return Err(PatternError::format(file, place, format!("unknown mode `{other}`{hint}")));
        }
    };
    Ok((Capture { target, check: table.check(format, name) }, mode))
}
