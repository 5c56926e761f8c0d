//! The templates as JSON.

use super::Mined;
use super::template::{Template, Variable};
use serde_json::{Map, Value, json};

impl Mined<'_> {
    /// An object with the counts and the templates, the most frequent first.
    pub fn listing(&self) -> Value {
        json!({
            "lines": self.lines,
            "known": self.known,
            "left_out": self.left_out,
            "templates": self.templates.iter().map(template).collect::<Vec<_>>(),
        })
    }
}

fn template(t: &Template) -> Value {
    let readers: Map<String, Value> =
        t.readers.iter().map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
    json!({
        "id": t.id,
        "count": t.count,
        "over": t.over,
        "template": t.text(),
        "programs": t.programs,
        "read_by": readers,
        "variables": t.variables().map(variable).collect::<Vec<_>>(),
        "samples": t.samples,
    })
}

fn variable(v: &Variable) -> Value {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(v.name));
    out.insert("type".to_owned(), json!(v.kind));
    if let Some((min, max)) = v.range {
        out.insert("min".to_owned(), json!(min));
        out.insert("max".to_owned(), json!(max));
    }
    if !v.values.is_empty() {
        out.insert("values".to_owned(), json!(v.values));
    }
    if v.empty {
        out.insert("may_be_empty".to_owned(), json!(true));
    }
    Value::Object(out)
}
