//! Constants of formats and rules, and those that depend on what was captured.

use super::PatternError;
use super::fields::{Table, leak};
use super::rule::{Case, Constant};
use super::spec::{CaseSpec, FormatSpec};
use super::target::Target;
use super::values::transport;
use super::when::Cond;
use crate::model::{Dataset, FieldRef, Outcome, Transport, Type, Value};
use std::collections::BTreeMap;

/// Resolves the cases of a format or rule, whose constants are `base`.
pub(super) fn cases(
    table: &mut Table,
    file: &str,
    place: &str,
    spec: &FormatSpec,
    (base, cases): (&Sets, &[CaseSpec]),
) -> Result<Vec<Case>, PatternError> {
    let mut out = Vec::with_capacity(cases.len());
    for case in cases {
        let own = Sets::new(table, file, place, &case.set)?;
        let categorised = !own.category.is_empty() || !own.types.is_empty() || own.protocol.is_some();
        let mut all = base.clone();
        all.extend(own.clone());
        let dataset = categorised.then(|| all.dataset(table, spec));
        out.push(Case {
            when: Cond::all(table, file, &case.when)?,
            set: own.constants(),
            dataset,
            wanted: false,
        });
    }
    Ok(out)
}

/// The constants of a format or rule, by name; a rule's replace its format's.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    category: Vec<String>,
    types: Vec<String>,
    outcome: Outcome,
    /// `network.protocol`, where it is not the format's.
    protocol: Option<String>,
    transport: Option<Transport>,
    fields: BTreeMap<String, (FieldRef, Value<'static>)>,
}

impl Sets {
    /// Resolves the constants of a format file.
    pub fn new(
        table: &Table,
        file: &str,
        place: &str,
        spec: &BTreeMap<String, toml::Value>,
    ) -> Result<Sets, PatternError> {
        let mut sets = Sets::default();
        for (name, value) in spec {
            let wrong = |what: &str| PatternError::format(file, place, format!("set \"{name}\": {what}"));
            match name.as_str() {
                "event.category" => sets.category = texts(value).ok_or_else(|| wrong("must be text"))?,
                "event.type" => sets.types = texts(value).ok_or_else(|| wrong("must be text"))?,
                "event.outcome" => {
                    sets.outcome = match value.as_str() {
                        Some("success") => Outcome::Success,
                        Some("failure") => Outcome::Failure,
                        Some("unknown") => Outcome::Unknown,
                        _ => return Err(wrong("must be success, failure or unknown")),
                    }
                }
                "network.protocol" => {
                    let name = value.as_str().filter(|name| !name.is_empty());
                    sets.protocol = Some(name.ok_or_else(|| wrong("must be text"))?.to_owned());
                }
                "network.transport" => {
                    let known = value.as_str().and_then(transport);
                    sets.transport = Some(known.ok_or_else(|| wrong("must be tcp, udp, icmp …"))?);
                }
                _ => {
                    let Target::Field(field) = Target::of(table, file, place, name)? else {
                        return Err(wrong("cannot be a constant"));
                    };
                    let value = constant(field.ty, value).ok_or_else(|| wrong("is of another type"))?;
                    sets.fields.insert(name.clone(), (field, value));
                }
            }
        }
        Ok(sets)
    }

    /// Adds those of a rule; they replace the format's.
    pub fn extend(&mut self, over: Sets) {
        if !over.category.is_empty() {
            self.category = over.category;
        }
        if !over.types.is_empty() {
            self.types = over.types;
        }
        if over.outcome != Outcome::Unknown {
            self.outcome = over.outcome;
        }
        self.protocol = over.protocol.or(self.protocol.take());
        self.transport = over.transport.or(self.transport);
        self.fields.extend(over.fields);
    }

    /// The data set that they make.
    pub fn dataset(&self, table: &mut Table, spec: &FormatSpec) -> &'static Dataset {
        self.named(None, table, spec)
    }

    /// The same, of another name than the format's.
    pub fn named(&self, name: Option<&str>, table: &mut Table, spec: &FormatSpec) -> &'static Dataset {
        let name = name.or(spec.dataset.as_deref()).unwrap_or(&spec.name);
        let protocol = self.protocol.as_deref().or(spec.protocol.as_deref());
        table.dataset(name, &self.category, &self.types, protocol, &spec.doc)
    }

    /// As a rule applies them.
    pub fn constants(self) -> Vec<Constant> {
        let outcome = (self.outcome != Outcome::Unknown).then_some(Constant::Outcome(self.outcome));
        let fields = self.fields.into_values().map(|(field, value)| Constant::Field(field, value));
        outcome.into_iter().chain(self.transport.map(Constant::Transport)).chain(fields).collect()
    }
}

fn texts(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Array(items) => items.iter().map(|i| i.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn constant(ty: Type, value: &toml::Value) -> Option<Value<'static>> {
    Some(match (ty, value) {
        (Type::Keyword | Type::Wildcard | Type::Text, toml::Value::String(text)) => Value::text(leak(text)),
        (Type::Keyword, toml::Value::Array(_)) => {
            let words: Vec<&'static str> = texts(value)?.iter().map(|t| leak(t)).collect();
            Value::Words(Box::leak(words.into_boxed_slice()))
        }
        (Type::Long, toml::Value::Integer(i)) => Value::Int(*i),
        (Type::Double, toml::Value::Float(f)) if f.is_finite() => Value::Float(*f),
        (Type::Boolean, toml::Value::Boolean(b)) => Value::Bool(*b),
        _ => return None,
    })
}
