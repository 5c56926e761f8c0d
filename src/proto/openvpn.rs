//! OpenVPN: the exchange of session identifiers that begins a connection, over UDP or TCP (OpenVPN 2.6,
//! `doc/doxygen/doc_protocol_overview.h`; openvpn-wire-protocol draft).

use super::fields::{ACTION, METHOD, STATUS};
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Transport, Value};

/// Handshakes.
pub static DATASET: Dataset =
    Dataset::requests("openvpn", "One OpenVPN handshake: both ends reset, keys are made, data flow.");

crate::fields! {
    pub FIELDS;
    CLIENT_SESSION: Keyword, "openvpn.client.session_id", "Session identifier of the client, hexadecimal.";
    SERVER_SESSION: Keyword, "openvpn.server.session_id", "Session identifier of the server, hexadecimal.";
    PROTECTION: Keyword, "openvpn.protection", "What guards the control channel, by its shape: `none`, `tls-auth`, `tls-crypt`, `tls-crypt-v2`.";
    HMAC: Long, "openvpn.hmac_bytes", "Length of its authentication tag, bytes.";
    CONTROL: Long, "openvpn.control_packets", "Control packets of both sides that the event counts.";
    CIPHERED: Boolean, "openvpn.data_seen", "Both sides sent data afterwards: the keys were made.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "openvpn",
    doc: "OpenVPN over UDP and TCP: the resets with which both ends begin, with the session identifiers and what protects \
          the control channel (nothing, tls-auth, tls-crypt, tls-crypt-v2); a handshake counts as done when data follow \
          from both sides. The TLS inside the control channel and the data are not read. Static keys have no handshake, \
          and connections captured from the middle on are not recognised.",
    over: Over::Both,
    ports: &[1194],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[("openvpn.packet", "A packet of a kind that is not defined, or a length that none has.")],
};

const CLIENT_RESET: u8 = 7;
const SERVER_RESET: u8 = 8;
const CLIENT_RESET_V3: u8 = 10;
/// Packets after which a handshake is told as it is.
const PATIENCE: u32 = 512;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(OpenVpn::default())
}

/// Name and tag length of what protects a reset (first packet of a side), by its shape.
fn protection(packet: &[u8]) -> Option<(&'static str, usize)> {
    let mut wire = Wire::new(packet);
    let opcode = wire.u8()? >> 3;
    wire.take(8)?;
    let rest = wire.rest();
    // Identifiers acknowledged (with the peer's session after them), then this packet's.
    let tail = |bytes: &[u8]| {
        matches!(bytes, [0, 0, 0, 0, 0])
            || (matches!(bytes, [1, 0, 0, 0, 0, ..]) && bytes.len() == 17 && bytes.ends_with(&[0; 4]))
    };
    if tail(rest) {
        return Some(("none", 0));
    }
    // A counter that begins at one, and the time.
    let counted = |bytes: &[u8]| matches!(bytes, [0, 0, 0, 1, high, ..] if (0x30..0xf0).contains(high));
    for hmac in [16, 20, 28, 32, 48, 64] {
        let after = rest.get(hmac..).unwrap_or_default();
        if counted(after) && after.get(8..).is_some_and(tail) {
            return Some(("tls-auth", hmac));
        }
    }
    match (opcode, rest.len()) {
        (CLIENT_RESET, 45) | (SERVER_RESET, 45..=60) if crypted(rest) => Some(("tls-crypt", 32)),
        (CLIENT_RESET_V3, 200..) if crypted(rest) => Some(("tls-crypt-v2", 32)),
        _ => None,
    }
}

/// The counter of tls-crypt begins at one, or with a mark at that (early negotiation).
fn crypted(rest: &[u8]) -> bool {
    matches!(rest, [0 | 0x0f, 0, 0, 1, high, ..] if (0x30..0xf0).contains(high))
}

