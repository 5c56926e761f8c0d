//! Steps: what a rule makes of fields after it has matched.

use super::PatternError;
use super::draft::Draft;
use super::fields::{Table, nearest};
use super::spec::StepSpec;
use super::target::Capture;
use crate::model::{Agent, FieldRef, Type, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names of what a step can do.
const DOES: [&str; 14] = [
    "copy",
    "lowercase",
    "uppercase",
    "trim",
    "percent_decode",
    "plus_blanks",
    "single_quotes",
    "multiply",
    "split",
    "translate",
    "url",
    "dns_name",
    "request",
    "user_agent",
];

/// What of a field goes to another one.
#[derive(Clone, Debug)]
struct Copied {
    to: FieldRef,
    /// What stands between the values of a text; empty: every character is one.
    at: Option<String>,
    /// Values that become others, or nothing; that of `*` is what all others become.
    table: BTreeMap<String, String>,
}

/// Longest method of a request, bytes.
const METHOD: usize = 32;

/// A step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    field: FieldRef,
    does: Does,
}

#[derive(Clone, Debug)]
enum Does {
    Text(fn(&str) -> String),
    Multiply(f64),
    Split(String),
    Translate(BTreeMap<String, String>),
    /// To another field, value by value.
    Copy(Copied),
    /// Scheme, domain, port, path, query, extension, registered domain.
    Url([FieldRef; 7]),
    /// The registered domain of a name asked for.
    Name(FieldRef),
    /// Method, version, target with what it fills.
    Request(Box<([FieldRef; 5], Capture)>),
    /// Name, version, name and version of the system, device.
    Agent([FieldRef; 5]),
}

impl Step {
    /// Resolves a step; `file` and `place` are for messages.
    pub fn new(table: &Table, file: &str, place: &str, spec: &StepSpec) -> Result<Step, PatternError> {
        let field = table.need(file, place, &spec.field)?;
        let fail = |message: String| PatternError::format(file, place, message);
        let lacks = |key: &str| fail(format!("step `{}` of `{}` needs `{key}`", spec.does, spec.field));
        let text = matches!(field.ty, Type::Keyword | Type::Wildcard | Type::Text);
        let number = matches!(field.ty, Type::Long | Type::Double);
        if text == (spec.does == "multiply") || !(text || number) {
            return Err(fail(format!(
                "step `{}` cannot work on `{}`, which is of type {:?}",
                spec.does, spec.field, field.ty
            )));
        }
        let need = |names: &[&str]| {
            names.iter().map(|name| table.need(file, place, name)).collect::<Result<Vec<_>, _>>()
        };
        let does = match spec.does.as_str() {
            "lowercase" => Does::Text(str::to_lowercase),
            "uppercase" => Does::Text(str::to_uppercase),
            "trim" => Does::Text(|text| text.trim().to_owned()),
            "percent_decode" => Does::Text(percent_decode),
            "plus_blanks" => Does::Text(|text| text.replace('+', " ")),
            "single_quotes" => Does::Text(|text| text.replace("\"\"", "\"")),
            "multiply" => Does::Multiply(spec.by.filter(|by| by.is_finite()).ok_or_else(|| lacks("by"))?),
            "split" => Does::Split(spec.at.clone().filter(|at| !at.is_empty()).ok_or_else(|| lacks("at"))?),
            "copy" => Does::Copy(Copied {
                to: table.need(file, place, spec.to.as_deref().ok_or_else(|| lacks("to"))?)?,
                at: spec.at.clone(),
                table: spec.table.clone(),
            }),
            "translate" if spec.table.is_empty() => return Err(lacks("table")),
            "translate" => Does::Translate(spec.table.clone()),
            "url" => {
                let names = ["scheme", "domain", "port", "path", "query", "extension", "registered_domain"];
                let fields = need(&names.map(|name| format!("url.{name}")).each_ref().map(String::as_str))?;
                Does::Url(fields.try_into().map_err(|_| fail("url".to_owned()))?)
            }
            "dns_name" => Does::Name(table.need(file, place, "dns.question.registered_domain")?),
            "request" => {
                let fields =
                    need(&["http.request.method", "http.version", "url.original", "url.path", "url.query"])?;
                let fields = fields.try_into().map_err(|_| fail("request".to_owned()))?;
                Does::Request(Box::new((fields, Capture::named(table, "", file, place, "url.original")?)))
            }
            "user_agent" => {
                let names = ["name", "version", "os.name", "os.version", "device.name"];
                let fields =
                    need(&names.map(|name| format!("user_agent.{name}")).each_ref().map(String::as_str))?;
                Does::Agent(fields.try_into().map_err(|_| fail("user_agent".to_owned()))?)
            }
            other => {
                let near = nearest(other, DOES.into_iter());
                let hint = near.map_or_else(
                    || format!("one of {}", DOES.join(", ")),
                    |n| format!("did you mean `{n}`?"),
                );
                return Err(fail(format!("unknown step `{other}`; {hint}")));
            }
        };
        Ok(Step { field, does })
    }

