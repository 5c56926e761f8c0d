//! Matches as flat JSON objects, and a report on a library, for the command line.

use super::{CaptureType, Engine, Grok, GrokError, Library, Slots, StepLimit, to_float, to_int};
use serde_json::{Map, Number, Value};

/// Matches the line and gives its captures: names as written, in the order of Logstash; `None` if the line does
/// not match.
///
/// A name captured twice makes a list, unless its first value is a number: then, as in Logstash, the further
/// values are dropped. Empty captures are left out. What is not UTF-8 becomes U+FFFD.
///
/// # Errors
/// When the step limit is reached.
pub fn capture(grok: &Grok, line: &[u8], slots: &mut Slots) -> Result<Option<Map<String, Value>>, StepLimit> {
    if !grok.matches(line, slots)? {
        return Ok(None);
    }
    let mut object = Map::new();
    for (index, capture) in grok.captures().iter().enumerate() {
        let mut values =
            slots.typed(grok, index).map(|(range, ty)| value(line.get(range).unwrap_or_default(), ty));
        let Some(first) = values.next() else { continue };
        let whole = match first {
            Value::String(_) => {
                let rest: Vec<Value> = values.collect();
                match rest.is_empty() {
                    true => first,
                    false => Value::Array(std::iter::once(first).chain(rest).collect()),
                }
            }
            number => number,
        };
        object.insert(capture.name.clone(), whole);
    }
    Ok(Some(object))
}

/// A captured text as its type asks.
fn value(text: &[u8], ty: CaptureType) -> Value {
    match ty {
        CaptureType::Text => Value::String(String::from_utf8_lossy(text).into_owned()),
        // Ruby's integers have no limit; past 64 bits a float is the nearest thing JSON readers agree on.
        CaptureType::Int => match to_int(text) {
            Some(number) => Value::from(number),
            None => float(to_float(text)),
        },
        CaptureType::Float => float(to_float(text)),
    }
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// How one named pattern is matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Name of the pattern.
    pub name: String,
    /// Its engine, or why it cannot be used.
    pub engine: Result<Engine, GrokError>,
}

/// Compiles every named pattern of a library on its own, in the order of the names.
pub fn check(library: &Library) -> Vec<Checked> {
    let one = |name: &str| Checked {
        name: name.to_owned(),
        engine: library.compile(&format!("%{{{name}}}")).map(|grok| grok.engine()),
    };
    library.names().map(one).collect()
}
