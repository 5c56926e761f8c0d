//! How long things took: a histogram with buckets that grow with the value, so that histograms add
//! up exactly and a percentile is at most 0.4 % off.

use std::collections::BTreeMap;

/// Buckets per doubling; half a bucket is the largest error: 1/256.
const STEPS: u64 = 128;

/// Durations in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    buckets: BTreeMap<u16, u64>,
    count: u64,
    max: u64,
}

impl Latency {
    /// Counts one duration.
    pub fn add(&mut self, nanos: u64) {
        *self.buckets.entry(bucket(nanos)).or_default() += 1;
        self.count += 1;
        self.max = self.max.max(nanos);
    }

    /// Adds another histogram.
    pub fn merge(&mut self, other: &Latency) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// Durations counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest one, exactly.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The duration that `permille` of all do not exceed (nearest rank), ±0.4 %; `None` if there are none.
    pub fn quantile(&self, permille: u64) -> Option<u64> {
        let rank = (self.count * permille).div_ceil(1000).max(1);
        let mut below = 0;
        for (bucket, count) in &self.buckets {
            below += count;
            if below >= rank {
                return Some(middle(*bucket).min(self.max));
            }
        }
        None
    }
}

fn bucket(nanos: u64) -> u16 {
    if nanos < STEPS {
        return nanos as u16;
    }
    let shift = nanos.ilog2() - STEPS.ilog2();
    // At most 57 * 128 + 127.
    ((u64::from(shift) + 1) * STEPS + (nanos >> shift) - STEPS) as u16
}

fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    let low = (bucket % STEPS + STEPS) << shift;
    low + ((1u64 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_magnitude_is_within_four_permille() {
        let mut value = 1u64;
        while value < u64::MAX / 3 {
            for v in [value, value + value / 3, value * 2 - 1] {
                let got = middle(bucket(v));
                assert!(got.abs_diff(v) * 256 <= v, "{v} became {got}");
            }
            value *= 2;
        }
        assert_eq!(bucket(u64::MAX), 7423);
    }

    #[test]
    fn quantiles_against_the_sorted_list() {
        let values: Vec<u64> = (0..5000u64).map(|i| i * i * 997 % 40_000_000).collect();
        let (mut left, mut right) = (Latency::default(), Latency::default());
        for (i, v) in values.iter().enumerate() {
            if i < 1700 { left.add(*v) } else { right.add(*v) }
        }
        left.merge(&right);
        let mut sorted = values;
        sorted.sort_unstable();
        for permille in [1, 500, 900, 990, 1000] {
            let want = sorted[(5 * permille - 1) as usize];
            let got = left.quantile(permille).unwrap();
            assert!(got.abs_diff(want) * 250 <= want.max(1), "{permille}: {want} {got}");
        }
        assert_eq!(left.max(), sorted[4999]);
        assert_eq!(Latency::default().quantile(500), None);
    }
}
