//! Lists whose entries are found by key: hosts and names, numbered in the order first seen, so that
//! walking them shows nothing of the hash.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
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
}

/// Distinct entries in the order first seen.
#[derive(Clone, Debug)]
pub(super) struct Listed<E> {
    segments: Vec<Vec<E>>,
    len: usize,
    /// Hash and number of each: a table that grows need not look at the entries.
    index: HashTable<(u32, u32)>,
    hasher: FixedState,
}

impl<E> Default for Listed<E> {
    fn default() -> Self {
        Listed { segments: Vec::new(), len: 0, index: HashTable::new(), hasher: FixedState::default() }
    }
}

impl<E: Keyed> Listed<E> {
    /// The numbers of the entries with these keys, for each that is there.
    ///
    /// Each step is made for all of them before the next one: what does not wait for anything else waits for
    /// memory together. By far the most of the time goes there once there are many entries.
    pub fn find_all<'k>(&self, keys: impl Iterator<Item = E::Key<'k>> + Clone, found: &mut Vec<Option<u32>>)
    where
        E: 'k,
    {
        found.clear();
        found.extend(keys.clone().map(|key| {
            let hash = self.hash(key);
            self.index.find(spread(hash), |(known, _)| *known == hash).map(|(_, number)| *number)
        }));
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
        let is = |(known, i): &(u32, u32)| *known == hash && self.get(*i).is_some_and(|entry| entry.is(key));
        self.index.find(spread(hash), is).map(|(_, number)| *number)
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
        self.index.insert_unique(spread(hash), (hash, number), |(hash, _)| spread(*hash));
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

/// A hash of half the size: the index holds one for each entry.
fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

/// A table takes its place from the low bits of a hash, and tells entries apart by the high ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Keyed for Box<str> {
    type Key<'k> = &'k str;

    fn is(&self, key: &str) -> bool {
        **self == *key
    }
}
