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
    assert!(status == Some(0) && out.contains("WORD\t") && !out.contains("error"), "{out}");
}
