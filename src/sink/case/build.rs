//! Columns being filled: which rows have a value, and these values. Most columns of most tables have few.

use super::cursor::{Values, numbers as read};
use super::levels::Bits;
use super::numbers::{self, Way};
use super::pages::{PageWriter, Slots};
use super::texts::Texts;
use crate::case::Kind;
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::write::CompressedPage;
use std::io;

/// One column.
#[derive(Debug)]
pub struct Builder {
    /// What it holds.
    pub kind: Kind,
    /// Rows whose value is there.
    there: Bits,
    /// Numbers; bits of floats, truths as 0 and 1.
    words: Vec<i64>,
    texts: Texts,
    /// Numbers of members of lists.
    counts: Vec<u32>,
    /// Rows that may come.
    expect: usize,
}

impl Builder {
    /// An empty column.
    pub fn new(kind: Kind) -> Builder {
        let (there, texts) = (Bits::default(), Texts::default());
        Builder { kind, there, words: Vec::new(), texts, counts: Vec::new(), expect: 0 }
    }

    /// So many rows may come: what they need is asked for at once, when there is a first value.
    pub fn expect(&mut self, rows: usize) {
        self.expect = rows;
        self.texts.expect = rows;
    }

    /// Bytes held, nearly.
    pub fn size(&self) -> usize {
        8 * (self.words.len() + self.counts.len()) + self.texts.size()
    }

    /// Appends the values of so many rows, from this one on. `None` where they are cut short.
    pub fn read(&mut self, row: usize, rows: usize, values: &Values<'_>) -> Option<()> {
        self.there.fill(row);
        match values.there {
            None => self.there.extend(rows),
            Some(there) => self.there.append(there, rows),
        }
        self.counts.extend(read(values.counts).map(|count| u32::from(u16::from_le_bytes(count))));
        match self.kind {
            Kind::Text | Kind::Json | Kind::Texts => self.texts.read(values.texts, values.words)?,
            Kind::Int | Kind::Time | Kind::Float | Kind::Ints => {
                if self.words.is_empty() {
                    self.words.reserve(self.expect);
                }
                self.words.extend(read(values.words).map(i64::from_le_bytes));
            }
            Kind::Bool => self.words.extend(values.words.iter().map(|flag| i64::from(*flag))),
        }
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
        self.texts.push(text.as_bytes());
    }

    /// Appends a list of texts.
    pub fn push_texts(&mut self, row: usize, texts: &[String]) {
        self.begin(row);
        self.counts.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        texts.iter().for_each(|text| self.texts.push(text.as_bytes()));
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
        writer: &mut PageWriter,
    ) -> io::Result<Vec<CompressedPage>> {
        self.there.fill(rows);
        let counts = matches!(self.kind, Kind::Texts | Kind::Ints).then_some(self.counts.as_slice());
        let slots = Slots { rows, there: &self.there, counts, shape };
        let mut numbers = |way| numbers::pages(&self.words, way, slots, writer);
        let pages = match self.kind {
            Kind::Text | Kind::Json | Kind::Texts => self.texts.pages(slots, writer),
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
