//! Time zones for stamps that carry none.

use crate::model::{HOUR, SECOND, Ts};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// A zone name that is neither in the database nor an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{0}`: give an IANA name (Europe/Berlin), an offset (+02:00) or `local`")]
pub struct ZoneError(pub String);

/// Where clocks without an offset were.
///
/// An hour that a clock change repeats is taken the first time (daylight saving time); a time that
/// a clock change skips is read with the offset before the change. RFC 5545 3.3.5 does the same.
#[derive(Clone, Debug)]
pub struct Zone {
    tz: Option<TimeZone>,
    name: String,
    /// Somebody named it; else it is what is taken for want of another.
    given: bool,
}

impl Default for Zone {
    fn default() -> Self {
        Zone::utc()
    }
}

/// The last hour looked up: consecutive lines ask for the same one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hour {
    hour: i64,
    east: Option<i64>,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Zone {
        Zone { tz: None, name: "UTC".to_owned(), given: false }
    }

    /// An IANA name, an offset (`+02:00`, `-0700`, `Z`), or `local` for the machine's zone.
    ///
    /// # Errors
    /// [`ZoneError`] when the name says nothing.
    pub fn named(name: &str) -> Result<Zone, ZoneError> {
        let unknown = || ZoneError(name.to_owned());
        if matches!(name, "UTC" | "Z" | "utc") {
            return Ok(Zone { given: true, ..Zone::utc() });
        }
        let tz = if name == "local" {
            TimeZone::system()
        } else if let Some(east) = fixed(name) {
            TimeZone::fixed(Offset::from_seconds(east).map_err(|_| unknown())?)
        } else {
            TimeZone::get(name).map_err(|_| unknown())?
        };
        Ok(Zone { tz: Some(tz), name: name.to_owned(), given: true })
    }

    /// Whether somebody named it.
    pub const fn is_given(&self) -> bool {
        self.given
    }

    /// As the user gave it; for the report.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the day began that is `back` days before that of `now`; `None` beyond the calendar.
    pub fn midnight(&self, now: Ts, back: i64) -> Option<Ts> {
        let tz = self.tz.clone().unwrap_or(TimeZone::UTC);
        let day = jiff::Timestamp::from_nanosecond(now.into()).ok()?.to_zoned(tz.clone()).date();
        let day = day.checked_sub(jiff::Span::new().try_days(back).ok()?).ok()?;
        Ts::try_from(day.to_zoned(tz).ok()?.timestamp().as_nanosecond()).ok()
    }

    /// The instant of a local time (nanoseconds as if UTC). `hour` remembers the last answer.
    pub fn resolve(&self, wall: Ts, hour: &mut Hour) -> Ts {
        let Some(tz) = &self.tz else { return wall };
        let this = wall.div_euclid(HOUR);
        if let (true, Some(east)) = (hour.hour == this, hour.east) {
            return wall.saturating_sub(east * SECOND);
        }
        let (east, sure) = offset(tz, wall);
        let begin = this * HOUR;
        let (first, sure_first) = offset(tz, begin);
        let (last, sure_last) = offset(tz, begin.saturating_add(HOUR - SECOND));
        // Remembered only when the whole hour has one offset; zones change at most once an hour.
        if sure && sure_first && sure_last && first == last {
            *hour = Hour { hour: this, east: Some(east) };
        }
        wall.saturating_sub(east * SECOND)
    }
}

/// `+HH:MM`, `+HHMM`, `+HH` to seconds east.
fn fixed(text: &str) -> Option<i32> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits.get(..2)?.parse::<i32>().ok()?, digits.get(2..)?.parse::<i32>().ok()?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Offset east in seconds of a local time, and whether it is the only one.
fn offset(tz: &TimeZone, wall: Ts) -> (i64, bool) {
    let Ok(stamp) = jiff::Timestamp::from_nanosecond(i128::from(wall)) else { return (0, false) };
    let civil: DateTime = Offset::UTC.to_datetime(stamp);
    match tz.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => (i64::from(offset.seconds()), true),
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
            (i64::from(before.seconds()), false)
        }
    }
}

/// Seconds east of UTC of the abbreviations that mean one offset wherever they are used (IANA time zone database; those
/// of North America: RFC 5322 4.3). Not of CST, CDT and IST, which are those of places hours apart: such a stamp is
/// one without a zone.
pub(super) fn abbreviation(name: &[u8]) -> Option<i64> {
    let hours = match name {
        b"UTC" | b"GMT" | b"WET" | b"Z" => 0,
        b"CET" | b"WEST" | b"BST" => 1,
        b"CEST" | b"EET" | b"SAST" => 2,
        b"EEST" | b"MSK" => 3,
        b"JST" | b"KST" => 9,
        b"AEST" => 10,
        b"AEDT" => 11,
        b"NZST" => 12,
        b"NZDT" => 13,
        b"EDT" => -4,
        b"EST" => -5,
        b"MDT" => -6,
        b"MST" | b"PDT" => -7,
        b"PST" => -8,
        _ => return None,
    };
    Some(hours * 3600)
}
