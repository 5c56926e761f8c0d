//! DNS over UDP and TCP (RFC 1035, 2181, 3597, 6891), and its kin mDNS (RFC 6762) and LLMNR (RFC 4795).

mod codes;
mod event;
mod fields;
mod message;
mod name;
mod probe;
mod rdata;
mod svcb;
#[cfg(test)]
mod tests;

use super::fields::{ERROR_MESSAGE, REQUEST, RESPONSE, STATUS};
use super::{Dir, Draft, Emit, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Transport, Ts};
use event::Records;
use message::{Header, Message};
use std::collections::VecDeque;

/// Registry entry.
pub static PROTOCOL: Protocol = Protocol {
    name: "dns",
    doc: "DNS over UDP and TCP (RFC 1035, 2181, 3597, 6891, 9460). A query and its response are one event, paired \
          by identifier and question; repeated queries are counted, unanswered ones and responses that nobody \
          asked for are events. All usual record types are rendered, unknown ones as RFC 3597 says. A zone \
          transfer of many messages is one event. mDNS (RFC 6762) and LLMNR (RFC 4795) share the format: they are \
          told apart by port, and what goes to or comes from a group is an event without a partner. DNSSEC \
          signatures are shown, not verified.",
    over: Over::Both,
    ports: &[53, 5353, 5355],
    probe: probe::probe,
    start: |_| Box::new(Dns::default()),
    datasets: &[&DNS, &MDNS, &LLMNR],
    fields: fields::FIELDS,
    anomalies: &[
        ("dns.truncated", "A message or record ends before its parts do."),
        ("dns.name_loop", "A compressed name that points forward or at itself."),
        ("dns.name_long", "A name of more than 255 bytes."),
        ("dns.label_type", "A label with a reserved type."),
        ("dns.rdata_length", "Record data that is longer or shorter than its type asks."),
        ("dns.trailing", "Bytes after the last record."),
        ("dns.question_mismatch", "A response with the identifier of a query but another question."),
        ("dns.tcp_length", "A length before a message over TCP that is too small for a header."),
        ("dns.lost", "Bytes skipped over TCP until a message began again."),
    ],
};

macro_rules! dataset {
    ($id:ident, $name:literal, $doc:literal) => {
        static $id: Dataset = Dataset {
            name: $name,
            category: &["network"],
            types: &["connection", "protocol"],
            protocol: Some($name),
            transaction: true,
            doc: $doc,
        };
    };
}
dataset!(DNS, "dns", "A DNS query with its response, or either alone.");
dataset!(MDNS, "mdns", "A multicast DNS message: a question to the neighbourhood or an announcement.");
dataset!(LLMNR, "llmnr", "A link-local name query or response.");

/// A query without an answer is given up after this much packet time.
const PATIENCE: Ts = 30_000_000_000;
/// Longest query kept until its response comes; of a longer one only the beginning.
const KEPT: usize = 4096;

struct Query {
    id: u16,
    dir: Dir,
    stamp: Stamp,
    bytes: u64,
    wire: Box<[u8]>,
    repeated: u32,
    transfer: Option<Transfer>,
}

/// A response of several messages.
struct Transfer {
    header: Header,
    records: Records,
    bytes: u64,
    messages: u32,
    last: Stamp,
    text: Option<String>,
}

/// One direction of a TCP stream.
#[derive(Default)]
struct Side {
    /// When the message that is not whole yet began.
    begun: Option<Stamp>,
    /// Bytes were lost: looking for the next message.
    lost: bool,
}

/// State of one flow.
#[derive(Default)]
struct Dns {
    queries: VecDeque<Query>,
    sides: [Side; 2],
}

/// A message with what the flow knows about it.
struct Arrival<'a> {
    dir: Dir,
    message: Message<'a>,
    /// With the length that precedes it over TCP.
    bytes: u64,
    start: Stamp,
}

impl Parser for Dns {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        while self.queries.front().is_some_and(|q| out.now.ts.saturating_sub(q.last().ts) > PATIENCE) {
            self.drop_oldest(out);
        }
        if out.flow.transport == Transport::Tcp {
            return self.stream(dir, bytes, out);
        }
        self.message(dir, bytes, bytes.len(), out.now, out);
        Step::Took(bytes.len())
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _out: &mut Emit<'_>) -> Step {
        *dir.of(&mut self.sides) = Side { begun: None, lost: true };
        Step::Took(0)
    }

    fn fin(&mut self, _dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        if !rest.is_empty() {
            out.anomaly("dns.truncated");
        }
    }

    fn idle(&mut self) {
        self.queries.shrink_to_fit();
    }

    fn waiting(&self) -> usize {
        self.queries.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        while !self.queries.is_empty() {
            self.drop_oldest(out);
        }
    }
}

