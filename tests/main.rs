//! All integration tests in one binary, one module each.

mod carried;
#[cfg(feature = "case")]
mod case;
mod config_command;
mod corpus_source;
mod dissect;
mod documents;
mod examples;
mod exports;
mod extract;
mod found;
mod ftp_data;
mod generated_docs;
mod geoip;
mod grep_auth;
mod grok_builtin;
mod grok_conformance;
mod guessing;
mod indicators;
mod layering;
mod licences;
mod load;
mod logs_after;
mod logs_capped;
mod logs_detected;
mod logs_elements;
mod logs_formats;
mod logs_hostile;
mod logs_json;
mod logs_lines;
mod logs_mixed;
mod logs_multiline;
mod logs_process;
mod logs_truth;
mod lost;
mod mining;
mod mutations;
mod nightly;
#[cfg(not(feature = "case"))]
mod no_case;
mod options;
mod packetbeat;
mod packetbeat_flows;
mod patterns_command;
mod patterns_explain;
mod registry;
mod scripted;
mod search;
mod sinks;
mod story;
mod swapped;
mod told;
mod tshark;
mod tshark_databases;
mod tshark_incidents;
mod tshark_servers;
mod tshark_stores;
mod tshark_web;
mod whole;

/// Says that a test does not test, and why: past the test harness, which keeps to itself what passing tests print.
pub fn skipped(why: impl std::fmt::Display) {
    use std::io::Write;
    // In one piece: other tests write, too.
    let _ = std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

#[test]
fn no_test_is_skipped_in_silence() {
    let files = walkdir::WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")).into_iter();
    for file in files.map(|entry| entry.expect("a readable folder")) {
        if file.path().extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(file.path()).expect("a readable file");
            assert!(
                !text.contains(concat!("println!(", "\"SKIP")),
                "{}: use crate::skipped",
                file.path().display()
            );
        }
    }
}
