//! Columns being filled: which rows have a value, and these values; then arrays as Arrow has them, with a place
//! for what is not there. Most columns of most tables have few values.

use super::file::Values;
use super::row::Cursor;
use crate::case::Kind;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use polars_arrow::array::{Array, BooleanArray, DictionaryArray, ListArray, PrimitiveArray, Utf8Array};
use polars_arrow::bitmap::{Bitmap, MutableBitmap};
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_arrow::offset::OffsetsBuffer;
use std::hash::BuildHasher;

/// What the writer of Parquet says is wrong.
pub type Failure = polars::prelude::PolarsError;

/// Texts after which it is looked at whether they repeat.
const TRIAL: usize = 4096;

/// One column.
#[derive(Debug)]
pub struct Builder {
    kind: Kind,
    /// Rows whose value is there.
    there: MutableBitmap,
    words: Vec<i64>,
    floats: Vec<f64>,
    flags: MutableBitmap,
    texts: Texts,
    /// Ends of lists.
    ends: Vec<i64>,
}

impl Builder {
    /// An empty column.
    pub fn new(kind: Kind) -> Builder {
        let (there, flags) = (MutableBitmap::new(), MutableBitmap::new());
        let texts = Texts::default();
        Builder { kind, there, words: Vec::new(), floats: Vec::new(), flags, texts, ends: vec![0] }
    }

    /// Bytes held, nearly.
    pub fn size(&self) -> usize {
        8 * (self.words.len() + self.floats.len() + self.ends.len()) + self.texts.size()
    }

    /// Reads the value of `row` from its bytes. `None` where there are too few of them. Of two values for
    /// one row the first counts.
    pub fn read(&mut self, row: usize, bytes: &mut Cursor<'_>) -> Option<()> {
        let fresh = self.there.len() <= row;
        if fresh {
            self.gap(row);
            self.there.push(true);
        }
        match self.kind {
            Kind::Text | Kind::Json => {
                let text = bytes.text()?;
                if fresh {
                    self.texts.push(text);
                }
            }
            Kind::Int | Kind::Time => {
                let word = i64::from_le_bytes(bytes.word()?);
                if fresh {
                    self.words.push(word);
                }
            }
            Kind::Float => {
                let number = f64::from_le_bytes(bytes.word()?);
                if fresh {
                    self.floats.push(number);
                }
            }
            Kind::Bool => {
                let flag = bytes.flag()?;
                if fresh {
                    self.flags.push(flag);
                }
            }
            Kind::Texts | Kind::Ints => self.list(fresh, bytes)?,
        }
        Some(())
    }

    fn list(&mut self, fresh: bool, bytes: &mut Cursor<'_>) -> Option<()> {
        let count = bytes.short()?;
        for _ in 0..count {
            if self.kind == Kind::Texts {
                let text = bytes.text()?;
                if fresh {
                    self.texts.push(text);
                }
            } else {
                let word = i64::from_le_bytes(bytes.word()?);
                if fresh {
                    self.words.push(word);
                }
            }
        }
        if fresh {
            let end = self.ends.last().copied().unwrap_or(0);
            self.ends.push(end + i64::from(count));
        }
        Some(())
    }

    /// Appends a number that is there.
    pub fn push_int(&mut self, row: usize, number: i64) {
        self.gap(row);
        self.there.push(true);
        self.words.push(number);
    }

    /// Appends a text that is there.
    pub fn push_text(&mut self, row: usize, text: &str) {
        self.gap(row);
        self.there.push(true);
        self.texts.push(text.as_bytes());
    }

