//! The ledger of every case adds up, and the events on one output agree with the report on another.

use super::{adds_up, arg, cases, demo, netlog, netlog_in};
use serde_json::Value;

#[test]
fn ledgers_add_up() {
    for case in cases() {
        let report = netlog(&["analyze", &case, "-o", "json"]);
        assert_eq!(report.code, 0, "{case}: {}", report.err);
        let report = report.json();
        adds_up(&report["ledger"], &case);
        let events = netlog(&["events", &case]);
        assert_eq!(events.code, 0, "{case}: {}", events.err);
        check_events(&events.out, &report, &case);
    }
}

/// Every line is an event with what every event carries; ids are unique and lines are as many as the
/// report says.
fn check_events(ndjson: &[u8], report: &Value, case: &str) {
    let mut ids = std::collections::BTreeSet::new();
    let mut lines = 0;
    for line in ndjson.split_inclusive(|b| *b == b'\n') {
        let event: Value = serde_json::from_slice(line).unwrap_or_else(|e| panic!("{case}: {e}"));
        for name in ["@timestamp", "event", "log", "netlog"] {
            assert!(!event[name].is_null(), "{case}: no {name} in {event}");
        }
        for name in ["dataset", "id", "kind"] {
            assert!(event["event"][name].is_string(), "{case}: no event.{name} in {event}");
        }
        assert!(event["log"]["file"]["path"].is_string(), "{case}: {event}");
        assert!(ids.insert(event["event"]["id"].as_str().unwrap().to_owned()), "{case}: id twice in {event}");
        lines += 1;
    }
    assert!(lines > 0, "{case}: no events");
    assert_eq!(report["events"], lines, "{case}: events in the report");
}

#[test]
fn a_time_window_and_a_filter_count_what_they_leave_out() {
    let all = netlog(&["analyze", "testdata/demo", "-o", "json"]).json();
    let args = ["analyze", "testdata/demo", "-o", "json", "--filter", "udp port 53"];
    let some = netlog(&args).json();
    adds_up(&some["ledger"], "filter");
    let packets = |v: &Value, name: &str| v["ledger"]["packets"][name].as_u64().unwrap();
    assert_eq!(packets(&all, "read"), packets(&some, "read"));
    assert!(packets(&some, "decoded") < packets(&all, "decoded") && packets(&some, "decoded") > 0);
    let none = netlog(&["analyze", "testdata/demo", "-o", "json", "--to", "1980-01-01"]).json();
    adds_up(&none["ledger"], "window");
    assert_eq!(packets(&none, "decoded"), 0);
    assert_eq!(none["ledger"]["lines"]["parsed"], 0);
    assert_eq!(packets(&all, "read"), packets(&none, "read"));
}

/// Packets that were captured with a snaplen are read, but nobody may think that all of them is there.
#[test]
fn packets_captured_in_part_are_told() {
    const SNAPLEN: usize = 80;
    let whole = std::fs::read(demo("capture.pcap")).unwrap();
    let (header, mut records) = whole.split_at(24);
    let (mut file, mut cut, mut missing) = (header.to_vec(), 0, 0);
    while let Some((head, rest)) = records.split_first_chunk::<16>() {
        let len = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
        let kept = len.min(SNAPLEN);
        cut += u64::from(kept < len);
        missing += (len - kept) as u64;
        file.extend_from_slice(&head[..8]);
        file.extend_from_slice(&(kept as u32).to_le_bytes());
        file.extend_from_slice(&head[12..]);
        file.extend_from_slice(&rest[..kept]);
        records = &rest[len..];
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    std::fs::write(&path, file).unwrap();
    let report = netlog(&["analyze", arg(&path), "-o", "json"]).json();
    adds_up(&report["ledger"], "cut");
    assert_eq!(report["ledger"]["anomalies"]["packet.cut"], cut);
    assert!(missing > 100 << 10, "told without a fraction");
    let told = format!("{} KiB that were on the wire", (missing + 512) >> 10);
    let summary = report["summary"].to_string();
    assert!(summary.contains(&told), "{told}: {summary}");
    let text = netlog(&["analyze", arg(&path)]).text();
    assert!(
        text.contains("Packets captured only in part") && text.contains("Bytes that were not captured"),
        "{text}"
    );
    let text = netlog(&["analyze", arg(&demo("capture.pcap"))]).text();
    assert!(!text.contains("captured only in part"), "{text}");
}

#[test]
fn lines_of_which_only_the_frame_was_read_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("syslog");
    let known = "Nov 21 09:07:01 web sshd[7]: Failed password for bob from 203.0.113.7 port 40022 ssh2\n";
    std::fs::write(&log, format!("{known}Nov 21 09:07:02 web myd[9]: all is well\n")).unwrap();
    let ran = super::netlog(&["analyze", "-q", "-o", "text", super::arg(&log)]);
    let text = ran.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Lines of which only the frame was read"), "{text}");
    assert!(text.contains("of 1 only the frame was read"), "{text}");
    let ran = super::netlog(&["analyze", "-q", "-o", "json", super::arg(&log)]);
    let report = ran.json();
    let lines = &report["ledger"]["lines"];
    assert_eq!((&lines["read"], &lines["parsed"], &lines["frame_only"]), (&2.into(), &2.into(), &1.into()));
}

/// The heads of a file of columns are not what a reader misses.
#[test]
fn headers_are_not_held_against_the_formats() {
    let folder = tempfile::tempdir().unwrap();
    let head = "#Software: x\n#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
    let line = "2026-11-20 00:00:01 203.0.113.7 GET /index.html 200\n";
    std::fs::write(folder.path().join("u_ex.log"), [head, line, line].concat()).unwrap();
    let text = netlog_in(folder.path(), &["analyze", "."]).text();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("4 log lines (all understood; 2 besides are headers or dropped by rules)"),
        "{text}"
    );
    assert!(text.contains("Lines understood 2 Share of lines understood 100.0 %"), "{text}");
}

/// What is counted twice, and what could not be read, is said where the reader looks.
#[test]
fn what_the_accounts_lack_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.log", "b.log"] {
        std::fs::copy(demo("auth.log"), folder.path().join(name)).unwrap();
    }
    let text =
        netlog_in(folder.path(), &["analyze", "."]).text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("./b.log has the same bytes as ./a.log: what it tells was counted twice"),
        "{text}"
    );
    assert!(text.contains("./a.log, ./b.log: stamps carry no year"), "{text}");
    assert!(text.contains("Everything that was read was decoded."), "{text}");
    let text = netlog_in(folder.path(), &["analyze", "a.log", "gone.log"]).text();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!text.contains("same bytes") && !text.contains("Everything that was read"), "{text}");
    assert!(text.contains("What was read was decoded; what could not be read is named"), "{text}");
}

/// A line of JSON whose time has a name that nobody knows is not silently given another.
#[test]
fn lines_without_a_known_time_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let line = "{\"zeit\":\"2026-11-20T00:00:01Z\",\"level\":\"info\",\"msg\":\"hello\"}\n";
    std::fs::write(folder.path().join("app.json"), line.repeat(3)).unwrap();
    let text = netlog_in(folder.path(), &["analyze", "."]).text();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("no line tells a time that is understood: all events have that of the file"),
        "{text}"
    );
}
