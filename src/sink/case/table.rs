//! One table being written: rows wait until there are enough for a row group, or until it is known that
//! there are few of them. What lies in memory is bounded, however much comes.

use super::cursor::{Bound, Cursor};
use super::file::Parquet;
use super::group::Group;
use super::pages::PageWriter;
use crate::case::Column;
use crate::model::{DAY, Ts, joined, rfc3339};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group at most, but for those of the last batch.
const GROUP_ROWS: usize = 128 << 10;
/// Bytes of its columns in memory at most.
const GROUP_BYTES: usize = 16 << 20;
/// Rows after which it is looked at how many these are: asking costs more than a row.
const LOOK_ROWS: usize = 1024;
/// Bytes of batches that wait for the decision how to lay the table out.
const WAIT_BYTES: usize = 4 << 20;
/// Batches wait in pieces of so many bytes.
const CHUNK: usize = 256 << 10;
/// Row groups of a file: its footer is kept in memory until the end.
const FILE_GROUPS: usize = 32;
/// A table is cut into days if what came first is from this many of them at most: else the pieces get small.
const DAYS: usize = 8;
/// Days with rows in memory, and days with an open file.
const OPEN_DAYS: usize = 8;

/// Days since 1970; `None` where the table is not cut.
type Day = Option<i64>;

/// How a table lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Not yet known.
    Open,
    /// Files side by side.
    Flat,
    /// A folder per day.
    Days,
}

/// A table.
pub struct Table {
    folder: PathBuf,
    columns: Arc<Vec<Column>>,
    layout: Layout,
    /// More came than waits.
    is_large: bool,
    /// Batches as bytes, before the layout is known, and the numbers that their blocks begin with.
    waiting: Vec<Vec<u8>>,
    bases: Vec<i64>,
    waiting_bytes: usize,
    groups: BTreeMap<Day, Group>,
    files: BTreeMap<Day, Parquet>,
    parts: BTreeMap<Day, u32>,
    /// Rows so far.
    pub rows: u64,
    /// Time of the first and last event.
    pub span: Option<(Ts, Ts)>,
}

impl Table {
    /// An empty table.
    pub fn new(folder: PathBuf, columns: Arc<Vec<Column>>) -> Table {
        Table {
            folder,
            columns,
            layout: Layout::Open,
            is_large: false,
            waiting: Vec::new(),
            bases: Vec::new(),
            waiting_bytes: 0,
            groups: BTreeMap::new(),
            files: BTreeMap::new(),
            parts: BTreeMap::new(),
            rows: 0,
            span: None,
        }
    }

    /// Whether it is cut into days.
    pub fn is_cut(&self) -> bool {
        self.layout == Layout::Days
    }

    /// Bytes in memory, nearly.
    pub fn size(&self) -> usize {
        self.waiting_bytes + self.groups.values().map(Group::size).sum::<usize>()
    }

