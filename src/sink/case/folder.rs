//! The directory: a table per data set, a common limit on what they hold in memory, and the manifest.

use super::super::{Render, Rendered, Sink, SinkContext, SinkError};
use super::row::{Cursor, Rows};
use super::table::Table;
use super::{KIND, manifest};
use crate::case::{Column, EVENTS, MANIFEST, MORE, columns};
use crate::report::Report;
use crate::schema::Schema;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that all tables together hold in memory.
const BYTES: usize = 96 << 20;
/// Blocks after which it is looked at how much that is.
const LOOK: u32 = 256;

/// A kind of event: its name and columns.
#[derive(Debug)]
pub struct Sheet {
    /// The data set.
    pub name: &'static str,
    /// Its columns.
    pub columns: Arc<Vec<Column>>,
    /// Which of them is `netlog.more`.
    pub more: u16,
}

impl Sheet {
    fn new(schema: &Schema, name: &'static str) -> Sheet {
        let columns = columns::of(schema, name);
        let more = columns.iter().position(|c| c.name == MORE).unwrap_or(0);
        Sheet { name, columns: Arc::new(columns), more: u16::try_from(more).unwrap_or(0) }
    }
}

/// Opens a case for writing; one that is there is replaced.
pub(super) fn open(path: Option<&str>, context: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    let target = |reason| SinkError::Target { name: KIND.name, reason };
    let path = Path::new(path.ok_or_else(|| target("needs a folder: -o case=DIR"))?);
    let failed = |source| SinkError::Create { path: path.to_path_buf(), source };
    fs::create_dir_all(path).map_err(failed)?;
    let events = path.join(EVENTS);
    if path.join(MANIFEST).is_file() {
        // Without its manifest it is no case: nobody reads one that is half old, half new.
        fs::remove_file(path.join(MANIFEST)).map_err(failed)?;
        if events.is_dir() {
            fs::remove_dir_all(&events).map_err(failed)?;
        }
    } else if fs::read_dir(path).map_err(failed)?.next().is_some() {
        return Err(target("the folder has files in it and is no case: name a new folder"));
    }
    let schema = &context.schema;
    let names = schema.datasets().map(|d| d.name).chain(["other"]);
    let sheets = Arc::new(names.map(|name| Sheet::new(schema, name)).collect());
    Ok(Box::new(Case { folder: path.to_path_buf(), sheets, tables: BTreeMap::new(), events: 0, blocks: 0 }))
}

struct Case {
    folder: PathBuf,
    sheets: Arc<Vec<Sheet>>,
    tables: BTreeMap<u32, Table>,
    events: i64,
    blocks: u32,
}

impl Case {
    /// Keeps the memory of all tables below the limit: the largest is written out first.
    fn trim(&mut self) -> io::Result<()> {
        let mut sizes: Vec<(usize, u32)> = self.tables.iter().map(|(n, t)| (t.size(), *n)).collect();
        let mut all: usize = sizes.iter().map(|(size, _)| size).sum();
        sizes.sort_unstable();
        while all > BYTES
            && let Some((size, number)) = sizes.pop()
        {
            self.tables.get_mut(&number).map_or(Ok(()), Table::spill)?;
            all -= size;
        }
        Ok(())
    }
}

impl Sink for Case {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Rows::new(Arc::clone(&self.sheets))))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        let base = self.events;
        for (number, bytes) in rendered.parts {
            let Some(sheet) = self.sheets.get(number as usize) else { continue };
            let (folder, columns) = (&self.folder, &sheet.columns);
            let table = self.tables.entry(number).or_insert_with(|| {
                Table::new(folder.join(EVENTS).join(file_name(sheet.name)), Arc::clone(columns))
            });
            self.events += i64::from(Cursor(&bytes).long().unwrap_or(0));
            table.push(base, bytes)?;
        }
        self.blocks += 1;
        if self.blocks.is_multiple_of(LOOK) { self.trim() } else { Ok(()) }
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        self.tables.values_mut().try_for_each(Table::finish)?;
        let tables = self.tables.iter().filter_map(|(number, table)| {
            Some((self.sheets.get(*number as usize)?, table))
        });
        manifest::write(&self.folder, tables.collect(), report)
    }
}

/// Names of data sets may come from pattern files: nothing in them leads out of the directory.
pub(super) fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    name.trim_start_matches('.').to_owned()
}
