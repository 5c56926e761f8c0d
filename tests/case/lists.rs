//! Columns that hold lists are those of fields that do.

use super::netlog;
use netlog::logs::FormatSet;
use netlog::model::Type;
use netlog::schema::{self, LISTS, is_list};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn the_table_is_sorted_and_names_fields() {
    let schema = schema::all(&FormatSet::load(&[]).unwrap()).unwrap();
    assert!(LISTS.is_sorted());
    for name in LISTS {
        assert!(schema.get(name).is_some(), "{name} is no field");
    }
}

/// For each field: values that are lists, and others.
fn count(value: &Value, name: &str, schema: &schema::Schema, out: &mut BTreeMap<String, (u64, u64)>) {
    let plain = schema.get(name).is_some_and(|f| !matches!(f.ty, Type::Object | Type::Flattened));
    match value {
        Value::Object(members) if !plain && schema.get(name).is_none() => {
            for (key, member) in members {
                let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                count(member, &inner, schema, out);
            }
        }
        Value::Array(_) if plain => out.entry(name.to_owned()).or_default().0 += 1,
        _ if plain => out.entry(name.to_owned()).or_default().1 += 1,
        _ => {}
    }
}

#[test]
fn fields_that_hold_lists_have_columns_of_lists() {
    let schema = schema::all(&FormatSet::load(&[]).unwrap()).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
    let mut seen = BTreeMap::new();
    for line in netlog(&["events", "-q", folder]).split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        count(&serde_json::from_slice(line).unwrap(), "", &schema, &mut seen);
    }
    assert!(seen.len() > 100);
    for (name, (lists, others)) in seen {
        assert!(!(lists > 0 && others == 0 && !is_list(&name)), "{name} holds lists: name it in LISTS");
        assert!(!(others > 0 && is_list(&name)), "{name} holds single values too: not in LISTS");
    }
}
