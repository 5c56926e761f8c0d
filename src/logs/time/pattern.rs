//! Stamps in a form that a format file spells out with the conversions of `strptime` (POSIX.1-2024).
//! Names of months are the English ones, whatever the machine's language.

use super::scan::Cursor;
use super::zone::abbreviation;
use super::{Moment, SECOND, Yearless};

/// A piece of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Byte(u8),
    Blanks,
    Year,
    /// Two digits: 69 and later are of the 20th century, as POSIX has it.
    ShortYear,
    Month,
    MonthName,
    WeekdayName,
    Day,
    DayOfYear,
    Hour,
    Hour12,
    Half,
    Minute,
    Second,
    Fraction,
    Offset,
    Abbreviation,
    Epoch,
}

/// A form of stamps as a format file spells it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Item>);

/// What was read so far.
#[derive(Default)]
struct Parts {
    year: Option<u32>,
    month: Option<u8>,
    day: Option<u8>,
    day_of_year: Option<u32>,
    hour: u32,
    afternoon: Option<bool>,
    minute: u32,
    second: u32,
    nanos: u32,
    east: Option<i64>,
    epoch: Option<i64>,
}

impl Pattern {
    /// Reads a form such as `%d.%m.%Y %H:%M:%S`.
    ///
    /// # Errors
    /// A sentence that names the conversion that is unknown, or the part of a date that is missing.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let mut items = Vec::new();
        let mut bytes = text.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            items.push(match byte {
                b'%' => {
                    let letter = bytes.next().map(|(_, letter)| letter);
                    let unknown = || {
                        let letter = letter.map_or(String::new(), |l| char::from(l).to_string());
                        format!("unknown conversion `%{letter}` at {} of `{text}`; known are {KNOWN}", at + 1)
                    };
                    conversion(letter).ok_or_else(unknown)?
                }
                b' ' => Item::Blanks,
                other => Item::Byte(other),
            });
        }
        let has = |any: &[Item]| items.iter().any(|item| any.contains(item));
        let date = has(&[Item::DayOfYear]) || has(&[Item::Day]) && has(&[Item::Month, Item::MonthName]);
        if !has(&[Item::Epoch]) && !date {
            return Err(format!("`{text}` lacks a month and day (%m %d, %b %e, %j) or seconds (%s)"));
        }
        if has(&[Item::DayOfYear]) && !has(&[Item::Year, Item::ShortYear]) {
            return Err(format!("`{text}` has the day of a year (%j) without the year (%Y, %y)"));
        }
        if has(&[Item::Hour12]) && !has(&[Item::Half]) {
            return Err(format!("`{text}` has an hour of 12 (%I) without AM or PM (%p)"));
        }
        Ok(Pattern(items))
    }

    /// Whether a stamp can begin with this byte.
    pub(super) fn may_begin(&self, byte: u8) -> bool {
        match self.0.first() {
            Some(Item::Byte(first)) => byte == *first,
            Some(Item::Blanks) => matches!(byte, b' ' | b'\t'),
            Some(Item::MonthName | Item::WeekdayName | Item::Half) => byte.is_ascii_alphabetic(),
            Some(Item::Offset | Item::Abbreviation) => true,
            Some(Item::Day) => byte.is_ascii_digit() || byte == b' ',
            _ => byte.is_ascii_digit(),
        }
    }

    /// Reads a stamp at the start of `text`; gives it with the number of bytes it takes.
    pub(super) fn scan(&self, text: &[u8]) -> Option<(Moment, usize)> {
        let mut c = Cursor { text, at: 0 };
        let mut parts = Parts::default();
        for item in &self.0 {
            parts.read(*item, &mut c)?;
        }
        Some((parts.moment()?, c.at))
    }
}

const KNOWN: &str = "%Y %y %m %b %B %d %e %j %H %I %p %M %S %f %z %Z %a %A %s %%";

