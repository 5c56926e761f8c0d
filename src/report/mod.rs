//! The model of a report: sections of tables, series and map points, computed once from the events,
//! drawn by several sinks. Numbers stay integers with a unit; spelling them is the sinks' business.
//!
//! ```text
//! event ─ slots ─▶ Tally (one per block) ─ merge in output order ─▶ Tally ─ finish(Facts) ─▶ Report
//! ```

mod auth;
mod facets;
mod hosts;
mod kinds;
mod latency;
mod model;
mod sections;
mod slots;
mod tally;
#[cfg(test)]
mod tests;
mod top;

pub use model::{
    Bin, Block, Cell, Column, CountryPoint, Facts, Report, Section, SpotPoint, Table, Timeline, Unit,
};
pub use tally::Tally;
