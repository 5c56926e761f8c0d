//! What every data set is counted by: events, failures, bytes, latency, and events over time.

use super::facets::Measure;
use super::latency::Latency;
use super::model::{Bin, Timeline};
use crate::model::{Dataset, Event, Outcome, SECOND, Ts};
use std::collections::BTreeMap;

/// Widths of a time line's steps in seconds, each a multiple of the one before.
static STEPS: [Ts; 11] = [1, 10, 60, 600, 3600, 21_600, 86_400, 864_000, 8_640_000, 86_400_000, 864_000_000];
/// Steps with events that one kind may have before all time lines become coarser.
const BINS: usize = 512;

/// Counts of one data set.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The data set.
    pub dataset: &'static Dataset,
    /// Events.
    pub events: u64,
    /// Failed ones.
    pub failures: u64,
    /// Transactions without an end: the answer was never seen.
    pub unanswered: u64,
    /// Bytes of both ends.
    pub bytes: u64,
    /// Times from request to response.
    pub latency: Latency,
    bins: BTreeMap<Ts, (u64, u64)>,
    // The bin in use, written back when another one is needed: events come in order of time.
    open: Option<(Ts, u64, u64)>,
}

impl Kind {
    fn new(dataset: &'static Dataset) -> Kind {
        Kind {
            dataset,
            events: 0,
            failures: 0,
            unanswered: 0,
            bytes: 0,
            latency: Latency::default(),
            bins: BTreeMap::new(),
            open: None,
        }
    }

    fn flush(&mut self) {
        if let Some((bin, events, failures)) = self.open.take() {
            let slot = self.bins.entry(bin).or_default();
            slot.0 += events;
            slot.1 += failures;
        }
    }
}

/// All data sets met.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    list: Vec<Kind>,
    /// Index into [`STEPS`].
    step: usize,
    last: usize,
}

impl Kinds {
    /// Counts an event; returns the index of its kind, which stays.
    pub fn observe(&mut self, event: &Event<'_>, measure: Measure) -> usize {
        self.count(event.dataset, event, measure)
    }

    /// Counts an event as one of the kind that `dataset` names.
    pub fn count(&mut self, dataset: &'static Dataset, event: &Event<'_>, measure: Measure) -> usize {
        let index = self.index(dataset);
        let width = self.width();
        let Some(kind) = self.list.get_mut(index) else { return index };
        let failed = u64::from(event.outcome == Outcome::Failure);
        kind.events += 1;
        kind.failures += failed;
        kind.bytes = kind.bytes.saturating_add(measure.bytes);
        if event.dataset.transaction {
            match event.end {
                Some(end) => kind.latency.add(u64::try_from(end.saturating_sub(event.ts)).unwrap_or(0)),
                None => kind.unanswered += 1,
            }
        } else if let Some(lasted) = measure.lasted.filter(|_| measure.answered) {
            kind.latency.add(lasted);
        }
        let bin = event.ts.div_euclid(width);
        match &mut kind.open {
            Some((open, events, failures)) if *open == bin => {
                *events += 1;
                *failures += failed;
            }
            _ => {
                kind.flush();
                kind.open = Some((bin, 1, failed));
                if kind.bins.len() > BINS {
                    self.coarsen();
                }
            }
        }
        index
    }

    fn index(&mut self, dataset: &'static Dataset) -> usize {
        if self.list.get(self.last).is_some_and(|k| std::ptr::eq(k.dataset, dataset)) {
            return self.last;
        }
        let known = self.list.iter().position(|k| k.dataset.name == dataset.name);
        self.last = known.unwrap_or_else(|| {
            self.list.push(Kind::new(dataset));
            self.list.len() - 1
        });
        self.last
    }

    /// The data set of a kind.
    pub fn dataset(&self, index: usize) -> Option<&'static Dataset> {
        self.list.get(index).map(|kind| kind.dataset)
    }

    fn width(&self) -> Ts {
        STEPS.get(self.step).copied().unwrap_or(864_000_000) * SECOND
    }

    /// Makes the steps wider until every kind has few enough. The width reached depends on the set of
    /// times only, not on their order.
    fn coarsen(&mut self) {
        self.list.iter_mut().for_each(Kind::flush);
        while self.list.iter().any(|k| k.bins.len() > BINS) && self.step + 1 < STEPS.len() {
            self.widen(self.step + 1);
        }
    }

    fn widen(&mut self, step: usize) {
        let before = self.width();
        self.step = step;
        let factor = self.width() / before;
        self.list.iter_mut().for_each(Kind::flush);
        for kind in self.list.iter_mut().filter(|_| factor > 1) {
            let fine = std::mem::take(&mut kind.bins);
            for (bin, (events, failures)) in fine {
                let slot = kind.bins.entry(bin.div_euclid(factor)).or_default();
                slot.0 += events;
                slot.1 += failures;
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, mut other: Kinds) {
        let step = self.step.max(other.step);
        self.widen(step);
        other.widen(step);
        for from in other.list {
            let index = self.index(from.dataset);
            let Some(into) = self.list.get_mut(index) else { continue };
            into.events += from.events;
            into.failures += from.failures;
            into.unanswered += from.unanswered;
            into.bytes = into.bytes.saturating_add(from.bytes);
            into.latency.merge(&from.latency);
            for (bin, (events, failures)) in from.bins {
                let slot = into.bins.entry(bin).or_default();
                slot.0 += events;
                slot.1 += failures;
            }
        }
        self.coarsen();
    }

    /// The kinds by name.
    pub fn sorted(&self) -> Vec<&Kind> {
        let mut kinds: Vec<&Kind> = self.list.iter().collect();
        kinds.sort_by_key(|k| k.dataset.name);
        kinds
    }

    /// Events over time.
    pub fn timeline(&mut self) -> Timeline {
        self.coarsen();
        let step = self.width();
        let series = |kind: &Kind| {
            let bin = |(bin, (count, failures)): (&Ts, &(u64, u64))| Bin {
                start: bin.saturating_mul(step),
                count: *count,
                failures: *failures,
            };
            (kind.dataset.name.to_owned(), kind.bins.iter().map(bin).collect())
        };
        let series = self.sorted().into_iter().map(series).collect();
        Timeline { step, series }
    }
}
