//! ICMP and ICMPv6 (RFC 792, 950, 1256, 4443, 4861): echo and its like paired with their replies,
//! errors with the packet that caused them, neighbour and router discovery.

mod names;
mod original;
mod payload;
#[cfg(test)]
mod tests;

use super::fields::{ERROR_MESSAGE, PATH, STATUS};
use super::wire::Wire;
use super::{Dir, Draft, Emit, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Transport, Ts, Value};
use payload::Payload;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};

/// Registry entry.
pub static PROTOCOL: Protocol = Protocol {
    name: "icmp",
    doc: "ICMP for IPv4 and IPv6 (RFC 792, 4443). Echo, timestamp, information and address mask requests are \
          paired with their replies by identifier and sequence number; unicast neighbour solicitations with \
          their advertisements. Errors carry the addresses and ports of the packet they quote. Everything else \
          is one event per message. Checksums are not verified.",
    over: Over::Icmp,
    ports: &[],
    probe,
    start: |_| Box::new(Icmp::default()),
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("icmp.truncated", "A message of less than eight bytes."),
        ("icmp.original", "An error that does not quote a whole IP header."),
        ("icmp.unknown_type", "A type that IANA does not list."),
    ],
};

static DATASET: Dataset = Dataset {
    name: "icmp",
    category: &["network"],
    types: &["connection"],
    protocol: Some("icmp"),
    transaction: true,
    doc: "An ICMP request with its reply, an error, or a message that expects no answer.",
};

crate::fields! {
    FIELDS;
    VERSION: Long, "icmp.version", "4 for ICMP, 6 for ICMPv6.";
    REQUEST_TYPE: Long, "icmp.request.type", "Type of the request or one-way message, 0 to 255.";
    REQUEST_CODE: Long, "icmp.request.code", "Its code, 0 to 255.";
    REQUEST_MESSAGE: Keyword, "icmp.request.message", "Its name with the code: `EchoRequest(0)`.";
    RESPONSE_TYPE: Long, "icmp.response.type", "Type of the reply or error, 0 to 255.";
    RESPONSE_CODE: Long, "icmp.response.code", "Its code, 0 to 255.";
    RESPONSE_MESSAGE: Keyword, "icmp.response.message", "Its name with the code: `DestinationUnreachable(Port)`.";
    ID: Long, "netlog.icmp.id", "Identifier of an echo or similar request, 0 to 65535.";
    SEQUENCE: Long, "netlog.icmp.sequence", "Its sequence number, 0 to 65535.";
    PAYLOAD_FINGERPRINT: Keyword, "netlog.icmp.payload.fingerprint", "64-bit FNV-1a of an echo request's data (of a reply's that nobody asked for) behind the first 16 bytes, where ping keeps the time; the same for all of one ping.";
    PAYLOAD_ENTROPY: Double, "netlog.icmp.payload.entropy", "Bits per byte of the steps between neighbouring bytes of that data, 0 to 8: next to nothing for the patterns of ping, 5 and more for text and encrypted data.";
    PAYLOAD_RETURNED: Boolean, "netlog.icmp.payload.returned", "Whether the reply brought the request's data back, as RFC 792 wants it.";
    MTU: Long, "netlog.icmp.mtu", "Largest packet the next hop takes, bytes (packet too big, fragmentation needed).";
    GATEWAY: Ip, "netlog.icmp.gateway", "Router that a redirect points to.";
    TARGET: Ip, "netlog.icmp.target", "Address that a neighbour solicitation, advertisement or redirect is about.";
    LINK_ADDRESS: Keyword, "netlog.icmp.link_address", "Ethernet address that neighbour or router discovery announces.";
    PREFIXES: Keyword, "netlog.icmp.prefixes", "Prefixes that a router advertises.";
    LIFETIME: Long, "netlog.icmp.router_lifetime", "Seconds an advertised router may be used as default, 0 to 65535.";
    ORIGINAL_SOURCE: Ip, "netlog.icmp.original.source.ip", "Sender of the packet an error quotes.";
    ORIGINAL_SOURCE_PORT: Long, "netlog.icmp.original.source.port", "Its port, 0 to 65535.";
    ORIGINAL_DESTINATION: Ip, "netlog.icmp.original.destination.ip", "Receiver of the packet an error quotes.";
    ORIGINAL_DESTINATION_PORT: Long, "netlog.icmp.original.destination.port", "Its port, 0 to 65535.";
    ORIGINAL_TRANSPORT: Keyword, "netlog.icmp.original.transport", "Its transport: `tcp`, `udp` …, or the IP protocol number.";
}

