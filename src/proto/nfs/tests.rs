//! Calls, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Outcome};
use crate::proto::replay::{self, Bench};
use crate::proto::rig::{hex, show};

static ONLY: &[&Protocol] = &[&PROTOCOL];

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench(transport: Transport) -> Bench {
    Bench::new(&PROTOCOL, transport, true)
}

/// A call: number, version, procedure, arguments; by uid 7 on `pc`.
fn call(xid: u32, version: u32, procedure: u32, arguments: &str) -> Vec<u8> {
    let head = [xid, 0, 2, 100_003, version, procedure, 1, 24, 9].map(u32::to_be_bytes).concat();
    [head, hex("00000002 70630000 00000007 00000008 00000000 00000000 00000000"), hex(arguments)].concat()
}

fn reply(xid: u32, results: &str) -> Vec<u8> {
    [[xid, 1, 0, 0, 0, 0].map(u32::to_be_bytes).concat(), hex(results)].concat()
}

fn record(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let last = if i + 1 == parts.len() { 1 << 31 } else { 0 };
        out.extend((u32::try_from(part.len()).unwrap() | last).to_be_bytes());
        out.extend(*part);
    }
    out
}

const LOOKUP: &str = "00000004 aabbccdd 00000005 68656c6c 6f000000";

#[test]
fn version_3() {
    let mut b = bench(Transport::Tcp);
    let first = call(1, 3, 3, LOOKUP);
    b.feed(Dir::Client, 1, &record(&[&first[..30], &first[30..]]));
    b.feed(Dir::Server, 4, &record(&[&reply(1, "00000002 00000000")]));
    let event = &b.events[0];
    assert_eq!((text(event, "event.action"), text(event, "resource")), ("nfs.LOOKUP".into(), "hello".into()));
    assert_eq!((text(event, "nfs.status"), event.outcome), ("NFSERR_NOENT".into(), Outcome::Failure));
    assert_eq!((text(event, "user.id"), text(event, "source.domain")), ("7".into(), "pc".into()));
    assert_eq!((text(event, "rpc.xid"), text(event, "status")), ("00000001".into(), "OK".into()));
    assert_eq!(event.end, Some(4));
}

#[test]
fn version_4() {
    let mut b = bench(Transport::Udp);
    let open = "00000000 00000001 00000005
                00000035 00000000000000000000000000000000 00000001 00000000 00000000 00000000
                00000016 00000002 aabb0000 0000000f 00000003 64697200
                00000012 00000000 00000001 00000000 0000000000000001 00000001 61000000 00000000
                00000000 00000004 66696c65 0000000a";
    b.feed(Dir::Client, 1, &call(2, 4, 1, open));
    b.feed(Dir::Server, 2, &reply(2, "00000000 00000000 00000005"));
    let event = &b.events[0];
    assert_eq!((text(event, "nfs.opcode"), text(event, "nfs.minor_version")), ("OPEN".into(), "1".into()));
    assert_eq!(text(event, "nfs.file_name"), "dir | file");
    assert_eq!(text(event, "nfs.operations"), "SEQUENCE | PUTFH | LOOKUP | OPEN | GETFH");
    assert_eq!(text(event, "nfs.status"), "NFS_OK");
    b.feed(Dir::Client, 3, &call(3, 3, 12, LOOKUP));
    b.feed(Dir::Server, 4, &hex("00000003 00000001 00000001 00000001 00000005"));
    assert_eq!(text(&b.events[1], "rpc.status"), "denied");
    assert_eq!(text(&b.events[1], "nfs.opcode"), "REMOVE");
}

/// All operations are told, and the main one is the first that does something.
#[test]
fn compounds_are_told_whole() {
    let told = |arguments: &str| {
        let mut b = bench(Transport::Udp);
        b.feed(Dir::Client, 1, &call(2, 4, 1, arguments));
        b.feed(Dir::Server, 2, &reply(2, "00000000 00000000 00000005"));
        let field = |name: &str| text(&b.events[0], name);
        [field("nfs.operations"), field("nfs.opcode"), field("query"), field("nfs.file_name")]
    };
    let (state, file) = ("11111111 22222222 33333333 44444444", "00000016 00000002 aabb0000");
    let rename = format!(
        "00000000 00000001 00000007 00000035 {state} 00000001 00000000 00000000 00000000 {file} 00000020 {file}
         0000000f 00000003 64697200 0000001d 00000001 61000000 00000001 62000000 0000000f 00000001 63000000"
    );
    assert_eq!(
        told(&rename),
        [
            "SEQUENCE | PUTFH | SAVEFH | PUTFH | LOOKUP | RENAME | LOOKUP",
            "RENAME",
            "RENAME dir a b",
            "dir | a | b | c"
        ]
    );
    // A file written and closed: data, a lock of a new owner, attributes.
    let write = format!(
        "00000000 00000000 00000007 {file}
         0000000c 00000002 00000000 0000000000000000 ffffffffffffffff 00000001 00000001 {state} 00000001
           0000000000000007 00000003 6f776e00
         00000026 {state} 0000000000000010 00000002 00000005 68656c6c 6f000000
         00000022 {state} 00000001 00000002 00000004 00000001
         0000000e 00000002 00000001 {state} 0000000000000000 ffffffffffffffff
         00000004 00000001 {state} 0000000a"
    );
    assert_eq!(told(&write)[0], "PUTFH | LOCK | WRITE | SETATTR | LOCKU | CLOSE | GETFH");
    // What cannot be read ends the list; a number that is no operation, too.
    assert_eq!(told("00000000 00000001 00000003 0000002b 00000000 0000000a")[0], "");
    assert_eq!(
        told(&format!("00000000 00000001 00000003 {file} 0000000a 00000099"))[..2],
        ["PUTFH | GETFH", "ILLEGAL (153)"]
    );
}

