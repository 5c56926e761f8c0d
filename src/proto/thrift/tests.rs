//! Calls, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Transport};
use crate::proto::Probe;
use crate::proto::replay::{self, Bench};
use crate::proto::rig::{hex, show};

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

const PING: &str = "80010001 00000004 70696e67 00000007 00";
const PONG: &str = "80010002 00000004 70696e67 00000007 08 0000 00000005 00";

#[test]
fn calls_and_results() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &hex(PING));
    b.feed(Dir::Server, 4, &hex(PONG));
    assert_eq!(text(&b.events[0], "query"), "ping()");
    assert_eq!(text(&b.events[0], "thrift.return_value"), "5");
    assert_eq!((b.events[0].ts, b.events[0].end), (1, Some(4)));
    // An exception of the application, and one declared.
    b.feed(Dir::Client, 5, &hex(PING));
    b.feed(
        Dir::Server,
        6,
        &hex("80010003 00000004 70696e67 00000007 0b 0001 00000002 6e6f 08 0002 00000001 00"),
    );
    assert_eq!(text(&b.events[1], "thrift.exceptions"), "(1: \"no\", 2: 1)");
    assert_eq!(b.events[1].outcome, Outcome::Failure);
    b.feed(Dir::Client, 7, &hex("80010004 00000003 7a6970 00000008 00"));
    assert_eq!(text(&b.events[2], "thrift.oneway"), "true");
}

/// Compact in a frame, and binary of before versions.
#[test]
fn other_ways_to_say_it() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &hex("0000000b 8221 07 04 70696e67 15 02 00"));
    b.feed(Dir::Server, 2, &hex("0000000a 8241 07 04 70696e67 02 00 00"));
    assert!(b.over, "a field that is no kind");
    let mut b = bench();
    b.feed(Dir::Client, 1, &hex("0000000b 8221 07 04 70696e67 15 02 00"));
    b.feed(Dir::Server, 2, &hex("0000000c 8241 07 04 70696e67 05 00 06 00"));
    assert_eq!(text(&b.events[0], "query"), "ping(1: 1)");
    assert_eq!(text(&b.events[0], "response"), "3");
    assert_eq!(text(&b.events[0], "thrift.transport_type"), "framed");
    let mut b = bench();
    b.feed(Dir::Client, 1, &hex("00000004 70696e67 01 00000001 00"));
    b.end(2);
    assert_eq!(text(&b.events[0], "query"), "ping()");
    assert_eq!(text(&b.events[0], "status"), "");
}

#[test]
fn anomalies_are_named() {
    let cases = [
        ("thrift.head", "00000000"),
        ("thrift.kind", "80010001 00000004 70696e67 00000007 77 0001"),
        ("thrift.length", "80010001 00000004 70696e67 00000007 0b 0001 ffffffff"),
        ("thrift.frame", "00000020 80010001 00000004 70696e67 00000007 00"),
        ("thrift.varint", "8221 07 04 70696e67 15 ffffffffffffffffffffff"),
    ];
    for (name, bytes) in cases {
        assert_eq!(bench().feed(Dir::Client, 1, &hex(bytes)), Step::Weird(name), "{name}");
    }
    let mut b = bench();
    b.feed(Dir::Client, 1, &hex(PING));
    b.feed(Dir::Server, 2, &hex(PONG));
    b.feed(Dir::Server, 2, &hex(PONG));
    assert_eq!(b.anomalies("thrift.unsolicited"), 1);
    b.feed(Dir::Client, 3, &hex(PING));
    b.gap(Dir::Server, 4, 10);
    assert_eq!((b.anomalies("thrift.gap"), b.events.len()), (1, 2));
    b.feed(Dir::Server, 4, b"tail of something");
    b.feed(Dir::Client, 5, &hex(PING));
    b.feed(Dir::Server, 6, &hex(PONG));
    assert_eq!(b.events[2].outcome, Outcome::Success);
    for _ in 0..300 {
        b.feed(Dir::Client, 7, &hex(PING));
    }
    assert_eq!(b.events.len(), 3 + 300 - b.options.limits.pending);
    let many = format!("80010001 00000004 70696e67 00000007 {} 00", "03 0001 07".repeat(502));
    assert_eq!(bench().feed(Dir::Client, 1, &hex(&many)), Step::Weird("thrift.fields"));
    let deep = format!("80010001 00000004 70696e67 00000007 {}", "0c 0001".repeat(40));
    assert_eq!(bench().feed(Dir::Client, 1, &hex(&deep)), Step::Weird("thrift.depth"));
}

#[test]
fn probes_are_strict() {
    let no = [
        "16030100",
        "00000008 04d2162f",
        "474554202f",
        "80020001",
        "00000010 0000000c 01",
        "0000000500000000",
    ];
    for bytes in no {
        assert_eq!(head::probe(Dir::Client, &hex(bytes)), Probe::No, "{bytes}");
    }
    assert_eq!(head::probe(Dir::Client, &hex(PONG)), Probe::Swapped);
}

/// Values of Packetbeat 7.17's own output for its capture.
#[test]
fn packetbeat_agrees() {
    static ONLY: &[&Protocol] = &[&PROTOCOL];
    let Some(path) = replay::corpus("packetbeat/pcaps/thrift_echo_binary.pcap") else { return };
    let out = replay::capture(ONLY, &path, true);
    assert_eq!(text(&out.events[0], "query"), "echo_binary(1: ab0c1d281a000000)");
    assert_eq!(text(&out.events[0], "response"), "ab0c1d281a000000");
}
