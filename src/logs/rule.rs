//! A compiled format: its rules, which of them can match a text at all, and what follows from a match.

use super::draft::{Capture, Draft};
use super::expression::GrokRule;
use super::parser::Scratch;
use super::template::Template;
use super::when::{Cond, Test};
use crate::model::{Dataset, FieldRef, Outcome, Value};
use std::collections::BTreeMap;

/// How a text is matched.
#[derive(Debug)]
pub(super) enum Matcher {
    /// Literal text with fields between.
    Delimited(Template),
    /// A grok expression.
    Grok(Box<GrokRule>),
}

impl Matcher {
    /// The literal text every match begins with; may be empty.
    pub fn prefix(&self) -> &str {
        match self {
            Matcher::Delimited(template) => template.prefix(),
            Matcher::Grok(_) => "",
        }
    }

    /// Whether a text that begins with this byte can match.
    fn may_begin(&self, byte: Option<u8>) -> bool {
        match self {
            Matcher::Delimited(template) => template.may_begin(byte),
            Matcher::Grok(_) => true,
        }
    }

    /// Fields it can fill.
    pub fn captures(&self) -> Box<dyn Iterator<Item = &Capture> + '_> {
        match self {
            Matcher::Delimited(template) => Box::new(template.captures().iter()),
            Matcher::Grok(grok) => Box::new(grok.captures()),
        }
    }

    /// Matches; on failure the draft holds leftovers.
    pub fn apply<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> bool {
        match self {
            Matcher::Delimited(template) => template.apply(text, null, draft, &mut scratch.spans),
            Matcher::Grok(grok) => grok.apply(text, null, draft, scratch),
        }
    }
}

/// A constant that a rule sets.
#[derive(Debug)]
pub(super) enum Constant {
    Outcome(Outcome),
    Field(FieldRef, Value<'static>),
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// Alternatives, the first that matches wins.
    pub matchers: Vec<Matcher>,
    /// What follows.
    pub set: Vec<Constant>,
    /// Data set of the event.
    pub dataset: &'static Dataset,
    /// The captured message is read again by the same format.
    pub again: bool,
    /// No event.
    pub drop: bool,
    /// Can give a field a value that it has already; worked out by [`super::set`].
    pub repeats: bool,
}

impl Rule {
    /// Fields that a match can fill, by every alternative.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        let captured = self.matchers.iter().flat_map(|m| m.captures()).flat_map(|c| c.target.fields());
        captured.chain(self.constants())
    }

    /// Fields of its constants.
    pub fn constants(&self) -> impl Iterator<Item = FieldRef> {
        self.set.iter().filter_map(|constant| match constant {
            Constant::Outcome(_) => None,
            Constant::Field(field, _) => Some(*field),
        })
    }
}

/// Which rules (and which of their alternatives) can match a text, by its first byte, in order.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    by_byte: Vec<Box<[(u16, u16)]>>,
    empty: Box<[(u16, u16)]>,
}

impl Dispatch {
    /// Sorts the rules by what they begin with.
    pub fn new(rules: &[Rule]) -> Dispatch {
        let fits = |byte: Option<u8>| {
            let alternatives = rules.iter().zip(0u16..).flat_map(|(rule, r)| {
                rule.matchers.iter().zip(0u16..).map(move |(matcher, m)| (matcher, (r, m)))
            });
            alternatives
                .filter(|(matcher, _)| matcher.may_begin(byte))
                .map(|(_, at)| at)
                .collect::<Box<[_]>>()
        };
        Dispatch { by_byte: (0..=u8::MAX).map(|b| fits(Some(b))).collect(), empty: fits(None) }
    }

    /// The first rule of `format` that matches the text; the draft holds what it captured.
    pub fn apply<'r, 'a>(
        &self,
        format: &'r Format,
        text: &'a str,
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> Option<&'r Rule> {
        let candidates = self.candidates(text);
        if candidates.is_empty() {
            return None;
        }
        let mark = draft.mark();
        for &(index, matcher) in candidates {
            let rule = format.rules.get(usize::from(index))?;
            let matcher = rule.matchers.get(usize::from(matcher))?;
            if !text.starts_with(matcher.prefix()) {
                continue;
            }
            if matcher.apply(text, &format.null, draft, scratch) {
                if let Some(trace) = &mut scratch.trace {
                    trace.push((format.name, usize::from(index)));
                }
                return Some(rule);
            }
            draft.reset(&mark);
        }
        None
    }

    /// (rule, alternative) pairs worth trying.
    fn candidates(&self, text: &str) -> &[(u16, u16)] {
        match text.as_bytes().first() {
            Some(first) => self.by_byte.get(usize::from(*first)).map_or(&[], |list| list),
            None => &self.empty,
        }
    }
}

/// Children of a format: those chosen by the value of one field, and the others.
#[derive(Debug, Default)]
pub(super) struct Children {
    field: Option<FieldRef>,
    exact: BTreeMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl Children {
    /// Adds a child with its conditions.
    pub fn add(&mut self, child: usize, conds: &[Cond]) {
        let exact = conds.iter().find_map(|c| match &c.test {
            Test::Equals(values) if self.field.is_none_or(|f| std::ptr::eq(f, c.field)) => Some((c, values)),
            _ => None,
        });
        match exact {
            Some((cond, values)) => {
                self.field = Some(cond.field);
                for value in values {
                    self.exact.entry(value.clone()).or_default().push(child);
                }
            }
            None => self.others.push(child),
        }
    }

    /// Children whose conditions may hold; those chosen by a value first.
    pub fn candidates<'c>(&'c self, draft: &Draft<'_>) -> impl Iterator<Item = usize> + use<'c> {
        let value = self.field.and_then(|f| draft.get(f)).and_then(|v| v.as_str());
        let exact = value.and_then(|v| self.exact.get(v)).map_or(&[] as &[usize], |list| list);
        exact.iter().chain(&self.others).copied()
    }
}

/// A compiled format.
#[derive(Debug)]
pub(super) struct Format {
    pub name: &'static str,
    pub doc: &'static str,
    /// The file it was read from, for messages.
    pub file: String,
    pub parent: Option<usize>,
    /// Field of the parent that this format reads.
    pub from: Option<FieldRef>,
    pub when: Vec<Cond>,
    pub null: Vec<String>,
    /// Texts whose presence in a line speaks for (or against) this format when formats are told apart.
    pub hints: Vec<(String, f64)>,
    /// Data set where no rule says more.
    pub dataset: &'static Dataset,
    pub rules: Vec<Rule>,
    pub dispatch: Dispatch,
    pub children: Children,
    /// Name under which texts that no rule knows are counted.
    pub unknown: &'static str,
    pub tests: Vec<super::spec::TestSpec>,
}
