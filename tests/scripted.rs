//! What the scripts under testdata/proto are told as: the fields that matter, one row per event. The values are
//! those that the scripts were put together from (testdata/proto/make-scripts.py).

use crate::packetbeat::json;
use netlog::model::Event;
use netlog::net::replay::{How, Script};
use netlog::proto::{self, Options};
use std::path::Path;
use std::sync::Arc;

/// (script, data set, fields, their values by event with `|` between them; a list has `,`).
const TOLD: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "mount/v3",
        "mount",
        &["query", "mount.status", "mount.auth_flavors", "mount.exports", "mount.mounts", "outcome"],
        &[
            "EXPORT|||/srv 10.0.0.0/8,trusted,/pub||success",
            "MNT /srv/papers|MNT3_OK|unix,rpcsec_gss|||success",
            "MNT /root|MNT3ERR_ACCES||||failure",
            "DUMP||||pc:/srv/papers|success",
            "UMNT /srv/papers|||||success",
            "NULL|||||unknown",
        ],
    ),
    (
        "mount/v1",
        "mount",
        &["query", "path", "mount.version", "mount.status", "rpc.status", "error.message", "user.id"],
        &[
            "MNT /home|/home|1|MNT3_OK|success||1000",
            "PATHCONF /home|/home|2||prog_mismatch|prog_mismatch|1000",
        ],
    ),
    (
        "nfs/v3",
        "nfs",
        &["query", "nfs.status", "outcome"],
        &[
            "NULL|NFS_OK|success",
            "LOOKUP missing|NFSERR_NOENT|failure",
            "RENAME old new|NFS_OK|success",
            "READ|NFS_OK|success",
            "REMOVE gone||unknown",
        ],
    ),
    (
        "portmap/v2",
        "portmap",
        &["query", "portmap.program", "portmap.port", "portmap.services", "outcome", "error.message"],
        &[
            "GETPORT mountd 3 udp|mountd|20048||success|",
            "GETPORT nlockmgr 4 tcp|nlockmgr|0||failure|not registered",
            "DUMP|||nfs 3 tcp 2049,390109 2 udp 800|success|",
            "SET status 1 tcp|status|875||success|",
        ],
    ),
    (
        "portmap/v4",
        "portmap",
        &["query", "portmap.version", "portmap.address", "portmap.port", "portmap.services", "outcome"],
        &[
            "GETADDR nfs 4 tcp|4|10.0.0.1.8.1|2049||success",
            "GETADDR cmsd 2 udp|3||||failure",
            "DUMP|4|||portmapper 4 tcp6 ::.0.111|success",
            "BCAST nfs_acl 3|4||||unknown",
        ],
    ),
    (
        "smb/smb1files",
        "smb",
        &["method", "file.path", "smb.pattern", "smb.share", "user.name", "smb.status", "smb.delete"],
        &[
            "NEGOTIATE|||||STATUS_SUCCESS|",
            "SESSION_SETUP_ANDX||||eve|STATUS_SUCCESS|",
            r"TREE_CONNECT_ANDX|||\\srv\data|eve|STATUS_SUCCESS|",
            r"NT_CREATE_ANDX|\docs\plan.doc||\\srv\data|eve|STATUS_SUCCESS|",
            r"CLOSE|\docs\plan.doc||\\srv\data|eve|STATUS_SUCCESS|",
            r"TRANS2_FIND_FIRST2|\docs|*.doc|\\srv\data|eve|STATUS_SUCCESS|",
            r"TRANS2_QUERY_PATH_INFORMATION|\docs\secret.xls||\\srv\data|eve|STATUS_OBJECT_NAME_NOT_FOUND|",
            r"OPEN_ANDX|\old.txt||\\srv\data|eve|STATUS_SUCCESS|",
            r"TRANS2_SET_FILE_INFORMATION|\old.txt||\\srv\data|eve|STATUS_SUCCESS|true",
            r"RENAME|\a.txt||\\srv\data|eve|STATUS_SUCCESS|",
        ],
    ),
    (
        "smb/smb1files",
        "smb",
        &[
            "smb.create_action",
            "smb.disposition",
            "smb.access",
            "smb.read.bytes",
            "smb.write.bytes",
            "file.size",
        ],
        &[
            "|||||",
            "|||||",
            "|||||",
            "opened|overwrite_if|read,write|||0",
            "|||5|5|",
            "|||||",
            "|||||",
            "|||||1234",
            "|||||",
            "|||||",
        ],
    ),
    (
        "radius/stop",
        "radius",
        &[
            "radius.status_type",
            "radius.input_octets",
            "radius.output_octets",
            "radius.output_packets",
            "radius.terminate_cause",
        ],
        &["Stop|10|8589934612|8|Idle Timeout"],
    ),
];

fn value(event: &Event<'_>, field: &str) -> String {
    let plain = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    match field {
        "outcome" => event.outcome.name().to_owned(),
        _ => match event.by_name(field).map(json) {
            None => String::new(),
            Some(serde_json::Value::Array(items)) => items.iter().map(plain).collect::<Vec<_>>().join(","),
            Some(one) => plain(&one),
        },
    }
}

#[test]
fn scripts_are_told_as_written() {
    for (name, dataset, fields, want) in TOLD {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/proto/{name}.txt"));
        let text = std::fs::read_to_string(&path).unwrap();
        let out =
            Script::parse(&text).unwrap().play(&How::default(), &Arc::new(Options::default()), proto::ALL);
        let events = out.events.iter().filter(|e| e.dataset.name == *dataset);
        let got: Vec<_> =
            events.map(|e| fields.iter().map(|f| value(e, f)).collect::<Vec<_>>().join("|")).collect();
        assert_eq!(got, *want, "{name}");
        assert_eq!(out.ledger.anomalies.keys().collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
    }
}
