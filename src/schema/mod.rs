//! One table of all fields: core, every protocol's, the enrichers', and those that pattern files
//! declare. Index templates, Arrow schemas, docs/fields.md and `netlog fields` come from it.

use crate::logs::FormatSet;
use crate::model::{Dataset, Field, FieldRef, Type};
use crate::{enrich, net, proto};
use std::collections::BTreeMap;

pub mod docs;
mod lists;
#[cfg(test)]
mod tests;

pub use lists::{LISTS, is_list};

/// Name of the part whose fields any event may carry.
const CORE: &str = "core";

/// Fields that belong together: a protocol's, a stage's, the log formats'.
#[derive(Clone, Debug)]
pub struct Part {
    /// Protocol or stage.
    pub name: &'static str,
    /// Data sets that carry the fields; empty = any.
    pub datasets: Vec<&'static Dataset>,
    /// The fields.
    pub fields: Vec<FieldRef>,
}

/// Why the fields do not make one schema.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SchemaError {
    /// Two declarations of a name disagree.
    #[error("field '{name}' is declared as {first:?} by {first_part} and as {second:?} by {second_part}")]
    Types {
        /// The field.
        name: &'static str,
        /// One type.
        first: Type,
        /// Who declared it so.
        first_part: &'static str,
        /// The other type.
        second: Type,
        /// Who declared it otherwise.
        second_part: &'static str,
    },
    /// A name is a value in one place and an object in another.
    #[error("field '{leaf}' ({leaf_part}) cannot hold a value and be the parent of '{inner}' ({inner_part})")]
    Prefix {
        /// The value.
        leaf: &'static str,
        /// Who declared it.
        leaf_part: &'static str,
        /// The field below it.
        inner: &'static str,
        /// Who declared that.
        inner_part: &'static str,
    },
}

/// The fields of every event netlog can write.
#[derive(Clone, Debug)]
pub struct Schema {
    parts: Vec<Part>,
    by_name: BTreeMap<&'static str, (FieldRef, &'static str)>,
    datasets: BTreeMap<&'static str, &'static Dataset>,
}

/// Everything compiled in, and what the log formats declare.
///
/// # Errors
/// Where two declarations contradict each other.
pub fn all(formats: &FormatSet) -> Result<Schema, SchemaError> {
    let mut parts = compiled();
    let (datasets, fields) = (formats.datasets().to_vec(), formats.fields().to_vec());
    parts.push(Part { name: "log formats", datasets, fields });
    Schema::new(parts)
}

/// The parts that need no file.
pub fn compiled() -> Vec<Part> {
    let protocol = |p: &&proto::Protocol| Part {
        name: p.name,
        datasets: p.datasets.to_vec(),
        fields: p.fields.to_vec(),
    };
    let protocols = || proto::ALL.iter().map(protocol);
    let datasets = protocols().flat_map(|part| part.datasets).collect();
    let core = [enrich::fields::FIELDS, enrich::indicators::FIELDS].concat();
    let mut parts = vec![
        Part {
            name: "finding",
            datasets: vec![&enrich::alerts::FINDING],
            fields: enrich::alerts::FIELDS.to_vec(),
        },
        Part { name: CORE, datasets: Vec::new(), fields: core },
        Part {
            name: "flow",
            datasets: vec![&net::flow::FLOW],
            fields: [net::flow::FIELDS, net::flow::SHARED].concat(),
        },
        Part { name: "transactions", datasets, fields: proto::fields::FIELDS.to_vec() },
    ];
    let http = protocols().filter(|part| part.name == "http").flat_map(|part| part.datasets).collect();
    parts.push(Part { name: "web", datasets: http, fields: enrich::web::FIELDS.to_vec() });
    parts.extend(protocols());
    parts
}

impl Schema {
    /// Checks that the parts agree.
    ///
    /// # Errors
    /// Where two declarations contradict each other.
    pub fn new(parts: Vec<Part>) -> Result<Schema, SchemaError> {
        let mut by_name: BTreeMap<&'static str, (FieldRef, &'static str)> = BTreeMap::new();
        let mut datasets = BTreeMap::new();
        for part in &parts {
            for &field in &part.fields {
                let (known, owner) = *by_name.entry(field.name).or_insert((field, part.name));
                if known.ty != field.ty {
                    return Err(SchemaError::Types {
                        name: field.name,
                        first: known.ty,
                        first_part: owner,
                        second: field.ty,
                        second_part: part.name,
                    });
                }
            }
            datasets.extend(part.datasets.iter().map(|d| (d.name, *d)));
        }
        check_prefixes(&by_name)?;
        Ok(Schema { parts, by_name, datasets })
    }

    /// The same with fields of the user's that every event carries.
    ///
    /// # Errors
    /// Where a name is known already as something else.
    pub fn with(self, labels: impl Iterator<Item = FieldRef>) -> Result<Schema, SchemaError> {
        let mut parts = self.parts;
        if let Some(core) = parts.iter_mut().find(|part| part.name == CORE) {
            core.fields.extend(labels);
        }
        Schema::new(parts)
    }

    /// Every field once, by name.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> + '_ {
        self.by_name.values().map(|(field, _)| *field)
    }

    /// Every data set, by name.
    pub fn datasets(&self) -> impl Iterator<Item = &'static Dataset> + '_ {
        self.datasets.values().copied()
    }

    /// The parts, as they were given.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The fields any event may carry, in the order of their declaration.
    pub fn core(&self) -> &[FieldRef] {
        self.parts.iter().find(|part| part.name == CORE).map_or(&[], |part| &part.fields)
    }

    /// The columns of a flat table of one data set: the core fields, then those of the parts that
    /// name the data set, or of the parts that name none if it is unknown, by name. Members of
    /// objects have no column of their own: the object has.
    pub fn columns(&self, dataset: &str) -> Vec<FieldRef> {
        let names = |part: &&Part| part.datasets.iter().any(|d| d.name == dataset);
        let known = self.parts.iter().any(|part| names(&part));
        let mine = self.parts.iter().filter(|p| p.name != CORE);
        let mine = mine.filter(|part| if known { names(part) } else { part.datasets.is_empty() });
        let mut own: Vec<FieldRef> = mine.flat_map(|part| part.fields.iter().copied()).collect();
        own.sort_by_key(|field| field.name);
        own.dedup_by_key(|field| field.name);
        own.retain(|field| !self.is_member(field.name) && !self.core().iter().any(|c| c.name == field.name));
        self.core().iter().copied().chain(own).collect()
    }

    fn is_member(&self, name: &str) -> bool {
        let parents = name.match_indices('.').filter_map(|(at, _)| self.get(name.get(..at)?));
        parents.into_iter().any(holds_members)
    }

    /// The field of that name.
    pub fn get(&self, name: &str) -> Option<FieldRef> {
        self.by_name.get(name).map(|(field, _)| *field)
    }
}

/// Objects whose members are declared too are no contradiction: `dns.answers` and `dns.answers.name`.
fn holds_members(field: &Field) -> bool {
    matches!(field.ty, Type::Object | Type::Flattened)
}

fn check_prefixes(by_name: &BTreeMap<&'static str, (FieldRef, &'static str)>) -> Result<(), SchemaError> {
    for (&inner, &(_, inner_part)) in by_name {
        for (at, _) in inner.match_indices('.') {
            let parent = inner.get(..at).and_then(|name| by_name.get(name));
            if let Some(&(leaf, leaf_part)) = parent
                && !holds_members(leaf)
            {
                return Err(SchemaError::Prefix { leaf: leaf.name, leaf_part, inner, inner_part });
            }
        }
    }
    Ok(())
}
