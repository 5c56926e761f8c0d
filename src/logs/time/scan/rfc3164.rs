//! Stamps of the BSD syslog protocol (RFC 3164 4.1.2).

use super::super::{Moment, Yearless};
use super::{Cursor, month, pair, wall};

/// `Nov 21 09:07:01 ` with no year before or behind it, which nearly every stamp is.
#[inline]
fn usual(text: &[u8]) -> Option<Yearless> {
    let (stamp, behind) = text.split_first_chunk::<16>()?;
    let [m1, m2, m3, b' ', d1, d2, b' ', h1, h2, b':', n1, n2, b':', s1, s2, b' '] = *stamp else {
        return None;
    };
    let number = |tens, ones| pair(tens, ones).and_then(|n| u8::try_from(n).ok());
    let (hour, minute, second) = (pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?);
    let day = number(if d1 == b' ' { b'0' } else { d1 }, d2)?;
    if hour > 23 || minute > 59 || second > 60 || behind.first().is_none_or(u8::is_ascii_digit) {
        return None;
    }
    Yearless::new(month([m1, m2, m3])?, day, hour * 3600 + minute * 60 + second, 0)
}

/// The minute of the last stamp, which the next one mostly shares.
#[derive(Debug, Default)]
pub struct Stamps {
    /// `Nov 21 09:07:`, and the seconds before it.
    minute: Option<([u8; 13], u32)>,
}

impl Stamps {
    /// Reads a stamp without a year as [`Form::Rfc3164`](super::Form::Rfc3164) does.
    #[inline]
    pub fn scan(&mut self, text: &[u8]) -> Option<(Yearless, usize)> {
        if let (Some((minute, secs)), Some((stamp, behind))) = (self.minute, text.split_first_chunk::<16>())
            && let [this @ .., s1, s2, b' '] = stamp
            && *this == minute
            && let Some(second @ ..=60) = pair(*s1, *s2)
            && behind.first().is_some_and(|b| !b.is_ascii_digit())
        {
            return Some((Yearless { secs: secs + second, nanos: 0 }, 15));
        }
        if let Some(when) = usual(text) {
            // A leap second counts as the next minute's.
            let minute = text.first_chunk::<13>().filter(|_| text.get(13..15) != Some(b"60"));
            self.minute = minute.map(|minute| (*minute, when.secs - when.secs % 60));
            return Some((when, 15));
        }
        match rfc3164(text)? {
            (Moment::Yearless(when), len) => Some((when, len)),
            _ => None,
        }
    }
}

/// A stamp of RFC 3164 with what servers add to it; gives the number of bytes it takes.
pub(super) fn rfc3164(text: &[u8]) -> Option<(Moment, usize)> {
    if let Some(when) = usual(text) {
        return Some((Moment::Yearless(when), 15));
    }
    let mut c = Cursor { text, at: 0 };
    let month = c.month()?;
    c.eat(b' ')?;
    let day = c.day()?;
    c.eat(b' ')?;
    let mut ahead = c;
    let mut year = ahead.digits(4).filter(|_| ahead.eat(b' ').is_some());
    if year.is_some() {
        c = ahead;
    }
    let tod = c.clock()?;
    let nanos = c.fraction();
    if year.is_none() {
        let mut ahead = c;
        let after = ahead.eat(b' ').and_then(|()| ahead.digits(4)).filter(|y| (1970..2100).contains(y));
        // A host name may begin with four digits; a year stands alone.
        if after.is_some() && ahead.peek() == Some(b' ') {
            year = after;
            c = ahead;
        }
    }
    let moment = match year {
        Some(year) => Moment::Local(wall(year, month, day, tod, nanos)?),
        None => Moment::Yearless(Yearless::new(month, day, tod, nanos)?),
    };
    Some((moment, c.at))
}
