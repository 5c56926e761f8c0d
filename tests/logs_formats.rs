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
