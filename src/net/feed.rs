//! One packet into the application side of its flow: sequence numbers to ordered bytes, and the
//! decision that a hole will never be filled.
//!
//! A hole is a gap as soon as the side that should have received it acknowledged beyond it in [`PATIENCE`]
//! packets (acknowledgements are sometimes captured just before the data), or when the buffer is full or the
//! connection ends. Where that side goes on with data of its own, they wait (see [`Early`]): an answer must not
//! overtake what it answers.

use super::conversation::Conversation;
use super::dispatch::{App, Io, Live};
use super::early::Early;
use super::flow::Side;
use super::stream::{Carrier, Piece, Stream};
use super::tcp::{ACK, FIN, RST, SYN, Tcp, ahead};
use super::{Packet, TcpHeader};

/// Packets that acknowledge beyond a hole before it is given up.
const PATIENCE: u8 = 4;
/// Bytes one direction may hold back while something before them lacks.
pub(super) const OUT_OF_ORDER: usize = 1 << 20;

impl App {
    /// A TCP segment of `side`, already noted in `tcp`. `unseen` bytes of the other side were
    /// acknowledged by it without having been captured.
    pub(super) fn segment(
        &mut self,
        packet: &Packet,
        payload: &[u8],
        (tcp, header, unseen): (&Tcp, &TcpHeader, u32),
        (client, sides): (usize, &mut [Side; 2]),
        io: &mut Io<'_>,
    ) {
        let side = usize::from(packet.reverse);
        let peer = 1 - side;
        let begun = |at: usize| tcp.halves.get(at).and_then(|h| h.isn);
        if matches!(self, App::Fresh) && packet.payload_len > 0 && header.flags & RST == 0 {
            let whole = begun(side).is_some();
            *self = App::Live(Box::new(Live::new(client, whole)));
        }
        let App::Live(live) = self else {
            // A connection with a known beginning will find the hole when it is reassembled.
            if (matches!(self, App::Over) || begun(peer).is_none())
                && let Some(stats) = sides.get_mut(peer)
            {
                stats.missing += u64::from(unseen);
            }
            return;
        };
        live.segment(packet, payload, (tcp, header), sides, io);
        // A forged reset must not end a connection that goes on.
        if header.flags & RST != 0 {
            live.flush(sides, io);
        } else if tcp.over() && live.streams.iter().all(Stream::finished) {
            live.end(sides, io);
        }
        if live.conversation.over() {
            live.streams.iter_mut().for_each(Stream::clear);
            live.early = None;
        }
    }

    /// A datagram of `side`.
    pub(super) fn datagram(&mut self, packet: &Packet, payload: &[u8], client: usize, io: &mut Io<'_>) {
        if matches!(self, App::Fresh) && !payload.is_empty() {
            *self = App::Live(Box::new(Live::new(client, true)));
        }
        if let App::Live(live) = self
            && !payload.is_empty()
        {
            live.conversation.datagram(usize::from(packet.reverse), payload, io);
        }
    }
}

