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
use super::levels::measured;
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
/// Bytes of a row before its values, and of these those before the time, the number of values, and that of
/// their bytes.
pub const HEAD: usize = 20;
const NAMED: usize = 6;
const COUNTED: usize = 14;
const MEASURED: usize = 16;

/// Fields of earlier events that a field is looked for among, from the one on that followed the field before.
const AHEAD: usize = 16;
/// Fields that are kept in the order of events.
const ORDER: usize = 512;

/// Place of a field in a sheet: column, its kind, and whether the next column has the rest.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: u16,
    kind: Kind,
    pair: bool,
}

/// Addresses of fields, and their places.
type Order = Vec<(usize, Option<Place>)>;

/// One worker's renderer.
pub struct Rows {
    sheets: Arc<Vec<Sheet>>,
    /// Sheet by address of the data set.
    numbers: HashMap<usize, u16, FixedState>,
    /// Per sheet: place by address of the field.
    places: Vec<HashMap<usize, Option<Place>, FixedState>>,
    /// Per sheet: fields of its events in the order they come, and their places. An event has some of them,
    /// mostly in this order: the next field is found a few steps on, which is quicker than by its address.
    order: Vec<Order>,
    json: ValueWriter,
    more: Vec<u8>,
    spare: Spare,
}

impl Rows {
    /// For these data sets; the last one takes what belongs to none.
    pub fn new(sheets: Arc<Vec<Sheet>>, spare: Spare) -> Rows {
        let places = sheets.iter().map(|_| HashMap::default()).collect();
        let order = sheets.iter().map(|_| Vec::new()).collect();
        let (json, more) = (ValueWriter::default(), Vec::new());
        Rows { sheets, numbers: HashMap::default(), places, order, json, more, spare }
    }

    fn number(&mut self, event: &Event<'_>) -> u16 {
        let sheets = &self.sheets;
        *self.numbers.entry(std::ptr::from_ref(event.dataset).addr()).or_insert_with(|| {
            let last = sheets.len().saturating_sub(1);
            let known = sheets.iter().position(|sheet| sheet.name == event.dataset.name);
            u16::try_from(known.unwrap_or(last)).unwrap_or(0)
        })
    }

    /// Where a field goes that was not found in the order of fields; it is found at this place from now on.
    fn learn(&mut self, sheet: usize, order: &mut Order, at: usize, field: FieldRef) -> Option<Place> {
        let address = std::ptr::from_ref(field).addr();
        let columns = &self.sheets.get(sheet)?.columns;
        let found = *self.places.get_mut(sheet)?.entry(address).or_insert_with(|| {
            let at = columns.iter().position(|c| c.field.is_some_and(|f| f.name == field.name))?;
            let column = columns.get(at)?;
            let pair = column.part == Part::Latitude;
            Some(Place { column: u16::try_from(at).ok()?, kind: column.kind, pair })
        });
        // Events that have the same fields in ever other orders do not make it grow for ever.
        if order.len() >= ORDER {
            order.clear();
        }
        order.insert(order.len().min(at), (address, found));
        found
    }

