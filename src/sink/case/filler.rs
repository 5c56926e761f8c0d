//! Tables that one thread fills: the writer hands rows on and goes back to the other outputs, while columns
//! are built, compressed and written here. Which table stands where is fixed, and each filler has its own
//! limit of memory, so the files depend neither on the number of threads nor on how fast they are.

use super::super::spare::Spare;
use super::cursor::Cursor;
use super::folder::{Sheet, file_name};
use super::pages::PageWriter;
use super::table::{Table, garbled};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Fillers: one for the table that nearly every packet adds to, and one for all others.
pub const FILLERS: usize = 2;
/// Parts that wait: as many as come while a row group is written.
const QUEUE: usize = 128;
/// Bytes that the tables of a filler together hold in memory.
const BYTES: usize = 32 << 20;
/// Threads that help to end the tables of a filler.
const OTHERS: usize = 2;
/// Parts after which it is looked at how much that is.
const LOOK: u32 = 256;

/// The filler a data set's table stands on.
pub fn filler_of(dataset: &str) -> usize {
    usize::from(dataset != "flow")
}

/// Tables by the number of their sheet.
pub type Tables = BTreeMap<u16, Table>;

/// Rows of a block, and the number of its first event.
type Part = (i64, Vec<u8>);

/// Handle to a filler's thread.
#[derive(Default)]
pub struct Filler {
    parts: Option<Sender<Part>>,
    thread: Option<JoinHandle<io::Result<Tables>>>,
}

impl Filler {
    /// Starts the thread, which writes to this folder and gives buffers back.
    pub fn start(folder: PathBuf, sheets: Arc<Vec<Sheet>>, spare: Spare) -> Filler {
        let (send, parts) = bounded(QUEUE);
        let filling = move || Filling { folder, sheets, tables: Tables::new() }.run(&parts, &spare);
        Filler { parts: Some(send), thread: Some(std::thread::spawn(filling)) }
    }

    /// Hands over rows.
    ///
    /// # Errors
    /// What the thread failed with.
    pub fn push(&mut self, base: i64, bytes: Vec<u8>) -> io::Result<()> {
        if self.parts.as_ref().is_some_and(|parts| parts.send((base, bytes)).is_ok()) {
            return Ok(());
        }
        self.finish().and(Err(io::Error::other("a table takes no rows any more (a bug in netlog)")))
    }

    /// No more rows come.
    pub fn end(&mut self) {
        drop(self.parts.take());
    }

    /// Waits until all is written; the tables.
    ///
    /// # Errors
    /// What the thread failed with.
    pub fn finish(&mut self) -> io::Result<Tables> {
        self.end();
        let Some(thread) = self.thread.take() else { return Ok(Tables::new()) };
        thread.join().unwrap_or_else(failed)
    }
}

/// A run that fails elsewhere leaves no thread behind.
impl Drop for Filler {
    fn drop(&mut self) {
        // Who is interested in the error has asked for it.
        let _ = self.finish();
    }
}

/// What a thread that panicked comes to.
fn failed<T>(_: Box<dyn Any + Send>) -> io::Result<T> {
    Err(io::Error::other("a table failed in an unforeseen way (a bug in netlog)"))
}

/// What the thread has.
struct Filling {
    folder: PathBuf,
    sheets: Arc<Vec<Sheet>>,
    tables: Tables,
}

impl Filling {
    fn run(mut self, parts: &Receiver<Part>, spare: &Spare) -> io::Result<Tables> {
        let mut writer = PageWriter::new()?;
        for (number, (base, bytes)) in (1u32..).zip(parts) {
            self.take(base, &bytes, &mut writer)?;
            spare.give(bytes);
            if number.is_multiple_of(LOOK) {
                self.trim(&mut writer)?;
            }
        }
        // Where many tables are small, ending them is what a run ends with.
        let left = Mutex::new(self.tables.values_mut());
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let end =
            |writer: &mut PageWriter| std::iter::from_fn(next).try_for_each(|table| table.finish(writer));
        std::thread::scope(|scope| {
            let others = [(); OTHERS].map(|()| scope.spawn(|| end(&mut PageWriter::new()?)));
            let ended = end(&mut writer);
            others.into_iter().map(|other| other.join().unwrap_or_else(failed)).fold(ended, io::Result::and)
        })?;
        Ok(self.tables)
    }

    fn take(&mut self, base: i64, bytes: &[u8], writer: &mut PageWriter) -> io::Result<()> {
        let mut cursor = Cursor(bytes);
        let _count = cursor.long();
        while !cursor.0.is_empty() {
            let batch = cursor.batch().ok_or_else(garbled)?;
            let Some(sheet) = self.sheets.get(usize::from(batch.sheet)) else { continue };
            let table = self.tables.entry(batch.sheet).or_insert_with(|| table(&self.folder, sheet));
            table.push(base, &batch, writer)?;
        }
        Ok(())
    }

    /// Keeps the memory of all tables below the limit: the largest is written out first.
    fn trim(&mut self, writer: &mut PageWriter) -> io::Result<()> {
        let mut sizes: Vec<(usize, u16)> = self.tables.iter().map(|(n, t)| (t.size(), *n)).collect();
        let mut all: usize = sizes.iter().map(|(size, _)| size).sum();
        sizes.sort_unstable();
        while all > BYTES
            && let Some((size, number)) = sizes.pop()
        {
            self.tables.get_mut(&number).map_or(Ok(()), |table| table.spill(writer))?;
            all -= size;
        }
        Ok(())
    }
}

fn table(folder: &Path, sheet: &Sheet) -> Table {
    Table::new(folder.join(file_name(sheet.name)), Arc::clone(&sheet.columns))
}
