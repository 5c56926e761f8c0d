//! Packets that a capture holds twice: a mirror port that sees both sides of a router, or a capture on all
//! interfaces of a machine that forwards. And segments that were sent again with other data, which a sender never
//! does: somebody else sent one of the two.

use super::Packet;
use super::tcp::RST;
use crate::model::{GOLDEN, Ts};

/// Packets of one direction that are remembered: copies come at once, but several packets may be on their way.
const REMEMBERED: usize = 4;
/// Nanoseconds after which a packet is no copy of one before. A sender that repeats itself waits longer.
const SOON: Ts = 10_000_000;

/// What a packet is, beside those of its direction before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing of the kind was there.
    New,
    /// The same packet was captured before.
    Copy,
    /// A segment with the sequence number of another one, and other data.
    Differs,
}

/// What tells a packet from others, and how often it was sent on.
#[derive(Clone, Copy, Debug, Default)]
struct Print {
    /// What it and its copies have in common: identification, checksum and length. Routers change neither the
    /// identification (RFC 791 §3.1) nor, but for those that translate addresses, the checksum of the transport.
    header: u64,
    /// Sequence number of TCP.
    seq: u32,
    /// The beginning of the payload, mixed; 0 if too little was captured.
    head: u32,
}

/// Places of the parts of a header: the time to live is below them.
const LEN: (u32, u64) = (8, 0xff_ffff);
const CHECKSUM: (u32, u64) = (32, 0xffff);
const ID: (u32, u64) = (48, 0xffff);

/// Eight bytes are compared at the beginning of a payload and here: answers of a protocol begin alike.
const FURTHER: usize = 40;
/// What is compared ends here.
const END: usize = FURTHER + 8;

/// The last packets of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    prints: [Print; REMEMBERED],
    next: u8,
    last: Ts,
}

impl Recent {
    /// Compares a packet with the last ones; remembers it.
    #[inline]
    pub(super) fn see(&mut self, packet: &Packet, payload: &[u8]) -> Sight {
        let print = Print::of(packet, payload);
        let soon = packet.stamp.ts.abs_diff(self.last) <= SOON.unsigned_abs();
        self.last = packet.stamp.ts;
        if soon && packet.checksum != 0 && self.prints.iter().any(|before| print.copies(before)) {
            return Sight::Copy;
        }
        let sends = packet.tcp.is_some_and(|tcp| tcp.flags & RST == 0);
        let differs = sends && self.prints.iter().any(|before| print.differs(before));
        if let Some(slot) = self.prints.get_mut(usize::from(self.next) % REMEMBERED) {
            *slot = print;
        }
        self.next = self.next.wrapping_add(1);
        if differs { Sight::Differs } else { Sight::New }
    }
}

impl Print {
    #[inline]
    fn of(packet: &Packet, payload: &[u8]) -> Print {
        let parts = [
            (ID, packet.id.into()),
            (CHECKSUM, packet.checksum.into()),
            (LEN, u64::from(packet.payload_len)),
            ((0, 0xff), packet.ttl.into()),
        ];
        let header = parts.into_iter().fold(0, |all, ((at, mask), part)| all | (part & mask) << at);
        let seq = packet.tcp.map_or(0, |tcp| tcp.seq);
        let eight = |at: usize| payload.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let sampled = usize::try_from(packet.payload_len).map_or(END, |len| len.min(END));
        let head = match eight(0) {
            _ if payload.len() < sampled => 0,
            Some(head) => head ^ eight(FURTHER).unwrap_or(0).rotate_left(7),
            None => payload.iter().fold(1, |all, byte| all << 8 | u64::from(*byte)),
        };
        Print { header, seq, head: (head.wrapping_mul(GOLDEN) >> 32) as u32 }
    }

    fn part(&self, (at, mask): (u32, u64)) -> u64 {
        self.header >> at & mask
    }

    /// A packet without identification is told from one that was sent again by the router between.
    #[inline]
    fn copies(&self, before: &Print) -> bool {
        let ttl = (0, 0xff);
        (self.header ^ before.header) >> 8 == 0
            && (self.seq, self.head) == (before.seq, before.head)
            && (self.part(ID) != 0 || self.part(ttl) < before.part(ttl))
    }

    /// Whether two segments claim the same place for other data. One byte says nothing: who asks whether the other
    /// end still lives sends any (RFC 9293 §3.8.4). Segments of other lengths are not compared but for those that
    /// hold both places.
    #[inline]
    fn differs(&self, before: &Print) -> bool {
        let (len, other) = (self.part(LEN), before.part(LEN));
        self.seq == before.seq
            && len.min(other) > 1
            && (len == other || len.min(other) >= END as u64)
            && self.head != before.head
            && self.head != 0
            && before.head != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Origin, Stamp};
    use crate::net::FlowKey;

    fn packet(ts: Ts, id: u16, checksum: u16, ttl: u8) -> Packet {
        let end = |last| (std::net::IpAddr::from([192, 0, 2, last]), 53);
        let (key, reverse) = FlowKey::new(end(1), end(2), 17);
        Packet {
            stamp: Stamp { ts, origin: Origin { source: 0, record: 1, offset: 0 } },
            key,
            reverse,
            wire_len: 60,
            payload: 0..12,
            payload_len: 12,
            tcp: None,
            ttl,
            id,
            checksum,
            macs: None,
            vlans: [0; 2],
            tunnel: None,
        }
    }

