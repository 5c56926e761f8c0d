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

/// Appends `ts` as RFC 3339 in UTC, always with nanoseconds (`2015-08-27T08:18:50.064000000Z`),
/// without allocating beyond `out`.
pub fn push_rfc3339(out: &mut Vec<u8>, ts: Ts) {
    let secs = ts.div_euclid(SECOND);
    let nanos = ts.rem_euclid(SECOND);
    let (year, month, day) = civil(secs.div_euclid(DAY_SECS));
    let tod = secs.rem_euclid(DAY_SECS);
    digits(out, year, 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, day, 2);
    out.push(b'T');
    digits(out, tod / 3600, 2);
    out.push(b':');
    digits(out, tod / 60 % 60, 2);
    out.push(b':');
    digits(out, tod % 60, 2);
    out.push(b'.');
    digits(out, nanos, 9);
    out.push(b'Z');
}

/// `ts` as RFC 3339 text; see [`push_rfc3339`].
pub fn rfc3339(ts: Ts) -> String {
    let mut out = Vec::with_capacity(30);
    push_rfc3339(&mut out, ts);
    out.into_iter().map(char::from).collect()
}

fn digits(out: &mut Vec<u8>, value: i64, width: usize) {
    let mut buf = [b'0'; 20];
    let mut rest = value.unsigned_abs();
    for slot in buf.iter_mut().rev().take(width) {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend(buf.iter().skip(20 - width));
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
    }
}
