//! Which lines of a file belong together, whatever formats it holds.

use super::draft::Draft;
use super::multi::{Division, Group, Joining};
use super::parser::Scratch;
use super::physical::unended;
use super::set::FormatSet;

/// So many lines without a beginning of their own go on with one that is an event by itself.
const LINES: usize = 1000;
/// And so many bytes with it.
const BYTES: usize = super::parser::LINE;

/// Which lines belong together. That a line goes on with the one before it is told by the two alone, so
/// that a file can be cut between events without knowing anything of what came earlier.
#[derive(Clone, Debug)]
pub enum Joins<'f> {
    /// Every line is an event; those that begin with a blank and that no format knows go on with it.
    Loose,
    /// The file is in one format, whose events have several lines.
    One(&'f Joining),
    /// Formats are mixed, and events of one of them have several lines: what no format knows as the
    /// beginning of an event goes on with the one before.
    Mixed(&'f FormatSet, Vec<usize>),
}

impl<'f> Joins<'f> {
    /// Of a file whose lines are in the formats `roots`, the likeliest first.
    pub(super) fn new(set: &'f FormatSet, roots: &[usize], mixed: bool) -> Joins<'f> {
        let joining = |root: &usize| set.format(*root).and_then(|format| format.joining.as_ref());
        match roots.first().and_then(joining) {
            Some(joining) if joining.alone => Joins::One(joining),
            _ if mixed && roots.iter().any(|root| joining(root).is_some()) => {
                Joins::Mixed(set, roots.to_vec())
            }
            Some(joining) => Joins::One(joining),
            None => Joins::Loose,
        }
    }

    /// Whether `line` may go on with the event that the line before it is part of: never says no where
    /// grouping goes on.
    pub fn continues(&self, before: &[u8], line: &[u8]) -> bool {
        match self {
            Joins::Loose => indented(line),
            // Where lengths tell that an entry ends, the next line is of another one.
            Joins::One(joining) => !self.is_counted() && joining.continues(before, line),
            Joins::Mixed(set, roots) => goes_on(set, roots, before, line, &mut Scratch::default()),
        }
    }

    /// Where events can begin in the middle of a line.
    pub fn division(&self) -> Option<&'f Division> {
        match self {
            Joins::One(joining) => joining.division(),
            _ => None,
        }
    }

    /// Whether the lengths of values tell where an event ends.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self, Joins::One(joining) if joining.is_counted())
    }

    /// Whether an event can have several lines, or a line several events.
    pub(super) fn any(&self) -> bool {
        !matches!(self, Joins::Loose)
    }

    /// The lines at the start of `text` that belong together; at least one.
    pub(super) fn group(&self, text: &[u8], scratch: &mut Scratch) -> Group {
        match self {
            Joins::One(joining) => joining.group(text),
            Joins::Loose => {
                let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
                match text.get(end) {
                    Some(b' ' | b'\t') => Group::of(text, (LINES, BYTES), |_, line| indented(line)),
                    _ => Group { bytes: end, beyond: 0 },
                }
            }
            Joins::Mixed(set, roots) => {
                Group::of(text, (LINES, BYTES), |before, line| goes_on(set, roots, before, line, scratch))
            }
        }
    }
}

/// Whether a line has something on it, and begins with a blank.
pub(super) fn indented(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t')) && !blank(line)
}

/// Whether there is nothing on a line, or on several.
pub(super) fn blank(line: &[u8]) -> bool {
    line.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

fn goes_on(set: &FormatSet, roots: &[usize], before: &[u8], line: &[u8], scratch: &mut Scratch) -> bool {
    let mut joinings = roots.iter().filter_map(|root| set.format(*root)?.joining.as_ref());
    // A blank line may stand within an event of several lines, but none goes on behind it.
    if blank(before) {
        return blank(line);
    }
    joinings.any(|joining| joining.claims(before, line)) || !set.begins(roots, line, scratch)
}

impl FormatSet {
    /// Whether one of the formats knows a line as the beginning of an event, or all of it.
    pub(super) fn begins(&self, roots: &[usize], line: &[u8], scratch: &mut Scratch) -> bool {
        let text = String::from_utf8_lossy(line);
        let text = unended(&text);
        roots.iter().any(|root| self.knows(*root, text, scratch))
    }

    /// Whether a format knows a line as the beginning of an event, or all of it.
    pub(super) fn knows(&self, root: usize, text: &str, scratch: &mut Scratch) -> bool {
        let Some(format) = self.format(root) else { return false };
        let starts = format.joining.as_ref().is_some_and(|joining| joining.starts(text.as_bytes()));
        starts || self.reads(root, text, scratch)
    }

    /// Whether a format reads a text.
    pub(super) fn reads(&self, root: usize, text: &str, scratch: &mut Scratch) -> bool {
        let Some(format) = self.format(root) else { return false };
        let traced = scratch.trace.as_ref().map_or(0, Vec::len);
        let found = format.dispatch.apply(format, text, &mut Draft::default(), scratch).is_some();
        (scratch.header, scratch.header_changed) = (false, false);
        if let Some(trace) = &mut scratch.trace {
            trace.truncate(traced);
        }
        found
    }
}
