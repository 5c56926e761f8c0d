//! The model of a report: sections of tables, series and map points, computed once from the events,
//! drawn by several sinks. Numbers stay integers with a unit; spelling them is the sinks' business.
//!
//! ```text
//! event ─ slots ─▶ Tally (one per block) ─ merge in output order ─▶ Tally ─ finish(Facts) ─▶ Report
//! ```

mod auth;
mod certificates;
pub mod evidence;
mod facets;
mod hosts;
mod kinds;
mod latency;
pub mod logins;
mod model;
mod sections;
mod slots;
mod stories;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
mod top;
pub mod units;
mod visits;

pub use model::{
    Bin, Block, Cell, Column, CountryPoint, DETAILED, Facts, MadeRows, NoRows, Report, Rows, Section, Series,
    SpotPoint, Steps, Table, Timeline, Unit,
};
pub use tally::Tally;

use crate::model::{Event, Glimpse, Ts};

/// Tables that events are counted into, block by block.
pub trait Tallying: Default + Send {
    /// Counts a completed event.
    fn observe(&mut self, event: &Event<'_>);

    /// Counts what is known of an event that nobody else sees. Gives the number under which the same can be
    /// counted again until this is merged, if it can be.
    fn glance(&mut self, _glimpse: Glimpse<'_, '_>) -> Option<u32> {
        None
    }

    /// Counts what was counted under this number once more, for an event at another time.
    fn again(&mut self, _number: u32, _ts: Ts) {}

    /// Adds the tables of the block that follows in output order; nothing was merged into these.
    fn merge(&mut self, other: Self);

    /// The same; gives back an empty one, for another block, that may have kept the memory.
    fn drain(&mut self, other: Self) -> Self {
        self.merge(other);
        Self::default()
    }
}

/// Two answers from one run.
impl<A: Tallying, B: Tallying> Tallying for (A, B) {
    fn observe(&mut self, event: &Event<'_>) {
        self.0.observe(event);
        self.1.observe(event);
    }

    fn glance(&mut self, glimpse: Glimpse<'_, '_>) -> Option<u32> {
        self.0.glance(glimpse);
        self.1.glance(glimpse);
        None
    }

    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }

    fn drain(&mut self, other: Self) -> Self {
        (self.0.drain(other.0), self.1.drain(other.1))
    }
}

impl Tallying for Tally {
    fn observe(&mut self, event: &Event<'_>) {
        Tally::observe(self, event);
    }

    fn merge(&mut self, mut other: Self) {
        Tally::merge(self, &mut other);
    }

    fn drain(&mut self, mut other: Self) -> Self {
        Tally::merge(self, &mut other);
        other
    }
}
