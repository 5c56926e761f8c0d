//! Conversations, and bytes that are none.

use super::*;
use crate::model::{Event, Transport};
use crate::proto::Probe;
use crate::proto::replay::Bench;
use crate::proto::rig::{hex, show};

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

fn frame(kind: u8, channel: u16, payload: &str) -> Vec<u8> {
    let payload = hex(payload);
    let mut out = vec![kind];
    out.extend(channel.to_be_bytes());
    out.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    out.extend(payload);
    out.push(END);
    out
}

const DECLARE: &str = "0032000a 0000 0168 02 00000000";

#[test]
fn methods_and_answers() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(1, 1, DECLARE));
    b.feed(Dir::Server, 3, &frame(1, 1, "0032000b 0168 00000002 00000001"));
    let event = &b.events[0];
    assert_eq!(
        (text(event, "method"), text(event, "request")),
        ("queue.declare".into(), "queue.declare h".into())
    );
    assert_eq!((text(event, "amqp.durable"), text(event, "amqp.message-count")), ("true".into(), "2".into()));
    assert_eq!((event.source.bytes, event.destination.bytes, event.end), (Some(21), Some(22), Some(3)));
    // The server closes the channel.
    b.feed(Dir::Client, 4, &frame(1, 1, DECLARE));
    b.feed(Dir::Server, 5, &frame(1, 1, "00140028 0194 046e6f7065 0032 000a"));
    b.feed(Dir::Client, 6, &frame(1, 1, "00140029"));
    let declare = &b.events[1];
    assert_eq!((text(declare, "method"), text(declare, "status")), ("queue.declare".into(), "Error".into()));
    assert_eq!((declare.outcome, text(declare, "error.message")), (Outcome::Failure, "nope".into()));
    let close = &b.events[2];
    assert_eq!((text(close, "method"), text(close, "status")), ("channel.close".into(), "Error".into()));
    assert_eq!((close.source.port, text(close, "error.message")), (Some(443), "nope".into()));
    // It is closed for another reason.
    b.feed(Dir::Client, 7, &frame(1, 1, DECLARE));
    b.feed(Dir::Server, 8, &frame(1, 1, "00140028 0194 046e6f7065 0032 0014"));
    b.feed(Dir::Client, 9, &frame(1, 1, "00140029"));
    assert_eq!(b.end(10).last().unwrap().outcome, Outcome::Unknown);
}

#[test]
fn messages() {
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(1, 1, "003c0028 0000 00 0168 00"));
    let header = "003c 0000 0000000000000005 9010 0a 746578742f706c61696e 02 03 626f62";
    b.feed(Dir::Client, 1, &frame(2, 1, header));
    b.feed(Dir::Client, 1, &frame(3, 1, "6865"));
    assert_eq!(b.events.len(), 0);
    b.feed(Dir::Client, 2, &frame(3, 1, "6c6c6f"));
    let event = &b.events[0];
    assert_eq!((text(event, "method"), text(event, "request")), ("basic.publish".into(), "hello".into()));
    assert_eq!(
        (text(event, "amqp.delivery-mode"), text(event, "amqp.routing-key")),
        ("persistent".into(), "h".into())
    );
    assert_eq!(
        (text(event, "event.action"), text(event, "user.id")),
        ("amqp.basic.publish".into(), "bob".into())
    );
    assert_eq!((event.source.bytes, event.end), (Some(5), None));
    b.feed(Dir::Client, 3, &frame(1, 1, "003c0046 0000 0168 01"));
    b.feed(Dir::Server, 4, &frame(1, 1, "003c0047 0000000000000001 00 00 0168 00000000"));
    b.feed(Dir::Server, 5, &frame(2, 1, "003c 0000 0000000000000001 0000"));
    b.feed(Dir::Server, 5, &frame(3, 1, "ff"));
    let get = &b.events[1];
    assert_eq!((text(get, "method"), text(get, "response")), ("basic.get".into(), "255".into()));
    assert_eq!((text(get, "amqp.queue"), get.ts, get.end), ("h".into(), 3, Some(5)));
    b.feed(Dir::Client, 6, &frame(1, 1, "003c0046 0000 0168 01"));
    b.feed(Dir::Server, 7, &frame(1, 1, "003c0048 00"));
    assert_eq!(text(&b.events[2], "method"), "basic.get-empty");
}

