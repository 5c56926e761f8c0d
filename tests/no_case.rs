//! Without the feature `case`, whatever needs Parquet and SQL says so; the rest is there.

use assert_cmd::Command;
use std::fs;

#[test]
fn what_needs_parquet_says_that_it_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case.json"), "{}").unwrap();
    let case = folder.path().to_str().unwrap();
    let log = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo/auth.log");
    for (args, status) in [
        (&["query", case, "SELECT 1"][..], 2),
        (&["merge", case, case, "-o", "out"], 2),
        (&["analyze", "-q", "-o", "case=out", log], 2),
        (&["events", "-q", case], 3),
    ] {
        let out =
            Command::cargo_bin("netlog").unwrap().current_dir(folder.path()).args(args).output().unwrap();
        let text = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(status), "{args:?}: {text}");
        assert!(text.contains("built without the feature 'case'"), "{args:?}: {text}");
    }
}
