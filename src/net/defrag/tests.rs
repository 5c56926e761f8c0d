use super::*;
use crate::model::Origin;
use crate::net::Packet;

fn stamp(secs: i64, record: u64) -> Stamp {
    Stamp { ts: secs * 1_000_000_000, origin: Origin { source: 0, record, offset: 0 } }
}

/// An IPv4 fragment of protocol 17 from 192.0.2.1 to 192.0.2.2, with a four-byte option.
fn fragment4(id: u16, offset: usize, more: bool, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x46, 0];
    out.extend_from_slice(&u16::try_from(24 + data.len()).unwrap().to_be_bytes());
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&(u16::try_from(offset / 8).unwrap() | u16::from(more) << 13).to_be_bytes());
    out.extend_from_slice(&[64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 1, 1, 1, 0]);
    out.extend_from_slice(data);
    out
}

/// An IPv6 fragment behind a destination options header.
fn fragment6(id: u32, offset: u16, more: bool, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x60, 0, 0, 0];
    out.extend_from_slice(&u16::try_from(16 + data.len()).unwrap().to_be_bytes());
    out.extend_from_slice(&[60, 63]);
    out.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    out.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    out.extend_from_slice(&[44, 0, 1, 4, 0, 0, 0, 0]);
    out.extend_from_slice(&[17, 0]);
    out.extend_from_slice(&(offset | u16::from(more)).to_be_bytes());
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(data);
    out
}

/// A UDP datagram from port 1000 to 2000 with `n` bytes of payload that count up.
fn udp(n: usize) -> Vec<u8> {
    let mut out = vec![0x03, 0xe8, 0x07, 0xd0];
    out.extend_from_slice(&u16::try_from(n + 8).unwrap().to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend((0..n).map(|i| (i % 251) as u8));
    out
}

/// A table, its ledger, and the counting the engine does.
#[derive(Default)]
struct Bench {
    defrag: Defrag,
    ledger: Ledger,
}

impl Bench {
    fn push(&mut self, packet: &[u8], at: Stamp) -> Option<(Packet, Vec<u8>)> {
        self.ledger.packets.read += 1;
        let wire = u32::try_from(packet.len()).unwrap() + 14;
        let range = match dissect(RAW_IP, packet, wire, at) {
            Verdict::Fragment(range) => range,
            other => panic!("{other:?}"),
        };
        let whole = self.defrag.push(packet, range, wire, at, &mut self.ledger)?;
        self.ledger.packets.decoded += 1;
        match dissect(RAW_IP, &whole, self.defrag.wire_len(), at) {
            Verdict::Flow(packet) => Some((packet, whole)),
            other => panic!("{other:?}"),
        }
    }

    fn finish(mut self) -> Ledger {
        self.defrag.finish(&mut self.ledger);
        assert_eq!(self.ledger.packets.read, self.ledger.packets.accounted());
        self.ledger
    }
}

fn payload(found: &(Packet, Vec<u8>)) -> &[u8] {
    &found.1[found.0.payload.start as usize..found.0.payload.end as usize]
}

#[test]
fn ipv4_in_any_order() {
    let whole = udp(100);
    let pieces = [(0, 40), (40, 80), (80, 108)];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2]] {
        let mut bench = Bench::default();
        let mut found = None;
        for (i, piece) in order.into_iter().enumerate() {
            assert!(found.is_none());
            let (from, to) = pieces[piece];
            found = bench.push(&fragment4(7, from, to != 108, &whole[from..to]), stamp(0, i as u64 + 1));
        }
        let found = found.expect("complete");
        assert_eq!(payload(&found), &whole[8..]);
        assert_eq!(found.0.payload_len, 100);
        assert_eq!(found.0.wire_len, 3 * (24 + 14) + 108);
        assert_eq!(bench.finish().packets.decoded, 3);
    }
}

