//! How far a text follows a template.

use super::scan::{backward, last, reach};
use super::{Mode, Part, Template, Walk, keep};
use crate::logs::draft::Draft;

/// Where a text leaves a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Stop {
    /// Part `.0` (from 0, as written) was not found at byte `.1`.
    Part(usize, usize),
    /// Part `.0` was found at byte `.1`, but the text is not of its field's type.
    Type(usize, usize),
    /// All parts are there, and more text from this byte on.
    Left(usize),
}

impl Stop {
    /// The byte.
    pub fn at(self) -> usize {
        match self {
            Stop::Part(_, at) | Stop::Type(_, at) | Stop::Left(at) => at,
        }
    }
}

impl Template {
    /// Where the text leaves the template; `None` if it matches.
    pub fn stop(&self, text: &str, null: &[String]) -> Option<Stop> {
        let mut walk = Walk::default();
        let mut begin = 0;
        // Numbers of the parts that the spans belong to.
        let mut owners = Vec::new();
        for (i, part) in self.lead.iter().enumerate() {
            let left = text.as_bytes().get(begin..).unwrap_or_default();
            let len = match part {
                Part::Literal(want) => {
                    let same = left.iter().zip(want.bytes()).take_while(|(a, b)| **a == *b).count();
                    if same < want.len() {
                        return Some(Stop::Part(i, begin + same));
                    }
                    same
                }
                Part::Capture(mode) => match self.reach(*mode, left, i) {
                    Ok(len) => {
                        owners.push(i);
                        walk.spans.push((begin, begin + len));
                        len
                    }
                    Err((part, len)) => return Some(Stop::Part(part, begin + len)),
                },
            };
            begin += len;
        }
        let parts = self.lead.len() + usize::from(self.rest) + self.tail.len();
        if let Some(stop) = self.stop_behind(text, begin, parts, &mut walk, &mut owners) {
            return Some(stop);
        }
        let mut draft = Draft::default();
        for ((capture, (from, to)), owner) in self.captures.iter().zip(walk.spans).zip(owners) {
            if !text.get(from..to).is_some_and(|value| keep(capture, value, null, &mut draft)) {
                return Some(Stop::Type(owner, from));
            }
        }
        None
    }

    /// Length of a capture, or which part is missing so many bytes on.
    fn reach(&self, mode: Mode, left: &[u8], part: usize) -> Result<usize, (usize, usize)> {
        let next = match self.lead.get(part + 1) {
            Some(Part::Literal(next)) => next.as_bytes(),
            _ => b"",
        };
        if let Some(len) = reach(mode, left, next) {
            return Ok(len);
        }
        // Without what follows: then it is that which is missing.
        match (mode, reach(mode, left, b"")) {
            (Mode::Text, _) => Err((part + 1, 0)),
            (_, Some(len)) if len > 0 => Err((part + 1, len)),
            _ => Err((part, 0)),
        }
    }

    /// The same for what follows the rest, from the end of the text backwards.
    fn stop_behind(
        &self,
        text: &str,
        begin: usize,
        parts: usize,
        walk: &mut Walk,
        owners: &mut Vec<usize>,
    ) -> Option<Stop> {
        if !self.rest {
            return (begin < text.len()).then_some(Stop::Left(begin));
        }
        let bytes = text.as_bytes();
        let mut end = bytes.len();
        for (i, part) in self.tail.iter().enumerate() {
            let left = bytes.get(begin..end).unwrap_or_default();
            let number = parts - 1 - i;
            match part {
                Part::Literal(want) if left.ends_with(want.as_bytes()) => end -= want.len(),
                Part::Literal(_) => return Some(Stop::Part(number, end)),
                Part::Capture(mode) => {
                    let Some(Part::Literal(before)) = self.tail.get(i + 1) else { continue };
                    match last(left, before.as_bytes(), *mode) {
                        Some(from) => {
                            owners.push(number);
                            end = begin + from;
                        }
                        None => return Some(Stop::Part(number, end)),
                    }
                }
            }
        }
        let end = backward(&self.tail, bytes, begin, walk)?;
        owners.push(self.lead.len());
        walk.spans.push((begin, end));
        None
    }
}
