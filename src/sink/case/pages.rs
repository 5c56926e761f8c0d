//! Pages of Parquet, compressed with one context for all of them.

use super::levels::{self, Bits};
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{
    CompressedDataPage, CompressedDictPage, DataPageHeader, DataPageHeaderV1,
};
use polars_parquet::parquet::statistics::ParquetStatistics;
use polars_parquet::write::{CompressedPage, CompressionOptions, Encoding, ZstdLevel};
use std::io;
use std::ops::Range;
use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

/// Level of zstd: quick, and within a tenth of the size that the default level gives.
const LEVEL: i32 = 1;
/// Bytes of the values of a page, nearly.
const PAGE: usize = 1 << 20;

/// What the footer says of how pages are compressed.
pub fn compression() -> CompressionOptions {
    CompressionOptions::Zstd(ZstdLevel::try_new(LEVEL).ok())
}

/// Where the values of a column are.
#[derive(Clone, Copy, Debug)]
pub struct Slots<'b> {
    /// Rows of the row group.
    pub rows: usize,
    /// Those with a value.
    pub there: &'b Bits,
    /// How many members each list has that is there; `None` for a column of single values.
    pub counts: Option<&'b [u32]>,
    /// What the schema says of the column.
    pub shape: &'b Descriptor,
}

/// How values lie in pages.
#[derive(Debug)]
pub struct Layout {
    /// As what.
    pub encoding: Encoding,
    /// Bytes of all of them, nearly.
    pub size: usize,
    /// The least and the greatest.
    pub bounds: Option<(Vec<u8>, Vec<u8>)>,
}

/// Makes pages. A table has more than a hundred columns, mostly with little in them: making a context of the
/// compressor and buffers for each of their pages would cost more than filling these.
pub struct PageWriter {
    zstd: Compressor<'static>,
    raw: Vec<u8>,
    room: Vec<u8>,
    levels: Vec<u8>,
    /// Room for codes that are made while a column is written.
    pub codes: Vec<u32>,
}

impl PageWriter {
    /// A context.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn new() -> io::Result<PageWriter> {
        let zstd = Compressor::new(LEVEL)?;
        Ok(PageWriter { zstd, raw: Vec::new(), room: Vec::new(), levels: Vec::new(), codes: Vec::new() })
    }

    /// The page of a dictionary: so many values, one after the other.
    ///
    /// # Errors
    /// What the compressor says.
    pub fn dictionary(&mut self, count: usize, bytes: &[u8]) -> io::Result<CompressedPage> {
        let squeezed = squeeze(&mut self.zstd, &mut self.room, bytes)?;
        let page = CompressedDictPage::new(squeezed, Compression::Zstd, bytes.len(), count, false);
        Ok(CompressedPage::Dict(page))
    }

    /// The pages of a column; `write` appends the values of a range, of those that are there.
    ///
    /// # Errors
    /// What the compressor says.
    pub fn data(
        &mut self,
        slots: Slots<'_>,
        layout: &Layout,
        write: impl Fn(Range<usize>, &mut Vec<u8>),
    ) -> io::Result<Vec<CompressedPage>> {
        let per = (PAGE / (layout.size / slots.rows.max(1) + 1)).next_multiple_of(8);
        let (mut pages, mut lists, mut values) = (Vec::with_capacity(1), 0, 0);
        for from in (0..slots.rows).step_by(per) {
            let rows = from..slots.rows.min(from + per);
            let there = slots.there.count(&rows);
            self.raw.clear();
            let (levels, nulls, next) = match slots.counts {
                None => {
                    slots.there.levels(&mut self.raw, &rows);
                    (rows.len(), i64::try_from(rows.len() - there).ok(), values + there)
                }
                Some(counts) => {
                    let counts = counts.get(lists..lists + there).unwrap_or_default();
                    lists += there;
                    let levels = levels::lists(&mut self.raw, slots.there, &rows, counts, &mut self.levels);
                    (levels, Some(0), values + counts.iter().map(|count| *count as usize).sum::<usize>())
                }
            };
            write(values..next, &mut self.raw);
            values = next;
            let header = header(levels, nulls, layout)?;
            let squeezed = squeeze(&mut self.zstd, &mut self.room, &self.raw)?;
            let (size, shape) = (self.raw.len(), slots.shape.clone());
            let page = CompressedDataPage::new(header, squeezed, Compression::Zstd, size, shape, rows.len());
            pages.push(CompressedPage::Data(page));
        }
        Ok(pages)
    }
}

fn squeeze(zstd: &mut Compressor<'static>, room: &mut Vec<u8>, bytes: &[u8]) -> io::Result<CowBuffer> {
    room.clear();
    room.reserve(compress_bound(bytes.len()));
    zstd.compress_to_buffer(bytes, room)?;
    Ok(CowBuffer::Owned(room.as_slice().to_vec()))
}

/// What stands before a page. In a column of lists no member is missing, and lists that are do not count: a
/// reader that takes as many missing values as rows for an empty column would not see lists without members.
fn header(levels: usize, nulls: Option<i64>, layout: &Layout) -> io::Result<DataPageHeader> {
    let (min_value, max_value) = layout.bounds.clone().unzip();
    let statistics = ParquetStatistics {
        max: None,
        min: None,
        null_count: nulls,
        distinct_count: None,
        max_value,
        min_value,
        is_max_value_exact: None,
        is_min_value_exact: None,
    };
    Ok(DataPageHeader::V1(DataPageHeaderV1 {
        num_values: i32::try_from(levels).map_err(io::Error::other)?,
        encoding: layout.encoding.into(),
        definition_level_encoding: Encoding::Rle.into(),
        repetition_level_encoding: Encoding::Rle.into(),
        statistics: Some(statistics),
    }))
}
