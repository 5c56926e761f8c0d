//! One Parquet file being written: row groups, then the footer.

use super::build::{Failure, dtype};
use crate::case::{Column, Kind, ROW};
use polars_arrow::array::Array;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field};
use polars_parquet::parquet::error::ParquetError;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Compressor, DynIter, DynStreamingIterator, Encoding,
    FallibleStreamingIterator, FileWriter, KeyValue, ParquetType, StatisticsOptions, Version, WriteOptions,
    ZstdLevel, array_to_columns, schema_to_metadata_key,
};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Level of zstd: quick, and within a tenth of the size that the default level gives.
const LEVEL: i32 = 1;
/// Texts in the statistics of a column are cut at this many bytes.
const LONGEST: u64 = 64;

fn options() -> WriteOptions {
    let statistics =
        StatisticsOptions { binary_statistics_truncate_length: Some(LONGEST), ..StatisticsOptions::default() };
    WriteOptions {
        statistics,
        version: Version::V1,
        compression: CompressionOptions::Zstd(ZstdLevel::try_new(LEVEL).ok()),
        data_page_size: None,
    }
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

    /// Writes arrays, one per column, as a row group.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn write(&mut self, rows: usize, columns: &[Column], arrays: Vec<Box<dyn Array>>) -> io::Result<()> {
        let types = self.writer.parquet_schema().fields().to_vec();
        let arrays = arrays.into_iter().zip(types).zip(columns);
        let chunks: Result<Vec<_>, Failure> = arrays
            .map(|((array, shape), column)| {
                let way = way(column, &*array);
                pages(array, shape, way)
            })
            .collect();
        let chunks = chunks.map_err(io::Error::other)?;
        let group = DynIter::new(chunks.into_iter().flatten().map(Ok));
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

type Pages = DynStreamingIterator<'static, CompressedPage, Failure>;

/// The pages of one column, compressed while they are written.
fn pages(array: Box<dyn Array>, shape: ParquetType, way: Encoding) -> Result<Vec<Pages>, Failure> {
    let failed = |e: String| Failure::ComputeError(e.into());
    let compressed = array_to_columns(array, shape, options(), &[way])?.into_iter().map(|pages| {
        let pages = pages.map(|page| page.map_err(|e| ParquetError::OutOfSpec(e.to_string())));
        let pages = Compressor::new(DynIter::new(pages), options().compression, Vec::new());
        DynStreamingIterator::new(pages.map_err(move |e| failed(e.to_string())))
    });
    Ok(compressed.collect())
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
