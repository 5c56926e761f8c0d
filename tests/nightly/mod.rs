//! `netlog report`: a month of nights with rotations, kills and runs at the same time counts every line
//! once; what is told when.

mod month;

use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with logs, and the program at work on it.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("log")).unwrap();
        Machine { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        command.current_dir(self.folder.path()).args(["report", "--state", "st", "-j2"]).args(args);
        command
    }

    fn report(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// A run with its summary.
    #[track_caller]
    fn summary(&self, args: &[&str]) -> Value {
        let ran = self.report(&[&["--json", "-"], args].concat());
        let err = String::from_utf8_lossy(&ran.stderr);
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {err}"))
    }
}

fn login(day: u32, second: u32, user: &str, ip: &str) -> String {
    format!(
        "2026-03-{day:02}T10:{:02}:{:02}Z web sshd[{second}]: Accepted password for {user} from {ip} port 40000 ssh2\n",
        second / 60 % 60,
        second % 60
    )
}

fn lines_of(path: &Path) -> usize {
    fs::read(path).unwrap().iter().filter(|b| **b == b'\n').count()
}

#[test]
fn half_a_line_waits_for_its_end() {
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1"));
    machine.append("log/auth.log", "2026-03-01T10:05:00Z web sshd[1]: Accep");
    assert_eq!(machine.summary(&["log"])["lines"], 1);
    assert_eq!(machine.summary(&["log"])["lines"], 0);
    machine.append("log/auth.log", "ted password for eve from 192.0.2.9 port 40000 ssh2\n");
    let third = machine.summary(&["log"]);
    assert_eq!((&third["lines"], &third["events"]), (&1.into(), &1.into()));
    assert_eq!(third["new"]["users"][0], "eve");
    assert_eq!(lines_of(&machine.path("log/auth.log")), 2);
}

/// A rotation that is still compressing when the run begins.
#[test]
fn a_compressed_log_that_is_being_written_waits_for_the_rest() {
    let machine = Machine::new();
    let user = |n: u32| format!("u{}", n.wrapping_mul(2_654_435_761));
    let lines: String = (0..3000).map(|n| login(1, n, &user(n), "192.0.2.1")).collect();
    let packed = month::gzip(lines.as_bytes());
    let path = machine.path("log/auth.log.gz");
    fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    let first = machine.summary(&["log"]);
    let lines_of = |ran: &Value| ran["lines"].as_u64().unwrap();
    assert!((1000..2000).contains(&lines_of(&first)), "{first}");
    assert_eq!((&first["faults"], &first["events"]), (&Value::Array(vec![]), &first["lines"]));
    assert_eq!(lines_of(&machine.summary(&["log"])), 0);
    fs::write(&path, &packed).unwrap();
    let second = machine.summary(&["log"]);
    assert_eq!(lines_of(&first) + lines_of(&second), 3000);
    assert_eq!(second["events"], second["lines"]);
    assert_eq!(lines_of(&machine.summary(&["log"])), 0);
}

#[test]
fn a_guess_that_succeeds_the_night_after_is_told() {
    let machine = Machine::new();
    let failed =
        |second: u32, ip: &str| login(1, second, "root", ip).replace("Accepted password", "Failed password");
    (0..6).for_each(|n| machine.append("log/auth.log", &failed(n, "192.0.2.1")));
    (0..4).for_each(|n| machine.append("log/auth.log", &failed(n, "192.0.2.2")));
    assert_eq!(machine.summary(&["log"])["findings"]["critical"], 0);
    // Nothing in between forgets it, and a window of its own counts nothing twice.
    assert_eq!(machine.summary(&["log"])["findings"]["critical"], 0);
    machine.summary(&["--window", "yesterday", "log"]);
    machine.append("log/auth.log", &login(2, 1, "root", "192.0.2.1"));
    machine.append("log/auth.log", &login(2, 2, "root", "192.0.2.2"));
    machine.append("log/auth.log", &login(2, 3, "root", "192.0.2.3"));
    let second = machine.summary(&["log"]);
    assert_eq!(second["findings"]["critical"], 1, "{second}");
    let told = second["new_findings"].to_string();
    assert!(told.contains("192.0.2.1") && told.contains("6 of them before this run"), "{told}");
    // It got in: from here on it begins anew.
    machine.append("log/auth.log", &login(3, 1, "root", "192.0.2.1"));
    assert_eq!(machine.summary(&["log"])["findings"]["critical"], 0);
}

