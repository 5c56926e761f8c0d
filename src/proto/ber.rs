//! BER and DER (X.690) for SNMP, LDAP, Kerberos and SPNEGO: tag, length, contents; checked, nothing allocated.

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ber<'a>(pub &'a [u8]);

/// The length of an element from what its first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// Bytes of head and contents.
    Is(u64),
    /// The head is not complete.
    More,
    /// An indefinite or absurd length.
    Bad,
}

/// How long the element at the beginning is. Tags of more than one byte are none of ours.
pub(super) fn size(bytes: &[u8]) -> Size {
    let [tag, rest @ ..] = bytes else { return Size::More };
    let (Some(first), long) = (rest.first(), tag & 0x1f == 0x1f) else { return Size::More };
    match first {
        _ if long => Size::Bad,
        0..=0x7f => Size::Is(u64::from(*first) + 2),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            match rest.get(1..1 + count) {
                Some(digits) => {
                    Size::Is(digits.iter().fold(0, |n, b| n << 8 | u64::from(*b)) + 2 + count as u64)
                }
                None => Size::More,
            }
        }
        _ => Size::Bad,
    }
}

impl<'a> Ber<'a> {
    /// The next element: its tag and contents.
    pub fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let Size::Is(size) = size(self.0) else { return None };
        let (element, rest) = self.0.split_at_checked(usize::try_from(size).ok()?)?;
        self.0 = rest;
        let head = match element.get(1)? {
            0..=0x7f => 2,
            more => 2 + usize::from(more & 0x7f),
        };
        Some((*element.first()?, element.get(head..)?))
    }

    /// The contents of the next element, if it has this tag; else nothing is read.
    pub fn tagged(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, contents) = ahead.next()?;
        (found == tag).then(|| {
            *self = ahead;
            contents
        })
    }

    /// A number.
    pub fn int(&mut self) -> Option<i64> {
        self.tagged(2).and_then(int)
    }
}

/// A number of up to eight bytes, two's complement.
pub(super) fn int(contents: &[u8]) -> Option<i64> {
    let first = contents.first()?;
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    (contents.len() <= 8).then(|| contents.iter().fold(start, |n: i64, b| n << 8 | i64::from(*b)))
}

/// An object identifier with dots.
pub(super) fn oid(contents: &[u8]) -> Option<String> {
    use std::fmt::Write as _;
    let (mut out, mut number, mut first) = (String::new(), 0u64, true);
    for byte in contents.get(..128).unwrap_or(contents) {
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if std::mem::take(&mut first) {
            let top = (number / 40).min(2);
            let _ = write!(out, "{top}.{}", number - top * 40);
        } else {
            let _ = write!(out, ".{number}");
        }
        number = 0;
    }
    (!first).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690 §8.19.5 and its §8.1.3 examples.
    #[test]
    fn published() {
        assert_eq!(oid(&[0x06, 0x03, 0x88, 0x37, 0x03][2..]).as_deref(), Some("2.999.3"));
        assert_eq!(oid(&[0x2b, 6, 1, 2, 1]).as_deref(), Some("1.3.6.1.2.1"));
        assert_eq!((int(&[0xff]), int(&[0x7f, 0xff]), int(&[])), (Some(-1), Some(32767), None));
        assert_eq!(size(&[0x30, 0x81, 0xc9]), Size::Is(204));
        assert_eq!((size(&[0x30]), size(&[0x30, 0x80])), (Size::More, Size::Bad));
        let mut ber = Ber(&[2, 1, 5, 4, 1, b'x', 5]);
        assert_eq!(
            (ber.int(), ber.tagged(2), ber.tagged(4), ber.next()),
            (Some(5), None, Some(&b"x"[..]), None)
        );
    }
}
