//! Events as CSV (RFC 4180, UTF-8, `\n`): one file per data set in a directory, or one file with the
//! fields all events share. The columns follow from the schema, never from the data.

use super::escape::csv::{self as escape, Table};
use super::escape::json;
use super::output::Output;
use super::{Kind, Needs, Render, Rendered, Sink, SinkContext, SinkError};
use crate::model::{Event, FieldRef, Value, rfc3339};
use crate::report::Report;
use crate::schema::Schema;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Between the members of a list in one cell.
const MEMBERS: char = ';';

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "csv",
    doc: "Events as CSV: a directory gets one file per data set, a .csv file or standard output the common fields.",
    rows: true,
    needs: Needs::Events,
    hashes: false,
    open,
};

fn open(path: Option<&str>, context: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    let folder = path.map(Path::new).filter(|path| is_folder(path));
    let schema = &context.schema;
    let sheets = if folder.is_some() { Sheet::each(schema) } else { vec![Sheet::common(schema)] };
    let target = match folder {
        Some(path) => {
            let failed = |source| SinkError::Create { path: path.to_path_buf(), source };
            fs::create_dir_all(path).map_err(failed)?;
            Target::Folder(path.to_path_buf())
        }
        None => Target::File(Output::open(path)?),
    };
    let mut sink = Csv { sheets: Arc::new(sheets), target, files: BTreeMap::new() };
    if let Target::File(output) = &mut sink.target
        && let Some(sheet) = sink.sheets.first()
    {
        let failed = |source| SinkError::Create { path: PathBuf::from(path.unwrap_or("-")), source };
        output.write(&sheet.head()).map_err(failed)?;
    }
    Ok(Box::new(sink))
}

/// A directory, unless it is called `.csv` or is there and something else.
fn is_folder(path: &Path) -> bool {
    let named = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("csv"));
    path.is_dir() || (!path.exists() && !named)
}

/// One file: its name and columns.
#[derive(Debug)]
struct Sheet {
    name: &'static str,
    columns: Vec<FieldRef>,
}

impl Sheet {
    fn common(schema: &Schema) -> Sheet {
        Sheet { name: "events", columns: schema.core().to_vec() }
    }

    /// One per data set, by name, and one for what belongs to none.
    fn each(schema: &Schema) -> Vec<Sheet> {
        let sheet = |name: &'static str| Sheet { name, columns: schema.columns(name) };
        schema.datasets().map(|d| sheet(d.name)).chain([sheet("other")]).collect()
    }

    fn head(&self) -> Vec<u8> {
        let mut out = self.columns.iter().map(|f| f.name).collect::<Vec<_>>().join(",").into_bytes();
        out.push(b'\n');
        out
    }
}

enum Target {
    File(Output),
    Folder(PathBuf),
}

struct Csv {
    sheets: Arc<Vec<Sheet>>,
    target: Target,
    files: BTreeMap<u32, Output>,
}

impl Csv {
    /// The file of a data set, made when its first event comes.
    fn file(&mut self, number: u32) -> io::Result<&mut Output> {
        match &mut self.target {
            Target::File(output) => Ok(output),
            Target::Folder(folder) => match self.files.entry(number) {
                std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
                std::collections::btree_map::Entry::Vacant(free) => {
                    let sheet = self.sheets.get(number as usize).ok_or(io::ErrorKind::InvalidInput)?;
                    let path = folder.join(format!("{}.csv", file_name(sheet.name)));
                    let mut output = Output::create(&path).map_err(io::Error::other)?;
                    output.write(&sheet.head())?;
                    Ok(free.insert(output))
                }
            },
        }
    }
}

/// Names of data sets may come from pattern files: nothing in them leads out of the directory.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    name.trim_start_matches('.').to_owned()
}

impl Sink for Csv {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        let sheets = Arc::clone(&self.sheets);
        let places = sheets.iter().map(|_| HashMap::default()).collect();
        Some(Box::new(Rows { sheets, numbers: HashMap::default(), places, text: Vec::new() }))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        rendered.parts.into_iter().try_for_each(|(number, bytes)| self.file(number)?.write(&bytes))
    }

    fn close(self: Box<Self>, _: &Report) -> io::Result<()> {
        if let Target::File(output) = self.target {
            output.finish()?;
        }
        self.files.into_values().try_for_each(Output::finish)
    }
}

