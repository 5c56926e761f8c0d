//! TLS and SSL handshakes over TCP, DTLS ones over UDP.
//!
//! The parser follows the clear part of the handshake and stops at the first encrypted byte that settles
//! the outcome; application data cost nothing.

mod cert;
mod dtls;
mod event;
pub(super) mod fields;
mod fingerprint;
mod handshake;
mod hello;
mod names;
mod record;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use event::hellos;
pub(super) use handshake::Handshake;

use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Transport};
use handshake::Turn;
use record::{Record, Side};

/// One TLS handshake.
pub static DATASET: Dataset = Dataset {
    name: "tls",
    category: &["network"],
    types: &["connection", "protocol"],
    protocol: Some("tls"),
    transaction: true,
    doc: "One TLS, DTLS or SSL handshake: from the ClientHello until both sides finished or one gave up.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "tls",
    doc: "TLS 1.0 to 1.3 (RFC 8446, RFC 5246), SSL 3.0 and the SSL 2.0 compatible hello (RFC 6101) over TCP, \
          DTLS (RFC 6347) over UDP: hellos with their extensions, JA3, JA3S and JA4, certificates, alerts, \
          resumption, outcome. One event per handshake. Certificates of TLS 1.3 are encrypted and not seen, \
          nor are its server's ALPN and certificate request; nothing is decrypted. A TLS 1.3 client that \
          refuses the server sends an encrypted alert, which is recognised by its size. Mid-stream data \
          without a handshake give no event. That of QUIC is told with `quic`.",
    over: Over::Both,
    ports: &[443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 8443],
    probe: record::probe,
    start,
    datasets: &[&DATASET],
    fields: fields::FIELDS,
    anomalies: &[
        ("tls.record", "A record header is impossible: the stream is not TLS, or not any more."),
        ("tls.no_handshake", "Application data without a handshake: the capture began later."),
        ("tls.gap", "Bytes of the handshake were not captured and the records could not be found again."),
        ("tls.hello", "A ClientHello or ServerHello does not parse."),
        ("tls.extension", "An extension of a hello does not parse; the others are kept."),
        ("tls.certificate", "A certificate does not parse."),
        ("tls.handshake_type", "A handshake message of a type that does not belong into the clear."),
        ("tls.role", "A hello came from the wrong side."),
        ("tls.heartbeat_overread", "A heartbeat claims more payload than it has (CVE-2014-0160)."),
        ("tls.message", "Cap: a handshake message was too long to keep and was skipped."),
        ("tls.chain", "Cap: more certificates in a message than are kept."),
        ("tls.list", "Cap: a list of an extension was longer than what one field keeps."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Tls::default())
}

#[derive(Default)]
struct Tls {
    sides: [Side; 2],
    handshake: Handshake,
    closed: bool,
}

impl Tls {
    /// Reports what is known; later calls do nothing.
    fn close(&mut self, out: &mut Emit<'_>) {
        if !self.closed {
            self.closed = true;
            event::emit(&self.handshake, out);
            // The flow may live on for hours.
            self.handshake = Handshake::default();
            self.sides = <[Side; 2]>::default();
        }
    }

    fn side(&mut self, dir: Dir) -> &mut Side {
        dir.of(&mut self.sides)
    }

    fn record(&mut self, dir: Dir, record: Record<'_>, out: &mut Emit<'_>) -> Turn {
        let [client, server] = &mut self.sides;
        let (me, peer) = if dir == Dir::Client { (client, server) } else { (server, client) };
        self.handshake.record(dir, record, me, peer, out)
    }

    fn stream(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut rest = self.side(dir).after_gap(bytes);
        loop {
            let (record, tail) = match record::next(rest, !self.side(dir).seen) {
                Ok(Some(found)) => found,
                Ok(None) => break,
                Err(record::NotTls) if self.side(dir).adrift => return Step::Took(bytes.len()),
                Err(record::NotTls) => {
                    self.close(out);
                    return Step::Weird("tls.record");
                }
            };
            let side = self.side(dir);
            (side.seen, side.adrift) = (true, false);
            rest = tail;
            if self.record(dir, record, out) == Turn::Stop {
                self.close(out);
                return Step::Done;
            }
        }
        let side = self.side(dir);
        side.seen |= !bytes.is_empty() && !side.adrift;
        side.partial = record::missing(rest);
        Step::Took(bytes.len().saturating_sub(rest.len()))
    }
}

impl Parser for Tls {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if self.closed {
            return Step::Done;
        }
        self.handshake.touch(out.now);
        if out.flow.transport == Transport::Udp {
            let [client, server] = &mut self.sides;
            let (me, peer) = if dir == Dir::Client { (client, server) } else { (server, client) };
            return match dtls::datagram(&mut self.handshake, dir, bytes, me, peer, out) {
                Turn::Go => Step::Took(bytes.len()),
                Turn::Stop => {
                    self.close(out);
                    Step::Done
                }
            };
        }
        self.stream(dir, bytes, out)
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if self.closed {
            return Step::Done;
        }
        if self.side(dir).lose(missing) {
            return Step::Took(0);
        }
        out.anomaly("tls.gap");
        self.close(out);
        Step::Done
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.close(out);
    }
}
