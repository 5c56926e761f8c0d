//! Where the captures of a match are.

use super::exec::{Scratch, UNSET};
use super::{CaptureType, Grok};
use std::ops::Range;

/// Where the captures of the last match are, and the scratch memory of matching. One per thread.
#[derive(Debug, Default)]
pub struct Slots {
    pub(super) scratch: Scratch,
    /// Captures of the last match; 0 if it failed.
    count: usize,
    /// Places of names captured more than once, after their first.
    more: Vec<More>,
    /// Types of captures whose first place did not take part.
    promoted: Vec<(usize, CaptureType)>,
    /// Steps of all lines so far.
    total: usize,
}

#[derive(Debug)]
struct More {
    capture: usize,
    range: Range<usize>,
    ty: CaptureType,
}

impl Slots {
    /// Empty slots, for any expression.
    pub fn new() -> Slots {
        Slots::default()
    }

    /// Bytes of the line the capture holds; `None` if it did not take part or is empty, which Logstash drops.
    /// Where a name is captured several times this is the first of [`all`](Slots::all).
    pub fn get(&self, capture: usize) -> Option<Range<usize>> {
        if capture < self.count { self.place(capture) } else { None }
    }

    /// Every non-empty capture of the name, in the order Logstash lists them.
    pub fn all(&self, capture: usize) -> impl Iterator<Item = Range<usize>> {
        let more = self.more.iter().filter(move |m| m.capture == capture).map(|m| m.range.clone());
        self.get(capture).into_iter().chain(more)
    }

    /// The same with the type each was asked for; `grok` is what the last match was made with.
    pub fn typed(&self, grok: &Grok, capture: usize) -> impl Iterator<Item = (Range<usize>, CaptureType)> {
        let promoted = self.promoted.iter().find(|(c, _)| *c == capture).map(|(_, ty)| *ty);
        let ty = promoted.or_else(|| grok.captures.get(capture).map(|c| c.ty)).unwrap_or(CaptureType::Text);
        let more = self.more.iter().filter(move |m| m.capture == capture).map(|m| (m.range.clone(), m.ty));
        self.get(capture).map(|range| (range, ty)).into_iter().chain(more)
    }

    /// Steps the last line took; see the limit in [`StepLimit`](super::StepLimit).
    pub fn steps(&self) -> usize {
        self.scratch.steps
    }

    /// Steps of all lines so far.
    pub fn total_steps(&self) -> usize {
        self.total
    }

    /// Adds the steps of the last line up.
    pub(super) fn add_up(&mut self) {
        self.total = self.total.saturating_add(self.scratch.steps);
    }

    pub(super) fn forget(&mut self) {
        self.count = 0;
        self.more.clear();
        self.promoted.clear();
    }

    fn place(&self, place: usize) -> Option<Range<usize>> {
        let start = *self.scratch.registers.get(place * 2)?;
        let end = *self.scratch.registers.get(place * 2 + 1)?;
        (start < end && end != UNSET).then_some(start..end)
    }

    /// Takes the registers of a match over.
    pub(super) fn keep(&mut self, grok: &Grok) {
        self.count = grok.captures.len();
        for repeat in &grok.repeats {
            let Some(range) = self.place(repeat.place) else { continue };
            if self.place(repeat.capture).is_some() {
                self.more.push(More { capture: repeat.capture, range, ty: repeat.ty });
                continue;
            }
            for (register, value) in [(repeat.capture * 2, range.start), (repeat.capture * 2 + 1, range.end)]
            {
                if let Some(slot) = self.scratch.registers.get_mut(register) {
                    *slot = value;
                }
            }
            self.promoted.push((repeat.capture, repeat.ty));
        }
    }
}
