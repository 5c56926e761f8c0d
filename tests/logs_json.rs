//! What lines of JSON say is read whatever shape they have: their time, who logs in, and the lines that they wrap.

use crate::whole::netlog;
use serde_json::Value;

/// A file of these lines.
fn file(folder: &tempfile::TempDir, lines: &[&str]) -> String {
    let path = folder.path().join("some.json");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    path.to_str().unwrap().to_owned()
}

/// Where no time is found, the reader learns of which file and of how many events.
#[test]
fn events_without_a_time_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = |lines: &[&str], command: &str| {
        let text = netlog(&[command, &file(&folder, lines)]).text();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (without, with) = (r#"{"msg":"a"}"#, r#"{"msg":"b","time":"2026-11-21T09:07:01Z"}"#);
    let told = text(&[without, without], "analyze");
    assert!(
        told.contains("no line tells a time that is understood: all events have that of the file"),
        "{told}"
    );
    let told = text(&[with, without, without, with], "analyze");
    assert!(told.contains("2 events tell no time that is understood"), "{told}");
    let told = text(&[with, without], "analyze");
    assert!(told.contains("1 event tells no time that is understood"), "{told}");
    let told = text(&[without, without], "grep-auth");
    assert!(told.contains("no line tells a time that is understood"), "{told}");
    let told = text(&[with, with], "analyze");
    assert!(!told.contains("time that is understood"), "{told}");
}

/// A message that a collector took apart is read by the program's own format, as in syslog.
#[test]
fn messages_in_json_are_read_by_the_format_of_their_program() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        r#"{"PROGRAM":"sshd","PID":"731","MESSAGE":"Failed password for bob from 203.0.113.7 port 40022 ssh2","ISODATE":"2026-11-21T09:07:01+00:00","HOST":"web"}"#,
        r#"{"date":1795252021.5,"_HOSTNAME":"web","SYSLOG_IDENTIFIER":"sshd","_PID":"731","PRIORITY":"6","MESSAGE":"Failed password for bob from 203.0.113.7 port 40022 ssh2"}"#,
        r#"{"@timestamp":"2026-11-21T09:07:01.123Z","agent":{"type":"filebeat"},"journald":{"pid":731},"host":{"name":"web"},"syslog":{"identifier":"sshd"},"message":"Failed password for bob from 203.0.113.7 port 40022 ssh2"}"#,
        r#"{"timestamp":"2026-11-21T09:07:01.123Z","host":"web","facility":"authpriv","programname":"sshd","procid":"731","message":" Failed password for bob from 203.0.113.7 port 40022 ssh2"}"#,
    ];
    for line in lines {
        let events = netlog(&["events", "-q", &file(&folder, &[line])]).json();
        assert_eq!(events["event"]["dataset"], "sshd", "{line}");
        assert_eq!(
            (&events["user"]["name"], &events["source"]["ip"]),
            (&"bob".into(), &"203.0.113.7".into())
        );
        assert_eq!(
            (&events["host"]["name"], &events["netlog"]["auth"]["kind"]),
            (&"web".into(), &"failed".into())
        );
    }
}

/// Log-ins that Windows tells get the findings of log-ins.
#[test]
fn windows_log_ins_in_json_are_counted_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let line = |second: u32, code: u32| {
        let tail = r#""Channel":"Security","TargetUserName":"administrator","IpAddress":"203.0.113.7","LogonType":"3"}"#;
        format!(r#"{{"EventTime":"2026-11-21 09:07:{second:02}","EventID":{code},"SourceName":"x",{tail}"#)
    };
    let lines: Vec<String> = (0..13).map(|n| line(n, if n < 12 { 4625 } else { 4624 })).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let report = netlog(&["analyze", "-q", "-o", "json", &file(&folder, &lines)]).json();
    let rules: Vec<&str> =
        report["findings"].as_array().unwrap().iter().filter_map(|f| f["rule"].as_str()).collect();
    assert!(rules.iter().any(|rule| rule.starts_with("login.")), "{rules:?}");
    assert_ne!(report["first"], Value::Null);
}
