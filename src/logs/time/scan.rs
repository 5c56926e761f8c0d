//! Byte scanners of the stamp forms that logs use.

use super::nearest;
use super::pattern::Pattern;
use super::zone::abbreviation;
use super::{DAY, Moment, SECOND, Yearless};

mod rfc3164;

pub use rfc3164::Stamps;
use rfc3164::rfc3164;

/// Longest abbreviation of a zone that is known, bytes.
const ABBREVIATION: usize = 4;

/// How a stamp is written, by the name format files use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `Nov 21 09:07:01`, day padded with a blank, a zero or not at all, with an optional fraction and
    /// an optional year before (`Nov 21 2026 09:07:01`) or after the time (RFC 3164 4.1.2).
    Rfc3164,
    /// `2026-11-21T09:07:01.123456+02:00`, `T` or a blank, with or without seconds, fraction (`.` or `,`)
    /// and offset (RFC 3339, ISO 8601 extended form).
    Iso8601,
    /// `21/Nov/2026:09:07:01 +0200`, as web servers write (Common Log Format).
    HttpDate,
    /// `Sat Nov 21 09:07:01.123456 2026`, with or without fraction (C `asctime`, Apache error log).
    Asctime,
    /// `2026/11/21 09:07:01` (nginx error log, Go's log package).
    Slashed,
    /// Seconds since the epoch with an optional fraction.
    Epoch,
    /// Milliseconds since the epoch.
    EpochMs,
    /// Microseconds since the epoch.
    EpochUs,
    /// Nanoseconds since the epoch.
    EpochNs,
    /// As a format file spells it out: `%d.%m.%Y %H:%M:%S`.
    Spelled(&'static Pattern),
}

impl Form {
    /// Every form with its name, for format files and error messages.
    pub const ALL: &'static [(&'static str, Form)] = &[
        ("rfc3164", Form::Rfc3164),
        ("iso8601", Form::Iso8601),
        ("httpdate", Form::HttpDate),
        ("asctime", Form::Asctime),
        ("slashed", Form::Slashed),
        ("epoch", Form::Epoch),
        ("epoch_ms", Form::EpochMs),
        ("epoch_us", Form::EpochUs),
        ("epoch_ns", Form::EpochNs),
    ];

    /// The form of that name, or that a text with `%` spells out. What it spells out lives as long as the
    /// program, as the format does.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what was perhaps meant.
    pub fn named(name: &str) -> Result<Form, String> {
        if name.contains('%') {
            return Pattern::new(name).map(|pattern| Form::Spelled(Box::leak(Box::new(pattern))));
        }
        let names = || Form::ALL.iter().map(|(name, _)| *name);
        Form::ALL.iter().find(|(n, _)| *n == name).map(|(_, form)| *form).ok_or_else(|| {
            let near = nearest(name, names()).filter(|_| !name.is_empty());
            match near {
                Some(near) => format!("unknown form of a stamp `{name}`; did you mean `{near}`?"),
                None => format!(
                    "`{name}` is no form of a stamp; one of {}, or spelled out as in `%d.%m.%Y %H:%M:%S`",
                    names().collect::<Vec<_>>().join(", ")
                ),
            }
        })
    }

    /// Whether a stamp can begin with this byte.
    pub fn may_begin(self, byte: u8) -> bool {
        match self {
            Form::Rfc3164 => matches!(byte, b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D'),
            Form::Asctime => matches!(byte, b'M' | b'T' | b'W' | b'F' | b'S'),
            Form::HttpDate => byte.is_ascii_digit() || byte == b' ',
            Form::Spelled(pattern) => pattern.may_begin(byte),
            _ => byte.is_ascii_digit(),
        }
    }

    /// Reads a text that is a stamp and nothing else.
    pub fn whole(self, text: &str) -> Option<Moment> {
        self.scan(text.as_bytes()).filter(|(_, taken)| *taken == text.len()).map(|(moment, _)| moment)
    }

    /// Reads a stamp at the start of `text`; gives it with the number of bytes it takes.
    pub fn scan(self, text: &[u8]) -> Option<(Moment, usize)> {
        match self {
            Form::Rfc3164 => rfc3164(text),
            Form::Iso8601 => iso8601(text),
            Form::HttpDate => httpdate(text),
            Form::Asctime => asctime(text),
            Form::Slashed => slashed(text),
            Form::Epoch => epoch(text),
            Form::EpochMs => integer(text, 1_000_000),
            Form::EpochUs => integer(text, 1_000),
            Form::EpochNs => integer(text, 1),
            Form::Spelled(pattern) => pattern.scan(text),
        }
    }
}