#[test]
fn ipv6_behind_extension_headers() {
    let (whole, mut bench) = (udp(50), Bench::default());
    assert!(bench.push(&fragment6(9, 48, false, &whole[48..]), stamp(0, 1)).is_none());
    assert!(bench.push(&fragment6(8, 0, true, &whole[..48]), stamp(0, 2)).is_none());
    let found = bench.push(&fragment6(9, 0, true, &whole[..48]), stamp(0, 3)).expect("complete");
    assert_eq!(payload(&found), &whole[8..]);
    assert_eq!((found.0.key.proto(), found.0.ttl), (17, 63));
    let ledger = bench.finish();
    assert_eq!((ledger.packets.decoded, ledger.packets.skipped["ip.fragment_incomplete"].count), (2, 1));
}

/// etherparse puts the same fragments together.
#[test]
fn as_etherparse() {
    let whole = udp(3000);
    for step in [8usize, 64, 1480] {
        let mut bench = Bench::default();
        let mut oracle = etherparse::defrag::IpDefragBuf::new(etherparse::IpNumber::UDP, vec![], vec![]);
        let mut found = None;
        for (i, part) in whole.chunks(step).enumerate().rev() {
            let more = i * step + part.len() < whole.len();
            let offset = etherparse::IpFragOffset::try_new(u16::try_from(i * step / 8).unwrap()).unwrap();
            oracle.add(offset, more, part).unwrap();
            found = bench.push(&fragment4(1, i * step, more, part), stamp(0, i as u64)).or(found);
        }
        assert!(oracle.is_complete());
        assert_eq!(found.expect("complete").1[20..], oracle.data()[..]);
        bench.finish();
    }
}

#[test]
fn duplicates_overlaps_and_contradictions() {
    let whole = udp(100);
    let mut other = whole.clone();
    other[16] ^= 0xff;
    let mut bench = Bench::default();
    bench.push(&fragment4(7, 0, true, &whole[..40]), stamp(0, 1));
    bench.push(&fragment4(7, 0, true, &whole[..40]), stamp(0, 2));
    bench.push(&fragment4(7, 0, true, &other[..40]), stamp(0, 3));
    bench.push(&fragment4(7, 32, true, &other[32..64]), stamp(0, 4));
    bench.push(&fragment4(7, 16, false, &whole[16..30]), stamp(0, 5));
    let found = bench.push(&fragment4(7, 56, false, &whole[56..]), stamp(0, 6)).expect("complete");
    assert_eq!(payload(&found), &whole[8..]);
    let ledger = bench.finish();
    assert_eq!(ledger.packets.decoded, 3);
    assert_eq!(ledger.packets.skipped["ip.fragment_duplicate"].count, 2);
    assert_eq!(ledger.packets.malformed["ip.fragment_conflict"].count, 1);
    assert_eq!(ledger.anomalies["ip.fragment_overlap"].count, 3);
}

#[test]
fn refused_fragments_are_counted_at_once() {
    let mut bench = Bench::default();
    bench.push(&fragment4(1, 0, true, &[0; 12]), stamp(0, 1));
    bench.push(&fragment4(1, 65528, false, &[0; 100]), stamp(0, 2));
    bench.push(&fragment4(1, 8, false, &[]), stamp(0, 3));
    let cut = fragment4(1, 8, false, &[0; 100]);
    let range = 0..80;
    bench.ledger.packets.read += 1;
    assert!(bench.defrag.push(&cut[..80], range, 124, stamp(0, 4), &mut bench.ledger).is_none());
    assert_eq!(bench.ledger.packets.accounted(), 4);
    let ledger = bench.finish();
    assert_eq!(ledger.packets.malformed["ip.fragment_length"].count, 2);
    assert_eq!(ledger.packets.malformed["ip.fragment_too_long"].count, 1);
    assert_eq!(ledger.packets.skipped["ip.fragment_cut"].count, 1);
}

