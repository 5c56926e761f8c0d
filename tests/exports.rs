//! Logs as other systems export them: AWS VPC flow logs out of CloudWatch Logs and S3, and access logs of whichever
//! web server.

use crate::whole::netlog;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n";

fn records() -> Vec<String> {
    let record = |i: usize| {
        let action = ["ACCEPT", "REJECT"][i % 2];
        format!(
            "2 123456789010 eni-1235b8ca123456789 172.31.9.{i} 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 {action} OK"
        )
    };
    (1..6).map(record).collect()
}

/// The sources and outcomes of the flow records in a file, and how many lines were not understood.
#[track_caller]
fn flows(path: &Path) -> (Vec<String>, u64) {
    let path = path.to_str().unwrap();
    let ran = netlog(&["events", path]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let event = |line: &str| -> String {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["event"]["dataset"], "aws.vpcflow", "{event}");
        assert_eq!(event["@timestamp"], "2014-12-14T04:06:50.000000000Z");
        format!("{} {}", event["source"]["ip"].as_str().unwrap(), event["event"]["outcome"].as_str().unwrap())
    };
    let ledger = netlog(&["analyze", "-q", "-o", "json=-", path]).json()["ledger"].clone();
    (ran.text().lines().map(event).collect(), ledger["lines"]["unmatched"].as_u64().unwrap())
}

fn written(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn flow_logs_are_read_however_they_were_exported() {
    let dir = tempfile::tempdir().unwrap();
    let records = records();
    let event = |record: &String, more: bool| {
        let mut event = json!({});
        if more {
            event["logStreamName"] = json!("eni-1235b8ca123456789-all");
        }
        event["timestamp"] = json!(1_418_530_010_000_u64);
        event["message"] = json!(record);
        event["ingestionTime"] = json!(1_418_530_100_000_u64);
        if more {
            event["eventId"] = json!("31");
        }
        event
    };
    let events = |more: bool| records.iter().map(|r| event(r, more)).collect::<Vec<Value>>();
    let pretty = |document: Value| {
        let mut out = Vec::new();
        let four = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, four);
        serde::Serialize::serialize(&document, &mut serializer).unwrap();
        out
    };
    let each = |line: &dyn Fn(&String) -> String| records.iter().map(line).collect::<String>().into_bytes();
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(HEADER.as_bytes()).unwrap();
    gz.write_all(&each(&|r| format!("{r}\n"))).unwrap();
    let id = "3".repeat(56);
    let files = [
        ("filter.json", pretty(json!({"events": events(true), "searchedLogStreams": []}))),
        ("get.json", pretty(json!({"events": events(false), "nextForwardToken": "f/3"}))),
        ("lines.json", each(&|r| format!("{}\n", event(r, true)))),
        (
            "subscription.json",
            each(&|r| format!("{{\"id\":\"{id}\",\"timestamp\":1418530010000,\"message\":\"{r}\"}}\n")),
        ),
        ("text.txt", each(&|r| format!("EVENTS\t31\t1418530100000\teni-1\t{r}\t1418530010000\n"))),
        ("firehose.log", each(&|r| format!("2014-12-14T04:07:10.125Z {r}\n"))),
        ("s3.log.gz", gz.finish().unwrap()),
    ];
    let want: Vec<String> =
        (1..6).map(|i| format!("172.31.9.{i} {}", ["success", "failure"][i % 2])).collect();
    for (name, bytes) in files {
        let (got, unmatched) = flows(&written(dir.path(), name, &bytes));
        assert_eq!((got, unmatched), (want.clone(), 0), "{name}");
    }
}

/// An ordinary access log fits Apache and nginx alike: the path tells, else it is the common one; nothing confuses.
#[test]
fn access_logs_of_either_server_are_told_without_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let line =
        "203.0.113.7 - - [21/Nov/2026:09:07:01 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"curl/8.5.0\"\n";
    for (folder, kind) in [("nginx", "nginx.access"), ("apache2", "apache.access"), ("www", "apache.access")]
    {
        fs::create_dir(dir.path().join(folder)).unwrap();
        let path = written(&dir.path().join(folder), "access.log", line.repeat(20).as_bytes());
        let report = netlog(&["analyze", "-q", "-o", "json=-", path.to_str().unwrap()]).json();
        let input = &report["inputs"][0];
        assert_eq!(input["kind"], kind, "{input:#}");
        assert!(!input.to_string().contains("could also be"), "{input:#}");
    }
}
