//! Certificates of servers, and how long they are still good.

use super::facets::push_cut;
use super::model::{Block, Cell, Column, Table, Unit};
use super::slots::{Seen, Slot};
use super::top::{Row, Top};
use crate::model::{DAY, Event, Ts, Value, push_ip};

/// Certificates counted exactly.
const MOST: usize = 1 << 13;
/// Rows of the table.
const ROWS: usize = 50;
/// Certificates that end within this time after they were seen are listed: 30 days, in nanoseconds.
const SOON: Ts = 30 * DAY;

/// A certificate at a server.
#[derive(Clone, Copy, Debug, Default)]
struct Certificate {
    until: Ts,
    last: Ts,
    seen: u64,
}

impl Row for Certificate {
    fn absorb(&mut self, later: Certificate) {
        self.until = later.until;
        self.last = self.last.max(later.last);
        self.seen += later.seen;
    }
}

/// All certificates that were shown.
#[derive(Debug)]
pub struct Certificates {
    rows: Top<(String, String, Ts), Certificate>,
}

impl Default for Certificates {
    fn default() -> Self {
        Certificates { rows: Top::new(MOST) }
    }
}

impl Certificates {
    /// Notes the certificate of an event that has one.
    pub fn observe(&mut self, event: &Event<'_>, seen: &Seen<'_, '_>) {
        let Some(Value::Time(until)) = seen.get(Slot::TlsNotAfter) else { return };
        let (mut subject, mut server) = (String::new(), String::new());
        push_cut(&mut subject, seen.text(Slot::TlsSubject).unwrap_or_default());
        if let Some(ip) = event.destination.ip {
            push_ip(&mut server, ip);
        }
        if let Some(port) = event.destination.port {
            server.push_str(&format!(" port {port}"));
        }
        let one = Certificate { until: *until, last: event.ts, seen: 1 };
        self.rows.row((subject, server, *until)).absorb(one);
    }

    /// Adds what was seen later in the input, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Certificates) {
        self.rows.merge(&mut later.rows);
    }

    /// Those that had ended when they were last seen, or end within 30 days of it; the first to end first.
    pub fn expiring(&self) -> Block {
        let ends = |c: &Certificate| c.until < c.last.saturating_add(SOON);
        let ranked =
            self.rows.ranked(usize::MAX, |c| std::cmp::Reverse(c.until)).into_iter().filter(|(_, c)| ends(c));
        let row = |((subject, server, _), c): (&(String, String, Ts), &Certificate)| -> Vec<Cell> {
            let left = c.until.saturating_sub(c.last);
            let left = if left < 0 { "ended".into() } else { format!("{} days", left / DAY).into() };
            vec![subject.as_str().into(), server.as_str().into(), Cell::Time(c.until), left, c.seen.into()]
        };
        let rows: Vec<Vec<Cell>> = ranked.map(row).collect();
        let distinct = rows.len() as u64;
        Block::Table(Table {
            id: "tls.expiring",
            title: "Certificates that end soon, or have ended",
            columns: vec![
                Column::new("subject", "Subject", Unit::Text, 0),
                Column::new("server", "Server", Unit::Text, 0),
                Column::new("until", "Valid until", Unit::Time, 0),
                Column::new("left", "Left when last seen", Unit::Text, 1),
                Column::new("events", "Seen", Unit::Count, 2),
            ],
            rows: rows.into_iter().take(ROWS).collect(),
            distinct,
            exact: self.rows.exact(),
        })
    }
}