struct Rows {
    sheets: Arc<Vec<Sheet>>,
    /// Sheet by address of the data set.
    numbers: HashMap<usize, u32, FixedState>,
    /// Per sheet: column by address of the field; `None` for fields without one.
    places: Vec<HashMap<usize, Option<usize>, FixedState>>,
    text: Vec<u8>,
}

impl Rows {
    fn number(&mut self, event: &Event<'_>) -> u32 {
        let sheets = &self.sheets;
        *self.numbers.entry(std::ptr::from_ref(event.dataset).addr()).or_insert_with(|| {
            let last = sheets.len().saturating_sub(1);
            let known = sheets.iter().position(|sheet| sheet.name == event.dataset.name);
            u32::try_from(known.unwrap_or(last)).unwrap_or(0)
        })
    }

    fn row(&mut self, number: usize, event: &Event<'_>, out: &mut Table<Vec<u8>>) -> csv::Result<()> {
        let (Some(sheet), Some(places)) = (self.sheets.get(number), self.places.get_mut(number)) else {
            return Ok(());
        };
        let mut cells: Vec<Option<&Value<'_>>> = vec![None; sheet.columns.len()];
        for (field, value) in &event.fields {
            let address = std::ptr::from_ref(*field).addr();
            let place = places
                .entry(address)
                .or_insert_with(|| sheet.columns.iter().position(|column| column.name == field.name));
            if let Some(cell) = place.and_then(|i| cells.get_mut(i)) {
                *cell = Some(value);
            }
        }
        for cell in cells {
            self.text.clear();
            if let Some(value) = cell {
                push_cell(&mut self.text, value);
            }
            out.field(&self.text)?;
        }
        out.end()
    }
}

impl Render for Rows {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        let mut parts: BTreeMap<u32, Table<Vec<u8>>> = BTreeMap::new();
        for event in events {
            let number = self.number(event);
            let out = parts.entry(number).or_insert_with(|| Table::new(Vec::new()));
            // Writing to memory cannot fail, and every row has as many cells as its sheet has columns.
            let done = self.row(number as usize, event, out);
            debug_assert!(done.is_ok(), "{done:?}");
        }
        let bytes = |(number, out): (u32, Table<Vec<u8>>)| Some((number, out.into_inner().ok()?));
        Rendered { parts: parts.into_iter().filter_map(bytes).collect() }
    }
}

fn push_cell(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Str(text) => out.extend_from_slice(escape::cell(text).as_bytes()),
        Value::Words(_) | Value::List(_) => {
            let mut text = String::new();
            push_members(&mut text, value);
            out.extend_from_slice(escape::cell(&text).as_bytes());
        }
        // It begins with a brace: no formula.
        Value::Object(_) => out.extend_from_slice(escape::divided(&plain(value)).as_bytes()),
        other => out.extend_from_slice(plain(other).as_bytes()),
    }
}

fn push_members(text: &mut String, value: &Value<'_>) {
    let mut push = |part: &str| {
        if !text.is_empty() {
            text.push(MEMBERS);
        }
        text.push_str(part);
    };
    match value {
        Value::Words(words) => words.iter().for_each(|word| push(word)),
        Value::List(items) => items.iter().for_each(|item| push(&plain(item))),
        other => push(&plain(other)),
    }
}

fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => zmij::Buffer::new().format(*number).to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Time(ts) => rfc3339(*ts),
        Value::Geo(lat, lon) => format!("{lat} {lon}"),
        Value::Words(_) | Value::List(_) => {
            let mut text = String::new();
            push_members(&mut text, value);
            text
        }
        Value::Object(members) => {
            let mut text = vec![b'{'];
            for (i, (name, member)) in members.iter().enumerate() {
                if i > 0 {
                    text.push(b',');
                }
                json::push_string(&mut text, name);
                text.push(b':');
                json::push_string(&mut text, &plain(member));
            }
            text.push(b'}');
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}
