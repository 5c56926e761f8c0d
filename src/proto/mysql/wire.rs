//! Packets and their fields (MySQL internals manual, client/server protocol).

use std::borrow::Cow;

/// Longest payload that is kept whole; of longer ones only so much is looked at.
pub(super) const KEEP: usize = 64 << 10;

/// Reads packets off one direction.
#[derive(Debug, Default)]
pub(super) struct Packets {
    /// A packet longer than [`KEEP`]: bytes to come, sequence number, length, beginning of the payload.
    long: Option<(usize, u8, usize, Vec<u8>)>,
    /// The packet before was as long as they get: this one continues it.
    continues: bool,
}

/// A packet: sequence number, payload as far as kept, bytes with the header.
#[derive(Debug)]
pub(super) struct Packet<'a> {
    pub seq: u8,
    pub payload: Cow<'a, [u8]>,
    pub size: u64,
    /// More of the payload of the packet before.
    pub continued: bool,
}

impl Packets {
    /// At most one packet, and how many bytes are dealt with.
    pub(super) fn read<'a>(&mut self, bytes: &'a [u8]) -> (usize, Option<Packet<'a>>) {
        if let Some((left, seq, len, mut kept)) = self.long.take() {
            let used = left.min(bytes.len());
            let room = KEEP.saturating_sub(kept.len());
            kept.extend_from_slice(bytes.get(..used.min(room)).unwrap_or_default());
            if used < left {
                self.long = Some((left - used, seq, len, kept));
                return (used, None);
            }
            return (used, Some(self.packet(seq, len, kept.into())));
        }
        let &[a, b, c, seq, ref rest @ ..] = bytes else { return (0, None) };
        let len = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        if let Some(payload) = rest.get(..len) {
            let payload = payload.get(..KEEP).unwrap_or(payload);
            return (len + 4, Some(self.packet(seq, len, payload.into())));
        }
        if len <= KEEP {
            return (0, None);
        }
        self.long = Some((len, seq, len, Vec::new()));
        (4, None)
    }

    fn packet<'a>(&mut self, seq: u8, len: usize, payload: Cow<'a, [u8]>) -> Packet<'a> {
        let continued = std::mem::replace(&mut self.continues, len == 0xff_ffff);
        Packet { seq, payload, size: len as u64 + 4, continued }
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

    /// An integer of `n` bytes, least significant first; at most eight.
    pub(super) fn int(&mut self, n: usize) -> Option<u64> {
        Some(self.bytes(n)?.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)))
    }

    /// Text that ends with NUL, or with the packet.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }

    /// A length-encoded integer.
    pub(super) fn lenenc(&mut self) -> Option<u64> {
        match self.int(1)? {
            0xfc => self.int(2),
            0xfd => self.int(3),
            0xfe => self.int(8),
            0xfb | 0xff => None,
            n => Some(n),
        }
    }

    /// Text with its length before it.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.lenenc()?).ok()?;
        self.bytes(len)
    }
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
