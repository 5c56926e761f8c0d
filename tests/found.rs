//! What the detections find in the recorded cases (testdata/report, made by make-report.sh): every attack
//! from the right source and in its time, nothing above low in an hour of calm, and the same findings
//! whatever the order and the parts of the inputs.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/report");

fn report(args: &[&str]) -> Value {
    let run =
        Command::new(env!("CARGO_BIN_EXE_netlog")).args(["analyze", "-q", "-o", "json"]).args(args).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

fn files(case: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(CASES).join(case)).unwrap();
    let mut all: Vec<String> = entries.map(|e| e.unwrap().path().to_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

fn findings(report: &Value) -> &Vec<Value> {
    report["findings"].as_array().unwrap()
}

/// Rule, source, file of the first evidence, and the time it must lie in: when the tool began, and when the next
/// one did (make-report.sh notes both).
static ATTACKS: &[(&str, &str, &str, &str, &str)] = &[
    ("scan.vertical", "203.0.113.66", "capture", "18:26:22", "18:26:24"),
    ("scan.stealth", "203.0.113.66", "capture", "18:26:22", "18:26:24"),
    ("login.bruteforce", "203.0.113.66", "auth.log", "18:26:23", "18:26:34"),
    ("login.success_after_failures", "203.0.113.66", "auth.log", "18:26:23", "18:26:35"),
    ("login.bruteforce", "198.51.100.6", "capture", "18:26:34", "18:27:41"),
    ("login.success_after_failures", "198.51.100.6", "capture", "18:26:34", "18:27:41"),
    ("web.refused", "198.51.100.5", "access.log", "18:27:40", "18:27:42"),
    ("web.hidden_paths", "198.51.100.4", "access.log", "18:27:41", "18:27:42"),
    ("web.sql_injection", "203.0.113.66", "access.log", "18:27:41", "18:27:43"),
    ("web.traversal", "203.0.113.66", "access.log", "18:27:41", "18:27:43"),
    ("web.shell", "203.0.113.66", "access.log", "18:27:41", "18:27:43"),
    ("web.cross_site_scripting", "203.0.113.66", "access.log", "18:27:41", "18:27:43"),
    ("web.log4shell", "203.0.113.66", "access.log", "18:27:41", "18:27:43"),
    ("icmp.tunnel", "10.77.0.20", "capture", "18:27:42", "18:27:47"),
    ("dns.tunnel", "10.77.0.10", "capture", "18:27:46", "18:28:08"),
    ("flood.syn", "10.77.0.10", "capture", "18:27:59", "18:28:04"),
    ("outbound.beacon", "10.77.0.20", "capture", "18:26:22", "18:28:08"),
];

/// The same of programs that do a whole attack by themselves (make-report.sh tools).
static TOOLS: &[(&str, &str, &str, &str, &str)] = &[
    ("web.traversal", "198.51.100.4", "access.log", "21:06:14", "21:06:18"),
    ("web.command_injection", "198.51.100.4", "access.log", "21:06:14", "21:06:18"),
    ("web.scanner", "198.51.100.4", "access.log", "21:06:14", "21:06:18"),
    ("login.bruteforce", "198.51.100.5", "auth.log", "21:06:17", "21:06:45"),
    ("login.success_after_failures", "198.51.100.5", "auth.log", "21:06:17", "21:06:45"),
    ("icmp.tunnel", "10.77.0.10", "capture", "21:06:44", "21:06:48"),
];

/// The cloud's view of the scan (make-vpc.py): in whole seconds, records by minute.
static CLOUD: &[(&str, &str, &str, &str, &str)] = &[
    ("scan.vertical", "203.0.113.66", "flow.log", "18:26:22", "18:26:34"),
    ("vpc.accept_after_reject", "203.0.113.66", "flow.log", "18:26:22", "18:26:35"),
];

/// The report of a case in which all of these are found.
fn found(case: &str, attacks: &[(&str, &str, &str, &str, &str)]) -> Value {
    let args = files(case);
    let report = report(&args.iter().map(String::as_str).collect::<Vec<_>>());
    for (rule, source, file, begin, end) in attacks {
        let found = findings(&report).iter().find(|f| {
            f["rule"] == *rule
                && f["subject"] == *source
                && f["first"]["file"].as_str().unwrap().contains(file)
        });
        let found = found.unwrap_or_else(|| panic!("{rule} by {source} in {file} was not found"));
        let clock = |which: &str| found[which]["time"].as_str().unwrap()[11..19].to_owned();
        assert!(clock("first").as_str() >= *begin && clock("last").as_str() <= *end, "{found}");
    }
    // And nobody else is accused of anything but noise.
    let known: BTreeSet<&str> = attacks.iter().map(|attack| attack.1).collect();
    for f in findings(&report).iter().filter(|f| f["severity"] != "low" && f["severity"] != "info") {
        assert!(known.contains(f["subject"].as_str().unwrap()), "{f}");
    }
    report
}

#[test]
fn every_attack_is_found_with_its_source_and_span() {
    found("tools", TOOLS);
    found("vpc", CLOUD);
    let report = found("attacks", ATTACKS);
    // The guesser's story stands in capture, auth.log and access log, and the clocks were compared.
    let story = report["tables"]["stories"]["rows"].as_array().unwrap();
    let told: BTreeSet<&str> = story
        .iter()
        .filter(|row| row["address"] == "203.0.113.66")
        .filter_map(|row| row["source"].as_str()?.rsplit('/').next())
        .collect();
    assert!(
        ["access.log", "auth.log", "capture.pcap.zst"].iter().all(|file| told.contains(file)),
        "{told:?}"
    );
    assert!(report.to_string().contains("auth.log: its clock agrees with the capture's, by "), "{story:?}");
}

#[test]
fn an_hour_of_calm_has_nothing_above_low() {
    let args = files("benign");
    let report = report(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let span = |at: &str| report[at].as_str().unwrap()[11..16].to_owned();
    assert_eq!((span("first").as_str(), span("last").as_str()), ("18:30", "19:30"));
    let above: Vec<&Value> =
        findings(&report).iter().filter(|f| f["severity"] != "low" && f["severity"] != "info").collect();
    assert!(above.is_empty(), "{above:#?}");
    // The detectors had something to look at.
    for row in report["tables"]["detectors"]["rows"].as_array().unwrap() {
        let name = row["detector"].as_str().unwrap();
        if ["login", "scan", "web", "dns", "outbound", "errors"].contains(&name) {
            assert!(row["events"].as_u64() > Some(300), "{row}");
        }
    }
}

/// What must not depend on how the evidence was laid out.
fn essence(report: &Value) -> Vec<String> {
    let of = |f: &Value| {
        let times = [&f["first"]["time"], &f["last"]["time"]];
        format!("{} {} {} {} {} {times:?}", f["rule"], f["severity"], f["subject"], f["title"], f["count"])
    };
    let mut all: Vec<String> = findings(report).iter().map(of).collect();
    all.sort();
    all
}

/// A classic pcap of microseconds in two parts, and the lines of a log in two.
fn halved(from: &Path, to: &Path) -> Vec<PathBuf> {
    let name = from.file_name().unwrap().to_str().unwrap();
    let parts = [to.join(format!("1-{name}")), to.join(format!("2-{name}"))];
    let (first, second) = if let Some(stem) = name.strip_suffix(".zst") {
        assert_eq!(stem, "capture.pcap");
        let data = zstd::decode_all(fs::File::open(from).unwrap()).unwrap();
        assert_eq!(data[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
        let mut at = 24;
        while at < data.len() / 2 {
            at += 16 + u32::from_le_bytes(data[at + 8..at + 12].try_into().unwrap()) as usize;
        }
        (data[..at].to_vec(), [&data[..24], &data[at..]].concat())
    } else {
        let data = fs::read(from).unwrap();
        let at = data.len() / 2 + data[data.len() / 2..].iter().position(|b| *b == b'\n').unwrap() + 1;
        (data[..at].to_vec(), data[at..].to_vec())
    };
    fs::write(&parts[0], first).unwrap();
    fs::write(&parts[1], second).unwrap();
    parts.to_vec()
}

#[test]
fn neither_parts_nor_order_nor_threads_change_a_finding() {
    let all = files("attacks");
    let forward: Vec<&str> = all.iter().map(String::as_str).collect();
    let whole = essence(&report(&forward));
    assert!(whole.len() > 15);
    let mut back = forward.clone();
    back.reverse();
    for args in [
        [&back[..], &["-j", "1"]].concat(),
        [&forward[1..], &forward[..1], &["-j", "8", "--round-size", "65536"]].concat(),
    ] {
        assert_eq!(whole, essence(&report(&args)), "{args:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    let parts: Vec<PathBuf> = all.iter().flat_map(|file| halved(Path::new(file), dir.path())).collect();
    let mut args: Vec<&str> = parts.iter().map(|part| part.to_str().unwrap()).collect();
    assert_eq!(whole, essence(&report(&args)));
    args.reverse();
    assert_eq!(whole, essence(&report(&args)));
}

/// The hashes of the report are those of the files as they lie there, compressed or not, and of a pipe.
#[test]
fn inputs_are_hashed_as_they_are_stored() {
    use sha2::{Digest, Sha256};
    let hex = |path: &str| -> String {
        Sha256::digest(fs::read(path).unwrap()).iter().map(|b| format!("{b:02x}")).collect()
    };
    let all = files("attacks");
    let report = report(&all.iter().map(String::as_str).collect::<Vec<_>>());
    for input in report["inputs"].as_array().unwrap() {
        assert_eq!(input["sha256"], hex(input["path"].as_str().unwrap()), "{input}");
    }
    for file in &all {
        let run = |more: &[&str]| -> Value {
            let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
            command
                .args(["analyze", "-q", "-o", "json", "-"])
                .args(more)
                .stdin(fs::File::open(file).unwrap());
            serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
        };
        assert_eq!(run(&[])["inputs"][0]["sha256"], hex(file), "{file} through a pipe");
        assert_eq!(run(&["--no-hash"])["inputs"][0]["sha256"], Value::Null);
    }
}
