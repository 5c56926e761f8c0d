//! Sessions, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Outcome, Transport, Value};
use crate::proto::Probe;
use crate::proto::replay::{self, Bench};
use crate::proto::rig::{hex, show};

static ONLY: &[&Protocol] = &[&PROTOCOL];

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

/// A message: its number, whom it answers, operation and body.
fn message(id: u32, to: u32, op: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 16).unwrap();
    let mut out: Vec<u8> = [len, id, to, op].into_iter().flat_map(u32::to_le_bytes).collect();
    out.extend(body);
    out
}

/// `{name: 1.0 or text, $db: "shop"}` and whatever is given.
fn command(name: &str, value: &str, rest: &str) -> Vec<u8> {
    let mut out = vec![2];
    let put = |out: &mut Vec<u8>, text: &str| {
        out.extend(u32::try_from(text.len() + 1).unwrap().to_le_bytes());
        out.extend(text.as_bytes());
        out.push(0);
    };
    out.extend(name.as_bytes());
    out.push(0);
    put(&mut out, value);
    out.extend(hex(rest));
    out.extend(b"\x02$db\0");
    put(&mut out, "shop");
    out.push(0);
    let mut document = u32::try_from(out.len() + 4).unwrap().to_le_bytes().to_vec();
    document.extend(out);
    document
}

fn msg(flags: u32, document: &[u8]) -> Vec<u8> {
    let mut out = flags.to_le_bytes().to_vec();
    out.push(0);
    out.extend(document);
    out
}

const OK: &str = "11000000 01 6f6b00 000000000000f03f 00";

#[test]
fn commands_and_responses() {
    let mut b = bench();
    b.feed(Dir::Client, 5, &message(7, 0, 2013, &msg(0, &command("find", "t", "10 6c696d697400 05000000"))));
    b.feed(Dir::Client, 6, &message(8, 0, 2013, &msg(2, &command("insert", "t", ""))));
    b.feed(Dir::Server, 9, &message(1, 7, 2013, &msg(0, &hex(OK))));
    assert_eq!(text(&b.events[0], "method"), "insert");
    assert_eq!(b.events[0].end, None);
    let find = &b.events[1];
    assert_eq!(text(find, "resource"), "shop.t");
    assert_eq!(text(find, "query"), "shop.t.find()");
    assert_eq!(text(find, "request"), "shop.t.find({\"limit\":5})");
    assert_eq!(text(find, "response"), "{\"ok\":1}");
    assert_eq!((find.outcome, find.end, find.ts), (Outcome::Success, Some(9), 5));
    b.feed(Dir::Client, 10, &message(9, 0, 2013, &msg(0, &command("drop", "t", ""))));
    let failed =
        "2d000000 01 6f6b00 0000000000000000 02 6572726d736700 05000000 6e6f706500 10 636f646500 1a000000 00";
    b.feed(Dir::Server, 11, &message(2, 9, 2013, &msg(0, &hex(failed))));
    assert_eq!(b.events[2].outcome, Outcome::Failure);
    assert_eq!(text(&b.events[2], "error.message"), "nope");
    assert_eq!(text(&b.events[2], "mongodb.error_code"), "26");
    b.feed(Dir::Client, 12, &message(10, 0, 2013, &msg(0, &command("ping", "1", ""))));
    assert_eq!(b.end(13).last().unwrap().outcome, Outcome::Unknown);
}

/// The same with Snappy: one literal holds the whole.
#[test]
fn compressed_messages() {
    let body = msg(0, &command("find", "t", ""));
    let mut packed = [2013u32, u32::try_from(body.len()).unwrap()].map(u32::to_le_bytes).concat();
    packed.push(1);
    packed.extend(snap::raw::Encoder::new().compress_vec(&body).unwrap());
    let mut b = bench();
    b.feed(Dir::Client, 1, &message(1, 0, 2012, &packed));
    b.feed(Dir::Client, 1, &message(2, 0, 2012, &hex("dd070000 05000000 02 ffff")));
    b.end(2);
    assert_eq!(text(&b.events[0], "mongodb.compressor"), "snappy");
    assert_eq!(text(&b.events[0], "query"), "shop.t.find()");
    assert_eq!(b.anomalies("mongodb.compressed"), 1);
}

