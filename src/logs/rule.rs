//! A compiled format: its rules, which of them can match a text at all, and what follows from a match.

use super::after::After;
use super::columns::Columns;
use super::dispatch::Dispatch;
use super::draft::Draft;
use super::expression::GrokRule;
use super::json::JsonRule;
use super::kv::KvRule;
use super::multi::Joining;
use super::parser::Scratch;
use super::target::{Capture, Side, Target};
use super::template::{End, Misfit, Template};
use super::time::Zone;
use super::when::{Cond, Test};
use crate::model::{Dataset, FieldRef, Outcome, Transport, Value};
use hashbrown::HashMap;

/// How a text is matched.
#[derive(Debug)]
pub(super) enum Matcher {
    /// Literal text with fields between.
    Delimited(Template),
    /// A grok expression.
    Grok(Box<GrokRule>),
    /// Columns in the order that a header tells.
    Columns(Box<Columns>),
    /// A JSON object.
    Json(Box<JsonRule>),
    /// Pairs of key and value.
    Kv(Box<KvRule>),
}

impl Matcher {
    /// Whether a text that begins with this byte can match.
    pub fn may_begin(&self, byte: Option<u8>) -> bool {
        match self {
            Matcher::Delimited(template) => template.may_begin(byte),
            Matcher::Grok(_) => true,
            Matcher::Columns(_) => byte.is_some(),
            Matcher::Json(_) => matches!(byte, Some(b'{' | b' ' | b'\t')),
            Matcher::Kv(kv) => kv.may_begin(byte),
        }
    }

    /// The text that all it matches begins with.
    pub fn literal(&self) -> Option<&[u8]> {
        match self {
            Matcher::Delimited(template) => template.literal(),
            _ => None,
        }
    }

    /// What all it matches ends with.
    pub fn end(&self) -> End {
        match self {
            Matcher::Delimited(template) => template.end(),
            _ => End::Any,
        }
    }

    /// Fields it can fill.
    pub fn captures(&self) -> Box<dyn Iterator<Item = &Capture> + '_> {
        match self {
            Matcher::Delimited(template) => Box::new(template.captures().iter()),
            Matcher::Grok(grok) => Box::new(grok.captures()),
            Matcher::Columns(columns) => Box::new(columns.captures()),
            Matcher::Json(json) => Box::new(json.captures()),
            Matcher::Kv(kv) => Box::new(kv.captures()),
        }
    }

    /// Whether all it matches names who was at the other end, by address or name.
    pub fn tells_client(&self) -> bool {
        self.captures().any(|capture| {
            let target = &capture.target;
            matches!(
                target,
                Target::Ip(Side::Source)
                    | Target::Address(Side::Source, ..)
                    | Target::Peer(Side::Source, ..)
                    | Target::Socket(Side::Source, ..)
            )
        })
    }

    /// Matches; on failure the draft is as before. The first `known` parts are known to match.
    #[inline(always)]
    pub fn apply<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
        known: usize,
    ) -> Result<(), Misfit> {
        match self {
            Matcher::Delimited(template) => template.apply(text, null, draft, &mut scratch.walk, known),
            Matcher::Grok(grok) => grok.apply(text, null, draft, scratch).then_some(()).ok_or(Misfit::LATER),
            Matcher::Columns(columns) => {
                columns.apply(text, null, draft, scratch).then_some(()).ok_or(Misfit::LATER)
            }
            Matcher::Json(json) => json.apply(text, null, draft).then_some(()).ok_or(Misfit::LATER),
            Matcher::Kv(kv) => kv.apply(text, null, draft, scratch).then_some(()).ok_or(Misfit::LATER),
        }
    }

    /// How many of the first parts are those of `other`, and how many of these reach as far whatever follows.
    pub fn common(&self, other: &Matcher) -> (usize, usize) {
        match (self, other) {
            (Matcher::Delimited(mine), Matcher::Delimited(theirs)) => mine.common(theirs),
            _ => (0, 0),
        }
    }
}

/// A constant that a rule sets.
#[derive(Debug)]
pub(super) enum Constant {
    Outcome(Outcome),
    Transport(Transport),
    Field(FieldRef, Value<'static>),
}

/// Constants under conditions.
#[derive(Debug)]
pub(super) struct Case {
    /// All must hold.
    pub when: Vec<Cond>,
    /// What follows.
    pub set: Vec<Constant>,
    /// Data set of the event, where the case categorises it.
    pub dataset: Option<&'static Dataset>,
    /// Its events are wanted; see [`super::Wanted`].
    pub wanted: bool,
}

impl Case {
    /// Fields of its constants.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        fields(&self.set)
    }
}

fn fields(set: &[Constant]) -> impl Iterator<Item = FieldRef> {
    set.iter().filter_map(|constant| match constant {
        Constant::Outcome(_) | Constant::Transport(_) => None,
        Constant::Field(field, _) => Some(*field),
    })
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
    /// What follows from captured values.
    pub cases: Vec<Case>,
    /// The captured message is read again by the same format.
    pub again: bool,
    /// The line repeats an earlier one; see [`super::repeated`].
    pub like_before: bool,
    /// What else follows.
    pub after: Option<Box<After>>,
    /// Field whose text is a line of its own.
    pub inside: Option<FieldRef>,
    /// No event.
    pub drop: bool,
    /// Can give a field a value that it has already; worked out by [`super::set`].
    pub repeats: bool,
    /// Its events are wanted; see [`super::Wanted`].
    pub wanted: bool,
    /// Where one of its lines names no client, an earlier line of the same process may.
    pub looks_back: bool,
}

impl Rule {
    /// Whether a match is the end of it: an event with what was captured and the constants. Everything
    /// that a rule can do beyond has to be asked for here, but for looking back.
    pub fn plain(&self) -> bool {
        !self.again && self.plain_but_again()
    }