impl Live {
    fn segment(
        &mut self,
        packet: &Packet,
        payload: &[u8],
        (tcp, header): (&Tcp, &TcpHeader),
        sides: &mut [Side; 2],
        io: &mut Io<'_>,
    ) {
        let side = usize::from(packet.reverse);
        let peer = 1 - side;
        let len = packet.payload_len;
        let captured = sides.get(peer).is_some_and(|other| other.packets > 0);
        let seq = header.seq.wrapping_add(u32::from(header.flags & SYN != 0));
        let mut conversation = Feed { conversation: &mut self.conversation, sides, io };
        if let Some(early) = self.early.take_if(Early::in_vain) {
            early.give_up(&mut self.streams, &mut conversation);
        }
        let [a, b] = &mut self.streams;
        let (own, other) = if side == 0 { (a, b) } else { (b, a) };
        let [own_half, other_half] = [side, peer].map(|s| tcp.halves.get(s).copied().unwrap_or_default());
        for (stream, half) in [(&mut *own, own_half), (&mut *other, other_half)] {
            if let Some(isn) = half.isn {
                stream.start(isn.wrapping_add(1));
            }
        }
        let ack = own_half.ack.unwrap_or(header.ack);
        // Nothing is believed of a segment that cannot be of this connection.
        let may_be = own.may_hold(seq, other_half.ack);
        if may_be && header.flags & (ACK | RST) == ACK {
            if own_half.isn.is_some_and(|isn| header.seq == isn.wrapping_add(1)) {
                other.start(header.ack);
            }
            let beyond = !other.finished() && other.next().is_some_and(|next| ahead(ack, next) > 0);
            let speaks = len > 0 || header.flags & FIN != 0;
            if self.early.is_none() && beyond && speaks && captured && !tcp.over() {
                self.early = Some(Early::new(side));
                own.pause();
            }
            if let Some(early) = &mut self.early {
                if speaks {
                    early.note(side, ack);
                }
            } else if let Some(stalled) = self.stalled.get_mut(peer) {
                *stalled = if beyond && other.waits() { stalled.saturating_add(1) } else { 0 };
                let sure = speaks || tcp.over() || *stalled >= PATIENCE;
                if beyond && sure {
                    other.give_up_to(ack, &mut |piece| conversation.piece(peer, piece));
                }
            }
        }
        if header.flags & RST != 0 {
            return;
        }
        let carrier = Carrier { stamp: packet.stamp, ack };
        let mut tell = |piece: Piece<'_>| conversation.piece(side, piece);
        let mut read = own.segment(seq, payload, len, other_half.ack, carrier, &mut tell);
        if read.is_ok() && header.flags & FIN != 0 {
            let end = seq.wrapping_add(len);
            read = own.fin(end, other_half.ack, &mut tell);
        }
        if let Err(anomaly) = read {
            conversation.io.ledger.anomaly(anomaly, packet.stamp.origin);
        }
        self.early.take_if(|early| early.side == peer && early.met(other, own, &mut conversation));
        if own.held() > OUT_OF_ORDER {
            conversation.io.ledger.cap("tcp.out_of_order", packet.stamp.origin);
            flush(&mut self.streams, &mut self.early, &[side], &mut conversation);
        }
    }

    /// Hands on what waits behind holes.
    pub(super) fn flush(&mut self, sides: &mut [Side; 2], io: &mut Io<'_>) {
        let mut conversation = Feed { conversation: &mut self.conversation, sides, io };
        flush(&mut self.streams, &mut self.early, &[0, 1], &mut conversation);
    }

    /// Ends the conversation.
    pub(super) fn end(&mut self, sides: &mut [Side; 2], io: &mut Io<'_>) {
        self.flush(sides, io);
        self.conversation.end(io);
    }
}

/// Hands on what waits on these sides, and first what waits for the other side.
fn flush(streams: &mut [Stream; 2], early: &mut Option<Early>, of: &[usize], feed: &mut Feed<'_, '_>) {
    if let Some(early) = early.take() {
        early.give_up(streams, feed);
    }
    for side in of {
        if let Some(stream) = streams.get_mut(*side) {
            stream.flush(&mut |piece| feed.piece(*side, piece));
        }
    }
}

/// Where the pieces of a stream go.
pub(super) struct Feed<'a, 'io> {
    conversation: &'a mut Conversation,
    sides: &'a mut [Side; 2],
    pub(super) io: &'a mut Io<'io>,
}

impl Feed<'_, '_> {
    pub(super) fn piece(&mut self, side: usize, piece: Piece<'_>) {
        match piece {
            Piece::Data(bytes) => self.conversation.bytes(side, bytes, self.io),
            Piece::Fin => self.conversation.fin(side, self.io),
            Piece::Gap(missing) => {
                if let Some(stats) = self.sides.get_mut(side) {
                    stats.missing += missing;
                }
                self.conversation.gap(side, missing, self.io);
            }
        }
    }
}
