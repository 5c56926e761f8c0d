//! IKE versions 1 and 2 (RFC 2408, 2409, 7296): what both ends propose before they encrypt.

mod names;
mod payload;

use super::fields::{ACTION, ERROR_CODE, METHOD, STATUS};
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use payload::Seen;

/// Associations.
pub static DATASET: Dataset = Dataset::requests(
    "ike",
    "One IKE security association: from its first message until data can flow, or not.",
);

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "ike.version", "`1.0` or `2.0`.";
    INITIATOR: Keyword, "ike.initiator.spi", "Index (cookie) of who began, hexadecimal.";
    RESPONDER: Keyword, "ike.responder.spi", "Index (cookie) of the other end, hexadecimal; absent without an answer.";
    EXCHANGES: Keyword, "ike.exchanges", "Exchanges in their order: `IKE_SA_INIT`, `IKE_AUTH`; `MAIN_MODE`, `AGGRESSIVE_MODE`, `QUICK_MODE` …";
    PROPOSALS: Keyword, "ike.initiator.proposals", "What the initiator offers: ciphers, integrity, pseudo-random functions, groups, by name.";
    CHOSEN: Keyword, "ike.responder.proposal", "What the responder chose of it.";
    AUTHENTICATION: Keyword, "ike.authentication", "How the ends prove who they are, as IKEv1 negotiates it: `PSK`, `RSA`, `XAUTH_PSK` …";
    NOTIFY: Keyword, "ike.notifications", "Notifications in clear text, by name.";
    VENDORS: Keyword, "ike.vendor_ids", "What the ends say they are or can, by name; others in hexadecimal.";
    IDENTITY: Keyword, "ike.initiator.identity", "Identity in clear text, which aggressive mode tells everybody.";
    SERVER_IDENTITY: Keyword, "ike.responder.identity", "The same of the responder.";
    NATT: Boolean, "ike.nat_traversal", "The ends moved to the port for address translators.";
    MESSAGES: Long, "ike.messages", "Messages that the event counts.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ike",
    doc: "IKE versions 1 and 2 over UDP (RFC 2408, 2409, 7296), also behind the marker of port 4500: one event per security \
          association, with what was proposed and chosen, notifications, vendors, and in aggressive mode the identity. It \
          counts as established when both ends have gone on to encrypted authentication and beyond (IKEv2: an answered \
          IKE_AUTH; IKEv1: quick mode); whether a certificate or key was refused there is encrypted. ESP in UDP on the \
          same ports is passed over.",
    over: Over::Udp,
    ports: &[500, 4500],
    probe,
    start: |_: &Options| Box::new(Ike::default()),
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("ike.malformed", "Payloads do not fill the message as they should."),
        ("ike.associations", "Cap: more associations on one flow than are kept."),
    ],
};

/// Associations of one flow.
const KEPT: usize = 64;

/// The header of a message (RFC 7296 §3.1).
struct Header<'a> {
    initiator: [u8; 8],
    responder: [u8; 8],
    next: u8,
    version: u8,
    exchange: u8,
    flags: u8,
    body: &'a [u8],
}

fn header(bytes: &[u8]) -> Option<Header<'_>> {
    // Behind the marker that tells it from ESP (RFC 3948 §2.2).
    let bytes = bytes.strip_prefix(&[0, 0, 0, 0]).unwrap_or(bytes);
    let mut wire = Wire::new(bytes);
    let (initiator, responder) = (wire.array()?, wire.array()?);
    let (next, version, exchange, flags) = (wire.u8()?, wire.u8()?, wire.u8()?, wire.u8()?);
    let (_, len) = (wire.u32()?, usize::try_from(wire.u32()?).ok()?);
    let known = match version {
        0x10 => matches!(exchange, 1..=6 | 32 | 33) && flags < 8 && next <= 21,
        0x20 => matches!(exchange, 34..=44) && flags & 0xc7 == 0 && (next == 0 || (33..=54).contains(&next)),
        _ => false,
    };
    let good = known && len == bytes.len() && initiator != [0; 8];
    good.then_some(Header { initiator, responder, next, version, exchange, flags, body: wire.rest() })
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let Some(header) = header(bytes) else { return Probe::No };
    // The first message has nothing yet to say about the other end.
    let first = header.responder == [0; 8];
    let answers = match header.version {
        0x20 => header.flags & 0x20 != 0,
        _ => !first && dir == Dir::Server,
    };
    if answers == (dir == Dir::Server) { Probe::Yes } else { Probe::Swapped }
}

/// One association.
struct Association {
    initiator: [u8; 8],
    responder: Option<[u8; 8]>,
    version: u8,
    begin: Dir,
    start: Stamp,
    end: Option<Stamp>,
    exchanges: Vec<u8>,
    /// Exchanges that prove who the ends are, answered.
    proved: bool,
    messages: u64,
    nat: bool,
    seen: [Seen; 2],
}

/// Most bytes that an encrypted notification takes after the header: the payload's 4, a vector of 16, a notification of 8
/// padded to 16, a checksum of 32.
const REFUSAL: usize = 4 + 16 + 16 + 32;

