//! Log messages that packets carried: the seam between `proto`, which finds them, and `logs`, which reads them.
//!
//! A protocol hands its message over as an event that holds nothing but text, sender and place. Here, in the
//! worker that has the shard, the log formats read the text, and their events take the place of that one: same
//! packet, same position, same identity. Nothing is needed but the message and its packet, so the result depends
//! neither on threads nor on rounds.

use crate::logs::{Carried, FormatSet, Message, Scratch};
use crate::model::{Event, FieldRef, Ledger, Stamp, Value};
use crate::net::Output;
use crate::proto::carried;

/// Bit of the ordinal of second events of one message, above all that a flow has.
const SECOND: u32 = 24;

/// What the ledger says of messages that no format reads, by data set.
static UNREAD: &[(&str, &str)] =
    &[("syslog", "syslog.unread"), ("gelf", "gelf.unread"), ("logstash.json", "logstash.unread")];

/// The formats that read messages, with the zone of the run.
pub(super) fn reader<'f>(formats: &'f FormatSet, zone: &crate::logs::Zone) -> Carried<'f> {
    let names: Vec<&'static str> = UNREAD.iter().map(|(format, _)| *format).collect();
    formats.carried(&names, zone)
}

/// Has the messages among a shard's events read.
pub(super) fn read(out: &mut Output, formats: &Carried<'_>) {
    if !out.events.iter().any(carried::is_carried) {
        return;
    }
    let mut scratch = Scratch::default();
    let events = std::mem::take(&mut out.events);
    out.events.reserve(events.len());
    for event in events {
        if carried::is_carried(&event) {
            message(event, formats, &mut scratch, out);
        } else {
            out.events.push(event);
        }
    }
}

fn message(mut envelope: Event<'static>, formats: &Carried<'_>, scratch: &mut Scratch, out: &mut Output) {
    let Some(text) = carried::take_text(&mut envelope) else {
        out.events.push(envelope);
        return;
    };
    let stamp = Stamp { ts: envelope.ts, origin: envelope.origin };
    let name = envelope.dataset.name;
    match formats.read(name, &text, stamp, scratch, &mut out.ledger) {
        Message::Events(events) => {
            for (nth, event) in (0u32..).zip(events) {
                out.events.push(delivered(event, &envelope, nth));
            }
        }
        Message::Dropped => out.ledger.anomaly("log.dropped", envelope.origin),
        Message::Unread => {
            unread(name, &envelope, &text, &mut out.ledger);
            carried::put_text(&mut envelope, text);
            out.events.push(envelope);
        }
    }
}

/// The log's event with what its packet tells.
fn delivered(mut event: Event<'static>, envelope: &Event<'static>, nth: u32) -> Event<'static> {
    event.seq = envelope.seq;
    event.identity = envelope.identity;
    event.ordinal = envelope.ordinal ^ nth << SECOND;
    let has = |event: &Event<'_>, field: FieldRef| event.by_name(field.name).is_some();
    let told: Vec<(FieldRef, Value<'static>)> =
        envelope.fields.iter().filter(|(field, _)| !has(&event, field)).cloned().collect();
    event.fields.extend(told);
    event
}

fn unread(name: &str, envelope: &Event<'_>, text: &str, ledger: &mut Ledger) {
    if let Some((_, reason)) = UNREAD.iter().find(|(format, _)| *format == name) {
        ledger.anomaly_in(reason, envelope.origin, text.as_bytes());
    }
}
