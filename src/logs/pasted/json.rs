//! nginx's log_format whose lines are JSON (`escape=json`): read as such, so that what is escaped in a value is what it
//! was. A line that is none, as where a variable without quotes is empty, is left to the template.

use super::{Field, Piece, REQUEST, nginx};
use toml::{Table, Value};

/// Stands for the dollar sign of a variable in the text that is tried as JSON: no configuration has it.
const SIGN: char = '\u{f8ff}';

/// The rule of a format that is a JSON object; `None` where it is something else.
pub(super) fn rule(format: &str) -> Option<Value> {
    let format = format.trim();
    if !format.starts_with('{') || format.contains(SIGN) {
        return None;
    }
    let object: serde_json::Value = serde_json::from_str(&quoted(format)).ok()?;
    let mut map = Table::new();
    let mut need = Vec::new();
    members(object.as_object()?, "", &mut |path, variable| {
        need.push(Value::from(path));
        match nginx::pieces(variable).ok()?.as_slice() {
            [Piece::Request] => map.insert(path.to_owned(), REQUEST.into()),
            [Piece::Text(text), Piece::Field(Field { name, .. })] if text == "HTTP/" => {
                map.insert(path.to_owned(), name.clone().into())
            }
            [Piece::Field(Field { name, form, .. })] => {
                let form = form.as_ref().map_or_else(String::new, |form| format!(":{form}"));
                map.insert(path.to_owned(), format!("{name}{form}").into())
            }
            _ => None,
        };
        Some(())
    });
    let known = |value: &Value| value.as_str().is_some_and(|name| name.starts_with("@timestamp"));
    if !map.values().any(known) {
        return None;
    }
    let request = map.values().any(|value| value.as_str() == Some(REQUEST));
    let json = Table::from_iter([("need".to_owned(), need.into()), ("map".to_owned(), map.into())]);
    let mut rule = Table::from_iter([("json".to_owned(), json.into())]);
    if request {
        let step = [("field", REQUEST), ("do", "request")];
        let step: Table = step.map(|(key, value)| (key.to_owned(), Value::from(value))).into_iter().collect();
        rule.insert("step".to_owned(), vec![Value::from(step)].into());
    }
    Some(rule.into())
}

/// The members that are a variable and nothing else, with their dotted paths.
fn members(
    object: &serde_json::Map<String, serde_json::Value>,
    before: &str,
    found: &mut dyn FnMut(&str, &str) -> Option<()>,
) {
    for (name, value) in object {
        let path = format!("{before}{name}");
        match value {
            serde_json::Value::Object(inner) => members(inner, &format!("{path}."), found),
            serde_json::Value::String(text) if text.starts_with(SIGN) => {
                found(&path, &text.replace(SIGN, "$"));
            }
            _ => {}
        }
    }
}

/// The format with its variables in quotes wherever they stand.
fn quoted(format: &str) -> String {
    let (mut out, mut inside, mut chars) = (String::new(), false, format.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                inside = !inside;
                out.push(c);
            }
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '$' => {
                let name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '{' | '}');
                let mut variable = String::from(SIGN);
                // A brace ends the variable that one began, and the object otherwise.
                while let Some(next) = chars.next_if(|c| name(c) && (*c != '}' || variable.contains('{'))) {
                    variable.push(next);
                    if next == '}' {
                        break;
                    }
                }
                let around = if inside { "" } else { "\"" };
                out.extend([around, &variable, around]);
            }
            other => out.push(other),
        }
    }
    out
}
