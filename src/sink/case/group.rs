//! Rows that become the next row group. Some of them wait until there are enough to add them column by column:
//! a column that gets many values at once keeps what it looks at near, and a table has more than a hundred.

use super::build::{Builder, Cell};
use super::file::Parquet;
use super::press::Press;
use super::cursor::{Cursor, Row};
use crate::case::{Column, Kind};
use std::io;

/// Bytes of values that wait.
const WAITING: usize = 64 << 10;

/// The rows of a row group.
pub struct Group {
    builders: Vec<Builder>,
    /// Rows so far.
    pub rows: usize,
    /// Values that wait, where they are for each column of some kind, and the numbers of their events.
    waiting: Vec<u8>,
    cells: Vec<(Kind, Vec<Cell>)>,
    numbers: Vec<i64>,
}

impl Group {
    /// No rows of a table with these columns.
    pub fn new(columns: &[Column]) -> Group {
        Group {
            builders: columns.iter().map(|c| Builder::new(c.kind)).collect(),
            rows: 0,
            waiting: Vec::new(),
            cells: columns.iter().map(|c| (c.kind, Vec::new())).collect(),
            numbers: Vec::new(),
        }
    }

    /// Bytes in memory, nearly.
    pub fn size(&self) -> usize {
        self.waiting.len() + self.builders.iter().map(Builder::size).sum::<usize>()
    }

    /// Appends a row, the event of this number. `None` where it is cut short.
    pub fn push(&mut self, number: i64, row: &Row<'_>) -> Option<()> {
        let place = u32::try_from(self.rows).ok()?;
        let Cursor(all) = row.values;
        let from = self.waiting.len();
        let mut values = row.values;
        for _ in 0..row.count {
            let (kind, cells) = self.cells.get_mut(usize::from(values.short()?))?;
            cells.push(Cell { row: place, at: (from + all.len() - values.0.len()) as u32 });
            values.skip(*kind)?;
        }
        self.waiting.extend_from_slice(all);
        self.numbers.push(number);
        self.rows += 1;
        if self.waiting.len() < WAITING { Some(()) } else { self.settle() }
    }

    /// Adds what waits to the columns.
    fn settle(&mut self) -> Option<()> {
        for (builder, (_, cells)) in self.builders.iter_mut().zip(&mut self.cells) {
            builder.read(cells, &self.waiting)?;
        }
        // The last column of every table.
        let last = self.builders.last_mut()?;
        for (row, number) in (self.rows - self.numbers.len()..).zip(self.numbers.drain(..)) {
            last.push_int(row, number);
        }
        self.waiting.clear();
        Some(())
    }

    /// Writes the rows; none are left.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn write(&mut self, file: &mut Parquet, columns: &[Column], press: &mut Press) -> io::Result<()> {
        self.settle().ok_or_else(super::table::garbled)?;
        file.write(std::mem::take(&mut self.rows), columns, &mut self.builders, press)
    }
}
