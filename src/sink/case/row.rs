//! Events as rows of bytes: what the renderers make beside each other, and the writer turns into columns.
//!
//! ```text
//! part    number of rows u32, rows
//! row     sheet u16, place among the events of the block u32, time i64, number of values u16,
//!         bytes of the values u32, values
//! value   column u16, then by its kind: text = length u32 and bytes; number, time = 8 bytes; truth = 1 byte;
//!         list = number of members u16 and members
//! ```

use super::super::ndjson::ValueWriter;
use super::super::spare::Spare;
use super::super::{Render, Rendered};
use super::folder::Sheet;
use super::shelf::SHELVES;
use crate::case::{Kind, Part};
use crate::model::{Event, FieldRef, Ts, Value, push_ip_bytes};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::sync::Arc;

/// Members of a list that are kept in its column; a longer one goes to `netlog.more`.
const MEMBERS: usize = u16::MAX as usize;

/// Bytes of the number of rows.
const COUNT: usize = 4;
/// Bytes of a part that is new, mostly enough.
const EXPECT: usize = 64 << 10;
/// Bytes of a row before its values, and of these the sheet and the place.
pub const HEAD: usize = 20;
const NAMED: usize = 6;

/// Place of a field in a sheet: column, its kind, and whether the next column has the rest.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: u16,
    kind: Kind,
    pair: bool,
}

/// One worker's renderer.
pub struct Rows {
    sheets: Arc<Vec<Sheet>>,
    /// Sheet by address of the data set.
    numbers: HashMap<usize, u16, FixedState>,
    /// Per sheet: place by address of the field.
    places: Vec<HashMap<usize, Option<Place>, FixedState>>,
    /// Per sheet: fields of its last event and their places. Most events have the fields of the one before.
    last: Vec<Vec<(usize, Option<Place>)>>,
    json: ValueWriter,
    more: Vec<u8>,
    spare: Spare,
}

impl Rows {
    /// For these data sets; the last one takes what belongs to none.
    pub fn new(sheets: Arc<Vec<Sheet>>, spare: Spare) -> Rows {
        let places = sheets.iter().map(|_| HashMap::default()).collect();
        let last = sheets.iter().map(|_| Vec::new()).collect();
        let (json, more) = (ValueWriter::default(), Vec::new());
        Rows { sheets, numbers: HashMap::default(), places, last, json, more, spare }
    }

    fn number(&mut self, event: &Event<'_>) -> u16 {
        let sheets = &self.sheets;
        *self.numbers.entry(std::ptr::from_ref(event.dataset).addr()).or_insert_with(|| {
            let last = sheets.len().saturating_sub(1);
            let known = sheets.iter().position(|sheet| sheet.name == event.dataset.name);
            u16::try_from(known.unwrap_or(last)).unwrap_or(0)
        })
    }

    fn place(&mut self, sheet: usize, at: usize, field: FieldRef) -> Option<Place> {
        let address = std::ptr::from_ref(field).addr();
        let last = self.last.get_mut(sheet)?;
        if let Some((known, place)) = last.get(at)
            && *known == address
        {
            return *place;
        }
        let columns = &self.sheets.get(sheet)?.columns;
        let found = *self.places.get_mut(sheet)?.entry(address).or_insert_with(|| {
            let at = columns.iter().position(|c| c.field.is_some_and(|f| f.name == field.name))?;
            let column = columns.get(at)?;
            let pair = column.part == Part::Latitude;
            Some(Place { column: u16::try_from(at).ok()?, kind: column.kind, pair })
        });
        last.truncate(at);
        if last.len() == at {
            last.push((address, found));
        }
        found
    }

