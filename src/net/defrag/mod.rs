//! Puts IPv4 (RFC 791) and IPv6 (RFC 8200 §4.5) fragments together, in a capped table, by packet time.
//!
//! Who counts what, so that every packet is counted exactly once:
//!
//! - A fragment that [`Defrag::push`] refuses (too long, odd length, cut by the snap length, a duplicate)
//!   is counted there and then.
//! - A fragment that waits is not counted yet. When its datagram is complete it becomes `decoded`; when
//!   the datagram is given up (60 s, a full table, the end) it becomes skipped,
//!   `ip.fragment_incomplete`.
//! - The fragment that completes a datagram stands for it. When the datagram is a flow's packet, `push`
//!   returns it and the caller counts it like any packet of a flow (one `decoded`, or skipped when a
//!   filter refuses it). When it is not, `push` counts it under the name the dissection gave.
//!
//! Of bytes that arrive twice the first stay; `ip.fragment_overlap` says that the two differ, or that a
//! fragment overlapped another in part, which no honest sender does (RFC 5722).

mod datagram;
#[cfg(test)]
mod tests;

use super::dissect::{MAX_DEPTH, dissect};
use super::ip::{V6_HEADER, extensions};
use super::{RAW_IP, Verdict};
use crate::model::{Ledger, MINUTE, Stamp, Ts};
use datagram::{Datagram, Head};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::ops::Range;

/// A datagram is given up this long after its first fragment, nanoseconds. RFC 8200 §4.5.
const TIMEOUT: Ts = MINUTE;
/// Incomplete datagrams kept.
const MAX_DATAGRAMS: usize = 8192;
/// Memory of the incomplete datagrams kept.
const MAX_BYTES: usize = 16 << 20;

/// What tells datagrams apart whose fragments are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    src: [u8; 16],
    dst: [u8; 16],
    id: u32,
    /// IPv4 only; 0 for IPv6, whose fragments may differ in it.
    proto: u8,
    v4: bool,
}

impl Key {
    /// The datagram that the fragment beginning with this IP header belongs to; `None` if it is refused anyway.
    pub fn of(fragment: &[u8]) -> Option<Key> {
        take_apart(fragment).ok().map(|piece| piece.key)
    }
}

/// One fragment, taken apart.
struct Piece<'a> {
    key: Key,
    head: Head,
    offset: usize,
    more: bool,
    data: &'a [u8],
}

/// The table of incomplete datagrams.
#[derive(Default)]
pub struct Defrag {
    index: HashMap<Key, u64>,
    /// By arrival of the first fragment.
    held: BTreeMap<u64, Datagram>,
    arrivals: u64,
    bytes: usize,
    wire_len: u32,
}

impl Defrag {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers the fragment that lies at `range` of the captured packet `bytes`, as
    /// [`Verdict::Fragment`] says. When that completes a datagram which is a flow's packet, returns
    /// it, beginning with an IP header (options and extension headers removed, checksum zero), so that
    /// it can be dissected as raw IP (101), which then is sure to give [`Verdict::Flow`]. A datagram
    /// that holds a fragment of another one is followed here.
    pub fn push(
        &mut self,
        bytes: &[u8],
        range: Range<u32>,
        wire_len: u32,
        stamp: Stamp,
        ledger: &mut Ledger,
    ) -> Option<Vec<u8>> {
        let mut range = range;
        let mut whole: Option<Vec<u8>> = None;
        self.wire_len = wire_len;
        for _ in 0..MAX_DEPTH {
            let packet = whole.as_deref().unwrap_or(bytes);
            let datagram = self.hold(packet, range, stamp, ledger)?;
            match dissect(RAW_IP, &datagram, self.wire_len, stamp) {
                Verdict::Flow(_) => return Some(datagram),
                Verdict::Fragment(inner) => {
                    range = inner;
                    whole = Some(datagram);
                }
                Verdict::Skip(reason) => {
                    ledger.packets.skip(reason, stamp.origin, &datagram);
                    return None;
                }
                Verdict::Malformed(reason) => {
                    ledger.packets.malformed(reason, stamp.origin, &datagram);
                    return None;
                }
            }
        }
        ledger.packets.malformed("tunnel.depth", stamp.origin, bytes);
        None
    }

    /// Bytes on the wire of all fragments of the datagram that [`Defrag::push`] returned last.
    pub fn wire_len(&self) -> u32 {
        self.wire_len
    }

    /// The end of the input: what is incomplete is counted.
    pub fn finish(mut self, ledger: &mut Ledger) {
        while self.give_up_oldest(ledger) {}
    }

