//! Columns back to fields: the values of a frame, and the parts of an event that the model keeps apart from
//! its fields.

use super::account::Names;
use super::open::Table;
use super::{MORE, ROW};
use crate::model::{
    Dataset, Endpoint, Event, Field, FieldRef, Origin, Outcome, Seq, Transport, Ts, Type, Value,
};
use crate::schema::Schema;
use polars::prelude::{Column as Frame, DataFrame, DataType, PolarsResult, Series};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Events of a frame with the rows they are.
pub struct Bound {
    /// `netlog.row`.
    pub rows: Vec<i64>,
    /// The events.
    pub events: Vec<Event<'static>>,
}

/// Kinds of events that a case may tell apart by their categories, per data set.
const KINDS: usize = 256;

/// Data sets of one name: protocols have one for what is a log-in and one for the rest, log formats one
/// for each set of categories that a rule gives.
struct Kinds {
    first: &'static Dataset,
    all: Vec<&'static Dataset>,
}

impl Kinds {
    fn new(schema: &Schema, name: &'static str) -> Kinds {
        let known = schema.parts().iter().flat_map(|part| &part.datasets);
        let all: Vec<&'static Dataset> = known.filter(|d| d.name == name).copied().collect();
        let first = all.first().copied().unwrap_or_else(|| {
            let doc = "A data set of a case, of a log format that is not known here.";
            let (category, types): (&[&str], &[&str]) = (&[], &[]);
            Box::leak(Box::new(Dataset { name, category, types, protocol: None, transaction: false, doc }))
        });
        Kinds { first, all }
    }

    /// The one with these categories; made if there is none, and then kept as long as the program runs.
    fn of(&mut self, category: &[String], types: &[String]) -> &'static Dataset {
        let same = |d: &&&'static Dataset| *d.category == *category && *d.types == *types;
        if let Some(known) = self.all.iter().find(same) {
            return known;
        }
        if self.all.len() >= KINDS {
            return self.first;
        }
        let keep = |words: &[String]| -> &'static [&'static str] {
            let words: Vec<&'static str> = words.iter().map(|w| &*w.clone().leak()).collect();
            words.leak()
        };
        let made = Dataset { category: keep(category), types: keep(types), ..*self.first };
        let made: &'static Dataset = Box::leak(Box::new(made));
        self.all.push(made);
        made
    }
}

/// Makes events of one data set.
pub struct Binder<'c> {
    datasets: Kinds,
    fields: BTreeMap<&'c str, FieldRef>,
    schema: &'c Schema,
    sources: &'c BTreeMap<String, u32>,
    /// Number of the first input of the case.
    base: u32,
}

static PLACES: [&str; 2] = [".lat", ".lon"];

