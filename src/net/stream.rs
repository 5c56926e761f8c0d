//! Reassembly of one direction of a TCP connection.
//!
//! Policy: the first copy of a byte wins. What was handed on or is buffered stays, whatever a later
//! segment claims for the same sequence numbers (as in BSD for data, and Wireshark's default), so an
//! attacker cannot rewrite what a parser saw.

use super::tcp::ahead;
use crate::model::Stamp;
use std::collections::VecDeque;

/// What a buffered segment costs besides its bytes.
const OVERHEAD: usize = 96;
/// A segment further ahead than this is only believed when the other side acknowledged up to it.
const AHEAD: u32 = 1 << 24;
/// Anomaly of a segment that is not believed.
const FAR: &str = "tcp.sequence_far_ahead";
/// The largest window (RFC 7323 §2.3). Also keeps all comparisons within half the sequence space.
const FURTHEST: u32 = 1 << 30;

/// In order, what one direction sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// The next bytes were not captured; this many.
    Gap(u64),
    /// Nothing follows.
    Fin,
}

/// A segment that waits for what is before it.
#[derive(Debug)]
struct Segment {
    seq: u32,
    /// Length as the header says; more than `data` where the snap length cut it.
    len: u32,
    data: Vec<u8>,
    carrier: Carrier,
}

/// The packet of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carrier {
    pub(super) stamp: Stamp,
    /// How far its sender acknowledged by then.
    pub(super) ack: u32,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Next expected sequence number; `None` before the first segment.
    next: Option<u32>,
    waiting: VecDeque<Segment>,
    held: usize,
    fin: Option<u32>,
    finished: bool,
    /// Up to where bytes were last given up.
    given_up: Option<u32>,
    /// Nothing is handed on but by [`Stream::hand_on`].
    paused: bool,
}

impl Stream {
    /// The stream begins here, unless that is known already.
    pub(super) fn start(&mut self, seq: u32) {
        self.next = self.next.or(Some(seq));
    }

    /// Next expected sequence number.
    pub(super) const fn next(&self) -> Option<u32> {
        self.next
    }

    /// Whether the end was reached.
    pub(super) const fn finished(&self) -> bool {
        self.finished
    }

    /// Memory the waiting segments take.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// Whether a segment at `seq` can be of this connection. `acked` is how far the other side acknowledged, if it did.
    pub(super) fn may_hold(&self, seq: u32, acked: Option<u32>) -> bool {
        let Some(Ok(offset)) = self.next.map(|next| u32::try_from(ahead(seq, next))) else { return true };
        let acked = acked.is_some_and(|a| ahead(seq, a) <= AHEAD.cast_signed());
        offset <= FURTHEST && (offset <= AHEAD || acked)
    }

    /// A segment of `len` bytes at `seq`, of which `data` was captured.
    ///
    /// # Errors
    /// The anomaly of a segment that is ignored.
    pub(super) fn segment(
        &mut self,
        seq: u32,
        data: &[u8],
        len: u32,
        acked: Option<u32>,
        carrier: Carrier,
        out: &mut impl FnMut(Piece<'_>),
    ) -> Result<(), &'static str> {
        let next = *self.next.get_or_insert(seq);
        let beyond = |fin| ahead(seq.wrapping_add(len), fin) > 0;
        if self.finished {
            let after = len > 0 && self.fin.is_some_and(beyond);
            return if after { Err("tcp.after_fin") } else { Ok(()) };
        }
        if len == 0 {
            return Ok(());
        }
        if !self.may_hold(seq, acked) {
            return Err(FAR);
        }
        // It goes on: that was not the end.
        self.fin = self.fin.filter(|fin| !beyond(*fin));
        let data = data.get(..usize::try_from(len).unwrap_or(usize::MAX)).unwrap_or(data);
        let offset = ahead(seq, next);
        if offset == 0 && self.waiting.is_empty() && !self.paused {
            self.deliver(data, len, out);
        } else if offset >= 0 {
            self.insert(seq, data, len, carrier);
        } else {
            let old = next.wrapping_sub(seq);
            if old >= len {
                return Ok(());
            }
            let cut = data.get(usize::try_from(old).unwrap_or(usize::MAX)..).unwrap_or_default();
            self.insert(next, cut, len - old, carrier);
        }
        self.drain(&mut |_, piece| out(piece));
        Ok(())
    }

    /// The direction ends at `seq`, if that is not before what was received: a receiver ignores a FIN outside its
    /// window (RFC 9293 §3.10.7.4), and a connection goes on behind it.
    ///
    /// # Errors
    /// The anomaly of one that is ignored.
    pub(super) fn fin(
        &mut self,
        seq: u32,
        acked: Option<u32>,
        out: &mut impl FnMut(Piece<'_>),
    ) -> Result<(), &'static str> {
        let next = *self.next.get_or_insert(seq);
        // One that was acknowledged before it was captured counts among the bytes that were given up.
        let known = self.given_up == Some(next) && seq.wrapping_add(1) == next;
        if self.finished {
            return Ok(());
        }
        if !known && (ahead(seq, next) < 0 || !self.may_hold(seq, acked)) {
            return Err("tcp.fin_out_of_window");
        }
        self.fin = Some(seq);
        self.drain(&mut |_, piece| out(piece));
        Ok(())
    }

