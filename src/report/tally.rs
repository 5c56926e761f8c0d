//! Counting events into what the report needs.

use super::model::{Facts, Report};
use crate::model::{Event, Ts};

/// The counts behind a report. Made per block of events, merged in output order.
#[derive(Debug, Default)]
pub struct Tally {
    events: u64,
    span: Option<(Ts, Ts)>,
}

impl Tally {
    /// Nothing counted.
    pub fn new() -> Tally {
        Tally::default()
    }

    /// Counts one event that `enrich` has completed.
    pub fn observe(&mut self, event: &Event<'_>) {
        self.events += 1;
        let (first, last) = self.span.unwrap_or((event.ts, event.ts));
        self.span = Some((first.min(event.ts), last.max(event.ts)));
    }

    /// Adds what came after. Blocks are of constant size and merged in output order, so that what the
    /// caps drop depends on the input only.
    pub fn merge(&mut self, other: Tally) {
        self.events += other.events;
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (a, b) => a.or(b),
        };
    }

    /// The report.
    pub fn finish(self, facts: Facts) -> Report {
        let mut findings = facts.findings;
        findings.sort_by(|a, b| {
            let key = |f: &crate::model::Finding| (std::cmp::Reverse(f.severity), f.first.ts, f.rule);
            key(a).cmp(&key(b)).then_with(|| a.subject.cmp(&b.subject))
        });
        Report {
            sources: facts.sources,
            ledger: facts.ledger,
            findings,
            command: facts.command,
            version: facts.version,
            databases: facts.databases,
            settings: facts.settings,
            notes: facts.notes,
            events: self.events,
            span: self.span,
            ..Report::default()
        }
    }
}
