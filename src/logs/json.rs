//! JSON rules: a line that is an object, its members to fields by their dotted path.
//!
//! Members may be nested or named with dots, which is the same to a rule. What a rule does not map, or
//! what is not of its field's type, is kept in `netlog.other` under its path.

mod best;
mod halves;
mod value;

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::spec::JsonSpec;
use super::target::{Capture, Target};
use super::time::Form;
use crate::model::{FieldRef, Type, Value};
use best::{Left, Rank};
use halves::without_halves;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use value::{Json, Members};

/// Names of the Elastic Common Schema that no format declares, since they are members of every event.
const ENDS: [&str; 14] = [
    "@timestamp",
    "event.end",
    "event.outcome",
    "network.transport",
    "source.address",
    "source.ip",
    "source.port",
    "source.bytes",
    "source.packets",
    "destination.address",
    "destination.ip",
    "destination.port",
    "destination.bytes",
    "destination.packets",
];

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
    /// How it compares with other members of the same field.
    rank: Option<Rank>,
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
                    map.insert(field.name.to_owned(), Slot::of(capture, field.name, None));
                }
            }
            for name in ENDS {
                let capture = Capture::named(table, format, file, place, name)?;
                map.insert(name.to_owned(), Slot::of(capture, name, None));
            }
        }
        for (path, field) in &spec.map {
            map.insert(
                path.clone(),
                Slot::of(Capture::named(table, format, file, place, field)?, field, None),
            );
        }
        for (group, (field, paths)) in spec.best.iter().enumerate() {
            let capture = Capture::named(table, format, file, place, field)?;
            for (place, path) in paths.iter().enumerate() {
                let slot = Slot::of(capture.clone(), field, Some(Rank { group, place }));
                map.insert(path.clone(), slot);
            }
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
        // Of several members of a field one fills it.
        let fills = |slot: &&Slot| slot.rank.is_none_or(|rank| rank.place == 0);
        self.map.values().filter(fills).map(|slot| &slot.capture)
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
        let mut left = Left::default();
        self.walk(&mut String::new(), members, null, draft, &mut left);
        let others = left.settle(draft);
        if !others.is_empty() {
            draft.fields.push((self.other, Value::Object(others)));
        }
        true
    }

    fn walk<'r, 'a>(
        &'r self,
        path: &mut String,
        members: Members<'a>,
        null: &[String],
        draft: &mut Draft<'a>,
        left: &mut Left<'r, 'a>,
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
                    self.walk(path, inner, null, draft, left);
                }
                Json::Array(mut items) if slot.is_none() && self.inner.contains(&format!("{path}[]")) => {
                    // A list of objects: its first fills fields, the others are kept.
                    let first = items.iter().position(|item| matches!(item, Json::Object(_)));
                    if let Some(Json::Object(inner)) = first.map(|at| items.remove(at)) {
                        path.push_str("[]");
                        self.walk(path, inner, null, draft, left);
                    }
                    if !items.is_empty() {
                        left.others.push((Cow::Owned(path.clone()), Json::Array(items).into_value()));
                    }
                }
                value => {
                    let key = if before == 0 { name } else { Cow::Owned(path.clone()) };
                    left.take(key, value, slot, draft);
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
    /// Where a member of the field goes that a format file names so.
    fn of(capture: Capture, field: &str, rank: Option<Rank>) -> Slot {
        let any_stamp = matches!(field, "@timestamp" | "event.start" | "event.end");
        Slot { capture, any_stamp, rank }
    }

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
            return !self.capture.is_impossible(text) && draft.put(&self.capture, text);
        }
        // As .NET and PowerShell write milliseconds.
        let text = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")).unwrap_or(text);
        let forms: &[Form] = match text.bytes().take_while(u8::is_ascii_digit).count() {
            n if n < 9 => &[Form::Iso8601, Form::Rfc3164, Form::HttpDate, Form::Slashed, Form::Asctime],
            9..=11 => &[Form::Epoch, Form::Iso8601],
            12..=14 => &[Form::EpochMs, Form::Epoch],
            15..=17 => &[Form::EpochUs, Form::Epoch],
            _ => &[Form::EpochNs, Form::Epoch],
        };
        forms.iter().copied().any(|form| {
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
