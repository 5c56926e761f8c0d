//! The shipped formats against the tests they carry.

use netlog::logs::FormatSet;

#[test]
fn shipped_formats_pass_their_own_tests() {
    let set = match std::env::var_os("NETLOG_PATTERNS") {
        Some(dir) => FormatSet::load(&[dir.into()]),
        None => FormatSet::builtin(),
    };
    let set = set.unwrap_or_else(|e| panic!("{e}"));
    let report = set.test(None);
    let text: Vec<String> =
        report.failures.iter().map(|f| format!("{}: {}\n    {}", f.format, f.message, f.line)).collect();
    assert!(report.failures.is_empty(), "{} failures:\n{}", text.len(), text.join("\n"));
    assert!(report.tests > 0);
}

#[test]
fn named_patterns_of_the_user_serve_formats_of_the_user() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let format = r#"
name = "mine"
doc = "A format of the user."
[[rule]]
grok = "^job %{JOBNAME:service.name} ended$"
[[test]]
line = "job nightly-backup ended"
want = { "service.name" = "nightly-backup" }
"#;
    write("mine.toml", format);
    let unknown = FormatSet::load(&[dir.path().to_owned()]).unwrap_err().to_string();
    assert!(unknown.contains("JOBNAME"), "{unknown}");
    write("names.grok", "# jobs\nJOBNAME [a-z-]+\n");
    let report = FormatSet::load(&[dir.path().to_owned()]).unwrap().test(Some("mine"));
    assert_eq!((report.tests, report.failures.len()), (1, 0), "{:?}", report.failures);
}
