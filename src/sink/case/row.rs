//! Events as rows: which column a field's value goes to, and as what.

use super::super::ndjson::ValueWriter;
use super::super::spare::Spare;
use super::super::{Render, Rendered};
use super::batch::{Batch, MEMBERS};
use super::filler::FILLERS;
use super::folder::Sheet;
use super::table::day_of;
use crate::case::{Kind, Part};
use crate::model::{Event, FieldRef, Shapes, Value, push_ip_bytes};
use std::sync::Arc;

/// Bytes of the number of rows.
const COUNT: usize = 4;
/// Bytes of a part that is new, mostly enough.
const EXPECT: usize = 256 << 10;

/// Place of a field in a sheet: column, its kind, and whether the next column has the rest.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: u16,
    kind: Kind,
    pair: bool,
}

/// Where the fields of events of one shape go.
#[derive(Debug)]
struct Plan {
    sheet: usize,
    places: Vec<Option<Place>>,
    /// Which field is the time.
    time: Option<usize>,
}

impl Plan {
    /// The last sheet takes what belongs to none.
    fn new(sheets: &[Sheet], event: &Event<'_>) -> Plan {
        let known = sheets.iter().position(|sheet| sheet.name == event.dataset.name);
        let sheet = known.unwrap_or(sheets.len().saturating_sub(1));
        let columns = sheets.get(sheet).map_or(&[][..], |sheet| &sheet.columns);
        let place = |(field, _): &(FieldRef, Value<'_>)| {
            let at = columns.iter().position(|c| c.field.is_some_and(|f| f.name == field.name))?;
            let column = columns.get(at)?;
            let pair = column.part == Part::Latitude;
            Some(Place { column: u16::try_from(at).ok()?, kind: column.kind, pair })
        };
        let places: Vec<Option<Place>> = event.fields.iter().map(place).collect();
        let time = places.iter().position(|place| matches!(place, Some(Place { column: 0, .. })));
        Plan { sheet, places, time }
    }
}

/// One worker's renderer.
pub struct Rows {
    sheets: Arc<Vec<Sheet>>,
    plans: Shapes<Plan>,
    /// Per sheet: the rows of this block, so far.
    batches: Vec<Option<Batch>>,
    parts: [Vec<u8>; FILLERS],
    /// Events of this block so far.
    events: u32,
    spelling: Spelling,
    spare: Spare,
}

/// Values as text.
#[derive(Default)]
struct Spelling {
    json: ValueWriter,
    text: Vec<u8>,
    /// What no column can hold as it is.
    more: Vec<u8>,
}

impl Rows {
    /// For these data sets; the last one takes what belongs to none.
    pub fn new(sheets: Arc<Vec<Sheet>>, spare: Spare) -> Rows {
        let batches = sheets.iter().map(|_| None).collect();
        let (plans, parts, spelling) = (Shapes::default(), Default::default(), Spelling::default());
        Rows { sheets, plans, batches, parts, events: 0, spelling, spare }
    }

    fn row(&mut self, event: &Event<'_>) {
        let Rows { sheets, plans, batches, parts, spelling, spare, .. } = self;
        let plan = plans.of(event, |event| Plan::new(sheets, event));
        let Some((sheet, batch)) = sheets.get(plan.sheet).zip(batches.get_mut(plan.sheet)) else { return };
        let batch = batch.get_or_insert_with(|| Batch::new(&sheet.columns));
        let time = plan.time.and_then(|at| event.fields.get(at));
        let ts = if let Some((_, Value::Time(ts))) = time { *ts } else { 0 };
        if batch.span().is_some_and(|(first, _)| day_of(first) != day_of(ts)) {
            bind(batch, plan.sheet, sheet, parts, spare);
        }
        batch.begin(self.events, ts);
        spelling.more.clear();
        for ((field, value), place) in event.fields.iter().zip(&plan.places) {
            let Some(place) = *place else {
                spelling.remember(field, value);
                continue;
            };
            if !whole(batch, place, value) && (!spelling.other(batch, place, value) || odd(place, value)) {
                spelling.remember(field, value);
            }
        }
        if !spelling.more.is_empty() {
            spelling.more.push(b'}');
            batch.text(sheet.more, &spelling.more);
        }
        self.events += 1;
    }
}

impl Spelling {
    /// Notes a value that its column cannot hold as it is.
    fn remember(&mut self, field: FieldRef, value: &Value<'_>) {
        self.more.push(if self.more.is_empty() { b'{' } else { b',' });
        self.json.push(&mut self.more, &Value::text(field.name));
        self.more.push(b':');
        self.json.push(&mut self.more, value);
    }

    /// Adds what is not a single value of the column's own kind; whether that goes.
    fn other(&mut self, batch: &mut Batch, place: Place, value: &Value<'_>) -> bool {
        let column = place.column;
        match (place.kind, value) {
            (Kind::Text, _) => batch.text(column, self.joined(value)),
            (Kind::Float, Value::Int(n)) => batch.word(column, (*n as f64).to_bits()),
            (Kind::Int, Value::List(items)) => match items.first() {
                Some(Value::Int(n)) => batch.word(column, n.cast_unsigned()),
                _ => return false,
            },
            (Kind::Texts, _) => return self.texts(batch, column, value),
            (Kind::Ints, _) => return ints(batch, column, value),
            (Kind::Json, _) => {
                self.text.clear();
                self.json.push(&mut self.text, value);
                batch.text(column, &self.text);
            }
            _ => return false,
        }
        true
    }

