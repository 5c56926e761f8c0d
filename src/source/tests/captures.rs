//! pcap and pcapng in all their variants.

use super::write::{self, Order};
use super::{capture_of, packets};

#[test]
fn every_magic_and_byte_order() {
    for order in [Order::Little, Order::Big] {
        for (magic, unit, extra) in [(0xa1b2_c3d4, 1000, 0), (0xa1b2_3c4d, 1, 0), (0xa1b2_cd34, 1000, 8)] {
            // FCS length 4 and its flag in the high bits of the link word.
            let mut bytes = write::pcap_header(order, magic, 65535, 0x5400_0071);
            for (sec, body) in [(1_600_000_000_u32, b"first".as_slice()), (u32::MAX, b""), (5, b"third!")] {
                let mut head = Vec::new();
                write::pcap_record(&mut head, order, sec, 999_999, body);
                head.splice(16..16, vec![0xee; extra]);
                bytes.extend(head);
            }
            let seen = capture_of(&bytes);
            let want =
                [1_600_000_000_i64, i64::from(u32::MAX), 5].map(|s| s * 1_000_000_000 + 999_999 * unit);
            assert_eq!(seen.times(), want, "{order:?} {magic:x}");
            assert_eq!(seen.bodies(), [b"first".as_slice(), b"", b"third!"]);
            let firsts: Vec<_> =
                seen.packets.iter().map(|(p, _)| (p.number, p.file_offset, p.link)).collect();
            let step = 16 + extra as u64;
            assert_eq!(firsts, [(1, 24, 113), (2, 29 + step, 113), (3, 29 + 2 * step, 113)]);
            assert_eq!(seen.ledger.faults, []);
            assert_eq!((seen.ledger.packets.read, seen.ledger.packets.bytes), (3, 11));
        }
    }
}

#[test]
fn old_versions_have_the_lengths_the_other_way_round() {
    let mut bytes = write::pcap_header(Order::Little, 0xa1b2_c3d4, 65535, 1);
    bytes[6] = 2;
    for word in [9_u32, 0, 1000, 4] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(b"four");
    let seen = capture_of(&bytes);
    assert_eq!((seen.packets[0].0.caplen, seen.packets[0].0.origlen), (4, 1000));
}

#[test]
fn a_cut_capture_gives_everything_up_to_the_cut() {
    let whole = write::pcap(1_600_000_000, 40);
    let at = whole.len() - 3;
    let seen = capture_of(&whole[..at]);
    assert_eq!(seen.packets.len(), 39);
    let fault = &seen.ledger.faults[0];
    assert_eq!(fault.offset, Some(at as u64));
    assert!(
        fault.reason.starts_with(&format!("cut short in the middle of packet 40 at byte {at}")),
        "{fault:?}"
    );
    let only_magic = capture_of(&whole[..7]);
    assert!(only_magic.ledger.faults[0].reason.contains("in the middle of the file header at byte 7"));
    assert_eq!(capture_of(&whole[..24]).ledger.faults, []);
}

#[test]
fn joined_captures_are_all_read() {
    let mut bytes = write::pcap(1_600_000_000, 3);
    // Of the other byte order, with nanoseconds and another link type.
    bytes.extend(write::pcap_header(Order::Big, 0xa1b2_3c4d, 65535, 101));
    write::pcap_record(&mut bytes, Order::Big, 1_700_000_000, 5, b"second");
    bytes.extend(write::pcap(1_650_000_000, 2));
    let seen = capture_of(&bytes);
    let packets: Vec<_> = seen.packets.iter().map(|(p, _)| (p.number, p.ts, p.link)).collect();
    let all = [
        (1, 1_600_000_000_000_007_000, 1),
        (2, 1_600_000_001_000_007_000, 1),
        (3, 1_600_000_002_000_007_000, 1),
        (4, 1_700_000_000_000_000_005, 101),
        (5, 1_650_000_000_000_007_000, 1),
        (6, 1_650_000_001_000_007_000, 1),
    ];
    assert_eq!(packets, all);
    assert_eq!((seen.ledger.faults.as_slice(), seen.ledger.blocks.len()), (&[] as &[_], 0));
    // An empty one at the end, and one whose header is cut.
    bytes.extend(write::pcap_header(Order::Little, 0xa1b2_c3d4, 65535, 1));
    assert_eq!((capture_of(&bytes).packets.len(), capture_of(&bytes).ledger.faults), (6, vec![]));
    let cut = capture_of(&bytes[..bytes.len() - 4]);
    assert_eq!((cut.packets.len(), cut.ledger.faults.len()), (6, 1));
}

