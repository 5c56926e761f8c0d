//! Rows read again from their bytes, which `row` describes.

use super::row::HEAD;
use crate::case::Kind;
use crate::model::Ts;

/// Reads rows: bytes off the front.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// A count or column.
    pub fn short(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    /// A place.
    pub fn long(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// A number.
    pub fn word(&mut self) -> Option<[u8; 8]> {
        self.take()
    }

    /// A truth.
    pub fn flag(&mut self) -> Option<bool> {
        self.take::<1>().map(|[byte]| byte != 0)
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let len = self.long()? as usize;
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    /// Passes over a value.
    pub fn skip(&mut self, kind: Kind) -> Option<()> {
        let bytes = match kind {
            Kind::Text | Kind::Json => self.long()? as usize,
            Kind::Int | Kind::Time | Kind::Float => 8,
            Kind::Bool => 1,
            Kind::Texts => {
                for _ in 0..self.short()? {
                    self.text()?;
                }
                0
            }
            Kind::Ints => 8 * usize::from(self.short()?),
        };
        self.0 = self.0.get(bytes..)?;
        Some(())
    }

    /// A row.
    pub fn row(&mut self) -> Option<Row<'a>> {
        let all = self.0;
        let (sheet, index) = (self.short()?, self.long()?);
        let ts = i64::from_le_bytes(self.word()?);
        let (count, bytes) = (self.short()?, self.text()?);
        let whole = all.get(..HEAD + bytes.len())?;
        Some(Row { sheet, index, ts, count, values: Cursor(bytes), whole })
    }
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Number of its sheet.
    pub sheet: u16,
    /// Place among the events of the block.
    pub index: u32,
    /// Time of the event.
    pub ts: Ts,
    /// Number of values.
    pub count: u16,
    /// The values.
    pub values: Cursor<'a>,
    /// All its bytes.
    pub whole: &'a [u8],
}
