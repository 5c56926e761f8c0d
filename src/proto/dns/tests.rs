use super::*;
use crate::model::Value;
use crate::proto::rig::{Rig, hex};
use crate::proto::{Limits, Options, Probe};
use probe::probe;
use proptest::prelude::*;

fn rig(transport: Transport, port: u16) -> Rig {
    let limits = Limits { pending: 3, ..Limits::default() };
    Rig::new(&PROTOCOL, transport, port, Options { limits, ..Options::default() })
}

fn wire_name(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|l| !l.is_empty()) {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

/// A message with one question and records given as (section, type, data); owners point to the question.
fn message(id: u16, flags: u16, name: &str, kind: u16, records: &[(usize, u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let count = |s| u16::try_from(records.iter().filter(|r| r.0 == s).count()).unwrap();
    for word in [id, flags, 1, count(1), count(2), count(3)] {
        out.extend(word.to_be_bytes());
    }
    out.extend(wire_name(name));
    out.extend(kind.to_be_bytes());
    out.extend(1u16.to_be_bytes());
    for (_, kind, data) in records {
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend(1u16.to_be_bytes());
        out.extend(300u32.to_be_bytes());
        out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
    }
    out
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = u16::try_from(message.len()).unwrap().to_be_bytes().to_vec();
    out.extend(message);
    out
}

/// One answer of the type; returns how the event shows it.
fn shown(kind: u16, data: &str) -> String {
    let mut rig = rig(Transport::Udp, 53);
    rig.datagram(Dir::Client, &message(1, 0x0100, "example.com", kind, &[]));
    rig.datagram(Dir::Server, &message(1, 0x8180, "example.com", kind, &[(1, kind, hex(data))]));
    let text = rig.text(0, "dns.answers");
    text.split_once("ttl=300; ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

#[test]
fn query_and_response_are_one_event() {
    let mut rig = rig(Transport::Udp, 53);
    rig.datagram(Dir::Client, &message(7, 0x0100, "Www.Example.co.UK", 1, &[]));
    let answer = [(1, 1, vec![192, 0, 2, 9]), (1, 28, hex("20010db8000000000000000000000009"))];
    rig.datagram(Dir::Server, &message(7, 0x8580, "wWW.example.co.uk", 1, &answer));
    rig.end();
    assert_eq!(rig.events.len(), 1);
    for (field, value) in [
        ("dns.question.name", "www.example.co.uk"),
        ("dns.question.registered_domain", "example.co.uk"),
        ("dns.question.top_level_domain", "co.uk"),
        ("dns.question.subdomain", "www"),
        ("dns.header_flags", "AA | RD | RA"),
        ("dns.response_code", "NOERROR"),
        ("dns.resolved_ip", "192.0.2.9 | 2001:db8::9"),
        ("dns.answers_count", "2"),
        ("query", "class IN, type A, www.example.co.uk"),
        ("status", "OK"),
        ("error.message", ""),
    ] {
        assert_eq!(rig.text(0, field), value, "{field}");
    }
    let event = &rig.events[0];
    assert_eq!((event.ts, event.end, event.outcome), (1_000_000, Some(2_000_000), Outcome::Success));
}

#[test]
fn pairing_repeats_and_leftovers() {
    let mut rig = rig(Transport::Udp, 53);
    rig.datagram(Dir::Client, &message(1, 0x0100, "a.example", 1, &[]));
    rig.datagram(Dir::Client, &message(1, 0x0100, "b.example", 1, &[]));
    rig.datagram(Dir::Client, &message(1, 0x0100, "a.example", 1, &[]));
    rig.datagram(Dir::Server, &message(1, 0x8183, "a.example", 1, &[]));
    rig.datagram(Dir::Server, &message(1, 0x8180, "c.example", 1, &[]));
    rig.datagram(Dir::Server, &message(9, 0x8180, "d.example", 1, &[]));
    rig.end();
    assert_eq!(rig.events.len(), 4);
    assert_eq!(rig.text(0, "netlog.dns.retransmissions"), "1");
    assert_eq!(rig.text(0, "dns.response_code"), "NXDOMAIN");
    assert_eq!(rig.events[0].outcome, Outcome::Failure);
    assert_eq!(rig.text(1, "error.message"), "Response: received without an associated Query.");
    assert_eq!(rig.anomalies(), ["dns.question_mismatch"]);
    assert_eq!(rig.text(3, "dns.question.name"), "b.example");
    assert_eq!(rig.text(3, "error.message"), "No response to this query was received.");
    assert_eq!(rig.text(3, "dns.response_code"), "");
    assert_eq!(rig.events[3].outcome, Outcome::Unknown);
}

#[test]
fn pending_queries_are_capped_and_time_out() {
    let mut rig = rig(Transport::Udp, 53);
    for id in 0..4 {
        rig.datagram(Dir::Client, &message(id, 0x0100, "a.example", 1, &[]));
    }
    assert_eq!((rig.events.len(), rig.ledger.caps["dns.pending"].count), (1, 1));
    rig.record += 31_000;
    rig.datagram(Dir::Client, &message(9, 0x0100, "a.example", 1, &[]));
    assert_eq!(rig.events.len(), 4);
}

/// Data hand-made after the examples in the RFC of each type.
#[test]
fn records_as_text() {
    assert_eq!(shown(15, "000a 046d61696c c00c"), "data=mail.example.com; preference=10");
    assert_eq!(shown(16, "03 616263 02 6465"), "data=abcde");
    assert_eq!(
        shown(33, "0001 0002 13c4 03736970 c00c"),
        "data=sip.example.com; priority=1; weight=2; port=5060"
    );
    assert_eq!(
        shown(6, "026e73 c00c 0468 6f7374 c00c 00000001 00000e10 00000258 00015180 0000003c"),
        "data=ns.example.com; rname=host.example.com; serial=1; refresh=3600; retry=600; expire=86400; minimum=60"
    );
    assert_eq!(shown(257, "00 05 6973737565 63612e6578616d706c65"), "data=ca.example; flags=0; tag=issue");
    // RFC 4034 §5.4.
    assert_eq!(
        shown(43, "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118"),
        "data=2BB183AF5F22588179A53B0A98631FAD1A292118; key_tag=60485; algorithm=RSASHA1; digest_type=SHA1"
    );
    // RFC 4034 §4.3: the window of bits, A MX RRSIG NSEC TYPE1234.
    let nsec = "04686f7374 076578616d706c65 03636f6d 00 0006 400100000003 041b 000000000000000000000000000000000000000000000000000020";
    assert_eq!(shown(47, nsec), "data=host.example.com; type_bits=A MX RRSIG NSEC TYPE1234");
    // RFC 5155 appendix A: H(example) = 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.
    let nsec3 = "01 01 000c 04 aabbccdd 14 065368abeed7ec6e9feba96b8c8bc3e8b791f716 0006 000000000290";
    let next = "data=0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM; hash=SHA1; flags=1; iterations=12; salt=AABBCCDD";
    assert!(shown(50, nsec3).starts_with(next), "{}", shown(50, nsec3));
    assert_eq!(
        shown(51, "01 00 000c 04 aabbccdd"),
        "data=AABBCCDD; hash=SHA1; flags=0; iterations=12; salt=AABBCCDD"
    );
    assert_eq!(shown(44, "02 01 1234"), "data=1234; algorithm=DSA; digest_type=SHA1");
    assert_eq!(shown(52, "03 01 01 abcd"), "data=ABCD; usage=3; selector=1; matching_type=1");
    // RFC 9460 appendix D.2: 16 foo.example.com alpn=h2,h3-19 …, and ServiceMode with port.
    let https = "0001 00 0001 0006 02 6832 02 6833 0003 0002 01bb 0004 0004 c0000201";
    assert_eq!(shown(65, https), "data=.; priority=1; params=alpn=h2,h3 port=443 ipv4hint=192.0.2.1");
    assert_eq!(
        shown(35, "0064 000a 01 75 07 4532552b736970 03 212121 00"),
        "data=.; order=100; preference=10; flags=u; service=E2U+sip; regexp=!!!"
    );
    // RFC 3597 §5.
    assert_eq!(shown(731, "abcdef"), "data=\\# 3 ABCDEF");
    assert_eq!(shown(731, ""), "data=\\# 0");
}

#[test]
fn edns() {
    let mut rig = rig(Transport::Udp, 53);
    let mut query = message(1, 0x0120, "example.com", 1, &[]);
    query[11] = 1;
    query.extend(hex("00 0029 1000 00008000 000c 0008 0008 0001 18 00 c0000200"));
    rig.datagram(Dir::Client, &query);
    let mut response = message(1, 0x8180, "example.com", 1, &[]);
    response[11] = 1;
    response.extend(hex("00 0029 04d0 01008000 000a 000f 0006 0016 6c6f7374"));
    rig.datagram(Dir::Server, &response);
    assert_eq!(rig.text(0, "dns.response_code"), "BADVERS");
    assert_eq!(rig.text(0, "dns.opt.udp_size"), "1232");
    assert_eq!(rig.text(0, "dns.opt.do"), "true");
    assert_eq!(rig.text(0, "netlog.dns.options"), "EDE=No Reachable Authority: lost");
    assert_eq!(rig.text(0, "dns.additionals_count"), "0");
    rig.datagram(Dir::Client, &query);
    rig.end();
    assert_eq!(rig.text(1, "netlog.dns.options"), "ECS=192.0.2.0/24/0");
}

#[test]
fn streams_carry_several_messages() {
    let mut rig = rig(Transport::Tcp, 53);
    let mut bytes = framed(&message(1, 0x0100, "a.example", 1, &[]));
    bytes.extend(framed(&message(2, 0x0100, "b.example", 28, &[])));
    for byte in &bytes {
        rig.stream(Dir::Client, &[*byte]);
    }
    let mut answers = framed(&message(2, 0x8180, "b.example", 28, &[]));
    answers.extend(framed(&message(1, 0x8180, "a.example", 1, &[])));
    rig.stream(Dir::Server, &answers);
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.text(0, "dns.id"), "2");
    assert_eq!(rig.events[1].ts, 1_000_000, "its first byte, not its last");
    assert_eq!(rig.events[1].source.bytes, Some(29));
}

#[test]
fn a_zone_transfer_is_one_event() {
    let soa = hex("00 00 00000001 00000e10 00000258 00015180 0000003c");
    let mut rig = rig(Transport::Tcp, 53);
    rig.stream(Dir::Client, &framed(&message(5, 0, "example.com", 252, &[])));
    let first = [(1, 6, soa.clone()), (1, 1, vec![192, 0, 2, 1])];
    rig.stream(Dir::Server, &framed(&message(5, 0x8400, "example.com", 252, &first)));
    let mut bare = hex("0005 8400 0000 0001 0000 0000");
    bare.extend(hex("00 0001 0001 0000012c 0004 c0000202"));
    rig.stream(Dir::Server, &framed(&bare));
    assert!(rig.events.is_empty());
    rig.stream(Dir::Server, &framed(&message(5, 0x8400, "example.com", 252, &[(1, 6, soa)])));
    assert_eq!(rig.events.len(), 1);
    assert_eq!(rig.text(0, "netlog.dns.messages"), "3");
    assert_eq!(rig.text(0, "dns.answers_count"), "4");
    assert_eq!(rig.text(0, "dns.resolved_ip"), "192.0.2.1 | 192.0.2.2");
    rig.end();
    assert_eq!(rig.events.len(), 1);
}

#[test]
fn lost_bytes_do_not_lose_the_rest() {
    let mut rig = rig(Transport::Tcp, 53);
    let query = |id| framed(&message(id, 0x0100, "a.example", 1, &[]));
    rig.stream(Dir::Client, &query(1));
    rig.gap(Dir::Client, 1000);
    rig.stream(Dir::Client, b"the end of something");
    rig.stream(Dir::Client, &query(2));
    rig.end();
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.anomalies(), ["dns.lost"]);
}

#[test]
fn groups_have_no_partner() {
    let mut rig = rig(Transport::Udp, 5353);
    rig.flow.server.ip = "224.0.0.251".parse().ok();
    rig.datagram(Dir::Client, &message(0, 0, "_ipp._tcp.local", 12, &[]));
    rig.datagram(
        Dir::Client,
        &hex("0000 8400 0000 0001 0000 0000 0161 056c6f63616c 00 0001 8001 00000078 0004 c0000205"),
    );
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.text(0, "status"), "OK");
    assert_eq!(rig.text(1, "dns.resolved_ip"), "192.0.2.5");
    assert_eq!(rig.events[1].dataset.protocol, Some("mdns"));
    assert_eq!(rig.events[1].source.ip, rig.flow.client.ip);
}

#[test]
fn all_questions_of_a_message_are_told() {
    let mut rig = rig(Transport::Udp, 5353);
    rig.flow.server.ip = "224.0.0.251".parse().ok();
    let mut several = message(0, 0, "_ipp._tcp.local", 12, &[]);
    several[5] = 3;
    several.extend([wire_name("printer.local"), hex("0001 8001"), hex("c00c 0021 0001")].concat());
    rig.datagram(Dir::Client, &several);
    for (field, value) in [
        ("dns.question.name", "_ipp._tcp.local | printer.local | _ipp._tcp.local"),
        ("dns.question.type", "PTR | A | SRV"),
        ("dns.question.class", "IN | IN | IN"),
        ("netlog.dns.questions", "PTR _ipp._tcp.local | A printer.local | SRV _ipp._tcp.local"),
        ("resource", "_ipp._tcp.local"),
    ] {
        assert_eq!(rig.text(0, field), value, "{field}");
    }
    let query = "class IN, type PTR, _ipp._tcp.local; class IN, type A, printer.local; class IN, type SRV, _ipp._tcp.local";
    assert_eq!(rig.text(0, "query"), query);
    // However many a message claims.
    let mut claims = message(0, 0, "a.local", 1, &[]);
    claims[4..6].copy_from_slice(&[0x02, 0]);
    (1..0x200).for_each(|_| claims.extend(hex("c00c 0001 0001")));
    rig.datagram(Dir::Client, &claims);
    let Some(Value::List(names)) = rig.events[1].by_name("dns.question.name") else { panic!("no list") };
    assert_eq!(names.len(), 64);
}

#[test]
fn one_malformed_message_per_anomaly() {
    let good = message(1, 0x8180, "a.example", 1, &[(1, 1, vec![192, 0, 2, 1])]);
    let cut = good[..good.len() - 1].to_vec();
    let mut pointer = good.clone();
    let at = good.len() - 16;
    pointer[at..at + 2].copy_from_slice(&[0xc0, u8::try_from(at).unwrap()]);
    let mut label = good.clone();
    label[at] = 0x80;
    let short = message(1, 0x8180, "a.example", 1, &[(1, 1, vec![192, 0, 2])]);
    let mut long = good.clone();
    long.push(0);
    let name = "abcdefghijklmnopqrstuvwxyz.".repeat(10);
    for (bytes, want, events) in [
        (&cut, "dns.truncated", 1),
        (&pointer, "dns.name_loop", 1),
        (&label, "dns.label_type", 1),
        (&short, "dns.rdata_length", 1),
        (&long, "dns.trailing", 1),
        (&message(1, 0x8180, &name, 1, &[]), "dns.name_long", 1),
        (&good[..11].to_vec(), "dns.truncated", 0),
    ] {
        let mut rig = rig(Transport::Udp, 53);
        rig.datagram(Dir::Server, bytes);
        assert_eq!((rig.anomalies(), rig.events.len()), (vec![want], events));
    }
    let mut rig = rig(Transport::Tcp, 53);
    rig.stream(Dir::Client, &[0, 3, 1, 2, 3]);
    assert_eq!(rig.anomalies(), ["dns.tcp_length"]);
}

#[test]
fn full_detail_shows_the_other_sections() {
    let options = Options { full: true, ..Options::default() };
    let mut rig = Rig::new(&PROTOCOL, Transport::Udp, 53, options);
    rig.datagram(Dir::Client, &message(1, 0x0100, "a.example", 1, &[]));
    let records =
        [(1, 1, vec![192, 0, 2, 1]), (2, 2, b"\x02ns\xc0\x0c".to_vec()), (3, 1, vec![192, 0, 2, 2])];
    rig.datagram(Dir::Server, &message(1, 0x8180, "a.example", 1, &records));
    assert!(rig.text(0, "dns.authorities").contains("data=ns.a.example"));
    assert!(rig.text(0, "dns.additionals").contains("data=192.0.2.2"));
    assert_eq!(rig.text(0, "dns.resolved_ip"), "192.0.2.1");
    assert_eq!(rig.text(0, "request"), "id 1, QUERY\n? a.example IN A");
    assert!(rig.text(0, "response").contains("\na.example 300 IN NS ns.a.example"));
}

#[test]
fn the_probe_knows_its_own() {
    let query = message(1, 0x0100, "a.example", 1, &[]);
    let response = message(1, 0x8180, "a.example", 1, &[(1, 1, vec![192, 0, 2, 1])]);
    assert_eq!(probe(Dir::Client, &query), Probe::Yes);
    assert_eq!(probe(Dir::Client, &response), Probe::Swapped);
    assert_eq!(probe(Dir::Client, &framed(&query)), Probe::Yes);
    assert_eq!(probe(Dir::Server, &framed(&response)), Probe::Yes);
    assert_eq!(probe(Dir::Client, &framed(&query)[..13]), Probe::More);
    assert_eq!(probe(Dir::Client, &framed(&query)[..20]), Probe::More);
    assert_eq!(probe(Dir::Client, &query[..14]), Probe::No);
    // A NetBIOS name query for CKAAA…, which has the same format.
    let netbios = message(1, 0x0110, "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 33, &[]);
    assert_eq!(probe(Dir::Client, &netbios), Probe::No);
    for other in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03AAAAAAAA",
    ] {
        assert_eq!(probe(Dir::Client, other), Probe::No);
    }
}

proptest! {
    #[test]
    fn never_panics(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..120)), 0..12),
        tcp: bool,
        full: bool,
    ) {
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        let mut rig = Rig::new(&PROTOCOL, transport, 53, Options { full, ..Options::default() });
        for (client, mut bytes) in messages {
            let dir = if client { Dir::Client } else { Dir::Server };
            probe(dir, &bytes);
            // Small counts, so that records are reached.
            for at in [4, 6, 8, 10] {
                if let Some(byte) = bytes.get_mut(at) { *byte = 0; }
            }
            if tcp { rig.stream(dir, &framed(&bytes)); } else { rig.datagram(dir, &bytes); }
        }
        rig.end();
    }

    #[test]
    fn a_flipped_byte_is_survived(at in 0usize..200, to: u8, kind in 1u16..70) {
        let data = hex("0001 0002 0003 03616263 c00c 0005 0161 0262 0001 0002 0003 0004 0005 0006");
        let mut bytes = message(1, 0x8180, "a.example", kind, &[(1, kind, data), (2, 6, vec![0; 22])]);
        if let Some(byte) = bytes.get_mut(at) { *byte = to; }
        let mut rig = rig(Transport::Udp, 53);
        rig.datagram(Dir::Client, &message(1, 0x0100, "a.example", kind, &[]));
        rig.datagram(Dir::Server, &bytes);
        rig.end();
        prop_assert!(rig.events.len() <= 2);
    }

    #[test]
    fn noise_is_not_taken_for_dns(bytes in prop::collection::vec(any::<u8>(), 14..200)) {
        prop_assert!(matches!(probe(Dir::Client, &bytes), Probe::No | Probe::More));
    }
}
