//! Transactions against what Packetbeat 7.17 printed for its own test captures, field by field. A new
//! protocol joins by its data set in [`DATASETS`]; where we mean to differ, [`agrees`] and [`APART`] say so.

use crate::registry::{captures, packets};
use netlog::model::{Event, Ledger, Outcome, Stamp, Value};
use netlog::net::{Config, Output, SHARDS, Shard};
use netlog::proto::Options;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Data sets that both have.
const DATASETS: &[&str] = &[
    "amqp",
    "cassandra",
    "dhcpv4",
    "dns",
    "http",
    "icmp",
    "memcache",
    "mongodb",
    "mysql",
    "nfs",
    "pgsql",
    "redis",
    "sip",
    "thrift",
];

/// When the response began, nanoseconds after the request.
const WAIT: &str = "netlog.response.start";

type Fields = BTreeMap<String, Json>;

/// All events of a capture with all detail, and the accounts.
pub fn events(path: &Path) -> (Vec<Event<'static>>, Ledger) {
    events_with(path, Options { full: true, show_secrets: true, ..Options::default() })
}

/// The same with other options.
pub fn events_with(path: &Path, options: Options) -> (Vec<Event<'static>>, Ledger) {
    let config = Config { flow_timeout: i64::MAX, ..Config::default() };
    let options = Arc::new(options);
    let mut shards: Vec<_> = (0..SHARDS).map(|_| Shard::new(&config, &options)).collect();
    let (mut out, mut last) = (Output::default(), Stamp::default());
    for (packet, data) in &packets(path) {
        last = packet.stamp;
        shards[packet.key.shard()].packet(packet, data, &mut out);
    }
    shards.iter_mut().for_each(|shard| shard.finish(last, &mut out));
    (out.events, out.ledger)
}

/// A value as JSON has it; times as nanoseconds.
pub fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Str(s) => Json::from(s.as_ref()),
        Value::Int(i) => Json::from(*i),
        Value::Bool(b) => Json::from(*b),
        Value::Float(x) => Json::from(*x),
        Value::Time(ts) => Json::from(*ts),
        Value::Ip(ip) => Json::from(ip.to_string()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Object(members) => members.iter().map(|(k, v)| (k.to_string(), json(v))).collect(),
        other => panic!("{other:?}"),
    }
}

/// Members become `a.b`; lists stay as they are.
fn flatten(name: &str, value: &Json, into: &mut Fields) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                flatten(&if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, value, into);
            }
        }
        other => drop(into.insert(name.to_owned(), other.clone())),
    }
}

fn ours(event: &Event<'_>) -> Fields {
    let mut all = Fields::new();
    for (field, value) in &event.fields {
        flatten(field.name, &json(value), &mut all);
    }
    for (name, end) in [("source", &event.source), ("destination", &event.destination)] {
        let mut put = |part: &str, value: Option<Json>| {
            value.map(|value| all.insert(format!("{name}.{part}"), value));
        };
        put("ip", end.ip.map(|ip| ip.to_string().into()));
        put("port", end.port.map(Json::from));
        put("bytes", end.bytes.map(Json::from));
    }
    if event.outcome != Outcome::Unknown {
        all.insert("event.outcome".to_owned(), event.outcome.name().into());
    }
    let millis = |ts: i64| Json::from(netlog::model::rfc3339(ts)[..23].to_owned() + "Z");
    all.insert("@timestamp".to_owned(), millis(event.ts));
    if let Some(end) = event.end {
        all.insert("event.end".to_owned(), millis(end));
        all.insert("event.duration".to_owned(), (end - event.ts).into());
    }
    if let Some(began) = all.remove("netlog.http.response.start").or(all.remove(WAIT)) {
        all.insert(WAIT.to_owned(), (began.as_i64().unwrap_or(0) - event.ts).into());
    }
    all
}

fn theirs(path: &Path) -> Vec<Fields> {
    let name = path.file_stem().expect("a name").to_string_lossy();
    let expected = path.parent().expect("a folder").with_file_name("expected").join(format!("{name}.ndjson"));
    let text = std::fs::read_to_string(expected).expect("expected output");
    let events = text.lines().map(|line| serde_json::from_str::<Json>(line).expect("JSON"));
    let of = |e: &Json| DATASETS.iter().any(|d| e["event"]["dataset"] == *d);
    let mut all: Vec<Fields> = events
        .filter(of)
        .map(|event| {
            let mut fields = Fields::new();
            flatten("", &event, &mut fields);
            fields
        })
        .collect();
    all.sort_by_key(place);
    all
}

/// By what both sides' events are put in the same order.
fn place(fields: &Fields) -> (String, BTreeSet<String>) {
    let text = |name: &str| fields.get(name).map(Json::to_string).unwrap_or_default();
    (text("@timestamp"), [text("source.port"), text("destination.port")].into())
}