/// A caller without a name is told by its address.
#[test]
fn machines_without_a_name() {
    let mut b = bench(Transport::Udp);
    let head = [5, 0, 2, 100_003, 3, 0, 1, 20].map(u32::to_be_bytes).concat();
    b.feed(
        Dir::Client,
        1,
        &[head, hex("00000002 00000000 00000007 00000008 00000000 00000000 00000000")].concat(),
    );
    b.end(2);
    let event = &b.events[0];
    assert_eq!(text(event, "rpc.cred.machinename"), event.source.ip.unwrap().to_string());
    assert_eq!((text(event, "user.id"), text(event, "host.hostname")), ("7".into(), String::new()));
}

/// Values of Packetbeat 7.17's own output for its captures.
#[test]
fn packetbeat_agrees() {
    for (name, opcode, status) in [
        ("nfs4_close", "CLOSE", "NFS_OK"),
        ("nfsv42_clone", "CLONE", "NFSERR_NOTSUPP"),
        ("nfsv42_layoutstats", "LAYOUTSTATS", "NFSERR_OP_ILLEGAL"),
    ] {
        let Some(path) = replay::corpus(&format!("packetbeat/pcaps/{name}.pcap")) else { return };
        let out = replay::capture(ONLY, &path, true);
        assert_eq!(text(&out.events[0], "nfs.opcode"), opcode);
        assert_eq!(text(&out.events[0], "nfs.status"), status);
    }
}

#[test]
fn anomalies_are_named() {
    assert_eq!(bench(Transport::Tcp).feed(Dir::Client, 1, &hex("ffffffff")), Step::Weird("nfs.record"));
    let mut b = bench(Transport::Tcp);
    b.feed(Dir::Client, 1, &record(&[b"0123456789abcdef"]));
    assert_eq!(b.anomalies("nfs.message"), 1);
    b.feed(Dir::Client, 1, &record(&[&call(1, 3, 0, "")]));
    b.feed(Dir::Server, 1, &record(&[&reply(9, "")]));
    assert_eq!(b.anomalies("nfs.unsolicited"), 1);
    b.gap(Dir::Server, 2, 4);
    assert_eq!((b.anomalies("nfs.gap"), b.events.len()), (1, 1));
    b.feed(Dir::Server, 2, b"tail of something");
    b.feed(Dir::Client, 3, &record(&[&call(2, 3, 0, "")]));
    b.feed(Dir::Server, 4, &record(&[&reply(2, "")]));
    assert_eq!((b.events[1].outcome, text(&b.events[1], "nfs.status")), (Outcome::Success, "NFS_OK".into()));
    for xid in 0..300 {
        b.feed(Dir::Client, 5, &record(&[&call(xid, 3, 0, "")]));
    }
    assert_eq!(b.events.len(), 2 + 300 - b.options.limits.pending);
}

#[test]
fn probes_are_strict() {
    let good = record(&[&call(1, 3, 3, LOOKUP)]);
    assert_eq!((PROTOCOL.probe)(Dir::Client, &good), Probe::Yes);
    assert_eq!((PROTOCOL.probe)(Dir::Server, &good), Probe::Swapped);
    assert_eq!((PROTOCOL.probe)(Dir::Client, &good[4..]), Probe::Yes);
    assert_eq!((PROTOCOL.probe)(Dir::Client, b"GET / HTTP/1.1\r\nHost: x\r\n"), Probe::No);
    let portmap = [1, 0, 2, 100_000, 2, 3u32].map(u32::to_be_bytes).concat();
    assert_eq!((PROTOCOL.probe)(Dir::Client, &portmap), Probe::No);
    assert_eq!((crate::proto::mount::PROTOCOL.probe)(Dir::Client, &portmap), Probe::No);
    assert_eq!((crate::proto::portmap::PROTOCOL.probe)(Dir::Client, &portmap), Probe::Yes);
}
