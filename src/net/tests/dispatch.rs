//! What reaches parsers, and when.

use super::*;
use crate::net::replay::{How, Script};

#[test]
fn a_conversation_is_paired_and_the_unanswered_kept() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\nASK t");
    lab.tcp(50 * MS, false, ACK, 501, 114, "ANS 1\n");
    lab.tcp(60 * MS, true, ACK, 114, 507, "wo\n").finish();
    assert_eq!(lab.said(), ["one=1", "two"]);
    let first = &lab.out.events[0];
    assert_eq!((first.ts, first.end), (40 * MS, Some(50 * MS)));
    assert_eq!((first.seq.record, first.origin.record), (5, 4));
    assert_eq!(field(lab.flows()[0], "network.protocol"), "line");
}

#[test]
fn segments_do_not_show_even_while_probing() {
    let script = Script::new(crate::model::Transport::Tcp, 1)
        .client("ASK a\nASK b\n")
        .server("ANS x\nANS y\n")
        .client("UPGRADE\n\u{16}blob")
        .server("more");
    let play = |segment| {
        let how = How { segment, shapes: false, ..How::default() };
        let out = script.play(&how, &Arc::default(), toy::ALL);
        let names = |e: &Event<'_>| e.fields.iter().map(|f| show(&f.1)).collect::<Vec<_>>();
        let parsers = out.events.iter().filter(|e| e.dataset.name == "line").map(names);
        let flow = out.events.iter().find(|e| e.dataset.name == "flow").unwrap();
        (parsers.collect::<Vec<_>>(), field(flow, "network.protocol"))
    };
    let whole = play(1460);
    assert_eq!(whole.0, [vec!["a", "x"], vec!["b", "y"], vec!["9"]]);
    assert_eq!(whole.1, "line|blob");
    for segment in [1, 2, 3, 5, 8] {
        assert_eq!(play(segment), whole, "{segment}");
    }
}

#[test]
fn datagrams_change_the_protocol_only_so_often() {
    let mut script = Script::new(crate::model::Transport::Udp, 1);
    for _ in 0..300 {
        script = script.client("ASK a\nUPGRADE\n");
    }
    let out = script.play(&How { shapes: false, ..How::default() }, &Arc::default(), toy::ALL);
    assert_eq!(out.events.iter().filter(|e| e.dataset.name == "line").count(), 9);
    assert_eq!(out.ledger.caps["flow.switches"].count, 1);
}

#[test]
fn a_hole_becomes_a_gap_when_the_answer_passes_it() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
    lab.tcp(42 * MS, true, ACK, 119, 501, "ASK three\n");
    assert_eq!(lab.said(), [""; 0]);
    lab.tcp(50 * MS, false, ACK, 501, 129, "ANS 1\n").finish();
    assert_eq!(lab.said(), ["10", "one=1", "three"]);
    assert_eq!(field(lab.flows()[0], "netlog.flow.source.missing_bytes"), "10");
}

#[test]
fn an_answer_captured_before_its_request_waits_for_it() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(50 * MS, false, ACK, 501, 109, "ANS 1\n");
    lab.tcp(51 * MS, false, ACK, 507, 117, "ANS 2\n");
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
    assert_eq!(lab.said(), ["one=1"]);
    lab.tcp(41 * MS, true, ACK, 109, 507, "ASK two\n");
    lab.tcp(60 * MS, true, ACK, 117, 513, "ASK three\n").finish();
    assert_eq!(lab.said(), ["one=1", "two=2", "three"]);
    assert_eq!(field(lab.flows()[0], "netlog.flow.source.missing_bytes"), "");
    // Each has the times of its packets.
    let told: Vec<_> = lab.out.events.iter().take(2).map(|e| (e.ts, e.end, e.origin.record)).collect();
    assert_eq!(told, [(40 * MS, Some(50 * MS), 6), (41 * MS, Some(51 * MS), 7)]);
}

