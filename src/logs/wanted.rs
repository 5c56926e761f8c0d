//! What a command wants of the lines, so that no more is made of them.

use super::rule::{Constant, Matcher};
use super::set::FormatSet;
use super::target::Target;
use crate::model::{Field, FieldRef, Type};
use std::collections::BTreeSet;

/// A selection of events and fields. Every line is still read and counted as without it; only events
/// that nobody asked for are not made, and what is strange about their values is not counted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Only events whose rules set this field.
    pub mark: &'static str,
    /// Fields that are looked at; others may be missing from the events.
    pub fields: &'static [&'static str],
    /// Only events of these users (`user.name`); empty = of all.
    pub users: Vec<String>,
}

impl FormatSet {
    /// Leaves out of the formats what `wanted` does not need.
    #[must_use]
    pub fn narrowed(mut self, wanted: &Wanted) -> FormatSet {
        let mut keep: BTreeSet<*const Field> = [std::ptr::from_ref(self.message)].into();
        for format in &self.formats {
            keep.extend(format.when.iter().map(|cond| std::ptr::from_ref(cond.field)));
            keep.extend(format.from.map(std::ptr::from_ref));
        }
        let kept = |f: FieldRef| keep.contains(&std::ptr::from_ref(f)) || wanted.fields.contains(&f.name);
        for rule in self.formats.iter_mut().flat_map(|f| &mut f.rules) {
            let marks = rule.constants().any(|f| f.name == wanted.mark);
            rule.wanted = marks;
            if let Some(after) = &mut rule.after {
                after.steps.retain(|step| step.fields().iter().any(|field| kept(field)));
            }
            rule.set.retain(|constant| match constant {
                Constant::Outcome(_) => true,
                Constant::Field(field, _) => kept(field),
            });
            let templates = rule.matchers.iter_mut().filter_map(|m| match m {
                Matcher::Delimited(template) => Some(template),
                // Columns and members are taken as a whole: leaving some out saves nothing.
                Matcher::Grok(_) | Matcher::Columns(_) | Matcher::Json(_) | Matcher::Kv(_) => None,
            });
            for capture in templates.flat_map(|t| t.captures_mut()) {
                if let Target::Field(field) = capture.target
                    && !kept(field)
                {
                    // What decides whether the rule matches must stay.
                    capture.target = match field.ty {
                        Type::Keyword | Type::Wildcard | Type::Text => Target::Skip,
                        Type::Long => Target::Whole,
                        _ => capture.target,
                    };
                }
            }
        }
        self.users = wanted.users.clone();
        self.narrowed = true;
        self
    }
}
