//! Test data, damaged a few hundred times by a seeded generator, through the entry points that the
//! fuzzers in fuzz/ use. Needs no special compiler and takes seconds.

#[path = "../fuzz/src/lib.rs"]
mod entry;

use netlog::proto;
use std::fs;
use std::path::{Path, PathBuf};

/// Xorshift64*: the same damage on every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % sides.max(1)
    }

    fn byte(&mut self) -> u8 {
        // Edges more often than their share: lengths and counts break there.
        [0, 1, 0x7f, 0x80, 0xff, b'\n', u8::try_from(self.roll(256)).unwrap()][self.roll(7)]
    }

    /// Changes, inserts, removes, repeats or cuts in a few places.
    fn damage(&mut self, data: &mut Vec<u8>) {
        for _ in 0..=self.roll(6) {
            let at = self.roll(data.len());
            let end = (at + self.roll(40)).min(data.len());
            match self.roll(8) {
                0..=3 if at < data.len() => data[at] = self.byte(),
                4 => data.insert(at, self.byte()),
                5 => drop(data.drain(at..end)),
                6 => {
                    let part = data[at..end].to_vec();
                    data.splice(at..at, part);
                }
                7 if self.roll(4) == 0 => data.truncate(at),
                _ => {}
            }
        }
    }
}

/// Files below testdata, by how their name ends.
fn files(suffixes: &[&str]) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if suffixes.iter().any(|s| path.extension().is_some_and(|e| e == *s)) {
                all.push(path);
            }
        }
    }
    all.sort();
    assert!(!all.is_empty());
    all
}

/// Packets of the classic captures, each with the header of its record, and the files' headers.
pub fn captures() -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
    let mut all = Vec::new();
    for path in files(&["pcap"]) {
        let data = fs::read(&path).unwrap();
        assert_eq!(&data[..4], 0xa1b2_c3d4_u32.to_le_bytes(), "{}", path.display());
        let (mut at, mut records) = (24, Vec::new());
        while let Some(len) = data.get(at + 8..at + 12) {
            let len = u32::from_le_bytes(len.try_into().unwrap()) as usize;
            records.push(data[at..at + 16 + len].to_vec());
            at += 16 + len;
        }
        all.push((data[..24].to_vec(), records));
    }
    all
}

#[test]
fn packets() {
    let (mut dice, captures) = (Dice(1), captures());
    for _ in 0..20_000 {
        let (header, records) = &captures[dice.roll(captures.len())];
        let record = &records[dice.roll(records.len())];
        // The link type of the file, or any that netlog knows.
        let links = [header[20], 0, 1, 9, 12, 101, 104, 105, 113, 127, 192, 239, 10];
        let mut data = vec![0, links[dice.roll(links.len())]];
        data.extend_from_slice(&record[16..]);
        dice.damage(&mut data);
        entry::dissect(&data);
    }
}

#[test]
fn capture_files() {
    let (mut dice, captures) = (Dice(2), captures());
    for round in 0..300 {
        let (header, records) = &captures[dice.roll(captures.len())];
        let from = dice.roll(records.len());
        let to = (from + 1 + dice.roll(120)).min(records.len());
        let mut data = header.clone();
        for record in &records[from..to] {
            let mut record = record.clone();
            if round % 3 != 0 && dice.roll(8) == 0 {
                dice.damage(&mut record);
            }
            data.extend(record);
        }
        if round % 3 == 0 {
            dice.damage(&mut data);
        }
        entry::capture(&data);
        entry::capture(&as_pcapng(&data[..24], &records[from..to], &mut dice));
    }
}

/// The records in a pcapng file, damaged.
fn as_pcapng(header: &[u8], records: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let len = u32::try_from(12 + body.len().next_multiple_of(4)).unwrap().to_le_bytes();
        let pad = vec![0; body.len().next_multiple_of(4) - body.len()];
        [&kind.to_le_bytes()[..], &len, body, &pad, &len].concat()
    };
    let section = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255];
    let link = header.get(20..22).map_or([1, 0], |l| [l[0], l[1]]);
    let mut out = block(0x0a0d_0d0a, &section);
    out.extend(block(1, &[link[0], link[1], 0, 0, 0, 0, 4, 0]));
    for record in records {
        let body = [&[0; 12][..], &record[8..16], &record[16..]].concat();
        out.extend(block(6, &body));
    }
    dice.damage(&mut out);
    out
}

#[test]
fn conversations() {
    let (mut dice, captures) = (Dice(3), captures());
    for (index, protocol) in proto::ALL.iter().enumerate() {
        for _ in 0..400 {
            // Payloads of any flow, from where TCP or UDP data usually begin, in pieces.
            let (_, records) = &captures[dice.roll(captures.len())];
            let from = dice.roll(records.len());
            let mut data = Vec::new();
            for record in records.iter().skip(from).take(1 + dice.roll(12)) {
                let offset = [16 + 42, 16 + 54, 16 + 66][dice.roll(3)];
                for piece in record.get(offset..).unwrap_or_default().chunks(255) {
                    let flags = if dice.roll(20) == 0 { dice.byte() } else { 4 };
                    data.push(flags & 0x1e | u8::from(dice.roll(2) == 0));
                    data.push(u8::try_from(piece.len()).unwrap());
                    data.extend_from_slice(piece);
                }
            }
            dice.damage(&mut data);
            entry::converse(protocol, dice.roll(2) == 0, &data);
            data.insert(0, u8::try_from(index).unwrap());
            entry::protocol(&data);
        }
    }
}

#[test]
fn log_lines() {
    let (mut dice, logs) = (Dice(4), files(&["log"]));
    let texts: Vec<Vec<u8>> = logs.iter().map(|path| fs::read(path).unwrap()).collect();
    for _ in 0..300 {
        let lines: Vec<&[u8]> = texts[dice.roll(texts.len())].split_inclusive(|b| *b == b'\n').collect();
        let mut data = Vec::new();
        for _ in 0..=dice.roll(30) {
            data.extend_from_slice(lines[dice.roll(lines.len())]);
        }
        dice.damage(&mut data);
        entry::lines(&data);
    }
    entry::lines(b"");
    entry::lines(b"\n\r\n\0\n\xff");
}

#[test]
fn filters() {
    let (mut dice, words) =
        (Dice(5), ["host", "1.2.3.4", "port", "80", "and", "(", ")", "not", "net", "::1/64"]);
    for _ in 0..5000 {
        let mut data: Vec<u8> = (0..dice.roll(9))
            .flat_map(|_| [words[dice.roll(words.len())].as_bytes(), b" "].concat())
            .collect();
        dice.damage(&mut data);
        entry::filter(&data);
    }
    entry::filter("(".repeat(100_000).as_bytes());
    entry::filter("not ".repeat(100_000).as_bytes());
}