/// A request without an answer is given up after this much packet time.
const PATIENCE: Ts = 30_000_000_000;

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let reply = matches!(bytes.first(), Some(0 | 14 | 16 | 18 | 129));
    match (reply, dir) {
        (true, Dir::Client) | (false, Dir::Server) => Probe::Swapped,
        _ => Probe::Yes,
    }
}

/// What a message is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Request,
    Reply,
    Error,
    OneWay,
}

/// What ties a reply to its request: the request's type, then identifier and sequence or the target.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tie {
    kind: u8,
    id: u16,
    seq: u16,
    target: Option<Ipv6Addr>,
}

struct Message<'a> {
    version: u8,
    kind: u8,
    code: u8,
    /// The second four bytes of the header: identifier and sequence, MTU, gateway.
    word: [u8; 4],
    body: &'a [u8],
}

struct Pending {
    dir: Dir,
    tie: Tie,
    code: u8,
    stamp: Stamp,
    bytes: u64,
    payload: Option<Payload>,
}

/// State of one flow: the requests that wait.
#[derive(Default)]
struct Icmp {
    version: u8,
    pending: VecDeque<Pending>,
}

impl Parser for Icmp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        self.version = if out.flow.transport == Transport::Icmp { 4 } else { 6 };
        while self.pending.front().is_some_and(|p| out.now.ts.saturating_sub(p.stamp.ts) > PATIENCE) {
            self.drop_oldest(out);
        }
        let Some(message) = read(self.version, bytes) else {
            out.anomaly("icmp.truncated");
            return Step::Took(bytes.len());
        };
        match (message.role(), message.tie()) {
            (Role::Request, Some(tie)) if !unanswerable(out, dir) => self.request(dir, &message, tie, out),
            (Role::Reply, Some(tie)) => self.reply(dir, &message, tie, out),
            (Role::Error, _) => error(dir, &message, out),
            _ => one_way(dir, &message, out),
        }
        Step::Took(bytes.len())
    }

    fn waiting(&self) -> usize {
        self.pending.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        while !self.pending.is_empty() {
            self.drop_oldest(out);
        }
        self.pending = VecDeque::new();
    }
}

/// Sent to a group: the answers come from other addresses and so in other flows.
fn unanswerable(out: &Emit<'_>, dir: Dir) -> bool {
    let to = if dir == Dir::Client { out.flow.server.ip } else { out.flow.client.ip };
    to.is_some_and(|ip| ip.is_multicast())
}

fn read(version: u8, bytes: &[u8]) -> Option<Message<'_>> {
    let mut wire = Wire::new(bytes);
    let kind = wire.u8()?;
    let code = wire.u8()?;
    wire.u16()?;
    Some(Message { version, kind, code, word: wire.array()?, body: wire.rest() })
}

impl Message<'_> {
    fn role(&self) -> Role {
        match (self.version, self.kind) {
            (4, 8 | 13 | 15 | 17 | 42) | (6, 128 | 135 | 139 | 144 | 160) => Role::Request,
            (4, 0 | 14 | 16 | 18 | 43) | (6, 129 | 136 | 140 | 145 | 161) => Role::Reply,
            (4, 3 | 4 | 5 | 11 | 12) | (6, 0..=127 | 137) => Role::Error,
            _ => Role::OneWay,
        }
    }

    fn tie(&self) -> Option<Tie> {
        let [a, b, c, d] = self.word;
        let (id, seq) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let tie = |kind| Some(Tie { kind, id, seq, target: None });
        match (self.version, self.kind) {
            (4, 0) => tie(8),
            (4, 14 | 16 | 18) | (6, 129 | 145) => tie(self.kind - 1),
            // The low byte of an extended echo says how it was asked and answered (RFC 8335 §2).
            (4, 42 | 43) => Some(Tie { kind: 42, id, seq: seq & 0xff00, target: None }),
            (6, 160 | 161) => Some(Tie { kind: 160, id, seq: seq & 0xff00, target: None }),
            (6, 135 | 136) => Some(Tie { kind: 135, id: 0, seq: 0, target: self.target() }),
            // The nonce of a node information query stands where the others' body begins (RFC 4620).
            (6, 139 | 140) => Some(Tie { kind: 139, id: 0, seq: 0, target: None }),
            _ => tie(self.kind),
        }
    }

    fn target(&self) -> Option<Ipv6Addr> {
        Wire::new(self.body).array::<16>().map(Ipv6Addr::from)
    }

    /// A request for an echo.
    fn is_echo(&self) -> bool {
        matches!((self.version, self.kind), (4, 8) | (6, 128))
    }

    /// The answer to one.
    fn answers_echo(&self) -> bool {
        matches!((self.version, self.kind), (4, 0) | (6, 129))
    }

    fn size(&self) -> u64 {
        self.body.len() as u64
    }
}

