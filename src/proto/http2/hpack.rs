//! Header compression (RFC 7541): the dynamic table of one direction, and Huffman codes.

use super::table::{HEADERS, LENGTHS};
use std::collections::VecDeque;

/// Largest dynamic table kept, bytes as RFC 7541 §4.1 counts them; a peer that uses a larger one is given up.
const TABLE: usize = 1 << 16;
/// What an entry counts besides its bytes.
const OVERHEAD: usize = 32;
/// Shortest and longest code, bits.
const SHORTEST: usize = 5;
const LONGEST: usize = 30;

/// Why a block cannot be read: the state of the table is lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

type Read<T> = Result<T, Broken>;

/// The table of one direction.
#[derive(Debug)]
pub(super) struct Table {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    size: usize,
    max: usize,
}

impl Default for Table {
    fn default() -> Self {
        Table { entries: VecDeque::new(), size: 0, max: 4096 }
    }
}

impl Table {
    /// Reads a block; every header goes to `each`.
    pub fn read(&mut self, mut block: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Read<()> {
        while let Some(first) = block.first().copied() {
            match first {
                0x80.. => {
                    let at = integer(&mut block, 7)?;
                    let (name, value) = self.entry(at)?;
                    each(name, value);
                }
                0x40..=0x7f => {
                    let (name, value) = self.literal(&mut block, 6)?;
                    each(&name, &value);
                    self.insert(name, value);
                }
                0x20..=0x3f => {
                    self.max = integer(&mut block, 5)?;
                    if self.max > TABLE {
                        return Err(Broken);
                    }
                    self.evict();
                }
                _ => {
                    let (name, value) = self.literal(&mut block, 4)?;
                    each(&name, &value);
                }
            }
        }
        Ok(())
    }

    fn entry(&self, at: usize) -> Read<(&[u8], &[u8])> {
        let at = at.checked_sub(1).ok_or(Broken)?;
        if let Some(entry) = HEADERS.get(at) {
            return Ok(*entry);
        }
        let (name, value) = self.entries.get(at - HEADERS.len()).ok_or(Broken)?;
        Ok((name, value))
    }

    fn literal(&self, block: &mut &[u8], bits: u32) -> Read<(Vec<u8>, Vec<u8>)> {
        let name = match integer(block, bits)? {
            0 => string(block)?,
            at => self.entry(at)?.0.to_vec(),
        };
        Ok((name, string(block)?))
    }

    fn insert(&mut self, name: Vec<u8>, value: Vec<u8>) {
        self.size += name.len() + value.len() + OVERHEAD;
        self.entries.push_front((name, value));
        self.evict();
    }

    fn evict(&mut self) {
        while self.size > self.max {
            let Some((name, value)) = self.entries.pop_back() else { return };
            self.size = self.size.saturating_sub(name.len() + value.len() + OVERHEAD);
        }
    }
}

/// An integer whose first byte gives `bits` bits to it (RFC 7541 §5.1).
fn integer(block: &mut &[u8], bits: u32) -> Read<usize> {
    let (first, mut rest) = block.split_first().ok_or(Broken)?;
    let mask = (1usize << bits) - 1;
    let mut value = usize::from(*first) & mask;
    if value == mask {
        for shift in (0..28).step_by(7) {
            let (byte, after) = rest.split_first().ok_or(Broken)?;
            rest = after;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                *block = rest;
                return Ok(value);
            }
        }
        return Err(Broken);
    }
    *block = rest;
    Ok(value)
}

/// A string, plain or in Huffman codes (RFC 7541 §5.2).
fn string(block: &mut &[u8]) -> Read<Vec<u8>> {
    let coded = block.first().is_some_and(|first| first & 0x80 != 0);
    let len = integer(block, 7)?;
    let (bytes, rest) = block.split_at_checked(len).ok_or(Broken)?;
    *block = rest;
    if coded { huffman(bytes) } else { Ok(bytes.to_vec()) }
}

/// Codes by length: the first, how many, and where their symbols begin.
struct Codes {
    first: [u32; LONGEST + 1],
    count: [u32; LONGEST + 1],
    begin: [usize; LONGEST + 1],
    symbols: [u16; 257],
}

static CODES: Codes = codes();

const fn codes() -> Codes {
    let mut codes = Codes {
        first: [0; LONGEST + 1],
        count: [0; LONGEST + 1],
        begin: [0; LONGEST + 1],
        symbols: [0; 257],
    };
    let (mut len, mut next, mut at) = (1, 0u32, 0);
    while len <= LONGEST {
        next <<= 1;
        codes.first[len] = next;
        codes.begin[len] = at;
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == len {
                codes.symbols[at] = symbol as u16;
                at += 1;
                next += 1;
            }
            symbol += 1;
        }
        codes.count[len] = next - codes.first[len];
        len += 1;
    }
    codes
}

fn huffman(bytes: &[u8]) -> Read<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 2);
    let (mut code, mut len) = (0u32, 0usize);
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| u32::from(byte >> at & 1))) {
        code = code << 1 | bit;
        len += 1;
        if len < SHORTEST {
            continue;
        }
        let (Some(first), Some(count), Some(begin)) =
            (CODES.first.get(len), CODES.count.get(len), CODES.begin.get(len))
        else {
            return Err(Broken);
        };
        let Some(at) = code.checked_sub(*first).filter(|at| at < count) else { continue };
        let symbol = usize::try_from(at).ok().and_then(|at| CODES.symbols.get(begin + at)).ok_or(Broken)?;
        // The end of a string is never sent.
        out.push(u8::try_from(*symbol).map_err(|_| Broken)?);
        (code, len) = (0, 0);
    }
    // Padding is the beginning of the longest code: ones, less than a byte.
    if len < 8 && code == (1u32 << len) - 1 { Ok(out) } else { Err(Broken) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::rig::hex;

    fn read(table: &mut Table, block: &str) -> Vec<String> {
        let mut all = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        table
            .read(&hex(block), &mut |name, value| all.push(format!("{}: {}", text(name), text(value))))
            .unwrap();
        all
    }

    /// RFC 7541 appendix C.4: three requests on one connection, with Huffman codes.
    #[test]
    fn published_requests() {
        let mut table = Table::default();
        assert_eq!(
            read(&mut table, "828684418cf1e3c2e5f23a6ba0ab90f4ff"),
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"]
        );
        assert_eq!(table.size, 57);
        assert_eq!(read(&mut table, "828684be5886a8eb10649cbf")[4], "cache-control: no-cache");
        let third = read(&mut table, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
        assert_eq!(third[3..], [":authority: www.example.com", "custom-key: custom-value"]);
        assert_eq!((table.size, table.entries.len()), (164, 3));
    }

    /// RFC 7541 appendix C.6: responses that push each other out of a table of 256 bytes.
    #[test]
    fn published_responses() {
        let mut table = Table { max: 256, ..Table::default() };
        let first = read(
            &mut table,
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        );
        assert_eq!(first[3], "location: https://www.example.com");
        assert_eq!(table.size, 222);
        assert_eq!(read(&mut table, "4883640effc1c0bf")[0], ":status: 307");
        assert_eq!((table.size, table.entries.len()), (222, 4));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for block in ["80", "c0", "7f", "41", "0085", "3fffffff7f", "008181", "00 82ffff 00"] {
            assert_eq!(Table::default().read(&hex(block), &mut |_, _| {}), Err(Broken), "{block}");
        }
    }
}
