//! Datagrams as the specification describes them.

use super::super::rig::Rig;
use super::*;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;

const MESSAGE: &str = r#"{"version":"1.1","host":"web","short_message":"hi","_a":"b"}"#;

fn rig() -> Rig {
    Rig::new(&PROTOCOL, Transport::Udp, 12201, Options::default())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn zlib(text: &str) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn chunk(id: u8, number: u8, count: u8, data: &[u8]) -> Vec<u8> {
    [&[0x1e, 0x0f][..], &[id; 8], &[number, count], data].concat()
}

#[test]
fn plain_and_compressed_datagrams() {
    let mut rig = rig();
    for datagram in [MESSAGE.as_bytes().to_vec(), gzip(MESSAGE), zlib(MESSAGE)] {
        assert_eq!(probe(Dir::Client, &datagram), Probe::Yes);
        assert_eq!(probe(Dir::Server, &datagram), Probe::Swapped);
        rig.datagram(Dir::Client, &datagram);
    }
    assert_eq!(rig.events.len(), 3);
    for i in 0..3 {
        assert_eq!(rig.text(i, "event.original"), MESSAGE);
    }
    rig.datagram(Dir::Client, &gzip(MESSAGE)[..20]);
    rig.datagram(Dir::Client, b"hello");
    assert_eq!((rig.events.len(), rig.anomalies()), (3, vec!["gelf.compression", "gelf.payload"]));
    for no in [&gzip("some other text")[..], b"\x78\x9cxx", b"{\"a\":1}\0", b"\x1e\x0f\0\0", b"<1>x"] {
        assert!(matches!(probe(Dir::Client, no), Probe::No | Probe::More), "{no:?}");
    }
}

#[test]
fn chunks_in_any_order_with_others_between() {
    let mut rig = rig();
    let packed = gzip(MESSAGE);
    let (a, b) = packed.split_at(30);
    assert_eq!(probe(Dir::Client, &chunk(1, 0, 2, a)), Probe::Yes);
    rig.datagram(Dir::Client, &chunk(1, 1, 2, b));
    rig.datagram(Dir::Client, &chunk(2, 0, 3, b"{"));
    rig.datagram(Dir::Client, &chunk(1, 1, 2, b));
    rig.datagram(Dir::Client, &chunk(1, 0, 3, a));
    rig.datagram(Dir::Client, &chunk(1, 0, 2, a));
    assert_eq!((rig.events.len(), rig.text(0, "event.original")), (1, MESSAGE.to_owned()));
    assert_eq!(rig.events[0].origin.record, 1, "leads back to the chunk that came first");
    assert_eq!(rig.anomalies(), ["gelf.chunk"]);
    rig.datagram(Dir::Client, &chunk(3, 2, 2, b"x"));
    rig.datagram(Dir::Client, &chunk(3, 0, 200, b"x"));
    assert_eq!(rig.ledger.anomalies["gelf.chunk"].count, 3);
    rig.end();
    assert_eq!(rig.ledger.anomalies["gelf.incomplete"].count, 1);
}

#[test]
fn what_waits_is_bounded_in_time_number_and_bytes() {
    let mut rig = rig();
    rig.datagram(Dir::Client, &chunk(1, 0, 2, b"{"));
    // The rig's clock: a millisecond per packet.
    rig.record += 6_000;
    rig.datagram(Dir::Client, &chunk(1, 1, 2, b"}"));
    assert_eq!((rig.events.len(), rig.ledger.anomalies["gelf.incomplete"].count), (0, 1));
    for id in 10..40 {
        rig.datagram(Dir::Client, &chunk(id, 0, 2, b"{"));
    }
    assert_eq!(rig.ledger.caps["gelf.chunks"].count, 15);
    for number in 0..40 {
        rig.datagram(Dir::Client, &chunk(99, number, 100, &[b'x'; 8192]));
    }
    assert!(rig.ledger.caps["gelf.chunks"].count > 15 + 15);
}

#[test]
fn a_bomb_is_cut() {
    let mut rig = rig();
    let long = format!(r#"{{"version":"1.1","host":"web","short_message":"{}"}}"#, "0".repeat(50 << 20));
    rig.datagram(Dir::Client, &gzip(&long));
    assert_eq!(rig.text(0, "event.original").len(), carried::LONGEST);
    assert_eq!(rig.ledger.caps["gelf.length"].count, 1);
}

#[test]
fn streams_end_messages_with_a_nul() {
    let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 12201, Options::default());
    rig.stream(Dir::Client, format!("{MESSAGE}\0{}", &MESSAGE[..20]).as_bytes());
    rig.stream(Dir::Client, format!("{}\0", &MESSAGE[20..]).as_bytes());
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.text(1, "event.original"), MESSAGE);
}
