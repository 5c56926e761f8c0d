//! Values as JSON text, spelled as Go's encoder does: Packetbeat prints documents so.

use std::fmt::Write as _;

/// Appends a string with its quotes.
pub(super) fn string(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A number: whole ones without a point, very large and very small ones with an exponent.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "null".to_owned();
    }
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return if text.contains("e-") { text } else { text.replace('e', "e+") };
    }
    format!("{value}")
}

/// Hexadecimal digits, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelled_as_go_does() {
        let mut out = String::new();
        string(&mut out, b"a\"<\x01\xff\n");
        assert_eq!(out, "\"a\\\"\\u003c\\u0001\u{fffd}\\n\"");
        assert_eq!(
            [1.0, -73.856_077, 1e21, 1e-7, 0.0].map(number),
            ["1", "-73.856077", "1e+21", "1e-7", "0"]
        );
        assert_eq!((hex(b"\x0a\xff"), crate::model::cut("aé", 2)), ("0aff".to_owned(), "a"));
    }
}
