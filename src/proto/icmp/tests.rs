use super::*;
use crate::proto::rig::{Rig, hex};
use crate::proto::{Limits, Options};
use proptest::prelude::*;

fn rig(transport: Transport) -> Rig {
    let limits = Limits { pending: 2, ..Limits::default() };
    Rig::new(&PROTOCOL, transport, 0, Options { limits, ..Options::default() })
}

#[test]
fn echo_is_paired_by_identifier_and_sequence() {
    let mut rig = rig(Transport::Icmp);
    rig.datagram(Dir::Client, &hex("0800 0000 0001 0007 61626364"));
    rig.datagram(Dir::Client, &hex("0800 0000 0001 0008 61626364"));
    rig.datagram(Dir::Server, &hex("0000 0000 0001 0008 61626364"));
    rig.datagram(Dir::Server, &hex("0000 0000 0001 0007 61626364"));
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.text(0, "netlog.icmp.sequence"), "8");
    assert_eq!(rig.text(0, "icmp.request.message"), "EchoRequest(0)");
    assert_eq!(rig.text(0, "icmp.response.message"), "EchoReply(0)");
    assert_eq!(rig.text(0, "path"), "198.51.100.2");
    let event = &rig.events[1];
    assert_eq!((event.ts, event.end), (1_000_000, Some(4_000_000)));
    assert_eq!((event.source.bytes, event.destination.bytes), (Some(4), Some(4)));
    assert_eq!((event.source.port, event.outcome), (None, Outcome::Success));
}

#[test]
fn what_lacks_its_other_half_is_an_event() {
    let mut rig = rig(Transport::Icmp6);
    for seq in 0..3 {
        rig.datagram(Dir::Client, &[128, 0, 0, 0, 0, 1, 0, seq]);
    }
    assert_eq!(rig.events.len(), 1, "the cap of two pending requests");
    assert_eq!(rig.ledger.caps["icmp.pending"].count, 1);
    rig.datagram(Dir::Server, &[129, 0, 0, 0, 0, 1, 0, 77]);
    rig.end();
    assert_eq!(rig.events.len(), 4);
    assert_eq!(rig.text(0, "error.message"), "Request was received without an associated response.");
    assert_eq!(rig.text(1, "error.message"), "Response was received without an associated request.");
    assert_eq!(rig.text(1, "icmp.request.type"), "");
    assert_eq!(rig.events[1].source.ip, rig.flow.client.ip);
    assert_eq!(rig.text(3, "netlog.icmp.sequence"), "2");
    assert_eq!(rig.events[3].outcome, Outcome::Unknown);
}

#[test]
fn an_old_request_is_given_up() {
    let mut rig = rig(Transport::Icmp);
    rig.datagram(Dir::Client, &hex("0800 0000 0001 0007"));
    rig.record += 31_000;
    rig.datagram(Dir::Client, &hex("0800 0000 0001 0008"));
    assert_eq!(rig.events.len(), 1);
    assert_eq!(rig.text(0, "netlog.icmp.sequence"), "7");
}

#[test]
fn an_error_names_the_flow_it_is_about() {
    let mut rig = rig(Transport::Icmp);
    let quoted = "4500 0030 0001 0000 4011 0000 c0000201 cb007109 8235 0035 001c 0000";
    rig.datagram(Dir::Server, &hex(&format!("0303 0000 0000 0000 {quoted}")));
    assert_eq!(rig.text(0, "icmp.response.message"), "DestinationUnreachable(Port)");
    assert_eq!(rig.text(0, "netlog.icmp.original.source.ip"), "192.0.2.1");
    assert_eq!(rig.text(0, "netlog.icmp.original.source.port"), "33333");
    assert_eq!(rig.text(0, "netlog.icmp.original.destination.ip"), "203.0.113.9");
    assert_eq!(rig.text(0, "netlog.icmp.original.destination.port"), "53");
    assert_eq!(rig.text(0, "netlog.icmp.original.transport"), "udp");
    assert_eq!(rig.events[0].source.ip, rig.flow.server.ip);
    assert_eq!(rig.events[0].outcome, Outcome::Failure);
}

