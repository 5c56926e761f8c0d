//! `netlog load` against a server that fails in every way: in the end exactly the documents that one
//! clean load gives.

mod server;

use serde_json::Value;
use server::{Fault, Server};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");

fn load(server: &Server, folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    command.current_dir(folder).args(["load", &server.url, "--json", "--quiet", "--timeout", "1s"]);
    command.args(["--batch", "64k"]).args(more);
    if !more.iter().any(|m| m.starts_with('/')) {
        command.arg(CASE);
    }
    command.output().unwrap()
}

fn tally(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn clean() -> (Vec<String>, u64) {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let tally = tally(&load(&server, folder.path(), &[]));
    (server.ids(), tally["created"].as_u64().unwrap())
}

#[test]
fn twice_adds_nothing_and_the_templates_come_first() {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let first = tally(&load(&server, folder.path(), &[]));
    assert_eq!(first["sent"], first["created"]);
    assert_eq!(first["server_count"], first["created"]);
    assert!(server.installed().contains(&"/_index_template/netlog".to_owned()));
    let second = tally(&load(&server, folder.path(), &[]));
    assert_eq!((&second["created"], &second["existing"]), (&0.into(), &first["created"]));
    assert!(!folder.path().join("netlog-rejected.ndjson").exists());
}

#[test]
fn every_fault_ends_in_the_same_documents() {
    let (ids, count) = clean();
    use Fault::{Broken, HalfBusy, Silent, Status};
    let faults =
        [Status(429), HalfBusy, Status(503), Broken, HalfBusy, Silent, Status(502), Status(504), Status(429)];
    for workers in ["1", "4"] {
        let (server, folder) = (Server::start(&faults), tempfile::tempdir().unwrap());
        let tally = tally(&load(&server, folder.path(), &["--workers", workers]));
        assert_eq!(server.faults_left(), 0);
        assert_eq!(server.ids(), ids);
        assert_eq!(tally["sent"], count);
        let sum = tally["created"].as_u64().unwrap() + tally["existing"].as_u64().unwrap();
        assert_eq!((sum, &tally["rejected"]), (count, &0.into()));
        assert!(tally["retried"].as_u64().unwrap() > 0);
    }
}

#[test]
fn what_is_too_large_is_halved() {
    let (ids, _) = clean();
    let (server, folder) = (Server::start(&[]).limit(10_000), tempfile::tempdir().unwrap());
    tally(&load(&server, folder.path(), &[]));
    assert_eq!(server.ids(), ids);
}

#[test]
fn refused_documents_are_kept_with_the_reason() {
    let (ids, count) = clean();
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    server.refuse(&ids[7]);
    let output = load(&server, folder.path(), &[]);
    assert_eq!(output.status.code(), Some(4));
    let tally: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&tally["created"], &tally["rejected"]), (&(count - 1).into(), &1.into()));
    let kept = fs::read_to_string(folder.path().join("netlog-rejected.ndjson")).unwrap();
    let kept: Value = serde_json::from_str(kept.trim()).unwrap();
    assert_eq!(kept["error"]["reason"], "because");
    assert_eq!(kept["document"]["event"]["id"], *ids[7]);
}

