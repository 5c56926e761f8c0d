//! Floods that no handshake tells.

use super::each::{dataset, event, many};
use super::{SECOND, judge, rules};
use crate::model::{Dataset, Event, Transport};

static FLOW: Dataset = dataset("flow", false);

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
