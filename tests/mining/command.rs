//! `patterns mine` as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

fn netlog(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netlog")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A log that no format knows, with stamps of its own.
fn own_log(dir: &Path) -> String {
    let mut log = String::new();
    for i in 0..60 {
        let at = format!("2026-11-21 10:{:02}:{:02}.250", i / 60, i % 60);
        log += &format!("{at} [worker-{}] order 10{i} accepted from 192.0.2.{i} port {}\n", i % 3, 4000 + i);
        log += &format!(
            "{at} [worker-{}] cache miss for \"key {i}\" took {}ms mode={}\n",
            i % 3,
            i * 7,
            ["fast", "slow"][i % 2]
        );
        log += &format!("{at} [worker-{}] user u{i} logged out 100% done\n", i % 3);
    }
    let path = dir.join("own.log");
    std::fs::write(&path, log).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_mined_file_reads_its_log_and_passes_its_tests() {
    let dir = tempfile::tempdir().unwrap();
    let log = own_log(dir.path());
    let mined = netlog(&["patterns", "mine", "--name", "own", &log]);
    assert!(mined.status.success(), "{}", text(&mined.stderr));
    let file = dir.path().join("own.toml");
    std::fs::write(&file, &mined.stdout).unwrap();
    let file = file.to_str().unwrap();
    let toml = text(&mined.stdout);
    for want in [
        "# 60 lines: <time> [worker-<worker>] order <order> accepted from <from> port <port>",
        "%{source.ip} port %{source.port}",
        "%{@timestamp:iso8601}",
        "# seen: 0 to 413; a limit would be\n# range = [0, 413]",
        "mode=fast",
        "\"@timestamp\" = \"2026-11-21T10:00:00.250000000Z\"",
        "mode=slow",
        "%{own.out}%% done",
        "for \\\"%{own.for:text}\\\" took",
    ] {
        assert!(toml.contains(want), "{want} is missing in\n{toml}");
    }
    let tested = netlog(&["patterns", "test", file]);
    let out = text(&tested.stdout);
    assert!(tested.status.success() && out.ends_with("8 tests, 0 failures\n"), "{out}");
    assert!(netlog(&["patterns", "check", file]).status.success());
    // With it, nothing is left.
    let again = netlog(&["patterns", "mine", "--patterns", file, &log]);
    assert!(again.stdout.is_empty() && text(&again.stderr).contains("none of 180 lines is left"));
}

#[test]
fn templates_as_json_and_lines_as_csv_agree() {
    let dir = tempfile::tempdir().unwrap();
    let log = own_log(dir.path());
    let csv = dir.path().join("lines.csv");
    let run = || netlog(&["patterns", "mine", "--json", "--lines", csv.to_str().unwrap(), &log]);
    let first = run();
    let json: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!((json["lines"].as_u64(), json["left_out"].as_u64()), (Some(180), Some(0)));
    let rows = std::fs::read_to_string(&csv).unwrap();
    let ids: Vec<u64> =
        rows.lines().skip(1).map(|r| r.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(ids.len(), 180);
    for template in json["templates"].as_array().unwrap() {
        let n = ids.iter().filter(|id| Some(**id) == template["id"].as_u64()).count();
        assert_eq!(Some(n as u64), template["count"].as_u64(), "{template}");
    }
    let port = json["templates"].as_array().unwrap().iter().flat_map(|t| t["variables"].as_array().unwrap());
    let port = port.clone().find(|v| v["name"] == "port").unwrap();
    assert_eq!(*port, serde_json::json!({"name": "port", "type": "int", "min": 4000, "max": 4059}));
    assert_eq!(run().stdout, first.stdout);
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), rows);
}

#[test]
fn messages_below_syslog_are_mined_by_program() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sys.log");
    let lines: String = (0..20)
        .map(|i| format!("Nov 21 09:07:{i:02} web myd[7]: session {i} of bob from 192.0.2.{i} ended\n"))
        .collect();
    std::fs::write(&path, lines).unwrap();
    let run = netlog(&["patterns", "mine", path.to_str().unwrap()]);
    let toml = text(&run.stdout);
    for want in [
        "over = \"syslog\"",
        "\"process.name\" = [\"myd\"]",
        "session %{mined.session} of bob from %{source.ip} ended",
    ] {
        assert!(toml.contains(want), "{want} is missing in\n{toml}");
    }
}

#[test]
fn hostile_lines_give_a_sound_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Vec::new();
    for i in 0..40u32 {
        log.extend(
            format!("%{{x}} \u{1b}[2J\u{202e}\"quo\\te {i} '''\"\"\" a=%{{b:text}} done\n").into_bytes(),
        );
        log.extend(format!("\t lead {i}  twice  \t\n{{\"not\": json {i}\n = == =x x= {i}=\n").into_bytes());
        log.extend([b'x', 0xff, 0xfe, b' ', b'b', b'a', b'd', b' ', b'0' + (i % 10) as u8, b'\n']);
        log.extend(format!("{}\n", "w ".repeat(100 + i as usize)).into_bytes());
        log.extend(format!("{}\n", "((((".repeat(i as usize)).into_bytes());
        log.extend(b"\0\0\0\n\r\n \n");
    }
    let path = dir.path().join("bad.log");
    std::fs::write(&path, log).unwrap();
    let run = netlog(&["patterns", "mine", "--all", path.to_str().unwrap()]);
    let toml = text(&run.stdout);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert!(!toml.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{toml}");
    let file = dir.path().join("bad.toml");
    std::fs::write(&file, toml).unwrap();
    let tested = netlog(&["patterns", "test", file.to_str().unwrap()]);
    assert!(tested.status.success(), "{}\n{toml}", text(&tested.stdout));
    assert!(toml.matches("[[rule]]").count() >= 3, "{toml}");
}

#[test]
fn wrong_options_are_told_before_anything_is_read() {
    for (args, want) in [
        (&["--over", "syslg", "x"][..], "did you mean syslog?"),
        (&["--name", "sshd", "x"], "must be a name that no format has"),
        (&["--similarity", "2", "x"], "between 0 and 1"),
        (&["--lines", "x.csv", "-"], "only once"),
    ] {
        let run = netlog(&[&["patterns", "mine"], args].concat());
        let error = text(&run.stderr);
        assert!(run.status.code() == Some(2) && error.contains(want), "{args:?}: {error}");
    }
}
