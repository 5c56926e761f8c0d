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
    /// Packets since.
    packets: u8,
}

impl Early {
    /// What `side` sends from here on waits.
    pub(super) const fn new(side: usize) -> Early {
        Early { side, packets: 0 }
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
            // It is not told to be older than what it answers.
            feed.io.stamp = Stamp { ts: first.stamp.ts.max(now.ts), ..first.stamp };
            own.hand_on(&mut |piece| feed.piece(self.side, piece));
        }
        feed.io.stamp = now;
        let met = own.first().is_none();
        if met {
            own.resume(&mut |piece| feed.piece(self.side, piece));
        }
        met
    }

    /// Nothing is waited for any longer.
    pub(super) fn give_up(self, streams: &mut [Stream; 2], feed: &mut Feed<'_, '_>) {
        let [a, b] = streams;
        let (own, other) = if self.side == 0 { (a, b) } else { (b, a) };
        let now = feed.io.stamp;
        let mut latest = Ts::MIN;
        while let Some(first) = own.first() {
            let mut tell = |side, packet: Stamp, piece: Piece<'_>| {
                latest = latest.max(packet.ts);
                feed.io.stamp = Stamp { ts: latest, ..packet };
                feed.piece(side, piece);
            };
            other.catch_up(first.ack, &mut |packet, piece| {
                tell(1 - self.side, packet.unwrap_or(first.stamp), piece);
            });
            own.hand_on(&mut |piece| tell(self.side, first.stamp, piece));
        }
        feed.io.stamp = now;
        own.resume(&mut |piece| feed.piece(self.side, piece));
        other.resume(&mut |piece| feed.piece(1 - self.side, piece));
    }
}
