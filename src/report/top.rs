//! Counting by key in bounded memory, the same whatever the split of the work.

use foldhash::fast::FixedState;
use hashbrown::{Equivalent, HashMap};
use std::cmp::Reverse;
use std::hash::Hash;

/// What is counted for one key.
pub trait Row: Default {
    /// Adds what was counted elsewhere for the same key, later in the input.
    fn absorb(&mut self, later: Self);
}

/// Rows by key: exact up to `cap` distinct keys. Beyond it half of the keys, those seen least, are
/// dropped as by Misra and Gries (1982): a key that makes up more than 2/cap of all observations is
/// never lost for good, and the counts of those that stay are lower bounds. What is dropped depends
/// on the order of observations and blocks only.
#[derive(Debug)]
pub struct Top<K, V> {
    cap: usize,
    rows: HashMap<K, (u64, V), FixedState>,
    pruned: bool,
}

impl<K: Hash + Eq + Ord + Clone, V: Row> Top<K, V> {
    /// Empty, exact up to `cap` keys (at least 2).
    pub fn new(cap: usize) -> Top<K, V> {
        Top { cap: cap.max(2), rows: HashMap::default(), pruned: false }
    }

    /// The row of `key`, which counts as seen once more.
    pub fn row(&mut self, key: K) -> &mut V {
        if self.rows.len() >= self.cap && !self.rows.contains_key(&key) {
            self.prune();
        }
        let (seen, row) = self.rows.entry(key).or_default();
        *seen += 1;
        row
    }

    /// As [`Top::row`], by a borrowed key that is only copied when it is new.
    pub fn row_ref<Q>(&mut self, key: &Q) -> &mut V
    where
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
    {
        if self.rows.len() >= self.cap && !self.rows.contains_key(key) {
            self.prune();
        }
        let (seen, row) = self.rows.entry_ref(key).or_default();
        *seen += 1;
        row
    }

    fn prune(&mut self) {
        // In place: a copy of the rows would be the largest piece of memory of a long run.
        let keep = self.cap / 2;
        let mut order: Vec<(Reverse<u64>, &K)> =
            self.rows.iter().map(|(key, (seen, _))| (Reverse(*seen), key)).collect();
        if keep >= order.len() {
            return;
        }
        let (_, (Reverse(level), first), _) = order.select_nth_unstable(keep);
        let (level, first) = (*level, K::clone(first));
        self.rows.retain(|key, (seen, _)| {
            let key: &K = key;
            (Reverse(*seen), key) < (Reverse(level), &first)
        });
        #[allow(clippy::iter_over_hash_type, reason = "every row is changed alike")]
        for (seen, _) in self.rows.values_mut() {
            // At least 1: a key among many that were seen once is as good as another one.
            *seen = seen.saturating_sub(level).max(1);
        }
        self.pruned = true;
    }

    /// Adds what was counted later in the input, which is empty afterwards and keeps its memory.
    pub fn merge(&mut self, later: &mut Top<K, V>) {
        self.pruned |= std::mem::take(&mut later.pruned);
        // Room is made before anything is added: what is dropped may not depend on the order of a hash.
        if self.rows.len() + later.rows.len() > self.cap {
            let new = later.rows.keys().filter(|key| !self.rows.contains_key(*key)).count();
            if self.rows.len() + new > self.cap {
                self.prune();
            }
        }
        #[allow(clippy::iter_over_hash_type, reason = "rows of different keys have no part in each other")]
        for (key, (times, row)) in later.rows.drain() {
            let (seen, mine) = self.rows.entry(key).or_default();
            *seen += times;
            mine.absorb(row);
        }
    }

    /// Distinct keys; a lower bound where not [`Top::exact`].
    pub fn distinct(&self) -> u64 {
        if self.pruned { self.cap as u64 } else { self.rows.len() as u64 }
    }

    /// Whether no key was ever dropped.
    pub fn exact(&self) -> bool {
        !self.pruned
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, in no order.
    pub fn rows(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, (_, row))| (key, row))
    }

    /// The rows: as many as are shown with the largest `rank` first, then by key; behind them the others in no order.
    pub fn ranked<R: Ord>(&self, shown: usize, rank: impl Fn(&V) -> R) -> Vec<(&K, &V)> {
        let mut rows: Vec<(&K, &V)> = self.rows().collect();
        let order = |a: &(&K, &V), b: &(&K, &V)| rank(b.1).cmp(&rank(a.1)).then_with(|| a.0.cmp(b.0));
        if shown < rows.len() {
            rows.select_nth_unstable_by(shown, order);
        }
        let shown = shown.min(rows.len());
        rows.get_mut(..shown).into_iter().for_each(|rows| rows.sort_unstable_by(order));
        rows
    }
}

/// Events of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Events.
    pub events: u64,
    /// Of these, failed.
    pub failures: u64,
    /// Bytes they moved.
    pub bytes: u64,
    /// The longest of them, nanoseconds.
    pub longest: u64,
    /// Events that tell how long they took.
    pub timed: u64,
    /// How long these took together, nanoseconds.
    pub lasted: u64,
}

impl Row for Count {
    fn absorb(&mut self, later: Count) {
        self.events += later.events;
        self.failures += later.failures;
        self.bytes = self.bytes.saturating_add(later.bytes);
        self.longest = self.longest.max(later.longest);
        self.timed += later.timed;
        self.lasted = self.lasted.saturating_add(later.lasted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(top: &mut Top<String, Count>, key: &str) {
        top.row_ref(key).events += 1;
    }

    #[test]
    fn exact_below_the_cap_and_sorted_by_count_then_key() {
        let mut top = Top::new(8);
        for key in ["b", "a", "c", "c", "a", "b", "d"] {
            count(&mut top, key);
        }
        let names: Vec<&str> = top.ranked(usize::MAX, |c| c.events).iter().map(|(k, _)| &***k).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert!(top.exact());
        assert_eq!(top.distinct(), 4);
    }

    #[test]
    fn the_frequent_survive_a_flood_of_the_rare() {
        let mut top = Top::new(64);
        for i in 0..100_000u32 {
            count(&mut top, &format!("rare{i}"));
            if i % 20 == 0 {
                count(&mut top, "often");
            }
        }
        assert!(!top.exact());
        assert!(top.rows.len() <= 64);
        let ranked = top.ranked(1, |c| c.events);
        assert_eq!(ranked[0].0, "often");
        assert!(ranked[0].1.events > 4000, "{}", ranked[0].1.events);
    }

    #[test]
    fn blocks_merged_in_order_give_the_same_every_time() {
        let run = || {
            let mut whole: Top<String, Count> = Top::new(100);
            for block in 0..50u64 {
                let mut top = Top::new(100);
                for i in 0..90u64 {
                    count(&mut top, &format!("k{}", (block * 37 + i * i * 11) % 700));
                }
                whole.merge(&mut top);
            }
            let rows = whole.ranked(usize::MAX, |c| c.events);
            rows.into_iter().map(|(k, c)| (k.to_string(), *c)).collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }
}
