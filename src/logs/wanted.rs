//! What a command wants of the lines, so that no more is made of them.

use super::rule::{Constant, Format, Matcher};
use super::set::FormatSet;
use super::target::Target;
use super::template::Template;
use crate::model::{Dataset, Event, Field, FieldRef, Type, Value};
use std::collections::BTreeSet;

/// A selection of events and fields. Every line is still read and counted as without it; only events
/// that nobody asked for are not made, and what is strange about their values is not counted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Only events whose rules give this field one of these values; of a format that never sets it, those
    /// about authentication.
    pub mark: (&'static str, &'static [&'static str]),
    /// Fields that are looked at; others may be missing from the events.
    pub fields: &'static [&'static str],
    /// Only events of these users (`user.name`); empty = of all.
    pub users: Vec<String>,
    /// Only events of these services: the name of a format or the part of it before a dot, or a category
    /// (`web`); empty = of all.
    pub services: Vec<String>,
}

impl Wanted {
    fn marks(&self, set: &[Constant]) -> bool {
        let (_, wanted) = self.mark;
        self.mark_of(set).is_some_and(|mark| mark.as_str().is_some_and(|mark| wanted.contains(&mark)))
    }

    fn mark_of<'s>(&self, set: &'s [Constant]) -> Option<&'s Value<'static>> {
        set.iter().find_map(|constant| match constant {
            Constant::Field(field, value) if field.name == self.mark.0 => Some(value),
            _ => None,
        })
    }

    /// Whether an event that was made without this selection, and kept, is of a wanted user and service.
    pub fn takes(&self, event: &Event<'_>) -> bool {
        let user = || event.by_name("user.name").and_then(Value::as_str);
        let name = event.dataset.name;
        let serves = |called: &String| {
            let family = name.split_once('.').is_some_and(|(family, _)| family == called);
            name == called || family || event.dataset.category.contains(&called.as_str())
        };
        (self.users.is_empty() || user().is_some_and(|user| self.users.iter().any(|u| u == user)))
            && (self.services.is_empty() || self.services.iter().any(serves))
    }

    /// Whether a format is never explicit about what is wanted, and goes by its categories.
    fn by_category(&self, format: &Format) -> bool {
        let marks = |set: &[Constant]| self.mark_of(set).is_some();
        !format.rules.iter().any(|rule| marks(&rule.set) || rule.cases.iter().any(|case| marks(&case.set)))
    }

    /// Whether a format can make events that are wanted, whatever the service.
    fn tells(&self, format: &Format) -> bool {
        let cases = |rule: &super::rule::Rule| rule.cases.iter().any(|case| case.dataset.is_some_and(about));
        !self.by_category(format) || format.rules.iter().any(|rule| about(rule.dataset) || cases(rule))
    }
}

/// Whether a data set is about authentication.
fn about(dataset: &Dataset) -> bool {
    dataset.category.contains(&"authentication")
}

/// Whether a service is what a user calls so.
fn serves(format: &Format, called: &str) -> bool {
    let family = format.name.split_once('.').is_some_and(|(family, _)| family == called);
    format.name == called || family || format.dataset.category.contains(&called)
}

impl FormatSet {
    /// The first of the wanted services that no format tells of, with the names of those that do.
    pub fn unknown_service(&self, wanted: &Wanted) -> Option<(String, Vec<&'static str>)> {
        let telling = || self.formats.iter().filter(|format| wanted.tells(format));
        let unknown =
            wanted.services.iter().find(|called| !telling().any(|format| serves(format, called)))?;
        Some((unknown.clone(), telling().map(|format| format.name).collect()))
    }

    /// Leaves out of the formats what `wanted` does not need.
    #[must_use]
    pub fn narrowed(mut self, wanted: &Wanted) -> FormatSet {
        for format in &mut self.formats {
            let by_category = wanted.by_category(format);
            let asked = wanted.services.is_empty() || wanted.services.iter().any(|s| serves(format, s));
            let tells = |set: &[Constant], dataset: Option<&'static Dataset>| {
                asked && if by_category { dataset.is_some_and(about) } else { wanted.marks(set) }
            };
            let parent = format.is_parent();
            for rule in &mut format.rules {
                rule.wanted = tells(&rule.set, Some(rule.dataset));
                // A name is enough for those who are counted by it.
                rule.looks_back &= rule.wanted && rule.matchers.iter().any(|matcher| !matcher.tells_client());
                for case in &mut rule.cases {
                    case.wanted = tells(&case.set, case.dataset);
                }
                if !rule.tells_something() && !parent {
                    // What they add would belong to an event that is not made.
                    rule.cases.clear();
                }
            }
        }
        // After that, since cases that are gone decide nothing.
        let needed = self.needed();
        let decides = |f: FieldRef| needed.contains(&std::ptr::from_ref(f));
        let kept = |f: FieldRef| decides(f) || wanted.fields.contains(&f.name);
        for format in &mut self.formats {
            let parent = format.is_parent();
            for rule in &mut format.rules {
                // Of a line that nobody wants only what decides how it goes on is looked at.
                let silent = !parent && !rule.tells_something();
                rule.leave(kept, silent);
                let kept = |f: FieldRef| if silent { decides(f) } else { kept(f) };
                rule.matchers.iter_mut().for_each(|matcher| skip(matcher, kept, silent));
            }
        }
        self.users = wanted.users.clone();
        self.narrowed = true;
        self
    }

    /// Fields that decide what else is read.
    fn needed(&self) -> BTreeSet<*const Field> {
        let mut needed: BTreeSet<*const Field> = [std::ptr::from_ref(self.message)].into();
        for format in &self.formats {
            needed.extend(format.when.iter().map(|cond| std::ptr::from_ref(cond.field)));
            needed.extend(format.from.map(std::ptr::from_ref));
            for rule in &format.rules {
                needed.extend(rule.inside.map(std::ptr::from_ref));
                let renamed = rule.after.iter().flat_map(|after| &after.rename);
                needed.extend(renamed.map(|(from, _)| std::ptr::from_ref(*from)));
                let conds = rule.cases.iter().flat_map(|case| &case.when);
                needed.extend(conds.map(|cond| std::ptr::from_ref(cond.field)));
            }
        }
        needed
    }
}

/// Lets a matcher leave out what is not kept; of one whose events nobody wants (`silent`) all that only events have.
/// Columns and members are taken as a whole: leaving some out saves nothing.
fn skip(matcher: &mut Matcher, kept: impl Fn(FieldRef) -> bool, silent: bool) {
    match matcher {
        Matcher::Delimited(template) => skip_captures(template, kept),
        Matcher::Kv(pairs) => {
            pairs.narrow(&kept, silent);
            pairs.prefixes().for_each(|template| skip_captures(template, &kept));
        }
        _ => {}
    }
}

fn skip_captures(template: &mut Template, kept: impl Fn(FieldRef) -> bool) {
    template.change_captures(|capture| {
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
    });
}
