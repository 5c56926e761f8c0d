//! Events as python-logstash and Logstash's json and json_lines codecs send them.

use super::carried::{self, Ended};
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Transport};

/// An event that no log format has read yet.
pub static DATASET: Dataset = Dataset {
    name: "logstash.json",
    category: &["network"],
    types: &["info", "protocol"],
    protocol: Some("logstash"),
    transaction: false,
    doc: "An event on its way to Logstash; its text is read by the log formats.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "logstash",
    doc: "Log events as JSON with `@timestamp` and `@version`: one a datagram (python-logstash), or one a line \
          (Logstash's json_lines codec). The log format `logstash.json` reads them; the event leads back to the \
          packet, and `log.source.address` says who sent it. The protocol of Beats is not read.",
    over: Over::Both,
    ports: &[5959, 5000],
    probe,
    start,
    datasets: &[&DATASET],
    fields: carried::FIELDS,
    anomalies: &[
        ("logstash.unread", "No log format reads the event; its text is in `event.original`."),
        ("logstash.gap", "Bytes of a stream were not captured: events are lost."),
        ("logstash.length", "Cap: an event is longer than 64 KiB; the rest is left out."),
    ],
};

/// Names that every event has.
const NAMES: &[&str] = &["\"@timestamp\"", "\"@version\""];

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let complete = memchr::memchr(b'\n', bytes).is_some();
    match carried::names(bytes, NAMES, complete) {
        Some(true) if carried::sends(dir) => Probe::Yes,
        Some(true) => Probe::Swapped,
        Some(false) => Probe::No,
        None => Probe::More,
    }
}

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Logstash::default())
}

#[derive(Default)]
struct Logstash(Ended);

impl Parser for Logstash {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if !carried::sends(dir) {
            return Step::Took(bytes.len());
        }
        if out.flow.transport == Transport::Udp {
            carried::emit(&DATASET, bytes, out.now, out);
            return Step::Took(bytes.len());
        }
        let (used, cut) = self.0.read(&DATASET, b'\n', bytes, out);
        if cut {
            out.cap("logstash.length");
        }
        Step::Took(used)
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        if carried::sends(dir) {
            out.anomaly("logstash.gap");
            self.0.gap();
        }
        Step::Took(0)
    }

    fn fin(&mut self, dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        if carried::sends(dir) {
            self.0.fin(&DATASET, rest, out);
        }
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_are_claimed() {
        let event = br#"{"@timestamp": "2026-11-21T09:07:01.123Z", "@version": "1", "message": "hi"}"#;
        assert_eq!(probe(Dir::Client, event), Probe::Yes);
        assert_eq!(probe(Dir::Server, event), Probe::Swapped);
        assert_eq!(probe(Dir::Client, &event[..40]), Probe::More);
        assert_eq!(probe(Dir::Client, b"{\"@timestamp\": 1}\n"), Probe::No);
        assert_eq!(probe(Dir::Client, b"[1]"), Probe::No);
    }
}
