//! The program as a whole, through its command line: the same bytes for any number of threads, nothing
//! vanishes, exit codes, and what a person sees when something is wrong.

mod accounts;
mod browser;
mod corpus;
mod determinism;
mod exit;
mod hostile;
mod inputs;
mod readme;

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How a run ended.
pub struct Ran {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ran {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.err))
    }
}

/// The program, with arguments, in `dir`.
fn program(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    command.current_dir(dir).args(args).env_remove("NO_COLOR").timeout(Duration::from_secs(120));
    command
}

/// Runs a command to its end. A signal or the time limit is a failure of the test.
#[track_caller]
fn finish(mut command: Command) -> Ran {
    let out = command.output().expect("the program starts");
    let err = String::from_utf8_lossy(&out.stderr).into_owned();
    let code = out.status.code().unwrap_or_else(|| panic!("killed: {err}"));
    assert!(!err.contains("panicked"), "{err}");
    Ran { code, out: out.stdout, err }
}

/// Runs the program in the package's folder.
#[track_caller]
pub fn netlog(args: &[&str]) -> Ran {
    finish(program(Path::new(ROOT), args))
}

/// Runs the program in `dir`.
#[track_caller]
fn netlog_in(dir: &Path, args: &[&str]) -> Ran {
    finish(program(dir, args))
}

/// A file of the demo case.
fn demo(name: &str) -> PathBuf {
    Path::new(ROOT).join("testdata/demo").join(name)
}

/// Every case, relative to the package's folder: the demo and the folders of testdata/cases.
fn cases() -> Vec<String> {
    let folder = Path::new(ROOT).join("testdata/cases");
    let entries = fs::read_dir(folder).expect("testdata/cases").map(|e| e.expect("an entry"));
    let names = entries.filter(|e| e.path().is_dir()).map(|e| e.file_name().into_string().expect("a name"));
    let mut all: Vec<String> = names.map(|name| format!("testdata/cases/{name}")).collect();
    all.push("testdata/demo".to_owned());
    all.sort();
    assert!(all.len() > 1);
    all
}

/// The path as an argument.
fn arg(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Sum of the counts of a reason table.
fn sum(reasons: &Value) -> u64 {
    let reasons = reasons.as_object().expect("reasons");
    reasons.values().map(|n| n.as_u64().expect("a count")).sum()
}

/// Asserts that nothing vanished between reading and understanding.
#[track_caller]
fn adds_up(ledger: &Value, place: &str) {
    let number = |v: &Value| v.as_u64().unwrap_or_else(|| panic!("{place}: no number in {ledger}"));
    let packets = &ledger["packets"];
    let accounted = number(&packets["decoded"]) + sum(&packets["skipped"]) + sum(&packets["malformed"]);
    assert_eq!(number(&packets["read"]), accounted, "{place}: {packets}");
    let lines = &ledger["lines"];
    let accounted = number(&lines["parsed"])
        + number(&lines["unmatched"])
        + sum(&lines["skipped"])
        + sum(&lines["malformed"]);
    assert_eq!(number(&lines["read"]), accounted, "{place}: {lines}");
}