fn conversion(letter: Option<u8>) -> Option<Item> {
    Some(match letter? {
        b'Y' => Item::Year,
        b'y' => Item::ShortYear,
        b'm' => Item::Month,
        b'b' | b'B' | b'h' => Item::MonthName,
        b'd' | b'e' => Item::Day,
        b'j' => Item::DayOfYear,
        b'H' | b'k' => Item::Hour,
        b'I' | b'l' => Item::Hour12,
        b'p' => Item::Half,
        b'M' => Item::Minute,
        b'S' => Item::Second,
        b'f' => Item::Fraction,
        b'z' => Item::Offset,
        b'Z' => Item::Abbreviation,
        b'a' | b'A' => Item::WeekdayName,
        b's' => Item::Epoch,
        b'%' => Item::Byte(b'%'),
        _ => return None,
    })
}

impl Parts {
    fn read(&mut self, item: Item, c: &mut Cursor<'_>) -> Option<()> {
        match item {
            Item::Byte(byte) => return c.eat(byte),
            Item::Blanks => {
                c.eat(b' ').or_else(|| c.eat(b'\t'))?;
                while c.eat(b' ').or_else(|| c.eat(b'\t')).is_some() {}
            }
            Item::Year => self.year = Some(c.digits(4)?),
            Item::ShortYear => self.year = c.digits(2).map(|y| if y < 69 { 2000 + y } else { 1900 + y }),
            Item::Month => self.month = u8::try_from(short(c)?).ok(),
            Item::MonthName => {
                self.month = Some(c.month()?);
                word(c);
            }
            Item::WeekdayName => {
                c.peek().filter(u8::is_ascii_alphabetic)?;
                word(c);
            }
            Item::Day => self.day = Some(c.day()?),
            Item::DayOfYear => self.day_of_year = Some(c.digits(3)?),
            Item::Hour => self.hour = short(c).filter(|h| *h < 24)?,
            Item::Hour12 => self.hour = short(c).filter(|h| (1..=12).contains(h))? % 12,
            Item::Half => {
                let half = c.text.get(c.at..)?.first_chunk::<2>()?.map(|b| b.to_ascii_uppercase());
                self.afternoon = Some(match &half {
                    b"AM" => false,
                    b"PM" => true,
                    _ => return None,
                });
                c.at += 2;
            }
            Item::Minute => self.minute = c.digits(2).filter(|m| *m < 60)?,
            Item::Second => self.second = c.digits(2).filter(|s| *s <= 60)?,
            Item::Fraction => self.nanos = fraction(c)?,
            Item::Offset => self.east = Some(c.offset()?),
            Item::Abbreviation => {
                let begin = c.at;
                word(c);
                let name = c.text.get(begin..c.at).filter(|name| !name.is_empty())?;
                self.east = abbreviation(name).or(self.east);
            }
            Item::Epoch => {
                let mut value = 0i64;
                while let Some(digit) = c.digits(1) {
                    value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
                }
                self.epoch = Some(value);
            }
        }
        Some(())
    }

    fn moment(&self) -> Option<Moment> {
        if let Some(secs) = self.epoch {
            return Some(Moment::Utc(secs.checked_mul(SECOND)?.checked_add(i64::from(self.nanos))?));
        }
        let hour = self.hour + if self.afternoon == Some(true) { 12 } else { 0 };
        let tod = hour * 3600 + self.minute * 60 + self.second;
        let wall = match (self.year, self.day_of_year) {
            (Some(year), Some(day)) => {
                let days = if super::is_leap(i16::try_from(year).ok()?) { 366 } else { 365 };
                let first = super::scan::wall(year, 1, 1, tod, self.nanos)?;
                first + i64::from(day.checked_sub(1).filter(|d| *d < days)?) * super::DAY * SECOND
            }
            (Some(year), None) => super::scan::wall(year, self.month?, self.day?, tod, self.nanos)?,
            (None, _) => {
                let when = Yearless::new(self.month?, self.day?, tod, self.nanos)?;
                return Some(Moment::Yearless(when));
            }
        };
        Some(match self.east {
            Some(east) => Moment::Utc(wall.checked_sub(east * SECOND)?),
            None => Moment::Local(wall),
        })
    }
}

