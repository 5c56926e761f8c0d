//! QUIC handshakes: RFC 9000 and 9001 (version 1), RFC 9369 (version 2) and the drafts before them.
//!
//! Initial packets are encrypted with keys that anyone can derive, so that middleboxes cannot meddle by
//! accident. They are opened here: the hellos in them say what those of TLS over TCP do.

mod crypto;
mod fields;
mod packet;
mod stream;

use super::fields::{ERROR_CODE, ERROR_MESSAGE, STATUS};
use super::tls::{self, Handshake};
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use crypto::Keys;
use fields as f;
use packet::{Long, Packet};
use stream::{Frame, Stream};

/// Handshakes.
pub static DATASET: Dataset = Dataset::requests(
    "quic",
    "One QUIC handshake: from the first Initial packet until both sides have keys.",
);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "quic",
    doc: "QUIC versions 1 and 2 (RFC 9000, 9001, 9369) and drafts 22 to 34: Initial packets are decrypted with the keys \
          that follow from the connection identifier, CRYPTO frames joined over packets in any order, and the hellos \
          in them told in the fields of `tls`: server name, ALPN, offered and chosen ciphers, JA4 (`q…`), JA3S, \
          Encrypted ClientHello. Version negotiation, Retry, 0-RTT and a close before the keys were there are told. \
          One event per handshake; what follows is encrypted with keys nobody else has and only counted. A handshake \
          whose first Initial packets were not captured tells its version only. Google's own versions before the \
          drafts (Q043 to T051) are recognised by their version number, not decoded.",
    over: Over::Udp,
    ports: &[443, 784, 853, 8853],
    probe,
    start,
    datasets: &[&DATASET],
    fields: f::ALL,
    anomalies: &[
        (
            "quic.undecryptable",
            "An Initial packet does not open with the keys of its connection: damaged, forged, or captured from the middle on.",
        ),
        (
            "quic.frame",
            "An Initial packet holds a frame that does not belong there, or one that does not parse.",
        ),
        ("quic.crypto", "Cap: more handshake bytes waited for those before them than are kept."),
    ],
};

/// Long-header packets after which a handshake is told as it is.
const PATIENCE: u32 = 256;

fn start(_: &Options) -> Box<dyn Parser> {
    let handshake = Handshake { quic: true, ..Handshake::default() };
    Box::new(Quic { handshake, ..Quic::default() })
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    // Without the fixed bit it is too much like other protocols to begin with.
    match packet::next(bytes).filter(|_| bytes.first().is_some_and(|first| first & 0x40 != 0)) {
        Some((Packet::Negotiation { versions, .. }, _)) if versions.iter().any(|v| packet::known(*v)) => {
            Probe::by(Dir::Server, dir)
        }
        Some((Packet::Retry { .. }, _)) => Probe::by(Dir::Server, dir),
        Some((Packet::Initial(_) | Packet::Handshake(_), _)) => Probe::Yes,
        Some((Packet::ZeroRtt(_), _)) => Probe::by(Dir::Client, dir),
        Some((Packet::Unknown(version), _)) if bytes.len() >= 1000 && packet::reserved(version) => {
            Probe::by(Dir::Client, dir)
        }
        _ if packet::google(bytes).is_some() => Probe::by(Dir::Client, dir),
        _ => Probe::No,
    }
}

/// One connection's handshake.
#[derive(Default)]
struct Quic {
    start: Option<Stamp>,
    end: Option<Stamp>,
    version: Option<u32>,
    /// Versions the server offered instead.
    offered: Vec<u32>,
    keys: Option<Keys>,
    /// Identifiers: the one the client made up for the server, its own, the server's.
    ids: [Option<Vec<u8>>; 3],
    retry: bool,
    zero_rtt: bool,
    token: usize,
    streams: [Stream; 2],
    handshake: Handshake,
    /// Sides that sent packets encrypted with handshake keys.
    keyed: [bool; 2],
    close: Option<(u64, String)>,
    closed_by: Option<Dir>,
    packets: u32,
    told: bool,
}

impl Quic {
    fn open(&mut self, dir: Dir, long: &Long<'_>, out: &mut Emit<'_>) {
        if dir == Dir::Client {
            if self.keys.is_none() {
                self.keys = Keys::new(long.version, long.destination);
            }
            self.token = self.token.max(long.token);
        }
        let Some(keys) = &mut self.keys else { return };
        let opened = keys.open(dir, long).or_else(|| {
            // The identifier of a Retry makes new keys; one that the server chose otherwise does not.
            let mut other = Keys::new(long.version, long.destination).filter(|_| dir == Dir::Client)?;
            let opened = other.open(dir, long)?;
            *keys = other;
            Some(opened)
        });
        let Some(payload) = opened else {
            out.anomaly("quic.undecryptable");
            return;
        };
        self.frames(dir, &payload, out);
    }

    fn frames(&mut self, dir: Dir, payload: &[u8], out: &mut Emit<'_>) {
        let mut rest = payload;
        while !rest.is_empty() {
            let Some((frame, tail)) = Frame::next(rest) else {
                out.anomaly("quic.frame");
                return;
            };
            rest = tail;
            match frame {
                Frame::Crypto(offset, data) => self.crypto(dir, offset, data, out),
                Frame::Close(code, reason) => {
                    if self.close.is_none() {
                        let reason = reason.get(..256).unwrap_or(reason);
                        self.close = Some((code, String::from_utf8_lossy(reason).into_owned()));
                        self.closed_by = Some(dir);
                        self.end = Some(out.now);
                    }
                }
                Frame::Other => {}
            }
        }
    }

