//! The same bytes out, whatever the number of threads and the size of a round, and on every run.

use super::{ROOT, cases, netlog, netlog_in};
use std::fs;
use std::path::Path;

/// What may change the order of work and must not change the answer.
static HOW: &[&[&str]] = &[
    &["--threads", "1"],
    &["--threads", "1"],
    &["--threads", "2"],
    &["--threads=8"],
    &["-j8", "--round-size", "65536"],
    &["-j", "2", "--round-size=67108864"],
];

static SINKS: &[&str] = &["text", "json", "ndjson", "csv", "markdown"];

/// The bytes of every sink for one way of running, and the exit status.
fn outputs(case: &str, how: &[&str]) -> (i32, Vec<Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(Path::new(ROOT).join("testdata"), dir.path().join("testdata")).unwrap();
    let outputs: Vec<String> = SINKS.iter().map(|s| format!("{s}=out.{s}")).collect();
    let mut args = vec!["analyze", case];
    args.extend(outputs.iter().flat_map(|o| ["-o", o.as_str()]));
    args.extend(how);
    let ran = netlog_in(dir.path(), &args);
    let mut files: Vec<Vec<u8>> =
        SINKS.iter().map(|s| written(&dir.path().join(format!("out.{s}")))).collect();
    files.push(ran.out);
    files.push(ran.err.into_bytes());
    (ran.code, files)
}

/// A file, or all files of a folder one after the other.
fn written(path: &Path) -> Vec<u8> {
    if !path.is_dir() {
        return fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    names.iter().flat_map(|p| fs::read(p).unwrap()).collect()
}

#[test]
fn same_bytes_for_any_threads_rounds_and_runs() {
    for case in cases() {
        let (code, want) = outputs(&case, HOW[0]);
        assert_eq!(code, 0, "{case}: {}", String::from_utf8_lossy(want.last().unwrap()));
        assert!(want.iter().take(SINKS.len()).all(|bytes| !bytes.is_empty()), "{case}: an empty output");
        for how in &HOW[1..] {
            let (_, got) = outputs(&case, how);
            for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                let name = SINKS.get(i).unwrap_or(&"terminal");
                assert!(got == want, "{case}: {name} differs with {how:?}{}", first_difference(got, want));
            }
        }
    }
}

/// Events that no output tells are completed as far as reports and detectors look at them.
#[test]
fn a_report_is_the_same_beside_other_outputs() {
    for case in cases() {
        let report = |more: &[&str]| {
            let args = [&["analyze", case.as_str(), "-q", "-o", "json"], more].concat();
            let mut report = netlog(&args).json();
            report["netlog"].as_object_mut().unwrap().remove("command");
            report
        };
        let (alone, beside) = (report(&[]), report(&["-o", "ndjson=/dev/null"]));
        assert!(
            alone == beside,
            "{case}{}",
            first_difference(alone.to_string().as_bytes(), beside.to_string().as_bytes())
        );
    }
}

/// The first line that differs, for the message.
fn first_difference(got: &[u8], want: &[u8]) -> String {
    let (got, want) = (String::from_utf8_lossy(got), String::from_utf8_lossy(want));
    let differ = got.lines().zip(want.lines()).enumerate().find(|(_, (a, b))| a != b);
    differ.map_or_else(
        || format!(": {} and {} bytes", got.len(), want.len()),
        |(n, (a, b))| format!(" in line {}:\n{a}\n{b}", n + 1),
    )
}
