//! Requests, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Outcome, Transport};
use crate::proto::replay::{self, Bench};
use crate::proto::rig::{hex, show};

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

fn frame(version: u8, flags: u8, stream: u16, op: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![version, flags];
    out.extend(stream.to_be_bytes());
    out.push(op);
    out.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    out.extend(body);
    out
}

fn query(text: &str) -> Vec<u8> {
    let mut out = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    out.extend(text.as_bytes());
    out.extend([0, 1, 0]);
    out
}

const ROWS: &str = "00000002 00000001 00000002 0002 6b73 0001 74 0001 61 0009 0001 62 000d
                    00000001 00000004 0000002a 00000002 6869";

#[test]
fn streams_are_paired() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(4, 0, 1, 7, &query("SELECT a, b FROM ks.t")));
    b.feed(Dir::Client, 2, &frame(4, 0, 2, 7, &query("CREATE ROLE r WITH PASSWORD = 'x'")));
    b.feed(Dir::Server, 3, &frame(0x84, 0, 2, 0, &hex("00002100 0002 6e6f")));
    b.feed(Dir::Server, 5, &frame(0x84, 0, 1, 8, &hex(ROWS)));
    assert_eq!(text(&b.events[0], "query"), "CREATE ROLE r WITH PASSWORD = '******'");
    assert_eq!(text(&b.events[0], "cassandra.response.error.type"), "errUnauthorized");
    assert_eq!(b.events[0].outcome, Outcome::Failure);
    let rows = &b.events[1];
    assert_eq!((text(rows, "method"), text(rows, "resource")), ("SELECT".into(), "ks.t".into()));
    assert_eq!(text(rows, "cassandra.response.result.rows.num_rows"), "1");
    assert_eq!(text(rows, "response"), "a,b\n0000002a,hi");
    assert_eq!(rows.end, Some(5));
}

#[test]
fn prepared_statements() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(4, 0, 1, 9, &query("SELECT b FROM t WHERE a = ?")[..31]));
    b.feed(Dir::Server, 2, &frame(0x84, 0, 1, 8, &hex("00000004 0002 abcd 00000001 00000000 00000000")));
    b.feed(Dir::Client, 3, &frame(4, 0, 1, 10, &hex("0002 abcd 0001 00")));
    b.feed(Dir::Server, 4, &frame(0x84, 0, 1, 8, &hex("00000001")));
    assert_eq!(text(&b.events[0], "cassandra.response.result.prepared.prepared_id"), "abcd");
    assert_eq!(text(&b.events[1], "query"), "SELECT b FROM t WHERE a = ?");
    assert_eq!(text(&b.events[1], "cassandra.response.result.type"), "void");
}

#[test]
fn what_prepared_statements_bind_and_return() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(4, 0, 1, 9, &query("SELECT b FROM t WHERE a = ?")[..31]));
    let id = "0010 00112233445566778899aabbccddeeff";
    let bound = "00000001 00000001 00000001 0000 0002 6b73 0001 74 0001 61 0009";
    let returned = "00000001 00000001 0002 6b73 0001 74 0001 62 000d";
    b.feed(Dir::Server, 2, &frame(0x84, 0, 1, 8, &hex(&format!("00000004 {id} {bound} {returned}"))));
    // Version 3 has no keys; what is cut is told as far as it goes.
    b.feed(Dir::Client, 3, &frame(3, 0, 1, 9, &query("SELECT b FROM t WHERE a = ?")[..31]));
    b.feed(Dir::Server, 4, &frame(0x83, 0, 1, 8, &hex("00000004 0002 abcd 00000004 00000002 00000001")));
    let prepared =
        |at: usize, name: &str| text(&b.events[at], &format!("cassandra.response.result.prepared.{name}"));
    for (at, name, value) in [
        (0, "prepared_id", "00112233-4455-6677-8899-aabbccddeeff"),
        (0, "req_meta.flags", "GlobalTableSpec"),
        (0, "req_meta.pkey_columns", "0"),
        (0, "req_meta.keyspace", "ks"),
        (0, "resp_meta.table", "t"),
        (0, "resp_meta.col_count", "1"),
        (1, "prepared_id", "abcd"),
        (1, "req_meta.flags", "NoMetaData"),
        (1, "req_meta.col_count", "2"),
        (1, "resp_meta.col_count", ""),
    ] {
        assert_eq!(prepared(at, name), value, "{name}");
    }
    assert_eq!(text(&b.events[0], "response"), "");
}

#[test]
fn log_ins_and_events() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(4, 0, 1, 15, &hex("00000005 00 626f62 00")));
    b.feed(Dir::Server, 2, &frame(0x84, 0, 1, 0, &hex("00000100 0003 626164")));
    assert_eq!(text(&b.events[0], "user.name"), "bob");
    assert!(b.events[0].has("netlog.user.clear_password"));
    assert!(std::ptr::eq(b.events[0].dataset, &LOGIN));
    let up = hex("000d 5354415455535f4348414e4745 0002 5550 04 c0000201 00002352");
    b.feed(Dir::Server, 3, &frame(0x84, 0, 0xffff, 12, &up));
    assert_eq!(text(&b.events[1], "cassandra.response.event.host"), "192.0.2.1");
    assert_eq!(text(&b.events[1], "cassandra.no_request"), "true");
}

