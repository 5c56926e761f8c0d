//! One Parquet file being written: row groups, then the footer.

use super::build::{Failure, dtype};
use super::press::{self, Press};
use crate::case::{Column, Kind, ROW};
use polars_arrow::array::Array;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field};
use polars_parquet::write::{
    CompressedPage, DynIter, DynStreamingIterator, Encoding, FallibleStreamingIterator, FileWriter, KeyValue, ParquetType,
    StatisticsOptions, Version, WriteOptions, array_to_columns, schema_to_metadata_key,
};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Texts in the statistics of a column are cut at this many bytes.
const LONGEST: u64 = 64;

fn options() -> WriteOptions {
    let statistics =
        StatisticsOptions { binary_statistics_truncate_length: Some(LONGEST), ..StatisticsOptions::default() };
    WriteOptions { statistics, version: Version::V1, compression: press::compression(), data_page_size: None }
}

/// A column of a row group; `None` where no row has a value.
pub type Values = Option<Box<dyn Array>>;

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

    /// Writes arrays, one per column, as a row group; each is gone before the next one is asked for.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn write(
        &mut self,
        rows: usize,
        columns: &[Column],
        values: impl Iterator<Item = Result<Values, Failure>>,
        press: &mut Press,
    ) -> io::Result<()> {
        let schema = self.writer.parquet_schema();
        let shapes = schema.fields().iter().zip(schema.columns());
        let mut chunks = Vec::with_capacity(columns.len());
        for ((values, (shape, leaf)), column) in values.zip(shapes).zip(columns) {
            let pages = match values.map_err(io::Error::other)? {
                Some(array) => pages(array, shape.clone(), column, press)?,
                None => {
                    let page = press::empty(rows, &leaf.descriptor).map_err(io::Error::other)?;
                    vec![press.page(page)?]
                }
            };
            chunks.push(pages);
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
    type Error = Failure;

    fn advance(&mut self) -> Result<(), Failure> {
        self.now = self.rest.next();
        Ok(())
    }

    fn get(&self) -> Option<&CompressedPage> {
        self.now.as_ref()
    }
}

/// The pages of one column, compressed one after the other.
fn pages(
    array: Box<dyn Array>,
    shape: ParquetType,
    column: &Column,
    press: &mut Press,
) -> io::Result<Vec<CompressedPage>> {
    let way = way(column, &*array);
    let leaves = array_to_columns(array, shape, options(), &[way]).map_err(io::Error::other)?;
    let pages = leaves.into_iter().flatten();
    pages.map(|page| press.page(page.map_err(io::Error::other)?)).collect()
}

/// How values are written: what grows from row to row as differences, texts that repeat by number.
fn way(column: &Column, array: &dyn Array) -> Encoding {
    let grows = matches!(column.name.as_str(), ROW | "log.offset" | "netlog.line" | "netlog.packet");
    match column.kind {
        Kind::Time => Encoding::DeltaBinaryPacked,
        Kind::Int if grows => Encoding::DeltaBinaryPacked,
        Kind::Int | Kind::Float => Encoding::RleDictionary,
        Kind::Bool => Encoding::Plain,
        Kind::Text | Kind::Json | Kind::Texts | Kind::Ints => {
            let leaf = match array.dtype() {
                ArrowDataType::LargeList(item) => &item.dtype,
                own => own,
            };
            if matches!(leaf, ArrowDataType::Dictionary(..)) { Encoding::RleDictionary } else { Encoding::Plain }
        }
    }
}