    /// Fields that it can fill.
    pub fn fields(&self) -> &[FieldRef] {
        match &self.does {
            Does::Url(fields) => fields,
            Does::Agent(fields) => fields,
            Does::Request(made) => &made.0,
            Does::Name(field) => std::slice::from_ref(field),
            Does::Copy(copied) => std::slice::from_ref(&copied.to),
            _ => std::slice::from_ref(&self.field),
        }
    }

    /// Works on the draft; a field that is not there is left alone.
    pub fn apply<'a>(&self, draft: &mut Draft<'a>) {
        let Some(at) = draft.fields.iter().rposition(|(field, _)| std::ptr::eq(*field, self.field)) else {
            return;
        };
        let Some((_, value)) = draft.fields.get_mut(at) else { return };
        if let Does::Copy(copied) = &self.does {
            let made = copied.of(value).map(|value| (copied.to, value));
            return draft.fields.extend(made);
        }
        match (&self.does, &mut *value) {
            (Does::Name(field), Value::Str(text)) => {
                let name = text.trim_end_matches('.').to_lowercase();
                let registered =
                    psl::domain_str(&name).map(|domain| (*field, Value::from(domain.to_owned())));
                if name != **text && !name.is_empty() {
                    *text = Cow::Owned(name);
                }
                draft.fields.extend(registered);
            }
            (Does::Text(change), Value::Str(text)) => {
                let changed = change(text);
                if changed != **text {
                    *text = Cow::Owned(changed);
                }
            }
            (Does::Translate(table), Value::Str(text)) => {
                if let Some(other) = table.get(text.as_ref()) {
                    *text = Cow::Owned(other.clone());
                }
            }
            (Does::Split(mark), Value::Str(Cow::Borrowed(text))) => {
                *value =
                    Value::texts(text.split(mark.as_str()).map(str::trim).filter(|part| !part.is_empty()));
            }
            (Does::Split(mark), Value::Str(text)) => {
                let parts = text.split(mark.as_str()).map(|part| part.trim().to_owned());
                *value = Value::texts(parts.filter(|part| !part.is_empty()).collect::<Vec<_>>());
            }
            (Does::Multiply(by), Value::Float(number)) if (*number * by).is_finite() => *number *= by,
            (Does::Multiply(by), Value::Int(number)) => {
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "saturates")]
                let product = (*number as f64 * by).round() as i64;
                *number = product;
            }
            (parts, Value::Str(Cow::Borrowed(text))) => parts.take_apart(text, draft),
            (parts, Value::Str(text)) => {
                // A text of its own, which what is made of it cannot borrow.
                let (text, mut own) = (text.clone().into_owned(), Draft::default());
                parts.take_apart(&text, &mut own);
                draft.merge(own);
            }
            _ => {}
        }
    }
}

impl Copied {
    /// What the other field gets: a list where there can be several.
    fn of<'a>(&self, value: &Value<'a>) -> Option<Value<'a>> {
        let changed = |text: &str| match self.table.get(text).or_else(|| self.table.get("*")) {
            Some(other) => other.clone(),
            None => text.to_owned(),
        };
        let parts: Vec<String> = match (value, self.at.as_deref()) {
            (Value::Str(text), None) => {
                return Some(changed(text)).filter(|t| !t.is_empty()).map(Value::from);
            }
            (Value::Str(text), Some("")) => {
                text.chars().map(|c| changed(c.encode_utf8(&mut [0; 4]))).collect()
            }
            (Value::Str(text), Some(at)) => text.split(at).map(changed).collect(),
            (list, _) => list.items().iter().filter_map(Value::as_str).map(changed).collect(),
        };
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| Value::texts(parts))
    }
}

