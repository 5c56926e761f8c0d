//! Log messages inside a capture: what the log formats make of them, compared with what was sent and with tshark.

use crate::whole::{ROOT, netlog};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const CAPTURE: &str = "testdata/cases/log-carriers/input.pcap";

fn events(filter: &str) -> Vec<Value> {
    let ran = netlog(&["events", CAPTURE]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = ran.text().lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<Value>>();
    events.into_iter().filter(|e| e["event"]["dataset"] == filter).collect()
}

fn texts(events: &[Value], pointer: &str) -> Vec<String> {
    events.iter().map(|e| e.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned()).collect()
}

#[test]
fn syslog_goes_through_the_format_of_its_program() {
    let sshd = events("sshd");
    assert_eq!(texts(&sshd, "/event/outcome"), ["failure", "success", "failure"]);
    assert_eq!(texts(&sshd, "/source/ip"), ["203.0.113.7", "198.51.100.4", "203.0.113.7"]);
    assert_eq!(texts(&sshd, "/user/name"), ["bob", "alice", "bob"]);
    // Who sent the message is not who logged in, and the event leads back to the packet.
    assert!(texts(&sshd, "/log/source/address").iter().all(|a| a.starts_with("127.0.0.1:")));
    assert_eq!(sshd.iter().map(|e| e["netlog"]["packet"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 3, 7]);
    assert_eq!(texts(&events("sudo"), "/user/effective/name"), ["root"]);
    assert_eq!(texts(&events("cron"), "/process/command_line"), ["run-parts /etc/cron.hourly"]);
    let plain = events("syslog");
    assert_eq!(texts(&plain, "/message"), ["cart 7 is empty"]);
    // It has no stamp: the packet's time, to the nanosecond as captured.
    assert_eq!(texts(&plain, "/@timestamp"), ["2026-11-21T15:57:42.561781000Z"]);
}

#[test]
fn gelf_and_logstash_messages_are_read() {
    let gelf = events("gelf");
    assert_eq!(
        texts(&gelf, "/message"),
        ["plain", "gzip", "zlib", "chunked", "", "over TCP, one", "over TCP, two"]
    );
    assert_eq!(gelf[0]["user"]["name"], "bob");
    assert_eq!(gelf[3]["log"]["full_message"].as_str().map(str::len), Some(6000));
    // What no format reads is told as it came.
    assert_eq!(gelf[4]["event"]["original"], r#"{"version":"1.1","host":7,"short_message":"#);
    let logstash = events("logstash.json");
    assert_eq!(texts(&logstash, "/message"), ["cart is empty", "cannot pay", "one", "two"]);
    assert_eq!(texts(&logstash, "/log/level"), ["WARNING", "ERROR", "INFO", "INFO"]);
}

#[test]
fn the_ledger_accounts_for_packets_and_lost_messages() {
    let ran = netlog(&["analyze", "-q", "-o", "json=-", CAPTURE]);
    let report = ran.json();
    let ledger = &report["ledger"];
    assert_eq!(ledger["packets"]["read"], 50, "{ledger:#}");
    assert_eq!(ledger["packets"]["decoded"], 50);
    assert_eq!(ledger["lines"]["read"], 0, "a message is no line of an input");
    for name in ["gelf.unread", "gelf.incomplete"] {
        assert_eq!(ledger["anomalies"][name], 1, "{name}: {ledger:#}");
    }
}

/// tshark knows syslog over UDP (its dissector for TCP does not cut counted messages): the same messages.
#[test]
fn tshark_sees_the_same_datagrams() {
    let mut command = Command::new("tshark");
    command.args(["-r", CAPTURE, "-d", "udp.port==5514,syslog", "-Y", "syslog && udp", "-T", "fields"]);
    let fields = ["frame.number", "syslog.facility", "syslog.level"];
    command.args(fields.iter().flat_map(|f| ["-e", f])).current_dir(Path::new(ROOT));
    let Ok(output) = command.output() else {
        crate::skipped("no tshark");
        return;
    };
    let theirs: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    let mut ours = Vec::new();
    for event in ["sshd", "sudo", "syslog"].into_iter().flat_map(events) {
        let syslog = &event["log"]["syslog"];
        let packet = event["netlog"]["packet"].as_u64().unwrap();
        ours.push((
            packet,
            format!("{packet}\t{}\t{}", syslog["facility"]["code"], syslog["severity"]["code"]),
        ));
    }
    ours.sort();
    let ours: Vec<String> =
        ours.into_iter().map(|(_, text)| text).filter(|t| !t.starts_with("7\t")).collect();
    assert_eq!(ours, theirs);
    assert_eq!(theirs.len(), 4);
}
