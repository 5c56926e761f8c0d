//! Lists whose entries are found by key: hosts and names, numbered in the order first seen, so that
//! walking them shows nothing of the hash.

use crate::model::look_at;
use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash};

/// Entries that lie together. Lists grow by so many, and nothing that is in them moves: fresh memory costs
/// more than looking things up.
const SEGMENT: usize = 1 << SHIFT;
const SHIFT: u32 = 9;

/// An entry that has a key.
pub(super) trait Keyed {
    type Key<'k>: Copy + Hash + Eq
    where
        Self: 'k;

    /// Whether this is the key.
    fn is(&self, key: Self::Key<'_>) -> bool;

    /// Looks at something in every part of it.
    fn touch(&self) -> u64;
}

/// Distinct entries in the order first seen.
#[derive(Clone, Debug)]
pub(super) struct Listed<E> {
    segments: Vec<Vec<E>>,
    len: usize,
    index: Index,
    hasher: FixedState,
}

/// Hash and number of each entry: a table that grows need not look at the entries.
///
/// Open addressing with linear probing: a look-up waits for one line of the cache, mostly, and which one follows from
/// the hash alone, so that many can be asked for at a time.
#[derive(Clone, Debug, Default)]
struct Index {
    /// As many as a power of two, or none. The hash in the high half, one more than the number in the low one; 0
    /// where there is none.
    slots: Vec<u64>,
    used: usize,
}

impl<E> Default for Listed<E> {
    fn default() -> Self {
        Listed { segments: Vec::new(), len: 0, index: Index::default(), hasher: FixedState::default() }
    }
}

impl<E: Keyed> Listed<E> {
    /// The numbers of the entries with these keys, for each that is there.
    ///
    /// Each step is made for all of them before the next one ([`look_at`]). By far the most of the time goes there
    /// once there are many entries.
    pub fn find_all<'k>(&self, keys: impl Iterator<Item = E::Key<'k>> + Clone, found: &mut Vec<Option<u32>>)
    where
        E: 'k,
    {
        found.clear();
        // Hashes at first, which become numbers where they stand.
        found.extend(keys.clone().map(|key| Some(self.hash(key))));
        let places = found.iter().flatten();
        look_at(places.map(|hash| self.index.touch(*hash)));
        for found in found.iter_mut() {
            *found = found.and_then(|hash| self.index.find(hash, |_| true));
        }
        let entries = found.iter().flatten().filter_map(|number| self.get(*number));
        look_at(entries.map(Keyed::touch));
        for (key, found) in keys.zip(found) {
            // Two keys of one hash are rare.
            if !found.and_then(|number| self.get(number)).is_none_or(|entry| entry.is(key)) {
                *found = self.find(self.hash(key), key);
            }
        }
    }

    /// The same; unknown ones get an entry, unless there are `cap` of them.
    pub fn find_or_add_all<'k>(
        &mut self,
        keys: impl Iterator<Item = E::Key<'k>> + Clone,
        cap: usize,
        make: impl Fn(E::Key<'k>) -> E,
        found: &mut Vec<Option<u32>>,
    ) where
        E: 'k,
    {
        self.find_all(keys.clone(), found);
        for (key, found) in keys.zip(found).filter(|(_, found)| found.is_none()) {
            *found = self.find_or_add(key, cap, || make(key));
        }
    }

    #[inline]
    fn hash(&self, key: E::Key<'_>) -> u32 {
        fold(self.hasher.hash_one(key))
    }

    #[inline]
    fn find(&self, hash: u32, key: E::Key<'_>) -> Option<u32> {
        self.index.find(hash, |number| self.get(number).is_some_and(|entry| entry.is(key)))
    }

    /// The number of the entry with this key; an unknown one gets an entry unless there are `cap` of them.
    #[inline]
    pub fn find_or_add(&mut self, key: E::Key<'_>, cap: usize, make: impl FnOnce() -> E) -> Option<u32> {
        let hash = self.hash(key);
        self.find(hash, key).or_else(|| self.add(hash, cap, make))
    }

    #[cold]
    fn add(&mut self, hash: u32, cap: usize, make: impl FnOnce() -> E) -> Option<u32> {
        let number = u32::try_from(self.len).ok().filter(|_| self.len < cap)?;
        if self.len >> SHIFT >= self.segments.len() {
            self.segments.push(Vec::with_capacity(SEGMENT));
        }
        self.segments.get_mut(self.len >> SHIFT)?.push(make());
        self.len += 1;
        self.index.enter(hash, number);
        Some(number)
    }
}

