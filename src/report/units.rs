//! Spelling numbers for people.

use super::{Cell, Unit};
use crate::model::{Ts, push_time};

/// A cell as text; `""` for an empty one. Text is given as it is: escaping is the sink's business.
pub fn spell(cell: &Cell, unit: Unit) -> String {
    let mut out = String::new();
    push(&mut out, cell, unit);
    out
}

/// Appends the same.
pub fn push(out: &mut String, cell: &Cell, unit: Unit) {
    match (cell, unit) {
        (Cell::Empty, _) => {}
        (Cell::Text(text), _) => out.push_str(text),
        (Cell::Time(ts), _) => push_time(out, *ts),
        (Cell::Number(n), Unit::Bytes) => out.push_str(&bytes(*n)),
        (Cell::Number(n), Unit::Duration) => out.push_str(&duration(*n)),
        (Cell::Number(n), Unit::Permille) => out.push_str(&format!("{}.{} %", n / 10, n % 10)),
        (Cell::Number(n), Unit::Text | Unit::Prose | Unit::Count | Unit::Time) => push_count(out, *n),
    }
}

/// `1,234,567`.
pub fn count(n: u64) -> String {
    let mut out = String::new();
    push_count(&mut out, n);
    out
}

fn push_count(out: &mut String, n: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(n);
    // One to three of them, then three at a time.
    let (first, mut rest) = digits.split_at_checked((digits.len() - 1) % 3 + 1).unwrap_or((digits, ""));
    out.push_str(first);
    while let Some((group, more)) = rest.split_at_checked(3) {
        out.push(',');
        out.push_str(group);
        rest = more;
    }
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
    let mut out = String::new();
    push_time(&mut out, ts);
    out
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
