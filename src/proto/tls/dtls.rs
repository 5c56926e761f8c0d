//! DTLS (RFC 6347, RFC 9147): records and handshake fragments in datagrams. Fragments are joined as long
//! as they come in order; a retransmitted first fragment begins anew.

use super::handshake::{Handshake, Turn, wanted};
use super::record::{self, HANDSHAKE, Record, Side, role};
use super::wire::Wire;
use crate::proto::{Dir, Emit, Probe};

/// Longest message that is joined from fragments.
const MAX_MESSAGE: usize = 1 << 16;

struct Header {
    kind: u8,
    epoch: u16,
}

/// One record of the plain form; what follows stays in `w`.
fn next<'a>(w: &mut Wire<'a>) -> Option<(Header, &'a [u8])> {
    let kind = w.u8().filter(|k| (20..=25).contains(k))?;
    // 1.0, 1.2, and OpenSSL's version from before the standard.
    w.u16().filter(|v| matches!(v, 0xfeff | 0xfefd | 0x0100))?;
    let epoch = w.u16()?;
    w.take(6)?;
    Some((Header { kind, epoch }, w.vec16()?.0))
}

/// A datagram that begins with a hello.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let mut w = Wire(bytes);
    let Some((header, body)) = next(&mut w) else { return Probe::No };
    if header.kind != HANDSHAKE || header.epoch != 0 {
        return Probe::No;
    }
    let mut m = Wire(body);
    let (kind, length) = (m.u8(), m.u24());
    match (kind, length) {
        (Some(1), Some(n)) if (38..MAX_MESSAGE).contains(&n) => role(dir, Dir::Client),
        (Some(2), Some(n)) if (38..MAX_MESSAGE).contains(&n) => role(dir, Dir::Server),
        (Some(3), Some(n)) if n < 300 => role(dir, Dir::Server),
        _ => Probe::No,
    }
}

/// All records of one datagram. What is not DTLS is passed over: media share the port (RFC 7983).
pub(super) fn datagram(
    handshake: &mut Handshake,
    dir: Dir,
    bytes: &[u8],
    me: &mut Side,
    peer: &Side,
    out: &mut Emit<'_>,
) -> Turn {
    handshake.datagrams = true;
    let mut w = Wire(bytes);
    while !w.is_empty() {
        // The short header of DTLS 1.3 stands for encrypted content of any kind (RFC 9147 §4).
        let found = if w.0.first().is_some_and(|b| b & 0xe0 == 0x20) && handshake.tls13() {
            Some((Header { kind: record::APPLICATION_DATA, epoch: 2 }, std::mem::take(&mut w.0)))
        } else {
            next(&mut w)
        };
        let Some((header, body)) = found else { break };
        me.seen = true;
        let turn = match header.kind {
            HANDSHAKE if header.epoch > 0 => Turn::Go,
            HANDSHAKE => fragments(handshake, dir, body, me, out),
            record::ALERT if header.epoch > 0 => handshake.alert(dir, &[], true, out),
            kind => handshake.record(dir, Record { kind, body }, me, peer, out),
        };
        if turn == Turn::Stop {
            return Turn::Stop;
        }
    }
    Turn::Go
}

fn fragments(handshake: &mut Handshake, dir: Dir, body: &[u8], me: &mut Side, out: &mut Emit<'_>) -> Turn {
    let mut w = Wire(body);
    while !w.is_empty() {
        let (Some(kind), Some(length), Some(_sequence), Some(offset), Some(part)) =
            (w.u8(), w.u24(), w.u16(), w.u24(), w.vec24())
        else {
            out.anomaly("tls.record");
            return Turn::Go;
        };
        handshake.any = true;
        if !wanted(kind) {
            handshake.full |= matches!(kind, 14 | 16);
            continue;
        }
        if offset == 0 && part.0.len() == length {
            handshake.message(kind, dir, part.0, out);
            continue;
        }
        if offset == 0 {
            me.pending.clear();
        }
        if length > MAX_MESSAGE {
            out.cap("tls.message");
        } else if offset == me.pending.len() && offset.saturating_add(part.0.len()) <= length {
            me.pending.extend_from_slice(part.0);
        }
        if length > 0 && me.pending.len() == length && offset.saturating_add(part.0.len()) == length {
            let whole = std::mem::take(&mut me.pending);
            handshake.message(kind, dir, &whole, out);
        }
    }
    Turn::Go
}
