//! Damage of every kind: no panic, and every byte is a packet's or accounted for.

use super::write::{self, Order};
use super::{Seen, file, find, inputs, packets};
use crate::source::Kind;
use crate::source::capture::Reader;
use pcap_parser::traits::PcapReaderIterator;
use proptest::prelude::*;
use std::io::Cursor;

fn read(kind: Kind, bytes: &[u8]) -> Seen {
    packets(Reader::new("x".into(), 0, kind, Box::new(Cursor::new(bytes.to_vec()))))
}

fn ng(bodies: &[Vec<u8>]) -> Vec<u8> {
    let order = Order::Little;
    let mut out = write::section(order, &write::option(order, 4, b"test"));
    out.extend(write::interface(order, 1, 0, &[]));
    for (i, body) in bodies.iter().enumerate() {
        let comment = if i % 3 == 0 { write::option(order, 1, b"a comment") } else { Vec::new() };
        out.extend(write::enhanced(order, 0, i as u64, body, &comment));
        if i % 4 == 0 {
            out.extend(write::block(order, 0x1234, body));
        }
    }
    out
}

/// Bytes of the records of a capture's packets, by the records' own lengths.
fn record_bytes(kind: Kind, bytes: &[u8], seen: &Seen) -> u64 {
    let packet_bytes = seen.packets.iter().map(|(p, body)| {
        let at = p.file_offset as usize;
        match kind {
            Kind::PcapNg => {
                let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
                let len = word(at + 4);
                let unpadded = word(at + len as usize - 4) == len;
                u64::from(if unpadded { len } else { len.next_multiple_of(4) })
            }
            _ => 16 + body.len() as u64,
        }
    });
    packet_bytes.sum()
}

fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..40)
}

/// Flips: where (as a share of the file) and with what.
fn flips() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 0..6)
}

fn damage(bytes: &mut Vec<u8>, keep: usize, flips: &[(prop::sample::Index, u8)], cut: prop::sample::Index) {
    bytes.truncate(keep + cut.index(bytes.len() - keep + 1));
    for (at, with) in flips {
        if bytes.len() > keep {
            let at = keep + at.index(bytes.len() - keep);
            bytes[at] ^= with;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn pcap_accounts_for_every_byte(bodies in bodies(), flips in flips(), cut in any::<prop::sample::Index>()) {
        let mut bytes = write::pcap_header(Order::Little, 0xa1b2_c3d4, 65535, 1);
        for (i, body) in bodies.iter().enumerate() {
            write::pcap_record(&mut bytes, Order::Little, 1_000 + i as u32, 5, body);
        }
        damage(&mut bytes, 24, &flips, cut);
        let seen = read(Kind::Pcap, &bytes);
        prop_assert_eq!(seen.bytes, bytes.len() as u64);
        prop_assert_eq!(24 + record_bytes(Kind::Pcap, &bytes, &seen) + seen.stray(), bytes.len() as u64);
        prop_assert_eq!(seen.ledger.packets.read, seen.packets.len() as u64);
        prop_assert_eq!(seen.stray() > 0, !seen.ledger.faults.is_empty());
    }

    #[test]
    fn pcapng_accounts_for_every_byte(bodies in bodies(), flips in flips(), cut in any::<prop::sample::Index>()) {
        let mut bytes = ng(&bodies);
        damage(&mut bytes, 12, &flips, cut);
        let seen = read(Kind::PcapNg, &bytes);
        prop_assert_eq!(seen.bytes, bytes.len() as u64);
        prop_assert_eq!(record_bytes(Kind::PcapNg, &bytes, &seen) + seen.stray(), bytes.len() as u64);
        prop_assert_eq!(seen.ledger.packets.read, seen.packets.len() as u64);
    }

    #[test]
    fn pcapng_as_another_reader(bodies in bodies()) {
        let bytes = ng(&bodies);
        let mut theirs = Vec::new();
        let mut reader = pcap_parser::PcapNGReader::new(1 << 20, Cursor::new(bytes.clone())).unwrap();
        loop {
            match reader.next() {
                Ok((used, block)) => {
                    if let pcap_parser::PcapBlockOwned::NG(pcap_parser::Block::EnhancedPacket(p)) = block {
                        theirs.push((p.ts_low, p.data[..p.caplen as usize].to_vec()));
                    }
                    reader.consume(used);
                }
                Err(pcap_parser::PcapError::Eof) => break,
                Err(pcap_parser::PcapError::Incomplete(_)) => reader.refill().unwrap(),
                Err(e) => panic!("{e:?}"),
            }
        }
        let seen = read(Kind::PcapNg, &bytes);
        let ours: Vec<_> = seen.packets.iter().map(|(p, body)| ((p.ts / 1000) as u32, body.clone())).collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn garbage_behind_a_magic(kind in prop::bool::ANY, rest in prop::collection::vec(any::<u8>(), 0..3000)) {
        let (kind, mut bytes) = if kind {
            (Kind::Pcap, write::pcap_header(Order::Big, 0xa1b2_3c4d, u32::MAX, 1))
        } else {
            (Kind::PcapNg, write::section(Order::Big, &[]))
        };
        bytes.extend(rest);
        let seen = read(kind, &bytes);
        prop_assert_eq!(seen.bytes, bytes.len() as u64);
        for (packet, body) in &seen.packets {
            prop_assert!(body.len() as u64 + packet.file_offset < bytes.len() as u64);
        }
    }

    #[test]
    fn any_file_at_all(codec in 0..7_usize, content in prop::collection::vec(any::<u8>(), 0..3000), flips in flips()) {
        let mut bytes = match codec {
            5 => content,
            6 => write::tar_member("m", b'0', &content),
            n => write::compress(["gzip", "zstd", "xz", "bzip2", "lz4"][n], &b"line\n".repeat(content.len())),
        };
        for (at, with) in &flips {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= with;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let (groups, ledger) = find(&[&file(dir.path(), "x", &bytes)]);
        prop_assert!(!groups.is_empty() || !ledger.faults.is_empty() || !ledger.blocks.is_empty() || codec == 6);
        for input in inputs(groups) {
            if input.kind == Kind::Text {
                let mut reader = input.lines().unwrap();
                let mut chunk = crate::source::LineChunk::default();
                let mut total = 0;
                while reader.fill(&mut chunk) {
                    total += chunk.data.len() as u64;
                }
                prop_assert_eq!(total, reader.bytes_read());
            } else {
                let _ = packets(input.packets().unwrap());
            }
        }
    }
}
