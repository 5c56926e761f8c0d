//! `netlog extract`: the packets that tshark finds, as they are stored.

use std::path::Path;
use std::process::{Command, Output};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo/capture.pcap");

fn extract(args: &[&str], input: &Path, to: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    command.arg("extract").args(args).arg("-o").arg(to).arg(input).output().unwrap()
}

/// The records of a little-endian pcap.
fn records(pcap: &[u8]) -> Vec<&[u8]> {
    let mut rest = &pcap[24..];
    let mut out = Vec::new();
    while !rest.is_empty() {
        let len = 16 + u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        out.push(&rest[..len]);
        rest = &rest[len..];
    }
    out
}

/// What tshark reads; `None` where it is not installed.
fn tshark(file: &Path, filter: &str) -> Option<String> {
    let fields = ["frame.time_epoch", "frame.len", "frame.cap_len", "ip.src", "ip.id", "tcp.seq_raw"];
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-Y", filter, "-T", "fields"]);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    match command.output() {
        Ok(out) => Some(String::from_utf8(out.stdout).unwrap()),
        Err(_) => {
            println!("SKIPPED: no tshark");
            None
        }
    }
}

#[test]
fn records_are_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("host.pcap");
    let ran = extract(&["--host", "196.216.2.6"], Path::new(DEMO), &to);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let (all, some) = (std::fs::read(DEMO).unwrap(), std::fs::read(&to).unwrap());
    assert_eq!(some[..24], all[..24], "link type, snapshot length, resolution");
    let (all, some) = (records(&all), records(&some));
    assert!(!some.is_empty() && some.len() < all.len());
    let mut rest = all.iter();
    assert!(some.iter().all(|record| rest.any(|r| r == record)), "each a record of the input, in its order");
    let Some(theirs) = tshark(Path::new(DEMO), "ip.addr == 196.216.2.6 && ip") else { return };
    assert_eq!(tshark(&to, "ip"), Some(theirs));
}

#[test]
fn a_flow_is_found_by_its_community_id() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("flow.pcap");
    let filter = "tcp.stream == 3";
    let mut id = Command::new("tshark");
    id.args(["-r", DEMO, "-Y", filter, "--enable-protocol", "communityid"]);
    let Ok(id) = id.args(["-T", "fields", "-e", "communityid"]).output() else {
        println!("SKIPPED: no tshark");
        return;
    };
    let id = String::from_utf8(id.stdout).unwrap().lines().next().unwrap_or_default().to_owned();
    assert!(id.starts_with("1:"), "{id}");
    assert!(extract(&["--flow", &id], Path::new(DEMO), &to).status.success());
    assert_eq!(tshark(&to, "ip"), tshark(Path::new(DEMO), filter));
}

#[test]
fn pcapng_stays_pcapng() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.pcapng"), folder.path().join("b.pcapng"));
    match Command::new("tshark").args(["-r", DEMO, "-F", "pcapng", "-w"]).arg(&from).status() {
        Ok(status) if status.success() => {}
        _ => return println!("SKIPPED: no tshark"),
    }
    let ran = extract(&["--host", "45.9.148.117"], &from, &to);
    assert!(String::from_utf8_lossy(&ran.stderr).contains("(pcapng)"));
    assert_eq!(std::fs::read(&to).unwrap()[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    assert_eq!(tshark(&to, "ip"), tshark(Path::new(DEMO), "ip.addr == 45.9.148.117"));
}

#[test]
fn a_finding_is_found_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("finding.pcap");
    // The second one in this capture is a scan of 215 ports.
    let ran = extract(&["--finding", "2", "-q"], Path::new(DEMO), &to);
    assert!(ran.status.success() && ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(records(&std::fs::read(&to).unwrap()).len() > 100);
    let ran = extract(&["--finding", "99"], Path::new(DEMO), &to);
    let err = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.code() == Some(2) && err.contains("findings; netlog analyze"), "{err}");
    assert_eq!(extract(&[], Path::new(DEMO), &to).status.code(), Some(2));
}
