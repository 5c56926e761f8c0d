//! `:int` and `:float`, with the rules of Ruby's `to_i` and `to_f`, which Logstash applies.

/// The integer the text starts with, or 0: blanks, a sign, digits with single underscores between them.
/// `None` if it is beyond 64 bits.
pub fn to_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = signed(text);
    let mut value: i64 = 0;
    for digit in Digits::new(digits) {
        let digit = i64::from(digit - b'0');
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    Some(value)
}

/// The floating point number the text starts with, or 0.0. What is beyond the range of a float is infinite in
/// Ruby and the largest float here.
pub fn to_float(text: &[u8]) -> f64 {
    let (negative, rest) = signed(text);
    let mut number = String::new();
    if negative {
        number.push('-');
    }
    let whole = Digits::new(rest);
    let (count, mut rest) = whole.push_to(&mut number);
    if count == 0 {
        number.push('0');
    }
    if let [b'.', fraction @ ..] = rest
        && fraction.first().is_some_and(u8::is_ascii_digit)
    {
        number.push('.');
        rest = Digits::new(fraction).push_to(&mut number).1;
    }
    let digits = number.bytes().any(|b| b.is_ascii_digit()) && (count > 0 || number.contains('.'));
    if let [b'e' | b'E', exponent @ ..] = rest {
        let (negative, exponent) = sign(exponent);
        if digits && exponent.first().is_some_and(u8::is_ascii_digit) {
            number.push_str(if negative { "e-" } else { "e" });
            Digits::new(exponent).push_to(&mut number);
        }
    }
    number.parse::<f64>().map_or(0.0, |n| n.clamp(f64::MIN, f64::MAX))
}

/// Blanks and a sign taken off; whether it is a minus.
fn signed(text: &[u8]) -> (bool, &[u8]) {
    let blanks = text.iter().take_while(|b| b.is_ascii_whitespace() || **b == 0x0b).count();
    sign(text.get(blanks..).unwrap_or_default())
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

/// Digits, with single underscores between them passed over.
struct Digits<'t> {
    rest: &'t [u8],
    started: bool,
}

impl<'t> Digits<'t> {
    fn new(rest: &'t [u8]) -> Digits<'t> {
        Digits { rest, started: false }
    }

    /// Appends the digits; how many, and what follows them.
    fn push_to(mut self, number: &mut String) -> (usize, &'t [u8]) {
        let mut count = 0;
        for digit in self.by_ref() {
            number.push(char::from(digit));
            count += 1;
        }
        (count, self.rest)
    }
}

impl Iterator for Digits<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (digit, rest) = match self.rest {
            [digit @ b'0'..=b'9', rest @ ..] => (*digit, rest),
            [b'_', digit @ b'0'..=b'9', rest @ ..] if self.started => (*digit, rest),
            _ => return None,
        };
        self.rest = rest;
        self.started = true;
        Some(digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_as_ruby_reads_them() {
        for (text, want) in [
            ("12", Some(12)),
            ("12abc", Some(12)),
            ("abc", Some(0)),
            ("", Some(0)),
            (" -7", Some(-7)),
            ("+5", Some(5)),
            ("1_000", Some(1000)),
            ("1__0", Some(1)),
            ("_1", Some(0)),
            ("0x1A", Some(0)),
            ("1.9", Some(1)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(to_int(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn floats_as_ruby_reads_them() {
        for (text, want) in [
            ("1.5", 1.5),
            ("1.5abc", 1.5),
            (".5", 0.5),
            ("-.25", -0.25),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("1e", 1.0),
            ("1e-2x", 0.01),
            ("e5", 0.0),
            ("-", 0.0),
            ("1_0.2_5", 10.25),
            ("1e999", f64::MAX),
        ] {
            assert_eq!(to_float(text.as_bytes()), want, "{text}");
        }
    }
}
