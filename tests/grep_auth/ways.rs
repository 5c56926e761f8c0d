//! The same answer whatever way the lines come in and whatever the threads; what the options do; how it
//! is told.

use super::{Folder, MIXED, adds_up, answer, host, log, names, piped, run};
use std::fs;
use std::io::Write;

#[test]
fn the_counts_of_each_kind() {
    let folder = Folder::new();
    let got = answer(&folder.put("auth.log", log(MIXED)), &[]);
    let order = ["203.0.113.7", "2001:db8::7", "192.0.2.9", "198.51.100.4", "8.8.8.8", "dsl-7.example.net"];
    assert_eq!(names(&got), order);
    let first = host(&got, "203.0.113.7");
    assert_eq!((&first["failed"], &first["pam_failed"]), (&7.into(), &3.into()));
    assert_eq!((&first["invalid_user"], &first["accepted"]), (&1.into(), &1.into()));
    assert_eq!(first["users"], serde_json::json!({"root": 7, "bob": 1}));
    assert_eq!(first["accepted_users"], serde_json::json!({"root": 1}));
    assert_eq!(first["first"], "2015-12-10T07:00:00.000000000Z");
    assert_eq!(first["last"], "2015-12-10T07:00:06.000000000Z");
    assert_eq!(host(&got, "2001:db8::7")["kinds"]["publickey"], 1);
    assert_eq!(host(&got, "2001:db8::7")["kinds"]["keyboard_interactive"], 1);
    let public = host(&got, "8.8.8.8");
    assert_eq!((&public["kinds"]["none"], &public["users"][""]), (&1.into(), &1.into()));
    assert_eq!((&public["geo"]["country_iso_code"], &public["as"]["number"]), (&"US".into(), &15169.into()));
    assert_eq!(host(&got, "192.0.2.9")["kinds"]["preauth"], 1);
    assert_eq!(got["totals"]["connections_without_user"], 1);
    assert_eq!((&got["totals"]["hosts"], &got["totals"]["failed"]), (&6.into(), &11.into()));
    adds_up(&got["ledger"]);
}

#[test]
fn let_in_after_failing_is_a_matter_of_time_then_of_place() {
    let folder = Folder::new();
    let got = answer(&folder.put("auth.log", log(MIXED)), &[]);
    assert_eq!(host(&got, "203.0.113.7")["accepted_after_failure"], true);
    // Let in first, failed later.
    assert_eq!(host(&got, "198.51.100.4")["accepted_after_failure"], false);
    assert_eq!(got["totals"]["accepted_after_failure"], 1);
    let failed = "Dec 10 07:00:00 web sshd[1]: Failed password for root from 203.0.113.1 port 1 ssh2\n";
    let accepted = "Dec 10 07:00:00 web sshd[1]: Accepted password for root from 203.0.113.1 port 1 ssh2\n";
    for (text, want) in [(format!("{failed}{accepted}"), true), (format!("{accepted}{failed}"), false)] {
        let got = answer(&folder.put("same-second.log", text), &[]);
        assert_eq!(host(&got, "203.0.113.1")["accepted_after_failure"], want);
    }
}

#[test]
fn options_select_hosts_users_and_time() {
    let folder = Folder::new();
    let path = folder.put("auth.log", log(MIXED));
    assert_eq!(names(&answer(&path, &["--top", "2"])), ["203.0.113.7", "2001:db8::7"]);
    assert_eq!(names(&answer(&path, &["--min-failures", "7"])), ["203.0.113.7"]);
    let all = answer(&path, &["--top", "1"]);
    assert_eq!((&all["totals"]["hosts"], &all["totals"]["listed"]), (&6.into(), &1.into()));
    let bob = answer(&path, &["--user", "bob"]);
    assert_eq!((names(&bob), &bob["hosts"][0]["failed"]), (vec!["203.0.113.7"], &1.into()));
    let two = answer(&path, &["--user", "bob", "--user", "git"]);
    assert_eq!(names(&two), ["2001:db8::7", "203.0.113.7"]);
    let late = answer(&path, &["--since", "2015-12-10T07:00:10", "--until", "2015-12-10T07:00:12"]);
    assert_eq!(names(&late), ["198.51.100.4"]);
    assert_eq!(late["ledger"]["lines"]["skipped"]["filtered"], 14);
    for answer in [&bob, &two, &late] {
        assert_eq!(answer["ledger"]["lines"]["read"], 16);
        adds_up(&answer["ledger"]);
    }
}

/// Enough lines for several chunks, the middle of which is New Year.
fn long() -> String {
    let mut text = String::new();
    for i in 0..60_000u32 {
        let (month, day) = if i < 30_000 { ("Dec", 1 + i / 1000) } else { ("Jan", 1 + (i - 30_000) / 1000) };
        let (host, user) = (i % 300, i * 7 % 91);
        text.push_str(&format!(
            "{month} {day:2} {:02}:{:02}:{:02} web sshd[{i}]: ",
            i % 1000 / 42,
            i % 42,
            i % 60
        ));
        let address = format!("192.0.{}.{} port {}", host / 250, host % 250, 1024 + i % 60_000);
        text.push_str(&match i % 5 {
            0 if i % 50 == 0 => format!("Accepted password for u{user} from {address} ssh2\n"),
            0 => format!("Invalid user u{user} from {address}\n"),
            1 => "Server listening on :: port 22.\n".to_owned(),
            2 => "what is this\n".to_owned(),
            _ => format!("Failed password for u{user} from {address} ssh2\n"),
        });
    }
    text
}

