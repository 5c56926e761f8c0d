//! Bytes looked at eight at a time, as one number: most words and numbers of a line are shorter than what a
//! vector search would pay for.

use std::hint::select_unpredictable;

/// Every byte 1, every byte but its highest bit, every highest bit.
const ONES: u64 = u64::from_ne_bytes([1; 8]);
const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// Eight bytes of a text, the first one lowest. Behind the text's end they are 0.
#[derive(Clone, Copy)]
pub(super) struct Eight(u64);

/// The highest bit of each byte that is sought.
#[derive(Clone, Copy)]
pub(super) struct Hits(u64);

impl Eight {
    /// The bytes of a text, of which eight are looked at.
    #[inline]
    fn of(text: &[u8]) -> Eight {
        Eight(u64::from_le_bytes(padded(text)))
    }

    /// Bytes that are this one.
    #[inline]
    pub fn are(self, byte: u8) -> Hits {
        let zero = self.0 ^ (ONES * u64::from(byte));
        Hits(!(((zero & LOW) + LOW) | zero) & HIGH)
    }

    /// Blanks and control characters, among them tabs and line ends.
    #[inline]
    pub fn low(self) -> Hits {
        // Above a blank, what is left of it is above 0x20; a byte from 0x80 on is above anyway.
        let above = ((self.0 | HIGH) - ONES * 0x21) | self.0;
        Hits(!above & HIGH)
    }

    /// Bytes that are no decimal digits.
    #[inline]
    pub fn other_than_digits(self) -> Hits {
        // A digit's high half is 3; what is left of it is below 10.
        let value = self.0 ^ (ONES * 0x30);
        Hits((((value & LOW) + ONES * (0x80 - 10)) | value) & HIGH)
    }

    /// Bytes that are neither, nor a dash, which formats write for "none".
    #[inline]
    pub fn other_than_numbers(self) -> Hits {
        Hits(self.other_than_digits().0 & !self.are(b'-').0)
    }
}

impl Hits {
    pub const NONE: Hits = Hits(0);

    #[inline]
    pub fn or(self, other: Hits) -> Hits {
        Hits(self.0 | other.0)
    }
}

/// The first eight bytes of a text, with zeros behind its end.
#[inline]
pub(super) fn padded(text: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    for (slot, byte) in eight.iter_mut().zip(text) {
        *slot = *byte;
    }
    eight
}

