//! What the lines of one chunk decide about those of the next, while chunks are parsed in any order: the year of
//! stamps without one, and the order of columns that a header tells.
//!
//! Both change once in thousands of chunks. So a chunk is parsed for what is expected, and once more where the chunks
//! before it turned out to decide otherwise.

use super::columns::Layout;
use super::parser::{NO_TIME, Parsed, Parser};
use super::time::{Turns, YearBase, YearClock};
use crate::model::{Ts, rfc3339};
use std::sync::Arc;

/// What holds at the first line of a chunk.
#[derive(Clone, Debug)]
pub struct Start {
    pub(super) year: YearBase,
    pub(super) layouts: Arc<[Layout]>,
}

/// What the lines of a chunk decided.
#[derive(Clone, Debug, Default)]
pub struct Sequel {
    turns: Turns,
    /// The orders of columns behind it, where its headers changed them.
    layouts: Option<Arc<[Layout]>>,
    /// Events without a time of their own, and events at all (lines of them).
    timeless: u64,
    lines: u64,
}

/// What holds from chunk to chunk of one file.
#[derive(Debug)]
pub struct Continuity {
    clock: YearClock,
    layouts: Arc<[Layout]>,
    /// Events so far that tell no time, and lines of all events.
    timeless: u64,
    lines: u64,
}

impl Start {
    /// At the first line of a file that is read by `parser`.
    pub(super) fn of_file(parser: &Parser<'_>, year: YearBase) -> Start {
        Start { year, layouts: Arc::clone(&parser.layouts) }
    }
}

impl Parsed<'_> {
    /// What its lines decided about the next ones.
    pub fn sequel(&self) -> Sequel {
        let timeless = self.ledger.anomalies.get(NO_TIME).map_or(0, |found| found.count);
        let lines = self.ledger.lines.decoded;
        Sequel { turns: self.turns, layouts: self.layouts.clone(), timeless, lines }
    }
}

impl Sequel {
    /// Whether what was made from `made` on would be the same from `right` on.
    pub fn same_in(&self, made: &Start, right: &Start) -> bool {
        let layouts = Arc::ptr_eq(&made.layouts, &right.layouts) || made.layouts == right.layouts;
        layouts && self.turns.same_in(made.year, right.year)
    }
}

impl Continuity {
    /// At the beginning of a file that is read by `parser`.
    pub fn new(parser: &Parser<'_>, clock: YearClock) -> Continuity {
        Continuity { clock, layouts: Arc::clone(&parser.layouts), timeless: 0, lines: 0 }
    }

    /// What most likely holds at the beginning of the next chunk.
    pub fn expected(&self) -> Start {
        Start { year: self.clock.expected(), layouts: Arc::clone(&self.layouts) }
    }

    /// What holds at the beginning of the next chunk, whose lines say this.
    pub fn begin(&mut self, sequel: &Sequel) -> Start {
        Start { year: self.clock.advance(sequel.turns), layouts: Arc::clone(&self.layouts) }
    }

    /// Goes on behind the chunk, which was parsed for what holds.
    pub fn end(&mut self, sequel: Sequel) {
        self.layouts = sequel.layouts.unwrap_or_else(|| Arc::clone(&self.layouts));
        self.timeless += sequel.timeless;
        self.lines += sequel.lines;
    }

    /// What is to be told about times that were guessed; `file` is what events have where none is told before them.
    pub fn notes(&self, file: Option<Ts>) -> Vec<String> {
        let mut notes = self.clock.notes();
        let file = file.map_or_else(|| "1970".to_owned(), rfc3339);
        notes.extend(match self.timeless {
            0 => None,
            some if some >= self.lines => Some(format!(
                "no line tells a time that is understood: all events have that of the file, {file}"
            )),
            1 => Some(format!(
                "1 event tells no time that is understood: it has that of the line before it, or of the file, {file}"
            )),
            some => Some(format!(
                "{some} events tell no time that is understood: they have that of the line before them, or of the file, {file}"
            )),
        });
        notes
    }
}