    /// Everything before `ack` that did not come by now never will.
    pub(super) fn give_up_to(&mut self, ack: u32, out: &mut impl FnMut(Piece<'_>)) {
        self.catch_up(ack, &mut |_, piece| out(piece));
        self.drain(&mut |_, piece| out(piece));
    }

    /// Hands on everything that waits, with gaps for what lacks.
    pub(super) fn flush(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        while let Some(seq) = self.waiting.front().map(|s| s.seq) {
            self.give_up_to(seq, out);
            // Cannot happen; the loop must end even so.
            if self.waiting.front().is_some_and(|s| s.seq == seq) {
                self.waiting.pop_front();
            }
        }
        if let Some(fin) = self.fin {
            self.give_up_to(fin, out);
        }
    }

    /// From here on nothing is handed on.
    pub(super) const fn pause(&mut self) {
        self.paused = true;
    }

    /// Hands on what nothing lacks before, each with its packet, also of a stream that was paused.
    pub(super) fn resume(&mut self, out: &mut impl FnMut(Option<Stamp>, Piece<'_>)) {
        self.paused = false;
        self.drain(out);
    }

    /// The packet of what would be handed on next, were the stream not paused.
    pub(super) fn first(&self) -> Option<Carrier> {
        self.waiting.front().filter(|front| Some(front.seq) == self.next).map(|front| front.carrier)
    }

    /// Hands on the segment that nothing lacks before, with its packet, also of a paused stream; `false` if there is none.
    pub(super) fn hand_on(&mut self, out: &mut impl FnMut(Option<Stamp>, Piece<'_>)) -> bool {
        let Some(front) = self.waiting.pop_front_if(|front| Some(front.seq) == self.next) else {
            return false;
        };
        self.held = self.held.saturating_sub(front.data.len() + OVERHEAD);
        self.deliver(&front.data, front.len, &mut |piece| out(Some(front.carrier.stamp), piece));
        true
    }

    /// Hands on everything before `ack`, each with its packet and with gaps for what lacks, and nothing behind it.
    pub(super) fn catch_up(&mut self, ack: u32, out: &mut impl FnMut(Option<Stamp>, Piece<'_>)) {
        // The acknowledgement of a FIN counts one more than the bytes.
        let ack = self.fin.filter(|fin| ahead(ack, *fin) > 0).unwrap_or(ack);
        while let Some(next) = self.next.filter(|next| !self.finished && ahead(ack, *next) > 0) {
            let front = self.waiting.front().filter(|front| ahead(front.seq, ack) < 0);
            let until = front.map_or(ack, |front| front.seq);
            let Ok(missing) = u32::try_from(ahead(until, next)) else { return };
            if missing > 0 {
                (self.next, self.given_up) = (Some(until), Some(until));
                out(None, Piece::Gap(u64::from(missing)));
            } else if !self.hand_on(out) {
                return;
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Stream { finished: true, ..Stream::default() };
    }

    /// Gives memory back that holds nothing.
    pub(super) fn compact(&mut self) {
        self.waiting.shrink_to_fit();
    }

    /// Whether segments wait behind a hole.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn deliver(&mut self, data: &[u8], len: u32, out: &mut impl FnMut(Piece<'_>)) {
        self.next = self.next.map(|n| n.wrapping_add(len));
        if !data.is_empty() {
            out(Piece::Data(data));
        }
        let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
        if captured < len {
            out(Piece::Gap(u64::from(len - captured)));
        }
    }

    fn drain(&mut self, out: &mut impl FnMut(Option<Stamp>, Piece<'_>)) {
        if self.paused {
            return;
        }
        while self.hand_on(out) {}
        let at_end = self.fin.zip(self.next).is_some_and(|(fin, next)| ahead(next, fin) >= 0);
        if at_end && !self.finished {
            self.finished = true;
            self.waiting.clear();
            self.held = 0;
            out(None, Piece::Fin);
        }
    }

    /// Buffers those parts of a segment that are not buffered yet. `seq` is not before `next`.
    fn insert(&mut self, seq: u32, data: &[u8], len: u32, carrier: Carrier) {
        let end = seq.wrapping_add(len);
        let mut from = seq;
        let mut at = self.waiting.partition_point(|s| ahead(s.seq.wrapping_add(s.len), seq) <= 0);
        loop {
            let (start, stop) = match self.waiting.get(at) {
                Some(s) if ahead(s.seq, end) < 0 => (s.seq, Some(s.seq.wrapping_add(s.len))),
                _ => (end, None),
            };
            if let Ok(size @ 1..) = u32::try_from(ahead(start, from)) {
                let skip = usize::try_from(from.wrapping_sub(seq)).unwrap_or(usize::MAX);
                let part = data.get(skip..).unwrap_or_default();
                let part = part.get(..usize::try_from(size).unwrap_or(usize::MAX)).unwrap_or(part);
                at = self.place(at, from, part, size, carrier);
            }
            match stop {
                Some(stop) => (from, at) = (stop, at + 1),
                None => break,
            }
        }
    }

    /// Puts a part before position `at`, or joins it to the one before; where the next one stands.
    fn place(&mut self, at: usize, seq: u32, data: &[u8], len: u32, carrier: Carrier) -> usize {
        self.held += data.len();
        if let Some(before) = at.checked_sub(1).and_then(|i| self.waiting.get_mut(i)) {
            let whole = u32::try_from(before.data.len()) == Ok(before.len);
            // Between those that acknowledge the same the other side said nothing that these could answer.
            let at_once = before.carrier.ack == carrier.ack;
            if whole && at_once && !self.paused && before.seq.wrapping_add(before.len) == seq {
                before.data.extend_from_slice(data);
                before.len += len;
                // What is told of them is told when all are there.
                before.carrier = carrier;
                return at;
            }
        }
        self.held += OVERHEAD;
        self.waiting.insert(at, Segment { seq, len, data: data.to_vec(), carrier });
        at + 1
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
