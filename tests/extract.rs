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
            crate::skipped("no tshark");
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
        crate::skipped("no tshark");
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
        _ => return crate::skipped("no tshark"),
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

/// A pcap with this header and these packets, a second apart.
fn pcap(magic: u32, link: u32, packets: &[&[u8]]) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let mut out = words(&[magic, 0x0004_0002, 0, 0, 65535, link]);
    for (second, packet) in packets.iter().enumerate() {
        let len = packet.len() as u32;
        out.extend(words(&[1_700_000_000 + second as u32, 123, len, len]));
        out.extend(*packet);
    }
    out
}

/// An IPv4 packet from 192.0.2.1 to 192.0.2.2 with these flags and offset (RFC 791 3.1).
fn ip(id: u8, fragment: u16, data: &[u8]) -> Vec<u8> {
    let [high, low] = fragment.to_be_bytes();
    let len = 20 + data.len() as u8;
    let mut out = vec![0x45, 0, 0, len, 0, id, high, low, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
    out.extend(data);
    out
}

/// A UDP datagram of twelve bytes from port 5000 to 5001.
const UDP: [u8; 20] = [0x13, 0x88, 0x13, 0x89, 0, 20, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;

#[test]
fn joined_captures_with_other_headers_become_pcapng() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("joined.pcap"), folder.path().join("out"));
    let first = || pcap(MICROSECONDS, 101, &[&ip(1, 0, &UDP)]);
    let stamps = |file: &Path| {
        let out =
            Command::new(env!("CARGO_BIN_EXE_netlog")).args(["events", "-q"]).arg(file).output().unwrap();
        let events = String::from_utf8(out.stdout).unwrap();
        let stamps = events.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        stamps.map(|event| (event["@timestamp"].clone(), event["event"]["end"].clone())).collect::<Vec<_>>()
    };
    for (second, copied) in [(pcap(NANOSECONDS, 101, &[&ip(2, 0, &UDP)]), false), (first(), true)] {
        std::fs::write(&from, [first(), second].concat()).unwrap();
        let ran = extract(&["--host", "192.0.2.1"], &from, &to);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("2 of 2 packets"), "{said}");
        assert_eq!(said.contains("records as they were"), copied, "{said}");
        assert_eq!(stamps(&to), stamps(&from));
    }
    // An empty one before: its header is no record.
    std::fs::write(&from, [pcap(MICROSECONDS, 101, &[]), first()].concat()).unwrap();
    assert!(extract(&["--host", "192.0.2.1"], &from, &to).status.success());
    assert_eq!(std::fs::read(&to).unwrap(), first());
    // What is written to a pipe cannot be begun anew.
    std::fs::write(&from, [first(), pcap(NANOSECONDS, 101, &[&ip(2, 0, &UDP)])].concat()).unwrap();
    let ran = extract(&["--host", "192.0.2.1"], &from, Path::new("-"));
    assert_eq!(ran.status.code(), Some(3), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.stdout, first());
}

#[test]
fn a_flow_has_its_fragments() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("fragments.pcap"), folder.path().join("out.pcap"));
    let (last, more) = (UDP.split_at(16).1, UDP.split_at(16).0);
    // The last one first, one of another datagram between, and one that never becomes whole.
    let ours = [ip(7, 2, last), ip(7, 0x2000, more)];
    let others = [ip(8, 0x2000, &[9; 16]), ip(8, 2, &[9; 4]), ip(9, 0x2000, more)];
    let all: [&[u8]; 5] = [&ours[0], &others[0], &ours[1], &others[1], &others[2]];
    std::fs::write(&from, pcap(MICROSECONDS, 101, &all)).unwrap();
    let ran = extract(&["--host", "192.0.2.1", "--filter", "udp port 5001"], &from, &to);
    assert!(String::from_utf8_lossy(&ran.stderr).contains("2 of 5 packets"), "{ran:?}");
    let file = std::fs::read(&to).unwrap();
    let bodies: Vec<&[u8]> = records(&file).into_iter().map(|record| &record[16..]).collect();
    assert_eq!(bodies, [&ours[0][..], &ours[1]]);
    let ran = extract(&["--host", "192.0.2.1"], &from, &to);
    assert!(String::from_utf8_lossy(&ran.stderr).contains("5 of 5 packets"), "{ran:?}");
}

fn findings(capture: &Path) -> Vec<(String, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    let out = command.args(["analyze", "-q", "-o", "json"]).arg(capture).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let text = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|f| (text(f, "rule"), text(f, "title"))).collect()
}

/// The last evidence is where an event begins: what proves it comes after that.
#[test]
fn what_is_extracted_proves_the_finding() {
    let folder = tempfile::tempdir().unwrap();
    let all = findings(Path::new(DEMO));
    assert!(all.len() > 2);
    for (finding, number) in all.iter().zip(1..) {
        let to = folder.path().join(format!("{number}.pcap"));
        let ran = extract(&["--finding", &number.to_string(), "-q"], Path::new(DEMO), &to);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let found = findings(&to);
        assert!(found.contains(finding), "{number}: {finding:?} is not among {found:?}");
    }
}