#[derive(Default)]
struct Ike {
    open: Vec<Association>,
}

impl Association {
    fn add(&mut self, dir: Dir, header: &Header<'_>, out: &mut Emit<'_>) {
        self.messages += 1;
        if header.responder != [0; 8] {
            self.responder = Some(header.responder);
        }
        if !self.exchanges.contains(&header.exchange) && self.exchanges.len() < 16 {
            self.exchanges.push(header.exchange);
        }
        let answers = dir != self.begin;
        if answers {
            if self.end.is_none() {
                self.end = Some(out.now);
            }
            self.proved |= match header.exchange {
                32 | 36 => true,
                // A refusal is encrypted too: one notification, for which less is enough than for who answers and its proof.
                35 => header.body.len() > REFUSAL,
                _ => false,
            };
        }
        let encrypted = header.version == 0x10 && header.flags & 1 != 0;
        if encrypted {
            return;
        }
        let side = usize::from(answers);
        if let Some(seen) = self.seen.get_mut(side)
            && seen.read(header.version == 0x20, header.next, header.body).is_none()
        {
            out.anomaly("ike.malformed");
        }
    }

    fn tell(self, out: &mut Emit<'_>) {
        let mut draft = out.draft(&DATASET, self.start);
        if self.begin == Dir::Server {
            let event = draft.event();
            std::mem::swap(&mut event.source, &mut event.destination);
        }
        draft.put(&ACTION, Value::text("ike.association"));
        let first = self.exchanges.first().map(|exchange| names::name(names::EXCHANGE, u16::from(*exchange)));
        draft
            .put_some(&METHOD, first)
            .put(&VERSION, Value::text(if self.version == 0x20 { "2.0" } else { "1.0" }));
        draft.put(&INITIATOR, super::json_text::hex(&self.initiator));
        draft.put_some(&RESPONDER, self.responder.map(|spi| super::json_text::hex(&spi)));
        let exchanges =
            self.exchanges.iter().map(|exchange| names::name(names::EXCHANGE, u16::from(*exchange)));
        draft.put(&EXCHANGES, Value::texts(exchanges));
        draft.put(&MESSAGES, self.messages);
        if self.nat {
            draft.put(&NATT, true);
        }
        if let Some(end) = self.end {
            draft.end(end);
        }
        let (proved, answered) = (self.proved, self.end.is_some());
        self.describe(&mut draft, proved, answered);
        draft.emit(out);
    }

    fn describe(self, draft: &mut Draft, proved: bool, answered: bool) {
        let v2 = self.version == 0x20;
        let [ours, theirs] = self.seen;
        let lists = [
            (&PROPOSALS, ours.proposals),
            (&CHOSEN, theirs.proposals),
            (&AUTHENTICATION, ours.authentication),
            (&VENDORS, ours.vendors.into_iter().chain(theirs.vendors).collect()),
        ];
        for (field, list) in lists {
            if !list.is_empty() {
                draft.put(field, Value::texts(list));
            }
        }
        draft.put_some(&IDENTITY, ours.identity).put_some(&SERVER_IDENTITY, theirs.identity);
        let table = if v2 { names::NOTIFY } else { names::NOTIFY1 };
        let errors =
            |numbers: &[u16]| numbers.iter().rev().find(|n| **n < if v2 { 16384 } else { 8192 }).copied();
        let error = errors(&theirs.notify).or(errors(&ours.notify));
        let mut all: Vec<u16> = ours.notify.into_iter().chain(theirs.notify).collect();
        all.dedup();
        if !all.is_empty() {
            draft.put(&NOTIFY, Value::texts(all.into_iter().map(|n| names::name(table, n))));
        }
        let outcome = match error {
            _ if proved => Outcome::Success,
            Some(_) => Outcome::Failure,
            None => Outcome::Unknown,
        };
        draft.outcome(outcome);
        if outcome == Outcome::Failure {
            draft.put_some(&ERROR_CODE, error.map(|n| names::name(table, n)));
        }
        if answered {
            draft.put(&STATUS, Value::text(if outcome == Outcome::Failure { "Error" } else { "OK" }));
        }
    }
}

impl Parser for Ike {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        // ESP and its keep-alives share the port.
        let Some(header) = header(bytes) else { return took };
        let at =
            self.open.iter().position(|a| a.initiator == header.initiator && a.version == header.version);
        let at = at.unwrap_or_else(|| {
            if self.open.len() >= KEPT {
                out.cap("ike.associations");
                self.open.remove(0).tell(out);
            }
            let marked = header.version == 0x20;
            let answers = marked && header.flags & 0x20 != 0;
            self.open.push(Association {
                initiator: header.initiator,
                responder: None,
                version: header.version,
                begin: if answers { dir.flip() } else { dir },
                start: out.now,
                end: None,
                exchanges: Vec::new(),
                proved: false,
                messages: 0,
                nat: bytes.starts_with(&[0; 4]),
                seen: Default::default(),
            });
            self.open.len() - 1
        });
        if let Some(association) = self.open.get_mut(at) {
            association.add(dir, &header, out);
        }
        took
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        for association in std::mem::take(&mut self.open) {
            association.tell(out);
        }
    }
}