#[test]
fn time_and_identification_reuse() {
    let whole = udp(100);
    let mut bench = Bench::default();
    bench.push(&fragment4(7, 0, true, &whole[..40]), stamp(0, 1));
    // Too late for the first half, which is given up.
    assert!(bench.push(&fragment4(7, 40, false, &whole[40..]), stamp(61, 2)).is_none());
    assert!(bench.push(&fragment4(7, 0, true, &whole[..40]), stamp(62, 3)).is_some());
    // Time starts again in the next capture.
    bench.push(&fragment4(7, 0, true, &whole[..40]), stamp(1000, 4));
    assert!(bench.push(&fragment4(7, 40, false, &whole[40..]), stamp(5, 5)).is_none());
    let ledger = bench.finish();
    assert_eq!((ledger.packets.decoded, ledger.packets.skipped["ip.fragment_incomplete"].count), (2, 3));
}

#[test]
fn the_table_is_capped_and_gives_up_the_oldest() {
    let mut bench = Bench::default();
    let count = MAX_DATAGRAMS + 10;
    for i in 0..count {
        bench.push(&fragment4(u16::try_from(i).unwrap(), 0, true, &udp(0)), stamp(0, i as u64 + 1));
    }
    assert_eq!(bench.defrag.held.len(), MAX_DATAGRAMS);
    let ledger = &bench.ledger;
    assert_eq!(ledger.caps["ip.fragments"].count, 10);
    assert_eq!(ledger.packets.skipped["ip.fragment_incomplete"].samples[0].origin.record, 1);
    let mut bench = Bench::default();
    for i in 0..2000u16 {
        bench.push(&fragment4(i, 8, true, &[0; 64_000]), stamp(0, u64::from(i)));
        assert!(bench.defrag.bytes <= MAX_BYTES);
    }
    let sum: usize = bench.defrag.held.values().map(Datagram::cost).sum();
    assert_eq!(sum, bench.defrag.bytes);
    bench.finish();
}

/// A whole datagram that is no flow's packet is counted under its own name, once; nested fragments
/// are followed, with a bound.
#[test]
fn what_a_datagram_turns_out_to_be() {
    let mut bench = Bench::default();
    let mut broken = udp(8);
    broken[5] = 3;
    bench.push(&fragment4(1, 0, true, &broken[..8]), stamp(0, 1));
    assert!(bench.push(&fragment4(1, 8, false, &broken[8..]), stamp(0, 2)).is_none());
    let inner = udp(40);
    let mut outer = fragment4(5, 0, true, &inner[..24]);
    let mut split = |packet: &[u8], id: u16, record: u64| {
        let (mut x, mut y) = (fragment4(id, 0, true, &packet[..8]), fragment4(id, 8, false, &packet[8..]));
        (x[9], y[9]) = (4, 4);
        assert!(bench.push(&x, stamp(0, record)).is_none());
        bench.push(&y, stamp(0, record + 1))
    };
    assert!(split(&outer, 11, 3).is_none());
    outer = fragment4(5, 24, false, &inner[24..]);
    let found = split(&outer, 12, 5).expect("both layers complete");
    assert_eq!(payload(&found), &inner[8..]);
    let ledger = bench.finish();
    assert_eq!(ledger.packets.malformed["udp.length"].count, 1);
    assert_eq!(ledger.packets.decoded, 5);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_accounted_for(packets in proptest::collection::vec(
        (proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80), 0u8..4), 1..40)) {
        let (mut defrag, mut ledger) = (Defrag::new(), Ledger::default());
        for (i, (mut bytes, kind)) in packets.into_iter().enumerate() {
            if let [b0, _, b2, b3, b4, b5, b6, ..] = bytes.as_mut_slice() && kind != 0 {
                (*b0, *b2, *b3) = (if kind == 3 { 0x65 } else { 0x45 }, 0, 60);
                (*b4, *b5, *b6) = (0, 1, *b6 & 0x21);
            }
            ledger.packets.read += 1;
            let end = u32::try_from(bytes.len()).unwrap();
            if defrag.push(&bytes, 0..end, end, stamp(0, i as u64), &mut ledger).is_some() {
                ledger.packets.decoded += 1;
            }
        }
        defrag.finish(&mut ledger);
        proptest::prop_assert_eq!(ledger.packets.read, ledger.packets.accounted());
    }
}
