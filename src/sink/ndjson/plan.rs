//! Events of one kind mostly carry the same fields in the same order. That sequence (the *shape*) is
//! worked out once: in which order the fields are written, and the bytes between two values, which
//! close the objects that end and open those that begin.

use super::super::escape::json;
use crate::model::{FieldRef, Value};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::cmp::Reverse;

/// Shapes kept; a run has some hundreds, an input that varies its fields on purpose starts anew.
const SHAPES: usize = 4096;

/// Shapes met so far.
#[derive(Debug, Default)]
pub struct Plans {
    known: HashMap<u64, Plan, FixedState>,
}

impl Plans {
    /// The plan for events with these fields in this order.
    pub fn plan(&mut self, fields: &[(FieldRef, Value<'_>)]) -> &Plan {
        let hash = shape(fields);
        if self.known.len() >= SHAPES && !self.known.contains_key(&hash) {
            self.known.clear();
        }
        let plan = self.known.entry(hash).or_insert_with(|| Plan::new(fields));
        if !plan.fits(fields) {
            *plan = Plan::new(fields);
        }
        plan
    }
}

fn address(field: FieldRef) -> usize {
    std::ptr::from_ref(field).addr()
}

/// Four lanes, so that no multiplication waits for the one before.
fn shape(fields: &[(FieldRef, Value<'_>)]) -> u64 {
    let step = |hash: u64, field: FieldRef| {
        (hash.rotate_left(5) ^ address(field) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let mut lanes = [fields.len() as u64, 1, 2, 3];
    let (fours, rest) = fields.as_chunks::<4>();
    for four in fours {
        for (lane, (field, _)) in lanes.iter_mut().zip(four) {
            *lane = step(*lane, field);
        }
    }
    let tail = rest.iter().fold(0, |hash, (field, _)| step(hash, field));
    lanes.into_iter().fold(tail, |hash, lane| (hash ^ lane).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// How events of one shape are written.
#[derive(Debug)]
pub struct Plan {
    shape: Vec<usize>,
    text: Vec<u8>,
    /// The values in output order.
    pub steps: Vec<Step>,
    tail: usize,
}

/// One value: the bytes before it and its place among the event's fields.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    from: usize,
    to: usize,
    /// Index into the event's fields.
    pub field: usize,
}

impl Plan {
    fn new(fields: &[(FieldRef, Value<'_>)]) -> Plan {
        let mut order: Vec<usize> = (0..fields.len()).collect();
        let name = |i: &usize| fields.get(*i).map_or("", |(field, _)| field.name);
        // A field named twice is written once, with what was appended last.
        order.sort_by_cached_key(|i| (key(name(i)).collect::<Vec<_>>(), Reverse(*i)));
        order.dedup_by(|a, b| name(a) == name(b));
        let mut plan = Plan {
            shape: fields.iter().map(|(field, _)| address(field)).collect(),
            text: Vec::new(),
            steps: Vec::with_capacity(order.len()),
            tail: 0,
        };
        let mut open: Vec<&str> = Vec::new();
        for field in order {
            let from = plan.text.len();
            plan.lead(&mut open, name(&field), from == 0);
            plan.steps.push(Step { from, to: plan.text.len(), field });
        }
        plan.tail = plan.text.len();
        if plan.tail == 0 {
            plan.text.push(b'{');
        }
        plan.text.resize(plan.text.len() + open.len() + 1, b'}');
        plan.text.push(b'\n');
        plan
    }

    /// What stands between the last value and the one called `name`; `open` are the objects around it.
    fn lead<'n>(&mut self, open: &mut Vec<&'n str>, name: &'n str, first: bool) {
        let mut parts: Vec<&str> = name.split('.').collect();
        let leaf = parts.pop().unwrap_or_default();
        let shared = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        self.text.resize(self.text.len() + open.len() - shared, b'}');
        self.text.push(if first { b'{' } else { b',' });
        open.truncate(shared);
        for part in parts.into_iter().skip(shared) {
            json::push_string(&mut self.text, part);
            self.text.extend_from_slice(b":{");
            open.push(part);
        }
        json::push_string(&mut self.text, leaf);
        self.text.push(b':');
    }

    fn fits(&self, fields: &[(FieldRef, Value<'_>)]) -> bool {
        self.shape.len() == fields.len()
            && self.shape.iter().zip(fields).all(|(known, (field, _))| *known == address(field))
    }

    /// The bytes before a value.
    pub fn fragment(&self, step: &Step) -> &[u8] {
        self.text.get(step.from..step.to).unwrap_or_default()
    }

    /// The bytes after the last value.
    pub fn tail(&self) -> &[u8] {
        self.text.get(self.tail..).unwrap_or_default()
    }
}

/// Sorts part by part, so that what shares a prefix stands together; the time comes first.
fn key(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(if name == "@timestamp" { "" } else { "1" }).chain(name.split('.'))
}