#[test]
fn a_bulk_folder_is_an_input_and_a_changed_one_is_refused() {
    let (ids, _) = clean();
    let folder = tempfile::tempdir().unwrap();
    let bulk = folder.path().join("bulk");
    let output = format!("bulk={}", bulk.display());
    let mut analyze = Command::new(env!("CARGO_BIN_EXE_netlog"));
    assert!(analyze.args(["analyze", CASE, "--bulk-gzip", "-o", &output]).status().unwrap().success());
    let server = Server::start(&[Fault::HalfBusy, Fault::Broken]);
    let sent = tally(&load(&server, folder.path(), &[bulk.to_str().unwrap()]));
    assert_eq!(server.ids(), ids);
    assert_eq!(sent["server_count"], ids.len());
    let part = bulk.join("part-000001.ndjson.gz");
    let bytes = fs::read(&part).unwrap();
    fs::write(&part, &bytes[..bytes.len() - 9]).unwrap();
    let output = load(&server, folder.path(), &[bulk.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("part-000001.ndjson.gz"));
}

fn analyze(folder: &Path, more: &[&str]) -> std::path::PathBuf {
    let bulk = folder.join("bulk");
    let output = format!("bulk={}", bulk.display());
    let mut analyze = Command::new(env!("CARGO_BIN_EXE_netlog"));
    assert!(analyze.args(["analyze", CASE, "-o", &output]).args(more).status().unwrap().success());
    bulk
}

#[test]
fn of_a_changed_folder_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let bulk = analyze(folder.path(), &["--bulk-size", "100k"]);
    let mut parts: Vec<_> = fs::read_dir(&bulk).unwrap().map(|e| e.unwrap().path()).collect();
    parts.retain(|path| path.extension().is_some_and(|e| e == "ndjson"));
    parts.sort();
    assert!(parts.len() > 1, "{parts:?}");
    let last = parts.pop().unwrap();
    let text = fs::read_to_string(&last).unwrap();
    fs::write(&last, text.replacen("@timestamp", "@timestemp", 1)).unwrap();
    let server = Server::start(&[]);
    let output = load(&server, folder.path(), &[bulk.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is not what the manifest says"), "{said}");
    assert_eq!((server.asked(), server.installed().len()), (0, 0));
}

#[test]
fn a_foreign_manifest_is_no_bulk_folder() {
    let (ids, _) = clean();
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    fs::write(evidence.join("manifest.json"), "{\"name\": \"an extension\"}").unwrap();
    for entry in fs::read_dir(CASE).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), evidence.join(entry.file_name())).unwrap();
        }
    }
    let sent = tally(&load(&server, folder.path(), &[evidence.to_str().unwrap()]));
    assert!(sent["created"].as_u64().unwrap() as usize >= ids.len() / 2, "{sent}");
    // One that was netlog's and is broken is not taken for evidence.
    let bulk = analyze(folder.path(), &[]);
    fs::write(bulk.join("manifest.json"), "{\"netlog\": ").unwrap();
    let output = load(&server, folder.path(), &[bulk.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("manifest.json: is not netlog's"));
}

#[test]
fn an_address_that_takes_no_documents_ends_the_load_at_once() {
    for status in [301, 302, 404, 405, 407] {
        let (server, folder) = (Server::start(&[Fault::Status(status); 40]), tempfile::tempdir().unwrap());
        let output = load(&server, folder.path(), &["--workers", "1"]);
        assert_eq!(output.status.code(), Some(4), "{status}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("/_bulk answers with status {status}")), "{said}");
        assert_eq!(server.asked(), 1);
        assert!(!folder.path().join("netlog-rejected.ndjson").exists());
    }
}

#[test]
fn an_empty_item_is_that_of_one_document_alone() {
    let (ids, count) = clean();
    let (server, folder) = (Server::start(&[Fault::Mute]), tempfile::tempdir().unwrap());
    let tally = tally(&load(&server, folder.path(), &["--workers", "1"]));
    assert_eq!(server.ids(), ids);
    assert_eq!((&tally["created"], &tally["retried"]), (&count.into(), &1.into()));
}

#[test]
fn the_time_of_requests_counts_as_patience() {
    let (server, folder) = (Server::start(&[Fault::Silent; 50]), tempfile::tempdir().unwrap());
    let output = load(&server, folder.path(), &["--workers", "1", "--patience", "2s"]);
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8_lossy(&output.stderr);
    // The waits alone are less than that before they would be more.
    assert!(said.contains("for 2 s") || said.contains("for 3 s"), "{said}");
}

#[test]
fn credentials_travel_in_the_header_and_in_no_message() {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    // RFC 7617 §2: Aladdin, open sesame.
    server.demand("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    let secret = folder.path().join("secret");
    let login = |password: &str| {
        fs::write(&secret, password).unwrap();
        load(&server, folder.path(), &["--login", "Aladdin", "--password-file", "secret"])
    };
    tally(&login("open sesame\n"));
    let refused = login("wrong sesame");
    assert_eq!(refused.status.code(), Some(4));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("status 401") && !said.contains("sesame"), "{said}");
}

#[test]
fn nobody_there_and_nobody_patient() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&[Fault::Status(503); 50]);
    let output = load(&server, folder.path(), &["--patience", "500ms"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("start again to go on"));
    let load = |url: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_netlog")).args(["load", url, CASE]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said) = load("http://user:pass@127.0.0.1:1");
    assert!(status == Some(2) && !said.contains("pass@"), "{status:?} {said}");
    for url in ["user:pass@127.0.0.1:1", "HTTP://user:pass@127.0.0.1:1", "http://user:pa/ss@127.0.0.1:1"] {
        let (status, said) = load(url);
        assert!(status == Some(2) && !said.contains("user"), "{status:?} {said}");
    }
    let (status, said) = load("http://127.0.0.1:1");
    assert!(status == Some(4) && said.contains("is the server up"), "{status:?} {said}");
}