/// Which of eight bytes are `byte`, a bit each.
#[inline]
pub(super) fn places(eight: [u8; 8], byte: u8) -> u32 {
    let hits = Eight(u64::from_le_bytes(eight)).are(byte).0 >> 7;
    // Each of the eight bits is multiplied to the top byte, the first one lowest.
    (hits.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// Which of eight bytes is the first that is `byte`.
#[inline]
pub(super) fn place(eight: [u8; 8], byte: u8) -> Option<usize> {
    let hits = Eight(u64::from_le_bytes(eight)).are(byte).0;
    (hits != 0).then(|| (hits.trailing_zeros() / 8) as usize)
}

/// Where from `begin` on the first byte stands that is sought, or the end; what is sought is mostly near.
#[inline]
pub(super) fn first_near(text: &[u8], begin: usize, sought: impl Fn(Eight) -> Hits) -> usize {
    let mut at = begin;
    while let Some(eight) = text.get(at..).and_then(|left| left.first_chunk::<8>()) {
        let hits = sought(Eight(u64::from_le_bytes(*eight))).0;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let left = text.get(at..).unwrap_or_default();
    // The last eight bytes without those before `at`.
    let eight = match text.last_chunk::<8>() {
        Some(eight) => Eight(u64::from_le_bytes(*eight).unbounded_shr(64 - 8 * left.len() as u32)),
        None => Eight::of(left),
    };
    let hits = sought(eight).0;
    // Behind the end there is nothing: `trailing_zeros` of none is as far as that.
    at + ((hits.trailing_zeros() / 8) as usize).min(left.len())
}

/// The same for what may be nine bytes away as well as seven. Which of two eights it is in no jump decides: words are
/// as long as they like, and a jump that was not foreseen costs more than looking at both.
#[inline]
pub(super) fn first(text: &[u8], begin: usize, sought: impl Fn(Eight) -> Hits) -> usize {
    let mut at = begin;
    while let Some((front, behind)) = text.get(at..).and_then(|left| left.split_first_chunk::<8>())
        && let Some(back) = behind.first_chunk::<8>()
    {
        let (front, back) =
            (sought(Eight(u64::from_le_bytes(*front))).0, sought(Eight(u64::from_le_bytes(*back))).0);
        if front | back != 0 {
            let (hits, from) = select_unpredictable(front != 0, (front, at), (back, at + 8));
            return from + (hits.trailing_zeros() / 8) as usize;
        }
        at += 16;
    }
    first_near(text, at, sought)
}

/// Where before `end` the last byte stands that is sought; what is sought is mostly near.
#[inline]
pub(super) fn last_near(text: &[u8], end: usize, sought: impl Fn(Eight) -> Hits) -> Option<usize> {
    let mut end = end;
    while let Some(eight) = text.get(..end).and_then(|left| left.last_chunk::<8>()) {
        let hits = sought(Eight(u64::from_le_bytes(*eight))).0;
        if hits != 0 {
            return Some(end - 1 - (hits.leading_zeros() / 8) as usize);
        }
        end -= 8;
    }
    let left = text.get(..end)?;
    // Bytes behind the text are not looked at.
    let inside = if left.is_empty() { 0 } else { u64::MAX >> (64 - 8 * left.len()) };
    let eight = text.first_chunk().map_or_else(|| Eight::of(left), |eight| Eight(u64::from_le_bytes(*eight)));
    let hits = sought(eight).0 & inside;
    (hits != 0).then(|| (63 - hits.leading_zeros() as usize) / 8)
}

/// The same for what may be farther away, as [`first`] is to [`first_near`].
#[inline]
pub(super) fn last(text: &[u8], end: usize, sought: impl Fn(Eight) -> Hits) -> Option<usize> {
    let mut end = end;
    while let Some((before, back)) = text.get(..end).and_then(|left| left.split_last_chunk::<8>())
        && let Some(front) = before.last_chunk::<8>()
    {
        let (front, back) =
            (sought(Eight(u64::from_le_bytes(*front))).0, sought(Eight(u64::from_le_bytes(*back))).0);
        if front | back != 0 {
            let (hits, to) = select_unpredictable(back != 0, (back, end), (front, end - 8));
            return Some(to - 1 - (hits.leading_zeros() / 8) as usize);
        }
        end -= 16;
    }
    last_near(text, end, sought)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_as_byte_by_byte() {
        let all: Vec<u8> = (0..=255).collect();
        let lines = [&b"a"[..], b"", b"12345678", b"1234567 9", b"\x80\xff\x00 x", b"abc-12.34\tde f", &all];
        let digit = |b: &u8| b.is_ascii_digit();
        let low = |b: &u8| *b <= b' ';
        for text in lines {
            for begin in 0..=text.len() {
                let left = &text[begin..];
                let want = |is: &dyn Fn(&u8) -> bool| begin + left.iter().position(is).unwrap_or(left.len());
                let number = Eight::other_than_numbers;
                let same = |sought: &dyn Fn(Eight) -> Hits, is: &dyn Fn(&u8) -> bool| {
                    assert_eq!(first(text, begin, sought), want(is), "{text:?} {begin}");
                    assert_eq!(first_near(text, begin, sought), want(is), "{text:?} {begin}");
                };
                same(&Eight::low, &low);
                same(&Eight::other_than_digits, &|b| !digit(b));
                same(&|e| e.are(b'-').or(e.low()), &|b| *b == b'-' || low(b));
                same(&number, &|b| !digit(b) && *b != b'-');
                let head = &text[..begin];
                let want = |is: &dyn Fn(&u8) -> bool| head.iter().rposition(is);
                let same = |sought: &dyn Fn(Eight) -> Hits, is: &dyn Fn(&u8) -> bool| {
                    assert_eq!(last(text, begin, sought), want(is), "{text:?} {begin}");
                    assert_eq!(last_near(text, begin, sought), want(is), "{text:?} {begin}");
                };
                same(&Eight::low, &low);
                same(&number, &|b| !digit(b) && *b != b'-');
            }
        }
    }
}