fn reset(packet: &[u8]) -> Option<Dir> {
    let first = *packet.first()?;
    let from = match first >> 3 {
        CLIENT_RESET | CLIENT_RESET_V3 => Dir::Client,
        SERVER_RESET => Dir::Server,
        _ => return None,
    };
    (first & 7 == 0 && protection(packet).is_some()).then_some(from)
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let says = |from: Dir| Probe::by(from, dir);
    if let Some(from) = reset(bytes) {
        return says(from);
    }
    // Over TCP a length stands before.
    let Some((len, rest)) = bytes.split_first_chunk::<2>() else {
        return if matches!(bytes, [0..=5]) { Probe::More } else { Probe::No };
    };
    let len = usize::from(u16::from_be_bytes(*len));
    let opcode = rest.first().map_or(CLIENT_RESET, |first| first >> 3);
    if !(14..=1500).contains(&len) || !matches!(opcode, CLIENT_RESET | SERVER_RESET | CLIENT_RESET_V3) {
        return Probe::No;
    }
    match rest.get(..len) {
        Some(packet) => reset(packet).map_or(Probe::No, says),
        None if rest.len() < len => Probe::More,
        None => Probe::No,
    }
}

#[derive(Default)]
struct OpenVpn {
    start: Option<Stamp>,
    end: Option<Stamp>,
    sessions: [Option<[u8; 8]>; 2],
    protection: Option<(&'static str, usize)>,
    control: u64,
    data: [bool; 2],
    packets: u32,
    told: bool,
}

impl OpenVpn {
    fn packet(&mut self, dir: Dir, packet: &[u8], out: &mut Emit<'_>) -> bool {
        self.packets += 1;
        let mut wire = Wire::new(packet);
        let Some(first) = wire.u8() else { return false };
        match first >> 3 {
            1..=5 | 7 | 8 | 10 | 11 => {
                self.control += 1;
                self.start.get_or_insert(out.now);
                if reset(packet).is_some() {
                    if let Some(session) = self.sessions.get_mut(dir.index()) {
                        *session = session.or(wire.array());
                    }
                    self.protection = self.protection.or_else(|| protection(packet));
                    if dir == Dir::Server {
                        self.end.get_or_insert(out.now);
                    }
                }
            }
            6 | 9 => {
                if let Some(seen) = self.data.get_mut(dir.index()) {
                    *seen = true;
                }
            }
            _ => return false,
        }
        true
    }

    /// Whether everything is known that can be.
    fn over(&self) -> bool {
        self.data == [true; 2] || self.packets >= PATIENCE
    }

    fn tell(&mut self, out: &mut Emit<'_>) {
        let Some(start) = self.start.filter(|_| !self.told) else { return };
        self.told = true;
        let mut draft = out.draft(&DATASET, start);
        draft.put(&ACTION, Value::text("openvpn.handshake")).put(&METHOD, Value::text("HANDSHAKE"));
        let [client, server] = self.sessions;
        for (field, session) in [(&CLIENT_SESSION, client), (&SERVER_SESSION, server)] {
            draft.put_some(field, session.map(|id| super::json_text::hex(&id)));
        }
        if let Some((name, hmac)) = self.protection {
            draft.put(&PROTECTION, Value::text(name)).put_some(&HMAC, (hmac > 0).then_some(hmac));
        }
        draft.put(&CONTROL, self.control);
        if self.data == [true; 2] {
            draft.put(&CIPHERED, true).put(&STATUS, Value::text("OK")).outcome(Outcome::Success);
        }
        if let Some(end) = self.end {
            draft.end(end);
        }
        draft.emit(out);
    }
}

impl Parser for OpenVpn {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport == Transport::Udp {
            if !self.packet(dir, bytes, out) {
                out.anomaly("openvpn.packet");
            }
            return if self.over() { Step::Done } else { Step::Took(bytes.len()) };
        }
        let mut wire = Wire::new(bytes);
        loop {
            let left = wire.rest().len();
            let Some(packet) = wire.u16().and_then(|len| wire.take(usize::from(len))) else {
                return Step::Took(bytes.len() - left);
            };
            if !self.packet(dir, packet, out) {
                return Step::Weird("openvpn.packet");
            }
            if self.over() {
                return Step::Done;
            }
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.tell(out);
    }
}
