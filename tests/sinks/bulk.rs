//! Files for the bulk interface: whole documents per part, ids, counts that add up.

use super::{HOSTILE, PLAIN, case, context, read_all, write_to};
use netlog::sink::SinkContext;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

fn parts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("part-"));
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Small parts, to see them cut.
fn small(size: u64, gzip: bool) -> SinkContext {
    let mut context = context(None, false);
    context.bulk.size = size;
    context.bulk.gzip = gzip;
    context
}

#[test]
fn every_document_is_whole_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    for text in HOSTILE.iter().chain([&PLAIN]) {
        let events = case::events(text);
        write_to("bulk", folder.path(), &events, 5, text, &small(2000, false));
        let manifest = manifest(folder.path());
        let mut documents = 0;
        for (i, (name, bytes)) in parts(folder.path()).into_iter().enumerate() {
            let lines: Vec<Value> = bytes
                .split(|b| *b == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            assert!(bytes.ends_with(b"\n") && lines.len().is_multiple_of(2));
            for pair in lines.chunks(2) {
                let create = &pair[0]["create"];
                assert!(create["_index"].as_str().unwrap().starts_with("netlog-"));
                assert_eq!(create.get("_id"), pair[1].pointer("/event/id"));
            }
            let part = &manifest["parts"][i];
            assert_eq!((&part["file"], &part["bytes"]), (&Value::from(name), &bytes.len().into()));
            assert_eq!(part["documents"], lines.len() / 2);
            documents += lines.len() / 2;
        }
        assert_eq!(documents, events.len());
        assert_eq!(manifest["documents"], documents);
        let by_index = manifest["indices"].as_object().unwrap().values().map(|n| n.as_u64().unwrap());
        assert_eq!(by_index.sum::<u64>(), documents as u64);
    }
}

#[test]
fn an_earlier_run_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let events = case::events(PLAIN);
    write_to("bulk", folder.path(), &events, 3, PLAIN, &small(1, false));
    assert!(parts(folder.path()).len() > 3);
    fs::write(folder.path().join("mine.txt"), "kept").unwrap();
    write_to("bulk", folder.path(), &events, 3, PLAIN, &small(1 << 20, false));
    assert_eq!(parts(folder.path()).len(), 1);
    assert!(folder.path().join("mine.txt").exists());
}

/// Names and contents of all files directly in a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_somebody_elses_is_not_touched_and_nothing_is_written() {
    for (name, text) in [
        ("part-evidence.ndjson", "{}"),
        ("part-000001.ndjson.gz", "mine"),
        ("manifest.json", "{\"name\": \"an extension\"}"),
        ("manifest.json", "{\"netlog\": \"0.1\"}"),
        ("load.sh", "#!/bin/sh"),
        ("setup", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        if name == "setup" {
            fs::create_dir(folder.path().join(name)).unwrap();
        } else {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let error = netlog::sink::open("bulk", Some(path), &context(None, false)).err().unwrap().to_string();
        assert!(error.contains(&format!("{name} is there")) && error.contains("another folder"), "{error}");
        assert_eq!(files(folder.path()), [(name.to_owned(), text.as_bytes().to_vec())]);
    }
    // A part that the manifest does not name, beside those that it does.
    let folder = tempfile::tempdir().unwrap();
    write_to("bulk", folder.path(), &case::events(PLAIN), 5, PLAIN, &context(None, false));
    fs::write(folder.path().join("part-mine.ndjson"), "kept").unwrap();
    let before = files(folder.path());
    let path = folder.path().to_str().unwrap();
    assert!(netlog::sink::open("bulk", Some(path), &context(None, false)).is_err());
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_run_that_broke_off_is_known_and_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let events = case::events(PLAIN);
    write_to("bulk", folder.path(), &events, 3, PLAIN, &small(1, false));
    let path = folder.path().to_str().unwrap();
    // Begun and never closed, twice; then with parts, as a kill leaves them.
    drop(netlog::sink::open("bulk", Some(path), &small(1, false)).unwrap());
    assert!(parts(folder.path()).is_empty() && !folder.path().join("manifest.json").exists());
    let mut sink = netlog::sink::open("bulk", Some(path), &small(1, false)).unwrap();
    let mut renderer = sink.renderer().unwrap();
    sink.write(renderer.render(&events)).unwrap();
    sink.write(renderer.end()).unwrap();
    drop(sink);
    assert!(!parts(folder.path()).is_empty());
    write_to("bulk", folder.path(), &events, 3, PLAIN, &small(1 << 20, false));
    assert_eq!(parts(folder.path()).len(), 1);
    let names: Vec<_> = files(folder.path()).into_iter().map(|file| file.0).collect();
    assert_eq!(names, ["load.sh", "manifest.json", "part-000001.ndjson", "setup"]);
}

/// A `curl` that answers like OpenSearch, but is not there for the first bulk request.
const CURL: &str = r#"#!/bin/sh
for last do :; done
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
case $last in
  */_bulk)
    echo x >> "$FAKE/asked"
    if [ "$(wc -l < "$FAKE/asked")" -eq 1 ]; then printf 000; exit 7; fi
    echo '{"items":[{"create":{"status":201}}]}' > "$out"; printf 200 ;;
  */) echo '{"version":{"distribution":"opensearch","number":"2.19.0"}}' > "$out" ;;
  *) echo '{}' > "$out"; printf 200 ;;
esac
"#;

#[cfg(unix)]
#[test]
fn the_script_tries_again_where_the_server_is_away() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, fake) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_to("bulk", folder.path(), &case::events(PLAIN), 5, PLAIN, &context(None, false));
    let curl = fake.path().join("curl");
    fs::write(&curl, CURL).unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", fake.path().display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new(folder.path().join("load.sh"))
        .arg("http://127.0.0.1:1")
        .envs([("PATH", path.as_str()), ("FAKE", fake.path().to_str().unwrap())])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("created 1,"), "{output:?}");
}

#[test]
fn compressed_parts_hold_the_same_bytes() {
    let (plain, packed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let events = case::events(PLAIN);
    write_to("bulk", plain.path(), &events, 5, PLAIN, &small(1 << 20, false));
    write_to("bulk", packed.path(), &events, 5, PLAIN, &small(1 << 20, true));
    let (name, bytes) = parts(packed.path()).remove(0);
    assert_eq!(name, "part-000001.ndjson.gz");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, parts(plain.path()).remove(0).1);
    assert_eq!(manifest(packed.path())["parts"][0]["sha256"], manifest(plain.path())["parts"][0]["sha256"]);
}

#[test]
fn the_script_is_one_a_shell_takes_and_refuses_half_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    write_to("bulk", folder.path(), &case::events(PLAIN), 5, PLAIN, &context(None, false));
    let script = folder.path().join("load.sh");
    assert!(Command::new("sh").arg("-n").arg(&script).status().unwrap().success());
    assert!(read_all(folder.path()).contains("usage: ./load.sh URL"));
    fs::remove_file(folder.path().join("manifest.json")).unwrap();
    let output = Command::new(&script).arg("http://127.0.0.1:1").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not written to its end"));
}

#[test]
fn a_folder_must_be_named() {
    let error = netlog::sink::open("bulk", None, &context(None, false)).err().unwrap();
    assert_eq!(error.to_string(), "-o bulk: needs a folder: -o bulk=DIR");
}
