//! Messages of protocol 3 (PostgreSQL documentation, chapter "Frontend/Backend Protocol").

use std::borrow::Cow;

/// Longest message that is kept whole; of longer ones only so much is looked at.
pub(super) const KEEP: usize = 64 << 10;

/// A message: type (0 for those before the log-in), contents as far as kept, bytes on the wire.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub kind: u8,
    pub body: Cow<'a, [u8]>,
    pub size: u64,
}

/// Reads messages off one direction.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// A message longer than [`KEEP`]: type, length, bytes to come, beginning.
    long: Option<(u8, usize, usize, Vec<u8>)>,
}

impl Messages {
    /// At most one message, and how many bytes are dealt with. `untyped`: those before the log-in.
    pub(super) fn read<'a>(
        &mut self,
        bytes: &'a [u8],
        untyped: bool,
    ) -> Result<(usize, Option<Message<'a>>), &'static str> {
        if let Some((kind, len, left, mut kept)) = self.long.take() {
            let used = left.min(bytes.len());
            let room = KEEP.saturating_sub(kept.len());
            kept.extend_from_slice(bytes.get(..used.min(room)).unwrap_or_default());
            if used < left {
                self.long = Some((kind, len, left - used, kept));
                return Ok((used, None));
            }
            return Ok((used, Some(Message { kind, body: kept.into(), size: len as u64 + 1 })));
        }
        let head = usize::from(!untyped);
        let Some((length, rest)) = bytes.get(head..).and_then(|b| b.split_first_chunk::<4>()) else {
            return Ok((0, None));
        };
        let kind = if untyped { 0 } else { bytes.first().copied().unwrap_or(0) };
        let len = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let most = if untyped { 10_000 } else { 1 << 30 };
        if len < 4 || len > most || (!untyped && !kind.is_ascii_alphanumeric()) {
            return Err("pgsql.message");
        }
        if let Some(body) = rest.get(..len - 4) {
            let body = body.get(..KEEP).unwrap_or(body);
            return Ok((len + head, Some(Message { kind, body: body.into(), size: (len + head) as u64 })));
        }
        if len <= KEEP {
            return Ok((0, None));
        }
        self.long = Some((kind, len, len - 4, Vec::new()));
        Ok((head + 4, None))
    }
}

/// A field reader.
pub(super) struct Take<'a>(pub &'a [u8]);

impl<'a> Take<'a> {
    /// `n` bytes.
    pub(super) fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    /// An integer of `n` bytes, at most four.
    pub(super) fn int(&mut self, n: usize) -> Option<u32> {
        Some(self.bytes(n)?.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)))
    }

    /// Text that ends with NUL, or with the message.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Statements of a simple query: split at semicolons outside quotes and comments.
pub(super) fn statements(text: &[u8], most: usize) -> Vec<&[u8]> {
    let (mut all, mut from, mut quote, mut at) = (Vec::new(), 0, None, 0);
    while let Some(&byte) = text.get(at) {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'-') if text.get(at + 1) == Some(&b'-') => {
                at += memchr::memchr(b'\n', text.get(at..).unwrap_or_default()).unwrap_or(text.len() - at);
                continue;
            }
            (None, b'$') if text.get(at..at + 2) == Some(b"$$") => {
                let rest = text.get(at + 2..).unwrap_or_default();
                at = memchr::memmem::find(rest, b"$$").map_or(text.len(), |end| at + end + 4);
                continue;
            }
            (None, b';') if all.len() + 1 < most => {
                all.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    all.push(text.get(from..).unwrap_or_default());
    all.retain(|s| !s.trim_ascii().is_empty());
    all
}