    fn row(&mut self, out: &mut Vec<u8>, number: u16, index: u32, event: &Event<'_>) {
        let from = out.len();
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&index.to_le_bytes());
        out.resize(from + HEAD, 0);
        let (sheet, mut values, mut time): (usize, u16, Option<Ts>) = (number.into(), 0, None);
        self.more.clear();
        for (at, (field, value)) in event.fields.iter().enumerate() {
            let place = self.place(sheet, at, field);
            if let (Some(Place { column: 0, .. }), Value::Time(ts)) = (place, value) {
                time = time.or(Some(*ts));
            }
            let written = place.map_or(0, |place| self.value(out, place, value));
            if written == 0 || odd(place, value) {
                self.remember(field, value);
            }
            values += written;
        }
        if !self.more.is_empty() {
            self.more.push(b'}');
            let column = self.sheets.get(sheet).map_or(0, |sheet| sheet.more);
            out.extend_from_slice(&column.to_le_bytes());
            push_text(out, &self.more);
            values += 1;
        }
        let bytes = u32::try_from(out.len() - from - HEAD).unwrap_or(u32::MAX);
        let head = time.unwrap_or(0).to_le_bytes().into_iter().chain(values.to_le_bytes());
        let slots = out.iter_mut().skip(from + NAMED);
        slots.zip(head.chain(bytes.to_le_bytes())).for_each(|(slot, byte)| *slot = byte);
    }

    /// Notes a value that its column cannot hold as it is.
    fn remember(&mut self, field: FieldRef, value: &Value<'_>) {
        self.more.push(if self.more.is_empty() { b'{' } else { b',' });
        self.json.push(&mut self.more, &Value::text(field.name));
        self.more.push(b':');
        self.json.push(&mut self.more, value);
    }

    /// Appends a value; how many columns got one.
    fn value(&mut self, out: &mut Vec<u8>, place: Place, value: &Value<'_>) -> u16 {
        let from = out.len();
        out.extend_from_slice(&place.column.to_le_bytes());
        let done = match (place.kind, value) {
            (Kind::Text, _) => measured(out, |out| self.text(out, value)),
            (Kind::Int, Value::Int(n)) => push_word(out, n.to_le_bytes()),
            (Kind::Int, Value::List(items)) => match items.first() {
                Some(Value::Int(n)) => push_word(out, n.to_le_bytes()),
                _ => false,
            },
            (Kind::Time, Value::Time(ts)) => push_word(out, ts.to_le_bytes()),
            (Kind::Float, Value::Float(n)) => push_word(out, n.to_le_bytes()),
            (Kind::Float, Value::Int(n)) => push_word(out, (*n as f64).to_le_bytes()),
            (Kind::Float, Value::Geo(lat, lon)) if place.pair => {
                push_word(out, lat.to_le_bytes());
                out.extend_from_slice(&place.column.saturating_add(1).to_le_bytes());
                push_word(out, lon.to_le_bytes());
                return 2;
            }
            (Kind::Bool, Value::Bool(flag)) => {
                out.push(u8::from(*flag));
                true
            }
            (Kind::Texts, _) => self.texts(out, value),
            (Kind::Ints, _) => ints(out, value),
            (Kind::Json, _) => measured(out, |out| self.json.push(out, value)),
            _ => false,
        };
        if !done {
            out.truncate(from);
        }
        u16::from(done)
    }

    /// A single text; the members of a list one after the other, as in CSV.
    fn text(&mut self, out: &mut Vec<u8>, value: &Value<'_>) {
        match value {
            Value::Words(words) => {
                for (i, word) in words.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b";" } else { b"" });
                    out.extend_from_slice(word.as_bytes());
                }
            }
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b";" } else { b"" });
                    self.plain(out, item);
                }
            }
            one => self.plain(out, one),
        }
    }

    fn texts(&mut self, out: &mut Vec<u8>, value: &Value<'_>) -> bool {
        let count = match value {
            Value::Words(words) => words.len(),
            Value::List(items) => items.len(),
            _ => 1,
        };
        if count > MEMBERS {
            return false;
        }
        out.extend_from_slice(&u16::try_from(count).unwrap_or(0).to_le_bytes());
        match value {
            Value::Words(words) => words.iter().for_each(|word| push_text(out, word.as_bytes())),
            Value::List(items) => {
                for item in items {
                    measured(out, |out| self.plain(out, item));
                }
            }
            one => {
                measured(out, |out| self.text(out, one));
            }
        }
        true
    }

    /// Any value as text without quotes.
    fn plain(&mut self, out: &mut Vec<u8>, value: &Value<'_>) {
        match value {
            Value::Str(text) => out.extend_from_slice(text.as_bytes()),
            Value::Ip(ip) => push_ip_bytes(out, *ip),
            other => self.json.push_bare(out, other),
        }
    }
}

impl Render for Rows {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        let mut parts: [Vec<u8>; SHELVES] = Default::default();
        for (index, event) in (0..).zip(events) {
            let number = self.number(event);
            let shelf = self.sheets.get(usize::from(number)).map_or(0, |sheet| sheet.shelf);
            let Some(out) = parts.get_mut(shelf) else { continue };
            if out.is_empty() {
                *out = self.spare.take(EXPECT);
                out.resize(COUNT, 0);
            }
            self.row(out, number, index, event);
            if let Some(count) = out.first_chunk_mut::<COUNT>() {
                *count = u32::from_le_bytes(*count).saturating_add(1).to_le_bytes();
            }
        }
        Rendered { parts: (0..).zip(parts).filter(|(_, bytes)| !bytes.is_empty()).collect() }
    }
}

/// Whether the column has less than the value: a list where a single value was declared, a single value
/// where a list was, or a number in a column of texts.
fn odd(place: Option<Place>, value: &Value<'_>) -> bool {
    match place.map(|place| place.kind) {
        Some(Kind::Text) => !matches!(value, Value::Str(_) | Value::Ip(_)),
        Some(Kind::Int) => !matches!(value, Value::Int(_)),
        Some(Kind::Float) => matches!(value, Value::Int(_)),
        Some(Kind::Texts) => match value {
            Value::Words(_) => false,
            Value::List(items) => !items.iter().all(|item| matches!(item, Value::Str(_) | Value::Ip(_))),
            _ => true,
        },
        Some(Kind::Ints) => !matches!(value, Value::List(_)),
        _ => false,
    }
}

fn ints(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    let one = std::slice::from_ref(value);
    let items = if let Value::List(items) = value { items.as_slice() } else { one };
    if items.len() > MEMBERS || !items.iter().all(|item| matches!(item, Value::Int(_))) {
        return false;
    }
    out.extend_from_slice(&u16::try_from(items.len()).unwrap_or(0).to_le_bytes());
    for item in items {
        push_word(out, item.as_int().unwrap_or(0).to_le_bytes());
    }
    true
}

fn push_word(out: &mut Vec<u8>, word: [u8; 8]) -> bool {
    out.extend_from_slice(&word);
    true
}

/// Appends the length of what `write` appends, and that.
fn measured(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> bool {
    let from = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let len = u32::try_from(out.len() - from - 4).unwrap_or(u32::MAX);
    if let Some(slot) = out.get_mut(from..from + 4) {
        slot.copy_from_slice(&len.to_le_bytes());
    }
    true
}

fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(text.get(..len as usize).unwrap_or(text));
}
