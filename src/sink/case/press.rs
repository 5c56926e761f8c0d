//! Pages of Parquet: compressed with one context for all of them, and those of columns in which nothing is.

use super::build::Failure;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{
    CompressedDataPage, CompressedDictPage, DataPage, DataPageHeader, DataPageHeaderV1,
};
use polars_parquet::parquet::statistics::ParquetStatistics;
use polars_parquet::write::{CompressedPage, CompressionOptions, Encoding, Page, ZstdLevel};
use std::io;
use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

/// Level of zstd: quick, and within a tenth of the size that the default level gives.
const LEVEL: i32 = 1;

/// What the footer says of how pages are compressed.
pub fn compression() -> CompressionOptions {
    CompressionOptions::Zstd(ZstdLevel::try_new(LEVEL).ok())
}

/// Compresses pages. A table has more than a hundred columns, mostly with little in them: making a context for
/// each of their pages would cost more than compressing these.
pub struct Press {
    zstd: Compressor<'static>,
    room: Vec<u8>,
}

impl Press {
    /// A context.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn new() -> io::Result<Press> {
        Ok(Press { zstd: Compressor::new(LEVEL)?, room: Vec::new() })
    }

    fn squeeze(&mut self, bytes: &[u8]) -> io::Result<CowBuffer> {
        self.room.clear();
        self.room.reserve(compress_bound(bytes.len()));
        self.zstd.compress_to_buffer(bytes, &mut self.room)?;
        Ok(CowBuffer::Owned(self.room.as_slice().to_vec()))
    }

    /// The page as it lies in the file.
    ///
    /// # Errors
    /// What the compressor says.
    pub fn page(&mut self, page: Page) -> io::Result<CompressedPage> {
        Ok(match page {
            Page::Data(page) => {
                let (bytes, header) = (self.squeeze(page.buffer())?, page.header().clone());
                let (size, rows) = (page.buffer().len(), page.num_rows.unwrap_or(0));
                CompressedPage::Data(CompressedDataPage::new(
                    header,
                    bytes,
                    Compression::Zstd,
                    size,
                    page.descriptor,
                    rows,
                ))
            }
            Page::Dict(page) => CompressedPage::Dict(CompressedDictPage::new(
                self.squeeze(&page.buffer)?,
                Compression::Zstd,
                page.buffer.len(),
                page.num_values,
                page.is_sorted,
            )),
        })
    }
}

/// The page of a column in which no row has a value: levels that are all zero, and nothing else.
pub fn empty(rows: usize, descriptor: &Descriptor) -> Result<Page, Failure> {
    let number = i32::try_from(rows).map_err(|e| Failure::ComputeError(e.to_string().into()))?;
    let mut bytes = Vec::new();
    for level in [descriptor.max_rep_level, descriptor.max_def_level] {
        if level > 0 {
            let mut run = Vec::new();
            // A run of the hybrid encoding: twice its length as a varint, then the value.
            let mut rest = u64::try_from(rows).unwrap_or(0) << 1;
            while rest >= 0x80 {
                run.push((rest & 0x7f) as u8 | 0x80);
                rest >>= 7;
            }
            run.extend_from_slice(&[rest as u8, 0]);
            bytes.extend_from_slice(&u32::try_from(run.len()).unwrap_or(0).to_le_bytes());
            bytes.append(&mut run);
        }
    }
    let statistics = ParquetStatistics {
        max: None,
        min: None,
        null_count: Some(i64::from(number)),
        distinct_count: None,
        max_value: None,
        min_value: None,
        is_max_value_exact: None,
        is_min_value_exact: None,
    };
    let header = DataPageHeaderV1 {
        num_values: number,
        encoding: Encoding::Plain.into(),
        definition_level_encoding: Encoding::Rle.into(),
        repetition_level_encoding: Encoding::Rle.into(),
        statistics: Some(statistics),
    };
    let header = DataPageHeader::V1(header);
    Ok(Page::Data(DataPage::new(header, CowBuffer::Owned(bytes), descriptor.clone(), rows)))
}
