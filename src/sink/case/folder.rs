//! The directory: a table per data set, and the manifest.

use super::super::spare::Spare;
use super::super::{Render, Rendered, Sink, SinkContext, SinkError};
use super::cursor::Cursor;
use super::filler::{FILLERS, Filler, Tables, filler_of};
use super::row::Rows;
use super::{KIND, manifest};
use crate::case::{Column, EVENTS, MANIFEST, MORE, columns};
use crate::report::Report;
use crate::schema::Schema;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A kind of event: its name and columns.
#[derive(Debug)]
pub struct Sheet {
    /// The data set.
    pub name: &'static str,
    /// Its columns.
    pub columns: Arc<Vec<Column>>,
    /// Which of them is `netlog.more`.
    pub more: u16,
    /// Where its table stands.
    pub filler: usize,
}

impl Sheet {
    fn new(schema: &Schema, name: &'static str) -> Sheet {
        let columns = columns::of(schema, name);
        let more = columns.iter().position(|c| c.name == MORE).unwrap_or(0);
        Sheet {
            name,
            columns: Arc::new(columns),
            more: u16::try_from(more).unwrap_or(0),
            filler: filler_of(name),
        }
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
    let sheets: Arc<Vec<Sheet>> = Arc::new(names.map(|name| Sheet::new(schema, name)).collect());
    let spare = Spare::default();
    let filler = |_| Filler::start(events.clone(), Arc::clone(&sheets), spare.clone());
    let fillers = std::array::from_fn(filler);
    Ok(Box::new(Case { folder: path.to_path_buf(), sheets, spare, fillers, events: 0, hash: context.hash }))
}

struct Case {
    folder: PathBuf,
    sheets: Arc<Vec<Sheet>>,
    spare: Spare,
    fillers: [Filler; FILLERS],
    events: i64,
    hash: bool,
}

impl Sink for Case {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Rows::new(Arc::clone(&self.sheets), self.spare.clone())))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        let base = self.events;
        for (number, bytes) in rendered.parts {
            let Some(filler) = self.fillers.get_mut(number as usize) else { continue };
            self.events += i64::from(Cursor(&bytes).long().unwrap_or(0));
            filler.push(base, bytes)?;
        }
        Ok(())
    }

    fn rest(&mut self) {
        self.fillers.iter_mut().for_each(Filler::end);
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        self.rest();
        let mut tables = Tables::new();
        for filler in &mut self.fillers {
            tables.append(&mut filler.finish()?);
        }
        let tables =
            tables.iter().filter_map(|(number, table)| Some((self.sheets.get(usize::from(*number))?, table)));
        manifest::write(&self.folder, tables.collect(), self.events, report, self.hash)
    }
}

/// Names of data sets may come from pattern files: nothing in them leads out of the directory.
pub(super) fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    name.trim_start_matches('.').to_owned()
}
