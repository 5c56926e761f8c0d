//! Escapes in quotes, as Go's `strconv.Quote`, JSON and most others write them.

/// A text with its escapes undone; `None` if it has no backslash. A backslash before anything that is no escape stays: who
/// writes paths without doubling it has no escapes.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let (first, mut rest) = text.split_once('\\')?;
    // Bytes, since `\x` writes those of texts that are not UTF-8.
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(first.as_bytes());
    loop {
        rest = escape(rest, &mut out);
        match rest.split_once('\\') {
            Some((plain, after)) => {
                out.extend_from_slice(plain.as_bytes());
                rest = after;
            }
            None => break,
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Some(String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

/// Undoes the escape whose backslash stands before `rest`; gives what is behind it.
fn escape<'t>(rest: &'t str, out: &mut Vec<u8>) -> &'t str {
    let mut chars = rest.chars();
    let short = match chars.next() {
        Some('n') => Some(b'\n'),
        Some('r') => Some(b'\r'),
        Some('t') => Some(b'\t'),
        Some('a') => Some(7),
        Some('b') => Some(8),
        Some('f') => Some(12),
        Some('v') => Some(11),
        Some(same @ ('"' | '\'' | '\\' | '/')) => u8::try_from(same).ok(),
        _ => None,
    };
    if let Some(byte) = short {
        out.push(byte);
        return chars.as_str();
    }
    if let Some((byte, after)) = digits(rest, "x", 2) {
        out.extend(u8::try_from(byte));
        return after;
    }
    if let Some((unit, after)) = digits(rest, "u", 4).or_else(|| digits(rest, "U", 8)) {
        let low = digits(after, "\\u", 4).filter(|(low, _)| (0xdc00..0xe000).contains(low));
        let (code, after) = match (unit, low) {
            (0xd800..0xdc00, Some((low, after))) => (0x10000 + ((unit & 0x3ff) << 10 | low & 0x3ff), after),
            _ => (unit, after),
        };
        let one = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(one.encode_utf8(&mut [0; 4]).as_bytes());
        return after;
    }
    out.push(b'\\');
    rest
}

/// The number of so many hexadecimal digits behind `mark`, and what follows them.
fn digits<'t>(text: &'t str, mark: &str, count: usize) -> Option<(u32, &'t str)> {
    let (digits, after) = text.strip_prefix(mark)?.split_at_checked(count)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok()).flatten().map(|number| (number, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_nothing_else() {
        for (text, want) in [
            (r#"could not \"start\" it"#, "could not \"start\" it"),
            (r"C:\\new\\table", r"C:\new\table"),
            (r"a\nb\tc\x1b[0m", "a\nb\tc\u{1b}[0m"),
            (r"\u00e9 \U0001f600 \ud83d\ude00", "é 😀 😀"),
            (r"\xc3\xa9 \xff", "é \u{fffd}"),
            (r"\ud83d alone", "\u{fffd} alone"),
            (r"\d+ \x1 \u12 \é", r"\d+ \x1 \u12 \é"),
            ("ends in \\", "ends in \\"),
        ] {
            assert_eq!(unescaped(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(unescaped("nothing to undo"), None);
    }
}