#[test]
fn threads_and_rounds_do_not_show() {
    let folder = Folder::new();
    let path = folder.put("auth.log", long());
    let path = path.to_str().unwrap();
    for form in ["json", "text", "csv"] {
        let with = |threads: &str| {
            // The command line is part of the answer: it has to be the same.
            let out = run(&["-o", form, "--from", "2014-01-01", "--year", "2014", "-j", threads, path]);
            assert_eq!(out.status.code(), Some(0));
            String::from_utf8(out.stdout).unwrap().replace(&format!("-j {threads}"), "")
        };
        let one = with("1");
        assert!(one.len() > 1000);
        for threads in ["2", "8"] {
            assert!(one == with(threads), "{form} with {threads} threads");
        }
    }
}

#[test]
fn a_new_year_between_chunks_and_the_same_accounts_as_analyze() {
    let folder = Folder::new();
    let path = folder.put("auth.log", long());
    let got = answer(&path, &[]);
    assert_eq!(got["totals"]["first"].as_str().map(|s| &s[..10]), Some("2015-12-01"));
    assert_eq!(got["totals"]["last"].as_str().map(|s| &s[..10]), Some("2016-01-30"));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_netlog"))
        .args(["analyze", "-o", "json", "--year", "2015", path.to_str().unwrap()])
        .output()
        .unwrap();
    let mut whole: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Formats that tell of no log-ins are not asked here, so nobody knows which messages one of them reads.
    let frames = whole["ledger"]["lines"].as_object_mut().and_then(|lines| lines.remove("frame_only"));
    assert_eq!(frames, Some(12_000.into()));
    assert_eq!(got["ledger"], whole["ledger"]);
    assert_eq!(got["ledger"]["anomalies"]["sshd.unknown_message"], 12_000);
    adds_up(&got["ledger"]);
}

#[test]
fn line_ends_pipes_compression_and_rotation_do_not_show() {
    let folder = Folder::new();
    let text = log(MIXED);
    let want = answer(&folder.put("auth.log", &text), &[])["hosts"].clone();
    let crlf = folder.put("crlf.log", text.replace('\n', "\r\n"));
    assert_eq!(answer(&crlf, &[])["hosts"], want);
    let unended = folder.put("unended.log", text.trim_end());
    assert_eq!(answer(&unended, &[])["hosts"], want);
    let piped = piped(&["-o", "json", "--year", "2015", "-"], text.as_bytes());
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&piped.stdout).unwrap()["hosts"], want);
    let rotated = Folder::new();
    let half = text.match_indices('\n').nth(7).unwrap().0 + 1;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(&text.as_bytes()[..half]).unwrap();
    rotated.put("auth.log.2.gz", gz.finish().unwrap());
    rotated.put("auth.log", &text.as_bytes()[half..]);
    assert_eq!(answer(rotated.0.path(), &[])["hosts"], want);
}

#[test]
fn exit_status() {
    let folder = Folder::new();
    let path = folder.put("auth.log", log(MIXED));
    let path = path.to_str().unwrap();
    let status = |args: &[&str]| run(args).status.code();
    assert_eq!(status(&[path]), Some(0));
    assert_eq!(status(&["-o", "xml", path]), Some(2));
    assert_eq!(status(&["-o", "json", "-o", "text", path]), Some(2));
    assert_eq!(status(&["--since", "tomorrow", path]), Some(2));
    assert_eq!(status(&[path, "/nonexistent/auth.log"]), Some(3));
    assert_eq!(status(&["-o", "json=/nonexistent/x.json", path]), Some(4));
}

/// The answer without what differs from run to run: the command and the path.
fn told(form: &str, more: &[&str]) -> String {
    let folder = Folder::new();
    let path = folder.put("auth.log", log(MIXED));
    let out = folder.0.path().join("out");
    let to = format!("{form}={}", out.display());
    let mut args = vec!["--year", "2015", "-o", &to, path.to_str().unwrap()];
    args.extend(more);
    assert_eq!(run(&args).status.code(), Some(0));
    let text = fs::read_to_string(out).unwrap();
    // The command line stands between the title and the databases.
    let keep = |line: &&str| !line.contains("grep-auth") && !line.contains("built-in");
    let lines: Vec<&str> = text.lines().filter(keep).collect();
    lines.join("\n").replace(folder.0.path().to_str().unwrap(), "DIR")
}

#[test]
fn every_form_as_it_was() {
    let golden = |form: &str| {
        let path = format!("{}/tests/grep_auth/golden/answer.{form}", env!("CARGO_MANIFEST_DIR"));
        let got = told(form, &[]);
        if std::env::var_os("NETLOG_BLESS").is_some() {
            fs::write(&path, &got).unwrap();
        }
        assert_eq!(got, fs::read_to_string(&path).unwrap_or_default(), "{form}");
    };
    ["csv", "ndjson", "markdown"].into_iter().for_each(golden);
}

#[test]
fn the_table_fits_the_page_and_says_who_got_in_first() {
    let text = told("text", &[]);
    let wide = text.lines().filter(|l| !l.contains("DIR") && l.chars().count() > 80).count();
    assert_eq!(wide, 0, "{text}");
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} in {text}"));
    assert!(at("Who got in after failing") < at("Remote hosts by failed log-ins"));
    assert!(at("203.0.113.7") < at("2001:db8::7"));
    assert!(text.contains("6 hosts in all"), "{text}");
}
