//! ARP (RFC 826, 5227): who has an address, and which Ethernet address answers.

use super::fields::{ACTION, METHOD, QUERY, RESOURCE, STATUS};
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Ts, Value};
use std::net::Ipv4Addr;

/// Questions with their answers.
pub static DATASET: Dataset = Dataset {
    name: "arp",
    category: &["network"],
    types: &["info", "protocol"],
    protocol: Some("arp"),
    transaction: true,
    doc: "What two IPv4 addresses asked and told each other about their Ethernet addresses.",
};

crate::fields! {
    pub FIELDS;
    REQUESTS: Long, "arp.requests", "Questions counted in the event.";
    REPLIES: Long, "arp.replies", "Answers counted in the event.";
    LAST: Date, "arp.last_seen", "When the last of them came.";
    GRATUITOUS: Boolean, "arp.gratuitous", "The sender told its own address, asked by nobody, to everybody.";
    PROBE: Boolean, "arp.probe", "The sender has no address yet and asks whether this one is free (RFC 5227).";
    UNSOLICITED: Boolean, "arp.unsolicited", "An answer to which the capture has no question.";
    CHANGED: Ip, "arp.changed.ip", "Address that had another Ethernet address just before.";
    PREVIOUS: Keyword, "arp.changed.previous_mac", "Ethernet address it had before.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "arp",
    doc: "ARP between Ethernet and IPv4 (RFC 826, 5227). One event tells of all questions and answers of two addresses: \
          it ends when they are silent (`--flow-timeout`), after ten minutes, or when an address comes with another \
          Ethernet address, so that a capture has as many events as pairs that talk and not as messages; `arp.requests` \
          and `arp.replies` count them, the duration is that of the first answer. `source.mac` and `destination.mac` are \
          what the messages say, not the frames around them. There is no flow record besides. Other hardware or \
          protocol addresses are skipped.",
    over: Over::Arp,
    ports: &[],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("arp.operation", "A message that is neither question nor answer."),
        (
            "arp.group_sender",
            "A sender gives the Ethernet address of a group as its own: load balancing, or forged.",
        ),
        (
            "arp.changes",
            "Cap: an address changed its Ethernet address more often than events are made of it.",
        ),
    ],
};

/// Longest time one event tells of, nanoseconds: what lasts for hours is to be seen in every stretch of them.
const LONGEST: Ts = 600_000_000_000;
/// Changes of Ethernet addresses told on one flow; more are only counted.
const CHANGES: u8 = 64;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Arp { open: None, macs: [None; 2], changes: 0 })
}

struct Message {
    question: bool,
    mac: [u8; 6],
    sender: Ipv4Addr,
    target: Ipv4Addr,
}

fn read(bytes: &[u8]) -> Option<Message> {
    let mut wire = Wire::new(bytes);
    wire.take(6)?;
    let operation = wire.u16()?;
    let (mac, sender) = (wire.array()?, Ipv4Addr::from(wire.array::<4>()?));
    wire.take(6)?;
    let target = Ipv4Addr::from(wire.array::<4>()?);
    matches!(operation, 1 | 2).then_some(Message { question: operation == 1, mac, sender, target })
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match read(bytes) {
        // Who announces itself has no other end.
        Some(m) if m.sender == m.target || m.question == (dir == Dir::Client) => Probe::Yes,
        Some(_) => Probe::Swapped,
        None => Probe::No,
    }
}

fn text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02X}")).join("-")
}

/// The event being counted.
struct Open {
    draft: Draft,
    /// Who asks: the event's source. Of an answer without a question, whom it is for.
    asker: Dir,
    start: Ts,
    last: Ts,
    requests: u64,
    replies: u64,
}

struct Arp {
    open: Option<Open>,
    /// Ethernet addresses of client and server.
    macs: [Option<[u8; 6]>; 2],
    changes: u8,
}

impl Message {
    fn open(&self, dir: Dir, out: &Emit<'_>) -> Open {
        let now = out.now;
        let (sender, target) = (self.sender, self.target);
        let (method, query, about) = match (self.question, sender == target, sender.is_unspecified()) {
            (_, true, _) => ("announcement", format!("{sender} is-at {}", text(self.mac)), sender),
            (true, _, true) => ("probe", format!("who-has {target}"), target),
            (true, ..) => ("request", format!("who-has {target} tell {sender}"), target),
            (false, ..) => ("reply", format!("{sender} is-at {}", text(self.mac)), sender),
        };
        let mut draft = out.draft(&DATASET, now);
        let asker = if method == "reply" { dir.flip() } else { dir };
        let event = draft.event();
        if asker == Dir::Server {
            std::mem::swap(&mut event.source, &mut event.destination);
        }
        (event.source.mac, event.destination.mac) = (None, None);
        draft.put(&ACTION, format!("arp.{method}")).put(&METHOD, Value::text(method));
        draft.put(&QUERY, query).put(&RESOURCE, about.to_string());
        for (field, is) in [
            (&GRATUITOUS, method == "announcement"),
            (&PROBE, method == "probe"),
            (&UNSOLICITED, method == "reply"),
        ] {
            if is {
                draft.put(field, true);
            }
        }
        Open { draft, asker, start: now.ts, last: now.ts, requests: 0, replies: 0 }
    }
}

impl Arp {
    /// Emits what was counted.
    fn close(&mut self, out: &mut Emit<'_>) {
        let Some(mut open) = self.open.take() else { return };
        open.draft
            .put(&REQUESTS, open.requests)
            .put(&REPLIES, open.replies)
            .put(&LAST, Value::Time(open.last));
        open.draft.emit(out);
    }

    /// Whether the sender had another address before, which is given.
    fn changed(&mut self, dir: Dir, mac: [u8; 6], out: &mut Emit<'_>) -> Option<[u8; 6]> {
        let before = self.macs.get_mut(dir.index())?.replace(mac).filter(|before| *before != mac)?;
        if self.changes >= CHANGES {
            out.cap("arp.changes");
            return None;
        }
        self.changes += 1;
        Some(before)
    }
}

impl Parser for Arp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        let Some(message) = read(bytes) else {
            out.anomaly("arp.operation");
            return took;
        };
        if message.mac[0] & 1 != 0 {
            out.anomaly("arp.group_sender");
        }
        let named = !message.sender.is_unspecified();
        let before = if named { self.changed(dir, message.mac, out) } else { None };
        let long = self.open.as_ref().is_some_and(|open| out.now.ts.saturating_sub(open.start) > LONGEST);
        if before.is_some() || long {
            self.close(out);
        }
        let open = self.open.get_or_insert_with(|| message.open(dir, out));
        if let Some(before) = before {
            open.draft.put(&CHANGED, std::net::IpAddr::V4(message.sender)).put(&PREVIOUS, text(before));
        }
        open.last = open.last.max(out.now.ts);
        let event = open.draft.event();
        let end = if dir == open.asker { &mut event.source } else { &mut event.destination };
        end.mac = Some(message.mac);
        if message.question {
            open.requests += 1;
        } else {
            if open.replies == 0 && message.sender != message.target {
                open.draft.outcome(Outcome::Success).put(&STATUS, Value::text("OK"));
                if open.requests > 0 {
                    open.draft.end(out.now);
                }
            }
            open.replies += 1;
        }
        took
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.close(out);
    }
}

#[cfg(test)]
mod tests;
