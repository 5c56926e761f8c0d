//! Answers captured before what they answer: a network card's queues, or the two ports of a tap, are read one after
//! the other, so that what one side sent may stand in a capture behind the other side's answer to it. Such an answer
//! waits until the bytes that it acknowledges came by, or until it is told that they never will: then what came by is
//! read in the order of the acknowledgements, with gaps.

use super::feed::Feed;
use super::stream::{Piece, Stream};
use super::tcp::ahead;
use crate::model::{Stamp, Ts};

/// Packets of the connection that may stand in a capture between an answer and what it answers.
const PATIENCE: u8 = 16;

/// The side whose bytes wait for the other's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Early {
    pub(super) side: usize,
    /// How far each side acknowledged with bytes of its own, or an end, since.
    acks: [Option<u32>; 2],
    /// Packets since.
    packets: u8,
}

impl Early {
    /// What `side` sends from here on waits.
    pub(super) const fn new(side: usize) -> Early {
        Early { side, acks: [None; 2], packets: 0 }
    }

    /// Either side went on, and acknowledged up to `ack`.
    pub(super) fn note(&mut self, side: usize, ack: u32) {
        if let Some(known) = self.acks.get_mut(side)
            && known.is_none_or(|known| ahead(ack, known) > 0)
        {
            *known = Some(ack);
        }
    }

    fn ack(&self, side: usize) -> Option<u32> {
        self.acks.get(side).copied().flatten()
    }

    /// Whether it waited long enough, after one more packet.
    pub(super) const fn in_vain(&mut self) -> bool {
        self.packets += 1;
        self.packets > PATIENCE
    }

    /// Hands on what waits no longer. Whether nothing waits any more.
    pub(super) fn met(&self, own: &mut Stream, other: &Stream, feed: &mut Feed<'_, '_>) -> bool {
        let now = feed.io.stamp;
        let came_by = |ack| other.finished() || other.next().is_some_and(|next| ahead(next, ack) >= 0);
        while let Some(first) = own.first().filter(|first| came_by(first.ack)) {
            feed.io.stamp = first.stamp;
            own.hand_on(&mut |_, piece| feed.piece(self.side, piece));
        }
        feed.io.stamp = now;
        let met = own.first().is_none() && self.ack(self.side).is_none_or(came_by);
        if met {
            own.resume(&mut |_, piece| feed.piece(self.side, piece));
        }
        met
    }

    /// Nothing is waited for any longer.
    pub(super) fn give_up(self, streams: &mut [Stream; 2], feed: &mut Feed<'_, '_>) {
        let [a, b] = streams;
        let (own, other) = if self.side == 0 { (a, b) } else { (b, a) };
        let now = feed.io.stamp;
        let (side, peer) = (self.side, 1 - self.side);
        let mut latest = Ts::MIN;
        let mut tell = |side, packet: Stamp, piece: Piece<'_>| {
            latest = latest.max(packet.ts);
            feed.io.stamp = Stamp { ts: latest, ..packet };
            feed.piece(side, piece);
        };
        while let Some(first) = own.first() {
            other.catch_up(first.ack, &mut |packet, piece| tell(peer, packet.unwrap_or(first.stamp), piece));
            own.hand_on(&mut |_, piece| tell(side, first.stamp, piece));
        }
        // An end alone may acknowledge what was not captured, too.
        if let Some(ack) = self.ack(side) {
            other.catch_up(ack, &mut |packet, piece| tell(peer, packet.unwrap_or(now), piece));
        }
        own.resume(&mut |packet, piece| tell(side, packet.unwrap_or(now), piece));
        other.resume(&mut |packet, piece| tell(peer, packet.unwrap_or(now), piece));
        feed.io.stamp = now;
        if let Some(ack) = self.ack(peer) {
            own.give_up_to(ack, &mut |piece| feed.piece(side, piece));
        }
    }
}
