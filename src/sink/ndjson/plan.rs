//! Events of one kind mostly carry the same fields in the same order. That sequence (the *shape*) is
//! worked out once: in which order the fields are written, and the bytes between two values, which
//! close the objects that end and open those that begin.

use super::super::escape::json;
use super::memo::{Run, recurs};
use super::value::Writer;
use crate::model::{FieldRef, Value};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::cmp::Reverse;

/// Shapes kept; a run has some hundreds, an input that varies its fields on purpose starts anew.
const SHAPES: usize = 4096;
/// Sets of values remembered by all shapes before all are forgotten.
const MEMOS: usize = 1 << 14;
/// Fragments up to this length are copied as a whole, which needs no call.
const CHUNK: usize = 32;

type Fields<'f, 'a> = &'f [(FieldRef, Value<'a>)];

/// Shapes met so far.
#[derive(Debug, Default)]
pub struct Plans {
    known: HashMap<u64, Plan, FixedState>,
    memos: usize,
}

impl Plans {
    /// Appends the event with these fields in this order.
    pub fn push(&mut self, out: &mut Vec<u8>, fields: Fields<'_, '_>, writer: &mut Writer) {
        let hash = shape(fields);
        if self.memos >= MEMOS || (self.known.len() >= SHAPES && !self.known.contains_key(&hash)) {
            self.known.clear();
            self.memos = 0;
        }
        let plan = self.known.entry(hash).or_insert_with(|| Plan::new(fields));
        if !plan.fits(fields) {
            *plan = Plan::new(fields);
        }
        self.memos += plan.push(out, fields, writer);
    }
}

/// How a value is written, as far as the bytes around it depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// By itself.
    Plain,
    /// Between quotes, which belong to the fragments around it.
    Quoted,
    /// It is likely to come again.
    Recurring,
}

fn form(value: &Value<'_>) -> Form {
    match value {
        value if recurs(value) => Form::Recurring,
        Value::Str(_) | Value::Ip(_) | Value::Time(_) => Form::Quoted,
        _ => Form::Plain,
    }
}

/// A field and the form of its value in one number: fields are aligned to more than the number of forms.
fn tag(field: FieldRef, value: &Value<'_>) -> usize {
    std::ptr::from_ref(field).addr() | form(value) as usize
}