    /// A single text; the members of a list one after the other, as in CSV.
    fn joined(&mut self, value: &Value<'_>) -> &[u8] {
        self.text.clear();
        match value {
            Value::Words(words) => {
                for (i, word) in words.iter().enumerate() {
                    self.text.extend_from_slice(if i > 0 { b";" } else { b"" });
                    self.text.extend_from_slice(word.as_bytes());
                }
            }
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.text.extend_from_slice(if i > 0 { b";" } else { b"" });
                    self.plain(item);
                }
            }
            one => self.plain(one),
        }
        &self.text
    }

    fn texts(&mut self, batch: &mut Batch, column: u16, value: &Value<'_>) -> bool {
        match value {
            Value::Words(words) if words.len() <= MEMBERS => {
                batch.lasting(column, words);
            }
            Value::List(items)
                if items.len() <= MEMBERS && items.iter().all(|item| item.as_ip().is_some()) =>
            {
                batch.ips(column, items.len(), items.iter().filter_map(Value::as_ip));
            }
            Value::List(items) if items.len() <= MEMBERS => batch.texts(column, items.len(), |each| {
                for item in items {
                    self.text.clear();
                    self.plain(item);
                    each(&self.text);
                }
            }),
            Value::Words(_) | Value::List(_) => return false,
            one => {
                let text = self.joined(one);
                batch.texts(column, 1, |each| each(text));
            }
        }
        true
    }

    /// Any value as text without quotes.
    fn plain(&mut self, value: &Value<'_>) {
        match value {
            Value::Str(text) => self.text.extend_from_slice(text.as_bytes()),
            Value::Ip(ip) => push_ip_bytes(&mut self.text, *ip),
            other => self.json.push_bare(&mut self.text, other),
        }
    }
}

impl Render for Rows {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        events.iter().for_each(|event| self.row(event));
        Rendered::default()
    }

    fn end(&mut self) -> Rendered {
        let Rows { sheets, batches, parts, spare, .. } = self;
        for (number, (sheet, batch)) in sheets.iter().zip(batches).enumerate() {
            if let Some(batch) = batch.as_mut().filter(|batch| batch.rows() > 0) {
                bind(batch, number, sheet, parts, spare);
            }
        }
        self.events = 0;
        let parts = (0..).zip(std::mem::take(&mut self.parts)).filter(|(_, bytes)| !bytes.is_empty());
        Rendered { parts: parts.collect() }
    }
}

/// Appends a batch to the part of its filler.
fn bind(batch: &mut Batch, number: usize, sheet: &Sheet, parts: &mut [Vec<u8>; FILLERS], spare: &Spare) {
    let Some(out) = parts.get_mut(sheet.filler) else { return };
    if out.is_empty() {
        *out = spare.take(EXPECT);
        out.resize(COUNT, 0);
    }
    if let Some(count) = out.first_chunk_mut::<COUNT>() {
        *count = u32::from_le_bytes(*count).saturating_add(batch.rows()).to_le_bytes();
    }
    batch.bind(number as u16, out);
}

/// Adds a single value of the column's own kind; whether it is one.
fn whole(batch: &mut Batch, place: Place, value: &Value<'_>) -> bool {
    let Place { column, kind, pair } = place;
    match (kind, value) {
        (Kind::Text, Value::Str(text)) => batch.text(column, text.as_bytes()),
        (Kind::Text, Value::Ip(ip)) => batch.ip(column, *ip),
        (Kind::Int, Value::Int(n)) => batch.word(column, n.cast_unsigned()),
        (Kind::Time, Value::Time(ts)) => batch.word(column, ts.cast_unsigned()),
        (Kind::Float, Value::Float(n)) => batch.word(column, n.to_bits()),
        (Kind::Float, Value::Geo(lat, lon)) if pair => {
            batch.word(column, lat.to_bits());
            batch.word(column.saturating_add(1), lon.to_bits());
        }
        (Kind::Bool, Value::Bool(flag)) => batch.flag(column, *flag),
        _ => return false,
    }
    true
}

/// Whether the column has less than the value: a list where a single value was declared, a single value
/// where a list was, or a number in a column of texts.
fn odd(place: Place, value: &Value<'_>) -> bool {
    match place.kind {
        Kind::Text => !matches!(value, Value::Str(_) | Value::Ip(_)),
        Kind::Int => !matches!(value, Value::Int(_)),
        Kind::Float => matches!(value, Value::Int(_)),
        Kind::Texts => match value {
            Value::Words(_) => false,
            Value::List(items) => !items.iter().all(|item| matches!(item, Value::Str(_) | Value::Ip(_))),
            _ => true,
        },
        Kind::Ints => !matches!(value, Value::List(_)),
        _ => false,
    }
}

fn ints(batch: &mut Batch, column: u16, value: &Value<'_>) -> bool {
    let one = std::slice::from_ref(value);
    let items = if let Value::List(items) = value { items.as_slice() } else { one };
    if items.len() > MEMBERS || !items.iter().all(|item| matches!(item, Value::Int(_))) {
        return false;
    }
    batch.words(column, items.iter().map(|item| item.as_int().unwrap_or(0)));
    true
}
