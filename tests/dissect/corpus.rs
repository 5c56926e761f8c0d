//! Every packet of the shared captures, and what tshark says about it.

use netlog::model::{Ledger, Origin, Stamp};
use netlog::net::{Defrag, Packet, RAW_IP, Verdict, dissect};
use netlog::source::PacketBatch;
use netlog::source::discover::{Group, discover};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shared captures, sorted; says so and gives none where they are missing.
pub fn captures() -> Vec<PathBuf> {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    let folders = [shared.join("captures"), shared.join("packetbeat/pcaps")];
    let mut files: Vec<PathBuf> =
        folders.iter().filter_map(|f| f.read_dir().ok()).flatten().map(|e| e.unwrap().path()).collect();
    files.sort();
    if files.is_empty() {
        crate::skipped(format_args!("no captures in {}", shared.display()));
    }
    files
}

/// Whether a program is there; says so where it is not.
pub fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        crate::skipped(format_args!("{program} is not installed"));
    }
    found
}

/// What became of a packet, after defragmentation.
pub enum Fate {
    Flow(Packet),
    /// A fragment that waits for others.
    Held,
    Skip,
    Malformed(&'static str),
}

/// Dissects every packet of a capture, in order, as the engine does; checks the accounts.
pub fn walk(file: &Path, mut each: impl FnMut(Fate)) -> Ledger {
    let (mut ledger, mut defrag) = (Ledger::default(), Defrag::new());
    let groups = discover(&[file.to_str().unwrap().to_owned()], &|_, _| None, &mut ledger);
    let inputs = groups.into_iter().flat_map(|group| match group {
        Group::Capture(inputs) | Group::Log(inputs) => inputs,
    });
    for input in inputs {
        let mut reader = input.packets().expect("opens again");
        let mut batch = PacketBatch::default();
        loop {
            let more = reader.fill(&mut batch, 1 << 20);
            ledger.merge(std::mem::take(&mut batch.ledger));
            for raw in &batch.packets {
                let start = raw.start as usize;
                let bytes = &batch.data[start..start + raw.caplen as usize];
                let origin = Origin { source: 0, record: raw.number, offset: raw.file_offset };
                let stamp = Stamp { ts: raw.ts, origin };
                let mut verdict = dissect(raw.link, bytes, raw.origlen, stamp);
                if let Verdict::Fragment(range) = verdict {
                    let Some(whole) = defrag.push(bytes, range, raw.origlen, stamp, &mut ledger) else {
                        each(Fate::Held);
                        continue;
                    };
                    verdict = dissect(RAW_IP, &whole, defrag.wire_len(), stamp);
                }
                match verdict {
                    Verdict::Flow(packet) => {
                        ledger.packets.decoded += 1;
                        each(Fate::Flow(packet));
                    }
                    Verdict::Skip(name) => {
                        ledger.packets.skip(name, origin, &[]);
                        each(Fate::Skip);
                    }
                    Verdict::Malformed(name) => {
                        ledger.packets.malformed(name, origin, &[]);
                        each(Fate::Malformed(name));
                    }
                    Verdict::Fragment(_) => panic!("a whole datagram is a fragment"),
                }
            }
            if !more {
                break;
            }
        }
    }
    defrag.finish(&mut ledger);
    assert_eq!(ledger.packets.read, ledger.packets.accounted(), "{}", file.display());
    ledger
}

/// No panic, the accounts are complete, and nearly everything in these captures is an IP flow.
#[test]
fn every_packet_of_the_corpus_has_a_fate() {
    let files = captures();
    let mut all = Ledger::default();
    for file in &files {
        all.merge(walk(file, |_| {}));
    }
    let names = |r: &netlog::model::Reasons| -> Vec<String> {
        r.iter().map(|(name, reason)| format!("{name} {}", reason.count)).collect()
    };
    println!("decoded {} of {}", all.packets.decoded, all.packets.read);
    println!("skipped: {:?}", names(&all.packets.skipped));
    println!("malformed: {:?}", names(&all.packets.malformed));
    if files.is_empty() {
        return;
    }
    assert!(all.packets.read > 60_000);
    assert!(all.packets.decoded * 100 > all.packets.read * 95, "too little decoded");
    assert!(!all.packets.skipped.contains_key("link.unknown"));
}

/// What the outermost dissectors of tshark make of each packet: its innermost transport before any
/// ICMP message (which quotes other headers).
fn tshark(file: &Path) -> Vec<String> {
    let out = Command::new("tshark")
        .args(["-n", "-r"])
        .arg(file)
        .args(["-T", "fields", "-e", "frame.protocols"])
        .output()
        .expect("tshark runs");
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|line| {
            let mut class = "none";
            for layer in line.split(':') {
                match layer {
                    "ip" | "ipv6" => class = "ip",
                    "tcp" | "udp" | "sctp" | "icmp" | "icmpv6" => class = layer,
                    _ => {}
                }
                if layer.starts_with("icmp") {
                    break;
                }
            }
            class.to_owned()
        })
        .collect()
}

