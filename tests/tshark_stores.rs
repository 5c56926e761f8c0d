//! Sessions with stores (testdata/make-stores.sh) against what tshark reads in the same files, in the order of packets:
//! golden events of Cassandra and the server that speaks MongoDB's protocol, their statements, commands and errors.

use crate::told::{compare_golden, testdata};
use crate::tshark::{self, text};
use netlog::model::{Event, Value};

const CASSANDRA: &str = "proto/cassandra/apache.pcap";
const MONGODB: &str = "proto/mongodb/java.pcap";

/// Values of one field, the first of each message if `first`; `None` without tshark.
fn theirs(capture: &str, filter: &str, field: &str, first: bool) -> Option<Vec<String>> {
    let values = tshark::values(&testdata(capture), &["tcp.port==27017,mongo"], filter, &[field], first)?;
    assert!(!values.is_empty(), "{capture} has no {field}");
    Some(values)
}

fn ours(capture: &str, dataset: &str) -> Vec<Event<'static>> {
    tshark::ours(&testdata(capture), dataset)
}

fn number(event: &Event<'_>, name: &str) -> Option<String> {
    event.by_name(name).and_then(Value::as_int).map(|n| n.to_string())
}

#[test]
fn golden_events() {
    compare_golden(CASSANDRA, &["cassandra"]);
    compare_golden(MONGODB, &["mongodb"]);
}

fn version(event: &Event<'_>) -> String {
    text(event, "cassandra.request.headers.version")
}

/// tshark knows versions 3 and 4, and both kinds of compression.
#[test]
fn cassandra() {
    let events = ours(CASSANDRA, "cassandra");
    let known: Vec<_> = events.iter().filter(|e| matches!(version(e).as_str(), "3" | "4")).collect();
    let op = |e: &Event<'_>| text(e, "cassandra.request.headers.op");
    let asked = "cql.opcode == 7 || cql.opcode == 9";
    let Some(want) = theirs(CASSANDRA, asked, "cql.string", false) else { return };
    let stated = known.iter().filter(|e| matches!(op(e).as_str(), "QUERY" | "PREPARE"));
    assert_eq!(stated.map(|e| text(e, "cassandra.request.query")).collect::<Vec<_>>(), want);

    let names = [
        ("1", "STARTUP"),
        ("5", "OPTIONS"),
        ("7", "QUERY"),
        ("9", "PREPARE"),
        ("10", "EXECUTE"),
        ("11", "REGISTER"),
        ("13", "BATCH"),
        ("15", "AUTH_RESPONSE"),
    ];
    let name = |n: &String| names.iter().find(|(op, _)| op == n).map_or("", |(_, name)| name).to_owned();
    let sent = "cql.direction == 0 && cql.version < 5";
    let want = theirs(CASSANDRA, sent, "cql.opcode", false).unwrap_or_default();
    let all: Vec<_> = known.iter().map(|e| op(e)).collect();
    assert_eq!(all[6..], want.iter().map(name).collect::<Vec<_>>()[6..]);

    let want = theirs(CASSANDRA, "cql.error_code", "cql.error_code", false);
    let codes = known.iter().filter_map(|e| number(e, "cassandra.response.error.code"));
    assert_eq!(Some(codes.collect()), want);
}

/// The same was asked in version 5, plain and packed with lz4, as in version 4.
#[test]
fn cassandra_5() {
    let events = ours(CASSANDRA, "cassandra");
    let asked = |wanted: &str, packed: &str| -> Vec<_> {
        let of = events.iter().filter(|e| {
            let packing = text(e, "cassandra.compression");
            version(e) == wanted
                && (packing == packed || text(e, "cassandra.request.headers.op") == "OPTIONS")
        });
        let told = of.map(|e| {
            let query = text(e, "query").replace("_lz4", "").replace("_snappy", "").replace("v5", "v4");
            (text(e, "method"), query, e.outcome.name())
        });
        told.filter(|(method, query, _)| !query.is_empty() && method != "SELECT").collect()
    };
    let want = asked("4", "");
    assert_eq!(want.iter().filter(|(_, _, outcome)| *outcome == "failure").count(), 2);
    for (version, packed) in [("4", "lz4"), ("4", "snappy"), ("5", ""), ("5", "lz4")] {
        assert_eq!(asked(version, packed), want, "{version} {packed}");
    }
}

/// The first element of a message's document names the command.
#[test]
fn mongodb() {
    let events = ours(MONGODB, "mongodb");
    let Some(want) = theirs(MONGODB, "mongo && tcp.dstport == 27017", "mongo.element.name", true) else {
        return;
    };
    assert_eq!(events.iter().map(|e| text(e, "mongodb.command")).collect::<Vec<_>>(), want);
    let failed: Vec<_> = events.iter().filter(|e| e.outcome.name() == "failure").collect();
    let failed: Vec<_> = failed.iter().map(|e| text(e, "mongodb.command")).collect();
    assert_eq!(failed, ["insert", "noSuchCommand"]);
}
