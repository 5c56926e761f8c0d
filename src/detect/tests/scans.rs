//! Scans of every kind, and what looks like them.

use super::each::{dataset, event, many};
use super::{SECOND, judge, probe, rules};
use crate::model::{Dataset, Event, Transport, Value};
use std::net::Ipv4Addr;

static FLOW: Dataset = dataset("flow", false);
static ARP: Dataset = dataset("arp", true);

/// A flow of so many packets there and back, from port 40000.
fn flow(
    n: u64,
    transport: Transport,
    (host, port): (u32, u16),
    (sent, received): (u64, u64),
    fields: &[(&'static str, Value<'static>)],
) -> Event<'static> {
    let mut event = event(&FLOW, n, 0, fields);
    event.transport = Some(transport);
    event.source.port = Some(40_000);
    event.destination.ip = Some(Ipv4Addr::from(0xc000_0200 + host).into());
    event.destination.port = Some(port);
    (event.source.packets, event.source.bytes) = (Some(sent), Some(sent * 60));
    (event.destination.packets, event.destination.bytes) = (Some(received), Some(received * 60));
    event
}

fn with(
    event: impl Fn(u64) -> Event<'static>,
    change: impl Fn(&mut Event<'static>),
) -> impl Fn(u64) -> Event<'static> {
    move |n| {
        let mut event = event(n);
        change(&mut event);
        event
    }
}

/// Who wants to talk asks again; who scans does not.
#[test]
fn clients_without_an_answer_are_patient() {
    let severity = |packets: u64, port: u16| {
        let hosts: Vec<_> = (1..=20)
            .map(|h: u64| {
                let mut event = probe(h, &format!("192.0.2.{h}"), port, "half_open", &["syn"]);
                event.source.packets = Some(packets);
                event
            })
            .collect();
        let found = judge(&[&hosts]);
        (found[0].rule, found[0].severity.name())
    };
    assert_eq!(severity(1, 443), ("scan.horizontal", "medium"));
    assert_eq!(severity(2, 443), ("scan.horizontal", "medium"));
    assert_eq!(severity(3, 443), ("scan.horizontal", "low"));
    assert_eq!(severity(1, 51413), ("scan.horizontal", "low"));
}

#[test]
fn udp_ports_that_do_not_answer() {
    let probe = |n: u64| {
        flow(n, Transport::Udp, (1, n as u16 + 1), (1, 0), &[("netlog.flow.source.ttl", 46_i64.into())])
    };
    let found = judge(&[&many(25, probe)]);
    assert_eq!((found[0].rule, found[0].severity.name()), ("scan.vertical", "medium"));
    assert!(found[0].title.contains("25 ports of 192.0.2.1 (UDP scan)"), "{}", found[0].title);
    assert!(rules(&many(14, probe)).is_empty());
    assert!(rules(&many(25, with(probe, |e| e.destination.packets = Some(1)))).is_empty(), "answered");
    assert!(rules(&many(25, with(probe, |e| e.source.packets = Some(9)))).is_empty(), "a stream");
    assert!(rules(&many(25, with(probe, |e| e.source.port = Some(53)))).is_empty(), "answers of a server");
    let high = |e: &mut Event<'static>| e.destination.port = e.destination.port.map(|port| port + 33_433);
    assert!(rules(&many(90, with(probe, high))).is_empty(), "traceroute, or clients");
    let slow = |n: u64| {
        let mut event = probe(n);
        event.ts = n.cast_signed() * 60 * SECOND;
        event
    };
    assert!(rules(&many(100, slow)).is_empty(), "one a minute");
    let near = |n: u64| {
        flow(n, Transport::Udp, (1, n as u16 + 1), (1, 0), &[("netlog.flow.source.ttl", 7_i64.into())])
    };
    assert!(rules(&many(90, near)).is_empty(), "traceroute");
    let known = |n: u64| {
        flow(n, Transport::Udp, (1, n as u16 + 1025), (1, 0), &[("network.protocol", "rtcp".into())])
    };
    assert!(rules(&many(90, known)).is_empty(), "media");
}

fn stray(flags: &'static [&'static str]) -> impl Fn(u64) -> Event<'static> {
    move |n| {
        let fields = [
            ("netlog.flow.state", "reset".into()),
            ("netlog.flow.source.tcp_flags", Value::Words(flags)),
            ("netlog.flow.destination.tcp_flags", Value::Words(&["rst"])),
        ];
        flow(n, Transport::Tcp, (1, n as u16 + 1), (1, 1), &fields)
    }
}

