//! Numbers of a column, as Parquet has them. Floats are numbers, too: their bits.

use super::levels::{packed, varint};
use super::pages::{Layout, PageWriter, Slots};
use super::texts::coded;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use polars_parquet::write::{CompressedPage, Encoding};
use std::io;

/// Numbers after which it is looked at whether they repeat.
const TRIAL: usize = 4096;
/// Different numbers that always make a dictionary.
const FEW: usize = 256;

/// Differences of a block, and those of a part of it that have as many bits.
const BLOCK: usize = 128;
const BLOCK_PART: usize = 32;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By their number in a dictionary, where they repeat.
    Repeats,
    /// The same, of bits of floats.
    Floats,
    /// As differences: they grow from row to row.
    Grows,
    /// As bits: they are zero or one.
    Truths,
    /// As they are.
    Plain,
}

/// The pages with these numbers.
///
/// # Errors
/// What the compressor says.
pub fn pages(
    words: &[i64],
    way: Way,
    slots: Slots<'_>,
    writer: &mut PageWriter,
) -> io::Result<Vec<CompressedPage>> {
    let mut layout = Layout { encoding: Encoding::Plain, size: 8 * words.len(), bounds: bounds(words, way) };
    let of = |values| words.get(values).unwrap_or_default();
    match way {
        Way::Repeats | Way::Floats => {
            let mut codes = std::mem::take(&mut writer.codes);
            let distinct = dictionary(words, &mut codes);
            let pages = distinct.map(|distinct| {
                layout.encoding = Encoding::RleDictionary;
                let mut bytes = Vec::new();
                put(&mut bytes, &distinct);
                let mut pages = vec![writer.dictionary(distinct.len(), &bytes)?];
                pages.append(&mut writer.data(slots, &layout, |values, out| {
                    coded(out, codes.get(values).unwrap_or_default(), distinct.len());
                })?);
                Ok(pages)
            });
            writer.codes = codes;
            pages.unwrap_or_else(|| writer.data(slots, &layout, |values, out| put(out, of(values))))
        }
        Way::Grows => {
            layout.encoding = Encoding::DeltaBinaryPacked;
            writer.data(slots, &layout, |values, out| differences(out, of(values)))
        }
        Way::Truths => writer.data(slots, &layout, |values, out| {
            let byte = |bits: &[i64]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit != 0));
            out.extend(of(values).chunks(8).map(byte));
        }),
        Way::Plain => writer.data(slots, &layout, |values, out| put(out, of(values))),
    }
}

fn put(out: &mut Vec<u8>, words: &[i64]) {
    out.reserve(8 * words.len());
    words.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
}

/// Appends the first number, and what each of the others is more than the one before it.
fn differences(out: &mut Vec<u8>, words: &[i64]) {
    varint(out, BLOCK as u64);
    varint(out, (BLOCK / BLOCK_PART) as u64);
    varint(out, words.len() as u64);
    varint(out, zigzag(words.first().copied().unwrap_or(0)));
    let mut block = [0; BLOCK];
    for at in (1..words.len()).step_by(BLOCK) {
        let (before, these) = (words.get(at - 1..).unwrap_or_default(), words.get(at..).unwrap_or_default());
        let len = these.len().min(BLOCK);
        for ((slot, number), before) in block.iter_mut().zip(these).zip(before) {
            *slot = number.wrapping_sub(*before);
        }
        push_block(out, block.get(..len).unwrap_or_default());
    }
}

/// Appends a block of differences: the least of them, how many bits each part needs beyond that, and these.
fn push_block(out: &mut Vec<u8>, block: &[i64]) {
    let Some((least, _)) = extremes(block) else { return };
    let mut above = [0; BLOCK];
    for (slot, difference) in above.iter_mut().zip(block) {
        *slot = difference.wrapping_sub(least).cast_unsigned();
    }
    let width = |part: &[u64]| u64::BITS - part.iter().fold(0, |all, more| all | more).leading_zeros();
    varint(out, zigzag(least));
    out.extend(above.chunks(BLOCK_PART).map(|part| width(part) as u8));
    // A part that has nothing to it is not there at all, and of no width.
    for part in above.chunks(BLOCK_PART).take(block.len().div_ceil(BLOCK_PART)) {
        packed(out, part.iter().copied(), width(part));
    }
}

/// A number so that small ones have few bits, less than zero or not.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn extremes(words: &[i64]) -> Option<(i64, i64)> {
    let (first, rest) = words.split_first()?;
    Some(rest.iter().fold((*first, *first), |(least, most), word| (least.min(*word), most.max(*word))))
}

/// The least and the greatest as they lie in pages.
fn bounds(words: &[i64], way: Way) -> Option<(Vec<u8>, Vec<u8>)> {
    match way {
        Way::Floats => {
            // What is no number has no place in an order.
            let floats =
                || words.iter().map(|word| f64::from_bits(word.cast_unsigned())).filter(|n| !n.is_nan());
            let (least, most) = (floats().reduce(f64::min)?, floats().reduce(f64::max)?);
            // Of the two zeros each stands for both.
            let least = if least == 0.0 { -0.0 } else { least };
            let most = if most == 0.0 { 0.0 } else { most };
            Some((least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec()))
        }
        Way::Truths => {
            let (least, most) = extremes(words)?;
            Some((vec![u8::from(least != 0)], vec![u8::from(most != 0)]))
        }
        Way::Repeats | Way::Grows | Way::Plain => {
            let (least, most) = extremes(words)?;
            Some((least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec()))
        }
    }
}

/// The different numbers in the order they come, and the place of each number among them; `None` where they
/// are too many.
fn dictionary(words: &[i64], codes: &mut Vec<u32>) -> Option<Vec<i64>> {
    let (least, most) = extremes(words)?;
    let span = usize::try_from(most.abs_diff(least)).unwrap_or(usize::MAX);
    if span <= 2 * words.len() {
        // They lie close together: ports, counts.
        let mut known = vec![u32::MAX; span + 1];
        numbered(words, codes, |word, next| {
            let Some(code) = known.get_mut(word.abs_diff(least) as usize) else { return next };
            *code = next.min(*code);
            *code
        })
    } else {
        let mut known: HashMap<i64, u32, FixedState> = HashMap::default();
        numbered(words, codes, |word, next| *known.entry(word).or_insert(next))
    }
}

/// The same; `code` tells the place of a number, the one given where it is new.
fn numbered(words: &[i64], codes: &mut Vec<u32>, mut code: impl FnMut(i64, u32) -> u32) -> Option<Vec<i64>> {
    let mut distinct = Vec::new();
    codes.clear();
    for word in words {
        let next = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        let code = code(*word, next);
        if code == next {
            distinct.push(*word);
        }
        codes.push(code);
        if codes.len() == TRIAL && distinct.len() > TRIAL / 8 * 7 {
            return None;
        }
    }
    (distinct.len() <= FEW.max(words.len() / 4 * 3)).then_some(distinct)
}
