//! `netlog patterns explain` as a user runs it.

use std::process::Command;

fn explain(args: &[&str]) -> (String, Option<i32>) {
    let run =
        Command::new(env!("CARGO_BIN_EXE_netlog")).args(["patterns", "explain"]).args(args).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap() + std::str::from_utf8(&run.stderr).unwrap();
    (text, run.status.code())
}

/// A format of its own below syslog, with every kind of rule.
fn own(rule: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "name = \"own\"\ndoc = \"X.\"\nover = \"syslog\"\nwhen = {{ \"process.name\" = \"own\" }}\n\
         [fields.\"own.n\"]\ntype = \"long\"\ndoc = \"N.\"\n[[rule]]\n{rule}\n"
    );
    std::fs::write(dir.path().join("own.toml"), text).unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    (dir, path)
}

/// The character above the caret of the first attempt, and the line below it.
fn first_stop(text: &str) -> (Option<char>, String) {
    let lines: Vec<&str> = text.lines().collect();
    let caret = lines.iter().position(|l| l.trim() == "^").unwrap_or_else(|| panic!("no caret in\n{text}"));
    let column = lines[caret].chars().count() - 1;
    (lines[caret - 1].chars().nth(column), lines[caret + 1].trim().to_owned())
}

#[test]
fn a_line_that_is_read_shows_rules_and_captures() {
    let line = "Nov 21 09:07:01 web sshd[731]: Failed password for bob from 192.0.2.7 port 22 ssh2";
    let (text, status) = explain(&[line]);
    assert_eq!(status, Some(0), "{text}");
    for want in [
        "syslog: read by rule 1",
        "sshd: read by rule",
        "user.name         bob",
        "source.ip         192.0.2.7",
    ] {
        assert!(text.contains(want), "{want} is missing in\n{text}");
    }
}

#[test]
fn templates_tell_where_they_stop() {
    let (_dir, dir) =
        own("delimited = \"got %{own.n} apples from %{source.ip} for %{user.name:rest} today\"");
    for (message, above, want) in [
        (
            "got 5 apple from 192.0.2.1 for x today",
            Some(' '),
            "column 40: expected \" apples from \" after %{own.n}",
        ),
        ("got five apples", Some('f'), "column 33: expected %{own.n} after \"got \""),
        (
            "got 5 apples from there for x today",
            Some('t'),
            "expected a value of the type of %{source.ip} after \" apples from \"",
        ),
        ("got 5 apples from 192.0.2.1 for x now", None, "expected \" today\" at the end"),
        ("lost", Some('l'), "column 29: expected \"got \""),
    ] {
        let line = format!("Nov 21 09:07:01 web own[7]: {message}");
        let (text, status) = explain(&["--patterns", &dir, &line]);
        let (char, stop) = first_stop(&text);
        assert!(status == Some(1) && text.contains("own: its rule does not read what is left"), "{text}");
        assert!(char == above && stop.contains(want), "{message}: {char:?} {stop}\n{text}");
    }
}

#[test]
fn expressions_columns_and_objects_tell_where_they_stop() {
    let grok = "grok = '^got %{INT:own.n} (apples|pears) from %{IP:source.ip}$'";
    let json = "[rule.json]\nneed = [\"a.b\"]\nmap = { \"a.b\" = \"own.n\" }";
    let columns = "[rule.columns]\norder = \"num ip who\"\nmap = { num = \"own.n\", ip = \"source.ip\", who = \"user.name\" }";
    for (rule, message, above, want) in [
        (
            grok,
            "got 5 plums from 192.0.2.1",
            Some('p'),
            "expected something that matches (apples|pears) from",
        ),
        (grok, "got five", Some('f'), "expected %{INT:own.n} after \"^got \""),
        (grok, "got 5 pears from 192.0.2.300", Some('1'), "expected %{IP:source.ip}"),
        (json, "{\"a\": 1}", None, "expected a member a.b"),
        (json, "{\"a\" 1}", Some('1'), "expected JSON"),
        (columns, "5 here bob", Some('h'), "expected column ip, a value of its type after num"),
        (columns, "5 192.0.2.1", None, "expected column who after ip"),
    ] {
        let (_dir, dir) = own(rule);
        let line = format!("Nov 21 09:07:01 web own[7]: {message}");
        let (text, status) = explain(&["--patterns", &dir, "--format", "own", &line]);
        let (char, stop) = first_stop(&text);
        assert!(
            status == Some(1) && char == above && stop.contains(want),
            "{message}: {char:?} {stop}\n{text}"
        );
    }
}

#[test]
fn nothing_hidden_reaches_the_terminal_and_names_are_checked() {
    let line = format!("Nov 21 09:07:01 web sshd[731]: \u{1b}[2J\u{202e}{}", "long ".repeat(100));
    let (text, _) = explain(&[&line]);
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text}");
    assert!(text.lines().filter(|l| l.starts_with("    ")).all(|l| l.chars().count() <= 100), "{text}");
    let (text, status) = explain(&["--format", "sshdd", "x"]);
    assert!(status == Some(2) && text.contains("did you mean sshd?"), "{text}");
    let (text, status) = explain(&["nothing that any format reads"]);
    assert!(status == Some(1) && text.starts_with("No format reads the line."), "{text}");
}