/// Common fields that enrichment adds and its own tests check.
fn enrichment(name: &str) -> bool {
    let families = ["client.", "server.ip", "server.port", "server.bytes", "network.", "related.", "type"];
    let event = ["event.category", "event.dataset", "event.kind", "event.type", "event.start"];
    name != "network.forwarded_ip" && families.iter().chain(&event).any(|f| name.starts_with(f))
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether our value stands for theirs. What they print as text (`ttl`) may be a number here.
fn same(theirs: &Json, ours: &Json) -> bool {
    match (theirs, ours) {
        (Json::Array(a), Json::Array(b)) => {
            let mut left: Vec<_> = b.iter().collect();
            a.len() == b.len()
                && a.iter().all(|x| {
                    let at = left.iter().position(|y| same(x, y));
                    at.map(|at| left.remove(at)).is_some()
                })
        }
        (Json::Object(a), Json::Object(_)) => a.iter().all(|(key, value)| same(value, &ours[key])),
        _ => text(theirs) == text(ours),
    }
}

fn agrees(name: &str, theirs: &Fields, ours: &Fields) -> bool {
    let wanted = &theirs[name];
    let unmatched = theirs.get("error.message").is_some_and(|m| m == "Unmatched response");
    let swapped = match name.split_once('.') {
        Some(("source", part @ ("ip" | "port"))) => format!("destination.{part}"),
        Some(("destination", part @ ("ip" | "port"))) => format!("source.{part}"),
        // Of memcached it exchanges the bytes of both sides.
        Some(("source", "bytes")) if theirs.contains_key("memcache.protocol_type") => {
            "destination.bytes".to_owned()
        }
        Some(("destination", "bytes")) if theirs.contains_key("memcache.protocol_type") => {
            "source.bytes".to_owned()
        }
        _ => name.to_owned(),
    };
    // Packetbeat takes the sender of a response without request for the client.
    let exchanged = unmatched || theirs.contains_key("memcache.protocol_type") && name.ends_with(".bytes");
    let ours_value = ours.get(if exchanged { swapped.as_str() } else { name });
    let Some(found) = ours_value else {
        if text(wanted).is_empty() {
            // What it has no word for it prints as empty text.
            return true;
        }
        let header =
            name.strip_prefix("http.request.headers.").or(name.strip_prefix("http.response.headers."));
        return match header {
            // It prints a Content-Length whether one was sent or not.
            Some("content-length") => true,
            // It splits cookies; here the header stands as it was sent.
            Some(cookie) if cookie.starts_with("cookie.") || cookie.starts_with("set-cookie.") => {
                let (header, _) = name.rsplit_once("cookie.").expect("a cookie");
                let sent = ours.get(&format!("{header}cookie")).map(text).unwrap_or_default();
                sent.contains(&text(wanted))
            }
            _ => false,
        };
    };
    match name {
        // ECS keeps the case of the method since 1.6.
        "http.request.method" => text(wanted).eq_ignore_ascii_case(&text(found)),
        // Its parameters are sorted and mixed with those of a form in the body; here it is what was sent.
        "url.query" | "url.full" => {
            let parts = |v: &Json| -> BTreeSet<String> {
                text(v).split(['?', '&']).map(|p| p.replace("%2F", "/").replace('+', "%20")).collect()
            };
            parts(found).is_subset(&parts(wanted))
        }
        // Its response is over with its first packet. Here it is with its last, and the wait for the
        // first is a field of its own.
        "event.duration" | "event.end" if ours.contains_key(WAIT) => {
            let (end, wait) = (theirs["event.duration"].as_u64(), ours[WAIT].as_u64());
            end.zip(wait).is_some_and(|(a, b)| a.abs_diff(b) <= 1000)
        }
        // Of a header sent twice it prints the last.
        "http.response.headers.content-type" => text(found).ends_with(&text(wanted)),
        _ => same(wanted, found),
    }
}

/// One thing where the two differ.
struct Difference {
    capture: String,
    dataset: String,
    field: String,
    text: String,
}

/// Differences with a reason: data set, beginning of the field's name, capture (empty: any), why.
/// docs/packetbeat.md says it at length.
const APART: &[(&str, &str, &str)] = &[
    ("mysql", "event.", "mysql_long"),
    ("mysql", "destination.bytes", "mysql_long"),
    ("mysql", "event.", "mysql_with_gap"),
    // Read from To instead of Contact; brackets left in.
    ("sip", "sip.contact.uri.", ""),
    ("sip", "sip.private.uri.", ""),
    // Read from the wrong place.
    ("cassandra", "cassandra.response.result.rows.num_rows", ""),
    // A call without an answer is OK there.
    ("thrift", "status", ""),
    // Whole numbers without their sign.
    ("thrift", "query", "thrift_integration"),
    ("thrift", "re", "thrift_integration"),
    ("thrift", "thrift.", "thrift_integration"),
    ("mysql", "destination.bytes", "mysql_with_gap"),
];

fn is_meant(d: &Difference) -> bool {
    APART.iter().any(|(dataset, field, capture)| {
        d.dataset == *dataset && d.field.starts_with(field) && d.capture.starts_with(capture)
    })
}

/// It pairs Cassandra's responses with requests in the order of arrival, whatever their stream numbers.
fn is_mispaired(theirs: &Fields) -> bool {
    let stream = |side: &str| theirs.get(&format!("cassandra.{side}.headers.stream"));
    stream("request").zip(stream("response")).is_some_and(|(a, b)| a != b)
}

/// Fields of theirs that are compared: of a mispaired event those of the request.
fn compared(theirs: &Fields) -> impl Iterator<Item = &String> {
    let wrong = is_mispaired(theirs);
    let of_request = |f: &str| f.starts_with("cassandra.request.") || f.starts_with("source.");
    theirs.keys().filter(move |f| !enrichment(f) && (!wrong || of_request(f)))
}

/// The one of `ours` that began at the same time between the same ends and has most in common.
fn partner(theirs: &Fields, ours: &mut Vec<Fields>) -> Option<Fields> {
    let agreeing = |ours: &Fields| compared(theirs).filter(|f| agrees(f, theirs, ours)).count();
    let same = |(_, o): &(usize, &Fields)| place(o) == place(theirs);
    let (at, _) =
        ours.iter().enumerate().filter(same).max_by_key(|(at, o)| (agreeing(o), usize::MAX - at))?;
    Some(ours.remove(at))
}

/// An OP_MSG is an event of its own there, a request with its response one here.
fn is_half(theirs: &Fields, ours: &[Fields]) -> bool {
    let same = |o: &Fields, pairs: &[(&str, &str)]| pairs.iter().all(|(a, b)| theirs.get(*a) == o.get(*b));
    let request =
        [("@timestamp", "@timestamp"), ("source.port", "source.port"), ("source.bytes", "source.bytes")];
    let response = [
        ("@timestamp", "event.end"),
        ("source.port", "destination.port"),
        ("source.bytes", "destination.bytes"),
        ("response", "response"),
    ];
    ours.iter().any(|o| same(o, &request) || same(o, &response))
}

/// Every difference in one capture, and the number of fields compared.
fn compare(capture: &Path) -> (Vec<Difference>, usize) {
    let theirs = theirs(capture);
    let (mut differ, mut compared) = (Vec::new(), 0);
    if theirs.is_empty() {
        return (differ, compared);
    }
    let (events, _) = events(capture);
    let events = events.iter().filter(|e| DATASETS.contains(&e.dataset.name));
    let mut ours: Vec<_> = events.map(ours).collect();
    let name = capture.file_stem().expect("a name").to_string_lossy().into_owned();
    let text_of = |f: &Fields, field: &str| f.get(field).map(text).unwrap_or_default();
    for theirs in &theirs {
        let dataset = text_of(theirs, "event.dataset");
        let mut tell = |field: &str, text: String| {
            let (capture, dataset, field) = (name.clone(), dataset.clone(), field.to_owned());
            differ.push(Difference { capture, dataset, field, text });
        };
        if text_of(theirs, "query") == ".msg()" {
            if !is_half(theirs, &ours) {
                tell("(event)", format!("{theirs:?}"));
            }
            continue;
        }
        let Some(ours) = partner(theirs, &mut ours) else {
            tell("(event)", format!("{theirs:?}"));
            continue;
        };
        for field in self::compared(theirs) {
            compared += 1;
            if field == "url.query" && !ours.contains_key(field) && text(&theirs["method"]) == "post" {
                // The form in the body again.
                continue;
            }
            if !agrees(field, theirs, &ours) {
                let found = ours.get(field).map(text);
                tell(field, format!("theirs {}\n  ours   {found:?}", theirs[field]));
            }
        }
    }
    (differ, compared)
}

#[test]
fn transactions_are_packetbeats() {
    let (mut differ, mut compared) = (Vec::new(), 0);
    for capture in captures(Path::new("../shared/corpus/packetbeat/pcaps")) {
        let (found, count) = compare(&capture);
        differ.extend(found);
        compared += count;
    }
    let (meant, open): (Vec<_>, Vec<_>) = differ.iter().partition(|d| is_meant(d));
    eprintln!("{compared} fields compared, {} differ, {} without a reason", differ.len(), open.len());
    let cut = |d: &&Difference| {
        let text: String = d.text.chars().take(600).collect();
        format!("{} {} {}:\n  {text}", d.capture, d.dataset, d.field)
    };
    assert!(open.is_empty(), "{}", open.iter().map(cut).collect::<Vec<_>>().join("\n"));
    assert!(meant.len() * 50 <= compared, "{} of {compared} fields differ", meant.len());
}

/// Every difference that is meant is told.
#[test]
fn differences_are_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/packetbeat.md");
    let page = std::fs::read_to_string(path).expect("the page");
    for (dataset, field, _) in APART {
        let row =
            |line: &&str| line.starts_with(&format!("| {dataset} |")) && line.contains(&format!("`{field}"));
        assert!(page.lines().any(|line| row(&line)), "docs/packetbeat.md does not tell of {dataset} {field}");
    }
}
