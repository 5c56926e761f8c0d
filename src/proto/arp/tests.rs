//! Pairing, counting and changes.

use super::super::rig::Rig;
use super::*;
use crate::model::Transport;

const A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
const B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];
const EVIL: [u8; 6] = [2, 0, 0, 0, 0, 0xee];
const ASKER: [u8; 4] = [192, 0, 2, 1];
const GATEWAY: [u8; 4] = [192, 0, 2, 254];

fn message(operation: u8, mac: [u8; 6], sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    [&[0, 1, 8, 0, 6, 4, 0, operation][..], &mac, &sender, &[0; 6], &target].concat()
}

fn rig() -> Rig {
    Rig::new(&PROTOCOL, Transport::Arp, 0, Options::default())
}

#[test]
fn one_event_for_a_conversation() {
    let mut rig = rig();
    for _ in 0..3 {
        rig.datagram(Dir::Client, &message(1, A, ASKER, GATEWAY));
        rig.datagram(Dir::Server, &message(2, B, GATEWAY, ASKER));
    }
    rig.end();
    assert_eq!(rig.events.len(), 1);
    let event = &rig.events[0];
    assert_eq!((event.source.mac, event.destination.mac), (Some(A), Some(B)));
    assert_eq!(event.end.map(|end| end - event.ts), Some(1_000_000), "the first answer's latency");
    assert_eq!(rig.text(0, "arp.requests"), "3");
    assert_eq!(rig.text(0, "arp.replies"), "3");
    assert_eq!(rig.text(0, "query"), "who-has 192.0.2.254 tell 192.0.2.1");
    assert_eq!(event.outcome, Outcome::Success);
}

#[test]
fn another_address_is_another_event() {
    let mut rig = rig();
    rig.datagram(Dir::Client, &message(1, A, ASKER, GATEWAY));
    rig.datagram(Dir::Server, &message(2, B, GATEWAY, ASKER));
    rig.datagram(Dir::Server, &message(2, EVIL, GATEWAY, ASKER));
    rig.datagram(Dir::Server, &message(2, EVIL, GATEWAY, ASKER));
    rig.end();
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.events[1].destination.mac, Some(EVIL));
    assert_eq!(rig.text(1, "arp.changed.ip"), "192.0.2.254");
    assert_eq!(rig.text(1, "arp.changed.previous_mac"), "02-00-00-00-00-0B");
    assert_eq!(rig.text(1, "arp.unsolicited"), "true");
    assert_eq!(rig.text(1, "arp.replies"), "2");
}

#[test]
fn changes_are_capped() {
    let mut rig = rig();
    for i in 0..1000 {
        rig.datagram(Dir::Server, &message(2, if i % 2 == 0 { B } else { EVIL }, GATEWAY, ASKER));
    }
    rig.end();
    assert_eq!(rig.events.len(), usize::from(CHANGES) + 1);
    assert_eq!(rig.text(rig.events.len() - 1, "arp.replies"), (1000 - u32::from(CHANGES)).to_string());
    assert!(rig.ledger.caps.contains_key("arp.changes"));
}

#[test]
fn probes_and_announcements() {
    let mut free = rig();
    assert_eq!(probe(Dir::Client, &message(1, A, [0; 4], ASKER)), Probe::Yes);
    free.datagram(Dir::Client, &message(1, A, [0; 4], ASKER));
    free.end();
    assert_eq!(free.text(0, "method"), "probe");
    assert_eq!(free.events[0].outcome, Outcome::Unknown);
    let mut announced = rig();
    for operation in [1, 2] {
        assert_eq!(probe(Dir::Client, &message(operation, A, ASKER, ASKER)), Probe::Yes);
        announced.datagram(Dir::Client, &message(operation, A, ASKER, ASKER));
    }
    announced.end();
    assert_eq!(announced.text(0, "arp.gratuitous"), "true");
    assert_eq!(announced.text(0, "query"), "192.0.2.1 is-at 02-00-00-00-00-0A");
}

#[test]
fn what_is_neither_question_nor_answer() {
    let mut rig = rig();
    rig.datagram(Dir::Client, &message(9, [3, 0, 0, 0, 0, 1], ASKER, GATEWAY));
    rig.datagram(Dir::Client, &message(1, [3, 0, 0, 0, 0, 1], ASKER, GATEWAY));
    assert_eq!(rig.anomalies(), ["arp.group_sender", "arp.operation"]);
}
