//! Floods that no handshake tells, and guesses that no failure tells.

use super::each::{dataset, event, many};
use super::{SECOND, judge, rules};
use crate::model::{Dataset, Event, Transport, Value};

static FLOW: Dataset = dataset("flow", false);
static SNMP: Dataset = dataset("snmp", true);

fn datagram(n: u64) -> Event<'static> {
    let mut event = event(&FLOW, n, 0, &[]);
    event.transport = Some(Transport::Udp);
    event.source.port = Some(1024 + n as u16);
    (event.source.packets, event.source.bytes) = (Some(1), Some(42));
    event
}

fn ping(sent: u64, seconds: i64, kind: i64) -> Event<'static> {
    let mut event = event(&FLOW, 0, 0, &[("icmp.request.type", kind.into())]);
    (event.transport, event.destination.port) = (Some(Transport::Icmp), None);
    (event.source.packets, event.end) = (Some(sent), Some(seconds * SECOND));
    event
}

#[test]
fn datagrams_and_pings() {
    let found = judge(&[&many(1000, datagram)]);
    assert_eq!((found[0].rule, found[0].severity.name(), found[0].count), ("flood.udp", "low", 1000));
    assert_eq!(found[0].subject, "192.0.2.1");
    assert!(rules(&many(999, datagram)).is_empty());
    let but = |change: fn(&mut Event<'static>)| {
        rules(&many(2000, |n| {
            let mut event = datagram(n);
            change(&mut event);
            event
        }))
    };
    assert!(but(|e| e.source.bytes = Some(80)).is_empty(), "something is said");
    assert!(but(|e| e.destination.packets = Some(1)).is_empty(), "answered");
    assert!(but(|e| e.source.packets = Some(5000)).is_empty(), "a stream");
    assert!(but(|e| e.ts = e.origin.record.cast_signed() * SECOND).is_empty(), "one a second");
    assert_eq!(rules(&[ping(1000, 5, 8)]), ["flood.icmp"]);
    assert!(rules(&[ping(999, 5, 8)]).is_empty());
    assert!(rules(&[ping(1000, 6, 8)]).is_empty(), "slower");
    assert!(rules(&[ping(100_000, 100_000, 8)]).is_empty(), "a day of pings");
    assert!(rules(&[ping(5000, 5, 13)]).is_empty());
}

#[test]
fn guesses_at_vnc_and_snmp() {
    let vnc = |n: u64| event(&FLOW, n, n.cast_signed(), &[("network.protocol", "vnc".into())]);
    let found = judge(&[&many(30, vnc)]);
    assert_eq!((found[0].rule, found[0].severity.name()), ("login.vnc_connections", "medium"));
    assert!(found[0].title.contains("30 VNC connections"), "{}", found[0].title);
    assert!(rules(&many(29, vnc)).is_empty());
    let running = [("network.protocol", Value::from("vnc")), ("flow.final", false.into())];
    assert!(rules(&many(60, |n| event(&FLOW, n, 0, &running))).is_empty(), "one connection, told often");
    let tried = |n: u64, tried: i64| event(&SNMP, n, n.cast_signed(), &[("snmp.communities", tried.into())]);
    let found = judge(&[&many(19, |n| tried(n, n.cast_signed() + 2))]);
    assert_eq!((found[0].rule, found[0].subject.as_str()), ("login.snmp_communities", "203.0.113.9"));
    assert!(
        found[0].title.contains("20 or more different SNMP communities on 192.0.2.1"),
        "{}",
        found[0].title
    );
    assert!(rules(&many(18, |n| tried(n, n.cast_signed() + 2))).is_empty());
    assert!(
        rules(&many(200, |n| tried(n, n.cast_signed() % 5 + 2))).is_empty(),
        "the handful it has been given"
    );
}