/// An array is written anew with each element, and only its end is other than before.
#[test]
fn json_that_grows_is_counted_once() {
    let machine = Machine::new();
    let event =
        |n: u32| format!("  {{\n    \"time\": \"2026-03-01T10:00:{n:02}Z\",\n    \"msg\": \"m\"\n  }}");
    let write = |count: u32| {
        let elements: Vec<_> = (0..count).map(event).collect();
        fs::write(machine.path("log/array.json"), format!("[\n{}\n]\n", elements.join(",\n"))).unwrap();
        fs::write(machine.path("log/texts.json"), elements.join("\n") + "\n").unwrap();
        machine.summary(&["log"])["events"].as_u64().unwrap()
    };
    assert_eq!([20, 25, 25, 26].map(write), [40, 10, 0, 2]);
}

#[test]
fn the_first_run_reaches_as_far_as_chosen() {
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1").repeat(300));
    assert_eq!(machine.summary(&["--first", "now", "log"])["lines"], 0);
    machine.append("log/auth.log", &login(1, 2, "root", "192.0.2.1"));
    fs::rename(machine.path("log/auth.log"), machine.path("log/auth.log.1")).unwrap();
    assert_eq!(machine.summary(&["--first", "now", "log"])["lines"], 1);
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1").repeat(3));
    // Lines of March 2026 are long ago, whenever this runs: read, but not told.
    let first = machine.summary(&["--first", "1h", "log"]);
    assert_eq!((&first["lines"], &first["events"]), (&3.into(), &0.into()));
}

#[test]
fn a_window_reads_again_and_leaves_the_counts() {
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1").repeat(3));
    assert_eq!(machine.summary(&["log"])["lines"], 3);
    for _ in 0..2 {
        let again = machine.summary(&["--window", "yesterday", "log"]);
        assert_eq!((&again["lines"], &again["events"]), (&3.into(), &0.into()));
    }
    assert_eq!(machine.summary(&["log"])["lines"], 0);
}

#[test]
fn captures_count_once_under_any_name() {
    let machine = Machine::new();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases/ssh-logins/input.pcap");
    fs::copy(&case, machine.path("log/a.pcap")).unwrap();
    let first = machine.summary(&["log"]);
    assert!(first["packets"].as_u64().unwrap() > 100);
    fs::rename(machine.path("log/a.pcap"), machine.path("log/b.pcap")).unwrap();
    assert_eq!(machine.summary(&["log"])["packets"], 0);
    let packed = month::gzip(&fs::read(&case).unwrap());
    fs::write(machine.path("log/b.pcap.gz"), packed).unwrap();
    assert_eq!(machine.summary(&["log"])["packets"], 0);
}

#[test]
fn what_cannot_be_read_is_told_once_and_stops_nothing() {
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1"));
    let args = ["log/auth.log", "gone.log", "no/*.log"];
    let first = machine.report(&args);
    let err = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(first.status.code() == Some(3) && err.contains("gone.log") && err.contains("no/*.log"), "{err}");
    assert!(String::from_utf8_lossy(&first.stdout).contains("1 log line"));
    let second = machine.report(&args);
    assert_eq!((second.status.code(), second.stderr.len()), (Some(0), 0));
    assert!(String::from_utf8_lossy(&second.stdout).contains("Still cannot be read: gone.log"));
}

