//! Lists whose entries are found by key: hosts, names and pairs of them, numbered in the order first
//! seen, so that walking them shows nothing of the hash.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash};

/// An entry that has a key.
pub(super) trait Keyed {
    type Key<'k>: Copy + Hash + Eq
    where
        Self: 'k;

    fn key(&self) -> Self::Key<'_>;

    /// Whether this is the key.
    fn is(&self, key: Self::Key<'_>) -> bool;
}

/// Distinct entries in the order first seen.
#[derive(Clone, Debug)]
pub(super) struct Listed<E> {
    pub entries: Vec<E>,
    index: HashTable<u32>,
    hasher: FixedState,
}

impl<E> Default for Listed<E> {
    fn default() -> Self {
        Listed { entries: Vec::new(), index: HashTable::new(), hasher: FixedState::default() }
    }
}

impl<E: Keyed> Listed<E> {
    /// The number of the entry with this key.
    #[inline]
    pub fn find(&self, key: E::Key<'_>) -> Option<u32> {
        self.find_hashed(self.hasher.hash_one(key), key)
    }

    #[inline]
    fn find_hashed(&self, hash: u64, key: E::Key<'_>) -> Option<u32> {
        self.index.find(hash, |i: &u32| self.get(*i).is_some_and(|entry| entry.is(key))).copied()
    }

    /// The same; an unknown key gets an entry unless there are `cap` of them.
    #[inline]
    pub fn find_or_add(&mut self, key: E::Key<'_>, cap: usize, make: impl FnOnce() -> E) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        self.find_hashed(hash, key).or_else(|| self.add(hash, cap, make))
    }

    #[cold]
    fn add(&mut self, hash: u64, cap: usize, make: impl FnOnce() -> E) -> Option<u32> {
        let number = u32::try_from(self.entries.len()).ok().filter(|_| self.entries.len() < cap)?;
        let Listed { entries, index, hasher } = self;
        entries.push(make());
        let hash_of = |i: &u32| entries.get(*i as usize).map_or(0, |entry| hasher.hash_one(entry.key()));
        index.insert_unique(hash, number, hash_of);
        Some(number)
    }

    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
    }

    pub fn get(&self, number: u32) -> Option<&E> {
        self.entries.get(number as usize)
    }

    pub fn get_mut(&mut self, number: u32) -> Option<&mut E> {
        self.entries.get_mut(number as usize)
    }
}

impl Keyed for Box<str> {
    type Key<'k> = &'k str;

    fn key(&self) -> &str {
        self
    }

    fn is(&self, key: &str) -> bool {
        **self == *key
    }
}
