//! Log messages that came inside packets: read like lines of a file, with what the packet tells beside them.

use super::detect::Detection;
use super::draft::Draft;
use super::parser::{Context, Parsed, Parser, Scratch};
use super::set::FormatSet;
use super::time::{Hour, YearBase, Yearless, Zone, is_leap, year_of};
use crate::model::{Event, Ledger, Stamp, Ts};

/// Reads messages by the formats of the means that carried them. Shared by threads.
#[derive(Debug)]
pub struct Carried<'f> {
    parsers: Vec<(&'static str, Parser<'f>)>,
}

/// What became of a message.
#[derive(Debug)]
pub enum Message {
    /// The event, and those that a rule makes of the same text.
    Events(Vec<Event<'static>>),
    /// A rule says that it is of no interest.
    Dropped,
    /// No rule reads it.
    Unread,
}

impl FormatSet {
    /// A reader of messages for these formats, with the zone of stamps that have none.
    pub fn carried(&self, formats: &[&'static str], zone: &Zone) -> Carried<'_> {
        let parser = |format: &&'static str| {
            let context =
                Context { zone: zone.clone(), format: Some((*format).to_owned()), ..Context::default() };
            (*format, Parser::new(self, &Detection::default(), context))
        };
        Carried { parsers: formats.iter().map(parser).collect() }
    }
}

impl Carried<'_> {
    /// Reads one message by `format`. Its events lead back to the packet of `stamp`; a time of day without a year is in the
    /// year that puts it nearest to the packet, and what has no time has the packet's.
    pub fn read(
        &self,
        format: &str,
        text: &str,
        stamp: Stamp,
        scratch: &mut Scratch,
        ledger: &mut Ledger,
    ) -> Message {
        let Some((_, parser)) = self.parsers.iter().find(|(name, _)| *name == format) else {
            return Message::Unread;
        };
        let mut parsed = Parsed::default();
        scratch.carrier = Some(stamp.ts);
        parser.line(text, text.as_bytes(), stamp.origin, &mut Draft::default(), &mut parsed, scratch);
        scratch.carrier = None;
        let year = parsed.pending.first().map(|pending| nearest(parser, pending.when, stamp.ts));
        parser.finish(&mut parsed, YearBase(year.unwrap_or_default()));
        let lines = std::mem::take(&mut parsed.ledger.lines);
        // The message is no line of an input: its packet is counted already.
        ledger.merge(parsed.ledger);
        match parsed.events.is_empty() {
            false => Message::Events(parsed.events.into_iter().map(Event::into_owned).collect()),
            true if lines.skipped.contains_key("dropped") => Message::Dropped,
            true => Message::Unread,
        }
    }
}

/// The year that puts a stamp without one nearest to the packet.
fn nearest(parser: &Parser<'_>, when: Yearless, packet: Ts) -> i16 {
    let this = year_of(packet);
    let years = this.saturating_sub(1)..=this.saturating_add(1);
    let exists = |year: &i16| !when.leap_day() || is_leap(*year);
    let distance = |year: &i16| {
        let ts = parser.context.zone.resolve(when.in_year(*year), &mut Hour::default());
        (!exists(year), ts.abs_diff(packet))
    };
    years.min_by_key(distance).unwrap_or(this)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Value, rfc3339};

    fn read(format: &'static str, text: &str, ts: Ts) -> (Vec<Event<'static>>, Ledger) {
        let set = FormatSet::builtin().unwrap();
        let carried = set.carried(&["syslog", "gelf"], &Zone::utc());
        let mut ledger = Ledger::default();
        let stamp = Stamp { ts, ..Stamp::default() };
        match carried.read(format, text, stamp, &mut Scratch::default(), &mut ledger) {
            Message::Events(events) => (events, ledger),
            _ => (Vec::new(), ledger),
        }
    }

    #[test]
    fn the_packet_tells_the_year_and_the_time_where_the_message_does_not() {
        const NEW_YEAR_2021: Ts = 1_609_459_200_000_000_000;
        let at = |text: &str, ts: Ts| rfc3339(read("syslog", text, ts).0[0].ts);
        let before = at("<38>Dec 31 23:59:59 web app[1]: x", NEW_YEAR_2021 + 1_000_000_000);
        assert_eq!(before, "2020-12-31T23:59:59.000000000Z");
        let after = at("<38>Jan  1 00:00:01 web app[1]: x", NEW_YEAR_2021 - 1_000_000_000);
        assert_eq!(after, "2021-01-01T00:00:01.000000000Z");
        // A clock that is two months behind: the leap year is the nearest that has the day.
        assert_eq!(at("<38>Feb 29 00:00:00 web app[1]: x", NEW_YEAR_2021), "2020-02-29T00:00:00.000000000Z");
        let (events, ledger) = read("syslog", "<13>no stamp at all", NEW_YEAR_2021);
        assert_eq!(rfc3339(events[0].ts), "2021-01-01T00:00:00.000000000Z");
        assert_eq!(ledger, Ledger::default());
    }

    #[test]
    fn a_message_is_read_by_the_format_of_its_program() {
        let line =
            "<86>Nov 21 09:07:01 web sshd[731]: Failed password for bob from 203.0.113.7 port 40022 ssh2";
        let (events, ledger) = read("syslog", line, 1_795_252_021_000_000_000);
        assert_eq!((events[0].dataset.name, events[0].outcome), ("sshd", Outcome::Failure));
        assert_eq!(events[0].source.ip, "203.0.113.7".parse().ok());
        assert_eq!(events[0].by_name("log.syslog.facility.code").and_then(Value::as_int), Some(10));
        assert_eq!(ledger.lines.read, 0);
        assert!(read("gelf", "{\"version\":1}", 0).0.is_empty());
    }
}
