//! What the mail, file, directory and log-in protocols tell, against tshark's decoding of the shared captures:
//! the same set of values of a field in the same file.

use crate::packetbeat::events;
use netlog::model::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// (capture, tshark's field, our data set, our field).
const SAME: &[(&str, &str, &str, &str)] = &[
    ("smtp", "imf.subject", "smtp", "email.subject"),
    ("ftp", "ftp.request.command", "ftp", "method"),
    ("ftp", "ftp.response.code", "ftp", "ftp.reply.code"),
    ("ftp_failed", "ftp.response.code", "ftp", "ftp.reply.code"),
    ("imap", "imap.request_tag", "imap", "imap.tag"),
    ("kerberos-login", "kerberos.realm", "kerberos", "kerberos.realm"),
    ("kerberos", "kerberos.realm", "kerberos", "kerberos.realm"),
    ("snmp", "snmp.name", "snmp", "snmp.oids"),
    ("tftp", "tftp.source_file", "tftp", "file.path"),
];

/// Values where we mean to differ: what we fold into another event, spell otherwise, or leave out.
const APART: &[(&str, &str)] = &[
    // The greeting is an event of ours; USER and its reply are part of the log-in, 150 of the transfer.
    ("ftp.request.command", "CONNECT"),
    ("ftp.request.command", "USER"),
    ("ftp.response.code", "150"),
    ("ftp.response.code", "331"),
    // Names that only a response or a report has.
    ("snmp.name", "1.3.6.1.2.1.1.6.0"),
    ("snmp.name", "1.3.6.1.4.1.5875.91.1.1.1.1.1.15.1"),
    ("snmp.name", "1.3.6.1.6.3.15.1.1.4.0"),
    // Files that are written; tshark has another field for them.
    ("tftp.source_file", "empty100KB"),
    ("tftp.source_file", "zz.bin"),
];

fn theirs(path: &Path, field: &str) -> Option<BTreeSet<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-T", "fields", "-E", "aggregator=|", "-e", field]);
    let text = String::from_utf8_lossy(&command.output().ok()?.stdout).into_owned();
    let values = text.lines().flat_map(|l| l.split('|')).map(|v| v.trim().to_owned());
    Some(values.filter(|v| !v.is_empty()).collect())
}

/// The capture as a classic file, which is all that the tests' own reader knows.
fn classic(path: &Path, folder: &Path) -> Option<PathBuf> {
    let to = folder.join("classic.pcap");
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-F", "pcap", "-w"]).arg(&to);
    command.output().ok().filter(|o| o.status.success()).map(|_| to)
}

fn words(value: &Value<'_>, into: &mut BTreeSet<String>) {
    match value {
        Value::Str(s) => drop(into.insert(s.trim().to_string())),
        Value::Int(i) => drop(into.insert(i.to_string())),
        Value::List(list) => list.iter().for_each(|v| words(v, into)),
        _ => {}
    }
}

#[test]
fn the_same_values_as_tshark() {
    let mut differ = Vec::new();
    let folder = tempfile::tempdir().expect("a folder");
    for (capture, field, dataset, ours) in SAME {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../shared/corpus/captures")
            .join(format!("{capture}.pcap"));
        if !path.exists() {
            crate::skipped(format_args!("no {}", path.display()));
            continue;
        }
        let Some(theirs) = theirs(&path, field) else {
            crate::skipped("no tshark");
            return;
        };
        let path = classic(&path, folder.path()).expect("tshark writes");
        let mut mine = BTreeSet::new();
        for event in events(&path).0.iter().filter(|e| e.dataset.name == *dataset) {
            event.by_name(ours).into_iter().for_each(|value| words(value, &mut mine));
        }
        let known = |value: &&String| !APART.contains(&(*field, value.as_str()));
        let (more, less): (Vec<_>, Vec<_>) = (
            mine.difference(&theirs).filter(known).collect(),
            theirs.difference(&mine).filter(known).collect(),
        );
        if !more.is_empty() || !less.is_empty() {
            differ.push(format!("{capture} {field}: only ours {more:?}, only tshark's {less:?}"));
        }
        assert!(!theirs.is_empty(), "{capture} has no {field}");
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
