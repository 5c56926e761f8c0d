//! A case as an input gives what the evidence gave; two become one.

use super::{DEMO, asked, files, made, netlog, number};
use assert_cmd::Command;
use std::fs;
use std::path::Path;

#[test]
fn every_output_from_the_case_is_the_one_from_the_evidence() {
    let (folder, case) = made(&[DEMO]);
    let events = netlog(&["events", "-q", DEMO]);
    assert!(netlog(&["events", "-q", &case]) == events);
    let tables = |input: &str, name: &str| {
        let path = folder.path().join(name);
        netlog(&["analyze", "-q", "-o", &format!("csv={}", path.display()), input]);
        files(&path)
    };
    assert!(tables(&case, "one") == tables(DEMO, "two"));
    let report = |input: &str| {
        let text = netlog(&["analyze", "-q", "-o", "json", input]);
        let mut report: serde_json::Value = serde_json::from_slice(&text).unwrap();
        report["netlog"]["command"] = "".into();
        report
    };
    let (from_case, from_evidence) = (report(&case), report(DEMO));
    for key in from_evidence.as_object().unwrap().keys() {
        assert_eq!(from_case[key], from_evidence[key], "{key}");
    }
    for command in ["timeline", "grep-auth"] {
        let told = |input: &str| String::from_utf8(netlog(&[command, "-q", input])).unwrap();
        let lines = |text: String| {
            text.lines().filter(|l| !l.contains("netlog ")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(told(&case)), lines(told(DEMO)), "{command}");
    }
}

#[test]
fn a_case_of_a_case_is_the_same_case() {
    let (folder, case) = made(&[DEMO]);
    let copy = folder.path().join("copy");
    netlog(&["analyze", "-q", "-o", &format!("case={}", copy.display()), &case]);
    let (mut one, mut two) = (files(Path::new(&case)), files(&copy));
    // How it was made is not the same.
    one.retain(|path, _| path != Path::new("case.json"));
    two.retain(|path, _| path != Path::new("case.json"));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(two[path] == *bytes, "{}", path.display());
    }
}

#[test]
fn merged_cases_have_each_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("auth.log");
    let whole = fs::read_to_string(format!("{DEMO}/auth.log")).unwrap();
    let half: String = whole.lines().take(80).map(|line| format!("{line}\n")).collect();
    fs::write(&log, half).unwrap();
    let path = log.display().to_string();
    let (_a, early) = made(&[&path, "--year", "2026"]);
    fs::write(&log, &whole).unwrap();
    let (_b, late) = made(&[&path, &format!("{DEMO}/access.log"), "--year", "2026"]);
    let merged = folder.path().join("both").display().to_string();
    netlog(&["merge", "-q", &early, &late, "-o", &merged]);
    let count = |case: &str| {
        let all = asked(case, "SELECT COUNT(*) AS n, COUNT(DISTINCT event.id) AS ids FROM events");
        (number(&all, "n", 0), number(&all, "ids", 0))
    };
    let (events, ids) = count(&late);
    assert_eq!(events, ids);
    assert!(count(&early).0 > 50 && count(&early).0 < events);
    assert_eq!(count(&merged), (events, ids));
    let told = asked(&merged, "SELECT count FROM ledger WHERE reason = 'case.duplicate_event'");
    assert_eq!(number(&told, "count", 0), count(&early).0);
    let refused =
        Command::cargo_bin("netlog").unwrap().args(["merge", DEMO, "-o", &merged]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is no case"));
}

#[test]
fn a_case_is_not_written_over_itself_nor_over_other_files() {
    let (folder, case) = made(&[&format!("{DEMO}/auth.log")]);
    let run = |args: &[&str]| Command::cargo_bin("netlog").unwrap().args(args).output().unwrap();
    let out = run(&["analyze", "-q", &case, "-o", &format!("case={case}")]);
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(Path::new(&case).join("case.json").is_file());
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("precious.txt"), "x").unwrap();
    let out = run(&["analyze", "-q", DEMO, "-o", &format!("case={}", other.display())]);
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(other.join("precious.txt").is_file());
}

#[test]
fn a_damaged_case_is_a_fault_and_the_rest_is_read() {
    let (_folder, case) = made(&[&format!("{DEMO}/auth.log")]);
    let part = Path::new(&case).join("events/sshd/part-00000.parquet");
    let bytes = fs::read(&part).unwrap();
    for cut in [0, 3, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&part, &bytes[..cut]).unwrap();
        let out = Command::cargo_bin("netlog")
            .unwrap()
            .args(["events", "-q", &case, &format!("{DEMO}/access.log")])
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(3), "{cut}: {}", String::from_utf8_lossy(&out.stderr));
        assert!(out.stdout.split(|b| *b == b'\n').count() > 40);
    }
    for garbage in ["", "{}", "[1", "{\"format\":\"netlog case\",\"version\":99,\"tables\":[]}"] {
        fs::write(Path::new(&case).join("case.json"), garbage).unwrap();
        let out = Command::cargo_bin("netlog").unwrap().args(["events", "-q", &case]).output().unwrap();
        assert_eq!(out.status.code(), Some(3), "{garbage}");
        let out = Command::cargo_bin("netlog").unwrap().args(["query", &case, "SELECT 1"]).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{garbage}");
    }
}
