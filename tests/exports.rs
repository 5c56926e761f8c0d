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

/// The first event of a file, read with `args`.
#[track_caller]
fn first(args: &[&str]) -> Value {
    let ran = netlog(args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(ran.text().lines().next().expect("an event")).unwrap()
}

#[test]
fn formats_of_server_configurations_are_taken_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let httpd = "# site\nLogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\n\
                 LogFormat \"%v|%a|%{%Y-%m-%dT%H:%M:%S%z}t|%m %U%q|%>s|%B|%D\" pipes\nCustomLog logs/access_log pipes\n";
    let nginx = "http {\n  log_format timed '$host $remote_addr [$time_iso8601] \"$request\" $status '\n\
                 '$body_bytes_sent $request_time';\n  access_log /var/log/nginx/a.log timed;\n}\n";
    let cases = [
        (
            "httpd.conf",
            httpd,
            "www.example.org|203.0.113.7|2026-11-21T09:07:01+0100|GET /a?x=1|404|12|2500\n",
            2_500_000,
        ),
        (
            "nginx.conf",
            nginx,
            "www.example.org 203.0.113.7 [2026-11-21T09:07:01+01:00] \"GET /a?x=1 HTTP/1.1\" 404 12 0.250\n",
            250_000_000,
        ),
    ];
    for (conf, text, line, nanos) in cases {
        let conf = written(dir.path(), conf, text.as_bytes());
        let log = written(dir.path(), "access.log", line.repeat(5).as_bytes());
        let format = format!("@{}", conf.display());
        let event = first(&["events", "--log-format", &format, log.to_str().unwrap()]);
        assert_eq!(event["source"]["ip"], "203.0.113.7", "{event}");
        assert_eq!(event["http"]["response"]["status_code"], 404, "{event}");
        assert_eq!((&event["url"]["path"], &event["url"]["query"]), (&json!("/a"), &json!("x=1")), "{event}");
        assert_eq!(event["event"]["outcome"], "failure");
        assert_eq!(event["event"]["duration"], nanos, "{event}");
    }
}

#[test]
fn a_format_names_the_zone_of_its_stamps_and_the_user_decides() {
    let dir = tempfile::tempdir().unwrap();
    let format = "name = \"shop\"\ndoc = \"A shop.\"\nzone = \"Europe/Berlin\"\n[[rule]]\n\
                  delimited = \"%{@timestamp:%d.%m.%Y %H:%M:%S} shop %{message:rest}\"\n\
                  [[test]]\nline = \"21.07.2026 09:07:01 shop x\"\nwant = { \"message\" = \"x\" }\n";
    let format = written(dir.path(), "shop.toml", format.as_bytes());
    let log = written(dir.path(), "shop.log", b"21.07.2026 09:07:01 shop cart is empty\n");
    let (format, log) = (format.to_str().unwrap(), log.to_str().unwrap());
    let at =
        |more: &[&str]| first(&[&["events", "--patterns", format, log], more].concat())["@timestamp"].clone();
    assert_eq!(at(&[]), "2026-07-21T07:07:01.000000000Z");
    assert_eq!(at(&["--timezone", "UTC"]), "2026-07-21T09:07:01.000000000Z");
    assert_eq!(at(&["--timezone", "America/New_York"]), "2026-07-21T13:07:01.000000000Z");
    let report = netlog(&["analyze", "-q", "-o", "json=-", "--patterns", format, log]).json();
    assert!(report["inputs"][0]["notes"].to_string().contains("Europe/Berlin"), "{}", report["inputs"]);
    let wrong =
        "name = \"x\"\ndoc = \"X.\"\nzone = \"Europe/Berlim\"\n[[rule]]\ndelimited = \"x %{message:rest}\"\n";
    let wrong = written(dir.path(), "wrong.toml", wrong.as_bytes());
    let ran = netlog(&["events", "--patterns", wrong.to_str().unwrap(), log]);
    assert!(ran.code == 2 && ran.err.contains("Europe/Berlim"), "{} {}", ran.code, ran.err);
}
