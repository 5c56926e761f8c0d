//! Sessions with real servers (testdata/make-databases.sh) against what tshark reads in the same files:
//! the same statements and commands in the same order, and how they went.

use crate::told::testdata;
use crate::tshark::{self, text};
use netlog::model::{Event, Value};

/// Values of one field, in the order of packets; `None` without tshark.
fn theirs(protocol: &str, decode: &[&str], filter: &str, field: &str) -> Option<Vec<String>> {
    tshark::values(&testdata(&format!("proto/{protocol}/server.pcap")), decode, filter, &[field], false)
}

fn ours(protocol: &str) -> Vec<Event<'static>> {
    tshark::ours(&testdata(&format!("proto/{protocol}/server.pcap")), protocol)
}

fn told(events: &[Event<'_>], keep: impl Fn(&Event<'_>) -> bool) -> Vec<String> {
    events.iter().filter(|e| keep(e)).map(|e| text(e, "query")).collect()
}

fn outcomes(events: &[Event<'_>], method: &str) -> Vec<&'static str> {
    events.iter().filter(|e| text(e, "method") == method).map(|e| e.outcome.name()).collect()
}

#[test]
fn mariadb() {
    let events = ours("mysql");
    let Some(want) = theirs("mysql", &["tcp.port==33306,mysql"], "mysql.query", "mysql.query") else {
        return;
    };
    assert_eq!(told(&events, |e| text(e, "mysql.command") == "QUERY"), want);
    assert_eq!(outcomes(&events, "LOGIN"), ["failure", "success", "success"]);
    let error = theirs("mysql", &["tcp.port==33306,mysql"], "mysql.error_code", "mysql.error_code");
    let codes = events.iter().filter_map(|e| e.by_name("mysql.error_code").and_then(Value::as_int));
    assert_eq!(Some(codes.map(|c| c.to_string()).collect()), error);
}

#[test]
fn postgresql() {
    let events = ours("pgsql");
    let Some(want) = theirs("pgsql", &["tcp.port==35432,pgsql"], "pgsql.query", "pgsql.query") else {
        return;
    };
    let plain = |q: &String| q.trim_end_matches(';').to_owned();
    let queries = told(&events, |e| text(e, "method") != "LOGIN" && !text(e, "query").is_empty());
    assert_eq!(queries.iter().map(plain).collect::<Vec<_>>(), want.iter().map(plain).collect::<Vec<_>>());
    let outcomes = outcomes(&events, "LOGIN");
    assert_eq!((outcomes.first(), outcomes.get(1)), (Some(&"failure"), Some(&"success")));
}

/// tshark gives the members of commands in hexadecimal; those that the client sends are asked for.
#[test]
fn redis() {
    let events = ours("redis");
    let filter = "resp.bulk_string && tcp.dstport==36379";
    let Some(want) = theirs("redis", &["tcp.port==36379,resp"], filter, "resp.bulk_string.value") else {
        return;
    };
    let words: Vec<String> = told(&events, |_| true)
        .iter()
        .flat_map(|q| q.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let hex = |word: &String| word.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(words.iter().map(hex).collect::<Vec<_>>(), want);
    assert_eq!(outcomes(&events, "AUTH"), ["failure", "success", "success"]);
    assert_eq!(outcomes(&events, "INCR"), ["failure"]);
}

#[test]
fn memcached() {
    let events = ours("memcache");
    let decode = ["tcp.port==31211,memcache", "udp.port==31211,memcache"];
    let sent = "memcache.magic == 0x80";
    let Some(want) = theirs("memcache", &decode, sent, "memcache.opcode") else { return };
    let opcodes =
        events.iter().filter_map(|e| e.by_name("memcache.request.opcode_value").and_then(Value::as_int));
    assert_eq!(opcodes.map(|op| op.to_string()).collect::<Vec<_>>(), want);
    let known = ["version", "set", "get", "gets", "add", "incr", "delete", "stats"];
    let sent = "memcache.command && tcp.dstport==31211";
    let Some(want) = theirs("memcache", &decode, sent, "memcache.command") else { return };
    let is_text = |e: &&Event<'_>| {
        text(e, "memcache.protocol_type") == "text" && e.by_name("memcache.udp.request_id").is_none()
    };
    let commands: Vec<_> =
        events.iter().filter(is_text).map(|e| text(e, "memcache.request.command")).collect();
    let commands: Vec<_> = commands.into_iter().filter(|c| known.contains(&c.as_str())).collect();
    assert_eq!(commands, want);
    assert_eq!(outcomes(&events, "delete"), ["success", "failure", "success"]);
    assert_eq!(events.iter().filter(|e| e.by_name("memcache.udp.request_id").is_some()).count(), 3);
}
