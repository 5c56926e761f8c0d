//! Every capture of the shared corpus through the program: as many packets as capinfos counts, and no
//! bug of ours.

use super::{ROOT, adds_up, netlog};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Captures that capinfos cannot open as a whole, or that it counts otherwise, with our count and why.
static OTHERWISE: &[(&str, u64, &str)] = &[];

fn captures() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(ROOT).join("../shared/corpus")];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "pcap" || e == "pcapng" || e == "cap") {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

/// Packets that capinfos counts, and whether it came to the end of the file.
fn capinfos(path: &Path) -> Option<(u64, bool)> {
    let out = Command::new("capinfos").args(["-T", "-r", "-M", "-c"]).arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let count = text.trim_end().split('\t').nth(1)?.trim().parse().ok()?;
    Some((count, out.status.success()))
}

/// What is wrong with our run over a capture, if anything.
fn check(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let wrong = |what: String| Some(format!("{name}: {what}"));
    let ran = netlog(&["analyze", "-q", "-o", "json", path.to_str()?]);
    if ran.code != 0 && ran.code != 3 {
        return wrong(format!("exit status {}: {}", ran.code, ran.err));
    }
    if ran.err.contains("bug in netlog") {
        return wrong(ran.err);
    }
    let report = ran.json();
    let ledger = &report["ledger"];
    adds_up(ledger, name);
    let read = ledger["packets"]["read"].as_u64()?;
    if let Some((_, count, why)) = OTHERWISE.iter().find(|(n, _, _)| *n == name) {
        return if read == *count { None } else { wrong(format!("{read} packets, not {count} ({why})")) };
    }
    let Some((count, whole)) = capinfos(path) else {
        return wrong("capinfos says nothing".to_owned());
    };
    if read != count {
        return wrong(format!("{read} packets, capinfos counts {count}"));
    }
    let faults = ledger["faults"].as_array()?.len();
    if whole != (faults == 0) || (ran.code == 3) != (faults > 0) {
        return wrong(format!("capinfos reads it whole: {whole}; exit status {}: {}", ran.code, ran.err));
    }
    None
}

#[test]
fn every_capture_is_counted_as_capinfos_does() {
    let all = captures();
    if all.is_empty() || Command::new("capinfos").arg("--version").output().is_err() {
        crate::skipped("no ../shared/corpus or no capinfos here");
        return;
    }
    assert!(all.len() >= 360, "{} captures", all.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(path) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().unwrap().extend(check(path));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}
