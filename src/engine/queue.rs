//! Pieces of work on their way through the workers: done in any order, beside the reading of those that
//! follow, and handed on in the order of the input.

use crossbeam_channel::{Receiver, Sender, unbounded};
use rayon::{ScopeFifo, Yield};
use std::collections::BTreeMap;

/// A piece that is done, by its number; `None` if its worker panicked.
type Done<D> = (u64, Option<D>);

/// The pieces under way.
pub(super) struct Queue<D> {
    send: Sender<Done<D>>,
    done: Receiver<Done<D>>,
    /// Finished before one that comes first.
    early: BTreeMap<u64, D>,
    begun: u64,
    handed_on: u64,
}

/// Tells the queue that a piece is done, whatever becomes of the worker.
struct Ticket<D> {
    number: u64,
    finished: Option<D>,
    send: Sender<Done<D>>,
}

impl<D> Ticket<D> {
    fn done(mut self, finished: D) {
        self.finished = Some(finished);
    }
}

impl<D> Drop for Ticket<D> {
    fn drop(&mut self) {
        // Nobody listens any more only if an output failed; the run ends then anyway.
        let _ = self.send.send((self.number, self.finished.take()));
    }
}

impl<D: Send> Queue<D> {
    /// Nothing under way.
    pub fn new() -> Queue<D> {
        let (send, done) = unbounded();
        Queue { send, done, early: BTreeMap::new(), begun: 0, handed_on: 0 }
    }

    /// Has a piece made by whichever worker is free next.
    pub fn begin<'s>(&mut self, scope: &ScopeFifo<'s>, make: impl FnOnce() -> D + Send + 's)
    where
        D: 's,
    {
        let ticket = Ticket { number: self.begun, finished: None, send: self.send.clone() };
        self.begun += 1;
        // First in, first out: what is handed on next is made first.
        scope.spawn_fifo(move |_| ticket.done(make()));
    }

    /// Hands on the pieces that are finished, in order, and waits (working) while more than `most` are
    /// not. `false` if the run cannot go on: `hand_on` says so, as an output failed, or a worker panicked.
    pub fn settle(&mut self, most: u64, mut hand_on: impl FnMut(D) -> bool) -> bool {
        loop {
            let wait = self.begun - self.handed_on > most;
            let message = match self.done.try_recv() {
                Ok(message) => Some(message),
                Err(_) if !wait => return true,
                Err(_) if rayon::yield_now() == Some(Yield::Executed) => None,
                // Every piece is in the hands of another worker.
                Err(_) => self.done.recv().ok(),
            };
            let Some((number, finished)) = message else { continue };
            let Some(finished) = finished else { return false };
            self.early.insert(number, finished);
            while let Some(finished) = self.early.remove(&self.handed_on) {
                self.handed_on += 1;
                if !hand_on(finished) {
                    return false;
                }
            }
        }
    }
}