impl Dns {
    fn stream(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let side = dir.of(&mut self.sides);
        if side.lost {
            if !probe::framed(bytes) {
                out.anomaly("dns.lost");
                return Step::Took(bytes.len());
            }
            side.lost = false;
        }
        let mut start = side.begun.take().unwrap_or(out.now);
        let mut rest = bytes;
        while let Some((length, body)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            if length < 12 {
                out.anomaly("dns.tcp_length");
                dir.of(&mut self.sides).lost = true;
                return Step::Took(bytes.len());
            }
            let Some((message, next)) = body.split_at_checked(length) else { break };
            self.message(dir, message, length + 2, start, out);
            start = out.now;
            rest = next;
        }
        if !rest.is_empty() {
            dir.of(&mut self.sides).begun = Some(start);
        }
        Step::Took(bytes.len() - rest.len())
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], length: usize, start: Stamp, out: &mut Emit<'_>) {
        let message = match Message::read(bytes) {
            Ok(message) => message,
            Err(fault) => return out.anomaly(fault.anomaly()),
        };
        let arrival = Arrival { dir, message, bytes: length as u64, start };
        let dataset = dataset(out);
        if std::ptr::eq(dataset, &MDNS) || (!message.header.response() && to_group(dir, out)) {
            return alone(&arrival, dataset, out);
        }
        if message.header.response() {
            self.response(&arrival, out);
        } else {
            self.query(&arrival, out);
        }
    }

    fn query(&mut self, arrival: &Arrival<'_>, out: &mut Emit<'_>) {
        let message = &arrival.message;
        let same = |q: &&mut Query| {
            q.id == message.header.id && q.dir == arrival.dir && q.transfer.is_none() && q.asks(message)
        };
        if let Some(query) = self.queries.iter_mut().find(same) {
            query.repeated += 1;
            query.bytes += arrival.bytes;
            return;
        }
        if self.queries.len() >= out.limits().pending.max(1) {
            out.cap("dns.pending");
            self.drop_oldest(out);
        }
        let wire = message.bytes.get(..KEPT).unwrap_or(message.bytes);
        self.queries.push_back(Query {
            id: message.header.id,
            dir: arrival.dir,
            stamp: arrival.start,
            bytes: arrival.bytes,
            wire: wire.into(),
            repeated: 0,
            transfer: None,
        });
    }

    fn response(&mut self, arrival: &Arrival<'_>, out: &mut Emit<'_>) {
        let message = &arrival.message;
        let ours = |q: &Query| q.id == message.header.id && q.dir != arrival.dir;
        let bare = message.question.is_none();
        let found = self.queries.iter().position(|q| ours(q) && (bare || q.asks(message)));
        let mut query = found.and_then(|at| self.queries.remove(at));
        if query.is_none() && self.queries.iter().any(ours) {
            out.anomaly("dns.question_mismatch");
        }
        let transfer = query.as_mut().and_then(|q| q.transfer.take());
        let mut transfer = transfer.unwrap_or_else(|| Transfer {
            header: message.header,
            records: Records::default(),
            bytes: 0,
            messages: 0,
            last: out.now,
            text: out
                .options
                .wants(out.options.protocols.dns.send_response)
                .then(|| event::text(message, out.limits().text)),
        });
        transfer.records.add(message, out);
        transfer.bytes += arrival.bytes;
        transfer.messages = transfer.messages.saturating_add(1);
        transfer.last = out.now;
        let kind = query.as_ref().and_then(Query::kind);
        let more = matches!(kind, Some(251 | 252))
            && out.flow.transport == Transport::Tcp
            && message.header.rcode() == 0
            && !transfer.records.transfer_over(kind == Some(251));
        match query {
            Some(mut query) if more => {
                query.transfer = Some(transfer);
                self.queries.push_front(query);
            }
            query => answered(arrival, query.as_ref(), transfer, out),
        }
    }

    fn drop_oldest(&mut self, out: &mut Emit<'_>) {
        let Some(mut query) = self.queries.pop_front() else { return };
        let wire = std::mem::take(&mut query.wire);
        let Ok(message) = Message::read(&wire) else { return };
        let mut draft = query.draft(&message, out);
        if let Some(transfer) = query.transfer.take() {
            draft.bytes(Some(query.bytes), Some(transfer.bytes)).end(transfer.last);
            draft.put(&fields::TYPE, "answer").put(&fields::MESSAGES, transfer.messages);
            transfer.records.put(&mut draft, &transfer.header, out.options.full);
            draft.put(&ERROR_MESSAGE, "The transfer was not complete when the flow ended.");
        } else {
            let mut records = Records::default();
            records.add(&message, out);
            draft.bytes(Some(query.bytes), None).put(&fields::TYPE, "query");
            records.put(&mut draft, &message.header, out.options.full);
            draft.put(&ERROR_MESSAGE, "No response to this query was received.");
        }
        draft.put(&STATUS, "Error");
        draft.emit(out);
    }
}

