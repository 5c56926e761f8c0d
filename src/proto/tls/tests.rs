//! The parser on whole conversations: captures and hand-made bytes.

use super::*;
use crate::model::{Event, Value};
use crate::proto::replay::{self, corpus};

static ONLY: &[&Protocol] = &[&PROTOCOL];

fn text(event: &Event<'_>, name: &str) -> String {
    match event.by_name(name) {
        Some(Value::Str(s)) => s.to_string(),
        Some(Value::Bool(b)) => b.to_string(),
        Some(Value::Int(i)) => i.to_string(),
        Some(Value::List(l)) => l.iter().map(|v| v.as_str().unwrap_or("?")).collect::<Vec<_>>().join(" "),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

#[test]
fn dump() {
    let Ok(name) = std::env::var("DUMP") else { return };
    let Some(path) = corpus(&name) else { return };
    for e in replay::capture(ONLY, &path, std::env::var("FULL").is_ok()).events {
        println!("--- ts {} dur {:?} {:?}", e.ts, e.end.map(|x| x - e.ts), e.outcome);
        for (f, v) in &e.fields {
            println!("{} = {}", f.name, format!("{v:?}").chars().take(150).collect::<String>());
        }
    }
}