    /// Appends a list of texts.
    pub fn push_texts<'t>(&mut self, row: usize, texts: impl Iterator<Item = &'t str>) {
        self.gap(row);
        self.there.push(true);
        let mut end = self.ends.last().copied().unwrap_or(0);
        for text in texts {
            self.texts.push(text.as_bytes());
            end += 1;
        }
        self.ends.push(end);
    }

    /// Fills up with nothing until `rows`.
    fn gap(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.there.len());
        if missing == 0 {
            return;
        }
        self.there.extend_constant(missing, false);
        if self.kind == Kind::Bool {
            self.flags.extend_constant(missing, false);
        }
    }

    /// The column with `rows` rows, `None` if none has a value; empty afterwards, ready for the next ones.
    ///
    /// # Errors
    /// Where the parts do not fit, which they do.
    pub fn finish(&mut self, rows: usize) -> Result<Values, Failure> {
        if self.there.is_empty() {
            return Ok(None);
        }
        self.array(rows).map(Some)
    }

    fn array(&mut self, rows: usize) -> Result<Box<dyn Array>, Failure> {
        self.gap(rows);
        let there = std::mem::take(&mut self.there).freeze();
        let there = (there.unset_bits() > 0).then_some(there);
        let dtype = dtype(self.kind);
        Ok(match self.kind {
            Kind::Text | Kind::Json => self.texts.finish(there)?,
            Kind::Int | Kind::Time => {
                Box::new(PrimitiveArray::try_new(dtype, spread(renewed(&mut self.words), there.as_ref()).into(), there)?)
            }
            Kind::Float => {
                Box::new(PrimitiveArray::try_new(dtype, spread(renewed(&mut self.floats), there.as_ref()).into(), there)?)
            }
            Kind::Bool => {
                Box::new(BooleanArray::try_new(dtype, std::mem::take(&mut self.flags).freeze(), there)?)
            }
            Kind::Texts | Kind::Ints => {
                let ends = std::mem::replace(&mut self.ends, vec![0]);
                let ends = OffsetsBuffer::try_from(spread_ends(ends, there.as_ref()))?;
                let members: Box<dyn Array> = if self.kind == Kind::Texts {
                    self.texts.finish(None)?
                } else {
                    let words = renewed(&mut self.words).into();
                    Box::new(PrimitiveArray::<i64>::try_new(ArrowDataType::Int64, words, None)?)
                };
                // Codes of a dictionary are a way of writing, not another type of column.
                let item = Field::new("item".into(), members.dtype().clone(), true);
                Box::new(ListArray::<i64>::try_new(
                    ArrowDataType::LargeList(Box::new(item)),
                    ends,
                    members,
                    there,
                )?)
            }
        })
    }
}

/// What was collected. The next rows are as many, mostly: growing step by step would copy them again and again.
fn renewed<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

/// The Arrow type of a column.
pub fn dtype(kind: Kind) -> ArrowDataType {
    let list = |of| ArrowDataType::LargeList(Box::new(Field::new("item".into(), of, true)));
    match kind {
        Kind::Text | Kind::Json => ArrowDataType::LargeUtf8,
        Kind::Texts => list(ArrowDataType::LargeUtf8),
        Kind::Int => ArrowDataType::Int64,
        Kind::Ints => list(ArrowDataType::Int64),
        Kind::Float => ArrowDataType::Float64,
        Kind::Bool => ArrowDataType::Boolean,
        Kind::Time => ArrowDataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
    }
}

/// Texts by their number in a dictionary, until that does not pay.
#[derive(Debug, Default)]
struct Texts {
    codes: Vec<u32>,
    /// Ends of the distinct texts in `bytes`.
    ends: Vec<i64>,
    bytes: Vec<u8>,
    known: HashTable<u32>,
    hasher: FixedState,
    /// Texts that are there.
    given: usize,
    /// Every text gets a number of its own: nearly all are different.
    unique: bool,
    last: u32,
}

impl Texts {
    fn size(&self) -> usize {
        4 * self.codes.len() + self.bytes.len() + 24 * self.ends.len()
    }

    fn text(&self, code: u32) -> &[u8] {
        let at = code as usize;
        let from = at.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let to = self.ends.get(at).copied().unwrap_or(from);
        let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
        self.bytes.get(range).unwrap_or_default()
    }

    fn push(&mut self, text: &[u8]) {
        self.given += 1;
        if self.unique {
            let code = self.add(text);
            self.codes.push(code);
            return;
        }
        if !self.ends.is_empty() && self.text(self.last) == text {
            self.codes.push(self.last);
            return;
        }
        let hash = self.hasher.hash_one(text);
        let found = self.known.find(hash, |code| self.text(*code) == text).copied();
        let code = found.unwrap_or_else(|| {
            let code = self.add(text);
            let mut known = std::mem::take(&mut self.known);
            known.insert_unique(hash, code, |code| self.hasher.hash_one(self.text(*code)));
            self.known = known;
            code
        });
        self.last = code;
        self.codes.push(code);
        if self.given == TRIAL && self.ends.len() > TRIAL / 8 * 7 {
            self.unique = true;
            self.known = HashTable::new();
        }
    }

