//! Flow records: counts, states, time.

use super::*;
use crate::net::shard::{FLOWS, SLEEPING};

fn state(script: &[(bool, u8, u32, u32)]) -> String {
    let mut lab = Lab::new();
    for (i, (client, flags, seq, ack)) in (0i64..).zip(script) {
        lab.tcp(i * MS, *client, *flags, *seq, *ack, "");
    }
    lab.finish();
    assert_eq!(lab.flows().len(), 1);
    let flow = lab.flows()[0];
    assert_eq!(flow.source.port, Some(50_000));
    field(flow, "netlog.flow.state")
}

#[test]
fn states() {
    let (c, s) = (true, false);
    let syn = (c, SYN, 100, 0);
    let answer = (s, SYN | ACK, 500, 101);
    let open = (c, ACK, 101, 501);
    assert_eq!(state(&[syn]), "half_open");
    assert_eq!(state(&[syn, syn, answer]), "half_open");
    assert_eq!(state(&[syn, (s, RST | ACK, 0, 101)]), "refused");
    assert_eq!(state(&[syn, answer, (c, RST, 101, 0)]), "aborted");
    assert_eq!(state(&[syn, answer, open]), "established");
    assert_eq!(state(&[answer, open]), "established");
    assert_eq!(state(&[syn, answer, open, (c, FIN | ACK, 101, 501)]), "half_closed");
    let closing = [(c, FIN | ACK, 101, 501), (s, FIN | ACK, 501, 102), (c, ACK, 102, 502)];
    assert_eq!(state(&[&[syn, answer, open][..], &closing].concat()), "closed");
    assert_eq!(state(&[syn, answer, open, (s, RST, 501, 0)]), "reset");
    // A reset from nowhere near is a forgery.
    assert_eq!(state(&[syn, answer, open, (s, RST, 1 << 30, 0)]), "established");
    assert_eq!(state(&[(c, ACK, 7, 9), (s, ACK, 9, 7)]), "midstream");
}

#[test]
fn the_initial_round_trip_is_syn_to_ack() {
    let mut lab = Lab::new();
    lab.handshake().finish();
    let flow = lab.flows()[0];
    assert_eq!(field(flow, "netlog.flow.initial_rtt"), (30 * MS).to_string());
    assert_eq!(field(flow, "netlog.flow.source.tcp_flags"), "syn|ack");
    assert_eq!((flow.ts, flow.end), (0, Some(30 * MS)));
    assert_eq!((flow.source.packets, flow.source.bytes), (Some(2), Some(108)));
    assert_eq!((flow.destination.packets, flow.destination.bytes), (Some(1), Some(54)));
}

#[test]
fn unusual_segments_are_counted() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "abcd");
    lab.tcp(41 * MS, true, ACK, 109, 501, "ijkl");
    lab.tcp(42 * MS, true, ACK, 105, 501, "efgh");
    lab.tcp(43 * MS, false, ACK, 501, 113, "");
    lab.tcp(400 * MS, true, ACK, 105, 501, "efgh");
    lab.tcp(500 * MS, true, ACK, 112, 501, "");
    lab.tcp(501 * MS, true, ACK, 112, 501, "l");
    let closed = TcpHeader { seq: 501, ack: 113, flags: ACK, window: 0 };
    lab.packet(502 * MS, false, Some(closed), "").finish();
    let flow = lab.flows()[0];
    assert_eq!(field(flow, "netlog.flow.source.retransmissions"), "1");
    assert_eq!(field(flow, "netlog.flow.source.out_of_order"), "1");
    assert_eq!(field(flow, "netlog.flow.destination.zero_windows"), "1");
    assert_eq!(field(flow, "netlog.flow.destination.retransmissions"), "");
}

#[test]
fn a_connection_outlives_its_record() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(SECOND, true, ACK, 101, 501, "ASK one\n");
    lab.tcp(100 * SECOND, false, ACK, 501, 109, "ANS 1\n").finish();
    assert_eq!(lab.said(), ["one=1"]);
    let flows = lab.flows();
    let parts: Vec<_> = flows.iter().map(|f| (field(f, "netlog.flow.part"), f.source.packets)).collect();
    assert_eq!(parts, [(String::new(), Some(3)), ("2".to_owned(), None)]);
    assert_eq!(flows[1].destination.packets, Some(1));
    assert_eq!((flows[1].source.port, flows[1].origin.record), (Some(50_000), 5));
    assert_eq!(flows[1].by_name("netlog.flow.connected"), Some(&Value::Time(flows[0].ts)));
    assert_eq!(flows[0].by_name("netlog.flow.connected"), None);
    assert!(flows.iter().all(|f| field(f, "flow.final") == "true"));
}