#[test]
fn reading_goes_on_behind_a_damaged_record() {
    let mut bytes = write::pcap(1_600_000_000, 20);
    let at = 24 + (0..10).map(|i| 16 + 60 + i).sum::<usize>();
    bytes[at + 8..at + 12].fill(0xff);
    let seen = capture_of(&bytes);
    // Only the damaged one is missing.
    assert_eq!(seen.packets.len(), 19);
    assert_eq!(seen.packets[10].1, vec![11; 71]);
    let stray = &seen.ledger.blocks["pcap.stray"];
    assert_eq!((stray.count, stray.bytes), (1, 16 + 70));
    assert_eq!(seen.ledger.faults[0].offset, Some(at as u64));
    assert!(seen.ledger.faults[0].reason.contains("packet 11"), "{:?}", seen.ledger.faults);
}

#[test]
fn a_damaged_record_with_nothing_behind_it() {
    let mut bytes = write::pcap(1_600_000_000, 3);
    bytes.extend([0xff; 5000]);
    let seen = capture_of(&bytes);
    assert_eq!(seen.packets.len(), 3);
    assert_eq!(seen.stray(), 5000);
    assert_eq!(seen.ledger.faults.len(), 1);
}

#[test]
fn a_packet_larger_than_the_batch() {
    let mut bytes = write::pcap_header(Order::Little, 0xa1b2_c3d4, 2_000_000, 1);
    write::pcap_record(&mut bytes, Order::Little, 1, 0, &vec![3; 1_500_000]);
    write::pcap_record(&mut bytes, Order::Little, 2, 0, b"small");
    let seen = capture_of(&bytes);
    assert_eq!(seen.packets.iter().map(|(p, _)| p.caplen).collect::<Vec<_>>(), [1_500_000, 5]);
    assert_eq!(seen.ledger.faults, []);
}

#[test]
fn sections_with_their_own_order_and_interfaces() {
    let mut bytes = Vec::new();
    for (order, link) in [(Order::Big, 1), (Order::Little, 101)] {
        let name = write::option(order, 2, b"eth0");
        bytes.extend(write::section(order, &write::option(order, 4, b"dumpcap")));
        bytes.extend(write::interface(order, link, 0, &name));
        bytes.extend(write::interface(order, link + 1, 0, &write::option(order, 9, &[9])));
        bytes.extend(write::enhanced(order, 0, 1_500_000, b"abc", &write::option(order, 1, b"look\nhere")));
        bytes.extend(write::enhanced(order, 1, 1_500_000, b"defg", &[]));
        bytes.extend(write::block(order, 4, &[0; 8]));
        bytes.extend(write::block(order, 0x7777, b"?"));
        let mut statistics = vec![0; 12];
        statistics.extend(write::option(order, 5, &order.u64(17)));
        bytes.extend(write::block(order, 5, &statistics));
    }
    let seen = capture_of(&bytes);
    assert_eq!(seen.times(), [1_500_000_000, 1_500_000, 1_500_000_000, 1_500_000]);
    assert_eq!(seen.packets.iter().map(|(p, _)| p.link).collect::<Vec<_>>(), [1, 2, 101, 102]);
    assert_eq!(seen.bodies(), [b"abc".as_slice(), b"defg", b"abc", b"defg"]);
    assert_eq!(seen.packets[0].0.origlen, 13);
    let counts: Vec<_> = seen.ledger.blocks.iter().map(|(name, r)| (*name, r.count)).collect();
    let want = [
        ("pcapng.interface_description", 4),
        ("pcapng.interface_statistics", 2),
        ("pcapng.name_resolution", 2),
        ("pcapng.section_header", 2),
        ("pcapng.unknown", 2),
    ];
    assert_eq!(counts, want);
    let notes = ["captured by: dumpcap", "interface 0: eth0", "comment on packet 1: look here"];
    assert_eq!(seen.notes[..3], notes.map(str::to_owned));
    assert!(seen.notes.contains(&"interface 0 dropped: 17 packets".to_owned()));
}

#[test]
fn every_time_resolution() {
    let order = Order::Little;
    // 2024-01-01T00:00:00.5Z in ticks of each resolution that can hold it.
    let second = 1_704_067_200_u64;
    for power in 0..=9_u8 {
        let ticks = second * 10_u64.pow(u32::from(power)) + 10_u64.pow(u32::from(power)) / 2;
        let half = if power == 0 { 0 } else { 500_000_000 };
        assert_eq!(time(order, power, 0, ticks).0, 1_704_067_200_000_000_000 + half, "10^-{power}");
    }
    for power in 0..=33_u8 {
        let ticks = (second << power) + ((1 << power) >> 1);
        let half = if power == 0 { 0 } else { 500_000_000 };
        assert_eq!(time(order, 0x80 | power, 0, ticks).0, 1_704_067_200_000_000_000 + half, "2^-{power}");
    }
    assert_eq!(time(order, 12, 0, 3_000).0, 3);
    assert_eq!(time(order, 127, 0, u64::MAX), (0, false));
    assert_eq!(time(order, 0xff, 0, u64::MAX), (0, false));
    assert_eq!(time(order, 6, -3, 1_000_000).0, -2_000_000_000);
    assert_eq!(time(Order::Big, 6, 86_400, 1).0, 86_400_000_001_000);
    assert_eq!(time(order, 0, 0, u64::MAX), (i64::MAX, true));
    assert_eq!(time(order, 6, i64::MIN, 0), (i64::MIN, true));
}

