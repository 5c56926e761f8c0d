//! Names and contents made to deceive a terminal do not reach it raw.

use super::{demo, netlog_in};
use std::fs;

/// Bytes that a terminal would act on, except line ends.
fn raw(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let odd = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    text.lines().find(|line| line.chars().any(odd)).map(|line| format!("{line:?}"))
}

const NAMES: &[&str] = &[
    "\u{1b}[2J\u{1b}[31mfake.log",
    "two\nlines: all is well.log",
    "back\rforth.log",
    "\u{202e}gol.evil",
    "title\u{1b}]0;owned\u{7}.log",
    "-rf.log",
];

#[test]
fn file_names() {
    let dir = tempfile::tempdir().unwrap();
    for name in NAMES {
        fs::copy(demo("auth.log"), dir.path().join(name)).unwrap();
    }
    for sink in ["text", "markdown", "json", "ndjson", "csv"] {
        let ran = netlog_in(dir.path(), &["analyze", ".", "-o", sink, "--color", "never"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(raw(&ran.out), None, "{sink}");
        assert_eq!(raw(ran.err.as_bytes()), None, "{sink}");
    }
    let ran = netlog_in(dir.path(), &["analyze", ".", "-o", "json"]);
    assert_eq!(ran.json()["inputs"].as_array().unwrap().len(), NAMES.len());
}

#[test]
fn names_in_messages() {
    let dir = tempfile::tempdir().unwrap();
    for name in NAMES {
        let missing = format!("./{name}");
        let ran = netlog_in(dir.path(), &["analyze", &missing]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert_eq!(raw(ran.err.as_bytes()), None);
        assert_eq!(raw(&ran.out), None);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        let cut = dir.path().join(name);
        fs::write(&cut, &fs::read(demo("capture.pcap")).unwrap()[..5000]).unwrap();
        let ran = netlog_in(dir.path(), &["analyze", &missing]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert_eq!(raw(ran.err.as_bytes()), None);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        for args in
            [["-o", &format!("json=no/{name}")], ["--timezone", name], ["--filter", name], ["-o", name]]
        {
            let ran = netlog_in(dir.path(), &[&["analyze", missing.as_str()], &args[..]].concat());
            assert!(ran.code == 2 || ran.code == 4, "{args:?}: {}", ran.err);
            assert_eq!(raw(ran.err.as_bytes()), None, "{args:?}");
        }
        fs::remove_file(&cut).unwrap();
    }
}

#[test]
fn contents() {
    let dir = tempfile::tempdir().unwrap();
    let line = "Nov 21 09:07:01 web sshd[731]: Failed password for invalid user \u{1b}[2J\u{202e}\u{7}bob from 203.0.113.7 port 40022 ssh2\n";
    let junk = "\u{1b}]0;owned\u{7} not a log line at all \u{1b}[31m\n";
    fs::write(dir.path().join("auth.log"), [line.repeat(30), junk.to_owned()].concat()).unwrap();
    for sink in ["text", "markdown", "json", "ndjson", "csv"] {
        let ran = netlog_in(dir.path(), &["analyze", "auth.log", "-o", sink, "--color", "never"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(raw(&ran.out), None, "{sink}");
    }
}
