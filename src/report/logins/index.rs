//! Numbers by hash. A place is one word with half a hash and a number, so that a look-up goes to one place in
//! memory: in a large table nothing else counts.

/// A place that is taken holds the hash above and the number, plus one, below.
const FREE: u64 = 0;
/// Places of the smallest table.
const SMALLEST: usize = 64;

/// A table with open places, at most five of eight of them taken; the next free one behind its own is an entry's.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// As many as a power of two, or none.
    places: Vec<u64>,
    taken: usize,
}

/// A hash of half the size: the index holds one for each entry.
#[inline]
pub(super) fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

impl Index {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.places.fill(FREE);
        self.taken = 0;
    }

    #[inline]
    fn place(&self, hash: u32) -> usize {
        hash as usize & self.places.len().wrapping_sub(1)
    }

    /// Looks at the place of a hash, so that it is in the cache when it is needed. Nothing depends on what is
    /// there, so many of these wait together.
    #[inline]
    pub fn touch(&self, hash: u32) -> u64 {
        self.places.get(self.place(hash)).copied().unwrap_or(FREE)
    }

    /// The first number entered with this hash that `is` the one.
    #[inline]
    pub fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.place(hash);
        loop {
            let place = *self.places.get(at)?;
            if place == FREE {
                return None;
            }
            let number = (place as u32).wrapping_sub(1);
            if (place >> 32) as u32 == hash && is(number) {
                return Some(number);
            }
            at = self.place(at as u32 + 1);
        }
    }

    /// Enters a number below `u32::MAX`.
    pub fn add(&mut self, hash: u32, number: u32) {
        if 8 * (self.taken + 1) > 5 * self.places.len() {
            self.grow();
        }
        self.put(u64::from(hash) << 32 | (u64::from(number) + 1));
        self.taken += 1;
    }

    fn put(&mut self, entry: u64) {
        let mut at = self.place((entry >> 32) as u32);
        while let Some(place) = self.places.get_mut(at) {
            if *place == FREE {
                *place = entry;
                return;
            }
            at = self.place(at as u32 + 1);
        }
    }

    fn grow(&mut self) {
        let size = (2 * self.places.len()).max(SMALLEST);
        let before = std::mem::replace(&mut self.places, vec![FREE; size]);
        before.into_iter().filter(|place| *place != FREE).for_each(|place| self.put(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_found_and_no_other() {
        let mut index = Index::default();
        assert_eq!(index.find(7, |_| true), None);
        // Hashes that collide, wrap around the end of the table, and differ in the upper bits alone.
        let hash = |n: u32| (n % 50).wrapping_mul(0x0100_0000).wrapping_sub(n % 3);
        for n in 0..2000 {
            index.add(hash(n), n);
        }
        for n in 0..2000 {
            assert_eq!(index.find(hash(n), |known| known == n), Some(n));
            assert_eq!(index.find(hash(n) ^ 0x55, |known| known == n), None);
        }
        index.clear();
        assert_eq!(index.find(hash(1), |_| true), None);
        index.add(hash(1), 5);
        assert_eq!(index.find(hash(1), |_| true), Some(5));
    }
}
