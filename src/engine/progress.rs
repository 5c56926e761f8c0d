//! How far a run is, for whoever draws it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that a run keeps up to date; reading them costs the run nothing.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicU64,
    read: AtomicU64,
    events: AtomicU64,
    input: Mutex<String>,
}

impl Progress {
    /// Bytes of all inputs as stored; 0 = not known (a pipe).
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Bytes read so far, as stored.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Events made so far.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Path of the input being read.
    pub fn input(&self) -> String {
        self.input.lock().map(|s| s.clone()).unwrap_or_default()
    }

    pub(super) fn set_total(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_events(&self, events: usize) {
        self.events.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(super) fn set_input(&self, path: &str) {
        if let Ok(mut input) = self.input.lock() {
            path.clone_into(&mut input);
        }
    }
}
