//! Events out of a case, in the order in which they were written.
//!
//! Each file has its rows in that order; the files are merged by `netlog.row`, each opened when its first row
//! is due and closed after its last, so that few are open where they follow each other in time.

use super::fields::{Binder, Bound};
use super::open::{Case, CaseError, Table};
use super::{ROW, scan};
use crate::model::Event;
use polars::prelude::{DataFrame, PolarsError};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows taken from a file at a time.
const ROWS: usize = 32 << 10;

/// A run of rows with the columns that have values in it.
struct Slice {
    from: usize,
    rows: usize,
    columns: Vec<String>,
}

/// A file of a data set.
struct Stream {
    path: PathBuf,
    table: usize,
    slices: VecDeque<Slice>,
    /// Events that were read, with their rows, the next one last.
    ready: Vec<(i64, Event<'static>)>,
}

/// Reads a case.
pub struct Reader<'c> {
    binders: Vec<Binder<'c>>,
    streams: Vec<Stream>,
    /// (next row, stream).
    due: BinaryHeap<Reverse<(i64, usize)>>,
}

impl<'c> Reader<'c> {
    /// Looks into each file for its first row.
    ///
    /// # Errors
    /// A file that is no Parquet or has other columns than the manifest says.
    pub fn new(case: &'c Case, binders: Vec<Binder<'c>>) -> Result<Reader<'c>, CaseError> {
        let (mut streams, mut due) = (Vec::new(), BinaryHeap::new());
        for (table, listed) in case.tables.iter().enumerate() {
            for path in &listed.files {
                let first = scan::read(path, Some(vec![ROW.to_owned()]), 1).map_err(|e| wrong(path, &e))?;
                let Some(first) = row(&first, 0) else { continue };
                due.push(Reverse((first, streams.len())));
                let slices = slices(path, listed)?;
                streams.push(Stream { path: path.clone(), table, slices, ready: Vec::new() });
            }
        }
        Ok(Reader { binders, streams, due })
    }

    /// The next events, at most so many; none at the end.
    ///
    /// # Errors
    /// A file that breaks off.
    pub fn next(&mut self, most: usize) -> Result<Vec<Event<'static>>, CaseError> {
        let mut out = Vec::with_capacity(most);
        while out.len() < most
            && let Some(Reverse((_, number))) = self.due.pop()
        {
            let Some(stream) = self.streams.get_mut(number) else { continue };
            if stream.ready.is_empty() {
                let Some(binder) = self.binders.get_mut(stream.table) else { continue };
                stream.fill(binder)?;
            }
            out.extend(stream.ready.pop().map(|(_, event)| event));
            // While no other file has the next row, it comes from here.
            let other = self.due.peek().map_or(i64::MAX, |Reverse((row, _))| *row);
            while out.len() < most && stream.ready.last().is_some_and(|(row, _)| *row < other) {
                out.extend(stream.ready.pop().map(|(_, event)| event));
            }
            if let Some((row, _)) = stream.ready.last() {
                self.due.push(Reverse((*row, number)));
            } else if !stream.slices.is_empty()
                && let Some(binder) = self.binders.get_mut(stream.table)
            {
                stream.fill(binder)?;
                if let Some((row, _)) = stream.ready.last() {
                    self.due.push(Reverse((*row, number)));
                }
            }
        }
        Ok(out)
    }
}

impl Stream {
    fn fill(&mut self, binder: &mut Binder<'_>) -> Result<(), CaseError> {
        while self.ready.is_empty()
            && let Some(slice) = self.slices.pop_front()
        {
            let failed = |e: PolarsError| wrong(&self.path, &e);
            let file = File::open(&self.path);
            let file = file.map_err(|source| CaseError::Read { path: self.path.clone(), source })?;
            let frame = ParquetReader::new(file)
                .with_columns(Some(slice.columns))
                .with_slice(Some((slice.from, slice.rows)))
                .finish()
                .map_err(failed)?;
            let Bound { rows, events } = binder.bind(&frame).map_err(failed)?;
            self.ready = rows.into_iter().zip(events).rev().collect();
        }
        Ok(())
    }
}

fn wrong(path: &Path, error: &PolarsError) -> CaseError {
    let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
    CaseError::Content { path: path.to_path_buf(), reason }
}

fn row(frame: &DataFrame, at: usize) -> Option<i64> {
    frame.column(ROW).ok()?.i64().ok()?.get(at)
}

/// What is read at a time: parts of row groups, without the columns that have nothing in them.
fn slices(path: &Path, table: &Table) -> Result<VecDeque<Slice>, CaseError> {
    let failed = |source| CaseError::Read { path: path.to_path_buf(), source };
    let mut reader = ParquetReader::new(File::open(path).map_err(failed)?);
    let metadata = reader.get_metadata().map_err(|e| wrong(path, &e))?;
    let (mut out, mut from) = (VecDeque::new(), 0);
    for group in &metadata.row_groups {
        let rows = group.num_rows();
        let empty = |name: &str| {
            let mut chunks = group.columns_under_root_iter(name).into_iter().flatten().peekable();
            chunks.peek().is_some()
                && chunks.all(|chunk| {
                    let known = chunk.statistics(&metadata.footer_buf).and_then(Result::ok);
                    let nulls = known.and_then(|s| s.null_count());
                    nulls.and_then(|n| usize::try_from(n).ok()).is_some_and(|n| n >= rows)
                })
        };
        let columns: Vec<String> =
            table.columns.iter().map(|c| c.0.clone()).filter(|name| !empty(name)).collect();
        for at in (0..rows).step_by(ROWS) {
            out.push_back(Slice { from: from + at, rows: ROWS.min(rows - at), columns: columns.clone() });
        }
        from += rows;
    }
    Ok(out)
}
