//! Sessions, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, FieldRef, Transport, Value};
use crate::net::replay::{How, Script};
use crate::proto::replay::{self, Bench};

static ONLY: &[&Protocol] = &[&PROTOCOL];

fn text<'e>(event: &'e Event<'_>, name: &str) -> &'e str {
    event.by_name(name).and_then(Value::as_str).unwrap_or("")
}

fn int(event: &Event<'_>, field: FieldRef) -> Option<i64> {
    event.get(field).and_then(Value::as_int)
}

fn script(name: &str) -> Script {
    let path = format!("{}/testdata/proto/pgsql/{name}", env!("CARGO_MANIFEST_DIR"));
    Script::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn played(name: &str, full: bool) -> Vec<Event<'static>> {
    let options = std::sync::Arc::new(Options { full, ..Options::default() });
    let mut events = script(name).play(&How { shapes: false, ..How::default() }, &options, ONLY).events;
    events.retain(|e| e.dataset.name == "pgsql");
    events
}

fn told(events: &[Event<'_>]) -> Vec<String> {
    events.iter().map(|e| [text(e, "method"), text(e, "pgsql.command"), e.outcome.name()].join(" ")).collect()
}

#[test]
fn simple_queries() {
    let events = played("simple.txt", true);
    assert_eq!(
        told(&events),
        [
            "LOGIN Startup success",
            "SELECT Query success",
            "INSERT Query success",
            "SELECT Query success",
            "SELECT Query failure",
            "SELECT Query unknown",
            "ALTER Query success",
            "COPY Query success"
        ]
    );
    assert_eq!(text(&events[0], "user.name"), "app");
    assert_eq!(text(&events[0], "pgsql.auth_method"), "md5");
    assert_eq!(text(&events[0], "pgsql.server_version"), "16.2");
    assert_eq!(int(&events[0], &fields::PID), Some(4711));
    assert_eq!(text(&events[1], "response"), "a,b\n1,\n\"x,y\",\n");
    assert_eq!(int(&events[1], &fields::NUM_ROWS), Some(2));
    assert_eq!(text(&events[2], "query"), "insert into t values (';')");
    assert_eq!(text(&events[4], "pgsql.error_code"), "22012");
    assert_eq!(text(&events[4], "error.message"), "division by zero");
    assert_eq!(text(&events[6], "query"), "alter role app password '******'");
    assert_eq!(int(&events[7], &fields::COPIED), Some(4));
    assert_eq!(text(&events[7], "pgsql.command_tag"), "COPY 1");
}

#[test]
fn extended_queries() {
    let events = played("extended.txt", false);
    assert_eq!(
        told(&events),
        [
            "LOGIN Startup success",
            "SELECT Parse success",
            "SELECT Execute success",
            "SELEC Execute failure",
            "BEGIN Execute success",
            "UPDATE Execute success",
            "SELECT Query unknown"
        ]
    );
    assert_eq!(text(&events[0], "pgsql.auth_method"), "SCRAM-SHA-256");
    assert_eq!(text(&events[2], "query"), "select $1");
    assert_eq!(text(&events[5], "pgsql.command_tag"), "UPDATE 3");
}

#[test]
fn log_ins_that_end_reading() {
    let refused = played("refused.txt", false);
    assert_eq!(told(&refused), ["LOGIN Startup failure"]);
    assert_eq!(refused[0].dataset.category, ["network", "authentication", "database"]);
    assert_eq!(text(&refused[0], "pgsql.error_code"), "28P01");
    assert_eq!(refused[0].by_name("netlog.user.password"), None);
    assert!(refused[0].has("netlog.user.clear_password"));
    let scram = played("extended.txt", false);
    assert!(scram.iter().all(|event| !event.has("netlog.user.clear_password")));
    assert_eq!(told(&played("tls.txt", false)), ["ENCRYPT SSLRequest success"]);
    assert_eq!(told(&played("cancel.txt", false)), ["CANCEL CancelRequest unknown"]);
}

/// Every transaction of Packetbeat 7.17 with equal values.
#[test]
fn packetbeat_agrees() {
    for name in ["insert", "extended_query"] {
        let pcap = replay::corpus(&format!("packetbeat/pcaps/pgsql_{name}.pcap"));
        let expected = replay::corpus(&format!("packetbeat/expected/pgsql_{name}.ndjson"));
        let (Some(pcap), Some(expected)) = (pcap, expected) else { return };
        let out = replay::capture(ONLY, &pcap, true);
        let lines = std::fs::read_to_string(expected).unwrap();
        let all = lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        let theirs: Vec<_> = all.filter(|e| e["type"] == "pgsql").collect();
        for want in &theirs {
            let found = out.events.iter().find(|e| want["query"].as_str() == Some(text(e, "query")));
            let found = found.unwrap_or_else(|| panic!("{name}: no {want} in {:?}", told(&out.events)));
            for field in ["method", "request", "response", "status"] {
                assert_eq!(text(found, field), want[field].as_str().unwrap_or(""), "{name} {field}");
            }
            assert_eq!(want["event"]["duration"].as_i64(), found.end.map(|end| end - found.ts));
            assert_eq!(want["client"]["bytes"].as_u64(), found.source.bytes);
            assert_eq!(want["server"]["bytes"].as_u64(), found.destination.bytes);
            assert_eq!(want["pgsql"]["num_rows"].as_i64(), int(found, &fields::NUM_ROWS));
            assert_eq!(want["pgsql"]["num_fields"].as_i64(), int(found, &fields::NUM_FIELDS));
        }
        assert!(!theirs.is_empty());
    }
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

const QUERY: &[u8] = b"Q\0\0\0\x0dselect 1\0";

#[test]
fn anomalies_are_named() {
    assert_eq!(bench().feed(Dir::Client, 1, b"Q\0\0\0\x01"), Step::Weird("pgsql.message"));
    let mut b = bench();
    b.feed(Dir::Client, 1, QUERY);
    assert_eq!(b.feed(Dir::Server, 2, b"T\0\0\0\x04"), Step::Weird("pgsql.field"));
    let mut b = bench();
    b.feed(Dir::Client, 1, QUERY);
    b.feed(Dir::Server, 2, b"C\0\0\0\x0dSELECT 1\0C\0\0\0\x0dSELECT 1\0");
    assert_eq!(b.anomalies("pgsql.unsolicited"), 1);
    for _ in 0..300 {
        b.feed(Dir::Client, 3, QUERY);
    }
    assert_eq!(b.events.len(), 1 + 300 - b.options.limits.pending);
}

#[test]
fn reading_goes_on_after_a_gap() {
    let mut b = bench();
    b.feed(Dir::Client, 1, QUERY);
    b.gap(Dir::Server, 2, 100);
    assert_eq!(b.anomalies("pgsql.gap"), 1);
    b.feed(Dir::Server, 2, b"tail of something");
    b.feed(Dir::Client, 3, QUERY);
    b.feed(Dir::Server, 4, b"C\0\0\0\x0dSELECT 1\0");
    assert_eq!(told(&b.events), ["SELECT Query unknown", "SELECT Query success"]);
    assert_eq!(text(&b.events[0], "error.message"), "Packet loss while capturing the response");
}

#[test]
fn changed_bytes_are_survived() {
    for name in ["simple.txt", "extended.txt"] {
        let script = script(name);
        for at in 0..script.len() {
            for byte in [0, 1, 0x7f, 0xff, b'E'] {
                let mut b = bench();
                let mut left = at;
                for (dir, turn) in &script.turns {
                    let mut turn = turn.clone();
                    if let Some(there) = turn.get_mut(left) {
                        *there = byte;
                        left = usize::MAX;
                    }
                    left = left.saturating_sub(turn.len());
                    b.feed(*dir, 1, &turn);
                }
                b.end(2);
            }
        }
    }
}
