//! Texts by their number in a dictionary, until that does not pay.

use super::cursor::{Cursor, numbers};
use super::levels::hybrid;
use super::pages::{Layout, PageWriter, Slots};
use foldhash::fast::FixedState;
use polars_parquet::write::{CompressedPage, Encoding};
use std::hash::{BuildHasher, Hasher};
use std::io;

/// Texts after which it is looked at whether they repeat.
const TRIAL: usize = 4096;
/// Texts in the statistics of a column are cut at this many bytes.
const LONGEST: usize = 64;
/// Bytes of a text's length.
const LENGTH: usize = 4;

/// Texts that are looked up at once.
const ONCE: usize = 64;
/// Stands for the hash of no text.
pub const NONE: u32 = 0;
/// Places of a table in which something is.
const PLACES: usize = 64;

/// The texts of a column.
#[derive(Debug, Default)]
pub struct Texts {
    codes: Vec<u32>,
    /// Ends of the distinct texts in `bytes`.
    ends: Vec<usize>,
    /// Each with its length before it, as they lie in pages.
    bytes: Vec<u8>,
    /// The distinct ones by their hash, each at the first free place from there on. Half of it is free.
    known: Vec<Known>,
    /// The number of each text of a batch.
    room: Vec<u32>,
    /// Values that may come.
    pub expect: usize,
    /// Every text gets a number of its own: nearly all are different.
    unique: bool,
}

/// A distinct text.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Its hash.
    mark: u32,
    code: u32,
    /// Where its length begins.
    from: u32,
}

/// No text.
const FREE: Known = Known { mark: NONE, code: u32::MAX, from: u32::MAX };

impl Texts {
    /// Bytes held, nearly.
    pub fn size(&self) -> usize {
        4 * self.codes.len() + self.bytes.len() + 24 * self.ends.len()
    }

    /// A distinct text with its length.
    fn entry(&self, code: u32) -> &[u8] {
        self.bytes.get(self.start(code)..self.start(code + 1)).unwrap_or_default()
    }