    fn add(&mut self, text: &[u8]) -> u32 {
        self.bytes.extend_from_slice(text);
        self.ends.push(i64::try_from(self.bytes.len()).unwrap_or(i64::MAX));
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }

    fn finish(&mut self, there: Option<Bitmap>) -> Result<Box<dyn Array>, Failure> {
        let mut ends = Vec::with_capacity(self.ends.len() + 1);
        ends.push(0i64);
        ends.append(&mut self.ends);
        let (bytes, codes) = (renewed(&mut self.bytes), renewed(&mut self.codes));
        let (given, distinct) = (std::mem::take(&mut self.given), ends.len() - 1);
        self.known.clear();
        self.last = 0;
        if given == 0 {
            return Ok(Box::new(Utf8Array::<i64>::new_empty(ArrowDataType::LargeUtf8)));
        }
        // The next rows are like these ones, mostly. Whether texts repeat is looked at anew if they did.
        if self.unique || distinct > given / 4 * 3 {
            self.unique &= distinct > given / 8 * 7;
            return plain(&codes, ends, bytes, there);
        }
        let texts = Utf8Array::try_new(
            ArrowDataType::LargeUtf8,
            OffsetsBuffer::try_from(ends)?,
            bytes.into(),
            None,
        )?;
        let codes = spread(codes, there.as_ref());
        let codes = PrimitiveArray::try_new(ArrowDataType::UInt32, codes.into(), there)?;
        Ok(Box::new(DictionaryArray::<u32>::try_from_keys(codes, Box::new(texts), false)?))
    }
}

/// The texts themselves, one per row.
fn plain(
    codes: &[u32],
    ends: Vec<i64>,
    bytes: Vec<u8>,
    there: Option<Bitmap>,
) -> Result<Box<dyn Array>, Failure> {
    // As many texts as values: they are in the order of the rows.
    let (ends, bytes) =
        if codes.len() + 1 == ends.len() { (ends, bytes) } else { repeated(codes, &ends, &bytes) };
    let ends = OffsetsBuffer::try_from(spread_ends(ends, there.as_ref()))?;
    Ok(Box::new(Utf8Array::try_new(ArrowDataType::LargeUtf8, ends, bytes.into(), there)?))
}

/// Texts as often as they are given, and where they end.
fn repeated(codes: &[u32], ends: &[i64], bytes: &[u8]) -> (Vec<i64>, Vec<u8>) {
    let mut all = Vec::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(codes.len() + 1);
    places.push(0i64);
    for code in codes {
        let at = *code as usize;
        let bound = |i: usize| ends.get(i).and_then(|end| usize::try_from(*end).ok()).unwrap_or(0);
        all.extend_from_slice(bytes.get(bound(at)..bound(at + 1)).unwrap_or_default());
        places.push(i64::try_from(all.len()).unwrap_or(i64::MAX));
    }
    (places, all)
}

/// Values with something in the place of those that are not there.
fn spread<T: Copy + Default>(values: Vec<T>, there: Option<&Bitmap>) -> Vec<T> {
    let Some(there) = there else { return values };
    let mut values = values.into_iter();
    there.iter().map(|is| if is { values.next().unwrap_or_default() } else { T::default() }).collect()
}

/// Ends with one more for each value that is not there.
fn spread_ends(ends: Vec<i64>, there: Option<&Bitmap>) -> Vec<i64> {
    let Some(there) = there else { return ends };
    let (mut ends, mut all) = (ends.into_iter(), Vec::with_capacity(there.len() + 1));
    let mut end = ends.next().unwrap_or(0);
    all.push(end);
    for is in there.iter() {
        end = if is { ends.next().unwrap_or(end) } else { end };
        all.push(end);
    }
    all
}
