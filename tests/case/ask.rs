//! Questions on the command line: ways to print, messages, hostile text.

use super::{DEMO, made, netlog};
use assert_cmd::Command;
use std::fs;

fn told(args: &[&str]) -> (Option<i32>, String) {
    let out = Command::cargo_bin("netlog").unwrap().args(args).output().unwrap();
    (out.status.code(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn an_answer_in_every_way() {
    let (folder, case) = made(&[DEMO]);
    let question = "SELECT source.ip, COUNT(*) AS n, MIN(@timestamp) AS first FROM sshd \
                    WHERE source.ip IS NOT NULL GROUP BY source.ip ORDER BY n DESC LIMIT 1";
    let ask =
        |format: &str| String::from_utf8(netlog(&["query", &case, question, "--format", format])).unwrap();
    let line: serde_json::Value = serde_json::from_str(&ask("ndjson")).unwrap();
    assert_eq!(line["source.ip"], "45.9.148.117");
    let n = line["n"].as_i64().unwrap();
    let first = line["first"].as_str().unwrap();
    assert!(first.starts_with("2026-") && first.ends_with('Z'));
    let all: serde_json::Value = serde_json::from_str(&ask("json")).unwrap();
    assert_eq!(all, serde_json::json!([line]));
    assert_eq!(ask("csv"), format!("source.ip,n,first\n45.9.148.117,{n},{first}\n"));
    let table = ask("table");
    assert!(table.starts_with("source.ip") && table.ends_with("(1 row)\n"), "{table}");
    let file = folder.path().join("answer.parquet");
    netlog(&["query", &case, question, "-o", file.to_str().unwrap()]);
    assert_eq!(&fs::read(&file).unwrap()[..4], b"PAR1");
    let piped = Command::cargo_bin("netlog")
        .unwrap()
        .args(["query", &case, "--format", "csv"])
        .write_stdin("SELECT 1 AS a;\nSELECT 2 AS b;\n")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), "a\n1\nb\n2\n");
    let plan =
        String::from_utf8(netlog(&["query", &case, "--explain", "SELECT source.ip FROM sshd"])).unwrap();
    assert!(plan.contains("1/") || plan.contains("source.ip"), "{plan}");
}

/// `*` gives the columns of all formats and protocols: people see those in which there is something.
#[test]
fn all_columns_are_those_with_a_value() {
    let (_folder, case) = made(&[DEMO]);
    let ask = |question: &str| String::from_utf8(netlog(&["query", &case, question])).unwrap();
    let all = ask("SELECT * FROM sshd");
    let heads: Vec<&str> = all.lines().next().unwrap().split_whitespace().collect();
    assert!(heads.contains(&"user.name") && heads.contains(&"log.offset") && heads.len() < 60, "{heads:?}");
    assert!(!heads.contains(&"dns.id"), "{heads:?}");
    let end = all.lines().last().unwrap();
    assert!(end.starts_with("(193 rows; ") && end.ends_with(" columns without a value left out)"), "{end}");
    assert_eq!(ask("SELECT dns.id FROM sshd LIMIT 1"), "dns.id\n------\n\n(1 row)\n");
    let none = ask("SELECT * FROM sshd WHERE user.name = 'nobody at all'");
    assert!(none.starts_with("(0 rows; "), "{none}");
}

/// As many as the lines of `netlog events`, however they are asked for.
#[test]
fn rows_of_all_data_sets_are_counted() {
    let (_folder, case) = made(&[DEMO]);
    let ask = |question: &str| {
        let out = netlog(&["query", &case, question, "--format", "csv"]);
        String::from_utf8(out).unwrap().lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let events = netlog(&["events", "-q", DEMO]).iter().filter(|b| **b == b'\n').count().to_string();
    for question in ["count(*) FROM events", "COUNT(*) AS n FROM events", "count(event.id) FROM events"] {
        assert_eq!(ask(&format!("SELECT {question}")), [events.as_str()], "{question}");
    }
    let of = |set: &str| ask(&format!("SELECT count(*) FROM events WHERE event.dataset = '{set}'"));
    assert_eq!(of("dns"), ask("SELECT count(*) FROM dns"));
    // A column that only one of the data sets has is null in the others.
    assert_eq!(ask("SELECT count(sshd.method) FROM events"), ask("SELECT count(sshd.method) FROM sshd"));
    assert_eq!(ask("SELECT event.id FROM events ORDER BY event.id LIMIT 7 OFFSET 3").len(), 7);
    let names = ask("SELECT DISTINCT event.dataset FROM events LIMIT 100");
    assert!(names.len() > 5, "{names:?}");
}

#[test]
fn messages_name_what_is_meant() {
    let (_folder, case) = made(&[&format!("{DEMO}/auth.log")]);
    for (question, want) in [
        ("SELECT sorce.ip FROM sshd", "did you mean source.ip"),
        ("SELECT * FROM sshdd", "did you mean sshd"),
        ("SELECT * FROM sshd WHERE usr.name = 'x'", "user.name"),
        ("SELECT * FROM nothing_like_it_at_all", "there are"),
        ("", "nothing is asked"),
        ("SELEC 1", "netlog:"),
    ] {
        let (status, text) = told(&["query", &case, question]);
        assert_eq!(status, Some(2), "{question}: {text}");
        assert!(text.contains(want), "{question}: {text}");
        assert!(text.lines().count() < 4, "{text}");
    }
    assert_eq!(told(&["query", DEMO, "SELECT 1"]).0, Some(2));
    assert_eq!(told(&["query", &case, "SELECT 1", "--format", "parquet"]).0, Some(2));
}

#[test]
fn nothing_in_an_answer_steers_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    let agent = "=cmd|' /C calc'!A0\x1b]0;title\x07\u{202e}";
    fs::write(
        &log,
        format!("198.51.100.9 - - [01/Mar/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"{agent}\"\n"),
    )
    .unwrap();
    let (_case, case) = made(&[log.to_str().unwrap()]);
    for format in ["table", "csv", "json", "ndjson"] {
        let out = netlog(&["query", &case, "SELECT user_agent.original FROM events", "--format", format]);
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{format}: {text:?}");
        assert!(text.contains("cmd|"), "{text}");
        if format == "csv" {
            assert!(text.contains("'=cmd"), "{text}");
        }
    }
}
