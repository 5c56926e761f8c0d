//! The configuration file through the program.

use std::path::Path;
use std::process::{Command, Output};

fn netlog(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netlog")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn write(dir: &Path, name: &str, content: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_show_prints_passes_check_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let shown = netlog(&["config", "show"]);
    let file = write(dir.path(), "netlog.toml", text(&shown.stdout));
    let checked = netlog(&["config", "check", &file]);
    assert!(checked.status.success() && text(&checked.stdout).ends_with("is sound\n"));
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");
    let plain = netlog(&["events", demo]);
    let with = netlog(&["events", "--config", &file, demo]);
    assert!(plain.stdout.len() > 10_000 && plain.stdout == with.stdout);
}

#[test]
fn a_mistake_is_told_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "bad.toml", "timezone = \"UTC\"\n[detect]\nfailurs = 3\n");
    for args in [&["config", "check", &file][..], &["analyze", "--config", &file, "nothing.pcap"]] {
        let run = netlog(args);
        let want =
            format!("netlog: {file}:3:1: there is no option `failurs` here; did you mean `failures`?\n");
        assert_eq!((text(&run.stderr), run.status.code()), (want.as_str(), Some(2)), "{args:?}");
    }
}

#[test]
fn check_tells_every_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "bad.toml", "timezon = \"UTC\"\n[detect]\nfailurs = 3\nwindow = \"0s\"\n");
    let run = netlog(&["config", "check", &file]);
    let told: Vec<_> = text(&run.stderr).lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    assert_eq!(told, ["1:1", "3:1", "4:10"].map(|place| format!("{file}:{place}")));
    assert_eq!((run.status.code(), text(&run.stdout)), (Some(2), ""));
}

#[test]
fn the_file_holds_and_the_command_line_wins() {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "x.log", "2026-11-21T10:00:00 web myd[1]: one two three\n");
    std::fs::create_dir(dir.path().join("formats")).unwrap();
    write(
        &dir.path().join("formats"),
        "own.toml",
        "name = \"own\"\ndoc = \"X.\"\nover = \"syslog\"\nwhen = { \"process.name\" = \"myd\" }\n\
         [[rule]]\ndelimited = \"one %{user.name} three\"\n",
    );
    let file = write(dir.path(), "netlog.toml", "timezone = \"+02:00\"\npatterns = [\"formats\"]\n");
    let events = |more: &[&str]| {
        let run = netlog(&[&["events", "--config", &file], more, &[log.as_str()]].concat());
        serde_json::from_slice::<serde_json::Value>(&run.stdout).unwrap()
    };
    let event = events(&[]);
    // Paths are relative to the file, not to where the program runs.
    assert_eq!(event["user"]["name"], "two");
    assert_eq!(event["@timestamp"], "2026-11-21T08:00:00.000000000Z");
    assert_eq!(events(&["--timezone", "UTC"])["@timestamp"], "2026-11-21T10:00:00.000000000Z");
}

#[test]
fn thresholds_of_detectors_come_from_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..4)
        .map(|i| format!("2026-11-21T10:00:0{i}Z web sshd[{i}]: Failed password for root from 203.0.113.9 port 4022 ssh2\n"))
        .collect();
    let log = write(dir.path(), "auth.log", &lines);
    let file = write(dir.path(), "netlog.toml", "[detect]\nfailures = 3\n");
    let findings = |more: &[&str]| {
        let run = netlog(&[&["analyze", "-o", "json"], more, &[log.as_str()]].concat());
        let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!((findings(&[]), findings(&["--config", &file])), (0, 1));
}
