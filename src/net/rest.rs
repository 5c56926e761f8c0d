//! Bytes of one direction that a probe or parser has seen but not dealt with.

/// Unconsumed bytes of one direction.
#[derive(Debug, Default)]
pub(super) struct Rest {
    bytes: Vec<u8>,
    taken: usize,
}

impl Rest {
    /// The bytes.
    pub(super) fn get(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.bytes.len().saturating_sub(self.taken)
    }

    /// Appends.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 && self.taken >= self.bytes.len() / 2 {
            self.bytes.drain(..self.taken.min(self.bytes.len()));
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The first `count` are dealt with.
    pub(super) fn take(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count).min(self.bytes.len());
        if self.taken == self.bytes.len() {
            self.clear();
        }
    }

    /// Gives memory back that holds nothing.
    pub(super) fn compact(&mut self) {
        self.bytes.drain(..self.taken.min(self.bytes.len()));
        self.taken = 0;
        self.bytes.shrink_to_fit();
    }

    /// Forgets all; keeps a small buffer, frees a large one.
    pub(super) fn clear(&mut self) {
        self.taken = 0;
        if self.bytes.capacity() > 16 << 10 {
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }
}
