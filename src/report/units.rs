//! Spelling numbers for people.

use super::{Cell, Unit};
use crate::model::{Ts, rfc3339};
use std::borrow::Cow;

/// A cell as text; `""` for an empty one. Text is given as it is: escaping is the sink's business.
pub fn spell(cell: &Cell, unit: Unit) -> String {
    spelled(cell, unit).into_owned()
}

/// The same; text is not copied.
pub fn spelled(cell: &Cell, unit: Unit) -> Cow<'_, str> {
    match (cell, unit) {
        (Cell::Empty, _) => Cow::Borrowed(""),
        (Cell::Text(text), _) => Cow::Borrowed(text),
        (Cell::Time(ts), _) => time(*ts).into(),
        (Cell::Number(n), Unit::Bytes) => bytes(*n).into(),
        (Cell::Number(n), Unit::Duration) => duration(*n).into(),
        (Cell::Number(n), Unit::Permille) => format!("{}.{} %", n / 10, n % 10).into(),
        (Cell::Number(n), Unit::Text | Unit::Count | Unit::Time) => count(*n).into(),
    }
}

/// `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `999 B`, `1.5 KiB`, `23 MiB`: rounded to two digits below ten, else to whole units.
pub fn bytes(n: u64) -> String {
    let exponent = if n < 1024 { 0 } else { n.ilog2() / 10 };
    let name = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].get(exponent as usize).copied();
    scaled(n, 1u64 << (10 * exponent), exponent > 0, name.unwrap_or("EiB"))
}

/// `7 ns`, `1.5 ms`, `23 s`, `2 h 05 min`, `3 d 4 h`.
pub fn duration(nanos: u64) -> String {
    let seconds = nanos / 1_000_000_000;
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => scaled(nanos, 1_000, true, "us"),
        1_000_000..1_000_000_000 => scaled(nanos, 1_000_000, true, "ms"),
        _ if seconds < 60 => scaled(nanos, 1_000_000_000, true, "s"),
        _ if seconds < 3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

fn scaled(n: u64, unit: u64, fraction: bool, name: &str) -> String {
    let (n, unit) = (u128::from(n), u128::from(unit));
    let tenths = (n * 10 + unit / 2) / unit;
    if fraction && tenths < 100 {
        return format!("{}.{} {name}", tenths / 10, tenths % 10);
    }
    format!("{} {name}", (n + unit / 2) / unit)
}

/// `2015-08-27 08:18:50`, UTC.
pub fn time(ts: Ts) -> String {
    let mut text = rfc3339(ts);
    if let Some(at) = text.find('T') {
        text.replace_range(at..=at, " ");
    }
    // All of it is ASCII.
    text.truncate(19);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelled() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(1 << 20), "1.0 MiB");
        assert_eq!(bytes(999 << 20), "999 MiB");
        assert_eq!(bytes(u64::MAX), "16 EiB");
        assert_eq!(duration(999), "999 ns");
        assert_eq!(duration(1_500_000), "1.5 ms");
        assert_eq!(duration(29_900_000), "30 ms");
        assert_eq!(duration(9_960_000), "10 ms");
        assert_eq!(duration(7_500_000_000_000), "2 h 05 min");
        assert_eq!(duration(273_600_000_000_000), "3 d 4 h");
        assert_eq!(time(1_440_663_530_064_000_000), "2015-08-27 08:18:50");
        assert_eq!(spell(&Cell::Number(987), Unit::Permille), "98.7 %");
    }
}
