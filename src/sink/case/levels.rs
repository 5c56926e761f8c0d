//! Numbers of few bits, as Parquet has them: levels, which tell where values are, and the codes of a dictionary.
//! A run of the same number is told by its length, other numbers lie packed side by side, eight at a time.
//!
//! polars can do all this, one number after the other through several iterators: it took a seventh of the work
//! of a case.

use std::iter::repeat_n;
use std::ops::Range;

/// Numbers alike from which on their run is told; bytes of bits alike.
const RUN: usize = 16;
const RUN_BYTES: usize = 4;

/// Levels of a list's members: where the list is missing, where it is empty, and where a member is.
const EMPTY: u8 = 1;
const MEMBER: u8 = 3;

/// Truths, one bit each. Pages begin at whole bytes.
#[derive(Debug, Default)]
pub struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    /// Appends a true one.
    pub fn push(&mut self) {
        let bit = self.len % 8;
        self.len += 1;
        match self.bytes.last_mut() {
            Some(last) if bit > 0 => *last |= 1 << bit,
            _ => self.bytes.push(1),
        }
    }

    /// Appends so many true ones.
    pub fn extend(&mut self, more: usize) {
        let len = self.len + more;
        while self.len < len {
            let bytes = (len - self.len) / 8;
            if bytes > 0 && self.len.is_multiple_of(8) {
                self.bytes.extend(repeat_n(0xff, bytes));
                self.len += 8 * bytes;
            } else {
                self.push();
            }
        }
    }

    /// Fills up with false ones.
    pub fn fill(&mut self, len: usize) {
        if self.len < len {
            self.len = len;
            self.bytes.resize(len.div_ceil(8), 0);
        }
    }

    /// Appends so many of these.
    pub fn append(&mut self, bits: &[u8], more: usize) {
        let (shift, len) = (self.len % 8, self.len + more);
        if shift == 0 {
            self.bytes.extend_from_slice(bits);
        } else {
            for byte in bits {
                if let Some(last) = self.bytes.last_mut() {
                    *last |= byte << shift;
                }
                self.bytes.push(byte >> (8 - shift));
            }
        }
        self.bytes.truncate(len.div_ceil(8));
        self.len = len;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// All of them; what is left of the last byte is zero.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.len = 0;
    }

    fn of(&self, rows: &Range<usize>) -> &[u8] {
        self.bytes.get(rows.start / 8..rows.end.div_ceil(8)).unwrap_or_default()
    }

    /// True ones among these rows.
    pub fn count(&self, rows: &Range<usize>) -> usize {
        self.of(rows).iter().map(|byte| byte.count_ones() as usize).sum()
    }

    fn iter(&self, rows: &Range<usize>) -> impl Iterator<Item = bool> {
        let bits = self.of(rows).iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        bits.take(rows.len())
    }

    /// Appends the levels of these rows: 1 where a value is.
    pub fn levels(&self, out: &mut Vec<u8>, rows: &Range<usize>) {
        let mut left = rows.len();
        measured(out, |out| {
            pieces(self.of(rows), 1, RUN_BYTES, |bytes, alike| {
                let bits = left.min(8 * bytes.len());
                left -= bits;
                match bytes.first() {
                    Some(0) if alike => run(out, bits, 0, 1),
                    Some(0xff) if alike => run(out, bits, 1, 1),
                    _ => {
                        varint(out, (bytes.len() as u64) << 1 | 1);
                        out.extend_from_slice(bytes);
                    }
                }
            });
        });
    }
}

/// Appends the levels of lists with so many members each, those that are there; how many levels.
pub fn lists(
    out: &mut Vec<u8>,
    there: &Bits,
    rows: &Range<usize>,
    counts: &[u32],
    room: &mut Vec<u8>,
) -> usize {
    room.clear();
    each(there, rows, counts, |count| {
        room.push(0);
        room.extend(repeat_n(1, count.unwrap_or(0).saturating_sub(1)));
    });
    measured(out, |out| hybrid(out, room, 1));
    room.clear();
    each(there, rows, counts, |count| match count {
        None => room.push(0),
        Some(0) => room.push(EMPTY),
        Some(count) => room.extend(repeat_n(MEMBER, count)),
    });
    measured(out, |out| hybrid(out, room, 2));
    room.len()
}

/// Each row's number of members, if it has a list.
fn each(there: &Bits, rows: &Range<usize>, counts: &[u32], mut list: impl FnMut(Option<usize>)) {
    let mut counts = counts.iter().map(|count| *count as usize);
    there.iter(rows).for_each(|is| list(if is { counts.next() } else { None }));
}

/// Appends what `write` appends, and the number of its bytes before.
pub fn measured(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let from = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let len = u32::try_from(out.len() - from - 4).unwrap_or(u32::MAX);
    if let Some(slot) = out.get_mut(from..from + 4) {
        slot.copy_from_slice(&len.to_le_bytes());
    }
}

/// Appends numbers of `width` bits.
pub fn hybrid<T: Copy + PartialEq + Into<u32>>(out: &mut Vec<u8>, numbers: &[T], width: u32) {
    pieces(numbers, 8, RUN, |piece, alike| match piece.first() {
        Some(first) if alike => run(out, piece.len(), (*first).into(), width),
        _ => pack(out, piece, width),
    });
}

/// Cuts into pieces: values that are all alike, at least so many, and those between, whole steps of them.
fn pieces<T: PartialEq>(values: &[T], step: usize, least: usize, mut piece: impl FnMut(&[T], bool)) {
    let (mut from, mut at) = (0, 0);
    while let Some((first, rest)) = values.get(at..).and_then(<[T]>::split_first) {
        let alike = 1 + rest.iter().take_while(|value| *value == first).count();
        if alike < least {
            at += step;
            continue;
        }
        if from < at {
            piece(values.get(from..at).unwrap_or_default(), false);
        }
        piece(values.get(at..at + alike).unwrap_or_default(), true);
        at += alike;
        from = at;
    }
    if from < values.len() {
        piece(values.get(from..).unwrap_or_default(), false);
    }
}

fn run(out: &mut Vec<u8>, count: usize, number: u32, width: u32) {
    varint(out, (count as u64) << 1);
    out.extend_from_slice(number.to_le_bytes().get(..width.div_ceil(8) as usize).unwrap_or_default());
}

fn pack<T: Copy + Into<u32>>(out: &mut Vec<u8>, numbers: &[T], width: u32) {
    let groups = numbers.len().div_ceil(8);
    varint(out, (groups as u64) << 1 | 1);
    let padding = repeat_n(0, 8 * groups - numbers.len());
    packed(out, numbers.iter().map(|number| u64::from((*number).into())).chain(padding), width);
}

/// Appends numbers of `width` bits side by side, a multiple of eight of them: they fill whole bytes.
pub fn packed(out: &mut Vec<u8>, numbers: impl Iterator<Item = u64>, width: u32) {
    let (mut bits, mut held) = (0u64, 0);
    numbers.for_each(|number| {
        bits |= number << held;
        held += width;
        if held >= u64::BITS {
            out.extend_from_slice(&bits.to_le_bytes());
            held -= u64::BITS;
            bits = if held > 0 { number >> (width - held) } else { 0 };
        }
    });
    out.extend_from_slice(bits.to_le_bytes().get(..held as usize / 8).unwrap_or_default());
}

/// Appends a number, seven bits to a byte.
pub fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
