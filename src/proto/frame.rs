//! Messages that say how long they are, off one direction of a stream. Of long ones only the beginning
//! is kept, so that no length a peer claims costs memory.

use super::{Dir, Step};
use crate::model::Stamp;
use std::borrow::Cow;

/// Longest message that is kept whole.
pub(super) const KEEP: usize = 256 << 10;

/// What the first bytes say about a message's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Bytes of the whole message, its head included; at least 1.
    Is(u64),
    /// The head is not complete.
    More,
    /// This is no head; the anomaly to count.
    Bad(&'static str),
}

/// A message.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// Its bytes from the head on, as far as kept.
    pub bytes: Cow<'a, [u8]>,
    /// Its bytes on the wire.
    pub size: u64,
    /// Packet of its first byte.
    pub start: Stamp,
}

/// A message longer than [`KEEP`], or one that has a hole.
#[derive(Debug)]
struct Long {
    left: u64,
    size: u64,
    kept: Vec<u8>,
    torn: bool,
}

/// Reads messages off one direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    long: Option<Long>,
    start: Option<Stamp>,
}

impl Frames {
    /// At most one message, and how many bytes are dealt with.
    ///
    /// # Errors
    /// The anomaly that `length` names.
    pub(super) fn read<'a>(
        &mut self,
        bytes: &'a [u8],
        now: Stamp,
        length: impl Fn(&[u8]) -> Length,
    ) -> Result<(usize, Option<Frame<'a>>), &'static str> {
        if let Some(mut long) = self.long.take() {
            let used = usize::try_from(long.left).unwrap_or(usize::MAX).min(bytes.len());
            let room = if long.torn { 0 } else { KEEP.saturating_sub(long.kept.len()) };
            long.kept.extend_from_slice(bytes.get(..used.min(room)).unwrap_or_default());
            long.left -= used as u64;
            if long.left > 0 {
                self.long = Some(long);
                return Ok((used, None));
            }
            let start = self.start.take().unwrap_or(now);
            return Ok((used, Some(Frame { bytes: long.kept.into(), size: long.size, start })));
        }
        if bytes.is_empty() {
            return Ok((0, None));
        }
        let start = *self.start.get_or_insert(now);
        let size = match length(bytes) {
            Length::Is(size) => size.max(1),
            Length::More => return Ok((0, None)),
            Length::Bad(name) => return Err(name),
        };
        let end = usize::try_from(size).unwrap_or(usize::MAX);
        if let Some(whole) = bytes.get(..end).filter(|_| end <= KEEP) {
            self.start = None;
            return Ok((end, Some(Frame { bytes: whole.into(), size, start })));
        }
        if end <= KEEP {
            return Ok((0, None));
        }
        self.long = Some(Long { left: size, size, kept: Vec::new(), torn: false });
        self.read(bytes, now, length)
    }

    /// Goes on after bytes that were not captured, if they lie within a long message.
    pub(super) fn skip(&mut self, missing: u64) -> bool {
        match &mut self.long {
            Some(long) if long.left > missing => {
                long.left -= missing;
                long.torn = true;
                true
            }
            _ => {
                *self = Frames::default();
                false
            }
        }
    }
}

/// Messages of both directions.
#[derive(Debug, Default)]
pub(super) struct Both([Frames; 2]);

impl Both {
    fn side(&mut self, dir: Dir) -> &mut Frames {
        dir.of(&mut self.0)
    }

    /// As [`Frames::read`], of one direction from `at` on. `Err` is what the parser has to return: nothing is left to
    /// read, or what is there is no message. `at` moves on.
    ///
    /// # Errors
    /// The step to take.
    pub(super) fn next<'a>(
        &mut self,
        dir: Dir,
        (bytes, at): (&'a [u8], &mut usize),
        now: Stamp,
        length: impl Fn(&[u8]) -> Length,
    ) -> Result<Option<Frame<'a>>, Step> {
        match self.side(dir).read(bytes.get(*at..).unwrap_or_default(), now, length) {
            Err(name) => Err(Step::Weird(name)),
            Ok((0, None)) => Err(Step::Took(*at)),
            Ok((used, frame)) => {
                *at += used;
                Ok(frame)
            }
        }
    }

    /// As [`Frames::skip`], of one direction.
    pub(super) fn skip(&mut self, dir: Dir, missing: u64) -> bool {
        self.side(dir).skip(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(bytes: &[u8]) -> Length {
        match bytes {
            [0xff, ..] => Length::Bad("x.bad"),
            [a, b, c, d, ..] => Length::Is(u64::from(u32::from_be_bytes([*a, *b, *c, *d]))),
            _ => Length::More,
        }
    }

    #[test]
    fn short_messages_are_borrowed_and_long_ones_cut() {
        let mut frames = Frames::default();
        let now = Stamp::default();
        assert_eq!(frames.read(b"\0\0", now, length).unwrap().0, 0);
        let (used, frame) = frames.read(b"\0\0\0\x05x\0", now, length).unwrap();
        assert_eq!((used, frame.unwrap().bytes.as_ref()), (5, &b"\0\0\0\x05x"[..]));
        assert_eq!(frames.read(b"\xff", now, length).unwrap_err(), "x.bad");
        let mut long = vec![0, 8, 0, 0];
        long.resize(8 << 16, 7);
        let (used, frame) = frames.read(&long[..1000], now, length).unwrap();
        assert_eq!((used, frame.is_none()), (1000, true));
        assert!(frames.skip(100));
        let (used, frame) = frames.read(&long[1100..], now, length).unwrap();
        let frame = frame.unwrap();
        assert_eq!((used, frame.size), ((8 << 16) - 1100, 8 << 16));
        assert_eq!(frame.bytes.len(), 1000);
        assert!(!frames.skip(1));
    }
}
