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

fn played(name: &str, full: bool) -> Vec<Event<'static>> {
    let path = format!("{}/testdata/proto/mysql/{name}", env!("CARGO_MANIFEST_DIR"));
    let script = Script::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let options = std::sync::Arc::new(Options { full, ..Options::default() });
    let mut events = script.play(&How { shapes: false, ..How::default() }, &options, ONLY).events;
    events.retain(|e| e.dataset.name == "mysql");
    events
}

fn told(events: &[Event<'_>]) -> Vec<String> {
    let one = |e: &Event<'_>| {
        let what = [text(e, "method"), text(e, "mysql.command"), e.outcome.name()];
        what.join(" ").replace("  ", " ")
    };
    events.iter().map(one).collect()
}

#[test]
fn a_session() {
    let events = played("session.txt", true);
    assert_eq!(
        told(&events),
        [
            "LOGIN success",
            "INSERT QUERY success",
            "SELECT QUERY success",
            "CALL QUERY success",
            "SELECT STMT_PREPARE success",
            "SELECT STMT_EXECUTE success",
            "STMT_CLOSE STMT_CLOSE unknown",
            "SET QUERY failure",
            "PING PING success",
            "QUIT QUIT unknown"
        ]
    );
    assert_eq!(text(&events[0], "user.name"), "app");
    assert_eq!(text(&events[0], "mysql.auth_plugin"), "mysql_native_password");
    assert_eq!(text(&events[0], "mysql.server_version"), "8.0.36");
    assert_eq!(text(&events[0], "mysql.database"), "shop");
    assert_eq!(int(&events[1], &fields::AFFECTED_ROWS), Some(3));
    assert_eq!(int(&events[1], &fields::INSERT_ID), Some(7));
    assert_eq!(text(&events[2], "response"), "a,b\n1,NULL\n\"x,y\",\n");
    assert_eq!(text(&events[2], "path"), "shop.t");
    assert_eq!(int(&events[3], &fields::RESULTS), Some(2));
    assert_eq!(int(&events[5], &fields::NUM_ROWS), Some(1));
    assert_eq!(text(&events[5], "query"), "select a from t where a = ?");
    assert_eq!(text(&events[7], "query"), "SET PASSWORD = PASSWORD('******')");
    assert_eq!(text(&events[7], "mysql.error_message"), "42000: Access denied");
}

#[test]
fn results_that_end_with_ok() {
    let events = played("deprecate_eof.txt", false);
    assert_eq!(told(&events), ["LOGIN success", "SELECT QUERY success", "SELECT QUERY unknown"]);
    assert_eq!(int(&events[1], &fields::NUM_ROWS), Some(2));
    assert_eq!(events[1].by_name("response"), None);
}

#[test]
fn log_ins_that_end_reading() {
    let refused = played("refused.txt", false);
    assert_eq!(told(&refused), ["LOGIN failure"]);
    assert_eq!(refused[0].dataset.category, ["network", "authentication", "database"]);
    assert_eq!(int(&refused[0], &fields::ERROR_CODE), Some(1045));
    assert!(!refused[0].has("netlog.user.clear_password"));
    let clear = played("clear.txt", false);
    assert_eq!((told(&clear), text(&clear[0], "user.name")), (vec!["LOGIN failure".to_owned()], "root"));
    assert!(clear[0].has("netlog.user.clear_password") && !clear[0].has("netlog.user.password"));
    let tls = played("tls.txt", false);
    assert_eq!((tls.len(), tls[0].get(&fields::TLS)), (1, Some(&Value::Bool(true))));
    let compressed = played("compressed.txt", false);
    assert_eq!(compressed[0].get(&fields::COMPRESSED), Some(&Value::Bool(true)));
    assert_eq!(compressed.len(), 1);
}

/// Every transaction of Packetbeat 7.17, in its order, with equal values.
#[test]
fn packetbeat_agrees() {
    for name in [
        "err_database_not_selected",
        "int_string_operations",
        "long",
        "long_result",
        "with_gap",
        "with_whitespaces",
    ] {
        let pcap = replay::corpus(&format!("packetbeat/pcaps/mysql_{name}.pcap"));
        let expected = replay::corpus(&format!("packetbeat/expected/mysql_{name}.ndjson"));
        let (Some(pcap), Some(expected)) = (pcap, expected) else { return };
        let out = replay::capture(ONLY, &pcap, true);
        let ours: Vec<_> = out.events.iter().filter(|e| e.get(&fields::COMMAND).is_some()).collect();
        let lines = std::fs::read_to_string(expected).unwrap();
        let all = lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        let theirs: Vec<_> = all.filter(|e| e["type"] == "mysql").collect();
        for want in &theirs {
            // Packetbeat takes the first packet of a result for its end, and miscounts what follows it.
            let long = matches!(name, "long" | "with_gap");
            let at = |e: &&&Event<'_>| {
                if long {
                    return want["query"].as_str() == Some(text(e, "query"));
                }
                want["query"].as_str() == Some(text(e, "query"))
                    && want["event"]["duration"].as_i64() == e.end.map(|end| end - e.ts)
                    && want["client"]["bytes"].as_u64() == e.source.bytes
                    && want["server"]["bytes"].as_u64() == e.destination.bytes
            };
            let found = ours.iter().find(at).unwrap_or_else(|| {
                let same: Vec<_> =
                    ours.iter().filter(|e| want["query"].as_str() == Some(text(e, "query"))).collect();
                panic!("{name}: no {want}\nbut {same:?}")
            });
            for field in ["method", "path", "request", "response", "status"] {
                assert_eq!(text(found, field), want[field].as_str().unwrap_or(""), "{name} {field}");
            }
            for (key, value) in want["mysql"].as_object().unwrap() {
                let have = found.by_name(&format!("mysql.{key}"));
                let same = match have {
                    Some(Value::Int(n)) => value.as_i64() == Some(*n),
                    Some(Value::Str(s)) => value.as_str() == Some(s),
                    _ => false,
                };
                assert!(same, "{name} mysql.{key}: {have:?}, not {value}");
            }
        }
        assert!(!theirs.is_empty());
    }
}

