//! The demo's report in docs/examples is what the program says. `UPDATE=1 cargo test examples` rewrites it.

use std::fs;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Largest page for the demo, bytes.
const PAGE: u64 = 300_000;

#[test]
fn the_demo_is_told_as_committed() {
    let dir = tempfile::tempdir().unwrap();
    let sinks = [("html", "demo.html"), ("text", "demo.txt"), ("markdown", "demo.md")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    command.current_dir(ROOT).args([
        "analyze",
        "--quiet",
        "--color",
        "never",
        "--year",
        "2026",
        "testdata/demo",
    ]);
    for (sink, file) in sinks {
        command.args(["-o", &format!("{sink}={}", dir.path().join(file).display())]);
    }
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    for (_, file) in sinks {
        // The command line names the outputs: as if they had been made here.
        let made = fs::read_to_string(dir.path().join(file)).unwrap();
        let made = made.replace(&format!("{}/", dir.path().display()), "");
        let path = format!("{ROOT}/docs/examples/{file}");
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(format!("{ROOT}/docs/examples")).unwrap();
            fs::write(&path, &made).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "docs/examples/{file} is stale: run UPDATE=1 cargo test examples");
    }
    let size = fs::metadata(format!("{ROOT}/docs/examples/demo.html")).unwrap().len();
    assert!(size <= PAGE, "{size} bytes");
}
