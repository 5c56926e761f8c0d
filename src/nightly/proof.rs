//! What tells a content from any other: hashes of its first bytes and of those before the place where
//! reading stopped. Names, inodes and times change in a rotation; this does not.

use crate::source::PROOF;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The beginning and the end of what was read of a log. A cryptographic hash: nobody who can write into
/// a log may make lines that pass for counted ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Bytes read.
    pub consumed: u64,
    /// How many of the first bytes `head` is of.
    pub head_len: usize,
    /// SHA-256 of the first bytes.
    pub head: String,
    /// How many of the last bytes `tail` is of.
    pub tail_len: usize,
    /// SHA-256 of the last bytes before `consumed`.
    pub tail: String,
}

impl Proof {
    /// Of a content that begins with `first` and of which `consumed` bytes were read, the last of them `last`.
    pub fn new(first: &[u8], consumed: u64, last: &[u8]) -> Proof {
        let most = usize::try_from(consumed).unwrap_or(PROOF).min(PROOF);
        let head = first.get(..most).unwrap_or(first);
        Proof { consumed, head_len: head.len(), head: hash(head), tail_len: last.len(), tail: hash(last) }
    }

    /// The head says it all: whatever begins with it has been read.
    pub fn is_short(&self) -> bool {
        self.consumed <= self.head_len as u64
    }

    /// Where the bytes begin that `tail` is of.
    pub fn tail_at(&self) -> u64 {
        self.consumed.saturating_sub(self.tail_len as u64)
    }

    /// Whether `bytes`, which begin at [`Proof::tail_at`], begin with the tail.
    pub fn ends_in(&self, bytes: &[u8]) -> bool {
        bytes.get(..self.tail_len).is_some_and(|tail| hash(tail) == self.tail)
    }
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut out, b| {
        // A string takes everything.
        let _ = write!(out, "{b:02x}");
        out
    })
}
