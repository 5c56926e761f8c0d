//! What the mail, file, directory and log-in protocols tell, against tshark's decoding of the shared captures:
//! the same set of values of a field in the same file.

use crate::packetbeat::events;
use netlog::model::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// (capture, tshark's field, our data set, our field).
const SAME: &[(&str, &str, &str, &str)] = &[
    ("smtp", "smtp.req.parameter", "smtp", "smtp.argument"),
    ("smtp", "imf.subject", "smtp", "email.subject"),
    ("ftp", "ftp.request.command", "ftp", "method"),
    ("ftp", "ftp.response.code", "ftp", "ftp.reply.code"),
    ("ftp_failed", "ftp.response.code", "ftp", "ftp.reply.code"),
    ("imap", "imap.request_tag", "imap", "imap.tag"),
    ("kerberos-login", "kerberos.realm", "kerberos", "kerberos.realm"),
    ("kerberos-login", "kerberos.error_code", "kerberos", "error.code"),
    ("kerberos", "kerberos.realm", "kerberos", "kerberos.realm"),
    ("kerberos", "ldap.baseObject", "ldap", "ldap.dn"),
    ("kerberos", "smb2.cmd", "smb", "method"),
    ("snmp", "snmp.request_id", "snmp", "snmp.request_id"),
    ("snmp", "snmp.name", "snmp", "snmp.oids"),
    ("rdp", "rdp.rt_cookie", "rdp", "rdp.cookie"),
    ("tftp", "tftp.source_file", "tftp", "file.path"),
    ("coap_mqtt", "mqtt.topic", "mqtt", "mqtt.topic"),
    ("NTPv3", "ntp.stratum", "ntp", "ntp.stratum"),
];

/// Values where we mean to differ: what we fold into another event, spell otherwise, or leave out.
const APART: &[(&str, &str)] = &[];

fn theirs(path: &Path, field: &str) -> Option<BTreeSet<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-T", "fields", "-E", "aggregator=|", "-e", field]);
    let text = String::from_utf8_lossy(&command.output().ok()?.stdout).into_owned();
    let values = text.lines().flat_map(|l| l.split('|')).map(|v| v.trim().to_owned());
    Some(values.filter(|v| !v.is_empty()).collect())
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
    for (capture, field, dataset, ours) in SAME {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../shared/corpus/captures")
            .join(format!("{capture}.pcap"));
        if !path.exists() {
            eprintln!("SKIPPED: no {}", path.display());
            continue;
        }
        let Some(theirs) = theirs(&path, field) else {
            eprintln!("SKIPPED: no tshark");
            return;
        };
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