#[test]
fn one_request_many_responses() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &message(1, 0, 2013, &msg(1 << 16, &command("hello", "1", ""))));
    b.feed(Dir::Server, 2, &message(50, 1, 2013, &msg(2, &hex(OK))));
    b.feed(Dir::Server, 3, &message(51, 50, 2013, &msg(0, &hex(OK))));
    assert_eq!(b.events.len(), 2);
    assert_eq!(b.events[1].by_name("mongodb.more_to_come"), Some(&Value::Bool(true)));
}

#[test]
fn log_ins() {
    let mut b = bench();
    let plain =
        "02 6d656368616e69736d00 06000000 504c41494e00 05 7061796c6f616400 09000000 00 00616c69636500 7077";
    b.feed(Dir::Client, 1, &message(1, 0, 2013, &msg(0, &command("saslStart", "1", plain))));
    let done = "18000000 08 646f6e6500 01 01 6f6b00 000000000000f03f 00";
    b.feed(Dir::Server, 2, &message(2, 1, 2013, &msg(0, &hex(done))));
    let event = &b.events[0];
    assert_eq!(text(event, "user.name"), "alice");
    assert!(std::ptr::eq(event.dataset, &LOGIN));
    assert!(text(event, "request").contains("\"payload\":\"******\""), "{}", text(event, "request"));
    assert_eq!(text(event, "netlog.user.password"), "");
    assert!(event.has("netlog.user.clear_password"));
}

#[test]
fn packetbeat_agrees() {
    let Some(path) = replay::corpus("packetbeat/pcaps/mongo_one_row.pcap") else { return };
    let out = replay::capture(ONLY, &path, true);
    assert_eq!(out.events.len(), 1);
    assert_eq!(text(&out.events[0], "query"), "test.restaurants.find().limit(1)");
}

#[test]
fn anomalies_are_named() {
    assert_eq!(bench().feed(Dir::Client, 1, &hex("05000000")), Step::Weird("mongodb.length"));
    let unknown = message(1, 0, 4711, b"");
    assert_eq!(bench().feed(Dir::Client, 1, &unknown), Step::Weird("mongodb.operation"));
    let mut b = bench();
    b.feed(Dir::Client, 1, &message(1, 0, 2013, b"\0\0\0\0\x09"));
    assert_eq!(b.anomalies("mongodb.message"), 1);
    for id in 0..300 {
        b.feed(Dir::Client, 2, &message(id, 0, 2013, &msg(0, &command("ping", "1", ""))));
    }
    assert_eq!(b.events.len(), 300 - b.options.limits.pending);
    b.feed(Dir::Server, 3, &message(1, 9999, 2013, &msg(0, &hex(OK))));
    assert_eq!(b.anomalies("mongodb.unsolicited"), 1);
    b.gap(Dir::Server, 4, 10);
    assert_eq!((b.anomalies("mongodb.gap"), b.events.len()), (1, 300));
}

#[test]
fn probes_are_strict() {
    let ping = message(1, 0, 2013, &msg(0, &command("ping", "1", "")));
    for len in 0..25 {
        assert_eq!(probe::probe(Dir::Client, &ping[..len]), Probe::More, "{len}");
    }
    assert_eq!(probe::probe(Dir::Client, &ping), Probe::Yes);
    assert_eq!(probe::probe(Dir::Server, &ping), Probe::Swapped);
    for no in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\0\0\0\0\0\0"] {
        assert_eq!(probe::probe(Dir::Client, no), Probe::No);
    }
}