#[test]
fn compressed_bodies() {
    let body = query("SELECT a FROM t");
    let mut lz4 = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    lz4.extend(lz4_flex::block::compress(&body));
    let snappy = snap::raw::Encoder::new().compress_vec(&body).unwrap();
    for (name, packed) in [("lz4", lz4), ("snappy", snappy)] {
        let mut b = bench();
        let mut options = hex("0001 000b 434f4d5052455353494f4e");
        options.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        options.extend(name.as_bytes());
        b.feed(Dir::Client, 1, &frame(4, 0, 0, 1, &options));
        b.feed(Dir::Server, 2, &frame(0x84, 0, 0, 2, b""));
        b.feed(Dir::Client, 3, &frame(4, 1, 0, 7, &packed));
        b.feed(Dir::Client, 4, &frame(4, 1, 1, 7, b"\xff\xff\xff\xff\xff\xff\xff"));
        b.end(5);
        assert_eq!(text(&b.events[1], "query"), "SELECT a FROM t", "{name}");
        assert_eq!(b.anomalies("cassandra.compressed"), 1);
    }
}

/// Version 5: after READY every message is in an outer frame, here one that spans two.
#[test]
fn outer_frames() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(5, 0, 0, 1, &hex("0001 000b 43514c5f56455253494f4e 0005 332e342e37")));
    let wrap = |part: &[u8]| {
        let mut out = u32::try_from(part.len()).unwrap().to_le_bytes()[..3].to_vec();
        out.extend([0; 3]);
        out.extend(part);
        out.extend([0; 4]);
        out
    };
    let message = frame(5, 0, 1, 7, &query("SELECT a FROM t"));
    b.feed(Dir::Server, 2, &frame(0x85, 0, 0, 2, b""));
    b.feed(Dir::Client, 3, &wrap(&message[..12]));
    b.feed(Dir::Client, 4, &wrap(&message[12..]));
    b.feed(Dir::Server, 5, &wrap(&frame(0x85, 0, 1, 8, &hex("00000001"))));
    assert_eq!(text(&b.events[1], "query"), "SELECT a FROM t");
    assert_eq!(text(&b.events[1], "cassandra.response.result.type"), "void");
    assert_eq!(b.gap(Dir::Server, 6, 1), Step::Done);
}

#[test]
fn anomalies_are_named() {
    assert_eq!(bench().feed(Dir::Client, 1, &hex("0400000077 00000000")), Step::Weird("cassandra.head"));
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(4, 0, 1, 7, b"\0\0"));
    assert_eq!(b.anomalies("cassandra.body"), 1);
    b.feed(Dir::Server, 2, &frame(0x84, 0, 9, 2, b""));
    assert_eq!(b.anomalies("cassandra.unsolicited"), 1);
    b.gap(Dir::Server, 3, 5);
    assert_eq!((b.anomalies("cassandra.gap"), b.events.len()), (1, 1));
    b.feed(Dir::Server, 4, b"tail of something");
    for stream in 0..300 {
        b.feed(Dir::Client, 4, &frame(4, 0, stream, 5, b""));
    }
    assert_eq!(b.events.len(), 1 + 300 - b.options.limits.pending);
    for id in 0..300u16 {
        let mut b = bench();
        b.feed(Dir::Client, 1, &frame(4, 0, 1, 9, &query("SELECT 1")));
        let mut body = hex("00000004 0002");
        body.extend(id.to_be_bytes());
        b.feed(Dir::Server, 1, &frame(0x84, 0, 1, 8, &body));
        assert_eq!(b.events.len(), 1);
    }
}

#[test]
fn probes_are_strict() {
    for no in [&b"\x05\x01\x00"[..3], b"\x04\x01\0\x50\x01\x02\x03\x04\0", b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0"]
    {
        assert_ne!(probe(Dir::Client, no), Probe::Yes, "{no:?}");
    }
    let good = frame(4, 0, 1, 7, &query("SELECT 1"));
    assert_eq!(probe(Dir::Client, &good), Probe::Yes);
    assert_eq!(probe(Dir::Server, &good), Probe::Swapped);
}

/// Values of Packetbeat 7.17's own output for its capture.
#[test]
fn packetbeat_agrees() {
    static ONLY: &[&Protocol] = &[&PROTOCOL];
    let path = "packetbeat/pcaps/cassandra__v4__cassandra_select.pcap";
    let Some(path) = replay::corpus(path) else { return };
    let out = replay::capture(ONLY, &path, true);
    assert_eq!(text(&out.events[0], "query"), "SELECT * FROM users;");
    assert_eq!(text(&out.events[0], "cassandra.response.result.rows.meta.table"), "users");
}
