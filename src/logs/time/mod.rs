//! Time stamps of log lines: scanned from bytes without allocation, completed by a zone and, where
//! they lack one, by a year.

mod pattern;
mod scan;
mod year;
mod zone;

pub use scan::{Form, Stamps};
pub(in crate::logs) use year::Pending;
pub use year::{Turns, YearBase, YearClock};
pub use zone::{Hour, Zone, ZoneError};

use super::fields::nearest;
use crate::model::{SECOND, Ts};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// An instant as far as the line tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// With an offset, or by definition UTC.
    Utc(Ts),
    /// Date and time without a zone: nanoseconds as if it were UTC.
    Local(Ts),
    /// Date and time with neither zone nor year.
    Yearless(Yearless),
}

/// Month, day and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Yearless {
    /// Seconds since 1 January 00:00 counted in a leap year: orders stamps, and 29 February has a place.
    pub secs: u32,
    /// Fraction of the second, nanoseconds.
    pub nanos: u32,
}

/// Days before each month in a leap year.
const LEAP_DAYS: [u32; 13] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366];
/// Seconds of a leap year.
const LEAP_YEAR: u32 = 366 * 86_400;
/// Where 29 February begins in a leap year.
const FEB_29: u32 = 59 * 86_400;
/// Where 1 March begins in a leap year.
const MARCH: u32 = 60 * 86_400;

impl Yearless {
    /// Month 1..=12, day 1..=31, second of the day 0..=86400.
    fn new(month: u8, day: u8, tod: u32, nanos: u32) -> Option<Yearless> {
        let before = *LEAP_DAYS.get(usize::from(month).checked_sub(1)?)?;
        let after = *LEAP_DAYS.get(usize::from(month))?;
        let day = u32::from(day).checked_sub(1)?;
        (before + day < after).then_some(Yearless { secs: (before + day) * 86_400 + tod, nanos })
    }

    /// Whether it is on 29 February.
    pub fn leap_day(self) -> bool {
        (FEB_29..MARCH).contains(&self.secs)
    }

    /// Nanoseconds as if UTC, in the year in which that is nearest to an instant.
    pub fn near(self, ts: Ts) -> Ts {
        let about = i16::try_from(1970 + ts.div_euclid(365 * crate::model::DAY)).unwrap_or(1970);
        let years = (about.saturating_sub(1)..=about.saturating_add(1)).map(|year| self.in_year(year));
        years.min_by_key(|at| at.abs_diff(ts)).unwrap_or(ts)
    }

    /// Nanoseconds as if UTC, in `year`. 29 February of a year without one becomes 1 March.
    pub fn in_year(self, year: i16) -> Ts {
        self.within(&Calendar::of(year))
    }

    /// The same, of a year whose calendar is known.
    pub fn within(self, year: &Calendar) -> Ts {
        let shift = if self.secs >= MARCH && !year.leap { DAY } else { 0 };
        (year.start + i64::from(self.secs) - shift)
            .saturating_mul(SECOND)
            .saturating_add(i64::from(self.nanos))
    }
}

/// What telling the time in a year takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    year: i16,
    /// Seconds from the epoch to its beginning.
    start: i64,
    /// Whether it has a 29 February.
    pub leap: bool,
}

impl Default for Calendar {
    fn default() -> Self {
        Calendar::of(1970)
    }
}

impl Calendar {
    /// That of a year.
    pub fn of(year: i16) -> Calendar {
        Calendar { year, start: days_from_civil(i64::from(year), 1, 1) * DAY, leap: is_leap(year) }
    }

    /// Turns to another year.
    #[inline]
    pub fn turn(&mut self, year: i16) -> &Calendar {
        if self.year != year {
            *self = Calendar::of(year);
        }
        self
    }
}

/// Gregorian leap year.
pub fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days since the epoch. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// days_from_civil.
pub(in crate::logs) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The year a UTC instant falls into.
pub(in crate::logs) fn year_of(ts: Ts) -> i16 {
    let days = ts.div_euclid(SECOND * DAY);
    // Right to within a year; then corrected. The range of `Ts` (1677 to 2262) fits.
    let guess = 1970 + days.div_euclid(365);
    let year = (guess - 2..=guess + 1).rev().find(|y| days_from_civil(*y, 1, 1) <= days);
    i16::try_from(year.unwrap_or(1970)).unwrap_or(1970)
}

#[cfg(test)]
mod tests;
