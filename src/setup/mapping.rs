//! The mapping of every field, so that no document can decide a type.

use super::Target;
use crate::model::{FieldRef, Type};
use crate::schema::Schema;
use serde_json::{Map, Value, json};

/// Longest text that is indexed as a keyword, characters; longer ones are stored, not searchable.
const KEYWORD: u32 = 1024;
/// The same for what is searched by part. Lucene takes 32,766 bytes of UTF-8, four per character.
const WILDCARD: u32 = 8191;

/// `properties` of all fields of the schema, nested, and the free-form `labels`.
pub fn mapping(schema: &Schema, target: Target, strict: bool) -> Value {
    let mut root = Map::new();
    for field in schema.fields() {
        place(&mut root, field, target);
    }
    root.insert("labels".to_owned(), json!({"type": "object", "dynamic": true}));
    let labels = json!({"labels": {
        "path_match": "labels.*",
        "mapping": {"type": "keyword", "ignore_above": KEYWORD},
    }});
    let dynamic: Value = if strict { "strict".into() } else { false.into() };
    json!({"dynamic": dynamic, "dynamic_templates": [labels], "properties": root})
}

fn place(root: &mut Map<String, Value>, field: FieldRef, target: Target) {
    let mut level = root;
    let (parents, name) = field.name.rsplit_once('.').unwrap_or(("", field.name));
    for parent in parents.split('.').filter(|p| !p.is_empty()) {
        let object = level.entry(parent).or_insert_with(|| json!({"properties": {}}));
        // A parent that is a field of its own (a list of objects, or one with free names) comes first in
        // the order of names. Free names win: its members need no mapping.
        if object.get("type").is_some_and(|kind| kind != "object") || object.get("enabled").is_some() {
            return;
        }
        let Some(properties) = object.as_object_mut().map(|o| o.entry("properties").or_insert(json!({})))
        else {
            return;
        };
        let Some(properties) = properties.as_object_mut() else { return };
        level = properties;
    }
    level.entry(name).or_insert_with(|| of_type(field.ty, target));
}

/// The mapping of one field.
fn of_type(ty: Type, target: Target) -> Value {
    match ty {
        Type::Keyword => json!({"type": "keyword", "ignore_above": KEYWORD}),
        Type::Wildcard => match target {
            Target::Es7 | Target::Es8 | Target::Es9 | Target::Os3 => {
                json!({"type": "wildcard", "ignore_above": WILDCARD})
            }
            _ => json!({"type": "keyword", "ignore_above": WILDCARD}),
        },
        Type::Text => match target {
            Target::Es7 | Target::Es8 | Target::Es9 | Target::Os3 => json!({"type": "match_only_text"}),
            _ => json!({"type": "text", "norms": false}),
        },
        Type::Long => json!({"type": "long"}),
        Type::Double => json!({"type": "double"}),
        Type::Boolean => json!({"type": "boolean"}),
        Type::Ip => json!({"type": "ip"}),
        // Times before 1970 or after 2262 are kept in the document; they are only not indexed.
        Type::Date => json!({"type": "date_nanos", "ignore_malformed": true}),
        Type::GeoPoint => json!({"type": "geo_point"}),
        Type::Object => json!({"type": "object"}),
        Type::Flattened => match target {
            Target::Es7 | Target::Es8 | Target::Es9 => json!({"type": "flattened", "ignore_above": KEYWORD}),
            Target::Os2 | Target::Os3 => json!({"type": "flat_object"}),
            Target::Es7Oss | Target::Os1 => json!({"type": "object", "enabled": false}),
        },
    }
}

/// Dotted names and types of everything a mapping maps, objects left out.
pub fn leaves(mapping: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    walk(mapping, "", &mut out);
    out
}

fn walk(object: &Value, prefix: &str, out: &mut Vec<(String, String)>) {
    for (name, inner) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match inner.get("type").and_then(Value::as_str) {
            Some(kind) if kind != "object" || inner.get("enabled").is_some() => {
                out.push((path, kind.to_owned()));
            }
            _ => walk(inner, &path, out),
        }
    }
}
