//! Events of one kind mostly carry the same fields in the same order. That sequence (the *shape*) is
//! worked out once: in which order the fields are written, and the bytes between two values, which
//! close the objects that end and open those that begin.

use super::super::escape::json;
use crate::model::{FieldRef, Value};
use std::cmp::Reverse;

/// How events of one shape are written.
#[derive(Debug)]
pub struct Plan {
    /// What stands before, between and behind the values.
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
    /// For events with these fields in this order.
    pub fn new(fields: &[(FieldRef, Value<'_>)]) -> Plan {
        let mut order: Vec<usize> = (0..fields.len()).collect();
        let name = |i: &usize| fields.get(*i).map_or("", |(field, _)| field.name);
        // A field named twice is written once, with what was appended last.
        order.sort_by_cached_key(|i| (key(name(i)).collect::<Vec<_>>(), Reverse(*i)));
        order.dedup_by(|a, b| name(a) == name(b));
        let mut plan = Plan { text: Vec::new(), steps: Vec::with_capacity(order.len()), tail: 0 };
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
