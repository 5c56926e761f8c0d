//! Log formats against counts that were made by other means (loghub samples with their truth file).

use netlog::logs::{Context, FormatSet, Parsed, Parser, Scratch, YearClock};
use netlog::model::Event;
use netlog::source::LineChunk;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn corpus(file: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/logs")).join(file);
    let data = std::fs::read(&path).ok();
    if data.is_none() {
        crate::skipped(format_args!("{} is not here", path.display()));
    }
    data
}

fn parse<'a>(set: &FormatSet, chunk: &'a LineChunk) -> Parsed<'a> {
    let detection = set.detect(&chunk.data);
    let context = Context { year: Some(2015), ..Context::default() };
    let mut clock = YearClock::new(&context, &chunk.data, &chunk.data);
    let parser = Parser::new(set, &detection, context);
    let mut parsed = parser.parse(chunk, &mut Scratch::default());
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    parsed
}

fn text(event: &Event<'_>, name: &str) -> Option<String> {
    event.by_name(name).and_then(|v| v.as_str()).map(str::to_owned)
}

/// As the line calls it: an address that another line of the same process told does not count.
fn host(event: &Event<'_>) -> Option<String> {
    let told = event.by_name("netlog.client_line.offset").is_none();
    let ip = event.source.ip.filter(|_| told).map(|ip| ip.to_string());
    ip.or_else(|| text(event, "source.domain"))
}

/// host → (counter → count), users in counters of their own.
type Hosts = BTreeMap<String, BTreeMap<String, u64>>;

fn count(events: &[Event<'_>]) -> Hosts {
    let mut hosts = Hosts::new();
    for event in events {
        let (Some(host), Some(kind)) = (host(event), text(event, "netlog.auth.kind")) else { continue };
        let weight = event.by_name("netlog.count").and_then(|v| v.as_int()).map_or(1, |n| n as u64);
        let user = text(event, "user.name");
        let mut add = |name: &str, n: u64| {
            *hosts.entry(host.clone()).or_default().entry(name.to_owned()).or_default() += n;
        };
        match kind.as_str() {
            "pam" => add("pam_auth_failure_lines", 1),
            "pam_more" => {
                add("pam_more_lines", 1);
                add("pam_more_attempts", weight);
            }
            "invalid_user" => add("invalid_user_lines", 1),
            "accepted" => add("accepted", 1),
            "failed" => {
                add("failed_lines", 1);
                add("failed_attempts", weight);
                match text(event, "sshd.method").as_deref() {
                    Some("password") => {
                        add("failed_password_lines", 1);
                        add("failed_password_attempts", weight);
                    }
                    Some("none") => add("failed_none", 1),
                    other => panic!("{other:?}"),
                }
                if text(event, "event.reason").as_deref() == Some("invalid user") {
                    add("failed_invalid_user_lines", 1);
                }
                if weight > 1 {
                    add("repeated_lines", 1);
                    add("repeated_times", weight);
                }
            }
            _ => continue,
        }
        if let (Some(user), "pam" | "failed") = (user, kind.as_str()) {
            add(&format!("user {user}"), weight);
        }
    }
    hosts
}

fn truth(value: &serde_json::Value) -> Hosts {
    let skip = ["first_line", "last_line", "distinct_users", "lines"];
    let mut hosts = Hosts::new();
    for (host, counts) in value["rhosts"].as_object().unwrap() {
        let entry = hosts.entry(host.clone()).or_default();
        for (name, n) in counts.as_object().unwrap() {
            if let (Some(n @ 1..), false) = (n.as_u64(), skip.contains(&name.as_str())) {
                entry.insert(name.clone(), n);
            }
        }
        for (user, n) in counts["users"].as_object().unwrap() {
            if n.as_u64() != Some(0) {
                entry.insert(format!("user {user}"), n.as_u64().unwrap());
            }
        }
    }
    hosts
}

#[test]
fn every_host_and_every_count_of_the_openssh_samples() {
    let Some(json) = corpus("openssh-truth.json") else { return };
    let want: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let set = FormatSet::builtin().unwrap();
    for (key, file) in
        [("openssh_2k", "loghub/OpenSSH/OpenSSH_2k.log"), ("linux_2k_sshd", "loghub/Linux/Linux_2k.log")]
    {
        let Some(data) = corpus(file) else { return };
        let chunk = LineChunk { data, offset: 0, first_line: 1, ..LineChunk::default() };
        let parsed = parse(&set, &chunk);
        let ssh: Vec<Event<'_>> = parsed.events.into_iter().filter(|e| e.dataset.name == "sshd").collect();
        let (got, want) = (count(&ssh), truth(&want[key]));
        assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>(), "{key}: hosts");
        for (host, counts) in &want {
            assert_eq!(got.get(host), Some(counts), "{key}: {host}");
        }
    }
}

#[test]
fn every_line_of_the_samples_has_a_service_and_a_time() {
    let set = FormatSet::builtin().unwrap();
    for (file, format, unknown) in [
        ("loghub/OpenSSH/OpenSSH_2k.log", "syslog", 0),
        ("loghub/Linux/Linux_2k.log", "syslog", 0),
        ("loghub/Apache/Apache_2k.log", "apache.error", 0),
    ] {
        let Some(data) = corpus(file) else { return };
        let chunk = LineChunk { data, offset: 0, first_line: 1, ..LineChunk::default() };
        assert_eq!(set.detect(&chunk.data).name(), Some(format));
        let parsed = parse(&set, &chunk);
        let lines = &parsed.ledger.lines;
        assert_eq!((lines.read, lines.decoded, parsed.events.len()), (2000, 2000, 2000), "{file}: {lines:?}");
        let span = parsed.events.iter().filter(|e| (2005..=2015).contains(&year(e.ts))).count();
        assert_eq!(span, 2000, "{file}: all stamps in their years");
        let strange: u64 = parsed.ledger.anomalies.values().map(|r| r.count).sum();
        assert_eq!(strange, unknown, "{file}: {:?}", parsed.ledger.anomalies);
        let nameless = parsed
            .events
            .iter()
            .filter(|e| e.dataset.name == "syslog" && text(e, "process.name").is_none())
            .count();
        assert_eq!(nameless, 0, "{file}: lines without a service");
    }
}

fn year(ts: i64) -> i64 {
    1970 + ts / 1_000_000_000 / 31_556_952
}
