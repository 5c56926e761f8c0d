//! What became of the documents.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts, shared by the workers.
#[derive(Debug, Default)]
pub struct Tally {
    /// Documents handed over.
    sent: AtomicU64,
    created: AtomicU64,
    existing: AtomicU64,
    rejected: AtomicU64,
    retried: AtomicU64,
}

/// The counts at the end: `sent` is the sum of the next three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Documents handed over.
    pub sent: u64,
    /// New.
    pub created: u64,
    /// Already there, from an earlier load or from a try whose answer was lost.
    pub existing: u64,
    /// Refused for good; kept in a file.
    pub rejected: u64,
    /// Documents sent once more because the server was busy or gone.
    pub retried: u64,
}

impl Tally {
    /// Documents handed over.
    pub fn sent(&self, n: u64) {
        self.sent.fetch_add(n, Ordering::Relaxed);
    }

    /// A document was created.
    pub fn created(&self) {
        self.created.fetch_add(1, Ordering::Relaxed);
    }

    /// A document was already there.
    pub fn existing(&self) {
        self.existing.fetch_add(1, Ordering::Relaxed);
    }

    /// A document was refused.
    pub fn rejected(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// Documents go once more.
    pub fn retried(&self, n: u64) {
        self.retried.fetch_add(n, Ordering::Relaxed);
    }

    /// The counts so far.
    pub fn totals(&self) -> Totals {
        let read = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Totals {
            sent: read(&self.sent),
            created: read(&self.created),
            existing: read(&self.existing),
            rejected: read(&self.rejected),
            retried: read(&self.retried),
        }
    }
}