impl Query {
    /// Whether the message is about the same question. Case may differ: some resolvers vary it.
    fn asks(&self, message: &Message<'_>) -> bool {
        let Ok(own) = Message::read(&self.wire) else { return false };
        let kinds = |m: &Message<'_>| m.question.map(|q| (q.kind, q.class));
        kinds(&own) == kinds(message) && own.question_bytes().eq_ignore_ascii_case(message.question_bytes())
    }

    fn kind(&self) -> Option<u16> {
        Message::read(&self.wire).ok()?.question.map(|q| q.kind)
    }

    /// When it was last heard of.
    fn last(&self) -> Stamp {
        self.transfer.as_ref().map_or(self.stamp, |t| t.last)
    }

    fn draft(&self, question: &Message<'_>, out: &Emit<'_>) -> Draft {
        let mut draft = draft(self.dir, self.stamp, question, dataset(out), out);
        if self.repeated > 0 {
            draft.put(&fields::RETRANSMISSIONS, self.repeated);
        }
        let shown = out.options.wants(out.options.protocols.dns.send_request);
        if let (true, Ok(query)) = (shown, Message::read(&self.wire)) {
            draft.put(&REQUEST, event::text(&query, out.limits().text));
        }
        draft
    }
}

/// Emits a response, with its query if there is one.
fn answered(arrival: &Arrival<'_>, query: Option<&Query>, transfer: Transfer, out: &mut Emit<'_>) {
    let dataset = dataset(out);
    let asked = query.and_then(|q| Message::read(&q.wire).ok());
    // A response without a question is about what was asked.
    let question = asked.as_ref().filter(|_| arrival.message.question.is_none()).unwrap_or(&arrival.message);
    let mut draft = match query {
        Some(query) => query.draft(question, out),
        None => draft(arrival.dir.flip(), arrival.start, question, dataset, out),
    };
    draft.bytes(query.map(|q| q.bytes), Some(transfer.bytes)).end(transfer.last);
    draft.put(&fields::TYPE, "answer");
    if transfer.messages > 1 {
        draft.put(&fields::MESSAGES, transfer.messages);
    }
    draft.put_some(&RESPONSE, transfer.text);
    let good = transfer.records.rcode(&transfer.header) == 0;
    transfer.records.put(&mut draft, &transfer.header, out.options.full);
    draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
    // LLMNR asks a group and is answered by its members: the query is in another flow.
    let expected = query.is_some() || !std::ptr::eq(dataset, &DNS);
    if !expected {
        draft.put(&ERROR_MESSAGE, "Response: received without an associated Query.");
    }
    draft.put(&STATUS, if good && expected { "OK" } else { "Error" });
    draft.emit(out);
}

/// A message that has no partner in its flow.
fn alone(arrival: &Arrival<'_>, dataset: &'static Dataset, out: &mut Emit<'_>) {
    let message = &arrival.message;
    let mut records = Records::default();
    records.add(message, out);
    let mut draft = draft(arrival.dir, arrival.start, message, dataset, out);
    let good = message.header.rcode() == 0;
    draft.bytes(Some(arrival.bytes), None);
    draft.put(&fields::TYPE, if message.header.response() { "answer" } else { "query" });
    records.put(&mut draft, &message.header, out.options.full);
    let said = &out.options.protocols.dns;
    let (field, shown) = match message.header.response() {
        true => (&RESPONSE, said.send_response),
        false => (&REQUEST, said.send_request),
    };
    if out.options.wants(shown) {
        draft.put(field, event::text(message, out.limits().text));
    }
    draft.put(&STATUS, if good { "OK" } else { "Error" });
    draft.emit(out);
}

/// An event whose source is who sent in `dir`.
fn draft(dir: Dir, start: Stamp, question: &Message<'_>, dataset: &'static Dataset, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(dataset, start);
    if dir == Dir::Server {
        let event = draft.event();
        std::mem::swap(&mut event.source, &mut event.destination);
    }
    event::put_question(&mut draft, question);
    draft
}

fn dataset(out: &Emit<'_>) -> &'static Dataset {
    let ports = [out.flow.client.port, out.flow.server.port];
    if ports.contains(&Some(5353)) {
        &MDNS
    } else if ports.contains(&Some(5355)) {
        &LLMNR
    } else {
        &DNS
    }
}

fn to_group(dir: Dir, out: &Emit<'_>) -> bool {
    let to = if dir == Dir::Client { out.flow.server.ip } else { out.flow.client.ip };
    to.is_some_and(|ip| ip.is_multicast())
}