    /// Where the distinct text with this number begins: where the one before it ends.
    fn start(&self, code: u32) -> usize {
        (code as usize).checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0)
    }

    fn text(&self, code: u32) -> &[u8] {
        self.entry(code).get(LENGTH..).unwrap_or_default()
    }

    /// Appends values, of each of which it is told which of these texts it is. `None` where something is cut
    /// short.
    pub fn read(&mut self, mut texts: Cursor<'_>, values: &[u8]) -> Option<()> {
        let before = self.codes.len();
        let mut codes = std::mem::take(&mut self.room);
        codes.clear();
        if self.codes.is_empty() {
            self.codes.reserve(self.expect);
        }
        let mut some = [(NONE, &[][..]); ONCE];
        while !texts.0.is_empty() {
            let mut count = 0;
            for slot in &mut some {
                if texts.0.is_empty() {
                    break;
                }
                let (mark, text) = texts.text()?;
                let told = self.unique || mark != NONE;
                *slot = (if told { mark } else { hash(text) }, text);
                count += 1;
            }
            self.look_up(some.get(..count)?, &mut codes);
        }
        for value in numbers(values) {
            self.codes.push(*codes.get(u32::from_le_bytes(value) as usize)?);
        }
        self.room = codes;
        self.judge(before);
        Some(())
    }

    /// Appends a text.
    pub fn push(&mut self, text: &[u8]) {
        let mut codes = std::mem::take(&mut self.room);
        codes.clear();
        self.look_up(&[(hash(text), text)], &mut codes);
        self.codes.append(&mut codes);
        self.room = codes;
        self.judge(self.codes.len() - 1);
    }

    /// Looks whether texts repeat, when there are enough of them to tell.
    fn judge(&mut self, before: usize) {
        let tried = before < TRIAL && self.codes.len() >= TRIAL;
        if tried && !self.unique && self.ends.len() > self.codes.len() / 8 * 7 {
            self.unique = true;
            self.known = Vec::new();
        }
    }

    /// Tells the codes of texts, with their hashes, that are known or become so. What is known of them lies far
    /// apart in memory: it comes for all of them at the same time if none waits for the one before.
    fn look_up(&mut self, texts: &[(u32, &[u8])], codes: &mut Vec<u32>) {
        if self.unique {
            for (_, text) in texts {
                codes.push(self.ends.len() as u32);
                self.add(text);
            }
            return;
        }
        let mut found = [FREE; ONCE];
        for (found, (mark, _)) in found.iter_mut().zip(texts) {
            *found = self.known.get(self.place(*mark)).copied().unwrap_or(FREE);
        }
        for (found, (mark, text)) in found.iter_mut().zip(texts) {
            if found.mark != *mark || !self.is(*found, text) {
                *found = FREE;
            }
        }
        for (found, (mark, text)) in found.iter().zip(texts) {
            codes.push(if found.code == FREE.code { self.code(*mark, text) } else { found.code });
        }
    }

    /// Where a text with this hash is, or one of the next places.
    fn place(&self, mark: u32) -> usize {
        mark as usize & self.known.len().wrapping_sub(1)
    }

    fn is(&self, known: Known, text: &[u8]) -> bool {
        let entry = self.bytes.get(known.from as usize..).unwrap_or_default();
        entry.split_first_chunk::<LENGTH>().is_some_and(|(len, rest)| {
            u32::from_le_bytes(*len) as usize == text.len()
                && rest.get(..text.len()).is_some_and(|entry| same(entry, text))
        })
    }

    /// The code of a text, which is added if it is new.
    fn code(&mut self, mark: u32, text: &[u8]) -> u32 {
        if 2 * self.ends.len() >= self.known.len() {
            self.grow();
        }
        let place = match self.seek(mark, |known| known.mark == mark && self.is(known, text)) {
            Ok(known) => return known.code,
            Err(free) => free,
        };
        let from = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let code = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.add(text);
        if let Some(free) = self.known.get_mut(place) {
            *free = Known { mark, code, from };
        }
        code
    }

    /// The text with this hash that it is, or the free place where it would be.
    fn seek(&self, mark: u32, is: impl Fn(Known) -> bool) -> Result<Known, usize> {
        let mut place = self.place(mark);
        while let Some(known) = self.known.get(place).filter(|known| known.mark != NONE) {
            if is(*known) {
                return Ok(*known);
            }
            place = self.place(place as u32 + 1);
        }
        Err(place)
    }

    fn grow(&mut self) {
        let more = vec![FREE; PLACES.max(2 * self.known.len())];
        for known in std::mem::replace(&mut self.known, more).into_iter().filter(|known| known.mark != NONE) {
            if let Err(place) = self.seek(known.mark, |_| false)
                && let Some(free) = self.known.get_mut(place)
            {
                *free = known;
            }
        }
    }

    fn add(&mut self, text: &[u8]) {
        // A longer one would not fit into a page either.
        let len = u32::try_from(text.len()).unwrap_or(0);
        self.bytes.extend_from_slice(&len.to_le_bytes());
        self.bytes.extend_from_slice(text.get(..len as usize).unwrap_or_default());
        self.ends.push(self.bytes.len());
    }

    /// The pages with them; none are left.
    ///
    /// # Errors
    /// What the compressor says.
    pub fn pages(&mut self, slots: Slots<'_>, writer: &mut PageWriter) -> io::Result<Vec<CompressedPage>> {
        let (given, distinct) = (self.codes.len(), self.ends.len());
        let plain = given == 0 || self.unique || distinct > given / 4 * 3;
        let mut pages = Vec::with_capacity(2);
        if plain {
            let layout = Layout { encoding: Encoding::Plain, size: self.bytes.len(), bounds: self.bounds() };
            pages.append(&mut writer.data(slots, &layout, |values, out| {
                let codes = self.codes.get(values).unwrap_or_default();
                self.write(codes, out);
            })?);
        } else {
            pages.push(writer.dictionary(distinct, &self.bytes)?);
            let layout = Layout { encoding: Encoding::RleDictionary, size: 4 * given, bounds: self.bounds() };
            let codes =
                |values, out: &mut Vec<u8>| coded(out, self.codes.get(values).unwrap_or_default(), distinct);
            pages.append(&mut writer.data(slots, &layout, codes)?);
        }
        // The next rows are like these ones, mostly. Whether texts repeat is looked at anew if they did.
        self.unique &= distinct > given / 8 * 7;
        self.codes.clear();
        self.ends.clear();
        self.bytes.clear();
        self.known.fill(FREE);
        Ok(pages)
    }

    /// Appends the texts with these numbers, where these grow one by one at once.
    fn write(&self, codes: &[u32], out: &mut Vec<u8>) {
        match codes {
            [first, .., last] if (*first..).zip(codes).all(|(want, code)| *code == want) => {
                let (from, to) = (self.start(*first), self.start(last + 1));
                out.extend_from_slice(self.bytes.get(from..to).unwrap_or_default());
            }
            some => some.iter().for_each(|code| out.extend_from_slice(self.entry(*code))),
        }
    }

    /// The first and the last in the order of bytes.
    fn bounds(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let texts = || (0..).zip(&self.ends).map(|(code, _)| self.text(code));
        Some((shortened(texts().min()?), raised(texts().max()?)))
    }
}

/// Appends codes of a dictionary with so many entries.
pub fn coded(out: &mut Vec<u8>, codes: &[u32], distinct: usize) {
    let width = usize::BITS - distinct.saturating_sub(1).leading_zeros();
    out.push(width as u8);
    hybrid(out, codes, width);
}

/// The beginning of a text: never after it.
fn shortened(text: &[u8]) -> Vec<u8> {
    let Some(mut cut) = text.get(..LONGEST) else { return text.to_vec() };
    // Not within a character.
    if text.get(LONGEST).is_some_and(|next| is_inside(*next)) {
        while let Some((last, before)) = cut.split_last() {
            cut = before;
            if !is_inside(*last) {
                break;
            }
        }
    }
    cut.to_vec()
}

/// A short text that is never before this one: the beginning with its last letter raised.
fn raised(text: &[u8]) -> Vec<u8> {
    let Some(cut) = text.get(..=LONGEST).and_then(|_| text.get(..LONGEST)) else { return text.to_vec() };
    let Some(at) = cut.iter().rposition(|byte| *byte < 0x7f) else { return text.to_vec() };
    let mut raised = cut.get(..=at).unwrap_or_default().to_vec();
    if let Some(last) = raised.last_mut() {
        *last += 1;
    }
    raised
}

/// Whether a byte goes on with a character of UTF-8.
fn is_inside(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Whether two texts are the same: most are short, or differ in the beginning or the end, and need no call.
#[inline]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.first_chunk::<8>().zip(one.last_chunk::<8>()), other.first_chunk().zip(other.last_chunk())) {
        (Some(ends), Some(other_ends)) => {
            ends == other_ends
                && (one.len() <= 16 || one.get(8..one.len() - 8) == other.get(8..other.len() - 8))
        }
        _ => one.iter().zip(other).all(|(one, other)| one == other),
    }
}

/// The hash of a text: never that of none.
pub fn hash(text: &[u8]) -> u32 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text);
    (hasher.finish() as u32).max(NONE + 1)
}
