//! What the records of a handshake say, and when it is over.

use super::hello::Hello;
use super::names;
use super::record::{self, Record, Side};
use super::wire::Wire;
use crate::model::{Outcome, Stamp};
use crate::proto::{Dir, Emit};

/// Longest handshake message that is kept.
const MAX_MESSAGE: usize = 1 << 17;
/// Records of application data without a decision after which the handshake is given up.
const MAX_UNDECIDED: u32 = 16;
/// Size of a TLS 1.3 alert under the usual ciphers: two bytes, the content type, a tag of 16 or 8 bytes.
/// No other message of a first client flight has it: Finished is at least 32 bytes longer.
const ENCRYPTED_ALERT: [usize; 2] = [19, 11];

/// Whether more records are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    Go,
    Stop,
}

/// One alert; `None` for what only its size tells.
#[derive(Debug)]
pub(in crate::proto) struct Alert {
    pub from: Dir,
    pub clear: Option<(u8, u8)>,
}

/// Everything an event tells of.
#[derive(Default, Debug)]
pub(in crate::proto) struct Handshake {
    /// First packet.
    pub start: Option<Stamp>,
    /// When the outcome was settled.
    pub end: Option<Stamp>,
    pub outcome: Outcome,
    pub client: Option<Hello>,
    pub server: Option<Hello>,
    pub retry: bool,
    /// Certificates in DER, by side.
    pub chains: [Vec<Vec<u8>>; 2],
    pub requested: bool,
    pub curve: Option<u16>,
    /// A message of a full handshake passed by.
    pub full: bool,
    pub alerts: Vec<Alert>,
    /// Something of a handshake was seen: there is something to tell.
    pub any: bool,
    pub datagrams: bool,
    /// Carried by QUIC.
    pub quic: bool,
    pub sslv2_server: bool,
}

impl Handshake {
    /// Notes when bytes came; the event begins with the first.
    pub fn touch(&mut self, now: Stamp) {
        self.start.get_or_insert(now);
    }

    pub fn tls13(&self) -> bool {
        self.server.as_ref().is_some_and(|s| matches!(s.agreed(), 0x0304 | 0xfefc | 0x7f00..=0x7fff))
    }

    /// ChangeCipherSpec means nothing: in TLS 1.3 it only pleases middleboxes (RFC 8446 §D.4).
    fn dummy_ccs(&self) -> bool {
        self.retry || self.tls13()
    }

    fn early_data(&self) -> bool {
        self.client.as_ref().is_some_and(Hello::early_data)
    }

    fn settle(&mut self, outcome: Outcome, now: Stamp) -> Turn {
        self.outcome = outcome;
        self.end = Some(now);
        Turn::Stop
    }

    /// One record of `dir`, whose side is `me`.
    pub(super) fn record(
        &mut self,
        dir: Dir,
        r: Record<'_>,
        me: &mut Side,
        peer: &Side,
        out: &mut Emit<'_>,
    ) -> Turn {
        let encrypted = me.ccs && !self.dummy_ccs();
        match r.kind {
            record::CHANGE_CIPHER_SPEC => {
                me.ccs = true;
                let both = self.any && peer.ccs && !self.dummy_ccs();
                if both { self.settle(Outcome::Success, out.now) } else { Turn::Go }
            }
            record::ALERT => self.alert(dir, r.body, encrypted, out),
            record::HANDSHAKE if encrypted || me.lost => {
                // A ClientHello may follow a dummy ChangeCipherSpec.
                me.finished |= encrypted && r.body.first() != Some(&1);
                Turn::Go
            }
            record::HANDSHAKE => self.fragment(dir, r.body, me, out),
            record::APPLICATION_DATA => self.application_data(dir, r.body.len(), me, peer, out),
            record::SSLV2 => self.sslv2(dir, r.body, out),
            _ => {
                let claimed = Wire(r.body.get(1..).unwrap_or_default()).u16().map_or(0, usize::from);
                if !encrypted && claimed > r.body.len().saturating_sub(3) {
                    out.anomaly("tls.heartbeat_overread");
                }
                Turn::Go
            }
        }
    }

