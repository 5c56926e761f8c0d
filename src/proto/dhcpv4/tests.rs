//! Messages, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Transport};
use crate::proto::replay::{self, Bench};
use crate::proto::rig;

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(rig::show).unwrap_or_default()
}

/// A message: operation, address assigned, options.
fn message(op: u8, assigned: [u8; 4], options: &str) -> Vec<u8> {
    let mut out = vec![op, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 9, 0x80, 0];
    out.extend([[0; 4], assigned, [0; 4], [192, 0, 2, 9]].concat());
    out.extend([2, 0, 0, 0, 0, 1]);
    out.resize(236, 0);
    out.extend(COOKIE);
    out.extend(rig::hex(options));
    out
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Udp, true)
}

#[test]
fn messages_are_told() {
    let mut b = bench();
    let options =
        "35 01 05  36 04 c0000201  33 04 00000e10  03 08 c0000201 c0000202  0c 02 7063  3d 03 010203
                   51 05 00 00 00 612e  52 04 01 02 abcd  7c 07 00000001 02 ffee  02 04 fffffc18  ff";
    b.feed(Dir::Server, 1, &message(2, [192, 0, 2, 77], options));
    let e = &b.events[0];
    assert_eq!((text(e, "method"), text(e, "resource")), ("ack".into(), "192.0.2.77".into()));
    assert_eq!(
        (text(e, "dhcpv4.transaction_id"), text(e, "dhcpv4.flags")),
        ("0xdeadbeef".into(), "broadcast".into())
    );
    assert_eq!(
        (text(e, "dhcpv4.client_mac"), text(e, "dhcpv4.relay_ip")),
        ("02:00:00:00:00:01".into(), "192.0.2.9".into())
    );
    assert_eq!(text(e, "dhcpv4.option.router"), "192.0.2.1 | 192.0.2.2");
    assert_eq!(
        (text(e, "dhcpv4.option.hostname"), text(e, "dhcpv4.option.fqdn")),
        ("pc".into(), "a.".into())
    );
    assert_eq!(
        (text(e, "dhcpv4.option.relay.circuit_id"), text(e, "dhcpv4.option.utc_time_offset_sec")),
        ("abcd".into(), "-1000".into())
    );
    assert_eq!(text(e, "dhcpv4.option.vendor_identifying_options"), "id=1; data=ffee");
    assert_eq!((e.outcome, e.source.port), (Outcome::Success, Some(443)));
    b.feed(Dir::Server, 2, &message(2, [0; 4], "35 01 06 38 02 6e6f ff"));
    assert_eq!((b.events[1].outcome, text(&b.events[1], "error.message")), (Outcome::Failure, "no".into()));
}

/// Options go on in the fields of file and server, and one is split.
#[test]
fn options_elsewhere() {
    let mut bytes = message(1, [0; 4], "34 01 03 35 01 01 0c 01 61 ff");
    bytes[108..113].copy_from_slice(&rig::hex("0c 02 6263 ff"));
    bytes[44..49].copy_from_slice(&rig::hex("3c 01 78 ff 00"));
    let mut b = bench();
    b.feed(Dir::Client, 1, &bytes);
    assert_eq!(text(&b.events[0], "dhcpv4.option.hostname"), "abc");
    assert_eq!(text(&b.events[0], "dhcpv4.option.class_identifier"), "x");
    assert_eq!(text(&b.events[0], "dhcpv4.boot_file_name"), "");
}

#[test]
fn anomalies_are_named() {
    let mut b = bench();
    b.feed(Dir::Client, 1, b"\x01\x01\x06");
    b.feed(Dir::Client, 1, &message(1, [0; 4], "35 01 01 0c ff"));
    b.feed(Dir::Client, 1, &message(1, [0; 4], "35 01 01 32 02 0102 ff"));
    assert_eq!((b.anomalies("dhcpv4.message"), b.anomalies("dhcpv4.option")), (1, 2));
}

#[test]
fn probes_are_strict() {
    let good = message(2, [0; 4], "ff");
    assert_eq!((probe(Dir::Server, &good), probe(Dir::Client, &good)), (Probe::Yes, Probe::Swapped));
    assert_eq!(probe(Dir::Client, &good[..239]), Probe::No);
}

/// Values of Packetbeat 7.17's own output for its capture.
#[test]
fn packetbeat_agrees() {
    static ONLY: &[&Protocol] = &[&PROTOCOL];
    let Some(path) = replay::corpus("packetbeat/pcaps/dhcp.pcap") else { return };
    let out = replay::capture(ONLY, &path, true);
    let kinds: Vec<_> = out.events.iter().map(|e| text(e, "dhcpv4.option.message_type")).collect();
    assert_eq!(kinds, ["discover", "offer", "request", "ack"]);
    let wanted = "Subnet Mask | Router | Domain Name Server | NTP Servers";
    assert_eq!(text(&out.events[0], "dhcpv4.option.parameter_request_list"), wanted);
}
