//! The dialect, mistakes, agreement with another engine, and hostile lines.

mod agreement;
mod corners;
mod dialect;
mod hostile;
mod mistakes;

use super::{Grok, Library, Slots, json};

/// What an expression captures in a line, as JSON; `null` if it does not match.
fn captured(library: &Library, expression: &str, line: &str) -> String {
    let grok = compile(library, expression);
    match json::capture(&grok, line.as_bytes(), &mut Slots::new()) {
        Ok(Some(object)) => serde_json::Value::Object(object).to_string(),
        Ok(None) => "null".to_owned(),
        Err(limit) => limit.to_string(),
    }
}

fn compile(library: &Library, expression: &str) -> Grok {
    library.compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
}
