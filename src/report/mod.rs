//! The model of a report: tables, series and map points, computed once from the events, drawn by
//! several sinks. No formatting here beyond units.

use crate::model::{Finding, Ledger, Sources};

/// Everything a report sink draws.
#[derive(Debug, Default)]
pub struct Report {
    /// Inputs, with what was inferred about them.
    pub sources: Sources,
    /// The accounts.
    pub ledger: Ledger,
    /// Conclusions, worst first.
    pub findings: Vec<Finding>,
}
