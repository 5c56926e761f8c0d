//! Conditions on a parent's fields: which format reads a line's message.

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::spec::{CondSpec, CondTest};
use crate::model::{Field, FieldRef, Transport, Type, Value};
use regex::Regex;
use std::collections::BTreeMap;

/// Stand for what a draft holds beside its fields.
static TRANSPORT: Field = Field { name: "network.transport", ty: Type::Keyword, doc: "" };
static SOURCE_PORT: Field = Field { name: "source.port", ty: Type::Long, doc: "" };

/// A condition on one field.
#[derive(Clone, Debug)]
pub(super) struct Cond {
    /// The field.
    pub field: FieldRef,
    /// What must hold for its text, or the digits of a whole number.
    pub test: Test,
}

/// What must hold.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Equals(Vec<String>),
    Prefix(Vec<String>),
    Suffix(Vec<String>),
    Contains(Vec<String>),
    Matches(Regex),
}

impl Cond {
    /// Resolves the conditions of a format; all must hold.
    pub fn all(
        table: &Table,
        file: &str,
        spec: &BTreeMap<String, CondSpec>,
    ) -> Result<Vec<Cond>, PatternError> {
        let mut conds = Vec::with_capacity(spec.len());
        for (name, cond) in spec {
            let place = format!("when.\"{name}\"");
            let field = match name.as_str() {
                "network.transport" => &TRANSPORT,
                "source.port" => &SOURCE_PORT,
                name => table.need(file, &place, name)?,
            };
            let test = match cond {
                CondSpec::One(value) => Test::Equals(vec![value.clone()]),
                CondSpec::Many(values) => Test::Equals(values.clone()),
                CondSpec::Test(CondTest::Prefix(texts)) => Test::Prefix(texts.all().to_vec()),
                CondSpec::Test(CondTest::Suffix(texts)) => Test::Suffix(texts.all().to_vec()),
                CondSpec::Test(CondTest::Contains(texts)) => Test::Contains(texts.all().to_vec()),
                CondSpec::Test(CondTest::Regex(text)) => Test::Matches(
                    Regex::new(text).map_err(|e| PatternError::format(file, &place, e.to_string()))?,
                ),
            };
            conds.push(Cond { field, test });
        }
        Ok(conds)
    }

    /// Whether it holds for the draft, of a list for one of its texts; a field that is not there fails.
    pub fn holds(&self, draft: &Draft<'_>) -> bool {
        let mut digits = itoa::Buffer::new();
        let text = if std::ptr::eq(self.field, &TRANSPORT) {
            match draft.transport {
                Some(Transport::Tcp) => "tcp",
                Some(Transport::Udp) => "udp",
                Some(Transport::Icmp | Transport::Icmp6) => "icmp",
                _ => return false,
            }
        } else if std::ptr::eq(self.field, &SOURCE_PORT) {
            match draft.source.port {
                Some(port) => digits.format(port),
                None => return false,
            }
        } else {
            match draft.get(self.field) {
                Some(Value::Str(text)) => text,
                Some(Value::Int(number)) => digits.format(*number),
                Some(Value::List(items)) => {
                    return items.iter().filter_map(Value::as_str).any(|text| self.fits(text));
                }
                _ => return false,
            }
        };
        self.fits(text)
    }

    /// Whether it holds for a text.
    pub fn fits(&self, text: &str) -> bool {
        match &self.test {
            Test::Equals(texts) => texts.iter().any(|t| t == text),
            Test::Prefix(texts) => texts.iter().any(|t| text.starts_with(t.as_str())),
            Test::Suffix(texts) => texts.iter().any(|t| text.ends_with(t.as_str())),
            Test::Contains(texts) => texts.iter().any(|t| text.contains(t.as_str())),
            Test::Matches(regex) => regex.is_match(text),
        }
    }
}
