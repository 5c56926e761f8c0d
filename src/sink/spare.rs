//! Buffers that were written, to be filled again: a buffer given back to the system and asked for anew
//! costs more than what is written into it.

use std::sync::{Arc, Mutex, PoisonError};

/// Buffers kept.
const KEPT: usize = 128;

/// Empty buffers, shared by those who fill and those who write.
#[derive(Clone, Debug, Default)]
pub struct Spare(Arc<Mutex<Vec<Vec<u8>>>>);

impl Spare {
    /// An empty buffer; a new one with room for `expect` bytes where none is left.
    pub fn take(&self, expect: usize) -> Vec<u8> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Vec::with_capacity(expect))
    }

    /// Gives back a buffer that nobody needs any more.
    pub fn give(&self, mut bytes: Vec<u8>) {
        bytes.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(bytes);
        }
    }
}
