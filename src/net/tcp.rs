//! A TCP connection as its headers tell it (RFC 9293): handshake, state, round-trip time, and which
//! segments were sent again or captured late. Needs no payload, so it is the same with and without
//! reassembly.

use super::TcpHeader;
use super::flow::Side;
use crate::model::Ts;

/// FIN flag.
pub(super) const FIN: u8 = 1;
/// SYN flag.
pub(super) const SYN: u8 = 2;
/// RST flag.
pub(super) const RST: u8 = 4;
/// ACK flag.
pub(super) const ACK: u8 = 16;

/// A late segment counts as out of order rather than sent again within this time, unless the
/// connection's round-trip time is known (Wireshark uses the same 3 ms).
const REORDER: Ts = 3_000_000;

/// A reset this far from the expected sequence number is a stray or a forgery, not the end.
const RESET_WINDOW: u32 = 1 << 20;

/// Nothing is believed of a segment this far ahead of all that was sent and acknowledged.
const FAR: i32 = 1 << 24;

/// An acknowledgement further ahead of what was seen is no acknowledgement (RFC 7323 §2.3).
const LARGEST_WINDOW: i32 = 1 << 30;

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    HalfOpen,
    Refused,
    Aborted,
    Established,
    HalfClosed,
    Closed,
    Reset,
    Midstream,
}

impl State {
    /// As `netlog.flow.state` says it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            State::HalfOpen => "half_open",
            State::Refused => "refused",
            State::Aborted => "aborted",
            State::Established => "established",
            State::HalfClosed => "half_closed",
            State::Closed => "closed",
            State::Reset => "reset",
            State::Midstream => "midstream",
        }
    }
}

/// What one side sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Half {
    /// Sequence number of its SYN.
    pub(super) isn: Option<u32>,
    /// Highest acknowledgement it sent.
    pub(super) ack: Option<u32>,
    /// End of the highest segment seen, and when it was seen.
    top: Option<u32>,
    advanced: Ts,
    /// First sequence number seen.
    first: Option<u32>,
    fin: bool,
}

/// One connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tcp {
    pub(super) halves: [Half; 2],
    /// Time of the last SYN before it was answered.
    syn: Option<Ts>,
    rtt: Option<Ts>,
    /// The side that sent SYN and ACK.
    answered: Option<usize>,
    /// The handshake's last ACK, or data after it, was seen.
    open: bool,
    /// The side that reset the connection.
    reset: Option<usize>,
}

