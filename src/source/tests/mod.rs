//! Inputs made here, byte by byte, read back through the public door.

mod captures;
mod finding;
mod random;
mod text;
mod write;

use super::discover::{Group, Input, discover};
use super::{PacketBatch, RawPacket, capture, lines};
use crate::model::Ledger;
use std::path::{Path, PathBuf};

/// What a capture gave: packets with their bytes, the accounts, and the reader's last words.
#[derive(Default)]
struct Seen {
    packets: Vec<(RawPacket, Vec<u8>)>,
    ledger: Ledger,
    notes: Vec<String>,
    bytes: u64,
}

impl Seen {
    fn times(&self) -> Vec<i64> {
        self.packets.iter().map(|(p, _)| p.ts).collect()
    }

    fn bodies(&self) -> Vec<&[u8]> {
        self.packets.iter().map(|(_, b)| b.as_slice()).collect()
    }

    fn stray(&self) -> u64 {
        self.ledger.blocks.values().map(|r| r.bytes).sum()
    }
}

fn packets(mut reader: capture::Reader) -> Seen {
    let mut seen = Seen::default();
    let mut batch = PacketBatch::default();
    loop {
        let more = reader.fill(&mut batch, 1);
        for packet in &batch.packets {
            let start = packet.start as usize;
            seen.packets.push((*packet, batch.data[start..start + packet.caplen as usize].to_vec()));
        }
        seen.ledger.merge(std::mem::take(&mut batch.ledger));
        if !more {
            seen.notes = reader.notes();
            seen.bytes = reader.bytes_read();
            assert!(!reader.fill(&mut batch, 1) && batch.packets.is_empty());
            return seen;
        }
    }
}

/// Finds one input in a file of this content and reads it as a capture.
fn capture_of(content: &[u8]) -> Seen {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "x", content);
    packets(one(&path).packets().unwrap())
}

/// The lines of one input as chunks.
fn chunks(mut reader: lines::Reader) -> (Vec<super::LineChunk>, Option<crate::model::InputFault>, Ledger) {
    let mut all = Vec::new();
    loop {
        let mut chunk = super::LineChunk::default();
        if !reader.fill(&mut chunk) {
            return (all, reader.fault(), reader.take_ledger());
        }
        all.push(chunk);
    }
}

fn file(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn find(args: &[&Path]) -> (Vec<Group>, Ledger) {
    let args: Vec<String> = args.iter().map(|p| p.to_str().unwrap().to_owned()).collect();
    let mut ledger = Ledger::default();
    let groups = discover(&args, &|_, _| None, &mut ledger);
    (groups, ledger)
}

fn one(path: &Path) -> Input {
    let (groups, ledger) = find(&[path]);
    assert_eq!(ledger.faults, []);
    let mut inputs = inputs(groups);
    assert_eq!(inputs.len(), 1);
    inputs.remove(0)
}

fn inputs(groups: Vec<Group>) -> Vec<Input> {
    groups.into_iter().flat_map(|(Group::Capture(i) | Group::Log(i))| i).collect()
}

/// The file names of each group.
fn names(groups: &[Group]) -> Vec<Vec<String>> {
    let name = |i: &Input| i.path.rsplit(['/', '!']).next().unwrap().to_owned();
    groups.iter().map(|(Group::Capture(i) | Group::Log(i))| i.iter().map(name).collect()).collect()
}