#[test]
fn an_answer_waits_in_vain_for_what_was_not_captured() {
    // The next request leaves the hole behind; it has an answer of its own.
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(50 * MS, false, ACK, 501, 109, "ANS 1\n");
    lab.tcp(60 * MS, true, ACK, 109, 507, "ASK two\n");
    lab.tcp(70 * MS, false, ACK, 507, 117, "ANS 2\n").finish();
    assert_eq!(lab.said(), ["two=2"]);
    assert_eq!(field(lab.flows()[0], "netlog.flow.source.missing_bytes"), "8");
    // An end alone acknowledges, too.
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
    lab.tcp(50 * MS, false, ACK | FIN, 501, 117, "").finish();
    assert_eq!(field(lab.flows()[0], "netlog.flow.source.missing_bytes"), "8");
    // A side that ended was captured whole.
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK | FIN, 101, 501, "ASK one\n");
    lab.tcp(50 * MS, false, ACK, 501, 110, "ANS 1\n");
    assert_eq!(lab.said(), ["Client ", "one=1"]);
    // Nothing comes by in many packets.
    for answers in [40, 4] {
        let mut lab = Lab::new();
        lab.handshake();
        for i in 0..answers {
            lab.tcp(50 * MS, false, ACK, 501 + 6 * i, 109, "ANS x\n");
        }
        lab.tcp(60 * MS, true, ACK, 101, 501, "ASK one\n").finish();
        assert_eq!(lab.said().len(), usize::from(answers == 4), "{answers}");
    }
}

#[test]
fn a_late_segment_fills_its_hole() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 109, 501, "ASK two\n");
    lab.tcp(41 * MS, false, ACK, 501, 117, "");
    lab.tcp(42 * MS, true, ACK, 101, 501, "ASK one\n").finish();
    assert_eq!(lab.said(), ["one", "two"]);
    assert_eq!(field(lab.flows()[0], "netlog.flow.source.missing_bytes"), "");
}

#[test]
fn the_end_is_told_once_and_a_reset_ends_nothing_that_goes_on() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK | FIN, 101, 501, "ASK one\nres");
    lab.tcp(50 * MS, false, ACK | FIN, 501, 113, "ANS 1\n");
    assert_eq!(lab.said(), ["Client res", "one=1", "Server "]);
    lab.tcp(60 * MS, true, ACK, 113, 508, "").finish();
    assert_eq!(lab.said().len(), 3);

    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
    lab.tcp(50 * MS, false, RST, 501, 0, "").finish();
    assert_eq!(lab.said(), ["one"]);

    // A reset that one side forged, or that never arrived.
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
    lab.tcp(41 * MS, true, RST, 109, 0, "");
    lab.tcp(50 * MS, false, ACK, 501, 109, "ANS 1\n");
    lab.tcp(60 * MS, true, ACK, 109, 507, "ASK two\n");
    lab.tcp(70 * MS, false, ACK, 507, 117, "ANS 2\n").finish();
    assert_eq!(lab.said(), ["one=1", "two=2"]);
}

#[test]
fn what_a_probe_says_decides_the_roles_of_a_flow_without_beginning() {
    let mut lab = Lab::new();
    lab.tcp(0, true, ACK, 1, 1, "ANS late\n");
    lab.tcp(MS, false, ACK, 1, 10, "ASK one\n");
    lab.tcp(2 * MS, true, ACK, 10, 9, "ANS 1\n").finish();
    assert_eq!(lab.said(), ["one=1"]);
    let flow = lab.flows()[0];
    assert_eq!((flow.source.port, flow.destination.port), (Some(6000), Some(50_000)));
    assert_eq!(lab.out.events[0].source.port, Some(6000));
}

#[test]
fn a_flow_joined_within_a_message_is_recognised_at_the_next() {
    let mut lab = Lab::new();
    lab.tcp(0, true, ACK, 1, 1, "rest of a line\n");
    lab.tcp(MS, false, ACK, 1, 16, "rest of another\n");
    lab.tcp(2 * MS, true, ACK, 16, 17, "ASK one\n");
    lab.tcp(3 * MS, false, ACK, 17, 24, "ANS 1\n").finish();
    assert_eq!(lab.said(), ["one=1"]);
}

/// The caller says so, whatever protocols there are.
#[test]
fn shapes_are_asked_if_the_caller_wants_it() {
    for (shapes, name) in [(true, "tailscale"), (false, "")] {
        let mut lab = Lab::with(Config { shapes, ..Config::default() });
        lab.udp(0, true, "TS\u{1f4ac} and what follows").finish();
        let told = lab.flows()[0].by_name("network.protocol").and_then(Value::as_str);
        assert_eq!(told.unwrap_or_default(), name);
    }
}

#[test]
fn what_a_probe_still_waits_for_is_decided_at_the_end() {
    let mut lab = Lab::new();
    lab.handshake();
    lab.tcp(40 * MS, true, ACK, 101, 501, "AS").finish();
    assert_eq!(field(lab.flows()[0], "network.protocol"), "");
}