#[test]
fn log_ins() {
    let start = "000a000b 00000000 05 504c41494e 00000006 00 6576 00 7077 05 656e5f5553";
    let mut b = bench();
    b.feed(Dir::Client, 1, b"AMQP\0\0\x09\x01");
    b.feed(Dir::Client, 2, &frame(1, 0, start));
    b.feed(Dir::Server, 3, &frame(1, 0, "000a001e 07ff 00020000 003c"));
    let event = &b.events[0];
    assert_eq!((text(event, "user.name"), event.outcome), ("ev".into(), Outcome::Success));
    assert!(std::ptr::eq(event.dataset, &LOGIN) && event.has("netlog.user.clear_password"));
    let plain = "000a000b 00000000 08 414d51504c41494e 0000001d 05 4c4f47494e 53 00000002 6576 08 50415353574f5244 53 00000002 7077 00";
    let mut b = bench();
    b.feed(Dir::Client, 2, &frame(1, 0, plain));
    b.feed(Dir::Server, 3, &frame(1, 0, "000a001e 07ff 00020000 003c"));
    assert_eq!(text(&b.events[0], "user.name"), "ev");
    assert!(b.events[0].has("netlog.user.clear_password"));
    let mut b = bench();
    b.feed(Dir::Client, 2, &frame(1, 0, start));
    b.feed(Dir::Server, 3, &frame(1, 0, "000a0032 0193 02 6e6f 0000 0000"));
    assert_eq!((b.events[0].outcome, text(&b.events[0], "error.message")), (Outcome::Failure, "no".into()));
    assert!(!format!("{:?}", b.events[0].fields).contains("pw"));
}

#[test]
fn anomalies_are_named() {
    assert_eq!(bench().feed(Dir::Client, 1, b"\x09"), Step::Weird("amqp.frame"));
    let mut torn = frame(1, 1, DECLARE);
    *torn.last_mut().unwrap() = 0;
    assert_eq!(bench().feed(Dir::Client, 1, &torn), Step::Weird("amqp.frame"));
    let mut b = bench();
    b.feed(Dir::Client, 1, &frame(1, 1, "00630001"));
    b.feed(Dir::Client, 1, &frame(1, 1, "0032000a 0000 ff"));
    b.feed(Dir::Server, 1, &frame(1, 1, "0032000b 0168 00000002 00000001"));
    b.feed(Dir::Client, 1, &frame(3, 1, "00"));
    let names = ["amqp.method", "amqp.arguments", "amqp.unsolicited", "amqp.content"];
    assert_eq!(names.map(|name| b.anomalies(name)), [1, 1, 1, 1]);
    for channel in 0..300 {
        b.feed(Dir::Client, 2, &frame(1, channel, DECLARE));
    }
    assert_eq!(b.events.len(), 300 - b.options.limits.pending);
    b.gap(Dir::Server, 3, 9);
    assert_eq!((b.anomalies("amqp.gap"), b.events.len()), (1, 300));
    b.feed(Dir::Server, 3, b"tail");
    b.feed(Dir::Client, 4, &frame(1, 1, DECLARE));
    b.feed(Dir::Server, 5, &frame(1, 1, "0032000b 0168 00000002 00000001"));
    assert_eq!(b.events[300].outcome, Outcome::Success);
}

#[test]
fn probes_are_strict() {
    assert_eq!(probe::probe(Dir::Client, b"AMQP\0\x01\0\0"), Probe::No);
    assert_eq!(probe::probe(Dir::Client, b"AMQP"), Probe::More);
    assert_eq!(probe::probe(Dir::Client, &frame(1, 1, DECLARE)), Probe::Yes);
    assert_eq!(probe::probe(Dir::Server, &frame(1, 1, DECLARE)), Probe::Swapped);
    assert_eq!(probe::probe(Dir::Client, b"\x01\x00\x01\x00\x00\x00\x10\x00\x01\x02\x03\x04"), Probe::No);
}
