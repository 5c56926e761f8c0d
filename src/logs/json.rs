//! JSON rules: a line that is an object, its members to fields by their dotted path.
//!
//! Members may be nested or named with dots, which is the same to a rule. What a rule does not map, or
//! what is not of its field's type, is kept in `netlog.other` under its path.

mod halves;

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::spec::JsonSpec;
use super::target::{Capture, Target};
use super::time::Form;
use crate::model::{FieldRef, Type, Value};
use halves::without_halves;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A JSON rule.
#[derive(Debug)]
pub(super) struct JsonRule {
    need: Vec<String>,
    lack: Vec<String>,
    map: BTreeMap<String, Slot>,
    /// Paths that lead to a mapped member.
    inner: BTreeSet<String>,
    other: FieldRef,
    /// What follows the object is not looked at.
    tail: bool,
}

/// Where a member goes.
#[derive(Debug)]
struct Slot {
    capture: Capture,
    /// The stamp is told by its value: ISO 8601, or a number whose size gives its unit.
    any_stamp: bool,
}

impl JsonRule {
    /// Compiles a rule of format `format`; `file` and `place` are for messages.
    pub fn new(
        table: &Table,
        format: &str,
        file: &str,
        place: &str,
        spec: &JsonSpec,
    ) -> Result<JsonRule, PatternError> {
        let mut map = BTreeMap::new();
        if spec.ecs {
            for field in table.fields() {
                if let Ok(target) = Target::of(table, file, place, field.name) {
                    let capture = Capture { target, check: table.check(format, field.name) };
                    map.insert(field.name.to_owned(), Slot { capture, any_stamp: false });
                }
            }
        }
        for (path, field) in &spec.map {
            let capture = Capture::named(table, format, file, place, field)?;
            let any_stamp = matches!(field.as_str(), "@timestamp" | "event.start" | "event.end");
            map.insert(path.clone(), Slot { capture, any_stamp });
        }
        let inner = map
            .keys()
            .flat_map(|path| path.match_indices('.').filter_map(|(at, _)| path.get(..at)).map(str::to_owned));
        Ok(JsonRule {
            need: spec.need.clone(),
            lack: spec.lack.clone(),
            inner: inner.collect(),
            map,
            other: table.need(file, place, "netlog.other")?,
            tail: spec.tail,
        })
    }

    /// Fields it can fill.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.map.values().map(|slot| &slot.capture)
    }

    /// Matches an object with the members that the rule needs; else the draft is as before.
    pub fn apply<'a>(&self, text: &'a str, null: &[String], draft: &mut Draft<'a>) -> bool {
        // No parser is needed to miss names.
        let last = |path: &str| path.rsplit('.').next().is_none_or(|name| text.contains(name));
        if !self.need.iter().all(|paths| paths.split('|').any(last)) {
            return false;
        }
        match self.object(text) {
            Some(members) => self.take(members, null, draft),
            None => without_halves(text).is_some_and(|text| {
                // What is not a part of the line has a draft of its own.
                let mut own = Draft::default();
                let is_one = self.object(&text).is_some_and(|members| self.take(members, null, &mut own));
                if is_one {
                    draft.merge(own);
                }
                is_one
            }),
        }
    }

    /// The members of the object that a text is.
    fn object<'a>(&self, text: &'a str) -> Option<Members<'a>> {
        let mut reader = serde_json::Deserializer::from_str(text.trim());
        let Ok(Json::Object(members)) = Json::deserialize(&mut reader) else { return None };
        (self.tail || reader.end().is_ok()).then_some(members)
    }

    /// Keeps the members if those are there that the rule needs.
    fn take<'a>(&self, members: Members<'a>, null: &[String], draft: &mut Draft<'a>) -> bool {
        let there = |paths: &String| paths.split('|').any(|path| has(&members, path));
        if !self.need.iter().all(there) || self.lack.iter().any(there) {
            return false;
        }
        let mut others = Vec::new();
        self.walk(&mut String::new(), members, null, draft, &mut others);
        if !others.is_empty() {
            draft.fields.push((self.other, Value::Object(others)));
        }
        true
    }

    fn walk<'a>(
        &self,
        path: &mut String,
        members: Members<'a>,
        null: &[String],
        draft: &mut Draft<'a>,
        others: &mut Vec<(Cow<'a, str>, Value<'a>)>,
    ) {
        let before = path.len();
        for (name, value) in members {
            if before > 0 {
                path.push('.');
            }
            path.push_str(&name);
            let slot = self.map.get(path.as_str());
            match value {
                Json::Null => {}
                Json::Text(text) if text.is_empty() || null.iter().any(|n| *n == text) => {}
                // serde_json bounds the depth.
                Json::Object(inner) if self.inner.contains(path.as_str()) => {
                    self.walk(path, inner, null, draft, others);
                }
                Json::Array(mut items) if slot.is_none() && self.inner.contains(&format!("{path}[]")) => {
                    // A list of objects: its first fills fields, the others are kept.
                    let first = items.iter().position(|item| matches!(item, Json::Object(_)));
                    if let Some(Json::Object(inner)) = first.map(|at| items.remove(at)) {
                        path.push_str("[]");
                        self.walk(path, inner, null, draft, others);
                    }
                    if !items.is_empty() {
                        others.push((Cow::Owned(path.clone()), Json::Array(items).into_value()));
                    }
                }
                value => {
                    if let Some(left) = slot.map_or(Some(value.clone()), |slot| slot.put(value, draft)) {
                        let key = if before == 0 { name } else { Cow::Owned(path.clone()) };
                        others.push((key, left.into_value()));
                    }
                }
            }
            path.truncate(before);
        }
    }
}

