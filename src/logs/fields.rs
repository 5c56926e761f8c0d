//! Fields that format files declare. A name is leaked once, so that a field's identity is its address
//! as for fields declared in code.

use super::PatternError;
use super::spec::{FieldSpec, FormatSpec};
use crate::model::{Dataset, Field, FieldRef, Type};
use std::collections::BTreeMap;

/// What values of a field are good; others are kept, marked and counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Check {
    /// Allowed texts; empty allows all.
    pub values: Vec<String>,
    /// Allowed numbers.
    pub range: Option<(f64, f64)>,
}

impl Check {
    fn of(spec: &FieldSpec) -> Option<Check> {
        let check = Check { values: spec.values.clone(), range: spec.range };
        (check != Check::default()).then_some(check)
    }
}

/// All declared fields and data sets by name.
#[derive(Debug, Default)]
pub(super) struct Table {
    fields: BTreeMap<String, FieldRef>,
    checks: BTreeMap<(String, String), Check>,
    common: BTreeMap<String, Check>,
    datasets: Vec<&'static Dataset>,
}

/// Lives as long as the program: names of formats and fields, a few kilobytes per load.
pub(super) fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

impl Table {
    /// Adds the declarations of a file.
    pub fn declare(&mut self, file: &str, spec: &FormatSpec) -> Result<(), PatternError> {
        for (name, field) in &spec.fields {
            let ty = type_by_name(&field.ty).ok_or_else(|| {
                PatternError::format(
                    file,
                    format!("fields.\"{name}\""),
                    format!("unknown type `{}`", field.ty),
                )
            })?;
            if let Some(known) = self.fields.get(name) {
                if known.ty != ty {
                    let message = format!("declared as {:?} here and as {:?} elsewhere", ty, known.ty);
                    return Err(PatternError::format(file, format!("fields.\"{name}\""), message));
                }
            } else {
                let leaked: FieldRef =
                    Box::leak(Box::new(Field { name: leak(name), ty, doc: leak(&field.doc) }));
                self.fields.insert(name.clone(), leaked);
            }
            if let Some(check) = Check::of(field) {
                self.common.entry(name.clone()).or_insert_with(|| check.clone());
                self.checks.insert((spec.name.clone(), name.clone()), check);
            }
        }
        Ok(())
    }

    /// A declared field.
    pub fn get(&self, name: &str) -> Option<FieldRef> {
        self.fields.get(name).copied()
    }

    /// What `format` says about the values of a field, else what any file says.
    pub fn check(&self, format: &str, name: &str) -> Option<Check> {
        let own = self.checks.get(&(format.to_owned(), name.to_owned()));
        own.or_else(|| self.common.get(name)).cloned()
    }

    /// A declared field, or an error that names the nearest one.
    pub fn need(&self, file: &str, place: &str, name: &str) -> Result<FieldRef, PatternError> {
        self.get(name).ok_or_else(|| {
            let near = nearest(name, self.fields.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            PatternError::format(file, place, format!("field `{name}` is not declared{hint}"))
        })
    }

    /// Every field, by name.
    pub fn fields(&self) -> Vec<FieldRef> {
        self.fields.values().copied().collect()
    }

    /// The data set with exactly these properties.
    pub fn dataset(
        &mut self,
        name: &str,
        category: &[String],
        types: &[String],
        protocol: Option<&str>,
        doc: &str,
    ) -> &'static Dataset {
        let same = |d: &&&'static Dataset| {
            d.name == name && d.category == category && d.types == types && d.protocol == protocol
        };
        if let Some(found) = self.datasets.iter().find(same) {
            return found;
        }
        let words = |list: &[String]| -> &'static [&'static str] {
            Box::leak(list.iter().map(|w| leak(w)).collect::<Box<[_]>>())
        };
        let made: &'static Dataset = Box::leak(Box::new(Dataset {
            name: leak(name),
            category: words(category),
            types: words(types),
            protocol: protocol.map(leak),
            transaction: false,
            doc: leak(doc),
        }));
        self.datasets.push(made);
        made
    }
}

fn type_by_name(name: &str) -> Option<Type> {
    Some(match name {
        "keyword" => Type::Keyword,
        "wildcard" => Type::Wildcard,
        "text" => Type::Text,
        "long" => Type::Long,
        "double" => Type::Double,
        "boolean" => Type::Boolean,
        "ip" => Type::Ip,
        "date" => Type::Date,
        "flattened" => Type::Flattened,
        _ => return None,
    })
}

/// The candidate with the smallest edit distance, if it is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = name.len() / 3 + 1;
    candidates.map(|c| (distance(name, c), c)).min().filter(|(d, _)| *d <= limit).map(|(_, c)| c)
}

/// Levenshtein distance over bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut left = i + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (pair, y) in row.windows(2).zip(b.bytes()) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(nearest("sourc.ip", ["source.ip", "user.name"].into_iter()), Some("source.ip"));
        assert_eq!(nearest("zzz", ["source.ip"].into_iter()), None);
    }
}