/// The time of a packet, and whether it was reported as out of range.
fn time(order: Order, resolution: u8, offset: i64, ticks: u64) -> (i64, bool) {
    let mut options = write::option(order, 9, &[resolution]);
    options.extend(write::option(order, 14, &order.u64(offset as u64)));
    let mut bytes = write::section(order, &[]);
    bytes.extend(write::interface(order, 1, 0, &options));
    bytes.extend(write::enhanced(order, 0, ticks, b"x", &[]));
    let seen = capture_of(&bytes);
    (seen.packets[0].0.ts, seen.ledger.anomalies.contains_key("pcapng.time_out_of_range"))
}

#[test]
fn simple_and_obsolete_packets() {
    let order = Order::Little;
    let mut bytes = write::section(order, &[]);
    bytes.extend(write::interface(order, 1, 6, &[]));
    let mut old = vec![0, 0, 0, 0];
    for word in [0_u32, 2_000_000, 2, 90] {
        old.extend(word.to_le_bytes());
    }
    old.extend(b"ab");
    bytes.extend(write::block(order, 2, &old));
    let mut simple = 900_u32.to_le_bytes().to_vec();
    simple.extend(b"sixsix");
    bytes.extend(write::block(order, 3, &simple));
    let seen = capture_of(&bytes);
    assert_eq!(seen.bodies(), [b"ab".as_slice(), b"sixsix"]);
    assert_eq!(seen.times(), [2_000_000_000, 2_000_000_000]);
    assert_eq!(seen.packets.iter().map(|(p, _)| p.origlen).collect::<Vec<_>>(), [90, 900]);
    assert_eq!(seen.ledger.anomalies["pcapng.no_time"].count, 1);
}

#[test]
fn a_damaged_block_costs_only_itself() {
    let order = Order::Big;
    let mut bytes = write::section(order, &[]);
    bytes.extend(write::interface(order, 1, 0, &[]));
    bytes.extend(write::enhanced(order, 0, 1, b"one", &[]));
    let at = bytes.len();
    let packet = write::enhanced(order, 0, 2, b"two!", &[]);
    for (place, value) in [(7, 0xff), (4, 0x40), (5, 0x20), (packet.len() - 1, 0)] {
        let mut damaged = packet.clone();
        damaged[place] = value;
        let mut all = bytes.clone();
        all.extend(damaged);
        all.extend(write::enhanced(order, 0, 3, b"three", &[]));
        let seen = capture_of(&all);
        assert_eq!(seen.bodies(), [b"one".as_slice(), b"three"], "byte {place}");
        assert_eq!(seen.ledger.blocks["pcapng.stray"].bytes, packet.len() as u64);
        assert_eq!(seen.ledger.faults[0].offset, Some(at as u64));
    }
    let mut cut = bytes.clone();
    cut.extend(&packet[..20]);
    let seen = capture_of(&cut);
    assert_eq!((seen.packets.len(), seen.ledger.blocks["pcapng.cut_short"].bytes), (1, 20));
    assert_eq!(seen.ledger.faults[0].offset, Some(cut.len() as u64));
    // A packet of an interface that was never described.
    let mut orphan = bytes.clone();
    orphan.extend(write::enhanced(order, 1, 2, b"two!", &[]));
    let seen = capture_of(&orphan);
    assert_eq!((seen.packets.len(), seen.ledger.blocks["pcapng.no_interface"].count), (1, 1));
}

#[test]
fn the_same_batches_whatever_the_reads() {
    /// Gives one byte, then two, then three…
    struct Dribble(Vec<u8>, usize, usize);
    impl std::io::Read for Dribble {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            self.2 = self.2 % 97 + 1;
            let n = self.2.min(out.len()).min(self.0.len() - self.1);
            out[..n].copy_from_slice(&self.0[self.1..self.1 + n]);
            self.1 += n;
            Ok(n)
        }
    }
    let bytes = write::pcap(1_600_000_000, 3000);
    let reader = |input| super::capture::Reader::new("".into(), 0, crate::source::Kind::Pcap, input);
    let whole = packets(reader(Box::new(std::io::Cursor::new(bytes.clone()))));
    let dribbled = packets(reader(Box::new(Dribble(bytes, 0, 0))));
    assert_eq!(whole.packets, dribbled.packets);
    assert_eq!(whole.packets.len(), 3000);
}
