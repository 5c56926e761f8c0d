//! Why a line is read as it is, or where the formats lose it.

mod parts;
mod stop;

use super::check::text as shown;
use super::draft::Draft;
use super::grok::Library;
use super::parser::Scratch;
use super::rule::{Format, Rule};
use super::set::FormatSet;
use super::spec::FormatSpec;
use super::time::Moment;
use crate::model::rfc3339;
use std::sync::Arc;
use stop::{sources, stop};

/// Alternatives that are told of those that do not match.
const TRIES: usize = 3;
/// Formats within one line.
const DEPTH: usize = 8;

/// One format and what it makes of the text that it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Format.
    pub format: &'static str,
    /// What it reads; of the line, or of a field of its parent.
    pub text: String,
    /// Where the text begins in the line, bytes; `None` if escapes were resolved on the way.
    pub offset: Option<usize>,
    /// What came of it.
    pub result: Outcome,
}

/// What a format makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A rule reads it.
    Read {
        /// Rule and alternative, from 1.
        rule: (usize, usize),
        /// The alternative as written.
        source: String,
        /// Names and values, in the order of the rule; then its constants.
        captures: Vec<(String, String)>,
        /// The rule makes no event.
        dropped: bool,
    },
    /// None does.
    Lost {
        /// Rules of the format.
        rules: usize,
        /// The alternatives that come furthest, the best first.
        tries: Vec<Try>,
    },
}

/// An alternative that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// Rule and alternative, from 1.
    pub rule: (usize, usize),
    /// The alternative as written.
    pub source: String,
    /// Byte of the text at which it stopped.
    pub at: usize,
    /// The part that matched last, as written.
    pub matched: Option<String>,
    /// What was expected next.
    pub expected: String,
    /// Bytes that are known to be right; what comes furthest has most.
    pub right: usize,
    /// Further alternatives that stop at the same place for the same reason.
    pub more: usize,
}

/// Explains lines with the formats and named patterns of a set.
pub struct Explainer<'f> {
    set: &'f FormatSet,
    library: &'f Library,
    line: &'f str,
}