/// Four lanes, so that no multiplication waits for the one before.
fn shape(fields: Fields<'_, '_>) -> u64 {
    let step = |hash: u64, (field, value): &(FieldRef, Value<'_>)| {
        (hash.rotate_left(5) ^ tag(field, value) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let mut lanes = [fields.len() as u64, 1, 2, 3];
    let (fours, rest) = fields.as_chunks::<4>();
    for four in fours {
        for (lane, field) in lanes.iter_mut().zip(four) {
            *lane = step(*lane, field);
        }
    }
    let tail = rest.iter().fold(0, step);
    lanes.into_iter().fold(tail, |hash, lane| (hash ^ lane).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The bytes between values, with some more at the end so that any of them can be copied in one piece.
#[derive(Debug, Default)]
pub struct Text(Vec<u8>);

impl Text {
    /// Appends what stands before the value of `part`.
    #[inline]
    pub fn push(&self, out: &mut Vec<u8>, part: &Part) {
        let Some(from) = self.0.get(part.from..) else { return };
        match from.first_chunk::<CHUNK>() {
            Some(chunk) if part.len <= CHUNK => {
                out.extend_from_slice(chunk);
                out.truncate(out.len() - (CHUNK - part.len));
            }
            _ => out.extend_from_slice(from.get(..part.len).unwrap_or_default()),
        }
    }
}

/// One value: the bytes before it and its place among the event's fields.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    from: usize,
    len: usize,
    /// Index into the event's fields.
    pub field: usize,
    quoted: bool,
}

/// What is written next.
#[derive(Debug)]
enum Step {
    One(Part),
    Run(Run),
}

/// How events of one shape are written.
#[derive(Debug)]
struct Plan {
    shape: Vec<usize>,
    text: Text,
    steps: Vec<Step>,
    /// Behind the last value.
    tail: Part,
}

impl Plan {
    fn new(fields: Fields<'_, '_>) -> Plan {
        let mut order: Vec<usize> = (0..fields.len()).collect();
        let name = |i: &usize| fields.get(*i).map_or("", |(field, _)| field.name);
        // A field named twice is written once, with what was appended last.
        order.sort_by_cached_key(|i| (key(name(i)).collect::<Vec<_>>(), Reverse(*i)));
        order.dedup_by(|a, b| name(a) == name(b));
        let mut text = Vec::new();
        let (mut steps, mut run) = (Vec::with_capacity(order.len()), Vec::new());
        let (mut open, mut quoted): (Vec<&str>, bool) = (Vec::new(), false);
        for field in order {
            let form = fields.get(field).map_or(Form::Plain, |(_, value)| form(value));
            let from = text.len();
            text.resize(from + usize::from(quoted), b'"');
            lead(&mut text, &mut open, name(&field), from == 0);
            quoted = form == Form::Quoted;
            text.resize(text.len() + usize::from(quoted), b'"');
            let part = Part { from, len: text.len() - from, field, quoted };
            if form == Form::Recurring {
                run.push(part);
                continue;
            }
            flush(&mut run, &mut steps);
            steps.push(Step::One(part));
        }
        flush(&mut run, &mut steps);
        let from = text.len();
        text.resize(from + usize::from(quoted), b'"');
        if from == 0 {
            text.push(b'{');
        }
        text.resize(text.len() + open.len() + 1, b'}');
        text.push(b'\n');
        let tail = Part { from, len: text.len() - from, field: 0, quoted: false };
        text.resize(text.len() + CHUNK, 0);
        let shape = fields.iter().map(|(field, value)| tag(field, value)).collect();
        Plan { shape, text: Text(text), steps, tail }
    }

    fn fits(&self, fields: Fields<'_, '_>) -> bool {
        self.shape.len() == fields.len()
            && self.shape.iter().zip(fields).all(|(known, (field, value))| *known == tag(field, value))
    }

    /// Appends an event that fits. Returns how many sets of values were remembered for the next ones.
    fn push(&mut self, out: &mut Vec<u8>, fields: Fields<'_, '_>, writer: &mut Writer) -> usize {
        let (mut memos, mut failed) = (0, false);
        for step in &mut self.steps {
            match step {
                Step::One(part) => {
                    self.text.push(out, part);
                    match fields.get(part.field) {
                        Some((_, value)) if part.quoted => writer.push_bare(out, value),
                        Some((_, value)) => writer.push(out, value),
                        None => {}
                    }
                }
                Step::Run(run) => {
                    memos += usize::from(run.push(out, &self.text, fields, writer));
                    failed |= run.fails();
                }
            }
        }
        self.text.push(out, &self.tail);
        if failed {
            self.steps = std::mem::take(&mut self.steps).into_iter().flat_map(Step::split).collect();
        }
        memos
    }
}

impl Step {
    /// What takes the place of a run that failed: its parts alone, of which some may still pay.
    fn split(self) -> Vec<Step> {
        match self {
            Step::Run(run) if run.fails() => {
                let parts = run.into_parts();
                let alone = parts.len() == 1;
                let step = |part| if alone { Step::One(part) } else { Step::Run(Run::new(vec![part])) };
                parts.into_iter().map(step).collect()
            }
            step => vec![step],
        }
    }
}

fn flush(run: &mut Vec<Part>, steps: &mut Vec<Step>) {
    if !run.is_empty() {
        steps.push(Step::Run(Run::new(std::mem::take(run))));
    }
}

/// What stands between the last value and the one called `name`; `open` are the objects around it.
fn lead<'n>(text: &mut Vec<u8>, open: &mut Vec<&'n str>, name: &'n str, first: bool) {
    let mut parts: Vec<&str> = name.split('.').collect();
    let leaf = parts.pop().unwrap_or_default();
    let shared = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    text.resize(text.len() + open.len() - shared, b'}');
    text.push(if first { b'{' } else { b',' });
    open.truncate(shared);
    for part in parts.into_iter().skip(shared) {
        json::push_string(text, part);
        text.extend_from_slice(b":{");
        open.push(part);
    }
    json::push_string(text, leaf);
    text.push(b':');
}

/// Sorts part by part, so that what shares a prefix stands together; the time comes first.
fn key(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(if name == "@timestamp" { "" } else { "1" }).chain(name.split('.'))
}