impl Icmp {
    fn request(&mut self, dir: Dir, message: &Message<'_>, tie: Tie, out: &mut Emit<'_>) {
        if self.pending.len() >= out.limits().pending.max(1) {
            out.cap("icmp.pending");
            self.drop_oldest(out);
        }
        let payload = message.is_echo().then(|| Payload::of(message.body)).flatten();
        let pending =
            Pending { dir, tie, code: message.code, stamp: out.now, bytes: message.size(), payload };
        self.pending.push_back(pending);
    }

    fn reply(&mut self, dir: Dir, message: &Message<'_>, tie: Tie, out: &mut Emit<'_>) {
        let found = self.pending.iter().position(|p| p.dir != dir && p.tie == tie);
        let request = found.and_then(|at| self.pending.remove(at));
        let unsolicited = request.is_none();
        let start = request.as_ref().map_or(out.now, |r| r.stamp);
        let mut draft = draft(dir.flip(), start, message.version, out);
        if let Some(request) = &request {
            put_request(&mut draft, message.version, request.tie.kind, request.code);
        }
        put_response(&mut draft, message);
        put_details(&mut draft, message);
        draft.bytes(request.as_ref().map(|r| r.bytes), Some(message.size()));
        if unsolicited && message.answers_echo() {
            // A tunnel's far end answers more than it was asked.
            Payload::put(Payload::of(message.body), None, &mut draft);
        }
        Payload::put(request.and_then(|r| r.payload), Some(message.body), &mut draft);
        if !unsolicited {
            draft.end(out.now).outcome(Outcome::Success).put(&STATUS, "OK");
        } else if message.version == 6 && message.kind == 136 {
            // Neighbours announce themselves, and answer what was asked of a group.
            draft.put(&STATUS, "OK");
        } else {
            draft.put(&STATUS, "Error");
            draft.put(&ERROR_MESSAGE, "Response was received without an associated request.");
        }
        draft.emit(out);
    }

    fn drop_oldest(&mut self, out: &mut Emit<'_>) {
        let Some(request) = self.pending.pop_front() else { return };
        let mut draft = draft(request.dir, request.stamp, self.version, out);
        put_request(&mut draft, self.version, request.tie.kind, request.code);
        if let Some(target) = request.tie.target {
            draft.put(&TARGET, IpAddr::V6(target));
        } else {
            draft.put(&ID, request.tie.id).put(&SEQUENCE, request.tie.seq);
        }
        draft.bytes(Some(request.bytes), None).put(&STATUS, "Error");
        Payload::put(request.payload, None, &mut draft);
        draft.put(&ERROR_MESSAGE, "Request was received without an associated response.");
        draft.emit(out);
    }
}

/// An event whose source is who sent in `dir`.
fn draft(dir: Dir, start: Stamp, version: u8, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(&DATASET, start);
    let event = draft.event();
    if dir == Dir::Server {
        std::mem::swap(&mut event.source, &mut event.destination);
    }
    // The flow key keeps the echo identifier where ports stand; ICMP has none.
    event.source.port = None;
    event.destination.port = None;
    let path = event.destination.ip;
    draft.put(&VERSION, version);
    draft.put_some(&PATH, path.map(|ip| ip.to_string()));
    draft
}

fn put_request(draft: &mut Draft, version: u8, kind: u8, code: u8) {
    draft.put(&REQUEST_TYPE, kind).put(&REQUEST_CODE, code);
    draft.put(&REQUEST_MESSAGE, names::message(version, kind, code));
}

fn put_response(draft: &mut Draft, message: &Message<'_>) {
    draft.put(&RESPONSE_TYPE, message.kind).put(&RESPONSE_CODE, message.code);
    draft.put(&RESPONSE_MESSAGE, names::message(message.version, message.kind, message.code));
}

