//! A cache of messages that were read before: logs repeat the same texts, and what a program's message comes to
//! depends on its text alone.

use crate::model::GOLDEN;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Kinds of messages, by program and first byte, of which it is known whether they recur.
const KINDS: usize = 256;
/// The gain of a hit, in costs of a miss.
const GAIN: i16 = 6;
/// So many searches in vain, and no more of the kind are made; the same downwards.
const PATIENCE: i16 = 256;
/// One of so many lines is looked for all the same: logs change.
const AGAIN: u32 = 32;

/// A message that was read.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    /// Where it stands in the chunk, and its length.
    start: u32,
    len: u16,
    /// Number of the program.
    program: u16,
    /// [`NOTHING`] if it came to nothing.
    came_to: u32,
}

/// A number that nothing is told under: there are fewer lines.
const NOTHING: u32 = u32::MAX;

/// The messages of a chunk so far.
#[derive(Debug)]
pub(super) struct MessageCache {
    known: HashTable<Entry>,
    hasher: FixedState,
    worth: Vec<i16>,
    lines: u32,
}

/// What is known of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It came to what was told under this number, or to nothing that has to be told.
    Before(Option<u32>),
    /// It was not there before. To be entered with this.
    New(u32),
    /// It was not looked for.
    NotSought,
}

impl Default for MessageCache {
    fn default() -> Self {
        let known = HashTable::new();
        MessageCache { known, hasher: FixedState::default(), worth: vec![0; KINDS], lines: 0 }
    }
}

impl MessageCache {
    /// A chunk begins.
    pub fn begin(&mut self) {
        self.known.clear();
        // What never recurs is soon found out again.
        self.worth.iter_mut().for_each(|worth| *worth /= 2);
    }

    /// Looks for a message of a program in what was read of `chunk`.
    pub fn find(&mut self, program: usize, message: &str, chunk: &str) -> Known {
        self.lines = self.lines.wrapping_add(1);
        let first = message.as_bytes().first().copied().unwrap_or_default();
        let kind = (program.wrapping_mul(31) ^ usize::from(first)) % KINDS;
        let Some(worth) = self.worth.get_mut(kind) else { return Known::NotSought };
        if *worth <= -PATIENCE && !self.lines.is_multiple_of(AGAIN) {
            return Known::NotSought;
        }
        let hash = hash(&self.hasher, message);
        let same = |entry: &Entry| {
            let start = entry.start as usize;
            entry.hash == hash
                && usize::from(entry.program) == program
                && usize::from(entry.len) == message.len()
                && chunk.as_bytes().get(start..start + message.len()) == Some(message.as_bytes())
        };
        match self.known.find(spread(hash), same) {
            Some(entry) => {
                *worth = (*worth + GAIN).min(PATIENCE);
                Known::Before(Some(entry.came_to).filter(|came_to| *came_to != NOTHING))
            }
            None => {
                *worth = (*worth - 1).max(-PATIENCE);
                Known::New(hash)
            }
        }
    }

    /// Enters a message that stands at `start` in the chunk.
    pub fn enter(&mut self, hash: u32, program: usize, start: usize, len: usize, came_to: Option<u32>) {
        let numbers = (u32::try_from(start), u16::try_from(len), u16::try_from(program));
        if let (Ok(start), Ok(len), Ok(program)) = numbers {
            let entry = Entry { hash, start, len, program, came_to: came_to.unwrap_or(NOTHING) };
            self.known.insert_unique(spread(hash), entry, |entry| spread(entry.hash));
        }
    }
}

fn hash(hasher: &FixedState, message: &str) -> u32 {
    let hash = hasher.hash_one(message);
    (hash ^ hash >> 32) as u32
}

/// A table takes its place from the low bits of a hash, and tells entries apart by the high ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(GOLDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_of_the_same_program_is_known() {
        let chunk = "one two one three";
        let mut cache = MessageCache::default();
        cache.begin();
        let Known::New(hash) = cache.find(7, "one", chunk) else { panic!() };
        cache.enter(hash, 7, 0, 3, Some(5));
        assert_eq!(cache.find(7, "one", chunk), Known::Before(Some(5)));
        assert!(matches!(cache.find(8, "one", chunk), Known::New(_)));
        assert!(matches!(cache.find(7, "two", chunk), Known::New(_)));
        // A hash proves nothing.
        let third = super::hash(&cache.hasher, "three");
        cache.enter(third, 7, 4, 3, None);
        assert!(matches!(cache.find(7, "three", chunk), Known::New(_)));
        cache.begin();
        assert!(matches!(cache.find(7, "one", chunk), Known::New(_)));
    }

    #[test]
    fn what_never_recurs_is_no_longer_sought_but_now_and_then() {
        let mut cache = MessageCache::default();
        let sought = (0..10_000).filter(|_| cache.find(1, "x", "") != Known::NotSought).count();
        assert!((256..=256 + 10_000 / 32).contains(&sought), "{sought}");
        assert!(matches!(cache.find(2, "x", ""), Known::New(_)), "another program");
    }
}