    /// Appends the rows of a batch, whose block begins with the event of this number.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn push(&mut self, base: i64, batch: &Bound<'_>, writer: &mut PageWriter) -> io::Result<()> {
        if self.layout != Layout::Open {
            return self.read(base, batch, writer);
        }
        match self.waiting.last_mut() {
            Some(last) if last.len() + batch.whole.len() <= CHUNK => last.extend_from_slice(batch.whole),
            _ => {
                // Most tables stay small: only those that go on take whole chunks.
                let room = if self.waiting.is_empty() { 0 } else { CHUNK };
                let mut chunk = Vec::with_capacity(room);
                chunk.extend_from_slice(batch.whole);
                self.waiting.push(chunk);
            }
        }
        self.bases.push(base);
        self.waiting_bytes += batch.whole.len();
        if self.waiting_bytes < WAIT_BYTES { Ok(()) } else { self.decide(writer) }
    }

    /// Rows wait no longer: frees memory.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn spill(&mut self, writer: &mut PageWriter) -> io::Result<()> {
        if self.layout == Layout::Open {
            self.decide(writer)?;
        }
        let days: Vec<Day> = self.groups.keys().copied().collect();
        days.into_iter().try_for_each(|day| self.flush(day, writer))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn finish(&mut self, writer: &mut PageWriter) -> io::Result<()> {
        if self.layout == Layout::Open {
            // Few rows: one file.
            self.layout = Layout::Flat;
            self.read_waiting(writer)?;
        }
        self.spill(writer)?;
        self.groups.clear();
        std::mem::take(&mut self.files).into_values().try_for_each(Parquet::finish)
    }

    fn decide(&mut self, writer: &mut PageWriter) -> io::Result<()> {
        self.is_large = true;
        let mut days: Vec<i64> = Vec::new();
        for batch in self.waiting.iter().flat_map(|chunk| batches(chunk)) {
            let day = day_of(batch.span.0);
            if let Err(at) = days.binary_search(&day)
                && days.len() <= DAYS
            {
                days.insert(at, day);
            }
        }
        self.layout = if days.len() <= DAYS { Layout::Days } else { Layout::Flat };
        self.read_waiting(writer)
    }

    fn read_waiting(&mut self, writer: &mut PageWriter) -> io::Result<()> {
        self.waiting_bytes = 0;
        let mut bases = std::mem::take(&mut self.bases).into_iter();
        for chunk in std::mem::take(&mut self.waiting) {
            for (batch, base) in batches(&chunk).zip(&mut bases) {
                self.read(base, &batch, writer)?;
            }
        }
        if bases.next().is_some() { Err(garbled()) } else { Ok(()) }
    }

    fn read(&mut self, base: i64, batch: &Bound<'_>, writer: &mut PageWriter) -> io::Result<()> {
        self.span = joined(self.span, Some(batch.span));
        self.rows += batch.rows as u64;
        let day = (self.layout == Layout::Days).then(|| day_of(batch.span.0));
        if !self.groups.contains_key(&day) && self.groups.len() >= OPEN_DAYS {
            let fullest = self.groups.iter().max_by_key(|(_, group)| group.rows).map(|(day, _)| *day);
            fullest.map_or(Ok(()), |day| self.flush(day, writer))?;
        }
        // All groups of a table together ask for no more than one may need.
        let expect = if self.is_large { GROUP_ROWS >> (self.groups.len() + 1) } else { 0 };
        let columns = &self.columns;
        let group = self.groups.entry(day).or_insert_with(|| Group::new(columns, expect));
        let before = group.rows / LOOK_ROWS;
        group.push(base, batch).ok_or_else(garbled)?;
        let look = group.rows / LOOK_ROWS > before;
        let full = group.rows >= GROUP_ROWS || (look && group.size() >= GROUP_BYTES);
        if full { self.flush(day, writer) } else { Ok(()) }
    }

    fn flush(&mut self, day: Day, writer: &mut PageWriter) -> io::Result<()> {
        let Some(mut group) = self.groups.remove(&day) else { return Ok(()) };
        if group.rows == 0 {
            return Ok(());
        }
        if !self.files.contains_key(&day) {
            if self.files.len() >= OPEN_DAYS
                && let Some((_, file)) = self.files.pop_first()
            {
                file.finish()?;
            }
            let part = self.parts.entry(day).or_insert(0);
            let path = place(&self.folder, day).join(format!("part-{part:05}.parquet"));
            *part += 1;
            self.files.insert(day, Parquet::create(&path, &self.columns)?);
        }
        let Some(file) = self.files.get_mut(&day) else { return Ok(()) };
        group.write(file, &self.columns, writer)?;
        if file.groups >= FILE_GROUPS {
            self.files.remove(&day).map_or(Ok(()), Parquet::finish)?;
        }
        // What was learnt of the texts serves the next rows, where these are of the same day.
        if self.groups.is_empty() {
            self.groups.insert(day, group);
        }
        Ok(())
    }
}

/// The batches in a chunk.
fn batches(chunk: &[u8]) -> impl Iterator<Item = Bound<'_>> {
    let mut cursor = Cursor(chunk);
    std::iter::from_fn(move || cursor.batch())
}

/// Days since 1970.
pub fn day_of(ts: Ts) -> i64 {
    ts.div_euclid(DAY)
}

/// Folder of a day, as Hive names partitions.
fn place(folder: &Path, day: Day) -> PathBuf {
    match day {
        None => folder.to_path_buf(),
        Some(day) => {
            let text = rfc3339(day.saturating_mul(DAY));
            folder.join(format!("day={}", text.split('T').next().unwrap_or_default()))
        }
    }
}

/// What a row that nobody understands is.
pub fn garbled() -> io::Error {
    io::Error::other("a row is cut short (a bug in netlog)")
}
