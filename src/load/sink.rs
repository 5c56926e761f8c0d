//! Events straight to the server, as an output of the engine like any other.

use super::Queue;
use crate::report::Report;
use crate::setup::IndexName;
use crate::sink::bulk::{Documents, Made};
use crate::sink::{Render, Rendered, Sink};
use std::io;
use std::sync::Arc;

/// Collects documents into batches and hands them to the workers.
pub struct Upload {
    queue: Arc<Queue>,
    index: IndexName,
    made: Made,
    batch: Vec<u8>,
}

impl Upload {
    /// Into indices of this name, counted there.
    pub fn new(queue: Arc<Queue>, index: IndexName, made: Made) -> Upload {
        Upload { queue, index, made, batch: Vec::new() }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.queue.send(std::mem::take(&mut self.batch)) {
            return Ok(());
        }
        // The reason is the workers' to tell, by `Queue::finish`.
        Err(io::Error::other("the server does not take documents any more"))
    }
}

impl Sink for Upload {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Documents::new(self.index.clone(), self.made.clone())))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        for (_, bytes) in rendered.parts {
            if !self.batch.is_empty() && self.batch.len() + bytes.len() > self.queue.batch() {
                self.flush()?;
            }
            self.batch.extend_from_slice(&bytes);
            self.made.spare.give(bytes);
        }
        Ok(())
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        let findings = Documents::new(self.index.clone(), self.made.clone()).block(&report.alerts);
        self.write(findings)?;
        self.flush()
    }
}