fn error(dir: Dir, message: &Message<'_>, out: &mut Emit<'_>) {
    let mut draft = draft(dir, out.now, message.version, out);
    put_response(&mut draft, message);
    put_details(&mut draft, message);
    let quoted = if (message.version, message.kind) == (6, 137) { None } else { Some(message.body) };
    if let Some(original) = quoted.and_then(original::read) {
        draft.put(&ORIGINAL_SOURCE, original.source).put(&ORIGINAL_DESTINATION, original.destination);
        draft.put(&ORIGINAL_TRANSPORT, original::transport(original.protocol));
        if let Some((source, destination)) = original.ports {
            draft.put(&ORIGINAL_SOURCE_PORT, source).put(&ORIGINAL_DESTINATION_PORT, destination);
        }
    } else if quoted.is_some() {
        out.anomaly("icmp.original");
    }
    draft.bytes(Some(message.size()), None);
    // A redirect is advice; the others say that a packet did not arrive.
    if matches!((message.version, message.kind), (4, 5) | (6, 137)) {
        draft.put(&STATUS, "OK");
    } else {
        draft.put(&STATUS, "Error").outcome(Outcome::Failure);
    }
    draft.emit(out);
}

fn one_way(dir: Dir, message: &Message<'_>, out: &mut Emit<'_>) {
    let known = if message.version == 4 { names::v4(message.kind) } else { names::v6(message.kind) };
    if known.is_none() {
        out.anomaly("icmp.unknown_type");
    }
    let mut draft = draft(dir, out.now, message.version, out);
    put_request(&mut draft, message.version, message.kind, message.code);
    put_details(&mut draft, message);
    draft.bytes(Some(message.size()), None).put(&STATUS, "OK");
    draft.emit(out);
}

/// What the second word and the body say, by type.
fn put_details(draft: &mut Draft, message: &Message<'_>) {
    let [a, b, c, d] = message.word;
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    match (message.version, message.kind, message.code) {
        (4, 0 | 8 | 13..=18 | 42 | 43, _) | (6, 128 | 129 | 144 | 145 | 160 | 161, _) => {
            draft.put(&ID, high).put(&SEQUENCE, low);
        }
        (4, 3, 4) => {
            draft.put(&MTU, low);
        }
        (6, 2, _) => {
            draft.put(&MTU, u32::from_be_bytes(message.word));
        }
        (4, 5, _) => {
            draft.put(&GATEWAY, IpAddr::from(message.word));
        }
        (6, 133, _) => put_options(draft, message.body),
        (6, 134, _) => {
            draft.put(&LIFETIME, low);
            put_options(draft, message.body.get(8..).unwrap_or_default());
        }
        (6, 135 | 136, _) => {
            draft.put_some(&TARGET, message.target().map(IpAddr::V6));
            put_options(draft, message.body.get(16..).unwrap_or_default());
        }
        (6, 137, _) => {
            let mut wire = Wire::new(message.body);
            draft.put_some(&GATEWAY, wire.array::<16>().map(IpAddr::from));
            draft.put_some(&TARGET, wire.array::<16>().map(IpAddr::from));
        }
        _ => {}
    }
}

/// Options of neighbour discovery (RFC 4861 §4.6): link-layer addresses and prefixes.
fn put_options(draft: &mut Draft, options: &[u8]) {
    let mut wire = Wire::new(options);
    let mut prefixes = Vec::new();
    let mut link = None;
    while let (Some(kind), Some(units @ 1..)) = (wire.u8(), wire.u8()) {
        let Some(body) = wire.take(usize::from(units) * 8 - 2) else { break };
        match kind {
            1 | 2 if link.is_none() => link = Wire::new(body).array::<6>(),
            3 => prefixes.extend(prefix(body)),
            _ => {}
        }
    }
    let mac = |m: [u8; 6]| m.map(|byte| format!("{byte:02X}")).join("-");
    draft.put_some(&LINK_ADDRESS, link.map(mac));
    if !prefixes.is_empty() {
        draft.put(&PREFIXES, Value::texts(prefixes));
    }
}

fn prefix(body: &[u8]) -> Option<String> {
    let mut wire = Wire::new(body);
    let len = wire.u8()?;
    wire.take(13)?;
    Some(format!("{}/{len}", Ipv6Addr::from(wire.array::<16>()?)))
}
