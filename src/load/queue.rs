//! Workers that deliver batches, and a short queue before them: a slow server slows the reading down
//! instead of filling the memory.

use super::deliver::Courier;
use super::{Client, LoadError, Options, Tally, Totals};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The way to the server.
pub struct Queue {
    batches: Option<Sender<Vec<u8>>>,
    workers: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    options: Options,
    tally: Tally,
    rejects: Mutex<()>,
    failed: Mutex<Option<LoadError>>,
}

impl Queue {
    /// Starts the workers.
    pub fn start(client: Client, options: Options) -> Queue {
        let workers = options.workers.max(1);
        let (batches, queue) = bounded(workers);
        let shared = Shared {
            client,
            options,
            tally: Tally::default(),
            rejects: Mutex::default(),
            failed: Mutex::default(),
        };
        let shared = Arc::new(shared);
        let work =
            |queue: Receiver<Vec<u8>>, shared: Arc<Shared>| std::thread::spawn(move || work(&queue, &shared));
        let workers = (0..workers).map(|_| work(queue.clone(), shared.clone())).collect();
        Queue { batches: Some(batches), workers, shared }
    }

    /// Bytes a batch should have.
    pub fn batch(&self) -> usize {
        self.shared.options.batch
    }

    /// Hands over a batch of whole pairs of lines. `false` once the load has failed.
    pub fn send(&self, batch: Vec<u8>) -> bool {
        batch.is_empty() || self.batches.as_ref().is_some_and(|queue| queue.send(batch).is_ok())
    }

    /// Waits until everything is delivered.
    ///
    /// # Errors
    /// The first failure of a worker.
    pub fn finish(mut self) -> Result<Totals, LoadError> {
        self.stop();
        let failed = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or_else(|| Ok(self.shared.tally.totals()), Err)
    }

    fn stop(&mut self) {
        drop(self.batches.take());
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                let mut failed = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.get_or_insert(LoadError::Worker);
            }
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.stop();
    }
}

fn work(queue: &Receiver<Vec<u8>>, shared: &Shared) {
    let Shared { client, options, tally, rejects, failed } = shared;
    let courier = Courier { client, options, tally, rejects };
    for batch in queue {
        let hopeless = || failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if hopeless() {
            // The others' failure is everyone's: the queue is emptied, so that the reader notices.
            return;
        }
        if let Err(error) = courier.deliver(batch) {
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Connection;
    use std::time::Duration;

    #[test]
    fn a_worker_that_panics_is_a_bug_and_no_wrong_address() {
        let connection = Connection {
            url: "http://127.0.0.1:1".to_owned(),
            basic: None,
            api_key: None,
            token: None,
            ca: None,
            certificate: None,
            timeout: Duration::from_secs(1),
        };
        let (patience, rejected) = (Duration::from_secs(1), "none".into());
        let options = Options { workers: 1, batch: 1000, patience, rejected };
        let mut queue = Queue::start(Client::new(&connection).unwrap(), options);
        queue.workers.push(std::thread::spawn(|| panic!("on purpose")));
        let error = queue.finish().unwrap_err();
        assert!(matches!(error, LoadError::Worker), "{error}");
    }
}
