//! Names that want to be taken for something else.

use super::{Folder, answer, host, log, names, piped};

#[test]
fn names_that_imitate_addresses_fool_nobody() {
    let folder = Folder::new();
    let text = log(&[
        "Failed password for invalid user test 127.0.0.1 port 12345 from 203.0.113.7 port 1 ssh2",
        "Failed password for invalid user x from 198.51.100.1 port 1 ssh2 from 203.0.113.7 port 2 ssh2",
        "Invalid user root from 198.51.100.2 port 3 from 203.0.113.7 port 4",
        "Connection closed by invalid user 198.51.100.3 port 5 203.0.113.7 port 6 [preauth]",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=x rhost=198.51.100.4",
        "Invalid user Accepted password for root from 198.51.100.5 port 7 ssh2 from 203.0.113.7 port 8",
        "Failed password for invalid user a\\nDec 10 07:00:00 web sshd[1]: Accepted password for root from 198.51.100.6 port 9 ssh2 from 203.0.113.7 port 9 ssh2",
    ]);
    let got = answer(&folder.put("auth.log", text), &[]);
    assert_eq!(names(&got), ["203.0.113.7"]);
    let only = host(&got, "203.0.113.7");
    assert_eq!((&only["failed"], &only["accepted"]), (&3.into(), &0.into()), "{only:#}");
    assert_eq!(only["users"]["test 127.0.0.1 port 12345"], 1);
    assert_eq!(only["users"]["x from 198.51.100.1 port 1 ssh2"], 1);
    assert_eq!(only["users"]["x rhost=198.51.100.4"], 1);
}

#[test]
fn names_of_every_shape_are_kept_apart_and_harmless() {
    let folder = Folder::new();
    let odd = ["", " 0101", "a b", "a\"b", "=1+1", "\u{1b}[2J", "東京", "a|b<i>", "\u{202e}toor"];
    let lines: Vec<String> = odd
        .iter()
        .map(|u| format!("Failed password for invalid user {u} from 8.8.8.8 port 1 ssh2"))
        .collect();
    let path = folder.put("auth.log", log(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
    let users = answer(&path, &[])["hosts"][0]["users"].clone();
    for user in odd {
        assert_eq!(users[user], 1, "{user:?} in {users}");
    }
    for form in ["text", "markdown", "csv", "json", "ndjson"] {
        let out = piped(&["--year", "2015", "-o", form, "-"], &std::fs::read(&path).unwrap()).stdout;
        let out = String::from_utf8(out).unwrap();
        let hidden = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
        assert_eq!(out.chars().find(hidden), None, "{form}");
        assert!(!out.lines().any(|l| l.starts_with('=')) || form == "text", "{form}: {out}");
    }
}

#[test]
fn a_remote_name_stays_a_name() {
    let folder = Folder::new();
    let path = folder.put(
        "auth.log",
        log(&[
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=dsl-7.example.net  user=root",
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=999.1.1.1  user=root",
            "Failed password for root from ::ffff:203.0.113.7 port 1 ssh2",
            "Failed password for root from fe80::1%eth0 port 1 ssh2",
        ]),
    );
    let got = answer(&path, &[]);
    assert_eq!(names(&got), ["203.0.113.7", "999.1.1.1", "dsl-7.example.net", "fe80::1"]);
    assert_eq!(host(&got, "dsl-7.example.net")["geo"], serde_json::json!({}));
}

#[test]
fn endless_names_and_absurd_counts_are_capped() {
    let folder = Folder::new();
    let long = "x".repeat(5000);
    let path = folder.put(
        "auth.log",
        log(&[
            &format!("Failed password for invalid user {long} from 203.0.113.7 port 1 ssh2"),
            "message repeated 9223372036854775807 times: [ Failed password for root from 203.0.113.8 port 1 ssh2]",
        ]),
    );
    let got = answer(&path, &[]);
    let users = host(&got, "203.0.113.7")["users"].as_object().unwrap();
    assert!(users.keys().all(|name| name.len() <= 256), "{users:?}");
    assert_eq!(host(&got, "203.0.113.8")["failed"], 1_000_000);
}