    fn application_data(
        &mut self,
        dir: Dir,
        length: usize,
        me: &mut Side,
        peer: &Side,
        out: &mut Emit<'_>,
    ) -> Turn {
        me.app += 1;
        if !self.any {
            out.anomaly("tls.no_handshake");
            return Turn::Stop;
        }
        let alone = !peer.seen && (me.finished || !self.early_data());
        let finished = if self.tls13() {
            match dir {
                Dir::Client => !self.early_data() || peer.app > 0,
                Dir::Server => peer.app > 0 && !self.early_data(),
            }
        } else {
            // With one side only, what follows ChangeCipherSpec must do. With both, a client may send
            // before the server has finished (RFC 7918).
            me.ccs && alone
        };
        if finished && dir == Dir::Client && me.app == 1 && ENCRYPTED_ALERT.contains(&length) {
            self.alerts.push(Alert { from: dir, clear: None });
            return self.settle(Outcome::Failure, out.now);
        }
        if finished {
            return self.settle(Outcome::Success, out.now);
        }
        if me.app >= MAX_UNDECIDED { Turn::Stop } else { Turn::Go }
    }

    pub(super) fn alert(&mut self, dir: Dir, body: &[u8], encrypted: bool, out: &mut Emit<'_>) -> Turn {
        self.any = true;
        let (clear, fatal) = match body {
            [level @ (1 | 2), code] if !encrypted => {
                // Levels mean nothing in TLS 1.3; all but these two end the connection.
                let ends = *level == 2 || (self.tls13() && !matches!(code, 0 | 90));
                (Some((*level, *code)), ends)
            }
            _ => (None, true),
        };
        if self.alerts.len() < out.limits().list {
            self.alerts.push(Alert { from: dir, clear });
        }
        match clear {
            Some((_, 0)) => {
                self.end = Some(out.now);
                Turn::Stop
            }
            _ if fatal => self.settle(Outcome::Failure, out.now),
            _ => Turn::Go,
        }
    }

    fn sslv2(&mut self, dir: Dir, body: &[u8], out: &mut Emit<'_>) -> Turn {
        self.any = true;
        if dir == Dir::Server {
            // All that follows is SSL 2.0 itself, which has no records that we know.
            self.sslv2_server = true;
            self.end = Some(out.now);
            return Turn::Stop;
        }
        self.client = Hello::sslv2(body);
        if self.client.is_none() {
            out.anomaly("tls.hello");
        }
        Turn::Go
    }

    /// The messages of one record; those that go on in the next are kept.
    fn fragment(&mut self, dir: Dir, body: &[u8], me: &mut Side, out: &mut Emit<'_>) -> Turn {
        let pass = me.skip.min(body.len());
        me.skip -= pass;
        let body = body.get(pass..).unwrap_or_default();
        if me.pending.is_empty() {
            let used = self.messages(dir, body, me, out);
            me.pending.extend_from_slice(body.get(used..).unwrap_or_default());
        } else {
            let mut pending = std::mem::take(&mut me.pending);
            pending.extend_from_slice(body);
            let used = self.messages(dir, &pending, me, out);
            pending.drain(..used.min(pending.len()));
            me.pending = pending;
        }
        if me.lost {
            me.pending = Vec::new();
        }
        Turn::Go
    }