/// A position in the text that only moves when what is asked for is there.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub text: &'t [u8],
    pub at: usize,
}

impl Cursor<'_> {
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Exactly `n` digits, `n` ≤ 9.
    pub fn digits(&mut self, n: usize) -> Option<u32> {
        let run = self.text.get(self.at..self.at + n)?;
        let mut value = 0u32;
        for &b in run {
            let digit = b.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + u32::from(digit);
        }
        self.at += n;
        Some(value)
    }

    /// `HH:MM:SS` to the second of the day; a leap second counts as the next second.
    fn clock(&mut self) -> Option<u32> {
        let run = self.text.get(self.at..)?.first_chunk::<8>()?;
        let [h1, h2, b':', m1, m2, b':', s1, s2] = *run else { return None };
        let (h, m, s) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
        self.at += 8;
        (h < 24 && m < 60 && s <= 60).then_some(h * 3600 + m * 60 + s)
    }

    /// `.123456` or `,123` to nanoseconds; nothing is 0. Digits beyond the ninth are dropped.
    fn fraction(&mut self) -> u32 {
        let mark = *self;
        if !matches!(self.peek(), Some(b'.' | b',')) {
            return 0;
        }
        self.at += 1;
        let (mut nanos, mut scale) = (0, 100_000_000);
        let begin = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            nanos += u32::from(digit - b'0') * scale;
            scale /= 10;
            self.at += 1;
        }
        if self.at == begin {
            *self = mark;
        }
        nanos
    }

    /// `Z`, `+02:00`, `-0700`, `+02` to seconds east; nothing is `None`.
    pub fn offset(&mut self) -> Option<i64> {
        let mark = *self;
        let sign = match self.peek()? {
            b'Z' | b'z' => {
                self.at += 1;
                return Some(0);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.at += 1;
        let Some(hours) = self.digits(2).filter(|h| *h < 24) else {
            *self = mark;
            return None;
        };
        let mut ahead = *self;
        let _ = ahead.eat(b':');
        let minutes = ahead.digits(2).filter(|m| *m < 60);
        if minutes.is_some() {
            *self = ahead;
        }
        Some(sign * (i64::from(hours) * 3600 + i64::from(minutes.unwrap_or(0)) * 60))
    }

    pub fn month(&mut self) -> Option<u8> {
        let name = self.text.get(self.at..)?.first_chunk::<3>()?;
        let month = month(*name)?;
        self.at += 3;
        Some(month)
    }

    /// One or two digits, after any blanks.
    pub fn day(&mut self) -> Option<u8> {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        let value = self.digits(2).or_else(|| self.digits(1))?;
        u8::try_from(value).ok()
    }
}

fn pair(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

fn month(name: [u8; 3]) -> Option<u8> {
    Some(match &name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// Nanoseconds as if UTC; `None` for a date that does not exist or lies outside 1678..=2261.
pub(super) fn wall(year: u32, month: u8, day: u8, tod: u32, nanos: u32) -> Option<i64> {
    let place = Yearless::new(month, day, tod, nanos)?;
    let year = i16::try_from(year).ok().filter(|y| (1678..=2261).contains(y))?;
    (!place.leap_day() || super::is_leap(year)).then(|| place.in_year(year))
}

fn iso8601(text: &[u8]) -> Option<(Moment, usize)> {
    let mut c = Cursor { text, at: 0 };
    let year = c.digits(4)?;
    c.eat(b'-')?;
    let month = u8::try_from(c.digits(2)?).ok()?;
    c.eat(b'-')?;
    let day = u8::try_from(c.digits(2)?).ok()?;
    if !matches!(c.peek()?, b'T' | b't' | b' ') {
        return None;
    }
    c.at += 1;
    let mut ahead = c;
    let tod = match ahead.clock() {
        Some(tod) => {
            c = ahead;
            tod
        }
        // MySQL and MariaDB write a blank for the first digit of an hour: `2026-11-21  9:07:01`.
        None if c.peek() == Some(b' ') => {
            let run = c.text.get(c.at..)?.first_chunk::<8>()?;
            let [b' ', h, b':', m1, m2, b':', s1, s2] = *run else { return None };
            let (h, m, s) = (pair(b'0', h)?, pair(m1, m2)?, pair(s1, s2)?);
            c.at += 8;
            (m < 60 && s <= 60).then_some(h * 3600 + m * 60 + s)?
        }
        None => {
            let hours = c.digits(2)?;
            c.eat(b':')?;
            let minutes = c.digits(2)?;
            (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?
        }
    };
    let nanos = c.fraction();
    let wall = wall(year, month, day, tod, nanos)?;
    zoned(wall, c)
}

/// Completes with the offset that follows, if one does; log4j and Python write a blank before it.
fn zoned(wall: i64, mut c: Cursor<'_>) -> Option<(Moment, usize)> {
    let mut ahead = c;
    if ahead.peek() == Some(b' ') && matches!(ahead.text.get(ahead.at + 1), Some(b'+' | b'-')) {
        ahead.at += 1;
        if let Some(east) = ahead.offset() {
            return Some((Moment::Utc(wall.checked_sub(east * SECOND)?), ahead.at));
        }
    }
    // PostgreSQL names the zone.
    if c.peek() == Some(b' ')
        && let Some(rest) = c.text.get(c.at + 1..)
    {
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).take(ABBREVIATION + 1).count();
        if let Some(east) = rest.get(..len).filter(|name| name.len() > 2).and_then(abbreviation) {
            return Some((Moment::Utc(wall.checked_sub(east * SECOND)?), c.at + 1 + len));
        }
    }
    let moment = match c.offset() {
        Some(east) => Moment::Utc(wall.checked_sub(east * SECOND)?),
        None => Moment::Local(wall),
    };
    Some((moment, c.at))
}

fn httpdate(text: &[u8]) -> Option<(Moment, usize)> {
    let mut c = Cursor { text, at: 0 };
    let day = c.day()?;
    c.eat(b'/')?;
    let month = c.month()?;
    c.eat(b'/')?;
    let year = c.digits(4)?;
    c.eat(b':')?;
    let tod = c.clock()?;
    let nanos = c.fraction();
    zoned(wall(year, month, day, tod, nanos)?, c)
}

fn asctime(text: &[u8]) -> Option<(Moment, usize)> {
    let mut c = Cursor { text, at: 0 };
    let weekday = text.first_chunk::<4>()?;
    if !matches!(weekday, b"Mon " | b"Tue " | b"Wed " | b"Thu " | b"Fri " | b"Sat " | b"Sun ") {
        return None;
    }
    c.at = 4;
    let month = c.month()?;
    c.eat(b' ')?;
    let day = c.day()?;
    c.eat(b' ')?;
    let tod = c.clock()?;
    let nanos = c.fraction();
    c.eat(b' ')?;
    let year = c.digits(4)?;
    Some((Moment::Local(wall(year, month, day, tod, nanos)?), c.at))
}

fn slashed(text: &[u8]) -> Option<(Moment, usize)> {
    let mut c = Cursor { text, at: 0 };
    let year = c.digits(4)?;
    c.eat(b'/')?;
    let month = u8::try_from(c.digits(2)?).ok()?;
    c.eat(b'/')?;
    let day = u8::try_from(c.digits(2)?).ok()?;
    c.eat(b' ')?;
    let tod = c.clock()?;
    let nanos = c.fraction();
    Some((Moment::Local(wall(year, month, day, tod, nanos)?), c.at))
}

fn epoch(text: &[u8]) -> Option<(Moment, usize)> {
    let (secs, at) = number(text)?;
    // A date before 1970 is not in a log; a number beyond 2262 does not fit.
    if secs >= i64::MAX / SECOND - DAY {
        return None;
    }
    let mut c = Cursor { text, at };
    let nanos = if c.peek() == Some(b'.') { c.fraction() } else { 0 };
    Some((Moment::Utc(secs * SECOND + i64::from(nanos)), c.at))
}

fn integer(text: &[u8], unit: i64) -> Option<(Moment, usize)> {
    let (value, at) = number(text)?;
    Some((Moment::Utc(value.checked_mul(unit)?), at))
}

/// A run of digits as a number; `None` when there is none or it does not fit.
fn number(text: &[u8]) -> Option<(i64, usize)> {
    let mut value = 0i64;
    let mut at = 0;
    while let Some(digit @ b'0'..=b'9') = text.get(at) {
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        at += 1;
    }
    (at > 0).then_some((value, at))
}
