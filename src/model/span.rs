//! Spans of time as people write them: `30s`, `1.5m`, `250ms`.

use super::Ts;
use serde::{Deserialize, Deserializer, de::Error};

/// What [`span`] takes, for messages.
pub const SPANS: &str = "write a time span like 30s, 5m or 250ms";

/// `30s`, `1.5m`, `250ms`, `2h`, `1d`; a bare number is seconds. Nanoseconds, not negative.
pub fn span(text: &str) -> Option<Ts> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let number: f64 = number.parse().ok()?;
    let unit = match unit.trim() {
        "" | "s" => 1e9,
        "ms" => 1e6,
        "us" => 1e3,
        "ns" => 1.0,
        "m" | "min" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        _ => return None,
    };
    let nanos = number * unit;
    // 292 years is where nanoseconds end.
    (nanos.is_finite() && nanos < 9.2e18).then_some(nanos as Ts)
}

/// A span in a configuration file that is longer than nothing, for `deserialize_with`.
///
/// # Errors
/// Text that is no span.
pub fn positive_span<'de, D: Deserializer<'de>>(input: D) -> Result<Ts, D::Error> {
    let text = String::deserialize(input)?;
    let nanos = span(&text).ok_or_else(|| D::Error::custom(SPANS))?;
    if nanos > 0 { Ok(nanos) } else { Err(D::Error::custom("must be longer than nothing")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        for (text, nanos) in [("30s", 30e9), ("1.5m", 90e9), ("10", 10e9), ("250ms", 250e6), ("0", 0.0)] {
            assert_eq!(span(text), Some(nanos as Ts), "{text}");
        }
        for bad in ["", "s", "5 parsecs", "-3s", "1e99d", "99999999999999d"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }
}
