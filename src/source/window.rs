//! The sliding buffer under every reader: one large `read` per round straight into the caller's
//! reused buffer, and only the bytes of an unfinished record carried over to the next round.

use std::io::{self, Read};

/// Decompressed bytes of an input, whatever they come from.
pub(super) type Raw<'a> = Box<dyn Read + Send + 'a>;

/// Input bytes in order, a bufferful at a time. The buffer belongs to the caller.
pub(super) struct Window {
    input: Raw<'static>,
    /// Read, but part of a record whose end is still to come.
    carry: Vec<u8>,
    /// Offset in the input of the first byte of the buffer.
    base: u64,
    read: u64,
    ended: bool,
    error: Option<String>,
}

impl Window {
    pub(super) fn new(input: Raw<'static>) -> Self {
        Window::at(input, 0)
    }

    /// An input whose first `base` bytes are left out.
    pub(super) fn at(input: Raw<'static>, base: u64) -> Self {
        Window { input, carry: Vec::new(), base, read: 0, ended: false, error: None }
    }

    /// Offset in the input of the first byte of the buffer.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Bytes taken from the input so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The input gave all it has, or failed.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Why the input ended before its time.
    pub(super) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Puts the bytes kept last time at the front of `data`, then reads until `data` has `want` bytes
    /// or the input ends.
    ///
    /// What `data` held before is overwritten, not cleared first: so a buffer is zeroed once in its
    /// life instead of once a round.
    pub(super) fn load(&mut self, data: &mut Vec<u8>, want: usize) {
        let kept = self.carry.len();
        let want = want.max(kept);
        if data.len() < want {
            data.resize(want, 0);
        }
        if let Some(front) = data.get_mut(..kept) {
            front.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        let filled = self.read_into(data, kept, want);
        data.truncate(filled);
    }

    /// Reads on until `data` has `want` bytes or the input ends.
    pub(super) fn extend(&mut self, data: &mut Vec<u8>, want: usize) {
        let have = data.len();
        let want = want.max(have);
        data.resize(want, 0);
        let filled = self.read_into(data, have, want);
        data.truncate(filled);
    }

    /// Leaves the first `used` bytes in `data` and keeps the others for the next [`Window::load`].
    pub(super) fn keep(&mut self, data: &mut Vec<u8>, used: usize) {
        let used = used.min(data.len());
        self.carry.clear();
        self.carry.extend_from_slice(data.get(used..).unwrap_or_default());
        data.truncate(used);
        self.base += used as u64;
    }

    fn read_into(&mut self, data: &mut [u8], mut filled: usize, want: usize) -> usize {
        while !self.ended && filled < want {
            let room = data.get_mut(filled..want).unwrap_or_default();
            let size = room.len();
            match self.input.read(room) {
                Ok(0) => self.close(None),
                Ok(n) => {
                    filled += n.min(size);
                    self.read += n.min(size) as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => self.close(Some(e.to_string())),
            }
        }
        filled
    }

    /// Gives the file descriptor and the decompressor's memory back as soon as they are done with.
    fn close(&mut self, error: Option<String>) {
        self.ended = true;
        self.error = error;
        self.input = Box::new(io::empty());
    }
}
