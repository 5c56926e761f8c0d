//! `netlog patterns explain`: which rule reads a line, or where the rules lose it.

use super::{CommandError, Status, Terminal};
use crate::cli::Explain;
use crate::engine::EngineError;
use crate::logs::FormatSet;
use crate::logs::explain::{Explainer, Outcome, Step, Try};
use crate::plan::UsageError;
use crate::sink::escape::text::{fit, visible, width};
use std::io::{self, BufRead, Write};

/// Columns where standard output is no terminal.
const WIDTH: usize = 100;
/// What a detail is indented by.
const INDENT: &str = "    ";

/// Explains one line. Status 0 if formats read it to its end, 1 if not.
pub(super) fn run(args: &Explain, terminal: &Terminal) -> Result<Status, CommandError> {
    let set = FormatSet::load(&args.patterns).map_err(EngineError::from)?;
    let library = FormatSet::library(&args.patterns).map_err(EngineError::from)?;
    for name in &args.format {
        if set.text(name).is_none() {
            let hint = set.nearest(name).map_or_else(String::new, |n| format!("; did you mean {n}?"));
            let reason = format!("no format is called so{hint}");
            return Err(UsageError::Value { option: "--format", value: name.clone(), reason }.into());
        }
    }
    let mut line = args.line.clone();
    if line == "-" {
        line.clear();
        io::stdin().lock().read_line(&mut line)?;
    }
    let line = line.trim_end_matches(['\n', '\r']);
    let steps = Explainer::new(&set, &library, line).steps(&args.format);
    let mut page = Page { line, width: terminal.width.unwrap_or(WIDTH).max(20), out: Vec::new() };
    if args.format.is_empty()
        && let Some(first) = steps.first().filter(|step| matches!(step.result, Outcome::Read { .. }))
    {
        writeln!(page.out, "Recognised as {}; --format tells what another makes of it.", first.format)?;
    }
    page.steps(&steps)?;
    io::stdout().lock().write_all(&page.out)?;
    let lost = steps.iter().any(|step| matches!(step.result, Outcome::Lost { .. }));
    Ok(if lost || steps.is_empty() { Status::Found } else { Status::Done })
}

/// The text in the making.
struct Page<'p> {
    line: &'p str,
    width: usize,
    out: Vec<u8>,
}

impl Page<'_> {
    fn steps(&mut self, steps: &[Step]) -> io::Result<()> {
        if !steps.iter().any(|step| matches!(step.result, Outcome::Read { .. })) {
            writeln!(self.out, "No format reads the line.")?;
        }
        for step in steps {
            match &step.result {
                Outcome::Read { rule, source, captures, dropped } => {
                    let end = if *dropped { ", which makes no event of it" } else { "" };
                    writeln!(self.out, "{}: read by rule {}{end}", step.format, place(*rule))?;
                    self.text(&visible(source))?;
                    let widest = captures.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
                    for (name, value) in captures {
                        self.text(&format!("{name:widest$}  {}", visible(value)))?;
                    }
                }
                Outcome::Lost { rules: 0, .. } => writeln!(self.out, "{}: has no rules", step.format)?,
                Outcome::Lost { rules, tries } => {
                    let of = if *rules == 1 {
                        "its rule does not read".to_owned()
                    } else {
                        format!("none of {rules} rules reads")
                    };
                    let what = if step.offset == Some(0) { "the line" } else { "what is left" };
                    writeln!(self.out, "{}: {of} {what}; what came furthest:", step.format)?;
                    for attempt in tries {
                        self.attempt(step, attempt)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn attempt(&mut self, step: &Step, attempt: &Try) -> io::Result<()> {
        self.text(&format!("rule {}: {}", place(attempt.rule), visible(&attempt.source)))?;
        let (text, at) = match step.offset {
            Some(offset) => (self.line, offset + attempt.at),
            None => (step.text.as_str(), attempt.at),
        };
        let at = text.floor_char_boundary(at);
        let (before, after) = text.split_at(at);
        let (shown, caret) =
            window(&visible(before), &visible(after), self.width.saturating_sub(INDENT.len()));
        writeln!(self.out, "{INDENT}{shown}")?;
        writeln!(self.out, "{INDENT}{}^", " ".repeat(caret))?;
        let column = before.chars().count() + 1;
        let matched = attempt.matched.as_ref().map_or_else(String::new, |m| format!(" after {}", visible(m)));
        self.text(&format!("column {column}: expected {}{matched}", visible(&attempt.expected)))?;
        match attempt.more {
            0 => Ok(()),
            1 => self.text("1 more alternative stops there"),
            n => self.text(&format!("{n} more alternatives stop there")),
        }
    }

    /// A line of detail, cut to the terminal.
    fn text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{INDENT}{}", fit(text, self.width.saturating_sub(INDENT.len())))
    }
}

/// The stretch of a line around a place that fits into `max` columns, and the column of the place.
fn window(before: &str, after: &str, max: usize) -> (String, usize) {
    let (left, right) = (width(before), width(after));
    if left + right <= max {
        return (format!("{before}{after}"), left);
    }
    // Most of the room is for what was read.
    let room = if right < max / 3 { max - right - 1 } else { max * 2 / 3 };
    let mut start = before;
    let mut cut = false;
    while width(start) + usize::from(cut) > room {
        start = start.get(start.chars().next().map_or(0, char::len_utf8)..).unwrap_or("");
        cut = true;
    }
    let mark = if cut { "…" } else { "" };
    let caret = width(start) + usize::from(cut);
    (format!("{mark}{start}{}", fit(after, max.saturating_sub(caret))), caret)
}

fn place((rule, alternative): (usize, usize)) -> String {
    format!("{rule}, alternative {alternative}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stays_in_the_window() {
        let line: String = ('a'..='z').cycle().take(300).collect();
        for max in [20, 37, 80, 400] {
            for at in [0, 1, 19, 150, 299, 300] {
                let (before, after) = line.split_at(at);
                let (shown, caret) = window(before, after, max);
                assert!(width(&shown) <= max && caret <= max, "{max} {at}: {shown}");
                let under = shown.chars().nth(caret);
                assert!(under == after.chars().next() || under == Some('…') || at == 300, "{max} {at}");
            }
        }
    }
}
