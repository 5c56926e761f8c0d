//! Batches read again from their bytes, which `batch` describes.

use crate::case::Kind;
use crate::model::Ts;

/// Reads bytes off the front.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn short(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    /// A count.
    pub fn long(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn time(&mut self) -> Option<Ts> {
        self.take().map(Ts::from_le_bytes)
    }

    /// A batch.
    pub fn batch(&mut self) -> Option<Bound<'a>> {
        let all = self.0;
        let (sheet, columns, rows) = (self.short()?, self.short()?, self.long()?);
        let bytes = self.long()? as usize;
        let mut inside = Cursor(self.bytes(bytes)?);
        let span = (inside.time()?, inside.time()?);
        let places = inside.bytes(4 * rows as usize)?;
        let whole = all.get(..all.len() - self.0.len())?;
        Some(Bound { sheet, columns, rows: rows as usize, span, places, values: inside, whole })
    }

    /// A column's number in a batch.
    pub fn column(&mut self) -> Option<usize> {
        self.short().map(usize::from)
    }

    /// A column's values in a batch with so many rows.
    pub fn values(&mut self, kind: Kind, rows: usize) -> Option<Values<'a>> {
        let values = self.long()? as usize;
        let there = if values < rows { Some(self.bytes(rows.div_ceil(8))?) } else { None };
        let is_list = matches!(kind, Kind::Texts | Kind::Ints);
        let counts = self.bytes(if is_list { 2 * values } else { 0 })?;
        let members = if is_list { self.long()? as usize } else { values };
        let (width, texts) = match kind {
            Kind::Text | Kind::Texts | Kind::Json => (4, self.long()? as usize),
            Kind::Int | Kind::Ints | Kind::Float | Kind::Time => (8, 0),
            Kind::Bool => (1, 0),
        };
        Some(Values { there, counts, words: self.bytes(width * members)?, texts: Cursor(self.bytes(texts)?) })
    }

    /// A distinct text, and its hash.
    pub fn text(&mut self) -> Option<(u32, &'a [u8])> {
        let (hash, len) = (self.long()?, self.long()?);
        Some((hash, self.bytes(len as usize)?))
    }
}

/// A batch.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// Number of its sheet.
    pub sheet: u16,
    /// Columns with values.
    pub columns: u16,
    /// Rows.
    pub rows: usize,
    /// Time of the first and last one.
    pub span: (Ts, Ts),
    /// Their events' places in the block, 4 bytes each.
    places: &'a [u8],
    /// The columns.
    pub values: Cursor<'a>,
    /// All its bytes.
    pub whole: &'a [u8],
}

impl Bound<'_> {
    /// The places of the rows' events in the block.
    pub fn places(&self) -> impl Iterator<Item = u32> {
        numbers(self.places).map(u32::from_le_bytes)
    }
}

/// Values of one column.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// Which rows have one, a bit each; `None` if all do.
    pub there: Option<&'a [u8]>,
    /// Members of each list, 2 bytes each.
    pub counts: &'a [u8],
    /// Numbers of 8 bytes; truths of 1; of 4 bytes which of the texts.
    pub words: &'a [u8],
    /// The distinct texts.
    pub texts: Cursor<'a>,
}

/// Numbers that lie one after the other.
pub fn numbers<const N: usize>(bytes: &[u8]) -> impl ExactSizeIterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}