/// One or two digits, after a blank that stands for a zero.
fn short(c: &mut Cursor<'_>) -> Option<u32> {
    let _ = c.eat(b' ');
    c.digits(2).or_else(|| c.digits(1))
}

/// Letters.
fn word(c: &mut Cursor<'_>) {
    while c.peek().is_some_and(|b| b.is_ascii_alphabetic()) {
        c.at += 1;
    }
}

/// Digits of a fraction, to nanoseconds.
fn fraction(c: &mut Cursor<'_>) -> Option<u32> {
    let (mut nanos, mut scale, begin) = (0, 100_000_000, c.at);
    while let Some(digit) = c.digits(1) {
        nanos += digit * scale;
        scale /= 10;
    }
    (c.at > begin).then_some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rfc3339;

    fn read(pattern: &str, text: &str) -> Option<String> {
        match Pattern::new(pattern).unwrap().scan(text.as_bytes())? {
            (Moment::Utc(ts), len) => Some(format!("{} {len}", rfc3339(ts))),
            (Moment::Local(ts), len) => Some(format!("local {} {len}", rfc3339(ts))),
            (Moment::Yearless(when), len) => Some(format!("yearless {} {len}", rfc3339(when.in_year(2026)))),
        }
    }

    #[test]
    fn forms() {
        let all = [
            ("%d %b %Y %H:%M:%S.%f", "21 Nov 2026 09:07:01.123 x", "local 2026-11-21T09:07:01.123000000Z 24"),
            ("%d.%m.%Y, %H:%M", "21.11.2026, 09:07", "local 2026-11-21T09:07:00.000000000Z 17"),
            ("%m/%d/%Y %I:%M:%S %p", "11/21/2026 9:07:01 PM", "local 2026-11-21T21:07:01.000000000Z 21"),
            ("%I %p %d %m %y", "12 am 01 02 69", "local 1969-02-01T00:00:00.000000000Z 14"),
            ("%y%m%d %H:%M:%S", "261121  9:07:01", "local 2026-11-21T09:07:01.000000000Z 15"),
            (
                "%a, %d %B %Y %H:%M:%S %Z",
                "Saturday, 21 November 2026 09:07:01 GMT",
                "2026-11-21T09:07:01.000000000Z 39",
            ),
            ("%Y-%jT%H%M%S%z", "2024-366T230000+0100", "2024-12-31T22:00:00.000000000Z 20"),
            ("@%s", "@1795252021", "2026-11-21T09:07:01.000000000Z 11"),
            ("%b %d %H:%M:%S", "Nov  1 09:07:01", "yearless 2026-11-01T09:07:01.000000000Z 15"),
            ("%d/%b/%Y %H:%M:%S %Z", "21/Nov/2026 09:07:01 CET", "2026-11-21T08:07:01.000000000Z 24"),
            ("%d/%b/%Y %H:%M:%S %Z", "21/Nov/2026 09:07:01 CST", "local 2026-11-21T09:07:01.000000000Z 24"),
        ];
        for (pattern, text, want) in all {
            assert_eq!(read(pattern, text).as_deref(), Some(want), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("%d.%m.%Y", "31.02.2026"),
            ("%d.%m.%Y", "1.13.2026"),
            ("%Y-%j", "2026-366"),
            ("%Y-%j", "2026-000"),
            ("%m %d %I%p", "11 21 13PM"),
            ("%m %d %H", "11 21 24"),
            ("%s", "99999999999999999999"),
            ("%d %b %Y", "21 Nov"),
        ] {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let wrong = |pattern: &str| Pattern::new(pattern).unwrap_err();
        assert!(
            wrong("%Y-%m-%d %Q").starts_with("unknown conversion `%Q` at 10 of"),
            "{}",
            wrong("%Y-%m-%d %Q")
        );
        assert!(wrong("%Y %").contains("`%` at 4"));
        assert!(wrong("%H:%M").contains("lacks a month and day"));
        assert!(wrong("%j").contains("without the year"));
        assert!(wrong("%m %d %I:%M").contains("without AM or PM"));
    }
}
