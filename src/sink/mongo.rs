//! Documents for `mongoimport`: extended JSON, version 2, relaxed
//! (<https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/>). Times are dates, which MongoDB keeps
//! to the millisecond; `_id` is the event's id, so that importing twice adds nothing.

use super::ndjson::Plan;
use super::output::Output;
use super::{Kind, Needs, Render, Rendered, Sink, SinkContext, SinkError};
use crate::model::{Event, Shapes, Ts, Value, push_ip, rfc3339};
use crate::report::Report;
use crate::sink::escape::json;
use std::io;

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "mongo",
    doc: "Extended JSON for mongoimport, one document per event and finding.",
    rows: true,
    needs: Needs::Findings,
    hashes: false,
    open,
};

const MILLISECOND: Ts = 1_000_000;
/// First instant that the relaxed form writes as a number: dates before 1970.
const FIRST: Ts = 0;

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(Mongo { output: Output::open(path)? }))
}

struct Mongo {
    output: Output,
}

impl Sink for Mongo {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Documents::default()))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        rendered.parts.iter().try_for_each(|(_, bytes)| self.output.write(bytes))
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        self.write(Documents::default().render(&report.alerts))?;
        self.output.finish()
    }
}

/// Writes events as documents.
#[derive(Default)]
struct Documents {
    plans: Shapes<Plan>,
}

impl Render for Documents {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        let mut out = Vec::new();
        for event in events {
            self.push(&mut out, event);
        }
        Rendered { parts: vec![(0, out)] }
    }
}

impl Documents {
    fn push(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        let id = event.fields.iter().rev().find(|(field, _)| field.name == "event.id");
        let id = id.and_then(|(_, value)| value.as_str());
        if let Some(id) = id {
            out.extend_from_slice(b"{\"_id\":");
            json::push_string(out, id);
        }
        let plan = self.plans.of(event, |event| Plan::new(&event.fields));
        for (number, step) in plan.steps.iter().enumerate() {
            let before = plan.fragment(step);
            // The brace that opens the document stands before the id.
            match before.strip_prefix(b"{") {
                Some(rest) if number == 0 && id.is_some() => {
                    out.push(b',');
                    out.extend_from_slice(rest);
                }
                _ => out.extend_from_slice(before),
            }
            if let Some((_, value)) = event.fields.get(step.field) {
                push(out, value);
            }
        }
        out.extend_from_slice(plan.tail());
    }
}

fn push(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Str(text) => json::push_string(out, text),
        Value::Ip(ip) => {
            let mut text = String::new();
            push_ip(&mut text, *ip);
            json::push_string(out, &text);
        }
        Value::Time(ts) => push_date(out, *ts),
        Value::Int(number) => push_int(out, *number),
        Value::Float(number) => push_float(out, *number),
        Value::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Geo(lat, lon) => {
            out.extend_from_slice(b"{\"lat\":");
            push_float(out, *lat);
            out.extend_from_slice(b",\"lon\":");
            push_float(out, *lon);
            out.push(b'}');
        }
        Value::Words(words) => push_all(out, words.iter(), |out, word| json::push_string(out, word)),
        Value::List(items) => push_all(out, items.iter(), push),
        Value::Object(members) => {
            out.push(b'{');
            for (i, (name, value)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                json::push_string(out, &key(name));
                out.push(b':');
                push(out, value);
            }
            out.push(b'}');
        }
    }
}

fn push_all<'i, T: 'i + ?Sized>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = &'i T>,
    mut push: impl FnMut(&mut Vec<u8>, &'i T),
) {
    out.push(b'[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(b']');
}

/// A key that the input chose: `$date` and its like would be read as a type, and a dot as a path.
fn key(name: &str) -> String {
    name.replace('.', "\u{ff0e}").replace('$', "\u{ff04}").replace('\0', "\u{fffd}")
}

fn push_date(out: &mut Vec<u8>, ts: Ts) {
    out.extend_from_slice(b"{\"$date\":");
    if ts >= FIRST {
        // `2026-11-21T09:07:01.123456789Z` without what is below a millisecond.
        let text = rfc3339(ts);
        out.push(b'"');
        out.extend_from_slice(text.get(..23).unwrap_or(&text).as_bytes());
        out.extend_from_slice(b"Z\"");
    } else {
        push_long(out, ts.div_euclid(MILLISECOND));
    }
    out.push(b'}');
}

fn push_long(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(format!("{{\"$numberLong\":\"{number}\"}}").as_bytes());
}

/// What a 32-bit integer holds is written bare; the rest by its type, so that no reader takes it for a float.
fn push_int(out: &mut Vec<u8>, number: i64) {
    match i32::try_from(number) {
        Ok(small) => out.extend_from_slice(itoa::Buffer::new().format(small).as_bytes()),
        Err(_) => push_long(out, number),
    }
}

fn push_float(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Field, Origin, Type};

    static SET: Dataset =
        Dataset { name: "x", category: &[], types: &[], protocol: None, transaction: false, doc: "" };
    static ID: Field = Field { name: "event.id", ty: Type::Keyword, doc: "" };
    static START: Field = Field { name: "event.start", ty: Type::Date, doc: "" };
    static BYTES: Field = Field { name: "a.bytes", ty: Type::Long, doc: "" };
    static HEADERS: Field = Field { name: "h", ty: Type::Flattened, doc: "" };

    fn line(fields: Vec<(&'static Field, Value<'static>)>) -> String {
        let event = Event::with_fields(&SET, Origin::default(), 0, fields);
        let mut out = Vec::new();
        Documents::default().push(&mut out, &event);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn types_as_the_specification_writes_them() {
        let fields = vec![
            (&ID, Value::text("abc")),
            (&START, Value::Time(1_356_351_330_501_987_654)),
            (&BYTES, Value::Int(5_000_000_000)),
        ];
        let want = r#"{"_id":"abc","a":{"bytes":{"$numberLong":"5000000000"}},"event":{"id":"abc","start":{"$date":"2012-12-24T12:15:30.501Z"}}}"#;
        assert_eq!(line(fields).trim_end(), want);
        let early = line(vec![(&START, Value::Time(-1))]);
        assert_eq!(early.trim_end(), r#"{"event":{"start":{"$date":{"$numberLong":"-1"}}}}"#);
        assert_eq!(line(vec![(&BYTES, Value::Int(-7))]).trim_end(), r#"{"a":{"bytes":-7}}"#);
    }

    #[test]
    fn names_of_the_input_are_no_types() {
        let members = vec![("$date".into(), Value::text("x")), ("a.b\0".into(), Value::Bool(true))];
        let text = line(vec![(&HEADERS, Value::Object(members))]);
        assert_eq!(text.trim_end(), "{\"h\":{\"\u{ff04}date\":\"x\",\"a\u{ff0e}b\u{fffd}\":true}}");
    }
}