fn bench() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

#[test]
fn anomalies_are_named() {
    let query = b"\x09\0\0\0\x03select 1";
    let cases: [(&str, Dir, &[u8]); 3] = [
        ("mysql.command", Dir::Client, b"\x01\0\0\0\x99"),
        ("mysql.reply", Dir::Server, b"\x02\0\0\x01\0\xfc"),
        ("mysql.greeting", Dir::Server, b"\x03\0\0\0\x0a8\0"),
    ];
    for (name, dir, bytes) in cases {
        let mut b = bench();
        if name == "mysql.reply" {
            b.feed(Dir::Client, 1, query);
        }
        assert_eq!(b.feed(dir, 1, bytes), Step::Weird(name), "{name}");
    }
    let mut b = bench();
    b.feed(Dir::Client, 1, query);
    b.feed(Dir::Server, 2, b"\x07\0\0\x01\0\0\0\x02\0\0\0\x07\0\0\x02\0\0\0\x02\0\0\0");
    assert_eq!(b.anomalies("mysql.unsolicited"), 1);
    b.feed(Dir::Client, 3, query);
    b.feed(Dir::Server, 4, b"\x01\0\0\x01\x01\x05\0\0\x05\xfe\0\0\0\0");
    assert_eq!(b.anomalies("mysql.sequence"), 1);
    b.gap(Dir::Server, 5, 10);
    assert_eq!(b.anomalies("mysql.gap"), 1);
}

/// What a statement is executed with is told with all detail.
#[test]
fn parameters_of_prepared_statements() {
    let packet =
        |seq: u8, payload: &[u8]| [&[u8::try_from(payload.len()).unwrap(), 0, 0, seq], payload].concat();
    let mut b = bench();
    b.gap(Dir::Client, 1, 100);
    b.feed(Dir::Client, 1, &packet(0, b"\x03select 1"));
    b.feed(Dir::Server, 2, &packet(1, b"\0\0\0\x02\0\0\0"));
    b.feed(Dir::Client, 3, &packet(0, b"\x16insert into t values (?, ?)"));
    let made = [
        packet(1, b"\0\x05\0\0\0\0\0\x02\0\0\0\0"),
        packet(2, b"def"),
        packet(3, b"def"),
        packet(4, b"\xfe\0\0\x02\0"),
    ];
    b.feed(Dir::Server, 4, &made.concat());
    b.feed(
        Dir::Client,
        5,
        &packet(0, b"\x17\x05\0\0\0\0\x01\0\0\0\0\x01\x08\0\xfd\0\x07\0\0\0\0\0\0\0\x03bob"),
    );
    b.feed(Dir::Server, 6, &packet(1, b"\0\x01\0\x02\0\0\0"));
    let executed = b.events.last().unwrap();
    assert_eq!((text(executed, "mysql.command"), text(executed, "method")), ("STMT_EXECUTE", "INSERT"));
    assert_eq!(executed.by_name("params"), Some(&Value::texts(["7".to_owned(), "bob".to_owned()])));
}

#[test]
fn reading_goes_on_after_a_gap() {
    let mut b = bench();
    b.feed(Dir::Client, 1, b"\x09\0\0\0\x03select 1");
    b.gap(Dir::Server, 2, 100);
    b.feed(Dir::Server, 2, b"tail of something");
    b.feed(Dir::Client, 3, b"\x09\0\0\0\x03select 2");
    b.feed(Dir::Server, 4, b"\x07\0\0\x01\0\0\0\x02\0\0\0");
    assert_eq!(told(&b.events), ["SELECT QUERY unknown", "SELECT QUERY success"]);
    assert_eq!(text(&b.events[0], "error.message"), "Packet loss while capturing the response");
}

#[test]
fn changed_bytes_are_survived() {
    for name in ["session.txt", "deprecate_eof.txt"] {
        let path = format!("{}/testdata/proto/mysql/{name}", env!("CARGO_MANIFEST_DIR"));
        let script = Script::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        for at in 0..script.len() {
            for byte in [0, 1, 0x7f, 0xfb, 0xfc, 0xfe, 0xff] {
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