impl<'c> Binder<'c> {
    /// For the events of `table`, whose inputs are numbered by `sources`. `None` where the case names more
    /// than can be kept.
    pub fn new(
        table: &'c Table,
        schema: &'c Schema,
        sources: &'c BTreeMap<String, u32>,
        base: u32,
        names: &mut Names,
    ) -> Option<Binder<'c>> {
        let datasets = Kinds::new(schema, names.keep(&table.name)?);
        let mut fields = BTreeMap::new();
        for ((name, _), ty) in table.columns.iter().zip(&table.types) {
            let base = PLACES.iter().find_map(|end| name.strip_suffix(end));
            let place = ty.as_deref() == Some(Type::GeoPoint.name());
            let name = base.filter(|_| place).unwrap_or(name);
            let field = match (schema.get(name), ty) {
                (Some(field), _) => field,
                (None, Some(ty)) => leaked(names.keep(name)?, ty),
                (None, None) => continue,
            };
            fields.insert(name, field);
        }
        Some(Binder { datasets, fields, schema, sources, base })
    }

    /// The events of a frame.
    ///
    /// # Errors
    /// A column of another type than it must be.
    pub fn bind(&mut self, frame: &DataFrame) -> PolarsResult<Bound> {
        let first = self.datasets.first;
        let mut events: Vec<Event<'static>> =
            (0..frame.height()).map(|_| Event::new(first, Origin::default(), 0)).collect();
        let mut rows = vec![0; frame.height()];
        let mut places: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        for column in frame.columns() {
            let name = column.name().as_str();
            if name == ROW {
                for (slot, row) in rows.iter_mut().zip(column.i64()?.iter()) {
                    *slot = row.unwrap_or(0);
                }
            } else if name == MORE {
                for (event, text) in events.iter_mut().zip(column.str()?.iter()) {
                    if let Some(text) = text {
                        self.more(event, text);
                    }
                }
            } else if let Some(place) = name.strip_suffix(PLACES[0]).filter(|p| self.is_place(p)) {
                places.insert(place, column.f64()?.iter().collect());
            } else if let Some(place) = name.strip_suffix(PLACES[1]).filter(|p| self.is_place(p)) {
                let lat = places.remove(place).unwrap_or_default();
                let Some(&field) = self.fields.get(place) else { continue };
                for ((event, lat), lon) in events.iter_mut().zip(lat).zip(column.f64()?.iter()) {
                    event.fields.extend(lat.zip(lon).map(|(lat, lon)| (field, Value::Geo(lat, lon))));
                }
            } else if let Some(&field) = self.fields.get(name) {
                fill(&mut events, field, column)?;
            }
        }
        for (event, row) in events.iter_mut().zip(&rows) {
            self.complete(event, *row);
        }
        Ok(Bound { rows, events })
    }

    fn is_place(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|field| field.ty == Type::GeoPoint)
    }

    /// What had no column of its own replaces what stands in one.
    fn more(&self, event: &mut Event<'static>, text: &str) {
        let Ok(serde_json::Value::Object(members)) = serde_json::from_str(text) else { return };
        for (name, value) in members {
            let Some(field) = self.fields.get(name.as_str()).copied().or_else(|| self.schema.get(&name))
            else {
                continue;
            };
            event.fields.retain(|(known, _)| known.name != name);
            event.fields.push((field, typed(field.ty, json(value))));
        }
    }

    /// Fills what the model keeps apart: times, ends, outcome, the way back to the evidence.
    fn complete(&mut self, event: &mut Event<'static>, row: i64) {
        let (mut source, mut destination) = (Endpoint::default(), Endpoint::default());
        let mut origin = Origin::default();
        let (mut category, mut types) = (Vec::new(), Vec::new());
        for (field, value) in &event.fields {
            match field.name {
                "@timestamp" => event.ts = time(value).unwrap_or(0),
                "event.category" => category = words(value),
                "event.type" => types = words(value),
                "event.end" => event.end = time(value),
                "event.outcome" => event.outcome = outcome(value),
                "network.transport" => event.transport = value.as_str().and_then(transport),
                "source.ip" => source.ip = value.as_ip(),
                "source.port" => source.port = int(value),
                "source.mac" => source.mac = value.as_str().and_then(mac),
                "source.bytes" => source.bytes = int(value),
                "source.packets" => source.packets = int(value),
                "destination.ip" => destination.ip = value.as_ip(),
                "destination.port" => destination.port = int(value),
                "destination.mac" => destination.mac = value.as_str().and_then(mac),
                "destination.bytes" => destination.bytes = int(value),
                "destination.packets" => destination.packets = int(value),
                "log.offset" => origin.offset = int(value).unwrap_or(0),
                "netlog.packet" | "netlog.line" => origin.record = int(value).unwrap_or(0),
                "log.file.path" => {
                    let known = value.as_str().and_then(|path| self.sources.get(path));
                    origin.source = known.copied().unwrap_or(self.base);
                }
                _ => {}
            }
        }
        event.dataset = self.datasets.of(&category, &types);
        (event.source, event.destination, event.origin) = (source, destination, origin);
        let record = u64::try_from(row).unwrap_or(0);
        event.seq = Seq { source: self.base, record, sub: 0 };
    }
}

fn leaked(name: &'static str, ty: &str) -> FieldRef {
    let all = [
        Type::Wildcard,
        Type::Text,
        Type::Long,
        Type::Double,
        Type::Boolean,
        Type::Ip,
        Type::Date,
        Type::GeoPoint,
        Type::Object,
        Type::Flattened,
    ];
    let ty = all.into_iter().find(|t| t.name() == ty).unwrap_or(Type::Keyword);
    Box::leak(Box::new(Field { name, ty, doc: "A field of a log format that is not known here." }))
}

