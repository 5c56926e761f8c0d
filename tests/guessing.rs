//! Guessed passwords are found whatever the service: by the lines of its log, and by what a capture shows of its
//! protocol. Twelve tries and then a way in; nine tries are nobody's attack.

use netlog::detect::{Concerned, Config, Tables};
use netlog::model::{Event, Ledger, Origin, Outcome};
use netlog::proto;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::Command;

/// Log, the line of a refusal, the line of a success where the log has one; `{n}` is the second, `{m}` the number.
static LOGS: &[(&str, &str, Option<&str>)] = &[
    (
        "sshd",
        "2026-03-01T10:00:{n}Z web sshd[{m}]: Failed password for bob from 203.0.113.9 port 4{n}2 ssh2",
        Some(
            "2026-03-01T10:00:{n}Z web sshd[{m}]: Accepted password for bob from 203.0.113.9 port 4{n}2 ssh2",
        ),
    ),
    (
        "vsftpd",
        "Sun Mar  1 10:00:{n} 2026 [pid {m}] [bob] FAIL LOGIN: Client \"203.0.113.9\"",
        Some("Sun Mar  1 10:00:{n} 2026 [pid {m}] [bob] OK LOGIN: Client \"203.0.113.9\""),
    ),
    (
        "proftpd",
        "2026-03-01 10:00:{n},934 web proftpd[{m}] 192.0.2.1 (203.0.113.9[203.0.113.9]): USER bob (Login failed): Incorrect password",
        Some(
            "2026-03-01 10:00:{n},934 web proftpd[{m}] 192.0.2.1 (203.0.113.9[203.0.113.9]): USER bob: Login successful.",
        ),
    ),
    (
        "dovecot",
        "Mar  1 10:00:{n} mx dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, TLS, session=<a{m}>",
        Some(
            "Mar  1 10:00:{n} mx dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid={m}, TLS, session=<a{m}>",
        ),
    ),
    (
        "postfix",
        "Mar  1 10:00:{n} mx postfix/smtpd[{m}]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: authentication failure, sasl_username=bob",
        None,
    ),
    (
        "mysql",
        "2026-03-01 10:00:{n} {m} [Warning] Access denied for user 'bob'@'203.0.113.9' (using password: YES)",
        None,
    ),
    (
        "apache",
        "203.0.113.9 - bob [01/Mar/2026:10:00:{n} +0000] \"GET /private/ HTTP/1.1\" 401 381 \"-\" \"curl/8\"",
        None,
    ),
];

pub fn rules(lines: &str) -> Vec<(String, String)> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("log"), lines).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_netlog"))
        .current_dir(dir.path())
        .args(["analyze", "-q", "--year", "2026", "-o", "json", "log"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["ledger"]["lines"]["unmatched"], 0, "{lines}");
    let text = |f: &serde_json::Value, k: &str| f[k].as_str().unwrap().to_owned();
    report["findings"].as_array().unwrap().iter().map(|f| (text(f, "rule"), text(f, "subject"))).collect()
}

fn line(template: &str, n: u32) -> String {
    template.replace("{n}", &format!("{n:02}")).replace("{m}", &(700 + n).to_string())
}

#[test]
fn in_the_log_of_every_service() {
    for (name, refused, accepted) in LOGS {
        let tries = |count: u32| {
            (0..count).fold(String::new(), |mut out, n| {
                let _ = writeln!(out, "{}", line(refused, n));
                out
            })
        };
        let rule = if *name == "apache" { "web.refused" } else { "login.bruteforce" };
        let found = rules(&tries(12));
        assert!(found.contains(&(rule.to_owned(), "203.0.113.9".to_owned())), "{name}: {found:?}");
        assert_eq!(rules(&tries(9)), [], "{name}");
        if let Some(accepted) = accepted {
            let found = rules(&format!("{}{}\n", tries(12), line(accepted, 50)));
            let want = ("login.success_after_failures".to_owned(), "203.0.113.9".to_owned());
            assert!(found.contains(&want), "{name}: {found:?}");
        }
    }
}

/// Events of a data set as its parser makes them, as far as detections look.
fn judged(dataset: &'static netlog::model::Dataset, tries: u64, outcome: Outcome) -> Vec<&'static str> {
    let config = Config::default();
    let (mut tables, mut concerned) = (Tables::new(&config), Concerned::default());
    for n in 0..tries {
        let at = i64::try_from(n).unwrap() * 1_000_000_000;
        let mut event = Event::new(dataset, Origin { source: 0, record: n, offset: n }, at);
        event.source.ip = Some("203.0.113.9".parse().unwrap());
        event.destination.ip = Some("192.0.2.1".parse().unwrap());
        event.outcome = outcome;
        // Behind an access server of RADIUS there are many.
        event.push(&proto::fields::USER_NAME, "bob");
        tables.observe(&event, &mut concerned);
    }
    tables.judge(&mut Ledger::default()).findings.iter().map(|f| f.rule).collect()
}

#[test]
fn in_every_protocol_that_shows_log_ins() {
    let mut with = BTreeSet::new();
    for dataset in proto::ALL.iter().flat_map(|p| p.datasets) {
        if dataset.category.contains(&"authentication") {
            assert_eq!(judged(dataset, 12, Outcome::Failure), ["login.bruteforce"], "{}", dataset.name);
            assert_eq!(judged(dataset, 9, Outcome::Failure), [""; 0], "{}", dataset.name);
            with.insert(dataset.name);
        }
    }
    for name in ["smb", "ftp", "imap", "pop3", "smtp", "mysql", "pgsql", "mongodb", "redis", "ldap", "telnet"]
    {
        assert!(with.contains(name), "{name} shows no log-ins: {with:?}");
    }
    // What is encrypted is counted by connections.
    let rdp = proto::ALL.iter().flat_map(|p| p.datasets).find(|d| d.name == "rdp").unwrap();
    assert_eq!(judged(rdp, 30, Outcome::Success), ["login.rdp_connections"]);
    assert_eq!(judged(rdp, 29, Outcome::Success), [""; 0]);
}
