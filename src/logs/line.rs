//! One line, read by a tree of formats: a root takes the line, its children what it leaves.

use super::draft::Draft;
use super::parser::Scratch;
use super::rule::Format;
use super::set::FormatSet;
use crate::model::{Dataset, FieldRef, Ledger, Origin};

/// Deepest nesting of formats within one line.
const DEPTH: usize = 8;

/// How a line ended.
pub(super) enum Fate {
    Event(&'static Dataset),
    Dropped,
    /// Names of columns.
    Header,
}

/// One line being read by a tree of formats.
pub(super) struct Line<'p> {
    pub set: &'p FormatSet,
    pub origin: Origin,
    pub ledger: &'p mut Ledger,
    pub scratch: &'p mut Scratch,
}

impl Line<'_> {
    /// Applies a format and its children to a text. `None` if no rule matches.
    pub fn read<'a>(
        &mut self,
        format: &Format,
        text: &'a str,
        draft: &mut Draft<'a>,
        depth: usize,
    ) -> Option<Fate> {
        let rule = format.dispatch.apply(format, text, draft, self.scratch)?;
        if std::mem::take(&mut self.scratch.header) {
            return Some(Fate::Header);
        }
        if rule.drop {
            return Some(Fate::Dropped);
        }
        draft.take(rule);
        if let Some(after) = &rule.after {
            after.apply(draft);
        }
        let dataset = rule.constants_into(draft);
        if let Some(after) = &rule.after {
            after.finish(draft);
        }
        if depth >= DEPTH {
            return Some(Fate::Event(dataset));
        }
        if let Some(field) = rule.inside {
            if let Some(fate) = self.inside(field, draft, depth) {
                return Some(fate);
            }
            draft.strange = depth == 0 && !self.set.narrowed;
        }
        if rule.again {
            let again = draft.text(self.set.message);
            if let Some(fate) = again.and_then(|t| self.read(format, t, draft, depth + 1)) {
                return Some(fate);
            }
        }
        let family = format.family.and_then(|index| self.set.format(index));
        draft.repeats |= family.is_some();
        let mut asked = None;
        for child in family.unwrap_or(format).children.candidates(draft) {
            if !child.conds.iter().all(|cond| cond.holds(draft)) {
                continue;
            }
            let Some(child) = self.set.format(child.format) else { continue };
            let fate = child.from.and_then(|field| self.field(child, field, draft, depth));
            if fate.is_some() {
                return fate;
            }
            if !child.when.is_empty() {
                asked = asked.or(Some(child));
            }
        }
        draft.framed = format.frame && draft.get(self.set.message).is_some();
        let dataset = asked.map_or(dataset, |child| {
            self.ledger.anomaly(child.unknown, self.origin);
            child.dataset
        });
        Some(Fate::Event(dataset))
    }

    /// Applies a format to the text of a field.
    fn field<'a>(
        &mut self,
        format: &Format,
        field: FieldRef,
        draft: &mut Draft<'a>,
        depth: usize,
    ) -> Option<Fate> {
        if let Some(text) = draft.text(field) {
            return self.read(format, text, draft, depth + 1);
        }
        // A text with escapes resolved is no part of the line: what is read from it is copied.
        let text = draft.get(field)?.as_str()?.to_owned();
        let mut own = Draft::default();
        let fate = self.read(format, &text, &mut own, depth + 1)?;
        own.repeats = true;
        draft.merge(own);
        Some(fate)
    }

    /// Reads the text of a field as a line of its own: by the format without a parent that reads it and
    /// whose hints speak loudest for it.
    fn inside<'a>(&mut self, field: FieldRef, draft: &mut Draft<'a>, depth: usize) -> Option<Fate> {
        let text = draft.get(field)?.as_str()?.trim_end().to_owned();
        let traced = self.scratch.trace.as_ref().map_or(0, Vec::len);
        let mut best: Option<(f64, &Format)> = None;
        for format in self.set.roots.iter().filter_map(|root| self.set.format(*root)) {
            let found = format.dispatch.apply(format, &text, &mut Draft::default(), self.scratch);
            let header = std::mem::take(&mut self.scratch.header);
            let score = format.score(&text);
            if found.is_some() && !header && best.is_none_or(|(most, _)| score > most) {
                best = Some((score, format));
            }
        }
        if let Some(trace) = &mut self.scratch.trace {
            trace.truncate(traced);
        }
        let mut own = Draft::default();
        let fate = self.read(best?.1, &text, &mut own, depth + 1)?;
        if matches!(fate, Fate::Event(_)) {
            own.repeats = true;
            draft.merge(own);
        }
        Some(fate)
    }
}
