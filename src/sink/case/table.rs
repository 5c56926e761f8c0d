//! One table being written: rows wait until there are enough for a row group, or until it is known that
//! there are few of them. What lies in memory is bounded, however much comes.

use super::build::Builder;
use super::file::Parquet;
use super::row::Cursor;
use crate::case::{Column, Kind};
use crate::model::{Ts, rfc3339};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group at most.
const GROUP_ROWS: usize = 128 << 10;
/// Bytes of its columns in memory at most.
const GROUP_BYTES: usize = 32 << 20;
/// Bytes of rows that wait for the decision how to lay the table out.
const WAIT_BYTES: usize = 16 << 20;
/// Row groups of a file: its footer is kept in memory until the end.
const FILE_GROUPS: usize = 32;
/// A table is cut into days if what came first is from this many of them at most: else the pieces get small.
const DAYS: usize = 8;
/// Days with rows in memory, and days with an open file.
const OPEN_DAYS: usize = 8;

const DAY: Ts = 86_400_000_000_000;

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

/// Rows that become the next row group.
struct Group {
    builders: Vec<Builder>,
    rows: usize,
}

/// A table.
pub struct Table {
    folder: PathBuf,
    columns: Arc<Vec<Column>>,
    layout: Layout,
    /// Rows as bytes, before the layout is known: (number of the first row of the block, bytes).
    waiting: Vec<(i64, Vec<u8>)>,
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
            waiting: Vec::new(),
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

    /// Appends the rows of a block whose first event has the number `base`.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn push(&mut self, base: i64, bytes: Vec<u8>) -> io::Result<()> {
        if self.layout != Layout::Open {
            return self.read(base, &bytes);
        }
        self.waiting_bytes += bytes.len();
        self.waiting.push((base, bytes));
        if self.waiting_bytes < WAIT_BYTES { Ok(()) } else { self.decide() }
    }

    /// Rows wait no longer: frees memory.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn spill(&mut self) -> io::Result<()> {
        if self.layout == Layout::Open {
            self.decide()?;
        }
        let days: Vec<Day> = self.groups.keys().copied().collect();
        days.into_iter().try_for_each(|day| self.flush(day))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.layout == Layout::Open {
            // Few rows: one file.
            self.layout = Layout::Flat;
            self.read_waiting()?;
        }
        self.spill()?;
        std::mem::take(&mut self.files).into_values().try_for_each(Parquet::finish)
    }

    fn decide(&mut self) -> io::Result<()> {
        let mut days: Vec<i64> = Vec::new();
        for (_, bytes) in &self.waiting {
            let mut cursor = Cursor(bytes);
            let _count = cursor.long();
            while let Some(ts) = self.skip(&mut cursor) {
                let day = ts.div_euclid(DAY);
                if let Err(at) = days.binary_search(&day)
                    && days.len() <= DAYS
                {
                    days.insert(at, day);
                }
            }
        }
        self.layout = if days.len() <= DAYS { Layout::Days } else { Layout::Flat };
        self.read_waiting()
    }

    fn read_waiting(&mut self) -> io::Result<()> {
        self.waiting_bytes = 0;
        std::mem::take(&mut self.waiting).into_iter().try_for_each(|(base, bytes)| self.read(base, &bytes))
    }

    /// Time of the next row, which is left behind.
    fn skip(&self, cursor: &mut Cursor<'_>) -> Option<Ts> {
        let _index = cursor.long()?;
        let mut ts = 0;
        for _ in 0..cursor.short()? {
            let column = cursor.short()?;
            match self.columns.get(usize::from(column))?.kind {
                Kind::Text | Kind::Json => drop(cursor.text()?),
                Kind::Int | Kind::Float => drop(cursor.word()?),
                Kind::Time => {
                    let word = i64::from_le_bytes(cursor.word()?);
                    if column == 0 {
                        ts = word;
                    }
                }
                Kind::Bool => drop(cursor.flag()?),
                Kind::Texts => (0..cursor.short()?).try_for_each(|_| cursor.text().map(drop))?,
                Kind::Ints => (0..cursor.short()?).try_for_each(|_| cursor.word().map(drop))?,
            }
        }
        Some(ts)
    }

    fn read(&mut self, base: i64, bytes: &[u8]) -> io::Result<()> {
        let mut cursor = Cursor(bytes);
        let _count = cursor.long();
        while !cursor.0.is_empty() {
            let mut ahead = cursor;
            let ts = self.skip(&mut ahead).ok_or_else(garbled)?;
            self.span = Some(self.span.map_or((ts, ts), |(a, b)| (a.min(ts), b.max(ts))));
            self.rows += 1;
            let day = (self.layout == Layout::Days).then(|| ts.div_euclid(DAY));
            if !self.groups.contains_key(&day) && self.groups.len() >= OPEN_DAYS {
                let fullest = self.groups.iter().max_by_key(|(_, group)| group.rows).map(|(day, _)| *day);
                fullest.map_or(Ok(()), |day| self.flush(day))?;
            }
            let columns = &self.columns;
            let group = self.groups.entry(day).or_insert_with(|| Group::new(columns));
            group.read(base, &mut cursor).ok_or_else(garbled)?;
            // Asking for the size costs more than a row: now and then is enough.
            let full = group.rows >= GROUP_ROWS || (group.rows.is_multiple_of(1024) && group.size() >= GROUP_BYTES);
            if full {
                self.flush(day)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, day: Day) -> io::Result<()> {
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
        let (rows, builders) = (group.rows, group.builders.iter_mut());
        let arrays = builders.map(|b| b.finish(rows)).collect::<Result<Vec<_>, _>>();
        file.write(rows, &self.columns, arrays.map_err(io::Error::other)?)?;
        if file.groups >= FILE_GROUPS {
            self.files.remove(&day).map_or(Ok(()), Parquet::finish)?;
        }
        // What was learnt of the texts serves the next rows.
        group.rows = 0;
        self.groups.insert(day, group);
        if self.layout == Layout::Days {
            self.groups.remove(&day);
        }
        Ok(())
    }
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

fn garbled() -> io::Error {
    io::Error::other("a row is cut short (a bug in netlog)")
}

impl Group {
    fn new(columns: &[Column]) -> Group {
        Group { builders: columns.iter().map(|c| Builder::new(c.kind)).collect(), rows: 0 }
    }

    fn size(&self) -> usize {
        self.builders.iter().map(Builder::size).sum()
    }

    fn read(&mut self, base: i64, cursor: &mut Cursor<'_>) -> Option<()> {
        let index = cursor.long()?;
        for _ in 0..cursor.short()? {
            let column = usize::from(cursor.short()?);
            self.builders.get_mut(column)?.read(self.rows, cursor)?;
        }
        // The last column of every table.
        self.builders.last_mut()?.push_int(self.rows, base + i64::from(index));
        self.rows += 1;
        Some(())
    }
}