#[test]
fn packets_of_connections_that_never_were() {
    for (flags, name) in [(&["ack"][..], "(ACK scan)"), (&["fin", "ack"], "(Maimon scan)")] {
        let found = judge(&[&many(25, stray(flags))]);
        assert_eq!(found.len(), 1, "no stealth scan: {found:?}");
        assert!(found[0].rule == "scan.vertical" && found[0].title.ends_with(name), "{}", found[0].title);
        assert!(rules(&many(24, stray(flags))).is_empty());
    }
    // Connections that are older than the capture: of one port of many hosts, of a server to its clients.
    let woken = with(stray(&["ack"]), |e| {
        e.destination.ip =
            e.destination.port.map(|port| Ipv4Addr::from(0xc000_0200 + u32::from(port)).into());
        e.destination.port = Some(443);
    });
    assert!(rules(&many(200, woken)).is_empty());
    let served =
        with(stray(&["fin", "ack"]), |e| e.destination.port = e.destination.port.map(|port| port + 49_151));
    assert!(rules(&many(200, served)).is_empty());
    assert!(rules(&many(200, with(stray(&["ack"]), |e| e.source.port = Some(80)))).is_empty());
    assert!(rules(&many(200, with(stray(&["ack"]), |e| e.source.packets = Some(4)))).is_empty());
    assert!(rules(&many(200, stray(&["psh", "ack"]))).is_empty(), "somebody was talking");
}

fn opened(n: u64) -> Event<'static> {
    let flags = |who| (who, Value::Words(&["fin", "syn", "ack"]));
    let fields = [
        ("netlog.flow.state", "closed".into()),
        flags("netlog.flow.source.tcp_flags"),
        flags("netlog.flow.destination.tcp_flags"),
    ];
    flow(n, Transport::Tcp, (n as u32, 445), (4, 2), &fields)
}

#[test]
fn open_ports_of_many_hosts() {
    let found = judge(&[&many(20, opened)]);
    assert_eq!((found[0].rule, found[0].severity.name()), ("scan.horizontal", "low"));
    assert!(found[0].title.contains("port 445 of 20 hosts (connect scan)"), "{}", found[0].title);
    assert!(rules(&many(19, opened)).is_empty());
    assert!(
        rules(&many(20, with(opened, |e| e.destination.bytes = Some(900)))).is_empty(),
        "something was said"
    );
    // The same hosts again and again, and different ones in the course of a day.
    let checks = |n: u64| {
        let mut event = opened(n % 20);
        (event.ts, event.origin.record) = (n.cast_signed() * SECOND, n);
        event
    };
    assert!(rules(&many(100, checks)).is_empty());
    let daily = |n: u64| {
        let mut event = opened(n);
        event.ts = n.cast_signed() * 60 * SECOND;
        event
    };
    assert!(rules(&many(100, daily)).is_empty());
    // Some answer, some do not.
    let mixed = |n: u64| match n % 2 {
        0 => opened(n),
        _ => super::probe(n, &format!("192.0.2.{n}"), 445, "half_open", &["syn"]),
    };
    assert_eq!(rules(&many(20, mixed)), ["scan.horizontal"]);
}

#[test]
fn other_protocols() {
    let sctp = |n: u64| flow(n, Transport::Sctp, (1, n as u16 + 1), (1, 0), &[]);
    assert_eq!(rules(&many(25, sctp)), ["scan.vertical"]);
    assert!(rules(&many(14, sctp)).is_empty());
    assert!(rules(&many(25, with(sctp, |e| e.destination.packets = Some(2)))).is_empty(), "associations");
    let numbers = |n: u64| flow(n, Transport::Other(100 + n as u8), (1, 0), (2, 0), &[]);
    assert_eq!(rules(&many(10, numbers)), ["scan.protocols"]);
    assert!(rules(&many(9, numbers)).is_empty());
    assert!(rules(&many(10, with(numbers, |e| e.destination.packets = Some(1)))).is_empty());
}

fn ping(n: u64) -> Event<'static> {
    flow(n, Transport::Icmp, (n as u32, 0), (1, 1), &[("icmp.request.type", 8_i64.into())])
}

#[test]
fn sweeps_by_ping_and_by_arp() {
    let found = judge(&[&many(20, ping)]);
    assert_eq!((found[0].rule, found[0].severity.name(), found[0].count), ("scan.ping_sweep", "low", 20));
    assert!(rules(&many(19, ping)).is_empty());
    assert!(rules(&many(50, with(ping, |e| e.source.packets = Some(60)))).is_empty(), "a monitor's hour");
    let again = |n: u64| {
        let mut event = ping(n % 30);
        (event.ts, event.origin.record) = (n.cast_signed() * SECOND, n);
        event
    };
    assert!(rules(&many(90, again)).is_empty(), "a monitor's rounds");
    let asked = |n: u64| {
        let mut event = event(&ARP, n, 0, &[("arp.requests", 1_i64.into())]);
        event.destination.ip = Some(Ipv4Addr::from(0xc000_0200 + n as u32 % 254).into());
        event
    };
    let found = judge(&[&many(100, asked)]);
    assert!(found.len() == 1 && found[0].rule == "scan.arp_sweep", "{found:?}");
    assert!(found[0].title.contains("100 addresses of 192.0.2.0/24"), "{}", found[0].title);
    assert!(rules(&many(99, asked)).is_empty());
    assert!(rules(&many(600, asked)).is_empty(), "a router's questions come again");
}
