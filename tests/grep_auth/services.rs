//! `--service`, log-ins at web servers, and formats that only say what category their events have.

use super::{Folder, answer, host, log, names, run};

const ACCESS: &str = r#"203.0.113.7 - - [10/Oct/2015:13:55:35 +0000] "GET /private HTTP/1.1" 401 179 "-" "curl/8.5.0"
203.0.113.7 - bob [10/Oct/2015:13:55:36 +0000] "GET /private HTTP/1.1" 401 179 "-" "curl/8.5.0"
203.0.113.7 - bob [10/Oct/2015:13:55:37 +0000] "GET /private HTTP/1.1" 401 179 "-" "curl/8.5.0"
203.0.113.7 - bob [10/Oct/2015:13:55:38 +0000] "GET /private HTTP/1.1" 200 2326 "-" "curl/8.5.0"
198.51.100.9 - eve [10/Oct/2015:13:55:39 +0000] "GET /private HTTP/1.1" 401 179 "-" "curl/8.5.0"
198.51.100.9 - eve [10/Oct/2015:13:55:40 +0000] "GET /nothing HTTP/1.1" 404 179 "-" "curl/8.5.0"
"#;

#[test]
fn a_credential_in_a_request_is_a_log_in() {
    let folder = Folder::new();
    let path = folder.put("access.log", ACCESS);
    for service in [&[][..], &["--service", "web"], &["--service", "apache"], &["--service", "apache.access"]]
    {
        let got = answer(&path, service);
        assert_eq!(names(&got), ["203.0.113.7", "198.51.100.9"], "{service:?}");
        let bob = host(&got, "203.0.113.7");
        assert_eq!((&bob["failed"], &bob["accepted"]), (&2.into(), &1.into()));
        assert_eq!(bob["accepted_after_failure"], true);
        let eve = host(&got, "198.51.100.9");
        assert_eq!((&eve["failed"], &eve["accepted"]), (&1.into(), &0.into()));
    }
    assert_eq!(names(&answer(&path, &["--service", "sshd"])).len(), 0);
}

#[test]
fn only_the_services_asked_for() {
    let folder = Folder::new();
    let text = log(&["Failed password for root from 203.0.113.7 port 1 ssh2"])
        + "Dec 10 08:00:00 web ftpd[9]: FTP LOGIN FAILED FROM 198.51.100.9, bob\n";
    let path = folder.put("auth.log", text);
    assert_eq!(names(&answer(&path, &[])), ["198.51.100.9", "203.0.113.7"]);
    assert_eq!(names(&answer(&path, &["--service", "sshd"])), ["203.0.113.7"]);
    assert_eq!(names(&answer(&path, &["--service", "ftpd"])), ["198.51.100.9"]);
    assert_eq!(names(&answer(&path, &["--service", "ftpd", "--service", "sshd"])).len(), 2);
    // The lines of the others are read and counted all the same.
    for service in ["sshd", "ftpd"] {
        assert_eq!(answer(&path, &["--service", service])["ledger"]["lines"]["parsed"], 2, "{service}");
    }
    let output = run(&["--service", "shd", path.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("shd") && told.contains("sshd") && !told.contains("aws.vpcflow"), "{told}");
}

#[test]
fn a_format_of_ones_own_needs_no_more_than_category_and_outcome() {
    let folder = Folder::new();
    let format = r#"
name = "door"
doc = "A door that writes a log."
over = "syslog"
when = { "process.name" = "door" }
set = { "event.category" = "authentication" }
[[rule]]
delimited = "no entry for %{user.name} at %{source.ip}"
set = { "event.outcome" = "failure" }
[[rule]]
delimited = "welcome %{user.name} at %{source.ip}"
set = { "event.outcome" = "success" }
[[rule]]
delimited = "the bell rang at %{source.ip}"
"#;
    let patterns = folder.put("door.toml", format);
    let text = "Dec 10 08:00:00 web door[9]: no entry for bob at 203.0.113.7\n\
                Dec 10 08:00:01 web door[9]: welcome bob at 203.0.113.7\n\
                Dec 10 08:00:02 web door[9]: the bell rang at 198.51.100.9\n";
    let path = folder.put("door.log", text);
    let got = answer(&path, &["--patterns", patterns.to_str().unwrap(), "--service", "door"]);
    assert_eq!(names(&got), ["203.0.113.7"]);
    let only = host(&got, "203.0.113.7");
    assert_eq!((&only["failed"], &only["accepted"]), (&1.into(), &1.into()));
    assert_eq!(only["accepted_after_failure"], true);
}

#[test]
fn ids_do_not_depend_on_an_inferred_year_or_zone() {
    let folder = Folder::new();
    let path =
        folder.put("auth.log", log(&["Accepted password for root from 203.0.113.7 port 1 ssh2", "x", "x"]));
    let ids = |args: &[&str]| -> Vec<(String, String)> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_netlog"));
        let output = command.arg("events").args(args).arg(&path).output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let events = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        events.map(|e| (text(&e["event"]["id"]), text(&e["@timestamp"]))).collect()
    };
    let first = ids(&["--year", "2020"]);
    assert_eq!(first.len(), 3);
    assert!(first[0].0 != first[1].0 && first[1].0 != first[2].0, "{first:?}");
    for args in [["--year", "2021"], ["--timezone", "Europe/Berlin"]] {
        let other = ids(&args);
        for (a, b) in first.iter().zip(&other) {
            assert_eq!(a.0, b.0, "{args:?}");
            assert_ne!(a.1, b.1, "{args:?}");
        }
    }
}

/// Who failed where no network was in between is told by service and user.
#[test]
fn failures_at_the_machine_itself_have_names() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.log");
    let lines = "Nov 21 09:07:03 web sudo: pam_unix(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/1 ruser=bob rhost=  user=bob\n\
        Nov 21 09:07:03 web sudo:      bob : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/su\n\
        Nov 21 09:07:04 web su[3]: FAILED SU (to root) eve on pts/1\n";
    std::fs::write(&path, lines).unwrap();
    let told = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain([path.to_str().unwrap()]).collect();
        let ran = crate::whole::netlog(&args);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let text = ran.text().to_owned();
        let from = text.find("Failures without a remote host\n---").unwrap_or_else(|| panic!("{text}"));
        text[from..]
            .lines()
            .skip(3)
            .take_while(|line| !line.is_empty())
            .map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&["grep-auth", "-q"]), ["pam bob 0 1", "su eve 1 0", "sudo bob 3 0"]);
    assert_eq!(told(&["grep-auth", "-q", "--service", "su"]), ["su eve 1 0"]);
}