    fn crypto(&mut self, dir: Dir, offset: u64, data: &[u8], out: &mut Emit<'_>) {
        let Some(stream) = self.streams.get_mut(dir.index()) else { return };
        if !stream.add(offset, data) {
            out.cap("quic.crypto");
        }
        while let Some((kind, body)) = stream.message() {
            self.handshake.message(kind, dir, &body, out);
        }
    }

    fn packet(&mut self, dir: Dir, packet: &Packet<'_>, out: &mut Emit<'_>) {
        self.packets += 1;
        match packet {
            Packet::Initial(long) => {
                let version = self.version.get_or_insert(long.version);
                if *version != long.version {
                    // Another version was agreed on; the server's answer settles it (RFC 9368).
                    *version = long.version;
                }
                self.identifiers(dir, long);
                self.open(dir, long, out);
            }
            Packet::Handshake(long) => {
                self.version.get_or_insert(long.version);
                self.identifiers(dir, long);
                if let Some(keyed) = self.keyed.get_mut(dir.index()) {
                    *keyed = true;
                }
            }
            Packet::ZeroRtt(long) => {
                self.version.get_or_insert(long.version);
                self.zero_rtt = true;
            }
            Packet::Retry { version } => {
                self.version.get_or_insert(*version);
                self.retry = true;
            }
            Packet::Negotiation { versions } => self.offered = versions.clone(),
            Packet::Unknown(version) => {
                self.version.get_or_insert(*version);
            }
            Packet::Short => {}
        }
    }

    fn identifiers(&mut self, dir: Dir, long: &Long<'_>) {
        let [made_up, client, server] = &mut self.ids;
        match dir {
            Dir::Client => {
                made_up.get_or_insert_with(|| long.destination.to_vec());
                client.get_or_insert_with(|| long.source.to_vec());
            }
            Dir::Server => {
                server.get_or_insert_with(|| long.source.to_vec());
            }
        }
    }

    /// Both sides have keys, and the client has finished or sends on.
    fn settled(&self) -> bool {
        self.keyed == [true; 2]
    }

    fn tell(&mut self, out: &mut Emit<'_>) {
        let Some(start) = self.start.filter(|_| !self.told) else { return };
        self.told = true;
        let mut draft = out.draft(&DATASET, start);
        let success = self.settled() && self.close.is_none();
        if success || self.close.is_some() {
            draft.outcome(if success { Outcome::Success } else { Outcome::Failure });
            draft.put(&STATUS, Value::text(if success { "OK" } else { "Error" }));
        }
        if let Some(end) = self.end {
            draft.end(end);
        }
        self.describe(&mut draft);
        tls::hellos(&self.handshake, &mut draft, out);
        draft.emit(out);
        // The flow may live on for hours.
        *self = Quic { told: true, ..Quic::default() };
    }

    fn describe(&self, draft: &mut Draft) {
        draft.put_some(&f::VERSION, self.version.map(packet::version));
        if !self.offered.is_empty() {
            draft.put(&f::OFFERED, Value::texts(self.offered.iter().map(|v| packet::version(*v))));
        }
        let [made_up, client, server] = &self.ids;
        for (field, id) in [(&f::INITIAL_ID, made_up), (&f::CLIENT_ID, client), (&f::SERVER_ID, server)] {
            draft.put_some(field, id.as_deref().filter(|id| !id.is_empty()).map(super::json_text::hex));
        }
        for (field, is) in [(&f::RETRY, self.retry), (&f::ZERO_RTT, self.zero_rtt)] {
            if is {
                draft.put(field, true);
            }
        }
        draft.put_some(&f::TOKEN, (self.token > 0).then_some(self.token as u64));
        if let Some((code, reason)) = &self.close {
            draft.put(&ERROR_CODE, packet::error(*code));
            draft.put_some(&ERROR_MESSAGE, (!reason.is_empty()).then(|| reason.clone()));
            let by = if self.closed_by == Some(Dir::Client) { "client" } else { "server" };
            draft.put(&f::CLOSED_BY, Value::text(by));
        }
    }
}

impl Parser for Quic {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if self.told {
            return Step::Done;
        }
        let mut rest = bytes;
        while let Some((packet, tail)) = packet::next(rest) {
            let short = matches!(packet, Packet::Short);
            // Short headers have no mark of their own: they only count behind a handshake.
            if !short {
                self.start.get_or_insert(out.now);
                self.packet(dir, &packet, out);
            }
            rest = tail;
        }
        if let Some(version) = packet::google(bytes) {
            self.start.get_or_insert(out.now);
            self.version.get_or_insert(version);
            self.tell(out);
            return Step::Done;
        }
        if self.settled() && self.end.is_none() {
            self.end = Some(out.now);
        }
        let short = bytes.first().is_some_and(|b| b & 0x80 == 0);
        if (self.settled() && (short || dir == Dir::Client)) || self.packets >= PATIENCE {
            self.tell(out);
            return Step::Done;
        }
        Step::Took(bytes.len())
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.tell(out);
    }
}
