//! JSON that is not a line per event says what the same events say as lines.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

fn netlog(args: &[&str], input: &Path) -> Vec<u8> {
    let ran = Command::new(env!("CARGO_BIN_EXE_netlog")).args(args).arg(input).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

/// An application's log-ins: eleven in vain, then one that works.
fn events() -> Vec<Value> {
    let event = |n: u32| {
        json!({"time": format!("2026-11-21T09:07:{n:02}.000Z"), "level": if n < 11 { "error" } else { "info" },
               "msg": "a \"text\"\nwith [everything], {in} it", "n": n})
    };
    (0..12).map(event).collect()
}

fn written(text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.json");
    std::fs::write(&path, text).unwrap();
    let report: Value = serde_json::from_slice(&netlog(&["analyze", "-q", "-o", "json"], &path)).unwrap();
    let lines = &report["ledger"]["lines"];
    assert_eq!((&lines["parsed"], &lines["unmatched"]), (&12.into(), &0.into()), "{text}");
    assert_eq!(lines["bytes"], text.len());
    let out = netlog(&["events", "-q"], &path);
    let mut all: Vec<Value> =
        out.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect();
    for event in &mut all {
        let event = event.as_object_mut().unwrap();
        // Where an event lies, and what follows from that.
        assert!(event["log"].as_object_mut().unwrap().remove("offset").is_some());
        assert!(event["event"].as_object_mut().unwrap().remove("id").is_some());
        event["log"]["file"] = Value::Null;
    }
    all
}

#[test]
fn arrays_and_texts_over_several_lines_are_events() {
    let events = events();
    let each = |form: fn(&Value) -> serde_json::Result<String>| {
        events.iter().map(form).collect::<Result<Vec<_>, _>>()
    };
    let (lines, pretty) = (each(serde_json::to_string).unwrap(), each(serde_json::to_string_pretty).unwrap());
    let want = written(&(lines.join("\n") + "\n"));
    assert_eq!(written(&format!("{{\"Records\":[{}]}}", lines.join(","))).len(), want.len());
    assert_eq!(want.len(), 12);
    for text in [
        format!("[{}]", lines.join(",")),
        format!("[\n{}\n]\n", lines.join(",\n")),
        serde_json::to_string_pretty(&events).unwrap(),
        pretty.join("\n"),
        pretty.join("\n").replace('\n', "\r\n"),
    ] {
        assert_eq!(written(&text), want, "{text}");
    }
}

/// More than an event of several lines may have: nothing of it goes on with what stands before.
#[test]
fn large_arrays_and_indented_lines_are_read_to_their_end() {
    let events: Vec<Value> = (0..5000)
        .map(|n| json!({"time": "2026-11-21T09:07:01Z", "level": "info", "msg": format!("m{n}")}))
        .collect();
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let pretty = serde_json::to_string_pretty(&events).unwrap();
    let records = serde_json::to_string_pretty(&json!({ "Records": events })).unwrap();
    let indented: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    let texts = [
        format!("[{}]", lines.join(", ")),
        format!("[\n{}\n]\n", lines.join(",\n")),
        pretty,
        format!("{records}{records}"),
        indented,
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.json");
    for (nth, text) in texts.iter().enumerate() {
        std::fs::write(&path, text).unwrap();
        let out =
            Command::new(env!("CARGO_BIN_EXE_netlog")).args(["events", "-q"]).arg(&path).output().unwrap();
        let told: Vec<Value> =
            out.stdout.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect();
        let files = text.matches("Records").count().max(1);
        assert_eq!(told.len(), 5000 * files, "{nth}");
        assert!(told.iter().zip((0..5000).cycle()).all(|(e, n)| e["message"] == format!("m{n}")), "{nth}");
    }
}
