//! What is remembered of one subject: everything in it merges commutatively and is capped.

use super::Observation;
use crate::model::{Evidence, Stamp, Ts};
use std::collections::{BTreeMap, BTreeSet};

/// Distinct values kept per set; beyond it the smallest stay, so the set is the same for any order.
pub const SET_MAX: usize = 1024;
/// Time buckets kept; beyond it neighbouring buckets are joined.
const BUCKETS_MAX: usize = 2048;
/// Opposite observations kept: the first ones.
const MARKS_MAX: usize = 64;

/// An observation of the opposite kind: a log-in that worked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// When and where.
    pub at: Evidence,
    /// Its first value: the user.
    pub value: String,
}

/// The densest stretch of observations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst {
    /// Weight in it.
    pub count: u64,
    /// Where it begins.
    pub start: Ts,
}

/// Observations of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Total weight.
    pub count: u64,
    /// First and last observation that was counted.
    pub span: Option<(Evidence, Evidence)>,
    /// Distinct values by the detector's numbering, at most [`SET_MAX`] each.
    pub sets: [BTreeSet<String>; 3],
    /// Opposite observations, the first `MARKS_MAX`.
    pub marks: BTreeSet<Mark>,
    width: Ts,
    buckets: BTreeMap<i64, u64>,
}

impl Cell {
    /// An empty cell with time buckets of `width` nanoseconds.
    pub fn new(width: Ts) -> Cell {
        Cell {
            count: 0,
            span: None,
            sets: Default::default(),
            marks: BTreeSet::new(),
            width: width.max(1),
            buckets: BTreeMap::new(),
        }
    }

    /// Adds an observation.
    pub fn add(&mut self, observation: &Observation<'_>, at: Stamp) {
        let at = Evidence { ts: at.ts, origin: at.origin };
        if observation.mark {
            let value = observation.values[0].as_ref().map(|v| v.clone().into_owned());
            self.marks.insert(Mark { at, value: value.unwrap_or_default() });
            cap(&mut self.marks, MARKS_MAX);
            return;
        }
        self.count += observation.weight;
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        for (set, value) in self.sets.iter_mut().zip(&observation.values) {
            if let Some(value) = value
                && !set.contains(&**value)
            {
                set.insert(value.clone().into_owned());
                cap(set, SET_MAX);
            }
        }
        *self.buckets.entry(at.ts.div_euclid(self.width)).or_default() += observation.weight;
        self.coarsen();
    }

    /// Adds the observations of another cell of the same subject.
    pub fn merge(&mut self, mut other: Cell) {
        self.count += other.count;
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        for (mine, theirs) in self.sets.iter_mut().zip(other.sets) {
            mine.extend(theirs);
            cap(mine, SET_MAX);
        }
        self.marks.extend(other.marks);
        cap(&mut self.marks, MARKS_MAX);
        while self.width < other.width {
            halve(&mut self.buckets, &mut self.width);
        }
        while other.width < self.width {
            halve(&mut other.buckets, &mut other.width);
        }
        for (bucket, weight) in other.buckets {
            *self.buckets.entry(bucket).or_default() += weight;
        }
        self.coarsen();
    }

    /// Highest weight within any stretch of `window` nanoseconds, at the resolution of the buckets.
    pub fn burst(&self, window: Ts) -> Burst {
        let reach = (window / self.width).max(1);
        let mut best = Burst::default();
        for start in self.buckets.keys() {
            let count = self.buckets.range(*start..start.saturating_add(reach)).map(|(_, n)| n).sum();
            if count > best.count {
                best = Burst { count, start: start.saturating_mul(self.width) };
            }
        }
        best
    }

    /// Weight of what happened in buckets that begin before `ts`.
    pub fn before(&self, ts: Ts) -> u64 {
        self.buckets.range(..=ts.div_euclid(self.width)).map(|(_, n)| n).sum()
    }

    /// A set's values, the first `most`, for a finding's targets.
    pub fn values(&self, set: usize, most: usize) -> Vec<String> {
        self.sets.get(set).map(|s| s.iter().take(most).cloned().collect()).unwrap_or_default()
    }

    /// How many distinct values a set holds.
    pub fn distinct(&self, set: usize) -> u64 {
        self.sets.get(set).map_or(0, |s| s.len() as u64)
    }

    fn coarsen(&mut self) {
        while self.buckets.len() > BUCKETS_MAX {
            halve(&mut self.buckets, &mut self.width);
        }
    }
}

fn cap<T: Ord>(set: &mut BTreeSet<T>, most: usize) {
    while set.len() > most {
        set.pop_last();
    }
}

/// Joins buckets two by two. Buckets of every width are aligned to the epoch, so joining commutes
/// with merging.
fn halve(buckets: &mut BTreeMap<i64, u64>, width: &mut Ts) {
    *width = width.saturating_mul(2);
    for (bucket, weight) in std::mem::take(buckets) {
        *buckets.entry(bucket.div_euclid(2)).or_default() += weight;
    }
}
