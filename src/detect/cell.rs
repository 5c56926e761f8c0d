//! What is remembered of one subject: everything in it merges commutatively and is capped.

use super::Observation;
use crate::model::{Evidence, Stamp, Ts};

/// Distinct values kept per set; beyond it the smallest stay, so the set is the same for any order.
pub const SET_MAX: usize = 1024;
/// Time buckets kept; beyond it neighbouring buckets are joined.
const BUCKETS_MAX: usize = 2048;
/// Opposite observations kept: the first ones and the last ones, half of each.
const MARKS_MAX: usize = 256;

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
    /// Distinct values by the detector's numbering, sorted, at most [`SET_MAX`] each. Most cells of a large
    /// scan hold a single value: a list of one costs a tenth of a tree of one.
    sets: [Vec<Box<str>>; 3],
    /// Opposite observations, sorted, each once: the first and the last of them.
    pub marks: Vec<Mark>,
    width: Ts,
    /// Weight by time, sorted.
    buckets: Vec<(i64, u64)>,
}

impl Cell {
    /// An empty cell with time buckets of `width` nanoseconds.
    pub fn new(width: Ts) -> Cell {
        Cell {
            count: 0,
            span: None,
            sets: Default::default(),
            marks: Vec::new(),
            width: width.max(1),
            buckets: Vec::new(),
        }
    }

    /// Adds an observation.
    pub fn add(&mut self, observation: &Observation<'_>, at: Stamp) {
        let at = Evidence { ts: at.ts, origin: at.origin };
        if observation.mark {
            let value = observation.values[0].as_ref().map(|v| v.clone().into_owned());
            let mark = Mark { at, value: value.unwrap_or_default() };
            if let Err(place) = self.marks.binary_search(&mark) {
                grow(&mut self.marks);
                self.marks.insert(place, mark);
                cap(&mut self.marks);
            }
            return;
        }
        self.count = self.count.saturating_add(observation.weight);
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        for (set, value) in self.sets.iter_mut().zip(&observation.values) {
            if let Some(value) = value {
                insert(set, value);
            }
        }
        self.weigh(at.ts.div_euclid(self.width), observation.weight);
        self.coarsen();
    }

    /// Adds to a bucket. Observations mostly come in order of time: the last one is looked at first.
    fn weigh(&mut self, bucket: i64, weight: u64) {
        match self.buckets.last_mut() {
            Some((last, sum)) if *last == bucket => *sum = sum.saturating_add(weight),
            Some((last, _)) if *last > bucket => match self.buckets.binary_search_by_key(&bucket, |b| b.0) {
                Ok(at) => {
                    self.buckets.iter_mut().skip(at).take(1).for_each(|b| b.1 = b.1.saturating_add(weight))
                }
                Err(at) => self.buckets.insert(at, (bucket, weight)),
            },
            _ => {
                grow(&mut self.buckets);
                self.buckets.push((bucket, weight));
            }
        }
    }

    /// Adds the observations of another cell of the same subject.
    pub fn merge(&mut self, mut other: Cell) {
        self.count = self.count.saturating_add(other.count);
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        for (mine, theirs) in self.sets.iter_mut().zip(other.sets) {
            match mine.is_empty() {
                true => *mine = theirs,
                false => theirs.iter().for_each(|value| insert(mine, value)),
            }
        }
        match self.marks.is_empty() {
            true => self.marks = other.marks,
            false if other.marks.is_empty() => {}
            false => {
                self.marks.extend(other.marks);
                self.marks.sort();
                self.marks.dedup();
                cap(&mut self.marks);
            }
        }
        while self.width < other.width {
            halve(&mut self.buckets, &mut self.width);
        }
        while other.width < self.width {
            halve(&mut other.buckets, &mut other.width);
        }
        for (bucket, weight) in other.buckets {
            self.weigh(bucket, weight);
        }
        self.coarsen();
    }

    /// Highest weight within any stretch of `window` nanoseconds, at the resolution of the buckets.
    pub fn burst(&self, window: Ts) -> Burst {
        let reach = (window / self.width).max(1);
        let mut best = Burst::default();
        // A window that is moved on bucket by bucket, with the sum of what lies in it.
        let (mut inside, mut ahead) = (0u128, self.buckets.iter().peekable());
        for (start, weight) in &self.buckets {
            let end = start.saturating_add(reach);
            while let Some((_, weight)) = ahead.next_if(|(at, _)| *at < end) {
                inside += u128::from(*weight);
            }
            let count = u64::try_from(inside).unwrap_or(u64::MAX);
            if count > best.count {
                best = Burst { count, start: start.saturating_mul(self.width) };
            }
            inside -= u128::from(*weight);
        }
        best
    }

    /// Weight of what happened until the end of the bucket that `ts` lies in.
    pub fn before(&self, ts: Ts) -> u64 {
        let last = ts.div_euclid(self.width);
        sum(self.buckets.iter().take_while(|(at, _)| *at <= last))
    }

    /// A set's values, the first `most`, for a finding's targets.
    pub fn values(&self, set: usize, most: usize) -> Vec<String> {
        self.sets.get(set).map(|s| s.iter().take(most).map(|v| v.to_string()).collect()).unwrap_or_default()
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

/// Keeps the first half and the last half of what may be kept: who logs in all day is not to hide what follows.
fn cap(marks: &mut Vec<Mark>) {
    if marks.len() > MARKS_MAX {
        marks.drain(MARKS_MAX / 2..marks.len() - MARKS_MAX / 2);
    }
}

fn sum<'b>(buckets: impl Iterator<Item = &'b (i64, u64)>) -> u64 {
    buckets.fold(0, |sum, (_, weight)| sum.saturating_add(*weight))
}

/// Puts a value into a sorted list, unless it is there or beyond the cap.
fn insert(set: &mut Vec<Box<str>>, value: &str) {
    let Err(at) = set.binary_search_by(|known| (**known).cmp(value)) else { return };
    if at < SET_MAX {
        set.truncate(SET_MAX - 1);
        grow(set);
        set.insert(at, value.into());
    }
}

/// Room for one from the start, then by doubling.
fn grow<T>(list: &mut Vec<T>) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
}

/// Joins buckets two by two. Buckets of every width are aligned to the epoch, so joining commutes
/// with merging.
fn halve(buckets: &mut Vec<(i64, u64)>, width: &mut Ts) {
    *width = width.saturating_mul(2);
    buckets.iter_mut().for_each(|(bucket, _)| *bucket = bucket.div_euclid(2));
    buckets.dedup_by(|later, first| {
        let same = later.0 == first.0;
        first.1 = first.1.saturating_add(if same { later.1 } else { 0 });
        same
    });
}
