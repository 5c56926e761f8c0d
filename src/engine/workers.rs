//! What each worker keeps from one piece of work to the next. None of it shows in the output.

use std::sync::{Mutex, PoisonError};

/// One for each worker.
pub(super) struct PerWorker<T> {
    first: Mutex<T>,
    others: Vec<Mutex<T>>,
}

impl<T> PerWorker<T> {
    /// For so many workers, each with what `make` makes.
    pub fn new(workers: usize, make: impl Fn() -> T) -> PerWorker<T> {
        PerWorker { first: Mutex::new(make()), others: (1..workers).map(|_| Mutex::new(make())).collect() }
    }

    /// Works with what this worker has kept.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let other = rayon::current_thread_index().and_then(|index| self.others.get(index.checked_sub(1)?));
        let scratch = other.unwrap_or(&self.first);
        // After a panic elsewhere there is only memory in it, which is still good.
        work(&mut scratch.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is empty again and has its memory, for whoever needs one next.
#[derive(Default)]
pub(super) struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    /// One that is empty.
    pub fn take(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps it. There are never more of them than were under way at a time.
    pub fn keep(&self, empty: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(empty);
    }
}
