//! The year of stamps that have none (RFC 3164).
//!
//! Rules, in this order:
//! 1. `--year` is the year of the file's first stamp.
//! 2. Else the file's last stamp (its tail, where that can be read ahead) lies in the latest year that
//!    puts it no later than a day after the bound: the file's modification time, or the first stamp of
//!    the next newer file of its rotation set if that is earlier. The first stamp lies in the same year,
//!    or in the one before if it comes later in the calendar. Without a tail the rule is applied to the
//!    first stamp.
//! 3. A 29 February moves the whole file back to the latest leap year that fits.
//! 4. From line to line a step back of more than half a year is New Year; a step forward that leads to
//!    within 14 days before New Year from just after it is a late line of the old year. Smaller steps
//!    back are lines out of order; other steps forward are gaps.
//! 5. Without a bound and without `--year` the year is 1970, and the notes say so.
//!
//! A file that spans more than a year and whose ends hide it ends up after the bound; the notes say so.

use super::{DAY, Form, LEAP_YEAR, Moment, SECOND, Yearless, is_leap, year_of};
use crate::logs::Context;
use crate::logs::draft::Timing;
use crate::model::{Ts, rfc3339};

/// The year of the first stamp of a chunk, as [`YearClock::advance`] found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YearBase(pub(in crate::logs) i16);

/// A parsed event that waits for its year.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Pending {
    /// Index in [`Parsed::events`].
    pub event: usize,
    /// What its stamp says.
    pub when: Yearless,
    /// Years after the chunk's first stamp.
    pub turn: i16,
    /// What else the line tells of its time.
    pub timing: Option<Timing>,
}

/// New Years within a run of stamps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turns {
    first: Option<Yearless>,
    last: Option<Yearless>,
    turn: i16,
    leap_day: bool,
}

impl Turns {
    /// Whether what was made for year `made` would be the same in year `right`.
    pub fn same_in(self, made: YearBase, right: YearBase) -> bool {
        made == right || self.first.is_none()
    }

    /// Years between the first stamp and this one.
    pub(in crate::logs) fn step(&mut self, when: Yearless) -> i16 {
        match self.last {
            Some(last) => self.turn = self.turn.saturating_add(turn(last, when)),
            None => self.first = Some(when),
        }
        self.leap_day |= when.leap_day();
        self.last = Some(when);
        self.turn
    }
}

/// How far back over New Year a late line may reach, seconds.
const LATE: u32 = 14 * 86_400;

/// +1 where a year begins between two consecutive stamps, −1 where the second one belongs to the old
/// year again.
fn turn(last: Yearless, next: Yearless) -> i16 {
    if next.secs + LEAP_YEAR / 2 < last.secs {
        1
    } else if last.secs + LEAP_YEAR - LATE < next.secs {
        -1
    } else {
        0
    }
}

/// Follows the year through the chunks of one file, in their order.
#[derive(Clone, Debug)]
pub struct YearClock {
    forced: Option<i16>,
    bound: Option<Ts>,
    /// Last stamp of the file, if its end could be read ahead.
    tail: Option<Yearless>,
    leap_day: bool,
    /// First stamp of the sample: what the first line's will most likely be.
    first: Option<Yearless>,
    /// Year and stamp of the last line seen.
    last: Option<(i16, Yearless)>,
    notes: Vec<String>,
    late: bool,
}

impl YearClock {
    /// `sample` is the beginning of the file, `tail` its end as far as the caller can read it ahead;
    /// both may be empty.
    pub fn new(context: &Context, sample: &[u8], tail: &[u8]) -> YearClock {
        let bound = match (context.mtime, context.before) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let stamps = || lines(sample).chain(lines(tail)).filter_map(stamp);
        YearClock {
            forced: context.year,
            bound,
            tail: lines(tail).filter_map(stamp).last(),
            leap_day: stamps().any(Yearless::leap_day),
            first: stamps().next(),
            last: None,
            notes: Vec::new(),
            late: false,
        }
    }

    /// The year that [`YearClock::advance`] will most likely find for the next chunk.
    pub fn expected(&self) -> YearBase {
        let known = self.last.map(|(year, _)| year);
        let guessed = || self.first.map(|first| self.clone().anchor(first));
        YearBase(known.or_else(guessed).unwrap_or_default())
    }

    /// The year of the first stamp of the next chunk.
    pub fn advance(&mut self, turns: Turns) -> YearBase {
        let Turns { first: Some(first), last: Some(last), turn: turns, leap_day } = turns else {
            return YearBase::default();
        };
        self.leap_day |= leap_day;
        let year = match self.last {
            Some((year, before)) => year.saturating_add(turn(before, first)),
            None => self.anchor(first),
        };
        let end = year.saturating_add(turns);
        self.last = Some((end, last));
        if let (false, None, Some(bound)) = (self.late, self.forced, self.bound) {
            self.check(last.in_year(end), bound);
        }
        YearBase(year)
    }

    /// The year of a file's first stamp on its own, by the rules above.
    pub fn guess(context: &Context, first: Yearless) -> i16 {
        YearClock::new(context, &[], &[]).anchor(first)
    }

    /// Which year was taken and why; for the report. Empty when no stamp lacked one.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn check(&mut self, last: Ts, bound: Ts) {
        if last > bound.saturating_add(DAY * SECOND) {
            self.late = true;
            self.notes.push(format!(
                "stamps run past {}: the file seems to span more than a year; give --year",
                day(bound)
            ));
        }
    }

    fn anchor(&mut self, first: Yearless) -> i16 {
        if let Some(year) = self.forced {
            self.notes.push(format!("stamps carry no year: the first is taken as {year}, as --year says"));
            return year;
        }
        let Some(bound) = self.bound else {
            self.notes
                .push("stamps carry no year and the input no date: 1970 is used; give --year".to_owned());
            return 1970;
        };
        let mut year = match self.tail {
            Some(last) if first.secs > last.secs.saturating_add(3600) => latest(last, bound) - 1,
            Some(last) => latest(last, bound),
            None => latest(first, bound),
        };
        let why = if self.tail.is_some() { "the last stamp" } else { "the first stamp" };
        let mut note = format!(
            "stamps carry no year: the first is taken as {year}, so that {why} is not after {} (file time or newer file)",
            day(bound)
        );
        if self.leap_day {
            let before = year;
            // 29 February falls into the first stamp's year unless the file begins after it.
            let shift = i16::from(first.secs >= super::MARCH);
            while !is_leap(year.saturating_add(shift)) && before - year < 8 {
                year -= 1;
            }
            if year != before {
                note = format!("stamps carry no year: the first is taken as {year} because of a 29 February");
            }
        }
        self.notes.push(note);
        year
    }
}

/// The latest year that does not put the stamp more than a day after `bound`.
fn latest(when: Yearless, bound: Ts) -> i16 {
    let year = year_of(bound).saturating_add(1);
    let limit = bound.saturating_add(DAY * SECOND);
    (year - 2..=year).rev().find(|y| when.in_year(*y) <= limit).unwrap_or(year - 2)
}

fn day(ts: Ts) -> String {
    let mut text = rfc3339(ts);
    text.truncate(10);
    text
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'\n')
}

/// The yearless stamp at the start of a line, after the priority if there is one.
fn stamp(line: &[u8]) -> Option<Yearless> {
    let text = match line.strip_prefix(b"<") {
        Some(rest) => rest.get(rest.iter().take(4).position(|b| *b == b'>')? + 1..)?,
        None => line,
    };
    match Form::Rfc3164.scan(text)? {
        (Moment::Yearless(when), _) => Some(when),
        _ => None,
    }
}
