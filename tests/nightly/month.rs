//! A month of nights. Three logs are rotated in three ways, some nights a run is killed at an instant that
//! varies, some nights two run at once, and some rotations are met half way.

use super::{Machine, login};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const ARGS: [&str; 5] = ["--folder", "rep", "--as", "json", "log"];

/// `name.1` to `name.2` and so on, from the oldest.
fn shift(machine: &Machine, name: &str) {
    for n in (1..60).rev() {
        for ending in ["", ".gz"] {
            let from = machine.path(&format!("{name}.{n}{ending}"));
            if from.exists() {
                fs::rename(from, machine.path(&format!("{name}.{}{ending}", n + 1))).unwrap();
            }
        }
    }
}

/// Renamed, compressed a day later; met half way when `half`: the compressed file is being written.
fn rename(machine: &Machine, name: &str, half: bool) {
    shift(machine, name);
    fs::rename(machine.path(name), machine.path(&format!("{name}.1"))).unwrap();
    let (plain, packed) = (machine.path(&format!("{name}.2")), machine.path(&format!("{name}.2.gz")));
    if plain.exists() {
        let bytes = gzip(&fs::read(&plain).unwrap());
        let all = if half { bytes.len() / 2 } else { bytes.len() };
        fs::write(&packed, &bytes[..all]).unwrap();
        if half {
            machine.report(&ARGS);
            fs::write(&packed, &bytes).unwrap();
        }
        fs::remove_file(&plain).unwrap();
    }
}

/// Copied, truncated, compressed at once; met between the copy and the truncation when `half`.
fn copytruncate(machine: &Machine, name: &str, half: bool) {
    shift(machine, name);
    let (from, to) = (machine.path(name), machine.path(&format!("{name}.1")));
    fs::copy(&from, &to).unwrap();
    if half {
        machine.report(&ARGS);
    }
    fs::write(&from, "").unwrap();
    fs::write(machine.path(&format!("{name}.1.gz")), gzip(&fs::read(&to).unwrap())).unwrap();
    if half {
        machine.report(&ARGS);
    }
    fs::remove_file(to).unwrap();
}

/// A run that is ended after `wait` milliseconds, wherever it is then.
fn killed(machine: &Machine, wait: u64) {
    let mut child = machine.command(&ARGS).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(wait));
    // It may be over already: that is one of the instants, too.
    let _ = child.kill();
    child.wait().unwrap();
}

fn twice(machine: &Machine) {
    let start = || machine.command(&ARGS).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut runs = [start(), start()];
    let codes = runs.each_mut().map(|run| run.wait().unwrap().code());
    assert!(codes.contains(&Some(0)) && codes.iter().all(|c| matches!(c, Some(0 | 2))), "{codes:?}");
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

#[test]
fn a_month_of_nights_is_one_run_over_everything() {
    let (machine, mut dice) = (Machine::new(), Dice(7));
    let mut second = 0;
    let mut line = |day: u32| {
        second += 1;
        login(day, second, "deploy", "192.0.2.77")
    };
    let mut written = 0;
    let logs = ["log/renamed.log", "log/copied.log", "log/dated.log"];
    for day in 1..=28 {
        for log in logs {
            // Some days nobody comes; some logs are short, some are longer than what tells them apart.
            let lines = if dice.below(6) == 0 { 0 } else { dice.below(120) };
            for _ in 0..lines {
                machine.append(log, &line(day));
            }
            written += lines;
            if dice.below(5) == 0 {
                // The server is in the middle of a line when the night's run begins.
                let whole = line(day);
                machine.append(log, &whole[..40]);
                machine.report(&ARGS);
                machine.append(log, &whole[40..]);
                written += 1;
            }
        }
        let half = dice.below(4) == 0;
        if dice.below(2) == 0 && machine.path(logs[0]).exists() {
            rename(&machine, logs[0], half);
        }
        if dice.below(2) == 0 && machine.path(logs[1]).exists() {
            copytruncate(&machine, logs[1], half);
        }
        if dice.below(3) == 0 && machine.path(logs[2]).exists() {
            let dated = machine.path(&format!("{}-202603{day:02}", logs[2]));
            fs::rename(machine.path(logs[2]), dated).unwrap();
        }
        match day % 4 {
            0 => killed(&machine, dice.below(700)),
            1 => twice(&machine),
            _ => {}
        }
        machine.report(&ARGS);
    }
    adds_up(&machine, written);
}

/// All nights together tell as much as one run over everything: `written` lines.
fn adds_up(machine: &Machine, written: u64) {
    let all = Command::new(env!("CARGO_BIN_EXE_netlog"))
        .current_dir(machine.folder.path())
        .args(["analyze", "-q", "-o", "json", "log"])
        .output()
        .unwrap();
    let all = json(&all.stdout);
    assert_eq!(all["ledger"]["lines"]["read"], written, "the test itself");
    let (mut lines, mut events) = (0, 0);
    for entry in fs::read_dir(machine.path("rep")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let night = json(&fs::read(path).unwrap());
            lines += night["ledger"]["lines"]["read"].as_u64().unwrap();
            events += night["events"].as_u64().unwrap();
        }
    }
    assert_eq!((lines, events), (written, all["events"].as_u64().unwrap()));
    let state = json(&fs::read(machine.path("st/state.json")).unwrap());
    let sum: u64 = state["reports"].as_array().unwrap().iter().map(|r| r["lines"].as_u64().unwrap()).sum();
    assert_eq!(sum, written);
}
