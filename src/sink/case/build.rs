//! Columns being filled: which rows have a value, and these values. Most columns of most tables have few.

use super::levels::Bits;
use super::numbers::{self, Way};
use super::press::{Press, Slots};
use super::cursor::Cursor;
use super::texts::Texts;
use crate::case::Kind;
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::write::CompressedPage;
use std::io;

/// Where a value is.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// Its row.
    pub row: u32,
    /// Its place among the bytes.
    pub at: u32,
}

/// One column.
#[derive(Debug)]
pub struct Builder {
    kind: Kind,
    /// Rows whose value is there.
    there: Bits,
    /// Numbers; bits of floats, truths as 0 and 1.
    words: Vec<i64>,
    texts: Texts,
    /// Numbers of members of lists.
    counts: Vec<u32>,
}

impl Builder {
    /// An empty column.
    pub fn new(kind: Kind) -> Builder {
        let (there, texts) = (Bits::default(), Texts::default());
        Builder { kind, there, words: Vec::new(), texts, counts: Vec::new() }
    }

    /// Bytes held, nearly.
    pub fn size(&self) -> usize {
        8 * (self.words.len() + self.counts.len()) + self.texts.size()
    }

    /// Reads values from the bytes in which they are. `None` where these are too few. Of two values for one
    /// row the first counts.
    pub fn read(&mut self, cells: &mut Vec<Cell>, bytes: &[u8]) -> Option<()> {
        let Some((first, last)) = cells.first().zip(cells.last()) else { return Some(()) };
        let (row, rows) = (first.row as usize, (last.row - first.row) as usize + 1);
        if rows == cells.len() && cells.is_sorted_by(|one, next| one.row < next.row) {
            self.there.fill(row);
            self.there.extend(rows);
        } else {
            cells.dedup_by_key(|cell| cell.row);
            cells.iter().for_each(|cell| self.begin(cell.row as usize));
        }
        let mut values = cells.iter().map(|cell| Cursor(bytes.get(cell.at as usize..).unwrap_or_default()));
        match self.kind {
            Kind::Text | Kind::Json => {
                let mut texts = Vec::with_capacity(cells.len());
                values.try_for_each(|mut value| value.text().map(|text| texts.push(text)))?;
                self.texts.extend(&texts);
            }
            Kind::Int | Kind::Time | Kind::Float => {
                self.words.reserve(cells.len());
                let words = &mut self.words;
                values.try_for_each(|mut value| value.word().map(|word| words.push(i64::from_le_bytes(word))))?;
            }
            Kind::Bool => {
                values.try_for_each(|mut value| value.flag().map(|flag| self.words.push(flag.into())))?;
            }
            Kind::Texts => {
                let mut texts = Vec::with_capacity(cells.len());
                for mut value in values {
                    let count = value.short()?;
                    self.counts.push(count.into());
                    for _ in 0..count {
                        texts.push(value.text()?);
                    }
                }
                self.texts.extend(&texts);
            }
            Kind::Ints => {
                for mut value in values {
                    let count = value.short()?;
                    self.counts.push(count.into());
                    for _ in 0..count {
                        self.words.push(i64::from_le_bytes(value.word()?));
                    }
                }
            }
        }
        cells.clear();
        Some(())
    }

    /// Appends a number that is there.
    pub fn push_int(&mut self, row: usize, number: i64) {
        self.begin(row);
        self.words.push(number);
    }

    /// Appends a text that is there.
    pub fn push_text(&mut self, row: usize, text: &str) {
        self.begin(row);
        self.texts.extend(&[text.as_bytes()]);
    }

    /// Appends a list of texts.
    pub fn push_texts(&mut self, row: usize, texts: &[String]) {
        self.begin(row);
        self.counts.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        texts.iter().for_each(|text| self.texts.extend(&[text.as_bytes()]));
    }

    /// A value for this row comes; those before it that had none have none.
    fn begin(&mut self, row: usize) {
        self.there.fill(row);
        self.there.push();
    }

    /// The pages of the column with `rows` rows, of which it is said whether their numbers grow; empty
    /// afterwards, ready for the next ones.
    ///
    /// # Errors
    /// What the compressor says.
    pub fn pages(
        &mut self,
        rows: usize,
        grows: bool,
        shape: &Descriptor,
        press: &mut Press,
    ) -> io::Result<Vec<CompressedPage>> {
        self.there.fill(rows);
        let counts = matches!(self.kind, Kind::Texts | Kind::Ints).then_some(self.counts.as_slice());
        let slots = Slots { rows, there: &self.there, counts, shape };
        let mut numbers = |way| numbers::pages(&self.words, way, slots, press);
        let pages = match self.kind {
            Kind::Text | Kind::Json | Kind::Texts => self.texts.pages(slots, press),
            Kind::Time => numbers(Way::Grows),
            Kind::Int if grows => numbers(Way::Grows),
            Kind::Int => numbers(Way::Repeats),
            Kind::Float => numbers(Way::Floats),
            Kind::Bool => numbers(Way::Truths),
            Kind::Ints => numbers(Way::Plain),
        };
        self.there.clear();
        self.words.clear();
        self.counts.clear();
        pages
    }
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
