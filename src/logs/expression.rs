//! Grok rules: a compiled expression with the targets of its captures.

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::grok::{Engine, Grok};
use super::parser::Scratch;
use super::target::{Capture, Target};
use super::time::Form;
use memchr::memmem::Finder;

/// A grok expression of a format. A capture whose text is not of its field's type makes the rule not
/// match, as in a template.
#[derive(Debug)]
pub(super) struct GrokRule {
    grok: Grok,
    slots: Vec<Slot>,
    /// Text that every match contains: most lines are refused by it without running the expression.
    need: Option<Finder<'static>>,
}

/// Where a capture goes.
#[derive(Debug)]
enum Slot {
    /// `@timestamp`, in one of these forms.
    Time(Vec<Form>),
    Field(Capture),
}

impl GrokRule {
    /// Finds where the captures of an expression go. `times` are the forms its `@timestamp` may have.
    pub fn new(
        table: &Table,
        format: &str,
        file: &str,
        place: &str,
        grok: Grok,
        times: &[Form],
    ) -> Result<GrokRule, PatternError> {
        let mut slots = Vec::with_capacity(grok.captures().len());
        for capture in grok.captures() {
            let name = capture.path.as_str();
            slots.push(if name == "@timestamp" {
                if times.is_empty() {
                    return Err(PatternError::format(
                        file,
                        place,
                        "`@timestamp` needs `time`, the form of the stamp",
                    ));
                }
                Slot::Time(times.to_vec())
            } else if name.starts_with("@metadata") {
                Slot::Field(Capture { target: Target::Skip, check: None })
            } else {
                let target = Target::of(table, file, place, name)?;
                Slot::Field(Capture { target, check: table.check(format, name) })
            });
        }
        let need = grok.required_literal().map(|text| Finder::new(text).into_owned());
        Ok(GrokRule { grok, slots, need })
    }

    /// How it is matched.
    pub fn engine(&self) -> Engine {
        self.grok.engine()
    }

    /// Fields it can fill.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Field(capture) => Some(capture),
            Slot::Time(_) => None,
        })
    }

    /// Matches somewhere in the text, as grok does; anchors in the expression bind it. On failure the
    /// draft is as before.
    pub fn apply<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> bool {
        if self.need.as_ref().is_some_and(|need| need.find(text.as_bytes()).is_none()) {
            return false;
        }
        match self.grok.matches(text.as_bytes(), &mut scratch.slots) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(_) => {
                scratch.step_limit = true;
                return false;
            }
        }
        let mark = draft.mark();
        for (i, slot) in self.slots.iter().enumerate() {
            let Some(value) = scratch.slots.get(i).and_then(|range| text.get(range)) else { continue };
            if null.iter().any(|n| n == value) {
                continue;
            }
            let good = match slot {
                Slot::Field(capture) => draft.put(capture, value),
                Slot::Time(forms) => forms.iter().any(|form| {
                    let whole = form.scan(value.as_bytes()).filter(|(_, taken)| *taken == value.len());
                    draft.time = whole.map(|(moment, _)| moment);
                    whole.is_some()
                }),
            };
            if !good {
                draft.reset(&mark);
                return false;
            }
        }
        true
    }
}
