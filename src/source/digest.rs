//! SHA-256 of an input as it is stored, taken on the way while it is read.

use super::window::Raw;
use sha2::{Digest as _, Sha256};
use std::fmt::Write;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are read at a time: what was just read is still near when it is hashed.
const STEP: usize = 128 << 10;

struct State {
    hash: Sha256,
    bytes: u64,
    /// The end was met: the hash is that of the whole.
    ended: bool,
}

/// The way to a hash that becomes known when all was read.
#[derive(Clone)]
pub(super) struct Digest(Arc<Mutex<Option<State>>>);

/// An input on its way through the hash.
struct Hashed {
    input: Raw<'static>,
    digest: Digest,
}

impl Digest {
    /// Hashes what is read of `input` from now on.
    pub fn of(input: Raw<'static>) -> (Raw<'static>, Digest) {
        let state = State { hash: Sha256::new(), bytes: 0, ended: false };
        let digest = Digest(Arc::new(Mutex::new(Some(state))));
        (Box::new(Hashed { input, digest: digest.clone() }), digest)
    }

    /// No hash is wanted.
    pub fn stop(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The hash in hexadecimal digits, if the input, of `size` bytes where that is known, was read to its end.
    pub fn value(&self, size: Option<u64>) -> Option<String> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = state.as_ref().filter(|state| state.ended || size == Some(state.bytes))?;
        let mut text = String::with_capacity(64);
        for byte in state.hash.clone().finalize() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Some(text)
    }
}

impl Read for Hashed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = out.len().min(STEP);
        let read = self.input.read(out.get_mut(..room).unwrap_or_default())?;
        let mut state = self.digest.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = state.as_mut() {
            state.hash.update(out.get(..read).unwrap_or_default());
            state.bytes += read as u64;
            state.ended |= read == 0 && !out.is_empty();
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test vector of FIPS 180-2, appendix B.
    #[test]
    fn a_hash_of_all_or_none() {
        let text = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let want = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
        let (mut input, digest) = Digest::of(Box::new(io::Cursor::new(text)));
        let mut out = [0; 50];
        input.read_exact(&mut out).unwrap();
        assert_eq!(digest.value(Some(56)), None, "a part");
        input.read_exact(&mut out[..6]).unwrap();
        assert_eq!(digest.value(None), None, "nobody knows that this is all");
        assert_eq!(digest.value(Some(56)).as_deref(), Some(want));
        assert_eq!(input.read(&mut out).unwrap(), 0);
        assert_eq!(digest.value(None).as_deref(), Some(want));
        digest.stop();
        assert_eq!(digest.value(None), None);
    }
}
