//! `netlog grep-auth` through the program itself.

mod hostile;
mod services;
mod truth;
mod ways;

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs `netlog grep-auth` with these arguments.
fn run(args: &[&str]) -> Output {
    program(args).output().unwrap()
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    command.arg("grep-auth").args(args).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs with `input` on standard input.
fn piped(args: &[&str], input: &[u8]) -> Output {
    let mut child = program(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The answer for a file as JSON; the year of its stamps is 2015.
fn answer(path: &Path, more: &[&str]) -> Value {
    let mut args = vec!["-o", "json", "--year", "2015"];
    args.extend(more);
    args.push(path.to_str().unwrap());
    let output = run(&args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A log with these messages of sshd, a second apart from 10 December 07:00:00 on.
fn log(messages: &[&str]) -> String {
    let line = |(i, message): (usize, &&str)| {
        format!(
            "Dec 10 {:02}:{:02}:{:02} web sshd[{}]: {message}\n",
            7 + i / 3600,
            i / 60 % 60,
            i % 60,
            100 + i
        )
    };
    messages.iter().enumerate().map(line).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

fn host<'v>(answer: &'v Value, name: &str) -> &'v Value {
    let hosts = answer["hosts"].as_array().unwrap();
    hosts.iter().find(|h| h["host"] == name).unwrap_or_else(|| panic!("{name} in {hosts:#?}"))
}

fn names(answer: &Value) -> Vec<&str> {
    answer["hosts"].as_array().unwrap().iter().map(|h| h["host"].as_str().unwrap()).collect()
}

/// `read` is the sum of the others.
fn adds_up(ledger: &Value) {
    let lines = &ledger["lines"];
    let sum = |v: &Value| v.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    let parts = lines["parsed"].as_u64().unwrap() + lines["unmatched"].as_u64().unwrap();
    assert_eq!(lines["read"].as_u64().unwrap(), parts + sum(&lines["skipped"]) + sum(&lines["malformed"]));
}

const MIXED: &[&str] = &[
    "Failed password for root from 203.0.113.7 port 40022 ssh2",
    "Failed password for invalid user bob from 203.0.113.7 port 40022 ssh2",
    "message repeated 5 times: [ Failed password for root from 203.0.113.7 port 40022 ssh2]",
    "Invalid user bob from 203.0.113.7 port 40022",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=root",
    "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=root",
    "Accepted password for root from 203.0.113.7 port 40023 ssh2",
    "Failed publickey for git from 2001:db8::7 port 22 ssh2: RSA SHA256:jXEPmu4thnubqPUDcKDs31MOVLQJH6FfF1XSGT748jQ",
    "Failed keyboard-interactive/pam for git from 2001:db8::7 port 22 ssh2",
    "Failed none for invalid user  from 8.8.8.8 port 22 ssh2",
    "Accepted publickey for alice from 198.51.100.4 port 50000 ssh2: ED25519 SHA256:jXEPmu4thnubqPUDcKDs31MOVLQJH6FfF1XSGT748jQ",
    "Failed password for alice from 198.51.100.4 port 50001 ssh2",
    "Connection closed by authenticating user admin 192.0.2.9 port 4000 [preauth]",
    "Connection closed by 192.0.2.10 port 4000 [preauth]",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=dsl-7.example.net  user=root",
    "Server listening on 0.0.0.0 port 22.",
];
