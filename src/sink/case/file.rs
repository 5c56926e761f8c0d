//! One Parquet file being written: row groups, then the footer.

use super::build::{Builder, dtype};
use super::pages::{self, PageWriter};
use crate::case::{Column, ROW};
use polars::prelude::PolarsError;
use polars_arrow::datatypes::{ArrowSchema, Field};
use polars_parquet::write::{
    CompressedPage, DynIter, DynStreamingIterator, FallibleStreamingIterator, FileWriter, KeyValue,
    StatisticsOptions, Version, WriteOptions, schema_to_metadata_key,
};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

fn options() -> WriteOptions {
    let statistics = StatisticsOptions::default();
    WriteOptions { statistics, version: Version::V1, compression: pages::compression(), data_page_size: None }
}

/// A file with the columns of a table.
pub struct Parquet {
    writer: FileWriter<BufWriter<File>>,
    /// Row groups so far.
    pub groups: usize,
}

impl Parquet {
    /// Makes the file, and the folders it is in.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn create(path: &Path, columns: &[Column]) -> io::Result<Parquet> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let schema: ArrowSchema = columns
            .iter()
            .map(|c| (c.name.as_str().into(), Field::new(c.name.as_str().into(), dtype(c.kind), true)))
            .collect();
        let file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        let writer = FileWriter::try_new(file, schema, options()).map_err(io::Error::other)?;
        Ok(Parquet { writer, groups: 0 })
    }

    /// Writes columns as a row group; they are empty afterwards.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn write(
        &mut self,
        rows: usize,
        columns: &[Column],
        builders: &mut [Builder],
        writer: &mut PageWriter,
    ) -> io::Result<()> {
        let leaves = self.writer.parquet_schema().columns();
        let mut chunks = Vec::with_capacity(columns.len());
        for ((builder, leaf), column) in builders.iter_mut().zip(leaves).zip(columns) {
            chunks.push(builder.pages(rows, grows(column), &leaf.descriptor, writer)?);
        }
        let chunk = |pages: Vec<CompressedPage>| {
            Ok(DynStreamingIterator::new(Pages { rest: pages.into_iter(), now: None }))
        };
        let group = DynIter::new(chunks.into_iter().map(chunk));
        self.writer.write(rows as u64, group).map_err(io::Error::other)?;
        self.groups += 1;
        Ok(())
    }

    /// Writes the footer.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn finish(mut self) -> io::Result<()> {
        let own = |key: &str, value: String| KeyValue { key: key.to_owned(), value: Some(value) };
        let notes = vec![
            schema_to_metadata_key(self.writer.schema()),
            own("netlog.version", env!("CARGO_PKG_VERSION").to_owned()),
            own("netlog.case", crate::case::VERSION.to_string()),
        ];
        self.writer.end(Some(notes)).map_err(io::Error::other)?;
        self.writer.into_inner().flush()
    }
}

/// Pages on their way to the file.
struct Pages {
    rest: std::vec::IntoIter<CompressedPage>,
    now: Option<CompressedPage>,
}

impl FallibleStreamingIterator for Pages {
    type Item = CompressedPage;
    type Error = PolarsError;

    fn advance(&mut self) -> Result<(), PolarsError> {
        self.now = self.rest.next();
        Ok(())
    }

    fn get(&self) -> Option<&CompressedPage> {
        self.now.as_ref()
    }
}

/// Whether numbers grow from row to row.
fn grows(column: &Column) -> bool {
    matches!(column.name.as_str(), ROW | "log.offset" | "netlog.line" | "netlog.packet")
}