/// Whether a member is there, nested or with a dotted name.
fn has(members: &Members<'_>, path: &str) -> bool {
    if let Some((_, value)) = members.iter().find(|(name, _)| name == path) {
        return !matches!(value, Json::Null);
    }
    path.match_indices('.').any(|(at, _)| {
        let (Some(first), Some(rest)) = (path.get(..at), path.get(at + 1..)) else { return false };
        let mut named = members.iter().filter(|(name, _)| name == first);
        named.any(|(_, value)| matches!(value, Json::Object(inner) if has(inner, rest)))
    })
}

impl Slot {
    /// Keeps a value; gives it back if it is not of the field's type.
    fn put<'a>(&self, value: Json<'a>, draft: &mut Draft<'a>) -> Option<Json<'a>> {
        let direct = match self.capture.target {
            Target::Field(field) if self.capture.check.is_none() => Some(field),
            _ => None,
        };
        match (value, direct) {
            (Json::Text(Cow::Borrowed(text)), _) => {
                (!self.text(text, draft)).then_some(Json::Text(Cow::Borrowed(text)))
            }
            (Json::Int(n), Some(field)) if field.ty == Type::Long => {
                draft.fields.push((field, Value::Int(n)));
                None
            }
            (Json::Bool(b), Some(field)) if field.ty == Type::Boolean => {
                draft.fields.push((field, Value::Bool(b)));
                None
            }
            (Json::Array(items), Some(field)) if field.ty == Type::Keyword && !items.is_empty() => {
                let items = items.into_iter().map(Json::into_value).collect();
                draft.fields.push((field, Value::List(items)));
                None
            }
            // As journald writes texts that are not UTF-8.
            (Json::Array(items), Some(field)) if field.ty == Type::Text && !items.is_empty() => {
                match bytes(&items) {
                    Some(text) => draft.fields.push((field, Value::Str(Cow::Owned(text)))),
                    None => return Some(Json::Array(items)),
                }
                None
            }
            // A list of addresses: the first is who asked, the others passed it on.
            (Json::Array(mut items), None) if matches!(items.first(), Some(Json::Text(_))) => {
                let first = self.put(items.remove(0), draft);
                items.splice(0..0, first);
                (!items.is_empty()).then_some(Json::Array(items))
            }
            (value @ (Json::Object(_) | Json::Array(_)), _) => Some(value),
            (value, _) => {
                // What is not a part of the line has a draft of its own.
                let text = value.text();
                let mut own = Draft::default();
                if !self.text(&text, &mut own) {
                    return Some(value);
                }
                draft.merge(own);
                None
            }
        }
    }

    fn text<'t>(&self, text: &'t str, draft: &mut Draft<'t>) -> bool {
        if !self.any_stamp {
            return draft.put(&self.capture, text);
        }
        let forms = match text.bytes().take_while(u8::is_ascii_digit).count() {
            n if n < 9 => [Form::Iso8601, Form::Rfc3164, Form::HttpDate],
            9..=11 => [Form::Epoch, Form::Iso8601, Form::HttpDate],
            12..=14 => [Form::EpochMs, Form::Epoch, Form::HttpDate],
            15..=17 => [Form::EpochUs, Form::Epoch, Form::HttpDate],
            _ => [Form::EpochNs, Form::Epoch, Form::HttpDate],
        };
        forms.into_iter().any(|form| {
            let target = match self.capture.target {
                Target::End(_) => Target::End(form),
                Target::Start(_) => Target::Start(form),
                _ => Target::Time(form),
            };
            draft.put(&Capture { target, check: None }, text)
        })
    }
}

/// The text of a list of bytes; what is no UTF-8 is replaced.
fn bytes(items: &[Json<'_>]) -> Option<String> {
    let byte = |item: &Json<'_>| if let Json::Int(n) = item { u8::try_from(*n).ok() } else { None };
    let bytes = items.iter().map(byte).collect::<Option<Vec<u8>>>()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A JSON value that borrows from the line where it can.
#[derive(Clone, Debug, PartialEq)]
enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Members<'a>),
}

/// Members of an object as they stand.
type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl<'a> Json<'a> {
    fn into_value(self) -> Value<'a> {
        match self {
            Json::Null => Value::text("null"),
            Json::Bool(b) => Value::Bool(b),
            Json::Int(n) => Value::Int(n),
            Json::Float(f) => Value::Float(f),
            Json::Text(text) => Value::Str(text),
            Json::Array(items) => Value::List(items.into_iter().map(Json::into_value).collect()),
            Json::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name, value.into_value())).collect())
            }
        }
    }

    /// A scalar as text.
    fn text(&self) -> Cow<'a, str> {
        match self {
            Json::Text(text) => text.clone(),
            Json::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
            Json::Int(n) => Cow::Owned(n.to_string()),
            Json::Float(f) => Cow::Owned(f.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => Cow::Borrowed(""),
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Reader)? {
            Json::Text(text) => Ok(Name(text)),
            other => Ok(Name(Cow::Owned(other.text().into_owned()))),
        }
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(b))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Json<'de>, E> {
        Ok(Json::Int(n))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Json<'de>, E> {
        // Beyond 63 bits the digits are kept as text.
        Ok(i64::try_from(n).map_or_else(|_| Json::Text(Cow::Owned(n.to_string())), Json::Int))
    }
    fn visit_f64<E>(self, f: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(f))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}
