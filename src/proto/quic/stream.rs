//! Frames of Initial packets (RFC 9000 §19) and the handshake bytes that CRYPTO frames carry, in any order.

use super::super::wire::Wire;
use super::packet::number;

/// Handshake bytes kept of one side, in order and waiting together.
const BYTES: usize = 1 << 16;
/// Pieces that may wait for those before them.
const PIECES: usize = 64;

/// A frame of an Initial packet.
pub(super) enum Frame<'a> {
    Crypto(u64, &'a [u8]),
    /// Error code and reason.
    Close(u64, &'a [u8]),
    /// PADDING, PING, ACK.
    Other,
}

impl<'a> Frame<'a> {
    /// The first frame, and what follows.
    pub fn next(bytes: &'a [u8]) -> Option<(Frame<'a>, &'a [u8])> {
        let mut wire = Wire::new(bytes);
        let frame = match number(&mut wire)? {
            0 => {
                let padding = bytes.iter().take_while(|b| **b == 0).count();
                return Some((Frame::Other, bytes.get(padding..)?));
            }
            1 => Frame::Other,
            kind @ (2 | 3) => {
                let (_, _, ranges, _) =
                    (number(&mut wire)?, number(&mut wire)?, number(&mut wire)?, number(&mut wire)?);
                // Each takes two bytes at least: a count that is a lie ends with the bytes.
                for _ in 0..ranges {
                    number(&mut wire)?;
                    number(&mut wire)?;
                }
                for _ in 0..if kind == 3 { 3 } else { 0 } {
                    number(&mut wire)?;
                }
                Frame::Other
            }
            6 => {
                let (offset, len) = (number(&mut wire)?, usize::try_from(number(&mut wire)?).ok()?);
                Frame::Crypto(offset, wire.take(len)?)
            }
            0x1c => {
                let (code, _, len) =
                    (number(&mut wire)?, number(&mut wire)?, usize::try_from(number(&mut wire)?).ok()?);
                Frame::Close(code, wire.take(len)?)
            }
            _ => return None,
        };
        Some((frame, wire.rest()))
    }
}

/// The handshake bytes of one side.
#[derive(Default)]
pub(super) struct Stream {
    /// In order, from `taken` on not yet read.
    whole: Vec<u8>,
    taken: usize,
    waiting: Vec<(usize, Vec<u8>)>,
    held: usize,
}

impl Stream {
    /// Adds a frame's bytes; `false` if there was no room. The first copy of a byte wins.
    pub fn add(&mut self, offset: u64, data: &[u8]) -> bool {
        let Some(offset) = usize::try_from(offset).ok().filter(|at| at.saturating_add(data.len()) <= BYTES)
        else {
            return false;
        };
        if offset > self.whole.len() {
            if self.waiting.iter().any(|(at, piece)| *at == offset && piece.len() >= data.len()) {
                return true;
            }
            if self.waiting.len() >= PIECES || self.held + data.len() > BYTES {
                return false;
            }
            self.held += data.len();
            self.waiting.push((offset, data.to_vec()));
            return true;
        }
        self.append(offset, data);
        while let Some(at) = self.waiting.iter().position(|(at, _)| *at <= self.whole.len()) {
            let (offset, piece) = self.waiting.swap_remove(at);
            self.held = self.held.saturating_sub(piece.len());
            self.append(offset, &piece);
        }
        true
    }

    fn append(&mut self, offset: usize, data: &[u8]) {
        let old = self.whole.len().saturating_sub(offset);
        self.whole.extend_from_slice(data.get(old..).unwrap_or_default());
    }

    /// The next whole message: its type and body (RFC 8446 §4).
    pub fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut wire = Wire::new(self.whole.get(self.taken..)?);
        let (kind, [a, b, c]) = (wire.u8()?, wire.array::<3>()?);
        let len = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        let body = wire.take(len)?.to_vec();
        self.taken += 4 + len;
        Some((kind, body))
    }
}