#[test]
fn weird_and_done_end_the_parsing() {
    for (text, count) in [("ASK a\nnonsense\nASK b\n", 1), ("ASK a\nQUIT\nASK b\n", 1)] {
        let mut lab = Lab::new();
        lab.handshake();
        lab.tcp(40 * MS, true, ACK, 101, 501, text).finish();
        assert_eq!(lab.said().len(), count);
        let weird = lab.out.ledger.anomalies.contains_key("line.weird");
        assert_eq!(weird, text.contains("nonsense"));
    }
}

#[test]
fn unconsumed_bytes_are_capped() {
    let mut lab = Lab::new();
    lab.handshake();
    let bytes = "G".repeat(60_000);
    for i in 0..20 {
        lab.tcp(40 * MS, true, ACK, 101 + i * 60_000, 501, &bytes);
    }
    assert_eq!(lab.out.ledger.caps["flow.unconsumed"].count, 1);
}

#[test]
fn waiting_bytes_are_capped_per_direction_and_shard() {
    let mut lab = Lab::new();
    lab.handshake();
    let bytes = format!("ASK {}\nQUIT\n", "x".repeat(60_000 - 10));
    for i in 0..20 {
        lab.tcp(40 * MS, true, ACK, 102 + i * 60_000, 501, &bytes);
    }
    assert_eq!(lab.out.ledger.caps["tcp.out_of_order"].count, 1);
    assert_eq!(lab.said().len(), 1);

    let mut lab = Lab::new();
    for port in 0..60 {
        lab.ports.0 = 40_000 + port;
        lab.handshake();
        lab.tcp(40 * MS, true, ACK, 102, 501, &bytes);
    }
    // 60 flows of 60 kB against 2 MiB: those that wait longest are handed on.
    let relieved = lab.out.ledger.caps["tcp.memory"].count;
    assert!((24..30).contains(&relieved), "{relieved}");
    assert_eq!(lab.out.events[0].source.port, Some(40_000));
}

/// One side of a line was captured: nobody ever answers.
#[test]
fn requests_that_wait_count_as_memory() {
    let mut lab = Lab::new();
    for port in 0..60 {
        lab.ports.0 = 40_000 + port;
        lab.handshake();
        for i in 0..30 {
            lab.tcp(40 * MS, true, ACK, 101 + i * 6, 501, "ASK x\n");
        }
    }
    // 1,800 requests of 2 KiB against 2 MiB: those that wait longest are told, and the flows go on.
    let told = lab.out.events.len();
    assert_eq!((told, lab.out.ledger.caps["flow.waiting"].count), (780, 26));
    assert!(!lab.out.ledger.caps.contains_key("tcp.memory"));
    lab.ports.0 = 40_000;
    lab.tcp(50 * MS, true, ACK, 281, 501, "ASK y\n").tcp(50 * MS, false, ACK, 501, 287, "ANS y\n");
    assert_eq!(lab.said().last().map(String::as_str), Some("y=y"));
    assert_eq!(lab.finish().said().len(), 1801);
}

#[test]
fn a_flow_that_buffers_again_and_again_is_queued_once() {
    let mut lab = Lab::new();
    lab.handshake();
    for i in 0..3 * u32::try_from(crate::net::shard::FLOWS).unwrap() {
        lab.tcp(40 * MS, true, ACK, 101 + i * 6, 501, "ANS ");
        lab.tcp(40 * MS, true, ACK, 105 + i * 6, 501, "x\n");
    }
    assert!(lab.shard.buffering.len() <= 1);
}

#[test]
fn datagrams_are_paired_whoever_comes_first() {
    let mut lab = Lab::new();
    lab.ports = (7000, 50_000);
    lab.udp(0, true, "ANS late\n").udp(MS, false, "ASK one\n").udp(2 * MS, true, "ANS 1\n").finish();
    assert_eq!(lab.said(), ["one=1"]);
    assert_eq!(lab.flows()[0].destination.port, Some(7000));
}

#[test]
fn flows_only_parses_nothing_and_counts_the_same() {
    let both = [false, true].map(|flows_only| {
        let mut lab = Lab::with(Config { flows_only, shapes: false, ..Config::default() });
        lab.handshake();
        lab.tcp(40 * MS, true, ACK, 101, 501, "ASK one\n");
        lab.tcp(50 * MS, false, ACK, 501, 109, "ANS 1\n").finish();
        let flow = lab.flows()[0].clone();
        (lab.said().len(), flow.source.bytes, field(&flow, "netlog.flow.state"))
    });
    assert_eq!((both[0].0, both[1].0), (1, 0));
    assert_eq!((both[0].1, &both[0].2), (both[1].1, &both[1].2));
}