#[test]
fn datagrams_after_the_timeout_are_another_flow() {
    let mut lab = Lab::new();
    lab.udp(0, true, "x").udp(30 * SECOND, true, "x").udp(61 * SECOND, true, "x").finish();
    let packets: Vec<_> = lab.flows().iter().map(|f| f.source.packets).collect();
    assert_eq!(packets, [Some(2), Some(1)]);
}

#[test]
fn one_stamp_from_the_future_expires_nobody() {
    let mut lab = Lab::new();
    lab.udp(0, true, "x");
    lab.ports.0 = 50_001;
    lab.udp(1_000_000 * SECOND, true, "x");
    lab.ports.0 = 50_000;
    lab.udp(2 * SECOND, true, "x").finish();
    let packets: Vec<_> = lab.flows().iter().map(|f| f.source.packets).collect();
    assert_eq!(packets, [Some(2), Some(1)]);
}

#[test]
fn ports_used_again_are_another_flow() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
    lab.tcp(41 * MS, true, SYN, 9000, 0, "");
    assert_eq!((lab.flows().len(), lab.said()), (1, vec!["one".to_owned()]));
    // The same SYN once more is a retransmission.
    lab.tcp(42 * MS, true, SYN, 9000, 0, "").finish();
    assert_eq!(lab.flows().len(), 2);
    assert_eq!(field(lab.flows()[1], "netlog.flow.source.retransmissions"), "1");
}

#[test]
fn long_flows_report_in_between() {
    let mut lab = Lab::with(Config { flow_period: Some(10 * SECOND), shapes: false, ..Config::default() });
    for second in 0..25 {
        lab.udp(second * SECOND, true, "x");
    }
    lab.finish();
    let said: Vec<_> =
        lab.flows().iter().map(|f| (field(f, "flow.final"), f.source.packets.unwrap())).collect();
    let want = [("false", 10), ("false", 20), ("true", 25)];
    assert_eq!(said, want.map(|(last, n)| (last.to_owned(), n)));
    let ordinals: std::collections::BTreeSet<_> = lab.flows().iter().map(|f| f.ordinal).collect();
    assert_eq!(ordinals.len(), 3);
}

#[test]
fn the_table_is_capped_and_forgets_the_oldest() {
    let mut lab = Lab::new();
    for i in 0..FLOWS + 10 {
        lab.ports = (u16::try_from(1 + i % 60_000).unwrap(), u16::try_from(60_001 + i / 60_000).unwrap());
        lab.udp(0, true, "x");
    }
    assert_eq!(lab.out.ledger.caps["flow.table"].count, 10);
    let closed: Vec<_> = lab.flows().iter().map(|f| f.source.port.unwrap()).collect();
    assert_eq!(closed, (1..=10).collect::<Vec<_>>());
    lab.finish();
    assert_eq!(lab.flows().len(), FLOWS + 10);
    let seqs: std::collections::BTreeSet<_> = lab.out.events.iter().map(|e| e.seq).collect();
    assert_eq!(seqs.len(), FLOWS + 10);
    assert_eq!(lab.out.ledger.packets.decoded, u64::try_from(FLOWS + 10).unwrap());
}

#[test]
fn sleeping_connections_are_capped_and_the_oldest_forgotten() {
    let mut lab = Lab::new();
    let port = |i: usize| (u16::try_from(1 + i).unwrap(), 60_001);
    for i in 0..SLEEPING + 5 {
        lab.ports = port(i);
        lab.tcp(0, true, ACK, 1, 1, "");
    }
    lab.ports = (60_002, 60_003);
    // A few at a time.
    lab.udp(600 * SECOND, true, "x").udp(600 * SECOND, true, "x");
    assert_eq!(lab.flows().len(), 4);
    for _ in 0..SLEEPING / 4 + 2 {
        lab.udp(600 * SECOND, true, "x");
    }
    assert_eq!(lab.out.ledger.caps["flow.sleeping"].count, 5);
    assert_eq!(lab.flows().len(), SLEEPING + 5, "every record was written once");
    lab.proto = 6;
    // What sleeps goes on when it speaks again; what was forgotten begins anew.
    for i in [4, 5] {
        lab.ports = port(i);
        lab.tcp(601 * SECOND, true, ACK, 1, 1, "");
    }
    lab.finish();
    let parts = [4, 5].map(|i| {
        let mine = |f: &&&Event<'_>| [f.source.port, f.destination.port].contains(&Some(port(i).0));
        let flows = lab.flows();
        flows.iter().filter(mine).map(|f| f.by_name("netlog.flow.part").is_some()).collect::<Vec<_>>()
    });
    assert_eq!(parts, [vec![false, false], vec![false, true]]);
}

