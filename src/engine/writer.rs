//! The writing end of the pipeline: one thread that owns the sinks and writes what blocks became, in
//! order, while the next round is decoded.

use crate::sink::{Rendered, Sink};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::io;
use std::thread::{Scope, ScopedJoinHandle};

/// Blocks that may wait for a slow disk before decoding waits too.
const QUEUE: usize = 8;

/// The rows of a block, per sink.
type Block = Vec<Vec<Rendered>>;

/// Handle to the writing thread.
pub(super) struct Writer<'scope> {
    queue: Sender<Block>,
    thread: ScopedJoinHandle<'scope, (Vec<Box<dyn Sink>>, io::Result<()>)>,
}

impl<'scope> Writer<'scope> {
    /// Starts the thread.
    pub fn start<'env>(scope: &'scope Scope<'scope, 'env>, sinks: Vec<Box<dyn Sink>>) -> Writer<'scope> {
        let (queue, blocks) = bounded(QUEUE);
        let thread = scope.spawn(move || write(sinks, &blocks));
        Writer { queue, thread }
    }

    /// Hands over the rows of a block, per sink. `false` once a sink has failed: the run should stop, and
    /// [`Writer::finish`] tells why.
    pub fn send(&self, block: Block) -> bool {
        self.queue.send(block).is_ok()
    }

    /// Waits for everything to be written; gives the sinks back for closing.
    pub fn finish(self) -> (Vec<Box<dyn Sink>>, io::Result<()>) {
        drop(self.queue);
        self.thread.join().unwrap_or_else(|_| {
            (Vec::new(), Err(io::Error::other("an output failed in an unforeseen way (a bug in netlog)")))
        })
    }
}

fn write(mut sinks: Vec<Box<dyn Sink>>, blocks: &Receiver<Block>) -> (Vec<Box<dyn Sink>>, io::Result<()>) {
    for block in blocks {
        for (sink, rows) in sinks.iter_mut().zip(block) {
            for rendered in rows {
                if let Err(error) = sink.write(rendered) {
                    return (sinks, Err(error));
                }
            }
        }
    }
    sinks.iter_mut().for_each(|sink| sink.rest());
    (sinks, Ok(()))
}