    fn row(&mut self, out: &mut Vec<u8>, number: u16, index: u32, event: &Event<'_>) {
        let from = out.len();
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&index.to_le_bytes());
        out.resize(from + HEAD, 0);
        let (sheet, mut values, mut time): (usize, u16, Option<Ts>) = (number.into(), 0, None);
        self.more.clear();
        let mut order = self.order.get_mut(sheet).map(std::mem::take).unwrap_or_default();
        let mut at = 0;
        for (field, value) in &event.fields {
            let address = std::ptr::from_ref(*field).addr();
            let ahead = order.get(at..).unwrap_or_default().iter().take(AHEAD);
            let known = ahead.enumerate().find(|(_, (known, _))| *known == address);
            at += known.map_or(0, |(steps, _)| steps);
            let place = match known {
                Some((_, (_, place))) => *place,
                None => self.learn(sheet, &mut order, at, field),
            };
            at += 1;
            if let (Some(Place { column: 0, .. }), Value::Time(ts)) = (place, value) {
                time = time.or(Some(*ts));
            }
            if let Some(written) = place.and_then(|place| whole(out, place, value)) {
                values += written;
                continue;
            }
            let written = place.map_or(0, |place| self.other(out, place, value));
            if written == 0 || odd(place, value) {
                self.remember(field, value);
            }
            values += written;
        }
        if let Some(slot) = self.order.get_mut(sheet) {
            *slot = order;
        }
        if !self.more.is_empty() {
            self.more.push(b'}');
            let column = self.sheets.get(sheet).map_or(0, |sheet| sheet.more);
            out.extend_from_slice(&column.to_le_bytes());
            push_text(out, &self.more);
            values += 1;
        }
        let bytes = u32::try_from(out.len() - from - HEAD).unwrap_or(u32::MAX);
        put(out, from + NAMED, time.unwrap_or(0).to_le_bytes());
        put(out, from + COUNTED, values.to_le_bytes());
        put(out, from + MEASURED, bytes.to_le_bytes());
    }

    /// Notes a value that its column cannot hold as it is.
    fn remember(&mut self, field: FieldRef, value: &Value<'_>) {
        self.more.push(if self.more.is_empty() { b'{' } else { b',' });
        self.json.push(&mut self.more, &Value::text(field.name));
        self.more.push(b':');
        self.json.push(&mut self.more, value);
    }

    /// Appends what is not a single value of the column's own kind; how many columns got one.
    fn other(&mut self, out: &mut Vec<u8>, place: Place, value: &Value<'_>) -> u16 {
        let from = out.len();
        out.extend_from_slice(&place.column.to_le_bytes());
        let done = match (place.kind, value) {
            (Kind::Text, _) => {
                measured(out, |out| self.text(out, value));
                true
            }
            (Kind::Float, Value::Int(n)) => push_word(out, (*n as f64).to_le_bytes()),
            (Kind::Int, Value::List(items)) => match items.first() {
                Some(Value::Int(n)) => push_word(out, n.to_le_bytes()),
                _ => false,
            },
            (Kind::Texts, _) => self.texts(out, value),
            (Kind::Ints, _) => ints(out, value),
            (Kind::Json, _) => {
                measured(out, |out| self.json.push(out, value));
                true
            }
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

/// Appends a single value of the column's own kind; how many columns got one. `None` where it is not that.
fn whole(out: &mut Vec<u8>, place: Place, value: &Value<'_>) -> Option<u16> {
    let Place { column, kind, pair } = place;
    match (kind, value) {
        (Kind::Text, Value::Str(text)) => {
            let len = u32::try_from(text.len()).ok()?;
            push_cell::<6>(out, column, len.into());
            out.extend_from_slice(text.as_bytes());
        }
        (Kind::Int, Value::Int(n)) => push_cell::<10>(out, column, n.cast_unsigned()),
        (Kind::Time, Value::Time(ts)) => push_cell::<10>(out, column, ts.cast_unsigned()),
        (Kind::Float, Value::Float(n)) => push_cell::<10>(out, column, n.to_bits()),
        (Kind::Float, Value::Geo(lat, lon)) if pair => {
            push_cell::<10>(out, column, lat.to_bits());
            push_cell::<10>(out, column.saturating_add(1), lon.to_bits());
            return Some(2);
        }
        (Kind::Bool, Value::Bool(flag)) => push_cell::<3>(out, column, u64::from(*flag)),
        _ => return None,
    }
    Some(1)
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

/// Puts bytes over those that were left free for them.
fn put<const N: usize>(out: &mut [u8], at: usize, bytes: [u8; N]) {
    if let Some(slot) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *slot = bytes;
    }
}

/// Appends `N` bytes at once: the column, and of a number as many as are left.
fn push_cell<const N: usize>(out: &mut Vec<u8>, column: u16, number: u64) {
    let cell = u128::from(number) << u16::BITS | u128::from(column);
    out.extend_from_slice(cell.to_le_bytes().get(..N).unwrap_or_default());
}

fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(text.get(..len as usize).unwrap_or(text));
}
