//! `netlog patterns` as a user runs it.

use std::process::Command;

fn netlog(args: &[&str], input: &[u8]) -> (String, String, Option<i32>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("input");
    std::fs::write(&file, input).unwrap();
    let stdin = std::fs::File::open(&file).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_netlog")).args(args).stdin(stdin).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn an_expression_gives_one_line_a_line() {
    let expression = "^%{WORD:[http][method]} %{INT:n:int} (?<rest>.*)$";
    let (out, _, status) = netlog(&["patterns", "match", expression], b"GET 7 a b\r\nnothing\nPUT 08 \"x\"");
    let want = "{\"[http][method]\":\"GET\",\"n\":7,\"rest\":\"a b\"}\nnull\n\
                {\"[http][method]\":\"PUT\",\"n\":8,\"rest\":\"\\\"x\\\"\"}\n";
    assert_eq!((out.as_str(), status), (want, Some(0)));
    let whole = ["patterns", "match", "--multiline-input", "first(?<more>[\\s\\S]*)last", "-"];
    assert_eq!(netlog(&whole, b"first\nmiddle\nlast\n").0, "{\"more\":\"\\nmiddle\\n\"}\n");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let (out, error, status) = netlog(&["patterns", "match", "%{WORDD:x}"], b"a\n");
    assert_eq!((out.as_str(), status), ("", Some(2)));
    assert!(error.contains("WORDD") && error.contains("WORD?"), "{error}");
    let (_, error, status) = netlog(&["patterns", "show", "sshdd"], b"");
    assert!(status == Some(2) && error.contains("did you mean sshd"), "{error}");
}

#[test]
fn formats_are_listed_shown_and_tested() {
    let (list, _, _) = netlog(&["patterns", "list"], b"");
    assert!(list.lines().any(|line| line.starts_with("sshd\t")), "{list}");
    let (file, _, _) = netlog(&["patterns", "show", "sshd"], b"");
    assert!(file.contains("name = \"sshd\"") && file.contains("[[rule]]"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.toml");
    let text = "name = \"x\"\ndoc = \"X.\"\n[[rule]]\ndelimited = \"x %{message:rest}\"\n\
                [[test]]\nline = \"x y\"\nwant = { \"message\" = \"z\" }\n";
    std::fs::write(&path, text).unwrap();
    let (out, _, status) = netlog(&["patterns", "test", path.to_str().unwrap()], b"");
    assert_eq!((out.lines().last(), status), (Some("1 tests, 1 failures"), Some(2)), "{out}");
    let (out, _, status) = netlog(&["patterns", "check"], b"");
    assert!(status == Some(0) && out.contains("WORD\t") && !out.contains("error:"), "{out}");
}

#[test]
fn check_tells_engines_replaced_names_and_every_mistake_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.grok");
    let text = "WORD \\b\\w+\\b\nFOO a%{BAR}\nBAR %{FOO}\nTWICE a\nTWICE  b\n  UNK %{WORDD:x} y\nSYN x(abc\n\
                BACK (.)\\1\nJUST\nLAZY %{DATA:a}(?:x|xy)z\n# no\n\n";
    std::fs::write(&file, text).unwrap();
    let (out, _, status) = netlog(&["patterns", "check", dir.path().to_str().unwrap()], b"");
    assert_eq!(status, Some(2), "{out}");
    let at = |place: &str| format!("{}:{place}", file.display());
    let line = |name: &str| {
        out.lines()
            .find(|l| l.split('\t').next() == Some(name))
            .unwrap_or_else(|| panic!("{name} is missing in\n{out}"))
    };
    for (name, want) in [
        ("WORD", "sequence\treplaces patterns/grok/base.grok:".to_owned()),
        ("FOO", format!("error: {}: the pattern calls itself: FOO -> BAR -> FOO", at("3:5"))),
        ("TWICE", format!("sequence\treplaces {}", at("4:7"))),
        ("UNK", format!("error: {}: no pattern is named WORDD; did you mean WORD?", at("6:7"))),
        ("SYN", format!("error: {}: the ( is not closed", at("7:6"))),
        ("BACK", "backtracking".to_owned()),
        ("LAZY", "linear".to_owned()),
        ("JUST", format!("skipped: {}: no expression follows the name", at("9:5"))),
    ] {
        assert!(line(name).contains(&want), "{name}: {} has no {want}", line(name));
    }
}

#[test]
fn mistakes_in_formats_have_a_place_and_a_suggestion() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.toml");
    for (text, place, want) in [
        (
            "name = \"x\"\ndoc = \"X.\"\n[[rule]]\ndelimtd = \"a\"\n",
            ":4:1",
            "no option `delimtd` here; did you mean `delimited`?",
        ),
        ("name = \"x\"\ndoc = 5\n", ":2:7", "doc: invalid type: integer `5`"),
        ("name = \"x\"\ndoc = \"X.\"\nover = \"syslgo\"\n", ": over", "did you mean `syslog`?"),
        (
            "name = \"x\"\ndoc = \"X.\"\n[[rule]]\ndelimited = \"%{usr.name} a\"\n",
            ": rule 1",
            "did you mean `user.name`?",
        ),
        (
            "name = \"x\"\ndoc = \"X.\"\n[[rule]]\ngrok = \"%{WORDD:user.name}\"\n",
            ": rule 1",
            "did you mean WORD?",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let (_, error, status) = netlog(&["patterns", "check", file.to_str().unwrap()], b"");
        let place = format!("{}{place}", file.display());
        assert!(status == Some(2) && error.contains(&place) && error.contains(want), "{text}: {error}");
    }
}
