//! The same evidence by another way in gives the same events: compressed, through a pipe, as a stream.

use super::{ROOT, Ran, arg, demo, finish, netlog, netlog_in, program};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

/// Events without what names the input.
#[track_caller]
fn events(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = ran.text();
    let strip = |line: &str| {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        event["log"].as_object_mut().expect("log").remove("file");
        event
    };
    text.lines().map(strip).collect()
}

fn gz(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // Two members, as `cat a.gz b.gz` makes them, cut in the middle of a record.
    for part in [&data[..data.len() / 3], &data[data.len() / 3..]] {
        flate2::bufread::GzEncoder::new(part, flate2::Compression::fast()).read_to_end(&mut out).unwrap();
    }
    out
}

fn bz2(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bzip2::read::BzEncoder::new(data, bzip2::Compression::fast()).read_to_end(&mut out).unwrap();
    out
}

fn xz(data: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

fn lz4(data: &[u8]) -> Vec<u8> {
    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

fn zst(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).unwrap()
}

#[test]
fn compressed_inputs() {
    let dir = tempfile::tempdir().unwrap();
    let codecs: [(&str, fn(&[u8]) -> Vec<u8>); 5] =
        [("gz", gz), ("bz2", bz2), ("xz", xz), ("lz4", lz4), ("zst", zst)];
    for name in ["capture.pcap", "auth.log", "access.log"] {
        // A year of their own, so that the file's time does not matter.
        let want = events(&netlog(&["events", "--year", "2026", arg(&demo(name))]));
        assert!(!want.is_empty());
        let data = fs::read(demo(name)).unwrap();
        for (suffix, pack) in codecs {
            // The name says nothing: content decides.
            let path = dir.path().join(format!("{name}-{suffix}"));
            fs::write(&path, pack(&data)).unwrap();
            let got = events(&netlog(&["events", "--year", "2026", arg(&path)]));
            assert!(got == want, "{name} as {suffix}: {} events, not {}", got.len(), want.len());
        }
    }
}

#[test]
fn standard_input() {
    for name in ["capture.pcap", "auth.log"] {
        let want = events(&netlog(&["events", "--year", "2026", arg(&demo(name))]));
        let mut command = program(Path::new(ROOT), &["events", "--year", "2026", "-"]);
        command.write_stdin(fs::read(demo(name)).unwrap());
        assert!(events(&finish(command)) == want, "{name}");
    }
    let mut command = program(Path::new(ROOT), &["analyze", "-"]);
    command.write_stdin("");
    assert!(finish(command).code <= 3);
}

#[test]
fn a_named_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        crate::skipped("no mkfifo here");
        return;
    }
    let want = events(&netlog(&["events", arg(&demo("capture.pcap"))]));
    let data = fs::read(demo("capture.pcap")).unwrap();
    let got = std::thread::scope(|scope| {
        scope.spawn(|| fs::write(&pipe, &data).unwrap());
        events(&netlog(&["events", arg(&pipe)]))
    });
    assert!(got == want);
}

#[test]
fn a_capture_in_slices_is_one_capture() {
    let data = fs::read(demo("capture.pcap")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (head, mut records, mut at) = (&data[..24], Vec::new(), 24);
    while at < data.len() {
        let len = u32::from_le_bytes(data[at + 8..at + 12].try_into().unwrap()) as usize;
        records.push(&data[at..at + 16 + len]);
        at += 16 + len;
    }
    for (i, part) in records.chunks(records.len().div_ceil(3)).enumerate() {
        fs::write(dir.path().join(format!("ring.pcap{i}")), [head, &part.concat()].concat()).unwrap();
    }
    let whole = netlog(&["analyze", arg(&demo("capture.pcap")), "-o", "json"]).json();
    let parts = netlog_in(dir.path(), &["analyze", ".", "-o", "json"]).json();
    assert_eq!(parts["inputs"].as_array().unwrap().len(), 3);
    assert_eq!(parts["ledger"]["packets"]["read"], whole["ledger"]["packets"]["read"]);
    assert_eq!(parts["events"], whole["events"], "a flow over two slices is one flow");
}

#[test]
fn a_rotated_log_is_read_in_time_order() {
    let data = fs::read_to_string(demo("auth.log")).unwrap();
    let lines: Vec<&str> = data.split_inclusive('\n').collect();
    let dir = tempfile::tempdir().unwrap();
    let (old, rest) = lines.split_at(lines.len() / 3);
    let (middle, new) = rest.split_at(rest.len() / 2);
    fs::write(dir.path().join("auth.log.2.gz"), gz(old.concat().as_bytes())).unwrap();
    fs::write(dir.path().join("auth.log.1"), middle.concat()).unwrap();
    fs::write(dir.path().join("auth.log"), new.concat()).unwrap();
    let messages =
        |ran: &Ran| -> Vec<Value> { events(ran).iter().map(|e| e["@timestamp"].clone()).collect() };
    let want = messages(&netlog(&["events", "--year", "2026", arg(&demo("auth.log"))]));
    assert_eq!(messages(&netlog_in(dir.path(), &["events", "--year", "2026", "."])), want);
}

#[test]
fn reading_twice_gives_the_same_ids_wherever_the_file_lies() {
    let dir = tempfile::tempdir().unwrap();
    let ids = |ran: &Ran| -> Vec<Value> { events(ran).iter().map(|e| e["event"]["id"].clone()).collect() };
    for name in ["capture.pcap", "auth.log"] {
        let copy = dir.path().join(name);
        fs::copy(demo(name), &copy).unwrap();
        let want = ids(&netlog(&["events", "--year", "2026", arg(&demo(name))]));
        assert_eq!(ids(&netlog(&["events", "--year", "2026", arg(&copy)])), want, "{name}");
    }
}