impl<'f> Explainer<'f> {
    /// For a line; `library` has the named patterns that `set` was compiled with.
    pub fn new(set: &'f FormatSet, library: &'f Library, line: &'f str) -> Explainer<'f> {
        Explainer { set, library, line }
    }

    /// What the formats make of the line: those of `names` with the parents that lead to them, in turn;
    /// without names those that the line is recognised as, or, if there is none, all without a parent.
    pub fn steps(&self, names: &[String]) -> Vec<Step> {
        if names.is_empty() {
            let detected: Vec<usize> = self.set.detect(self.line.as_bytes()).formats().take(1).collect();
            if detected.is_empty() {
                return self.roots();
            }
            return detected.into_iter().flat_map(|root| self.way(&[root])).collect();
        }
        let way = |name: &String| {
            let index = self.set.index(name)?;
            let parent = |i: &usize| self.set.format(*i).and_then(|f| f.parent);
            let mut way: Vec<usize> = std::iter::successors(Some(index), parent).take(DEPTH).collect();
            way.reverse();
            Some(self.way(&way))
        };
        names.iter().filter_map(way).flatten().collect()
    }

    /// The formats without a parent, those first that come furthest.
    fn roots(&self) -> Vec<Step> {
        let formats = self.set.roots.iter().filter_map(|root| self.set.format(*root));
        let mut steps: Vec<Step> = formats.map(|format| self.lost(format, self.line, Some(0))).collect();
        let furthest = |step: &Step| match &step.result {
            Outcome::Lost { tries, .. } => tries.first().map_or(0, |t| t.right),
            Outcome::Read { .. } => usize::MAX,
        };
        steps.sort_by_key(|step| std::cmp::Reverse(furthest(step)));
        steps.truncate(TRIES);
        steps
    }

    /// Follows the line through these formats, then through whatever children read what is left.
    fn way(&self, formats: &[usize]) -> Vec<Step> {
        let detection = self.set.detect(self.line.as_bytes());
        let mut scratch = Scratch { layouts: Arc::clone(&detection.layouts), ..Scratch::default() };
        let mut steps = Vec::new();
        let mut draft = Draft::default();
        let (mut given, mut offset) = (self.line.to_owned(), Some(0));
        let mut forced = formats.iter().copied();
        let mut next = forced.next();
        while let Some(format) = next.take().and_then(|index| self.set.format(index)) {
            let mut own = Draft::default();
            let read = {
                let found = format.dispatch.apply(format, &given, &mut own, &mut scratch);
                found.map(|rule| self.read(format, rule, &given, offset, &mut own))
            };
            let Some(step) = read else {
                steps.push(self.lost(format, &given, offset));
                break;
            };
            steps.push(step);
            draft.merge(own);
            if steps.len() >= DEPTH {
                break;
            }
            let Some(child) = forced.next().or_else(|| self.child(format, &draft, &mut scratch, &mut steps))
            else {
                break;
            };
            let from = self.set.format(child).and_then(|f| f.from).unwrap_or(self.set.message);
            let Some(text) = draft.get(from).and_then(|v| v.as_str()).map(str::to_owned) else { break };
            // The end of the text is where the end of the parent's is, unless it stands elsewhere.
            offset = offset.and_then(|o| Some(o + given.rfind(&text)?));
            given = text;
            next = Some(child);
        }
        steps
    }

    /// The child that reads on. Those that are asked and do not read are told instead.
    fn child(
        &self,
        format: &Format,
        draft: &Draft<'_>,
        scratch: &mut Scratch,
        steps: &mut Vec<Step>,
    ) -> Option<usize> {
        let family = format.family.and_then(|index| self.set.format(index)).unwrap_or(format);
        let mut lost = Vec::new();
        for child in family.children.candidates(draft) {
            let asked = child.conds.iter().all(|cond| cond.holds(draft));
            let Some(format) = self.set.format(child.format).filter(|_| asked) else { continue };
            let from = format.from.unwrap_or(self.set.message);
            let Some(text) = draft.get(from).and_then(|v| v.as_str()) else { continue };
            if format.dispatch.apply(format, text, &mut Draft::default(), scratch).is_some() {
                return Some(child.format);
            }
            if !format.when.is_empty() {
                let end = self.line.rfind(text);
                lost.push(self.lost(format, text, end));
            }
        }
        steps.extend(lost);
        None
    }

    fn read(
        &self,
        format: &Format,
        rule: &Rule,
        text: &str,
        offset: Option<usize>,
        draft: &mut Draft<'_>,
    ) -> Step {
        let number = format.rules.iter().position(|r| std::ptr::eq(r, rule)).unwrap_or(0);
        let fits = |m: &super::rule::Matcher| {
            m.apply(text, &format.null, &mut Draft::default(), &mut Scratch::default(), 0).is_ok()
        };
        let alternative = rule.matchers.iter().position(fits).unwrap_or(0);
        let source = self.sources(format).get(number).and_then(|s| s.get(alternative)).cloned();
        let mut captures = values(draft);
        let captured = draft.fields.len();
        let dataset = rule.constants_into(draft);
        captures.extend(draft.fields.iter().skip(captured).map(|(f, v)| (f.name.to_owned(), shown(v))));
        captures.push(("event.dataset".to_owned(), dataset.name.to_owned()));
        let result = Outcome::Read {
            rule: (number + 1, alternative + 1),
            source: source.unwrap_or_default(),
            captures,
            dropped: rule.drop,
        };
        Step { format: format.name, text: text.to_owned(), offset, result }
    }

    fn lost(&self, format: &Format, text: &str, offset: Option<usize>) -> Step {
        let specs = self.spec(format);
        let sources = self.sources(format);
        let mut tries: Vec<Try> = Vec::new();
        for (r, rule) in format.rules.iter().enumerate() {
            let Some(spec) = specs.as_ref().and_then(|s| s.rule.get(r)) else { continue };
            for (m, matcher) in rule.matchers.iter().enumerate() {
                let source = sources.get(r).and_then(|s| s.get(m)).cloned().unwrap_or_default();
                let stop = stop(matcher, &source, spec, text, &format.null, self.library);
                let same = |t: &&mut Try| t.at == stop.at && t.expected == stop.expected;
                if let Some(same) = tries.iter_mut().find(same) {
                    same.more += 1;
                    continue;
                }
                let (at, matched, expected, right) = (stop.at, stop.matched, stop.expected, stop.right);
                tries.push(Try { rule: (r + 1, m + 1), source, at, matched, expected, right, more: 0 });
            }
        }
        tries.sort_by_key(|t| (std::cmp::Reverse((t.right, t.at)), t.rule));
        tries.truncate(TRIES);
        let result = Outcome::Lost { rules: format.rules.len(), tries };
        Step { format: format.name, text: text.to_owned(), offset, result }
    }

    fn spec(&self, format: &Format) -> Option<FormatSpec> {
        let text = self.set.text(format.name)?.ok()?;
        FormatSpec::read(&format.file, &text).ok()
    }

    fn sources(&self, format: &Format) -> Vec<Vec<String>> {
        self.spec(format).map(|spec| spec.rule.iter().map(sources).collect()).unwrap_or_default()
    }
}

/// What a draft holds, as names and texts.
fn values(draft: &Draft<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            out.push((name.to_owned(), value));
        }
    };
    put("@timestamp", draft.time.map(stamp));
    put("event.end", draft.end.map(stamp));
    for (side, end) in [("source", draft.source), ("destination", draft.destination)] {
        put(&format!("{side}.ip"), end.ip.map(|ip| ip.to_string()));
        put(&format!("{side}.port"), end.port.map(|n| n.to_string()));
        put(&format!("{side}.bytes"), end.bytes.map(|n| n.to_string()));
        put(&format!("{side}.packets"), end.packets.map(|n| n.to_string()));
    }
    put("network.transport", draft.transport.map(|t| format!("{t:?}").to_lowercase()));
    for (field, value) in &draft.fields {
        put(field.name, Some(shown(value)));
    }
    out
}

/// A stamp as it was written: without a zone or year where it has none.
fn stamp(moment: Moment) -> String {
    let cut = |text: String, from: usize| {
        text.get(from..).map_or(text.clone(), |t| t.trim_end_matches('Z').to_owned())
    };
    match moment {
        Moment::Utc(ts) => rfc3339(ts),
        Moment::Local(wall) => format!("{} (zone not told)", cut(rfc3339(wall), 0)),
        Moment::Yearless(when) => format!("{} (year not told)", cut(rfc3339(when.in_year(2024)), 5)),
    }
}