fn class(fate: &Fate) -> &'static str {
    match fate {
        Fate::Flow(p) if p.key.is_arp() => "none",
        Fate::Flow(p) => match p.key.proto() {
            1 => "icmp",
            6 => "tcp",
            17 => "udp",
            58 => "icmpv6",
            132 => "sctp",
            _ => "ip",
        },
        Fate::Held => "ip",
        Fate::Skip => "none",
        Fate::Malformed(_) => "malformed",
    }
}

/// Differences per (ours, tshark's): how many, and the first packet number.
fn differences(file: &Path) -> BTreeMap<(String, String), (u64, usize)> {
    let mut ours = Vec::new();
    walk(file, |fate| {
        let name = match &fate {
            Fate::Malformed(name) => format!("malformed {name}"),
            other => class(other).to_owned(),
        };
        ours.push(name);
    });
    let theirs = tshark(file);
    assert_eq!(ours.len(), theirs.len(), "{}", file.display());
    let mut out = BTreeMap::new();
    for (at, (x, y)) in ours.into_iter().zip(theirs).enumerate() {
        if x != y {
            out.entry((x, y)).or_insert((0, at + 1)).0 += 1;
        }
    }
    out
}

/// Captures with every link type and tunnel of the corpus, small ones.
const SAMPLE: &[&str] = &[
    "4in6tunnel.pcap",
    "802.1q-q-in-q-icmp.pcap",
    "ah.pcapng",
    "badpackets.pcap",
    "dos_win98_smb_netbeui.pcap",
    "esp.pcapng",
    "gre.pcapng",
    "icmp__icmp6_ping_over_vlan.pcap",
    "lru_ipv6_caches.pcapng",
    "malformed_icmp.pcap",
    "ospfv2_add_new_prefix.pcap",
    "pptp.pcap",
    "teredo.pcap",
];

#[test]
fn a_sample_of_captures_is_as_tshark_sees_it() {
    if !installed("tshark") {
        return;
    }
    for file in captures() {
        let name = file.file_name().unwrap().to_str().unwrap();
        if SAMPLE.contains(&name) {
            assert_eq!(differences(&file), BTreeMap::new(), "{name}");
        }
    }
}

/// One capture in twelve: tshark takes half a second to start.
#[test]
fn nearly_every_packet_of_the_corpus_is_as_tshark_sees_it() {
    if !installed("tshark") {
        return;
    }
    let (mut different, mut files) = (0, 0);
    for file in captures().into_iter().step_by(12) {
        files += 1;
        for ((ours, theirs), (count, first)) in differences(&file) {
            println!("{}: {count} × {ours} / {theirs}, first {first}", file.display());
            different += count;
        }
    }
    println!("{different} packets of {files} captures differ");
    assert!(different < 10);
}
