//! What follows from a match beside constants: fields renamed, changed and removed, and second events.

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::rule::Constant;
use super::spec::{FormatSpec, RuleSpec};
use super::step::Step;
use super::target::Capture;
use super::when::Cond;
use crate::model::{Dataset, Event, FieldRef, Value};

/// In this order: renamed, changed; then the rule's constants; then removed.
#[derive(Debug, Default)]
pub(super) struct After {
    pub rename: Vec<(FieldRef, Capture)>,
    pub steps: Vec<Step>,
    pub remove: Vec<FieldRef>,
    pub also: &'static [Also],
}

/// A second event from the same line.
#[derive(Debug)]
pub(super) struct Also {
    pub when: Vec<Cond>,
    pub dataset: &'static Dataset,
    pub set: Vec<Constant>,
    pub remove: Vec<FieldRef>,
}

impl After {
    /// What a rule of a format asks for; the format's own comes first.
    pub fn new(
        table: &Table,
        file: &str,
        place: &str,
        (spec, rule): (&FormatSpec, &RuleSpec),
        also: Vec<Also>,
    ) -> Result<Option<Box<After>>, PatternError> {
        let mut after = After { also: Box::leak(also.into_boxed_slice()), ..After::default() };
        for (from, to) in spec.rename.iter().chain(&rule.rename) {
            let capture = Capture::named(table, &spec.name, file, place, to)?;
            after.rename.push((table.need(file, place, from)?, capture));
        }
        for step in spec.step.iter().chain(&rule.step) {
            after.steps.push(Step::new(table, file, place, step)?);
        }
        for name in spec.remove.iter().chain(&rule.remove) {
            after.remove.push(table.need(file, place, name)?);
        }
        let nothing = after.rename.is_empty() && after.steps.is_empty() && after.remove.is_empty();
        Ok((!nothing || !after.also.is_empty()).then(|| Box::new(after)))
    }

    /// Fields that it can fill.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        let renamed = self.rename.iter().flat_map(|(_, capture)| capture.target.fields());
        renamed.chain(self.steps.iter().flat_map(Step::fields).copied())
    }

    /// Before the constants.
    pub fn apply(&self, draft: &mut Draft<'_>) {
        for (from, to) in &self.rename {
            let Some(at) = draft.fields.iter().rposition(|(field, _)| std::ptr::eq(*field, *from)) else {
                continue;
            };
            let (_, value) = draft.fields.remove(at);
            let text = match &value {
                Value::Str(text) => Some(text.to_string()),
                Value::Int(number) => Some(number.to_string()),
                Value::Float(number) => Some(number.to_string()),
                Value::Bool(is) => Some(is.to_string()),
                Value::Ip(ip) => Some(ip.to_string()),
                _ => None,
            };
            let mut own = Draft::default();
            let put = text.as_ref().is_some_and(|text| own.put(to, text));
            draft.merge(own);
            if !put {
                // Of another type: kept where it was, and counted.
                draft.fields.insert(at, (*from, value));
                draft.bad.push(from.name);
            }
        }
        for step in &self.steps {
            step.apply(draft);
        }
        // A step may fill a field that has a value.
        draft.repeats = true;
    }

    /// After the constants.
    pub fn finish(&self, draft: &mut Draft<'_>) {
        drop_all(&self.remove, &mut draft.fields);
        let holds = |also: &&'static Also| also.when.iter().all(|cond| cond.holds(draft));
        let also: Vec<&'static Also> = self.also.iter().filter(holds).collect();
        draft.also.extend(also);
    }
}

impl Also {
    /// The second event: a copy of the first one with what differs. `nth` is at least 1.
    pub fn event<'a>(&self, first: &Event<'a>, nth: u32) -> Event<'a> {
        let mut event = first.clone();
        event.dataset = self.dataset;
        event.seq.sub = nth.into();
        event.ordinal = nth;
        drop_all(&self.remove, &mut event.fields);
        for constant in &self.set {
            match constant {
                Constant::Outcome(outcome) => event.outcome = *outcome,
                Constant::Transport(transport) => event.transport = Some(*transport),
                Constant::Field(field, value) => event.fields.push((field, value.clone())),
            }
        }
        super::draft::last_wins(&mut event.fields);
        event
    }
}

fn drop_all(remove: &[FieldRef], fields: &mut Vec<(FieldRef, Value<'_>)>) {
    if !remove.is_empty() {
        fields.retain(|(field, _)| !remove.iter().any(|gone| std::ptr::eq(*gone, *field)));
    }
}
