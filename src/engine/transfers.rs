//! FTP's data connections and the control connections that announced them. They lie in different shards, so they
//! meet here, where the events of all shards are in order: what a control connection expects is kept, what came over
//! a connection that only one side spoke on is told if it was expected, and dropped if not. Nothing depends on threads
//! or rounds, as the order of events does not.

use crate::model::{Event, FieldRef, HOUR, Ledger, Transport, Ts, Value};
use crate::net::flow;
use crate::proto::fields::{FILE_SHA256, FILE_SIZE, FILE_TYPE};
use crate::proto::ftp::{self, data};
use std::collections::VecDeque;
use std::net::IpAddr;

/// Announcements that are remembered.
const KEPT: usize = 4096;
/// How long one holds, nanoseconds of packet time.
const HOLDS: Ts = HOUR;

/// What is told of a file where it is not told already.
static FILE: [FieldRef; 3] = [&FILE_SIZE, &FILE_TYPE, &FILE_SHA256];

struct Expected {
    event: Event<'static>,
    ip: IpAddr,
    port: u16,
    /// What came, once it did.
    file: Option<Vec<(FieldRef, Value<'static>)>>,
}

/// What control connections announced.
#[derive(Default)]
pub(super) struct Transfers(VecDeque<Expected>);

impl Transfers {
    /// Takes the next event; gives back what is to be told.
    pub(super) fn join(&mut self, mut event: Event<'static>, ledger: &mut Ledger) -> Option<Event<'static>> {
        while self.0.front().is_some_and(|oldest| event.ts.saturating_sub(oldest.event.ts) >= HOLDS) {
            self.0.pop_front();
        }
        if std::ptr::eq(event.dataset, &data::EXPECTED) {
            self.expect(event, ledger);
            return None;
        }
        if std::ptr::eq(event.dataset, &data::DATA) {
            return self.came(event);
        }
        if self.0.is_empty() {
            return Some(event);
        }
        if std::ptr::eq(event.dataset, &flow::FLOW) {
            if event.transport == Some(Transport::Tcp)
                && event.get(&flow::PROTOCOL).is_none()
                && self.at(&event).is_some()
            {
                event.push(&flow::PROTOCOL, data::PROTOCOL.name);
            }
        } else if std::ptr::eq(event.dataset, &ftp::DATASET) {
            self.carried(&mut event);
        }
        Some(event)
    }

    fn expect(&mut self, event: Event<'static>, ledger: &mut Ledger) {
        let Some((ip, port, _)) = data::announced(&event) else { return };
        if self.0.len() >= KEPT {
            ledger.cap("ftp.transfers", event.origin);
            self.0.pop_front();
        }
        self.0.push_back(Expected { event, ip, port, file: None });
    }

    /// The latest announcement of the endpoint that a connection goes to. Behind a translated address the one
    /// announced is not the one that is connected to: then it is the one of the control connection.
    fn at(&self, event: &Event<'_>) -> Option<usize> {
        let to = event.destination;
        self.0.iter().rposition(|expected| {
            let control = &expected.event;
            let ends = [Some(expected.ip), control.source.ip, control.destination.ip];
            Some(expected.port) == to.port
                && ends.contains(&to.ip)
                && event.ts.saturating_sub(control.ts).saturating_abs() < HOLDS
        })
    }

    /// What came over a connection: the event of the transfer, if it was announced.
    fn came(&mut self, mut event: Event<'static>) -> Option<Event<'static>> {
        let at = self.at(&event)?;
        let expected = self.0.get_mut(at)?;
        expected.file = Some(event.fields.clone());
        let told: Vec<_> =
            expected.event.fields.iter().filter(|(field, _)| event.get(field).is_none()).cloned().collect();
        event.fields.splice(0..0, told);
        Some(event)
    }

    /// The command of a transfer has what came, too.
    fn carried(&self, event: &mut Event<'static>) {
        let Some((ip, port, _)) = data::announced(event) else { return };
        let same = |e: &&Expected| {
            (e.ip, e.port) == (ip, port)
                && e.event.source.port == event.source.port
                && e.event.origin.record == event.origin.record
                && e.event.ts == event.ts
        };
        let Some(file) = self.0.iter().rev().find(same).and_then(|e| e.file.as_ref()) else { return };
        for (field, value) in
            file.iter().filter(|(field, _)| FILE.iter().any(|file| std::ptr::eq(*file, *field)))
        {
            if event.get(field).is_none() {
                event.push(field, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use crate::proto::ftp::{DATA_IP, DATA_PORT};

    fn announcement(ts: i64, port: u16) -> Event<'static> {
        let mut event = Event::new(&data::EXPECTED, Origin::default(), ts);
        event.push(&DATA_IP, IpAddr::from([192, 0, 2, 1]));
        event.push(&DATA_PORT, i64::from(port));
        event
    }

    fn came(ts: i64, port: u16) -> Event<'static> {
        let mut event = Event::new(&data::DATA, Origin::default(), ts);
        event.destination.ip = Some(IpAddr::from([192, 0, 2, 1]));
        event.destination.port = Some(port);
        event
    }

    #[test]
    fn announcements_expire_by_packet_time() {
        let (mut transfers, mut ledger) = (Transfers::default(), Ledger::default());
        for (ts, port) in [(0, 2000), (HOLDS / 2, 2001)] {
            assert!(transfers.join(announcement(ts, port), &mut ledger).is_none());
        }
        assert!(transfers.join(came(HOLDS - 1, 2000), &mut ledger).is_some());
        // Any event moves the time on.
        assert!(transfers.join(came(HOLDS, 2001), &mut ledger).is_some());
        assert_eq!(transfers.0.len(), 1);
        assert!(transfers.join(came(HOLDS, 2000), &mut ledger).is_none());
        // What the clock of a capture does does not matter.
        assert!(transfers.join(came(i64::MIN, 2001), &mut ledger).is_none());
        assert!(transfers.join(came(i64::MAX, 2001), &mut ledger).is_none());
        assert!(transfers.0.is_empty());
    }
}