    /// Puts one fragment into the table; the datagram when that was the last one missing.
    fn hold(
        &mut self,
        packet: &[u8],
        range: Range<u32>,
        stamp: Stamp,
        ledger: &mut Ledger,
    ) -> Option<Vec<u8>> {
        let span = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        let packet = packet.get(span).unwrap_or_default();
        let piece = match take_apart(packet) {
            Ok(piece) => piece,
            Err(Refused::Cut) => {
                ledger.packets.skip("ip.fragment_cut", stamp.origin, packet);
                return None;
            }
            Err(Refused::Broken(reason)) => {
                ledger.packets.malformed(reason, stamp.origin, packet);
                return None;
            }
        };
        self.expire(&piece.key, stamp.ts, ledger);
        let arrival = *self.index.entry(piece.key).or_insert(self.arrivals);
        let datagram = self.held.entry(arrival).or_insert_with(|| {
            self.arrivals += 1;
            self.bytes += datagram::COST;
            Datagram::new(piece.key, stamp.ts)
        });
        let before = datagram.cost();
        let is_last = datagram.add(&piece, self.wire_len, stamp.origin, ledger);
        self.bytes += datagram.cost() - before;
        if is_last {
            let (bytes, wire_len) = self.remove(arrival)?.complete(ledger)?;
            self.wire_len = wire_len;
            return Some(bytes);
        }
        while self.held.len() > MAX_DATAGRAMS || self.bytes > MAX_BYTES {
            ledger.cap("ip.fragments", stamp.origin);
            self.give_up_oldest(ledger);
        }
        None
    }

    /// Gives up what is too old at `now`, and an old namesake of `key`: identifications come again.
    fn expire(&mut self, key: &Key, now: Ts, ledger: &mut Ledger) {
        while self.held.first_key_value().is_some_and(|(_, d)| now.saturating_sub(d.first()) > TIMEOUT) {
            self.give_up_oldest(ledger);
        }
        // Time may also run backwards, from one capture to the next.
        if let Some(&arrival) = self.index.get(key)
            && self.held.get(&arrival).is_some_and(|d| d.first().saturating_sub(now) > TIMEOUT)
            && let Some(old) = self.remove(arrival)
        {
            old.give_up(ledger);
        }
    }

    fn give_up_oldest(&mut self, ledger: &mut Ledger) -> bool {
        let oldest = self.held.first_key_value().map(|(&arrival, _)| arrival);
        match oldest.and_then(|arrival| self.remove(arrival)) {
            Some(datagram) => {
                datagram.give_up(ledger);
                true
            }
            None => false,
        }
    }

    fn remove(&mut self, arrival: u64) -> Option<Datagram> {
        let datagram = self.held.remove(&arrival)?;
        self.index.remove(datagram.key());
        self.bytes = self.bytes.saturating_sub(datagram.cost());
        Some(datagram)
    }
}

/// Why a fragment does not enter the table.
enum Refused {
    /// The snap length cut it; the missing bytes will never come.
    Cut,
    Broken(&'static str),
}

fn take_apart(packet: &[u8]) -> Result<Piece<'_>, Refused> {
    let piece = match packet.first().map(|b| b >> 4) {
        Some(4) => v4(packet)?,
        _ => v6(packet)?,
    };
    let length = piece.data.len();
    // All but the last are a multiple of eight bytes.
    if length == 0 || piece.more && length % 8 != 0 {
        return Err(Refused::Broken("ip.fragment_length"));
    }
    let header = if piece.key.v4 { 20 } else { 0 };
    if piece.offset + length + header > usize::from(u16::MAX) {
        return Err(Refused::Broken("ip.fragment_too_long"));
    }
    Ok(piece)
}

fn v4(packet: &[u8]) -> Result<Piece<'_>, Refused> {
    let [vihl, tos, t0, t1, i0, i1, f0, f1, ttl, proto, _, _, s0, s1, s2, s3, d0, d1, d2, d3, ..] = *packet
    else {
        return Err(Refused::Broken("ip.truncated"));
    };
    if packet.len() < usize::from(u16::from_be_bytes([t0, t1])) {
        return Err(Refused::Cut);
    }
    let data = packet.get(usize::from(vihl & 0x0f) * 4..).ok_or(Refused::Broken("ip.header_length"))?;
    let id = u16::from_be_bytes([i0, i1]);
    let ends = ([s0, s1, s2, s3], [d0, d1, d2, d3]);
    let wide = |[a, b, c, d]: [u8; 4]| [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    Ok(Piece {
        key: Key { src: wide(ends.0), dst: wide(ends.1), id: u32::from(id), proto, v4: true },
        head: Head::V4 { tos, id, ttl, proto, src: ends.0, dst: ends.1 },
        offset: usize::from(u16::from_be_bytes([f0 & 0x1f, f1])) * 8,
        more: f0 & 0x20 != 0,
        data,
    })
}

fn v6(packet: &[u8]) -> Result<Piece<'_>, Refused> {
    let broken = || Refused::Broken("ip.truncated");
    let (fixed, rest) = packet.split_first_chunk::<V6_HEADER>().ok_or_else(broken)?;
    let [class, flow, _, _, p0, p1, next, ttl, addresses @ ..] = *fixed;
    if rest.len() < usize::from(u16::from_be_bytes([p0, p1])) {
        return Err(Refused::Cut);
    }
    let (src, dst) = addresses.split_first_chunk::<16>().ok_or_else(broken)?;
    let dst = dst.first_chunk::<16>().ok_or_else(broken)?;
    let chain = extensions(rest, next).map_err(Refused::Broken)?;
    let fragment = chain.fragment.ok_or_else(broken)?;
    Ok(Piece {
        key: Key { src: *src, dst: *dst, id: fragment.id, proto: 0, v4: false },
        head: Head::V6 { class: [class, flow], next: chain.next, ttl, src: *src, dst: *dst },
        offset: fragment.offset,
        more: fragment.more,
        data: rest.get(chain.len..).unwrap_or_default(),
    })
}