/// `a - b` in sequence space.
pub(super) const fn ahead(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

impl Tcp {
    /// Whether a SYN was seen, so that the roles are certain.
    pub(super) fn handshake(&self) -> bool {
        self.halves.iter().any(|h| h.isn.is_some())
    }

    /// Whether nothing more is to come.
    pub(super) fn over(&self) -> bool {
        self.reset.is_some() || self.halves.iter().all(|h| h.fin)
    }

    /// Whether the connection outlives its flow record: it was open when last seen.
    pub(super) fn sleeps(&self) -> bool {
        !self.over() && (self.open || !self.handshake())
    }

    /// SYN to final ACK, nanoseconds.
    pub(super) const fn initial_rtt(&self) -> Option<Ts> {
        self.rtt
    }

    /// How the connection stands.
    pub(super) fn state(&self, client: usize) -> State {
        match self.reset {
            Some(_) if !self.handshake() => return State::Reset,
            Some(side) if !self.open && self.answered.is_none() && side != client => return State::Refused,
            Some(side) if !self.open && side == client => return State::Aborted,
            Some(_) => return State::Reset,
            None => {}
        }
        match self.halves.iter().filter(|h| h.fin).count() {
            2 => State::Closed,
            1 if self.open || !self.handshake() => State::HalfClosed,
            _ if !self.handshake() => State::Midstream,
            _ if self.open => State::Established,
            _ => State::HalfOpen,
        }
    }

    /// Whether this SYN of `side` begins another connection between the same ports.
    pub(super) fn reused(&self, side: usize, tcp: &TcpHeader) -> bool {
        let Some(half) = self.halves.get(side) else { return false };
        if tcp.flags & (SYN | RST | FIN) != SYN {
            return false;
        }
        match (half.isn, half.first) {
            (Some(isn), _) => isn != tcp.seq,
            // The SYN may have been captured after the first data.
            (None, Some(first)) => first != tcp.seq.wrapping_add(1),
            (None, None) => self.over(),
        }
    }

    /// Takes note of a segment of `side` with `len` payload bytes, and counts what is unusual in it.
    /// Returns bytes that the other side acknowledged here without their having been captured.
    pub(super) fn segment(
        &mut self,
        side: usize,
        tcp: &TcpHeader,
        len: u32,
        ts: Ts,
        stats: &mut Side,
    ) -> u32 {
        let peer = 1 - side.min(1);
        self.shake(side, tcp, len, ts);
        let peer_ack = self.halves.get(peer).and_then(|h| h.ack);
        self.close(side, tcp, len, peer_ack);
        let threshold = self.rtt.unwrap_or(REORDER);
        let Some(half) = self.halves.get_mut(side) else { return 0 };
        let is_far = [half.top, peer_ack].iter().all(|near| near.is_some_and(|at| ahead(tcp.seq, at) > FAR));
        if is_far {
            return 0;
        }
        if tcp.window == 0 && tcp.flags & (SYN | FIN | RST) == 0 {
            stats.zero_windows += 1;
        }
        let control = u32::from(tcp.flags & SYN != 0) + u32::from(tcp.flags & FIN != 0);
        let end = tcp.seq.wrapping_add(len).wrapping_add(control);
        if tcp.flags & RST == 0 {
            half.first = half.first.or(Some(tcp.seq));
            match half.top {
                Some(top) if ahead(end, top) <= 0 => {
                    // One byte or none just below the top is a keep-alive (RFC 9293 §3.8.4).
                    let keep_alive = control == 0 && len <= 1 && tcp.seq == top.wrapping_sub(1);
                    if len + control > 0 && !keep_alive {
                        let acked = peer_ack.is_some_and(|ack| ahead(end, ack) <= 0);
                        let soon = ts.saturating_sub(half.advanced) < threshold;
                        if !acked && soon && end != top {
                            stats.out_of_order += 1;
                        } else {
                            stats.retransmissions += 1;
                        }
                    }
                }
                _ => (half.top, half.advanced) = (Some(end), ts),
            }
        }
        if tcp.flags & ACK == 0 || tcp.flags & RST != 0 {
            return 0;
        }
        let top = self.halves.get(peer).and_then(|h| h.top);
        if top.is_some_and(|top| ahead(tcp.ack, top) > LARGEST_WINDOW) {
            return 0;
        }
        let Some(half) = self.halves.get_mut(side) else { return 0 };
        if half.ack.is_none_or(|ack| ahead(tcp.ack, ack) > 0) {
            half.ack = Some(tcp.ack);
        }
        self.unseen(peer, tcp.ack)
    }

    /// Moves the top of `peer` up to what was acknowledged; how far that was.
    fn unseen(&mut self, peer: usize, ack: u32) -> u32 {
        let Some(half) = self.halves.get_mut(peer) else { return 0 };
        let Some(top) = half.top else { return 0 };
        match u32::try_from(ahead(ack, top)) {
            Ok(missing) if missing > 0 => {
                half.top = Some(ack);
                missing
            }
            _ => 0,
        }
    }

    fn shake(&mut self, side: usize, tcp: &TcpHeader, len: u32, ts: Ts) {
        let peer = 1 - side.min(1);
        let peer_isn = self.halves.get(peer).and_then(|h| h.isn);
        let Some(half) = self.halves.get_mut(side) else { return };
        if tcp.flags & (SYN | RST) == SYN {
            half.isn = Some(tcp.seq);
            if tcp.flags & ACK != 0 {
                self.answered = Some(side);
            } else if self.answered.is_none() {
                self.syn = Some(ts);
            }
            return;
        }
        let own = half.isn.is_some();
        if tcp.flags & (RST | ACK) == ACK && !self.open && (own || peer_isn.is_some()) {
            let acks_syn = peer_isn.is_some_and(|isn| tcp.ack == isn.wrapping_add(1));
            if self.answered == Some(peer) && acks_syn && self.rtt.is_none() {
                self.rtt = self.syn.map(|syn| ts.saturating_sub(syn).max(0));
            }
            // An ACK of the SYN/ACK opens; so does data, where parts of the handshake are missing.
            self.open = self.answered == Some(peer) || len > 0 || (own && self.answered.is_none());
        }
    }

    fn close(&mut self, side: usize, tcp: &TcpHeader, len: u32, peer_ack: Option<u32>) {
        let Some(half) = self.halves.get_mut(side) else { return };
        if tcp.flags & RST != 0 {
            let near = |x: u32| ahead(tcp.seq, x).unsigned_abs() <= RESET_WINDOW;
            // A refusal has sequence number 0 (RFC 9293 §3.10.7.1) and its sender nothing before it.
            if half.top.is_none_or(near) || !self.open {
                self.reset = self.reset.or(Some(side));
            }
        } else if tcp.flags & FIN != 0 {
            // One whose acknowledgement was captured first lies below the top.
            let end = tcp.seq.wrapping_add(len);
            let near = |at: u32| (-1..=FAR).contains(&ahead(end, at));
            half.fin |= half.top.is_none_or(near) || peer_ack.is_some_and(near);
        }
    }
}
