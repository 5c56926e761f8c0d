//! Findings as documents: in bulk folders and for MongoDB, with ids that last; labels of the user's.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");

fn run(folder: &Path, args: &[&str]) -> Vec<u8> {
    let run = Command::new(env!("CARGO_BIN_EXE_netlog")).current_dir(folder).args(args).output().unwrap();
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

fn lines(text: &[u8]) -> Vec<Value> {
    text.split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

/// Action lines and documents of a bulk folder.
fn documents(folder: &Path) -> Vec<(Value, Value)> {
    let mut parts: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    parts.retain(|p| p.extension().is_some_and(|e| e == "ndjson"));
    parts.sort();
    let all: Vec<Value> = parts.iter().flat_map(|part| lines(&fs::read(part).unwrap())).collect();
    all.chunks(2).map(|pair| (pair[0]["create"].clone(), pair[1].clone())).collect()
}

#[test]
fn every_finding_is_a_document_and_every_event_carries_its_labels() {
    let dir = tempfile::tempdir().unwrap();
    let index = "netlog-{env}-{dataset}-{+yyyy}";
    let more = ["--label", "env=Lab", "--label", "site=b", "--index", index];
    run(
        dir.path(),
        &[&["analyze", "-q", DEMO, "-o", "bulk=out", "-o", "json=r.json", "-o", "ndjson=e"], &more[..]]
            .concat(),
    );
    let report: Value = serde_json::from_slice(&fs::read(dir.path().join("r.json")).unwrap()).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let all = documents(&dir.path().join("out"));
    assert_eq!(all.len() as u64, report["events"].as_u64().unwrap() + findings.len() as u64);
    assert_eq!(
        lines(&fs::read(dir.path().join("e")).unwrap()).len() as u64,
        report["events"].as_u64().unwrap()
    );
    let alerts: Vec<&(Value, Value)> = all.iter().filter(|(_, d)| d["event"]["kind"] == "alert").collect();
    assert!(!findings.is_empty());
    for (finding, (action, document)) in findings.iter().zip(&alerts) {
        assert_eq!(action["_index"], "netlog-lab-finding-2026");
        assert_eq!(document["rule"]["name"], finding["rule"]);
        assert_eq!(document["message"], finding["title"]);
        assert_eq!(document["@timestamp"], finding["first"]["time"]);
        assert_eq!(document["log"]["file"]["path"], finding["first"]["file"]);
        let record = document["netlog"].get("packet").or(document["netlog"].get("line")).unwrap();
        assert_eq!(*record, finding["first"]["record"]);
        assert_eq!(document["netlog"]["finding"]["severity"], finding["severity"]);
        assert_eq!(document["event"]["dataset"], "finding");
        assert!(document["source"].get("geo").is_none(), "the map counts requests, not conclusions");
        let base = finding["attack"][0].as_str().map(|id| id.split('.').next().unwrap());
        assert_eq!(document["threat"]["technique"]["id"][0].as_str(), base);
    }
    assert_eq!(alerts.len(), findings.len());
    for (action, document) in &all {
        assert_eq!((&document["labels"]["env"], &document["labels"]["site"]), (&"Lab".into(), &"b".into()));
        assert!(action["_index"].as_str().unwrap().starts_with("netlog-lab-"), "{action}");
    }
    let ids: BTreeSet<&str> = all.iter().map(|(action, _)| action["_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    // The same again under another name and order: the same ids.
    for file in fs::read_dir(DEMO).unwrap().map(|e| e.unwrap().path()) {
        fs::copy(&file, dir.path().join(format!("z-{}", file.file_name().unwrap().to_str().unwrap())))
            .unwrap();
    }
    let mut copies: Vec<String> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("z-"))
        .collect();
    copies.sort();
    copies.reverse();
    let copies: Vec<&str> = copies.iter().map(String::as_str).collect();
    run(dir.path(), &[&["analyze", "-q", "-o", "bulk=again"], &copies[..]].concat());
    let again = documents(&dir.path().join("again"));
    assert_eq!(again.iter().map(|(action, _)| action["_id"].as_str().unwrap()).collect::<BTreeSet<_>>(), ids);
}

#[test]
fn mongo_has_the_same_documents_with_types_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["analyze", "-q", DEMO, "-o", "mongo=m", "-o", "ndjson=e", "-o", "json=r"]);
    let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
    let (documents, events) = (lines(&read("m")), lines(&read("e")));
    let report: Value = serde_json::from_slice(&read("r")).unwrap();
    assert_eq!(documents.len(), events.len() + report["findings"].as_array().unwrap().len());
    for (document, event) in documents.iter().zip(&events) {
        let mut plain = document.clone();
        assert_eq!(plain.as_object_mut().unwrap().remove("_id").unwrap(), event["event"]["id"]);
        let time = event["@timestamp"].as_str().unwrap();
        assert_eq!(document["@timestamp"]["$date"], format!("{}Z", &time[..23]));
        assert_eq!(untyped(&plain), truncated(event), "{document}");
    }
}

/// Extended JSON without its types.
fn untyped(value: &Value) -> Value {
    match value {
        Value::Object(members) => match (members.get("$date"), members.get("$numberLong")) {
            (Some(date), _) => date.clone(),
            (_, Some(number)) => number.as_str().unwrap().parse::<i64>().unwrap().into(),
            _ => {
                members.iter().map(|(k, v)| (k.clone(), untyped(v))).collect::<serde_json::Map<_, _>>().into()
            }
        },
        Value::Array(items) => items.iter().map(untyped).collect(),
        other => other.clone(),
    }
}

/// An event whose times end at the millisecond.
fn truncated(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(k, v)| (k.clone(), truncated(v))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(truncated).collect(),
        Value::String(text) if text.len() == 30 && text.ends_with('Z') && text.as_bytes()[10] == b'T' => {
            format!("{}Z", &text[..23]).into()
        }
        other => other.clone(),
    }
}