#[test]
fn extension_headers_of_a_quoted_packet_are_passed() {
    let mut rig = rig(Transport::Icmp6);
    let ips = "20010db8000000000000000000000001 20010db8000000000000000000000009";
    let quoted = format!("6000 0000 0010 00 40 {ips} 2c00 0000 0000 0000 0600 0000 0000 0001 01bb c000");
    rig.datagram(Dir::Server, &hex(&format!("0200 0000 0000 0500 {quoted}")));
    assert_eq!(rig.text(0, "icmp.response.message"), "PacketTooBig(0)");
    assert_eq!(rig.text(0, "netlog.icmp.mtu"), "1280");
    // Hop-by-hop options, then a fragment header of the first fragment, then TCP.
    assert_eq!(rig.text(0, "netlog.icmp.original.transport"), "tcp");
    assert_eq!(rig.text(0, "netlog.icmp.original.source.port"), "443");
    let later = quoted.replacen("0600 0000", "0600 0008", 1);
    rig.datagram(Dir::Server, &hex(&format!("0200 0000 0000 0500 {later}")));
    assert_eq!(rig.text(1, "netlog.icmp.original.source.port"), "");
}

#[test]
fn neighbours_and_routers() {
    let mut rig = rig(Transport::Icmp6);
    let target = "20010db8000000000000000000000002";
    rig.datagram(Dir::Client, &hex(&format!("8700 0000 0000 0000 {target} 0101 020000000001")));
    rig.datagram(Dir::Server, &hex(&format!("8800 0000 6000 0000 {target} 0201 020000000002")));
    assert_eq!(rig.events.len(), 1);
    assert_eq!(rig.text(0, "netlog.icmp.target"), "2001:db8::2");
    assert_eq!(rig.text(0, "netlog.icmp.link_address"), "02-00-00-00-00-02");
    assert_eq!(rig.text(0, "status"), "OK");
    let option = "0304 40c0 00000e10 00000e10 00000000 20010db8000100000000000000000000";
    rig.datagram(Dir::Server, &hex(&format!("8600 0000 4000 0708 0000000000000000 {option}")));
    assert_eq!(rig.text(1, "netlog.icmp.prefixes"), "2001:db8:1::/64");
    assert_eq!(rig.text(1, "netlog.icmp.router_lifetime"), "1800");
}

#[test]
fn a_question_to_a_group_waits_for_nobody() {
    let mut rig = rig(Transport::Icmp6);
    rig.flow.server.ip = "ff02::1:ff00:2".parse().ok();
    rig.datagram(Dir::Client, &hex("8700 0000 0000 0000 20010db8000000000000000000000002"));
    assert_eq!(rig.events.len(), 1);
    assert_eq!(rig.text(0, "icmp.request.message"), "NeighborSolicitation(0)");
    assert_eq!(rig.text(0, "status"), "OK");
}

#[test]
fn anomalies() {
    let mut rig = rig(Transport::Icmp);
    rig.datagram(Dir::Client, &[8, 0, 0]);
    rig.datagram(Dir::Client, &[3, 1, 0, 0, 0, 0, 0, 0, 0x45]);
    rig.datagram(Dir::Client, &[200, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(rig.anomalies(), ["icmp.original", "icmp.truncated", "icmp.unknown_type"]);
}

proptest! {
    #[test]
    fn never_panics(messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..80)), 0..20), v6: bool) {
        let mut rig = rig(if v6 { Transport::Icmp6 } else { Transport::Icmp });
        for (client, bytes) in messages {
            probe(Dir::Client, &bytes);
            rig.datagram(if client { Dir::Client } else { Dir::Server }, &bytes);
        }
        rig.end();
    }
}