impl Does {
    /// Fills other fields with the parts of a text.
    fn take_apart<'a>(&self, text: &'a str, draft: &mut Draft<'a>) {
        match self {
            Does::Url(fields) => url(text, fields, draft),
            Does::Agent(fields) => agent(text, fields, draft),
            Does::Request(made) => request(text, made, draft),
            _ => {}
        }
    }
}

/// The parts of a request line that is none by the book (RFC 9112 3): without a version (RFC 1945 4.1, the simple
/// request), or with blanks in its target or more than one around it. What has neither the method nor the target of
/// a request is left alone: other protocols, noise.
fn request<'a>(text: &'a str, (fields, url): &([FieldRef; 5], Capture), draft: &mut Draft<'a>) {
    let [name, number, ..] = *fields;
    let blank = |c| matches!(c, ' ' | '\t');
    let text = text.trim_matches(blank);
    let Some((method, rest)) = text.split_once(blank) else { return };
    let rest = rest.trim_start_matches(blank);
    let (target, version) = match rest.rsplit_once(" HTTP/") {
        Some((target, version)) if version.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            (target.trim_end_matches(blank), Some(version).filter(|version| !version.is_empty()))
        }
        _ => (rest, None),
    };
    let word = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_');
    let absolute = || target.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(word));
    let aimed = target.starts_with('/') || target == "*" || method == "CONNECT" || absolute();
    if !aimed || method.is_empty() || method.len() > METHOD || !method.bytes().all(word) {
        return;
    }
    draft.fields.push((name, method.into()));
    draft.put(url, target);
    draft.fields.extend(version.map(|version| (number, version.into())));
}

fn agent<'a>(text: &'a str, [name, version, os, os_version, device]: &[FieldRef; 5], draft: &mut Draft<'a>) {
    let agent = Agent::read(text);
    let found = [
        (name, agent.name),
        (version, agent.version),
        (os, agent.os.map(Cow::from)),
        (os_version, agent.os_version),
        (device, agent.device),
    ];
    draft.fields.extend(found.into_iter().filter_map(|(field, value)| Some((*field, Value::Str(value?)))));
}

/// The parts of a URL (RFC 3986 3) or of a request target (RFC 9112 3.2).
fn url<'a>(text: &'a str, fields: &[FieldRef; 7], draft: &mut Draft<'a>) {
    let [scheme, domain, port, path, query, extension, registered] = *fields;
    let put = |draft: &mut Draft<'a>, field: FieldRef, value: Option<&'a str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            draft.fields.push((field, value.into()));
        }
    };
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let local = match text
        .split_once("://")
        .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+'))
    {
        None => text,
        Some((name, rest)) => {
            let (authority, local) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let (host, number) = super::values::socket(host);
            put(draft, scheme, Some(name));
            put(draft, domain, Some(host));
            if let Some(number) = number {
                draft.fields.push((port, Value::Int(number.into())));
            }
            put(
                draft,
                registered,
                super::values::address(host).is_none().then(|| psl::domain_str(host)).flatten(),
            );
            local
        }
    };
    let (before, after) = local.split_once('?').map_or((local, None), |(p, q)| (p, Some(q)));
    if before.starts_with('/') {
        put(draft, path, Some(before));
        let file = before.rsplit('/').next().unwrap_or("");
        let ending = file.rsplit_once('.').filter(|(name, _)| !name.is_empty()).map(|(_, ending)| ending);
        put(
            draft,
            extension,
            ending.filter(|e| e.len() <= 16 && e.bytes().all(|b| b.is_ascii_alphanumeric())),
        );
    }
    put(draft, query, after);
}

/// `%41` to `A`; what is no escape stays, and what is then not UTF-8 is replaced.
fn percent_decode(text: &str) -> String {
    let digit =
        |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escaped = match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => Some(high * 16 + low),
            _ => None,
        };
        out.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
