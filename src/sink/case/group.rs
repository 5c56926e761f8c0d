//! Rows that become the next row group.

use super::build::Builder;
use super::cursor::Bound;
use super::file::Parquet;
use super::pages::PageWriter;
use crate::case::Column;
use std::io;

/// The rows of a row group.
pub struct Group {
    builders: Vec<Builder>,
    /// Rows so far.
    pub rows: usize,
}

impl Group {
    /// No rows yet of a table with these columns; so many may come.
    pub fn new(columns: &[Column], rows: usize) -> Group {
        let mut builders: Vec<Builder> = columns.iter().map(|c| Builder::new(c.kind)).collect();
        builders.iter_mut().for_each(|builder| builder.expect(rows));
        Group { builders, rows: 0 }
    }

    /// Bytes in memory, nearly.
    pub fn size(&self) -> usize {
        self.builders.iter().map(Builder::size).sum()
    }

    /// Appends the rows of a batch, whose block begins with the event of this number. `None` where it is cut
    /// short.
    pub fn push(&mut self, base: i64, batch: &Bound<'_>) -> Option<()> {
        let mut columns = batch.values;
        for _ in 0..batch.columns {
            let builder = self.builders.get_mut(columns.column()?)?;
            let values = columns.values(builder.kind, batch.rows)?;
            builder.read(self.rows, batch.rows, &values)?;
        }
        // The last column of every table.
        let last = self.builders.last_mut()?;
        for place in batch.places() {
            last.push_int(self.rows, base + i64::from(place));
            self.rows += 1;
        }
        Some(())
    }

    /// Writes the rows; none are left.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn write(
        &mut self,
        file: &mut Parquet,
        columns: &[Column],
        writer: &mut PageWriter,
    ) -> io::Result<()> {
        file.write(std::mem::take(&mut self.rows), columns, &mut self.builders, writer)
    }
}
