//! The parser on whole conversations: captures against Packetbeat, tshark and nDPI, and hand-made bytes.

mod bytes;
mod captures;

use super::PROTOCOL;
use crate::model::{Event, Value};
use crate::proto::Protocol;

static ONLY: &[&Protocol] = &[&PROTOCOL];

/// A field as text; lists with blanks.
fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(plain).unwrap_or_default()
}

fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Time(ts) => crate::model::rfc3339(*ts),
        Value::Words(words) => words.join(" "),
        Value::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}
