//! Sessions, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Outcome};
use crate::proto::Probe;
use crate::proto::replay::{self, Bench};
use crate::proto::rig::{hex, show};

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench(transport: Transport) -> Bench {
    Bench::new(&PROTOCOL, transport, true)
}

fn told(events: &[Event<'_>]) -> Vec<String> {
    events.iter().map(|e| format!("{} {}", text(e, "query"), e.outcome.name())).collect()
}

#[test]
fn text_commands() {
    let mut b = bench(Transport::Tcp);
    b.feed(Dir::Client, 1, b"set k 5 0 4 noreply\r\na\r\nb\r\nget k x\r\nincr n 2\r\nadd k 0 0 1\r\nz\r\n");
    b.feed(Dir::Server, 2, b"VALUE k 5 4\r\na\r\nb\r\nEND\r\n7\r\nNOT_STORED\r\n");
    assert_eq!(told(&b.events), ["set k unknown", "get k x success", "incr n success", "add k failure"]);
    assert_eq!(text(&b.events[0], "memcache.request.bytes"), "4");
    assert_eq!(b.events[0].source.bytes, Some(27));
    let get = &b.events[1];
    assert_eq!(
        (text(get, "memcache.response.bytes"), text(get, "memcache.response.flags")),
        ("4".into(), "5".into())
    );
    assert_eq!(
        (text(get, "memcache.request.keys"), text(get, "memcache.response.keys")),
        ("k | x".into(), "k".into())
    );
    assert_eq!(get.destination.bytes, Some(24));
    assert_eq!(text(get, "response"), "VALUE k 5 4\na\r\nb\r\nEND\n");
    assert_eq!(text(&b.events[2], "memcache.response.value"), "7");
    assert_eq!(text(&b.events[3], "status"), "Error");
    b.feed(Dir::Client, 3, b"stats\r\nBAD\r\n");
    assert!(b.over, "not a command");
}

#[test]
fn commands_that_are_not_known() {
    let mut b = bench(Transport::Tcp);
    b.feed(
        Dir::Client,
        1,
        b"get a\r\nfrobnicate now 1\r\nslabs automove 1\r\nslabs automove 7\r\nflush_all\r\n",
    );
    b.feed(Dir::Server, 2, b"END\r\nERROR\r\nOK\r\nOK\r\nOK\r\n");
    let unknown = &b.events[1];
    assert_eq!(text(unknown, "memcache.request.line"), "frobnicate now 1");
    assert_eq!(
        (text(unknown, "memcache.request.command"), unknown.outcome),
        ("UNKNOWN".into(), Outcome::Failure)
    );
    let automove = |at: usize| text(&b.events[at], "memcache.request.automove");
    assert_eq!((automove(2), automove(3)), ("slow".into(), "7".into()));
    assert_eq!(text(&b.events[4], "memcache.request.exptime"), "0");
}

#[test]
fn meta_commands() {
    let mut b = bench(Transport::Tcp);
    b.feed(Dir::Client, 1, b"mg a v q\r\nmg b v q\r\nmn\r\nms c 2 T0\r\nhi\r\n");
    b.feed(Dir::Server, 2, b"MN\r\nHD\r\n");
    assert_eq!(told(&b.events), ["mg a unknown", "mg b unknown", "mn success", "ms c success"]);
}

/// GetKQ that misses, GetK that hits, and a log-in that is refused.
#[test]
fn binary_commands() {
    let mut b = bench(Transport::Tcp);
    b.feed(Dir::Client, 1, &hex("800d0001 00000000 00000001 00000001 0000000000000000 61"));
    b.feed(Dir::Client, 1, &hex("800c0001 00000000 00000001 00000002 0000000000000000 62"));
    b.feed(Dir::Server, 2, &hex("810c0001 04000000 00000007 00000002 0000000000000009 00000005 62 6869"));
    assert_eq!(told(&b.events), ["get a unknown", "get b success"]);
    assert_eq!(text(&b.events[0], "status"), "OK");
    assert_eq!(text(&b.events[1], "memcache.response.cas_unique"), "9");
    assert_eq!(text(&b.events[1], "memcache.response.bytes"), "2");
    b.feed(
        Dir::Client,
        3,
        &hex("80210005 00000000 0000000b 00000003 0000000000000000 504c41494e 00 626f62 00 70"),
    );
    b.feed(Dir::Server, 4, &hex("81210000 00000020 00000000 00000003 0000000000000000"));
    assert_eq!(text(&b.events[2], "user.name"), "bob");
    assert!(b.events[2].has("netlog.user.clear_password"));
    assert_eq!(b.events[2].outcome, Outcome::Failure);
    assert_eq!(text(&b.events[2], "error.message"), "Authentication error");
    assert!(!format!("{:?}", b.events[2].fields).contains("request\""));
}

#[test]
fn datagrams() {
    let mut b = bench(Transport::Udp);
    b.feed(Dir::Client, 1, b"\0\x07\0\0\0\x01\0\0get k\r\n");
    b.feed(Dir::Server, 2, b"\0\x07\0\0\0\x02\0\0VALUE k 0 5\r\nhe");
    b.feed(Dir::Server, 3, b"\0\x07\0\x01\0\x02\0\0llo\r\nEND\r\n");
    assert_eq!(told(&b.events), ["get k success"]);
    assert_eq!(text(&b.events[0], "memcache.response.bytes"), "5");
    b.feed(Dir::Server, 4, b"\0\x07\0\x05\0\x09\0\0llo\r\nEND\r\n");
    assert_eq!(b.anomalies("memcache.frame"), 1);
}

#[test]
fn anomalies_are_named() {
    let cases: [(&str, Dir, &[u8]); 4] = [
        ("memcache.line", Dir::Client, &[b'a'; 70_000]),
        ("memcache.command", Dir::Client, b"HELLO\r\n"),
        ("memcache.response", Dir::Server, b"VALUE k 0 x\r\n"),
        ("memcache.binary", Dir::Client, b"\x80\0\0\x05\0\0\0\0\0\0\0\x01"),
    ];
    for (name, dir, bytes) in cases {
        assert_eq!(bench(Transport::Tcp).feed(dir, 1, bytes), Step::Weird(name), "{name}");
    }
    let mut b = bench(Transport::Tcp);
    b.feed(Dir::Client, 1, b"version\r\n");
    b.feed(Dir::Server, 2, b"VERSION 1.6\r\nOK\r\n");
    assert_eq!(text(&b.events[0], "memcache.response.version"), "1.6");
    assert_eq!(b.anomalies("memcache.unsolicited"), 1);
    b.feed(Dir::Client, 3, b"get a\r\n");
    b.feed(Dir::Server, 4, b"VALUE a 0 100\r\nxx");
    b.gap(Dir::Server, 4, 50);
    b.feed(Dir::Server, 5, &[b'x'; 48]);
    b.feed(Dir::Server, 5, b"\r\nEND\r\n");
    assert_eq!((b.anomalies("memcache.gap"), b.events.len()), (0, 2));
    b.feed(Dir::Client, 6, b"get a\r\n");
    b.gap(Dir::Server, 7, 50);
    b.feed(Dir::Server, 7, b"lost");
    b.feed(Dir::Client, 8, b"get b\r\n");
    b.feed(Dir::Server, 9, b"END\r\n");
    assert_eq!(b.anomalies("memcache.gap"), 1);
    assert_eq!(told(&b.events)[2..], ["get a unknown", "get b success"]);
    for _ in 0..300 {
        b.feed(Dir::Client, 10, b"get b\r\n");
    }
    assert_eq!(b.events.len(), 4 + 300 - b.options.limits.pending);
}

#[test]
fn probes_are_strict() {
    let no: [&[u8]; 11] = [
        // BACnet's Who-Has, Skinny.
        b"\x81\x0a\0\x11\x01\x04\0\x05\xa9\x0c\x0c\x02\x3f\xff\xff\x19\x4b\0\0\0\0\0\0\0",
        b"\x80\0\0\0\0\0\0\0\x01\0\0\0NONSECURE_CONF",
        b"GET / HTTP/1.1\r\n",
        b"get /x HTTP/1.1\r\n",
        b"quit\r\n",
        b"set a b\r\n",
        b"hello\r\n",
        b"\x80\x01\0\x01\0\0\0\x04ping",
        b"\x81\x83\x12\x34\x56\x78",
        b"STAT\r\n",
        b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0",
    ];
    for bytes in no {
        assert_eq!(probe::probe(Dir::Client, bytes), Probe::No, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(probe::probe(Dir::Client, b"get some"), Probe::More);
    assert_eq!(probe::probe(Dir::Server, b"get some\r\n"), Probe::Swapped);
}

/// Values of Packetbeat 7.17's own output for its capture.
#[test]
fn packetbeat_agrees() {
    static ONLY: &[&Protocol] = &[&PROTOCOL];
    let path = "packetbeat/pcaps/memcache__memcache_bin_tcp_delete.pcap";
    let Some(path) = replay::corpus(path) else { return };
    let out = replay::capture(ONLY, &path, true);
    assert_eq!(text(&out.events[2], "memcache.response.status"), "Key not found");
    assert_eq!(text(&out.events[2], "status"), "Error");
}
