//! Lines that name no client get the one that an earlier line of the same process names: the same wherever
//! the chunks are cut, and counted by `grep-auth`.

use netlog::logs::{Context, FormatSet, Parser, Scratch, YearClock};
use netlog::model::Event;
use netlog::source::LineChunk;
use std::process::Command;

const SSHD: &str = "\
Nov 21 09:07:01 web sshd[731]: Connection from 203.0.113.7 port 40022 on 198.51.100.1 port 22
Nov 21 09:07:02 web sshd[99]: Accepted publickey for eve from 192.0.2.99 port 50000 ssh2
Nov 21 09:07:02 db sshd[731]: Accepted publickey for eve from 192.0.2.1 port 50001 ssh2
Nov 21 09:07:03 web sshd[731]: Disconnecting: Too many authentication failures for root [preauth]
Nov 21 09:07:04 web sshd[7310]: pam_unix(sshd:session): session opened for user bob by (uid=0)
Nov 21 09:07:05 db sshd[731]: pam_unix(sshd:session): session closed for user eve
Nov 21 09:07:06 web sshd[99]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example  user=eve
";

const POSTGRESQL: &str = "\
2026-11-21 14:24:43.142 UTC [28674] LOG:  connection received: host=203.0.113.9 port=42934
2026-11-21 14:24:43.143 UTC [28675] LOG:  connection received: host=203.0.113.10 port=42935
2026-11-21 14:24:43.648 UTC [28674] FATAL:  password authentication failed for user \"nobody\"
2026-11-21 14:24:43.648 UTC [28674] DETAIL:  Role \"nobody\" does not exist.
2026-11-21 14:24:43.700 UTC [28675] LOG:  connection authorized: user=postgres database=shop
";

/// Line number, address, port, offset of the line that told it.
type Seen = (u64, Option<String>, Option<u16>, Option<i64>);

/// Parses the text in chunks that end before the lines of these numbers (from 1).
fn clients(text: &str, cuts: &[usize]) -> Vec<Seen> {
    let set = FormatSet::builtin().unwrap();
    let context = Context { mtime: Some(1_795_252_021_000_000_000), ..Context::default() };
    let parser = Parser::new(&set, &set.detect(text.as_bytes()), context.clone());
    assert!(parser.looks_back());
    let mut clock = YearClock::new(&context, text.as_bytes(), &[]);
    let (mut seen, mut at, mut first) = (Vec::new(), 0, 1);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for end in cuts.iter().map(|cut| cut - 1).chain([lines.len()]) {
        let data: String = lines[first - 1..end].concat();
        let before = text.as_bytes()[..at].to_vec();
        let chunk =
            LineChunk { before, data: data.into_bytes(), offset: at as u64, first_line: first as u64 };
        let mut parsed = parser.parse(&chunk, &mut Scratch::default());
        let year = clock.advance(parsed.turns());
        parser.finish(&mut parsed, year);
        let show = |event: &Event<'_>| {
            let told = event.by_name("netlog.client_line.offset").and_then(|v| v.as_int());
            (event.origin.record, event.source.ip.map(|ip| ip.to_string()), event.source.port, told)
        };
        seen.extend(parsed.events.iter().map(show));
        (at, first) = (at + chunk.data.len(), end + 1);
    }
    seen
}

fn at(text: &str, line: usize) -> Option<i64> {
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    i64::try_from(before).ok()
}

#[test]
fn the_client_is_the_one_of_the_same_process_of_the_same_host() {
    let client = |record, ip: &str, port, told| (record, Some(ip.to_owned()), port, told);
    let want = vec![
        client(1, "203.0.113.7", Some(40022), None),
        client(2, "192.0.2.99", Some(50000), None),
        client(3, "192.0.2.1", Some(50001), None),
        client(4, "203.0.113.7", Some(40022), at(SSHD, 1)),
        (5, None, None, None),
        client(6, "192.0.2.1", Some(50001), at(SSHD, 3)),
        // The name that the line itself tells stays; the address comes beside it.
        client(7, "192.0.2.99", Some(50000), at(SSHD, 2)),
    ];
    assert_eq!(clients(SSHD, &[]), want);
    for cuts in [&[2][..], &[4], &[2, 3, 4, 5, 6, 7]] {
        assert_eq!(clients(SSHD, cuts), want, "cut before {cuts:?}");
    }
}

#[test]
fn a_refused_log_in_to_postgresql_has_the_address_of_its_connection() {
    let seen = clients(POSTGRESQL, &[]);
    let of = |line: u64| seen.iter().find(|s| s.0 == line).cloned().unwrap();
    assert_eq!(of(3), (3, Some("203.0.113.9".to_owned()), Some(42934), at(POSTGRESQL, 1)));
    assert_eq!(of(5), (5, Some("203.0.113.10".to_owned()), Some(42935), at(POSTGRESQL, 2)));
}

/// What `grep-auth` answers of a log.
fn grep_auth(name: &str, text: &str) -> serde_json::Value {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    let output = command.args(["grep-auth", "-o", "json=-"]).arg(&path).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn grep_auth_counts_them_by_address() {
    let answer = grep_auth("postgresql.log", POSTGRESQL);
    let text = answer.to_string();
    assert!(text.contains("203.0.113.9") && text.contains("203.0.113.10"), "{answer:#}");
}

const REPEATED: &str = "\
Nov 21 09:07:01 web sshd[731]: error: PAM: Authentication error for root from 203.0.113.7
Nov 21 09:07:02 db sshd[99]: error: PAM: Authentication error for eve from 192.0.2.99
Nov 21 09:07:05 web last message repeated 3 times
Nov 21 09:07:35 web last message repeated 12 times
Nov 21 09:07:36 db syslogd: last message repeated 2 times
Nov 21 09:07:37 mail last message repeated 7 times
";

#[test]
fn a_line_that_repeats_another_is_an_event_like_it() {
    let web = || Some("203.0.113.7".to_owned());
    let db = || Some("192.0.2.99".to_owned());
    let want = [web(), db(), web(), web(), db(), None];
    for cuts in [&[][..], &[3], &[4, 5], &[2, 3, 4, 5, 6]] {
        let seen: Vec<_> = clients(REPEATED, cuts).into_iter().map(|seen| seen.1).collect();
        assert_eq!(seen, want, "cut before {cuts:?}");
    }
}

#[test]
fn what_goes_on_for_hours_is_told_for_hours() {
    let mut text = REPEATED.lines().next().unwrap().to_owned() + "\n";
    (0..50).for_each(|n| text += &format!("Nov 21 10:{n:02}:00 web last message repeated {n} times\n"));
    let seen = clients(&text, &[]);
    assert!(seen.len() == 51 && seen.iter().all(|seen| seen.1.as_deref() == Some("203.0.113.7")));
}

#[test]
fn grep_auth_counts_what_was_repeated() {
    let answer = grep_auth("auth.log", REPEATED);
    let count = |nth: usize| (answer["hosts"][nth]["host"].clone(), answer["hosts"][nth]["failures"].clone());
    assert_eq!(count(0), ("203.0.113.7".into(), 16.into()), "{answer:#}");
    assert_eq!(count(1), ("192.0.2.99".into(), 3.into()), "{answer:#}");
    assert_eq!(answer["totals"]["hosts"], 2);
}
