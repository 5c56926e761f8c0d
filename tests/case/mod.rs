//! Cases: what is written equals the NDJSON, can be asked, read again and merged.

mod again;
mod ask;
mod cookbook;
mod lists;

use assert_cmd::Command;
use netlog::case::{Asker, Case};
use netlog::model::rfc3339;
use polars::prelude::{AnyValue, DataFrame};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");

fn netlog(args: &[&str]) -> Vec<u8> {
    let out = Command::cargo_bin("netlog").unwrap().args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// A case of these inputs in a folder that goes with the value.
fn made(inputs: &[&str]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case").display().to_string();
    netlog(&[&["analyze", "-q", "-o", &format!("case={case}")], inputs].concat());
    (folder, case)
}

fn asked(case: &str, question: &str) -> DataFrame {
    let case = Case::open(Path::new(case)).unwrap();
    Asker::new(&case).unwrap().ask(question).unwrap_or_else(|e| panic!("{e}\n{question}"))
}

fn number(frame: &DataFrame, column: &str, row: usize) -> i64 {
    match frame.column(column).unwrap().get(row).unwrap() {
        AnyValue::Datetime(ts, ..) => ts,
        AnyValue::Null => 0,
        other => other.extract().unwrap_or_else(|| panic!("{column}: {other:?}")),
    }
}

fn text(frame: &DataFrame, column: &str, row: usize) -> String {
    frame.column(column).unwrap().str().unwrap().get(row).unwrap().to_owned()
}

/// All files below a folder with what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                out.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    out
}

#[test]
fn counts_sums_and_times_are_those_of_the_ndjson() {
    let (_folder, case) = made(&[DEMO]);
    let mut want: BTreeMap<String, (i64, i64, i64, String, String)> = BTreeMap::new();
    for line in netlog(&["events", "-q", DEMO]).split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let event: serde_json::Value = serde_json::from_slice(line).unwrap();
        let number = |path: &str| event.pointer(path).and_then(serde_json::Value::as_i64).unwrap_or(0);
        let time = event["@timestamp"].as_str().unwrap().to_owned();
        let kind = event["event"]["dataset"].as_str().unwrap().to_owned();
        let slot = want.entry(kind).or_insert((0, 0, 0, time.clone(), time.clone()));
        slot.0 += 1;
        slot.1 += number("/network/bytes");
        slot.2 += number("/event/duration");
        slot.3 = slot.3.clone().min(time.clone());
        slot.4 = slot.4.clone().max(time);
    }
    assert!(want.len() > 5);
    let sums = "COUNT(*) AS n, SUM(network.bytes) AS bytes, SUM(event.duration) AS ns, \
                MIN(@timestamp) AS first, MAX(@timestamp) AS last";
    let whole =
        asked(&case, &format!("SELECT event.dataset AS kind, {sums} FROM events GROUP BY event.dataset"));
    assert_eq!(whole.height(), want.len());
    for row in 0..whole.height() {
        let (kind, frame) = (text(&whole, "kind", row), &whole);
        let alone = asked(&case, &format!("SELECT {sums} FROM \"{kind}\""));
        for (frame, row) in [(frame, row), (&alone, 0)] {
            let got = (
                number(frame, "n", row),
                number(frame, "bytes", row),
                number(frame, "ns", row),
                rfc3339(number(frame, "first", row)),
                rfc3339(number(frame, "last", row)),
            );
            assert_eq!(got, want[&kind], "{kind}");
        }
    }
}

/// DuckDB and Spark, where `READERS_PYTHON` (or `python3`) has their packages.
#[test]
fn other_programs_read_the_same() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/case/readers");
    let python = std::env::var("READERS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let netlog = assert_cmd::cargo::cargo_bin("netlog");
    let Ok(out) = std::process::Command::new(&python).arg(script).arg(netlog).arg(DEMO).output() else {
        crate::skipped(format_args!("there is no {python}"));
        return;
    };
    let told = String::from_utf8_lossy(&out.stdout);
    match out.status.code() {
        Some(77) => crate::skipped(format_args!("{told}")),
        code => assert_eq!(code, Some(0), "{told}\n{}", String::from_utf8_lossy(&out.stderr)),
    }
    eprintln!("{told}");
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    let of = |extra: &[&str]| {
        netlog(&[&["analyze", "-q", "-o", &format!("case={}", case.display()), DEMO], extra].concat());
        files(&case)
    };
    let one = of(&["-j", "1"]);
    assert!(one.len() > 10);
    for extra in [&["-j", "5"][..], &["-j", "3", "--round-size", "70000"]] {
        let other = of(extra);
        assert!(other == one, "{extra:?}");
    }
}

#[test]
fn much_of_a_kind_is_cut_by_day() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    let mut lines = String::new();
    for i in 0..60_000 {
        let (day, second) = (1 + i / 25_000, i % 60);
        lines.push_str(&format!(
            "198.51.100.{} - - [{day:02}/Mar/2026:10:00:{second:02} +0000] \"GET /{i} HTTP/1.1\" 200 {i} \"-\" \"x\"\n",
            i % 200
        ));
    }
    fs::write(&log, lines).unwrap();
    let (_case_folder, case) = made(&[&log.display().to_string()]);
    let days: Vec<String> = files(Path::new(&case)).keys().map(|path| path.display().to_string()).collect();
    for day in ["01", "02", "03"] {
        let part = format!("events/apache.access/day=2026-03-{day}/part-00000.parquet");
        assert!(days.contains(&part), "{days:?}");
    }
    let all = asked(
        &case,
        "SELECT COUNT(*) AS n, COUNT(DISTINCT netlog.row) AS rows, MAX(@timestamp) AS last FROM apache.access",
    );
    assert_eq!((number(&all, "n", 0), number(&all, "rows", 0)), (60_000, 60_000));
    assert_eq!(rfc3339(number(&all, "last", 0)), "2026-03-03T10:00:59.000000000Z");
    let again = netlog(&["events", "-q", &case]);
    assert!(again == netlog(&["events", "-q", &log.display().to_string()]));
}
