//! `netlog timeline` and `netlog host` on the demo case, compared with its events.

use serde_json::Value;
use std::process::Command;

fn netlog(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    let ran = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_timeline_is_in_order_and_complete() {
    let story = objects(&netlog(&["timeline", "testdata/demo", "-o", "ndjson"]));
    let times: Vec<&str> = story.iter().map(|row| row["@timestamp"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    let events = objects(&netlog(&["events", "testdata/demo"]));
    let mut sources: Vec<&str> = events
        .iter()
        .filter(|e| e["event"]["dataset"] != "flow")
        .filter_map(|e| e["source"]["ip"].as_str())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let of = |kind: &str| story.iter().filter(|row| row["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of("first contact").len(), sources.len());
    // 49 by sshd's log, 19 in the capture, where the log-ins are seen by their lengths.
    let failed: u64 = of("failed log-in").iter().map(|row| row["count"].as_u64().unwrap()).sum();
    assert_eq!(failed, 49 + 19);
    assert_eq!(of("critical").len(), 2);
    // They tell of a log-in, and stand where it is.
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    assert!(of("critical").iter().all(|row| text(row, "@timestamp") == text(row, "last")));
    let threads = |n: &str| netlog(&["timeline", "testdata/demo", "-o", "csv", "-j", n]);
    let csv = threads("1");
    assert_eq!(csv, threads("3"));
    assert_eq!(csv.lines().count(), story.len() + 1);
}

#[test]
fn a_host_is_what_its_events_say() {
    let ip = "45.9.148.117";
    let host: Value = serde_json::from_str(&netlog(&["host", ip, "testdata/demo", "-o", "json"])).unwrap();
    let count = |table: &str| -> u64 {
        host["tables"][table]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["count"].as_u64().unwrap())
            .sum()
    };
    let events = objects(&netlog(&["events", "testdata/demo"]));
    let acted = events.iter().filter(|e| e["source"]["ip"] == ip).count() as u64;
    assert_eq!(count("did"), acted);
    let agents =
        events.iter().filter(|e| e["source"]["ip"] == ip && e["event"]["dataset"] == "apache.access");
    assert!(count("agent") >= agents.count() as u64);
    assert_eq!(host["findings"].as_array().unwrap().len(), 8);
    let nobody = netlog(&["host", "192.0.2.250", "testdata/demo"]);
    assert!(nobody.contains("Nothing was seen of this address."), "{nobody}");
}