    /// Handles the complete messages at the start of `bytes`; returns how many bytes they are.
    fn messages(&mut self, dir: Dir, bytes: &[u8], me: &mut Side, out: &mut Emit<'_>) -> usize {
        let mut w = Wire(bytes);
        while !w.is_empty() && !me.lost {
            let before = w;
            let (Some(kind), Some(length)) = (w.u8(), w.u24()) else { return bytes.len() - before.0.len() };
            if length > MAX_MESSAGE || !wanted(kind) {
                if length > MAX_MESSAGE {
                    out.cap("tls.message");
                }
                self.passed(kind, dir, me, out);
                let here = length.min(w.0.len());
                me.skip = length - here;
                w.take(here);
                continue;
            }
            let Some(body) = w.take(length) else { return bytes.len() - before.0.len() };
            self.message(kind, dir, body, out);
        }
        bytes.len()
    }

    /// A message whose content does not matter.
    fn passed(&mut self, kind: u8, dir: Dir, me: &mut Side, out: &mut Emit<'_>) {
        match kind {
            // HelloRequest, NewSessionTicket, EndOfEarlyData, certificate verify and status, URL, the rest
            // of TLS 1.3, next protocol negotiation.
            0 | 3..=6 | 8 | 15 | 20..=25 | 67 => {}
            14 | 16 => self.full = true,
            11 => self.full |= dir == Dir::Server,
            _ => {
                // Encrypted, or the boundaries are lost.
                me.lost = true;
                out.anomaly("tls.handshake_type");
                return;
            }
        }
        self.any = true;
    }

    /// One whole message of a type that is read.
    pub fn message(&mut self, kind: u8, dir: Dir, body: &[u8], out: &mut Emit<'_>) {
        self.any = true;
        match (kind, dir) {
            (1, Dir::Client) if self.client.is_none() => {
                self.client = Hello::client(body, self.datagrams);
                check(self.client.as_ref(), out);
            }
            (1, Dir::Client) => {}
            (2, Dir::Server) => {
                let hello = Hello::server(body);
                check(hello.as_ref(), out);
                match hello {
                    Some(h) if h.retry => self.retry = true,
                    Some(h) if self.server.is_none() => {
                        self.curve = h.key_share;
                        self.server = Some(h);
                    }
                    _ => {}
                }
            }
            (1 | 2, _) => out.anomaly("tls.role"),
            (11, _) => self.certificates(dir, body, out),
            (12, _) => {
                self.full = true;
                self.curve = self.named_curve(body).or(self.curve);
            }
            (13, _) => self.requested = true,
            _ => {}
        }
    }

    fn certificates(&mut self, dir: Dir, body: &[u8], out: &mut Emit<'_>) {
        self.full |= dir == Dir::Server;
        let chain = dir.of(&mut self.chains);
        if !chain.is_empty() {
            return;
        }
        let mut w = Wire(body);
        let Some(mut list) = w.vec24() else {
            out.anomaly("tls.certificate");
            return;
        };
        while !list.is_empty() {
            if chain.len() >= out.limits().list.min(32) {
                out.cap("tls.chain");
                return;
            }
            match list.vec24() {
                Some(der) if !der.is_empty() => chain.push(der.0.to_vec()),
                _ => {
                    out.anomaly("tls.certificate");
                    return;
                }
            }
        }
    }

    /// The curve of a ServerKeyExchange (RFC 8422 §5.4), if it is one of an elliptic-curve suite.
    fn named_curve(&self, body: &[u8]) -> Option<u16> {
        let suite = self.server.as_ref().and_then(|s| s.ciphers.first()).copied();
        if suite.is_some_and(|s| !names::cipher(s).contains("ECDH")) {
            return None;
        }
        let mut w = Wire(body);
        w.u8().filter(|t| *t == 3)?;
        w.u16().filter(|g| names::known_group(*g))
    }
}

/// Messages whose content is read.
pub(super) fn wanted(kind: u8) -> bool {
    matches!(kind, 1 | 2 | 11 | 12 | 13)
}

fn check(hello: Option<&Hello>, out: &mut Emit<'_>) {
    match hello {
        None => out.anomaly("tls.hello"),
        Some(h) if h.broken => out.anomaly("tls.extension"),
        Some(_) => {}
    }
}
