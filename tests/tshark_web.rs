//! How many messages are seen, against tshark over the shared captures: DNS messages, HTTP requests
//! and responses, ICMP messages. `TSHARK_ALL=1` takes all captures (minutes), else those whose names
//! begin as [`SOME`] says.

use crate::packetbeat::events;
use crate::registry::captures;
use netlog::model::{Event, Value};
use std::path::Path;
use std::process::Command;

/// Beginnings of the names of captures that are always compared.
const SOME: &[&str] = &["dns", "http", "icmp", "malformed", "exe_", "weibo", "instagram"];

/// Captures where we mean to differ, and why.
const APART: &[(&str, &str)] = &[
    ("1kxun", "asked for requests and responses apart, tshark counts as we do"),
    ("badpackets", "cut so short that nothing tells DNS but the port"),
    ("capwap", "ICMP inside 802.11 frames inside CAPWAP"),
    ("dnscrypt-v1-and-resolver-pings", "DNS on other ports"),
    ("fuzz-2006-09-29-28586", "two damaged status lines"),
    ("instagram", "two of its five errors are copies: captured twice, at the same time"),
    ("shadowsocks", "noise"),
];

/// Messages of DNS on port 53, HTTP over TCP, and ICMP as tshark counts them; `None` without tshark.
fn theirs(path: &Path) -> Option<[usize; 3]> {
    let fields =
        ["dns.id", "udp.port", "tcp.port", "http.request", "http.response", "icmp.type", "icmpv6.type"];
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-Y", "dns||http||icmp||icmpv6", "-T", "fields", "-E", "separator=|"]);
    command.args(["-E", "aggregator=;"]);
    // Responses whose body is not whole count too.
    command.args(["-o", "http.desegment_body:FALSE"]);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut counts = [0; 3];
    for line in text.lines() {
        let parts: Vec<&str> = line.split('|').collect();
        let count = |i: usize| parts.get(i).map_or(0, |p| p.split(';').filter(|x| !x.is_empty()).count());
        let port = |i: usize| parts.get(i).is_some_and(|p| p.split(';').any(|x| x == "53"));
        // What an ICMP error quotes is dissected too.
        if count(5) + count(6) > 0 {
            counts[2] += 1;
            continue;
        }
        if port(1) || port(2) {
            counts[0] += count(0);
        }
        if count(2) > 0 {
            counts[1] += count(3) + count(4);
        }
    }
    Some(counts)
}

fn number(event: &Event<'_>, name: &str) -> usize {
    event.by_name(name).and_then(Value::as_int).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn dns(event: &Event<'_>) -> usize {
    let query = usize::from(event.source.bytes.is_some());
    let response = event.destination.bytes.map_or(0, |_| number(event, "netlog.dns.messages").max(1));
    query + response + number(event, "netlog.dns.retransmissions")
}

fn http(event: &Event<'_>) -> usize {
    let interim = match event.by_name("netlog.http.response.informational") {
        Some(Value::List(list)) => list.len(),
        _ => 0,
    };
    usize::from(event.source.bytes.is_some()) + usize::from(event.destination.bytes.is_some()) + interim
}

fn icmp(event: &Event<'_>) -> usize {
    let has = |name| usize::from(event.by_name(name).is_some());
    has("icmp.request.type") + has("icmp.response.type")
}

fn ours(path: &Path) -> [usize; 3] {
    let (events, _) = events(path);
    let of = |name: &'static str, count: fn(&Event<'_>) -> usize| {
        events.iter().filter(|e| e.dataset.name == name).map(count).sum()
    };
    [of("dns", dns), of("http", http), of("icmp", icmp)]
}

#[test]
fn as_many_messages_as_tshark() {
    let all = std::env::var_os("TSHARK_ALL").is_some();
    let mut differ = Vec::new();
    for capture in captures(Path::new("../shared/corpus/captures")) {
        let name = capture.file_stem().expect("a name").to_string_lossy().into_owned();
        let classic = std::fs::read(&capture).is_ok_and(|bytes| {
            matches!(
                bytes.get(..4),
                Some([0xd4, 0xc3, 0xb2, 0xa1] | [0xa1, 0xb2, 0xc3, 0xd4] | [0x4d, 0x3c, 0xb2, 0xa1])
            )
        });
        if !classic || !(all || SOME.iter().any(|start| name.starts_with(start))) {
            continue;
        }
        let Some(theirs) = theirs(&capture) else {
            crate::skipped("no tshark");
            return;
        };
        let ours = ours(&capture);
        if ours != theirs && !APART.iter().any(|(n, _)| *n == name) {
            differ.push(format!("{name}: ours {ours:?}, tshark {theirs:?} (DNS, HTTP, ICMP)"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
