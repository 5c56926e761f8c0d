//! Values that hardly change from event to event of one shape (categories, states, the names of places and
//! networks) are written once; from then on the bytes are copied as long as the values are the same.

use super::plan::{Part, Text};
use super::value::Writer;
use crate::model::{FieldRef, Value};
use std::borrow::Cow;

/// Sets of values remembered per run.
const SLOTS: usize = 64;
/// Longest text that is remembered, bytes.
const LONGEST: usize = 128;
/// Lookups after which a run whose values change too often is given up.
const TRIAL: u32 = 64;

/// Whether a value is likely to come again: it lives outside the event, or is one of few.
pub fn recurs(value: &Value<'_>) -> bool {
    match value {
        Value::Str(Cow::Borrowed(text)) => text.len() <= LONGEST,
        Value::Bool(_) | Value::Geo(..) | Value::Words(_) => true,
        _ => false,
    }
}

/// Values and what they are written as, with what stands between them.
#[derive(Debug)]
struct Memo {
    values: Box<[Value<'static>]>,
    text: Box<[u8]>,
}

/// Neighbours in the output whose values recur.
#[derive(Debug)]
pub struct Run {
    parts: Vec<Part>,
    slots: Vec<Option<Memo>>,
    looked: u32,
    missed: u32,
}

impl Run {
    /// A run of these parts.
    pub fn new(parts: Vec<Part>) -> Run {
        Run { parts, slots: vec![None], looked: 0, missed: 0 }
    }

    /// Appends the run. Returns whether something was remembered that was not before.
    pub fn push(
        &mut self,
        out: &mut Vec<u8>,
        text: &Text,
        fields: &[(FieldRef, Value<'_>)],
        writer: &mut Writer,
    ) -> bool {
        let values = || self.parts.iter().filter_map(|part| Some(&fields.get(part.field)?.1));
        let hash = values().fold(0, |hash, value| mix(hash ^ quick(value)));
        let slot = (hash >> 40) as usize & (self.slots.len() - 1);
        if self.looked >= 4 * TRIAL {
            (self.looked, self.missed) = (0, 0);
        }
        self.looked += 1;
        if let Some(Some(memo)) = self.slots.get(slot)
            && memo.values.iter().zip(values()).all(|(known, value)| same(known, value))
        {
            out.extend_from_slice(&memo.text);
            return false;
        }
        self.missed += 1;
        let from = out.len();
        let mut short = true;
        for part in &self.parts {
            text.push(out, part);
            if let Some((_, value)) = fields.get(part.field) {
                short &= value.as_str().is_none_or(|text| text.len() <= LONGEST);
                writer.push(out, value);
            }
        }
        if !short {
            return false;
        }
        let memo = Memo {
            values: values().map(|value| value.clone().into_owned()).collect(),
            text: out.get(from..).unwrap_or_default().into(),
        };
        if self.slots.get(slot).is_some_and(Option::is_some) && self.slots.len() < SLOTS {
            let room = 4 * self.slots.len();
            self.slots.clear();
            self.slots.resize_with(room, || None);
        }
        let slot = (hash >> 40) as usize & (self.slots.len() - 1);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(memo);
        }
        true
    }

    /// Whether remembering does not pay: of so many lookups, more than half found nothing.
    pub const fn fails(&self) -> bool {
        self.looked >= TRIAL && self.missed > self.looked / 2
    }

    /// The parts, one by one.
    pub fn into_parts(self) -> Vec<Part> {
        self.parts
    }
}

const fn mix(word: u64) -> u64 {
    word.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

/// A number that tells values apart mostly. Where a text lies says nothing certain of what it is, but the
/// same text mostly lies at the same place.
fn quick(value: &Value<'_>) -> u64 {
    match value {
        Value::Str(text) => text.as_ptr().addr() as u64 ^ (text.len() as u64) << 48,
        Value::Words(words) => words.as_ptr().addr() as u64 ^ (words.len() as u64) << 48,
        Value::Bool(flag) => u64::from(*flag),
        Value::Geo(lat, lon) => lat.to_bits() ^ lon.to_bits().rotate_left(32),
        _ => 0,
    }
}

/// Equality of what [`recurs`], to the last bit.
fn same(known: &Value<'_>, value: &Value<'_>) -> bool {
    match (known, value) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Words(a), Value::Words(b)) => std::ptr::eq(*a, *b),
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Geo(a, b), Value::Geo(c, d)) => a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits(),
        _ => false,
    }
}