impl<E> Listed<E> {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.segments.iter_mut().for_each(Vec::clear);
        self.len = 0;
        self.index.clear();
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &E> + Clone {
        self.segments.iter().flatten()
    }

    #[inline]
    pub fn get(&self, number: u32) -> Option<&E> {
        self.segments.get((number >> SHIFT) as usize)?.get(number as usize % SEGMENT)
    }

    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut E> {
        self.segments.get_mut((number >> SHIFT) as usize)?.get_mut(number as usize % SEGMENT)
    }
}

impl Index {
    /// Slots of a table that is no longer empty.
    const FEWEST: usize = 16;

    /// Where the search for a hash begins.
    #[inline]
    fn place(&self, hash: u32) -> usize {
        hash as usize & self.slots.len().wrapping_sub(1)
    }

    /// Looks at the place where the search for a hash begins.
    #[inline]
    fn touch(&self, hash: u32) -> u64 {
        self.slots.get(self.place(hash)).copied().unwrap_or_default()
    }

    /// The first number with this hash that is the one sought. (Where it was called instead, grep-auth took a
    /// hundredth more.)
    #[inline(always)]
    fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.place(hash);
        loop {
            let slot = *self.slots.get(place)?;
            if slot == 0 {
                return None;
            }
            let number = (slot as u32).wrapping_sub(1);
            if (slot >> 32) as u32 == hash && is(number) {
                return Some(number);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Enters a number that is not there, below `u32::MAX`.
    fn enter(&mut self, hash: u32, number: u32) {
        // Three of eight places stay free, so that what is sought is near where the search begins.
        if (self.used + 1) * 8 > self.slots.len() * 5 {
            let larger = vec![0; (self.slots.len() * 2).max(Self::FEWEST)];
            let full = std::mem::replace(&mut self.slots, larger);
            full.into_iter().filter(|slot| *slot != 0).for_each(|slot| self.put(slot));
        }
        self.put(u64::from(hash) << 32 | (u64::from(number) + 1));
        self.used += 1;
    }

    /// Puts an entry into the first free place.
    fn put(&mut self, entry: u64) {
        let mut place = self.place((entry >> 32) as u32);
        while let Some(slot) = self.slots.get_mut(place) {
            if *slot == 0 {
                *slot = entry;
                return;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Empties it, keeping the memory.
    fn clear(&mut self) {
        self.slots.fill(0);
        self.used = 0;
    }
}

/// A hash of half the size: the index holds one for each entry.
fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

impl Keyed for Box<str> {
    type Key<'k> = &'k str;

    fn is(&self, key: &str) -> bool {
        **self == *key
    }

    fn touch(&self) -> u64 {
        self.as_bytes().first().copied().unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn numbers_are_those_of_a_map() {
        let keys: Vec<String> = (0..5000u32).map(|i| format!("k{}", i * i % 1999)).collect();
        let mut listed = Listed::<Box<str>>::default();
        for _ in 0..2 {
            let mut map = BTreeMap::new();
            for some in keys.chunks(37) {
                let (mut found, mut known) = (Vec::new(), Vec::new());
                listed.find_all(some.iter().map(|key| &**key), &mut known);
                let before: Vec<_> = some.iter().map(|key| map.get(key).copied()).collect();
                assert_eq!(known, before);
                let keys = some.iter().map(|key| &**key);
                listed.find_or_add_all(keys, 900, Box::from, &mut found);
                for (key, found) in some.iter().zip(found) {
                    let next = u32::try_from(map.len()).unwrap();
                    if next < 900 {
                        map.entry(key.clone()).or_insert(next);
                    }
                    assert_eq!(found, map.get(key).copied(), "{key}");
                }
            }
            assert_eq!(listed.len(), 900, "there is room for so many");
            assert!(listed.iter().zip(0..).all(|(key, number)| map.get(&**key) == Some(&number)));
            listed.clear();
        }
    }

    #[test]
    fn entries_of_one_hash_are_told_apart() {
        let mut index = Index::default();
        for number in 0..100 {
            index.enter(number % 3 * 16, number);
        }
        for number in 0..100 {
            assert_eq!(index.find(number % 3 * 16, |found| found == number), Some(number));
            assert_eq!(index.find(number % 3 * 16 + 1, |_| true), None);
        }
        assert_eq!(index.find(0, |_| false), None);
        assert_eq!(Index::default().find(0, |_| true), None);
    }
}
