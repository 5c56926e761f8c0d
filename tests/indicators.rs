//! `--indicators` through the program: what is found, what is told of bad lines, and what costs nothing.

use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");

fn netlog(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netlog")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Addresses of remote ends and names asked for, as the demo's events have them.
fn met(events: &[u8]) -> (String, String) {
    let events: Vec<Value> = text(events).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ip = events.iter().find_map(|e| {
        e["event"]["dataset"].as_str().filter(|d| *d == "sshd").and(e["source"]["ip"].as_str())
    });
    let name = events.iter().find_map(|e| e["dns"]["question"]["name"].as_str());
    (ip.unwrap().to_owned(), name.unwrap().to_owned())
}

#[test]
fn lists_are_matched_against_captures_and_logs() {
    let dir = tempfile::tempdir().unwrap();
    let plain = netlog(&["events", "-q", DEMO]);
    let (ip, name) = met(&plain.stdout);
    let list = dir.path().join("bad.txt");
    fs::write(&list, format!("{ip} # guesses\nno good\n*.{name} a name\n192.0.2.250\n")).unwrap();
    let list = list.to_str().unwrap();
    let with = netlog(&["events", "-q", "--indicators", list, DEMO]);
    assert_eq!(
        text(&with.stderr),
        format!("netlog: {list}:2: 'no' is no address, network, domain, fingerprint or hash\n")
    );
    let (mut marked, mut lines) = (0, 0);
    for (before, after) in text(&plain.stdout).lines().zip(text(&with.stdout).lines()) {
        lines += 1;
        let (before, mut after): (Value, Value) =
            (serde_json::from_str(before).unwrap(), serde_json::from_str(after).unwrap());
        if let Some(threat) = after.as_object_mut().unwrap().remove("threat") {
            marked += 1;
            assert_eq!(threat["feed"]["name"][0], list);
            after["netlog"].as_object_mut().unwrap().remove("threat");
        }
        assert_eq!(before, after, "nothing else changes");
    }
    assert!(marked > 10 && marked < lines, "{marked} of {lines}");
    let report = netlog(&["analyze", "-q", "-o", "json", "--indicators", list, DEMO]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let found: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "indicator.match").collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|f| f["title"].as_str().unwrap().contains("(guesses)")));
    assert!(report.to_string().contains("3 indicators were looked for, of "));
}

#[test]
fn the_configuration_names_lists_relative_to_itself_and_allows() {
    let dir = tempfile::tempdir().unwrap();
    let ip = met(&netlog(&["events", "-q", DEMO]).stdout).0;
    fs::write(dir.path().join("bad.csv"), format!("ip,comment\n{ip},\"known, bad\"\n")).unwrap();
    let config = dir.path().join("netlog.toml");
    let allow = format!(
        "indicators = [\"bad.csv\"]\n[[detect.allow]]\nrules = [\"indicator\"]\naddresses = [\"{ip}\"]\nwhy = \"ours\"\n"
    );
    fs::write(&config, allow).unwrap();
    let report = netlog(&["analyze", "-q", "-o", "json", "--config", config.to_str().unwrap(), DEMO]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert!(report["findings"].as_array().unwrap().iter().all(|f| f["rule"] != "indicator.match"));
    let text = report.to_string();
    assert!(text.contains("1 finding was left out, as the configuration allows."));
    assert!(text.contains("\"ours\""), "the reason stands in the report");
}

#[test]
fn a_list_that_is_none_is_a_mistake_of_usage() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.txt");
    fs::write(&empty, "# nothing here\n").unwrap();
    for (args, want) in [
        (["analyze", "--indicators", "/nonexistent"], "No such file"),
        (["analyze", "--indicators", empty.to_str().unwrap()], "holds no address"),
        (["grep-auth", "--indicators", empty.to_str().unwrap()], "netlog analyze looks for indicators"),
    ] {
        let run = netlog(&[&args[..], &[DEMO]].concat());
        assert_eq!(run.status.code(), Some(2));
        assert!(text(&run.stderr).contains(want), "{}", text(&run.stderr));
    }
}
