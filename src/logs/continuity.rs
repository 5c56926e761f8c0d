//! What the lines of one chunk decide about those of the next, while chunks are parsed in any order: the year of
//! stamps without one, and the order of columns that a header tells.
//!
//! Both change once in thousands of chunks. So a chunk is parsed for what is expected, and once more where the chunks
//! before it turned out to decide otherwise.

use super::columns::Layout;
use super::parser::{Parsed, Parser};
use super::time::{Turns, YearBase, YearClock};
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
}

/// What holds from chunk to chunk of one file.
#[derive(Debug)]
pub struct Continuity {
    clock: YearClock,
    layouts: Arc<[Layout]>,
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
        Sequel { turns: self.turns, layouts: self.layouts.clone() }
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
        Continuity { clock, layouts: Arc::clone(&parser.layouts) }
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
    }

    /// What is to be told about the years.
    pub fn notes(&self) -> Vec<String> {
        self.clock.notes()
    }
}