#[test]
fn who_is_told_when() {
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1"));
    let args = ["--quiet-unless", "changed", "--folder", "rep", "--exec", "cat >> mail", "log"];
    let first = machine.report(&args);
    assert!(String::from_utf8_lossy(&first.stdout).contains("This is the first report"));
    assert_eq!(fs::read(machine.path("mail")).unwrap(), first.stdout);
    machine.append("log/auth.log", &login(2, 1, "root", "192.0.2.1"));
    assert!(machine.report(&args).stdout.is_empty(), "nothing is new");
    machine.append("log/auth.log", &login(3, 1, "mallory", "192.0.2.66"));
    let third = String::from_utf8_lossy(&machine.report(&args).stdout).into_owned();
    assert!(third.contains("1 new user, 1 new host") && third.contains("| user | mallory |"), "{third}");
    let index = fs::read_to_string(machine.path("rep/index.html")).unwrap();
    assert_eq!(index.matches(".html\"").count(), 3, "{index}");
    // A hook that fails leaves the report to the next run.
    machine.append("log/auth.log", &login(4, 1, "root", "192.0.2.1"));
    let failed = machine.report(&["--exec", "exit 7", "log"]);
    assert_eq!(failed.status.code(), Some(4));
    assert_eq!(machine.summary(&["log"])["lines"], 1);
}

#[test]
fn a_hook_that_never_works_costs_three_nights_not_all() {
    let machine = Machine::new();
    let night = |n: u32| {
        machine.append("log/auth.log", &login(n, 1, "root", "192.0.2.1"));
        let ran = machine.report(&["--exec", "cat >> told; exit 7", "log"]);
        assert_eq!(ran.status.code(), Some(4));
        let lines = String::from_utf8_lossy(&ran.stdout).into_owned();
        (lines, String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    for (n, want) in [(1, "1 log line "), (2, "2 log lines "), (3, "3 log lines "), (4, "1 log line ")] {
        let (out, err) = night(n);
        assert!(out.contains(want), "night {n}: {out}");
        assert_eq!(err.contains("third time"), n == 3, "night {n}: {err}");
    }
}

#[test]
fn a_capture_that_grows_is_counted_packet_by_packet() {
    let machine = Machine::new();
    let whole =
        fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cases/ssh-logins/input.pcap")).unwrap();
    let mut at = 24;
    for _ in 0..10 {
        at += 16 + u32::from_le_bytes(whole[at + 8..at + 12].try_into().unwrap()) as usize;
    }
    fs::create_dir_all(machine.path("log")).unwrap();
    let place = machine.path("log/x.pcap");
    fs::write(&place, &whole[..at]).unwrap();
    assert_eq!(machine.summary(&["log"])["packets"], 10);
    // Half a packet is waited for.
    fs::write(&place, &whole[..whole.len() - 5]).unwrap();
    let second = machine.report(&["--json", "-", "log"]);
    let second: Value = serde_json::from_slice(&second.stdout).unwrap();
    fs::write(&place, &whole).unwrap();
    let third = machine.summary(&["log"]);
    let all = capture_packets(&whole);
    assert_eq!(second["packets"].as_u64().unwrap(), all - 11);
    assert_eq!(third["packets"], 1);
    assert_eq!(machine.summary(&["log"])["packets"], 0);
}

fn capture_packets(data: &[u8]) -> u64 {
    let (mut at, mut packets) = (24, 0);
    while at < data.len() {
        at += 16 + u32::from_le_bytes(data[at + 8..at + 12].try_into().unwrap()) as usize;
        packets += 1;
    }
    packets
}

#[test]
fn the_configuration_says_it_all() {
    let machine = Machine::new();
    machine.append("log/auth.log", &login(1, 1, "root", "192.0.2.1"));
    let text = "[report]\ninputs = [\"log/*.log\"]\nstate = \"st\"\nfolder = \"rep\"\nformats = [\"json\"]\njson = \"last.json\"\n";
    fs::write(machine.path("netlog.toml"), text).unwrap();
    let config = machine.path("netlog.toml");
    let ran = Command::new(env!("CARGO_BIN_EXE_netlog"))
        .args(["report", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let last: Value = serde_json::from_slice(&fs::read(machine.path("last.json")).unwrap()).unwrap();
    assert_eq!(last["lines"], 1);
    let file = last["files"][0].as_str().unwrap();
    let report: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(report["ledger"]["lines"]["read"], 1);
    fs::write(&config, "[report]\nwindow = \"tomorrow\"\n").unwrap();
    let ran =
        Command::new(env!("CARGO_BIN_EXE_netlog")).args(["config", "check"]).arg(&config).output().unwrap();
    let err = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(err.contains("netlog.toml:2:10") && err.contains("yesterday"), "{err}");
}
