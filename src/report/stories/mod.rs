//! The same address in several sources, told as one story: what each input has of it in one order of time,
//! what was concluded about it, and which log lines belong to which flows.

mod draw;
#[cfg(test)]
mod tests;
mod ties;

pub use draw::section;

use super::top::{Row, Top};
use crate::model::{Event, Evidence, Outcome};
use std::net::IpAddr;
use ties::Ties;

/// Addresses by input and kind counted exactly.
const MOST: usize = 1 << 15;

/// What one input tells of one address by one kind of event.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    events: u64,
    failures: u64,
    span: Option<(Evidence, Evidence)>,
}

impl Row for Told {
    fn absorb(&mut self, later: Told) {
        self.events += later.events;
        self.failures += later.failures;
        self.span = match (self.span, later.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (a, b) => a.or(b),
        };
    }
}

/// Who acted, in which input, in which kind of event.
type Key = (IpAddr, u32, &'static str);

/// What stories are made of.
#[derive(Debug)]
pub struct Stories {
    told: Top<Key, Told>,
    ties: Ties,
}

impl Default for Stories {
    fn default() -> Self {
        Stories { told: Top::new(MOST), ties: Ties::default() }
    }
}

impl Stories {
    /// Notes what an event tells of who acted.
    pub fn observe(&mut self, event: &Event<'_>) {
        let Some(ip) = event.source.ip else { return };
        let at = Evidence { ts: event.ts, origin: event.origin };
        let failures = u64::from(event.outcome == Outcome::Failure);
        let one = Told { events: 1, failures, span: Some((at, at)) };
        self.told.row((ip, event.origin.source, event.dataset.name)).absorb(one);
        self.ties.observe(ip, event);
    }

    /// Adds what was noted later in the input, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Stories) {
        self.told.merge(&mut later.told);
        self.ties.merge(&mut later.ties);
    }
}
