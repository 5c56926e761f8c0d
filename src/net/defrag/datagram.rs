//! One incomplete datagram: its bytes so far, and the packets they came in.

use super::{Key, Piece};
use crate::model::{Ledger, Origin, Ts};

/// Memory a datagram takes besides its bytes, roughly.
pub(super) const COST: usize = 320;
/// Memory a fragment takes besides its bytes, roughly.
const FRAGMENT_COST: usize = 96;

/// What the header of the whole datagram is made of.
#[derive(Clone, Copy)]
pub(super) enum Head {
    V4 { tos: u8, id: u16, ttl: u8, proto: u8, src: [u8; 4], dst: [u8; 4] },
    V6 { class: [u8; 2], next: u8, ttl: u8, src: [u8; 16], dst: [u8; 16] },
}

pub(super) struct Datagram {
    key: Key,
    first: Ts,
    /// From the fragment with offset 0.
    head: Option<Head>,
    /// By offset, without overlap.
    parts: Vec<(usize, Box<[u8]>)>,
    /// Bytes in `parts`.
    have: usize,
    /// Length, once the last fragment was seen.
    total: Option<usize>,
    /// The packets that brought something.
    origins: Vec<Origin>,
    wire_len: u32,
    cost: usize,
}

impl Datagram {
    pub(super) fn new(key: Key, first: Ts) -> Self {
        Datagram {
            key,
            first,
            head: None,
            parts: Vec::new(),
            have: 0,
            total: None,
            origins: Vec::new(),
            wire_len: 0,
            cost: COST,
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Time of the first fragment that arrived.
    pub(super) fn first(&self) -> Ts {
        self.first
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// Takes what the fragment brings; `true` when it was the last one missing. One that brings nothing
    /// new or contradicts the others is counted here.
    pub(super) fn add(&mut self, piece: &Piece<'_>, wire_len: u32, at: Origin, ledger: &mut Ledger) -> bool {
        let end = piece.offset + piece.data.len();
        let reach = self.parts.last().map_or(0, |(offset, data)| offset + data.len());
        let fits = match self.total {
            Some(total) => end == total || piece.more && end < total,
            None => piece.more || reach <= end,
        };
        if !fits {
            ledger.packets.malformed("ip.fragment_conflict", at, piece.data);
            return false;
        }
        let fresh = self.insert(piece, at, ledger);
        if fresh == 0 {
            ledger.packets.skip("ip.fragment_duplicate", at, piece.data);
            return false;
        }
        if piece.offset == 0 {
            self.head.get_or_insert(piece.head);
        }
        if !piece.more {
            self.total = Some(end);
        }
        self.have += fresh;
        self.origins.push(at);
        self.wire_len = self.wire_len.saturating_add(wire_len);
        self.cost += fresh + FRAGMENT_COST;
        self.total == Some(self.have)
    }

    /// Adds the bytes that are not there yet; returns how many.
    fn insert(&mut self, piece: &Piece<'_>, at: Origin, ledger: &mut Ledger) -> usize {
        let end = piece.offset + piece.data.len();
        let begin = self.parts.partition_point(|(offset, data)| offset + data.len() <= piece.offset);
        let (mut cursor, mut differs) = (piece.offset, false);
        let mut gaps: Vec<(usize, usize)> = Vec::new();
        for (offset, data) in self.parts.iter().skip(begin).take_while(|(offset, _)| *offset < end) {
            if cursor < *offset {
                gaps.push((cursor, *offset));
            }
            let (from, to) = (cursor.max(*offset), end.min(offset + data.len()));
            let old = data.get(from - offset..to - offset);
            differs |= old != piece.data.get(from - piece.offset..to - piece.offset);
            cursor = to;
        }
        if cursor < end {
            gaps.push((cursor, end));
        }
        let fresh: usize = gaps.iter().map(|(from, to)| to - from).sum();
        if differs || fresh != 0 && fresh != piece.data.len() {
            ledger.anomaly("ip.fragment_overlap", at);
        }
        for (from, to) in gaps {
            let bytes = piece.data.get(from - piece.offset..to - piece.offset).unwrap_or_default();
            let slot = self.parts.partition_point(|(offset, _)| *offset < from);
            self.parts.insert(slot, (from, bytes.into()));
        }
        fresh
    }

    /// All bytes are there: the datagram, and what its fragments took on the wire. All packets but the
    /// last are now decoded.
    pub(super) fn complete(self, ledger: &mut Ledger) -> Option<(Vec<u8>, u32)> {
        let mut out = Vec::with_capacity(self.have + 40);
        let length = |more: usize| u16::try_from(self.have + more).unwrap_or(0).to_be_bytes();
        match self.head? {
            Head::V4 { tos, id, ttl, proto, src, dst } => {
                out.extend_from_slice(&[0x45, tos]);
                out.extend_from_slice(&length(20));
                out.extend_from_slice(&id.to_be_bytes());
                out.extend_from_slice(&[0, 0, ttl, proto, 0, 0]);
                out.extend_from_slice(&src);
                out.extend_from_slice(&dst);
            }
            Head::V6 { class, next, ttl, src, dst } => {
                out.extend_from_slice(&class);
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(&length(0));
                out.extend_from_slice(&[next, ttl]);
                out.extend_from_slice(&src);
                out.extend_from_slice(&dst);
            }
        }
        for (_, data) in &self.parts {
            out.extend_from_slice(data);
        }
        ledger.packets.decoded += self.origins.len().saturating_sub(1) as u64;
        Some((out, self.wire_len))
    }

    /// The rest will not come: every packet is counted as skipped.
    pub(super) fn give_up(self, ledger: &mut Ledger) {
        for origin in self.origins {
            ledger.packets.skip("ip.fragment_incomplete", origin, &[]);
        }
    }
}
