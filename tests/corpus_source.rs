//! Every capture of the shared corpus, counted by netlog and by capinfos.

use netlog::model::Ledger;
use netlog::source::discover::{Group, Input, discover};
use netlog::source::{Kind, PacketBatch};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

/// Its one record has more than a second of microseconds (0xf7…); Wireshark computes them in 32 bits.
const ODD_TIME: &str = "fuzz-2021-06-07-c6c72a0a56.pcap";

#[derive(Debug)]
struct Read {
    packets: u64,
    wire: u64,
    first: Option<i64>,
    last: Option<i64>,
    bytes: u64,
    faults: usize,
}

fn read(input: Input, target: usize) -> Read {
    let mut reader = input.packets().expect("opens");
    let mut batch = PacketBatch::default();
    let mut all = Read { packets: 0, wire: 0, first: None, last: None, bytes: 0, faults: 0 };
    loop {
        let more = reader.fill(&mut batch, target);
        for packet in &batch.packets {
            all.packets += 1;
            assert_eq!(packet.number, all.packets);
            let end = packet.start as usize + packet.caplen as usize;
            assert!(end <= batch.data.len());
            all.wire += u64::from(packet.origlen);
            all.first = Some(all.first.map_or(packet.ts, |t: i64| t.min(packet.ts)));
            all.last = Some(all.last.map_or(packet.ts, |t: i64| t.max(packet.ts)));
        }
        assert_eq!(batch.ledger.packets.read, batch.packets.len() as u64);
        all.faults += batch.ledger.faults.len();
        if !more {
            all.bytes = reader.bytes_read();
            return all;
        }
    }
}

/// What capinfos says: packets, bytes on the wire, first and last time in whole microseconds, and
/// whether it read the file to its end.
#[derive(Debug)]
struct Theirs {
    packets: u64,
    wire: u64,
    first: Option<i64>,
    last: Option<i64>,
    whole: bool,
}

fn capinfos(path: &str) -> Option<Theirs> {
    let out = Command::new("capinfos")
        .args(["-T", "-r", "-M", "-S", "-c", "-d", "-a", "-e", path])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let fields: Vec<&str> = text.trim_end().split('\t').collect();
    let number = |i: usize| fields.get(i).and_then(|f| f.trim().parse::<u64>().ok());
    let time = |i: usize| {
        let (seconds, fraction) = fields.get(i)?.trim().split_once('.')?;
        let micros: i64 = format!("{:0<6.6}", fraction).parse().ok()?;
        Some(seconds.parse::<i64>().ok()? * 1_000_000 + micros)
    };
    let whole = out.status.success();
    Some(Theirs { packets: number(1)?, wire: number(2)?, first: time(3), last: time(4), whole })
}

/// The shared captures; none, with a printed line, where they or capinfos are missing.
fn corpus() -> Vec<Input> {
    if Command::new("capinfos").arg("--version").output().is_err() {
        crate::skipped("capinfos is not installed");
        return Vec::new();
    }
    let roots = [format!("{SHARED}/corpus/captures"), format!("{SHARED}/corpus/packetbeat/pcaps")];
    if !roots.iter().all(|r| Path::new(r).is_dir()) {
        crate::skipped("the shared corpus is not there");
        return Vec::new();
    }
    let mut ledger = Ledger::default();
    let groups = discover(&roots, &|_, _| None, &mut ledger);
    assert_eq!(ledger.faults, []);
    let inputs = groups.into_iter().flat_map(|(Group::Capture(inputs) | Group::Log(inputs))| inputs);
    let captures: Vec<Input> = inputs.filter(|input| input.kind != Kind::Text).collect();
    assert!(captures.len() >= 350, "only {} captures found", captures.len());
    captures
}

fn micros(ns: Option<i64>) -> Option<i64> {
    ns.map(|ns| ns.div_euclid(1000))
}

#[test]
fn the_same_packets_as_capinfos() {
    let mut wrong = BTreeMap::new();
    for (i, input) in corpus().into_iter().enumerate() {
        let path = input.path.to_string();
        let size = input.size.filter(|_| input.codecs.is_empty());
        let ours = read(input, if i % 2 == 0 { 1 } else { 16 << 20 });
        let theirs = capinfos(&path).expect("capinfos runs");
        let times = (micros(ours.first), micros(ours.last)) == (theirs.first, theirs.last);
        let same = ours.packets == theirs.packets
            && ours.wire == theirs.wire
            && (times || path.ends_with(ODD_TIME))
            && ours.faults == 0;
        let enough = ours.packets >= theirs.packets && ours.faults > 0;
        let right = if theirs.whole { same } else { enough };
        if !right || size.is_some_and(|size| size != ours.bytes) {
            wrong.insert(path, (ours, theirs));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each capture cut somewhere, and every other one with a byte changed.
#[test]
fn at_least_the_packets_capinfos_finds_in_damaged_captures() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut wrong, mut cut_short) = (BTreeMap::new(), 0);
    for (i, input) in corpus().into_iter().enumerate() {
        let mut bytes = std::fs::read(&*input.path).expect("readable");
        let cut = bytes.len() - bytes.len() * (i % 7) / 20 - i % 5;
        bytes.truncate(cut);
        if i % 2 == 0 && cut > 200 {
            let at = 200 + (i * 7919) % (cut - 200);
            bytes[at] ^= 0x5a;
        }
        let path = dir.path().join("x");
        std::fs::write(&path, &bytes).expect("writable");
        let path = path.to_str().expect("UTF-8").to_owned();
        // It prints nothing of what it cannot open at all.
        let Some(theirs) = capinfos(&path) else { continue };
        let mut ledger = Ledger::default();
        let groups = discover(&[path], &|_, _| None, &mut ledger);
        let Some(Group::Capture(mut inputs)) = groups.into_iter().next() else { continue };
        let ours = read(inputs.remove(0), 1 << 20);
        assert_eq!(ours.bytes, cut as u64);
        cut_short += usize::from(!theirs.whole);
        if ours.packets < theirs.packets || (!theirs.whole && ours.faults == 0) {
            wrong.insert(input.path.to_string(), (ours, theirs));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{cut_short} of them were damaged for capinfos too");
}