#[test]
fn a_connection_that_slept_an_hour_is_over_whatever_else_there_is() {
    for others in [0, 40] {
        let mut lab = Lab::new();
        for port in 0..=others {
            lab.ports = (1 + port, 60_001);
            lab.tcp(0, true, ACK, 1, 1, "");
        }
        // The last of the queue: those before it are not all removed yet.
        lab.tcp(7200 * SECOND, true, ACK, 1, 1, "").finish();
        let flows = lab.flows();
        let mine = flows.iter().filter(|f| [f.source.port, f.destination.port].contains(&Some(lab.ports.0)));
        let mine: Vec<_> = mine.map(|f| f.by_name("netlog.flow.part").is_some()).collect();
        assert_eq!(mine, [false, false], "{others}");
    }
}

#[test]
fn the_server_is_known_by_its_port_where_nothing_else_tells() {
    for (ports, client, want) in [
        ((7000, 900), true, 7000),
        ((40_000, 443), true, 443),
        ((443, 40_000), true, 443),
        ((443, 40_000), false, 443),
    ] {
        let mut lab = Lab::new();
        lab.ports = ports;
        lab.tcp(0, client, ACK, 1, 1, "").finish();
        assert_eq!(lab.flows()[0].destination.port, Some(want), "{ports:?}");
    }
}

/// Nobody ends a connection by a FIN that its receiver ignores, nor makes bytes old by an acknowledgement in a segment
/// that cannot be of it.
#[test]
fn what_is_outside_of_the_window_changes_nothing() {
    let talk = |stray: (u8, u32, u32, &str)| {
        let mut lab = Lab::new();
        lab.handshake();
        lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
        lab.tcp(50 * MS, true, stray.0, stray.1, stray.2, stray.3);
        lab.tcp(60 * MS, false, ACK, 501, 109, "ANS 1\n");
        lab.tcp(70 * MS, true, ACK, 109, 507, "ASK two\n");
        lab.tcp(80 * MS, false, ACK, 507, 117, "ANS 2\n").finish();
        (lab.said(), field(lab.flows()[0], "netlog.flow.state"))
    };
    let want = (vec!["one=1".to_owned(), "two=2".to_owned()], "established".to_owned());
    for stray in [
        (ACK | FIN, 101u32.wrapping_sub(5000), 501, ""),
        (ACK | FIN, 109 + (1 << 29), 501, ""),
        (ACK, 109 + (1 << 29), 501 + 100_000, "x"),
    ] {
        assert_eq!(talk(stray), want, "{stray:?}");
    }
}

#[test]
fn copies_are_counted_and_not_read_again() {
    let mut lab = Lab::new();
    lab.header = (0, 0, 64);
    lab.handshake();
    let said = [(true, 101, 501, "ASK one\n", 7), (false, 501, 109, "ANS 1\n", 9)];
    for (at, (client, seq, ack, text, id)) in (40..).zip(said) {
        for ttl in [64, 63] {
            lab.header = (id, 0xbeef, ttl);
            lab.tcp(at * MS, client, ACK, seq, ack, text);
        }
    }
    // What is sent again after a while is another packet.
    lab.header = (10, 0xbeef, 64);
    lab.tcp(300 * MS, false, ACK, 501, 109, "ANS 1\n").finish();
    assert_eq!(lab.said(), ["one=1"]);
    let flow = lab.flows()[0];
    let told = |name: &str| {
        (
            field(flow, &format!("netlog.flow.source.{name}")),
            field(flow, &format!("netlog.flow.destination.{name}")),
        )
    };
    assert_eq!(told("duplicates"), ("1".to_owned(), "1".to_owned()));
    assert_eq!(told("retransmissions"), (String::new(), "1".to_owned()));
    assert_eq!(
        (flow.source.packets, flow.destination.packets),
        (Some(4), Some(4)),
        "counted as they were captured"
    );
    assert_eq!(lab.out.ledger.anomalies["packet.duplicate"].count, 2);
}

#[test]
fn copies_of_datagrams_are_no_second_question() {
    let mut lab = Lab::new();
    for (at, ttl) in [(0, 64), (1, 63)] {
        lab.header = (7, 0xbeef, ttl);
        lab.udp(at * MS, true, "ASK one\n");
    }
    for (at, ttl) in [(2, 64), (3, 63)] {
        lab.header = (8, 0xbeef, ttl);
        lab.udp(at * MS, false, "ANS 1\n");
    }
    lab.finish();
    assert_eq!(lab.said(), ["one=1"]);
}