/// Appends the values of a column to the events that have one.
fn fill(events: &mut [Event<'static>], field: FieldRef, column: &Frame) -> PolarsResult<()> {
    match column.dtype() {
        DataType::Int64 => put(events, field, column.i64()?.iter().map(|n| n.map(Value::Int))),
        DataType::Float64 => put(events, field, column.f64()?.iter().map(|n| n.map(Value::Float))),
        DataType::Boolean => put(events, field, column.bool()?.iter().map(|flag| flag.map(Value::Bool))),
        DataType::Datetime(..) => {
            put(events, field, column.datetime()?.physical().iter().map(|ts| ts.map(Value::Time)));
        }
        DataType::List(_) => {
            let lists = column.list()?;
            let all = (0..lists.len()).map(|at| members(field.ty, &lists.get_as_series(at)?));
            put(events, field, all);
        }
        _ if matches!(field.ty, Type::Object | Type::Flattened) => {
            let parsed = |text: &str| {
                serde_json::from_str(text).map_or_else(|_| Value::Str(Cow::Owned(text.to_owned())), json)
            };
            put(events, field, column.str()?.iter().map(|text| text.map(parsed)));
        }
        _ => put(events, field, column.str()?.iter().map(|text| text.map(|text| text_of(field.ty, text)))),
    }
    Ok(())
}

fn put(events: &mut [Event<'static>], field: FieldRef, values: impl Iterator<Item = Option<Value<'static>>>) {
    for (event, value) in events.iter_mut().zip(values) {
        event.fields.extend(value.map(|value| (field, value)));
    }
}

fn members(ty: Type, items: &Series) -> Option<Value<'static>> {
    let list = match items.dtype() {
        DataType::Int64 => items.i64().ok()?.iter().flatten().map(Value::Int).collect(),
        _ => items.str().ok()?.iter().flatten().map(|text| text_of(ty, text)).collect(),
    };
    Some(Value::List(list))
}

/// A text as the field's type has it: an address where it is spelled as netlog spells it.
fn text_of(ty: Type, text: &str) -> Value<'static> {
    let ip = (ty == Type::Ip).then(|| text.parse::<IpAddr>().ok()).flatten();
    match ip.filter(|ip| ip.to_string() == text) {
        Some(ip) => Value::Ip(ip),
        None => Value::Str(Cow::Owned(text.to_owned())),
    }
}

fn typed(ty: Type, value: Value<'static>) -> Value<'static> {
    match value {
        Value::Str(text) => text_of(ty, &text),
        Value::List(items) => Value::List(items.into_iter().map(|item| typed(ty, item)).collect()),
        other => other,
    }
}

fn json(value: serde_json::Value) -> Value<'static> {
    match value {
        serde_json::Value::Null => Value::Float(f64::NAN),
        serde_json::Value::Bool(flag) => Value::Bool(flag),
        serde_json::Value::Number(n) => {
            n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        serde_json::Value::String(text) => Value::Str(Cow::Owned(text)),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(json).collect()),
        serde_json::Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (Cow::Owned(name), json(value))).collect())
        }
    }
}

const fn time(value: &Value<'_>) -> Option<Ts> {
    match value {
        Value::Time(ts) => Some(*ts),
        _ => None,
    }
}

fn int<T: TryFrom<i64>>(value: &Value<'_>) -> Option<T> {
    T::try_from(value.as_int()?).ok()
}

fn words(value: &Value<'_>) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn outcome(value: &Value<'_>) -> Outcome {
    match value.as_str() {
        Some("success") => Outcome::Success,
        Some("failure") => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

fn transport(name: &str) -> Option<Transport> {
    Some(match name {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "icmp" => Transport::Icmp,
        "ipv6-icmp" => Transport::Icmp6,
        "sctp" => Transport::Sctp,
        other => Transport::Other(other.parse().ok()?),
    })
}

/// `00-00-5E-00-53-23`, RFC 7042.
fn mac(text: &str) -> Option<[u8; 6]> {
    let mut out = [0; 6];
    let mut parts = text.split('-');
    for slot in &mut out {
        *slot = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(out)
}
