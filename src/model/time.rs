//! Time is an integer: nanoseconds since the epoch, UTC. Printing goes through one function so that
//! every output spells an instant the same way.

/// Nanoseconds since 1970-01-01T00:00:00Z. Range: years 1677 to 2262; readers clamp what lies outside
/// and count it.
pub type Ts = i64;

/// A second, in nanoseconds.
pub const SECOND: Ts = 1_000_000_000;
/// A minute.
pub const MINUTE: Ts = 60 * SECOND;
/// An hour.
pub const HOUR: Ts = 60 * MINUTE;
/// A day without a leap second.
pub const DAY: Ts = 24 * HOUR;

/// Seconds of a day.
const DAY_SECS: i64 = DAY / SECOND;

/// Bytes of an instant as text.
const TEXT: usize = 30;

/// `ts` as RFC 3339 in UTC, always with nanoseconds (`2015-08-27T08:18:50.064000000Z`): all of it ASCII.
fn spelled(ts: Ts) -> [u8; TEXT] {
    let (secs, nanos) = (ts.div_euclid(SECOND), ts.rem_euclid(SECOND));
    let (year, month, day) = civil(secs.div_euclid(DAY_SECS));
    let tod = secs.rem_euclid(DAY_SECS);
    // Every year that a `Ts` can be has four digits.
    let ([c1, c2], [y1, y2], [m1, m2], [d1, d2]) = (two(year / 100), two(year % 100), two(month), two(day));
    let ([h1, h2], [i1, i2], [s1, s2]) = (two(tod / 3600), two(tod / 60 % 60), two(tod % 60));
    let pairs = [two(nanos / 10_000_000), two(nanos / 100_000 % 100), two(nanos / 1_000 % 100)];
    let ([[n1, n2], [n3, n4], [n5, n6]], [n7, n8], [_, n9]) = (pairs, two(nanos / 10 % 100), two(nanos % 10));
    [
        c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', i1, i2, b':', s1, s2, b'.', n1, n2,
        n3, n4, n5, n6, n7, n8, n9, b'Z',
    ]
}

/// Appends `ts` as RFC 3339 in UTC, always with nanoseconds (`2015-08-27T08:18:50.064000000Z`).
pub fn push_rfc3339(out: &mut Vec<u8>, ts: Ts) {
    out.extend_from_slice(&spelled(ts));
}

/// `ts` as RFC 3339 text; see [`push_rfc3339`].
pub fn rfc3339(ts: Ts) -> String {
    String::from_utf8_lossy(&spelled(ts)).into_owned()
}

/// Appends `ts` as people write it, in UTC and without a fraction: `2015-08-27 08:18:50`.
pub fn push_time(out: &mut String, ts: Ts) {
    let text = spelled(ts);
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let (date, time) = (text.get(..10), text.get(11..19));
    out.push_str(date.unwrap_or_default());
    out.push(' ');
    out.push_str(time.unwrap_or_default());
}

/// The last two digits of a number that is not negative.
fn two(value: i64) -> [u8; 2] {
    let digit = |value: i64| b'0' + (value % 10) as u8;
    [digit(value / 10), digit(value)]
}

/// Days since the epoch to (year, month, day) in the proleptic Gregorian calendar.
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// A span that covers both.
pub fn joined(a: Option<(Ts, Ts)>, b: Option<(Ts, Ts)>) -> Option<(Ts, Ts)> {
    match (a, b) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(rfc3339(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(rfc3339(i64::MAX), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(rfc3339(i64::MIN), "1677-09-21T00:12:43.145224192Z");
        let mut text = "at ".to_owned();
        push_time(&mut text, 951_825_723_999_999_999);
        assert_eq!(text, "at 2000-02-29 12:02:03");
    }
}
