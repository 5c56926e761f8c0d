//! Messages in several datagrams: two bytes of magic, eight of identity, number, count, data (GELF payload
//! specification, "Chunking").

use super::super::Emit;
use crate::model::{Stamp, Ts};
use std::collections::VecDeque;

const MAGIC: &[u8] = &[0x1e, 0x0f];
/// Most chunks of a message.
const MOST: u8 = 128;
/// All chunks must arrive within this time of the first one, nanoseconds.
const PATIENCE: Ts = 5_000_000_000;
/// Messages of one flow that wait for chunks, and the bytes of all of them.
const MESSAGES: usize = 16;
const BYTES: usize = 256 << 10;

/// One datagram of several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk<'a> {
    id: [u8; 8],
    /// From 0.
    pub number: u8,
    count: u8,
    pub data: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The chunk that a datagram is, if it is one.
    pub fn read(datagram: &'a [u8]) -> Option<Chunk<'a>> {
        let (id, rest) = datagram.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        let ([number, count], data) = rest.split_first_chunk::<2>()?;
        Some(Chunk { id: *id, number: *number, count: *count, data })
    }

    /// Whether a sender would have made it: nobody divides a message by one.
    pub fn is_likely(&self) -> bool {
        self.is_valid() && self.count > 1 && !self.data.is_empty()
    }

    fn is_valid(&self) -> bool {
        self.number < self.count && self.count <= MOST
    }
}

/// A message that lacks chunks.
#[derive(Debug)]
struct Waiting {
    id: [u8; 8],
    start: Stamp,
    parts: Vec<Option<Box<[u8]>>>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.parts.iter().flatten().map(|part| part.len()).sum()
    }
}

/// Messages of one flow that lack chunks, oldest first.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    waiting: VecDeque<Waiting>,
}

impl Chunks {
    /// Takes a chunk; gives the message that it completes, with the packet of its first chunk.
    pub fn take(&mut self, chunk: &Chunk<'_>, out: &mut Emit<'_>) -> Option<(Vec<u8>, Stamp)> {
        while self.waiting.front().is_some_and(|w| out.now.ts.saturating_sub(w.start.ts) > PATIENCE) {
            self.waiting.pop_front();
            out.anomaly("gelf.incomplete");
        }
        let count = usize::from(chunk.count);
        let known = self.waiting.iter().position(|w| w.id == chunk.id);
        let agrees = known.and_then(|at| self.waiting.get(at)).is_none_or(|w| w.parts.len() == count);
        if !chunk.is_valid() || !agrees {
            out.anomaly("gelf.chunk");
            return None;
        }
        let at = known.unwrap_or_else(|| {
            let parts = vec![None; count];
            self.waiting.push_back(Waiting { id: chunk.id, start: out.now, parts });
            self.waiting.len() - 1
        });
        let message = self.waiting.get_mut(at)?;
        // A datagram that came twice says the same.
        message.parts.get_mut(usize::from(chunk.number))?.get_or_insert_with(|| chunk.data.into());
        if message.parts.iter().all(Option::is_some) {
            let message = self.waiting.remove(at)?;
            return Some((message.parts.into_iter().flatten().flatten().collect(), message.start));
        }
        self.bound(out);
        None
    }

    fn bound(&mut self, out: &mut Emit<'_>) {
        while self.waiting.len() > MESSAGES || self.waiting.iter().map(Waiting::bytes).sum::<usize>() > BYTES
        {
            self.waiting.pop_front();
            out.cap("gelf.chunks");
        }
    }

    /// No more will come.
    pub fn end(&mut self, out: &mut Emit<'_>) {
        for _ in self.waiting.drain(..) {
            out.anomaly("gelf.incomplete");
        }
    }
}
