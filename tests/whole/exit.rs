//! Exit codes, and the messages that a person reads at three in the morning.

use super::{ROOT, Ran, arg, demo, finish, netlog, netlog_in, program};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Asserts the exit status, that the message has all of `words`, is short, and that nothing was printed.
#[track_caller]
fn refused(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.err);
    for word in words {
        assert!(ran.err.contains(word), "no '{word}' in: {}", ran.err);
    }
    assert!(ran.err.lines().count() <= 8, "{}", ran.err);
    assert!(!ran.err.contains("Error {") && !ran.err.contains("Os {"), "{}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.text());
}

#[test]
fn done() {
    let ran = netlog(&["analyze", "testdata/demo"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.text().lines().all(|l| l.chars().count() <= 80), "wider than 80 columns");
    assert!(!ran.out.contains(&0x1b), "colours without a terminal");
    for args in [&["--help"][..], &["--version"], &["fields"], &["man"], &["completions", "bash"]] {
        let ran = netlog(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(!ran.out.is_empty());
    }
}

#[test]
fn a_finding_is_severe_enough() {
    for limit in ["info", "critical"] {
        assert_eq!(netlog(&["analyze", "testdata/demo", "--fail-on", limit]).code, 1, "{limit}");
    }
    let calm = demo("access.log");
    assert_eq!(netlog(&["analyze", arg(&calm), "--fail-on", "critical"]).code, 0);
    refused(&netlog(&["analyze", arg(&calm), "--fail-on", "bad"]), 2, &["--fail-on", "critical"]);
}

#[test]
fn evidence_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("auth.log");
    let capture = dir.path().join("web.pcap");
    fs::copy(demo("auth.log"), &log).unwrap();
    fs::copy(demo("capture.pcap"), &capture).unwrap();
    let before = (fs::read(&log).unwrap(), fs::read(&capture).unwrap());
    let folder = arg(dir.path());
    let over = |output: &str, to: &Path| format!("{output}={}", arg(to));
    let refuse = |args: &[&str]| refused(&netlog(args), 2, &["is read as well", "another name"]);
    refuse(&["analyze", arg(&log), "-o", &over("text", &log)]);
    refuse(&["analyze", arg(&capture), "-o", &over("ndjson", &capture)]);
    refuse(&["analyze", folder, "-o", &over("json", &capture)]);
    refuse(&["grep-auth", arg(&log), "-o", &over("json", &log)]);
    refuse(&["extract", arg(&capture), "--host", "192.0.2.1", "-o", arg(&capture)]);
    assert!(before == (fs::read(&log).unwrap(), fs::read(&capture).unwrap()));
    // A report of yesterday is.
    let report = dir.path().join("report.txt");
    for _ in 0..2 {
        assert_eq!(netlog(&["analyze", folder, "-o", &over("text", &report)]).code, 0);
    }
}

#[test]
fn wrong_command_lines() {
    let log = demo("auth.log");
    let with = |args: &[&str]| netlog(&[&["analyze", arg(&log)], args].concat());
    refused(&netlog(&["analyze"]), 2, &["INPUT"]);
    refused(&netlog(&["analyse", "x"]), 2, &["analyze"]);
    refused(&with(&["-o", "jsno"]), 2, &["jsno", "json", "ndjson", "csv"]);
    refused(&with(&["-o", "json", "-o", "text"]), 2, &["standard output", "NAME=PATH"]);
    refused(&with(&["-o", "json=x", "-o", "text=x"]), 2, &["x"]);
    refused(&with(&["--filter", "tcp prot 80"]), 2, &["--filter", "tcp prot 80", "^"]);
    refused(&with(&["--filter", "host 1.2.3.4 and ("]), 2, &["--filter", "^"]);
    refused(&with(&["--timezone", "Europe/Berln"]), 2, &["--timezone", "Europe/Berln"]);
    refused(&with(&["--from", "yesterday"]), 2, &["--from", "yesterday", "2026-03-01"]);
    refused(&with(&["--from", "2026-03-02", "--to", "2026-03-02"]), 2, &["--to", "not after --from"]);
    refused(&with(&["--from", "2026-03-02", "--to", "2026-03-01"]), 2, &["--to", "not after --from"]);
    refused(&with(&["--threads", "0"]), 2, &["--threads", "at least one"]);
    refused(&with(&["--internal-net", "10.0.0.0/33"]), 2, &["--internal-net", "10.0.0.0/33"]);
    refused(&with(&["--flow-timeout", "soon"]), 2, &["--flow-timeout", "30s"]);
    refused(&with(&["--patterns", "no/such/folder"]), 2, &["no/such/folder"]);
    refused(&with(&["--geoip-db", "no/such.mmdb"]), 2, &["no/such.mmdb"]);
    refused(&with(&["--geoip-db", arg(&log)]), 2, &["auth.log"]);
    refused(&with(&["--format", "no-such-format"]), 2, &["no-such-format"]);
    refused(&netlog(&["patterns", "show", "no-such-format"]), 2, &["no-such-format"]);
}

#[test]
fn a_wrong_command_line_leaves_files_alone() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old.json");
    fs::write(&old, "precious").unwrap();
    let target = format!("json={}", old.display());
    let log = demo("auth.log");
    for wrong in
        [["--filter", "tcp prot"], ["--timezone", "x/y"], ["--patterns", "no/such"], ["-o", "nosink=z"]]
    {
        let ran = netlog_in(dir.path(), &[&["analyze", arg(&log), "-o", &target], &wrong[..]].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert_eq!(fs::read_to_string(&old).unwrap(), "precious", "{wrong:?}");
    }
}

#[test]
fn inputs_that_are_not_there() {
    let ran = netlog(&["analyze", "no/such/file.pcap", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("no/such/file.pcap"), "{}", ran.err);
    assert_eq!(ran.json()["ledger"]["faults"].as_array().unwrap().len(), 1);
    let both = netlog(&["analyze", "no/such/file.pcap", arg(&demo("auth.log")), "-o", "json"]);
    assert_eq!(both.code, 3);
    assert_eq!(both.json()["ledger"]["lines"]["read"], 199);
    let glob = netlog(&["analyze", "testdata/demo/*.nothing"]);
    assert_eq!(glob.code, 3, "a glob without a match is an input that is not there: {}", glob.err);
}

#[test]
fn cut_captures_give_everything_up_to_the_cut() {
    let whole = fs::read(demo("capture.pcap")).unwrap();
    let count = |ran: &Ran| ran.json()["ledger"]["packets"]["read"].as_u64().unwrap();
    let all = count(&netlog(&["analyze", arg(&demo("capture.pcap")), "-o", "json"]));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.pcap");
    // In the middle of the last record's data, of its header, and of the file.
    for (len, lost) in
        [(whole.len() - 1, Some(1)), (whole.len() / 2, None), (24 + 5, Some(all)), (24, Some(all))]
    {
        fs::write(&path, &whole[..len]).unwrap();
        let ran = netlog(&["analyze", arg(&path), "-o", "json"]);
        let at_end = len == 24;
        assert_eq!(ran.code, if at_end { 0 } else { 3 }, "{len}: {}", ran.err);
        assert!(at_end || ran.err.contains("cut.pcap"), "{}", ran.err);
        let read = count(&ran);
        match lost {
            Some(lost) => assert_eq!(read, all - lost, "{len}"),
            None => assert!(read > all / 10 && read < all, "{read} of {all}"),
        }
    }
}

#[test]
fn a_damaged_compressed_log_gives_what_came_before() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log.gz");
    let whole = fs::read(demo("access.log.1.gz")).unwrap();
    fs::write(&path, &whole[..whole.len() - 4]).unwrap();
    let ran = netlog(&["analyze", arg(&path), "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("access.log.gz"), "{}", ran.err);
    assert!(ran.json()["ledger"]["lines"]["read"].as_u64().unwrap() > 0);
}

#[test]
fn outputs_that_cannot_be_written() {
    for sink in ["ndjson", "text", "json", "csv", "markdown"] {
        let there = format!("{sink}=no/such/folder/x.csv");
        let ran = netlog(&["analyze", "testdata/demo", "-o", &there]);
        refused(&ran, 4, &["no/such/folder", "No such file"]);
    }
    if !Path::new("/dev/full").exists() {
        crate::skipped("no /dev/full here");
        return;
    }
    for sink in ["ndjson", "text", "json", "markdown"] {
        let ran = netlog(&["analyze", "testdata/demo", "-o", &format!("{sink}=/dev/full")]);
        refused(&ran, 4, &["No space left"]);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        command.current_dir(ROOT).args(["analyze", "testdata/demo", "-o", sink]).stdout(full);
        assert_eq!(command.stderr(Stdio::null()).status().unwrap().code(), Some(4), "{sink}");
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    for args in
        [&["events", "testdata/demo"][..], &["analyze", "testdata/demo", "-o", "json"], &["fields"], &["man"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        command.current_dir(ROOT).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{args:?}");
        assert!(out.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let colour = |args: &[&str], no_color: Option<&str>| {
        let mut command = program(Path::new(ROOT), &[&["analyze", "testdata/demo"], args].concat());
        no_color.map(|v| command.env("NO_COLOR", v));
        finish(command).out.contains(&0x1b)
    };
    assert!(!colour(&[], None));
    assert!(colour(&["--color", "always"], None));
    assert!(!colour(&["--color", "never"], None));
    assert!(!colour(&[], Some("1")));
}

/// What stops in the middle of a large input must stop all of it: reader, workers and writer.
#[test]
fn a_reader_that_has_had_enough_of_much_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let log = fs::read(demo("access.log")).unwrap();
    let capture = fs::read(Path::new(ROOT).join("testdata/demo/capture.pcap")).unwrap();
    let (head, packets) = capture.split_at(24);
    let parts = [("log", &b""[..], &log[..]), ("pcap", head, packets)];
    for (name, head, body) in parts {
        let path = dir.path().join(name);
        fs::write(&path, [head, &body.repeat((64 << 20) / body.len())].concat()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        let mut child = command
            .args(["events", arg(&path)])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut some = [0; 1000];
        std::io::Read::read_exact(&mut child.stdout.take().unwrap(), &mut some).unwrap();
        let mut tries = 0;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            tries += 1;
            if tries > 600 {
                child.kill().unwrap();
                panic!("{name}: netlog goes on although nobody reads");
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        };
        assert_eq!(status.code(), Some(0), "{name}");
    }
}