    /// The same, but that what it captured may be read once more.
    pub fn plain_but_again(&self) -> bool {
        !self.drop
            && !self.like_before
            && self.inside.is_none()
            && self.cases.is_empty()
            && self.after.is_none()
    }

    /// Whether a match can be, or lead to, an event that is wanted.
    pub fn tells_something(&self) -> bool {
        let goes_on = self.again || self.like_before || self.inside.is_some();
        self.wanted || goes_on || self.cases.iter().any(|case| case.wanted)
    }

    /// Leaves to a match only what fills fields that are `kept`; nothing if it is `silent`, since what is
    /// done then would belong to an event that is not made.
    pub fn leave(&mut self, kept: impl Fn(FieldRef) -> bool, silent: bool) {
        let keep = |constant: &Constant| match constant {
            Constant::Outcome(_) | Constant::Transport(_) => true,
            Constant::Field(field, _) => kept(field),
        };
        self.set.retain(keep);
        self.cases.iter_mut().for_each(|case| case.set.retain(keep));
        self.after = self.after.take().filter(|_| !silent).and_then(|mut after| {
            after.steps.retain(|step| step.fields().iter().any(|field| kept(field)));
            after.remove.retain(|field| kept(field));
            let left = after.rename.len() + after.steps.len() + after.remove.len();
            (left > 0).then_some(after)
        });
    }

    /// Fields that a match can fill, by every alternative.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        let captured = self.matchers.iter().flat_map(|m| m.captures()).flat_map(|c| c.target.fields());
        captured.chain(self.constants()).chain(self.after.iter().flat_map(|after| after.fields()))
    }

    /// Gives the draft the constants and those of the cases that hold; gives the data set.
    pub fn constants_into(&self, draft: &mut Draft<'_>) -> &'static Dataset {
        put(&self.set, draft);
        let (mut dataset, mut held) = (self.dataset, 0);
        for case in &self.cases {
            if case.when.iter().all(|cond| cond.holds(draft)) {
                put(&case.set, draft);
                dataset = case.dataset.unwrap_or(dataset);
                draft.wanted |= case.wanted;
                held += 1;
            }
        }
        // Two cases can give the same field.
        draft.repeats |= held > 1;
        dataset
    }

    /// Fields of its constants.
    pub fn constants(&self) -> impl Iterator<Item = FieldRef> {
        fields(&self.set)
    }
}

fn put(set: &[Constant], draft: &mut Draft<'_>) {
    for constant in set {
        match constant {
            Constant::Outcome(outcome) => draft.outcome = *outcome,
            Constant::Transport(transport) => draft.transport = Some(*transport),
            Constant::Field(field, value) => draft.fields.push((field, value.clone())),
        }
    }
}

/// A child of a format with the conditions that are left to check.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub format: usize,
    pub conds: Vec<Cond>,
}

/// Children of a format: those chosen by the value of one field, and the others.
#[derive(Debug, Default)]
pub(super) struct Children {
    field: Option<FieldRef>,
    /// Looked up only, never walked: its order cannot show.
    exact: HashMap<String, Vec<Child>>,
    others: Vec<Child>,
}

impl Children {
    /// Adds a child with its conditions.
    pub fn add(&mut self, format: usize, conds: &[Cond]) {
        let exact = conds.iter().position(|c| {
            matches!(c.test, Test::Equals(_)) && self.field.is_none_or(|f| std::ptr::eq(f, c.field))
        });
        let left = conds.iter().enumerate().filter(|(i, _)| Some(*i) != exact).map(|(_, c)| c.clone());
        let child = Child { format, conds: left.collect() };
        match exact.and_then(|i| conds.get(i)) {
            Some(Cond { field, test: Test::Equals(values) }) => {
                self.field = Some(field);
                for value in values {
                    self.exact.entry(value.clone()).or_default().push(child.clone());
                }
            }
            _ => self.others.push(child),
        }
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        !self.exact.is_empty() || !self.others.is_empty()
    }

    /// The field whose value chooses children, and its values that choose some.
    pub fn choosing(&self) -> Option<(FieldRef, impl Iterator<Item = &str>)> {
        // Whoever asks looks the values up again: the order cannot show.
        self.field.map(|field| (field, self.exact.keys().map(String::as_str)))
    }

    /// Children whose remaining conditions hold; those chosen by a value first.
    pub fn candidates<'c>(&'c self, draft: &Draft<'_>) -> impl Iterator<Item = &'c Child> + use<'c> {
        let value = self.field.and_then(|f| draft.get(f)).and_then(|v| v.as_str());
        let exact = value.and_then(|v| self.exact.get(v)).map_or(&[] as &[Child], |list| list);
        exact.iter().chain(&self.others)
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
    /// Format whose children read this one's message too.
    pub family: Option<usize>,
    /// Zone of stamps without one, where the user names none.
    pub zone: Option<Zone>,
    /// Its lines carry a message of somebody else.
    pub frame: bool,
    /// A line that names no client gets the one that an earlier line of the same process names.
    pub client_by_process: bool,
    /// Reads many of the same lines to the same fields.
    pub twin: Option<usize>,
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
    /// Which lines belong together, where events have several.
    pub joining: Option<Joining>,
    /// Name under which texts that no rule knows are counted.
    pub unknown: &'static str,
    pub tests: Vec<super::spec::TestSpec>,
}

impl Format {
    /// Whether its lines wrap lines of other formats.
    pub fn unwraps(&self) -> bool {
        self.rules.iter().any(|rule| rule.inside.is_some())
    }
}

impl Format {
    /// Whether other formats read what it leaves.
    pub fn is_parent(&self) -> bool {
        self.family.is_some() || self.children.any()
    }
}
