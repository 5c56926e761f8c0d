//! Blocks of packets' events on their way through the workers: finished in any order, beside the rounds
//! that follow, and handed on in the order of the input.

use super::block::{Finished, Stage};
use super::run::{Shared, Totals};
use crate::model::Event;
use crate::report::Tallying;
use crossbeam_channel::{Receiver, Sender, unbounded};
use rayon::{Scope, Yield};
use std::collections::BTreeMap;

/// A block that is done, by its number; `None` if its worker panicked.
type Done<T> = (u64, Option<Finished<T>>);

/// The blocks under way.
pub(super) struct Queue<T> {
    send: Sender<Done<T>>,
    done: Receiver<Done<T>>,
    /// Finished before one that comes first.
    early: BTreeMap<u64, Finished<T>>,
    begun: u64,
    handed_on: u64,
}

/// Tells the queue that a block is done, whatever becomes of the worker.
struct Ticket<T> {
    number: u64,
    finished: Option<Finished<T>>,
    send: Sender<Done<T>>,
}

impl<T> Ticket<T> {
    fn done(mut self, finished: Finished<T>) {
        self.finished = Some(finished);
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        // Nobody listens any more only if an output failed; the run ends then anyway.
        let _ = self.send.send((self.number, self.finished.take()));
    }
}

impl<T: Tallying> Queue<T> {
    /// Nothing under way.
    pub fn new() -> Queue<T> {
        let (send, done) = unbounded();
        Queue { send, done, early: BTreeMap::new(), begun: 0, handed_on: 0 }
    }

    /// Has a block finished by whichever worker is free next.
    pub fn begin<'s>(&mut self, scope: &Scope<'s>, stage: &'s Stage<'_>, events: Vec<Event<'static>>)
    where
        T: 's,
    {
        let ticket = Ticket { number: self.begun, finished: None, send: self.send.clone() };
        self.begun += 1;
        scope.spawn(move |_| ticket.done(stage.finish(events, true)));
    }

    /// Hands on the blocks that are finished, in order, and waits (working) while more than `most` are
    /// not. `false` if the run cannot go on: an output failed.
    pub fn settle(&mut self, most: u64, shared: &Shared<'_, '_>, totals: &mut Totals<T>) -> bool {
        loop {
            let wait = self.begun - self.handed_on > most;
            let message = match self.done.try_recv() {
                Ok(message) => Some(message),
                Err(_) if !wait => return true,
                Err(_) if rayon::yield_now() == Some(Yield::Executed) => None,
                // Every block is in the hands of another worker.
                Err(_) => self.done.recv().ok(),
            };
            let Some((number, finished)) = message else { continue };
            let Some(finished) = finished else { return false };
            self.early.insert(number, finished);
            while let Some(finished) = self.early.remove(&self.handed_on) {
                self.handed_on += 1;
                if !shared.writer.send(totals.absorb(vec![finished], shared.progress)) {
                    return false;
                }
            }
        }
    }
}