    /// Of packets (milliseconds, identification, checksum, time to live, payload), which are copies.
    fn copies(packets: &[(Ts, u16, u16, u8, &str)]) -> Vec<bool> {
        let mut recent = Recent::default();
        let again = |(ms, id, checksum, ttl, payload): &(Ts, u16, u16, u8, &str)| {
            recent.see(&packet(ms * 1_000_000, *id, *checksum, *ttl), payload.as_bytes()) == Sight::Copy
        };
        packets.iter().map(again).collect()
    }

    const TEXT: &str = "some payload";

    #[test]
    fn the_same_identification_soon_after_is_a_copy() {
        let first = (0, 7, 0xabcd, 64, TEXT);
        assert_eq!(copies(&[first, (1, 7, 0xabcd, 63, TEXT), (1, 7, 0xabcd, 62, TEXT)]), [false, true, true]);
        assert_eq!(copies(&[first, (1, 7, 0xabcd, 64, TEXT)]), [false, true]);
        assert_eq!(copies(&[first, (200, 7, 0xabcd, 63, TEXT)]), [false, false], "sent again");
    }

    #[test]
    fn what_differs_in_anything_is_none() {
        let first = (0, 7, 0xabcd, 64, TEXT);
        for other in [(1, 8, 0xabcd, 63, TEXT), (1, 7, 0xabce, 63, TEXT), (1, 7, 0xabcd, 63, "Some payload")]
        {
            assert_eq!(copies(&[first, other]), [false, false], "{other:?}");
        }
        assert_eq!(copies(&[(0, 7, 0, 64, TEXT), (0, 7, 0, 63, TEXT)]), [false, false], "no checksum");
    }

    #[test]
    fn without_identification_a_router_must_stand_between() {
        // The same counter told twice within a millisecond, as programs that are measured do.
        assert_eq!(copies(&[(0, 0, 0xabcd, 64, TEXT), (0, 0, 0xabcd, 64, TEXT)]), [false, false]);
        // traceroute counts up.
        assert_eq!(copies(&[(0, 0, 0xabcd, 1, TEXT), (0, 0, 0xabcd, 2, TEXT)]), [false, false]);
        assert_eq!(copies(&[(0, 0, 0xabcd, 64, TEXT), (0, 0, 0xabcd, 63, TEXT)]), [false, true]);
    }

    #[test]
    fn copies_come_behind_a_few_others() {
        let sent = |id| (0, id, 0x1111 + id, 64, TEXT);
        let copy = |id| (0, id, 0x1111 + id, 63, TEXT);
        let order = [sent(1), sent(2), sent(3), sent(4), copy(1), copy(2), copy(3), copy(4)];
        assert_eq!(copies(&order), [false, false, false, false, true, true, true, true]);
    }

    /// Of segments (sequence number, payload as sent, bytes of it that were captured), what they are.
    fn sights(segments: &[(u32, &str, usize)]) -> Vec<Sight> {
        let mut recent = Recent::default();
        let see = |(i, (seq, payload, captured)): (Ts, &(u32, &str, usize))| {
            let mut packet = packet(i * 300_000_000, 7, 0xabcd, 64);
            packet.tcp = Some(crate::net::TcpHeader { seq: *seq, ..Default::default() });
            packet.payload_len = u32::try_from(payload.len()).unwrap();
            recent.see(&packet, &payload.as_bytes()[..(*captured).min(payload.len())])
        };
        (0..).zip(segments).map(see).collect()
    }

    #[test]
    fn other_data_at_the_same_place_differ() {
        let all = usize::MAX;
        for (again, captured, sight) in [
            ("HTTP/1.1 200 OK", all, Sight::New),
            ("HTTP/1.1 200 O", all, Sight::New),
            ("HTTP/1.1 302 Found, over there", all, Sight::New),
            ("FTTP/1.1 200 OK", all, Sight::Differs),
            ("FTTP/1.1 200 OK", 7, Sight::New),
            ("", all, Sight::New),
            ("X", all, Sight::New),
        ] {
            assert_eq!(sights(&[(1, "HTTP/1.1 200 OK", all), (1, again, captured)])[1], sight, "{again:?}");
        }
        let page =
            |how| format!("HTTP/1.1 200 OK\r\nServer: somewhere\r\nConte{how}: text/html\r\n\r\nwelcome");
        let (page, other, more) = (page("nt-Type"), page("xt-Type"), page("xt-Type") + " here");
        assert_eq!(sights(&[(1, &page, all), (1, &other, all)])[1], Sight::Differs);
        assert_eq!(sights(&[(1, &page, all), (1, &more, all)])[1], Sight::Differs, "longer");
        assert_eq!(sights(&[(1, &page, 20), (1, &other, all)])[1], Sight::New, "cut");
        assert_eq!(sights(&[(1, "one", all), (4, "two", all)]), [Sight::New, Sight::New]);
        assert_eq!(sights(&[(1, "one", all), (1, "two", all)]), [Sight::New, Sight::Differs]);
    }
}
