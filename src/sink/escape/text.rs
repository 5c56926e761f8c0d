//! Text for terminals and mails: hidden characters become visible (`\x1b`, `\u{202e}`), and columns
//! are measured and cut by what a terminal shows.

use super::is_hidden;
use std::fmt::Write;

/// `text` with every hidden character spelled out.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_visible(&mut out, text);
    out
}

/// Appends `text` with every hidden character spelled out.
pub fn push_visible(out: &mut String, text: &str) {
    if is_plain(text) {
        return out.push_str(text);
    }
    for c in text.chars() {
        // Writing to a string cannot fail.
        let _ = match c {
            _ if !is_hidden(c) => out.write_char(c),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\0'..='\u{ff}' => write!(out, "\\x{:02x}", u32::from(c)),
            _ => write!(out, "\\u{{{:x}}}", u32::from(c)),
        };
    }
}

/// Whether a text is all printable ASCII, as most are: each byte is a character, and takes a column.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// Terminal columns of a character: 0 for combining marks and variation selectors, 2 for East Asian
/// wide and fullwidth ones and emoji, by blocks (Unicode UAX #11, EastAsianWidth.txt).
fn columns(c: char) -> usize {
    match u32::from(c) {
        0..=0x2ff => 1,
        0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f => 0,
        0xe31 | 0xe34..=0xe3a | 0xe47..=0xe4e => 0,
        0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 => 2,
        0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 => 2,
        0x16fe0..=0x18aff | 0x1b000..=0x1b2ff | 0x1f004 | 0x1f0cf | 0x1f18e..=0x1f265 => 2,
        0x1f300..=0x1f64f | 0x1f680..=0x1f6ff | 0x1f7e0..=0x1f7eb | 0x1f900..=0x1faff => 2,
        0x20000..=0x3fffd => 2,
        0xe0100..=0xe01ef => 0,
        _ => 1,
    }
}

/// Terminal columns of a text without hidden characters.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    text.chars().map(columns).sum()
}

/// `text` cut to at most `max` columns; what was cut is marked with `…`.
pub fn fit(text: &str, max: usize) -> String {
    let mut out = String::new();
    push_fit(&mut out, text, max);
    out
}

/// Appends the same, and says how many columns it takes.
pub fn push_fit(out: &mut String, text: &str, max: usize) -> usize {
    let all = width(text);
    if all <= max {
        out.push_str(text);
        return all;
    }
    // As many characters as leave a column for the mark.
    let (mut used, mut end) = (0, 0);
    for (at, c) in text.char_indices() {
        if used + columns(c) + 1 > max {
            break;
        }
        used += columns(c);
        end = at + c.len_utf8();
    }
    out.push_str(text.get(..end).unwrap_or_default());
    if max > 0 {
        out.push('…');
        used += 1;
    }
    used
}

/// Breaks `text` into lines of at most `max` (at least 8) columns, at spaces where there are any.
pub fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let size = width(word);
        if used > 0 && used + 1 + size <= max {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.push_str(word);
            }
            used += 1 + size;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            if used + columns(c) > max {
                lines.push(String::new());
                used = 0;
            }
            used += columns(c);
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_remains() {
        assert_eq!(visible("a\x1b[2J\u{7}\n\u{9b}31m"), "a\\x1b[2J\\x07\\n\\x9b31m");
        assert_eq!(visible("\u{202e}evil\u{200b}\u{feff}"), "\\u{202e}evil\\u{200b}\\u{feff}");
        assert_eq!(visible("grün 東京"), "grün 東京");
        let all: String = (0..=0x10_ffffu32).filter_map(char::from_u32).collect();
        assert!(!visible(&all).chars().any(is_hidden));
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
        assert_eq!(fit("東京都庁", 6), "東京…");
        assert_eq!(fit("東京都庁", 7), "東京都…");
        assert_eq!(fit("abc", 0), "");
        let mut line = "> ".to_owned();
        assert_eq!(push_fit(&mut line, "東京都庁", 4), 3);
        assert_eq!(push_fit(&mut line, "ab", 4), 2);
        assert_eq!(line, "> 東…ab");
        assert_eq!(width("e\u{301}🦀"), 3);
    }

    #[test]
    fn wrapping_never_exceeds_and_loses_nothing() {
        let text = "a sentence with averyveryverylongwordthatdoesnotfit and 東京都庁東京都庁 end";
        for max in 8..40 {
            let lines = wrap(text, max);
            assert!(lines.iter().all(|line| width(line) <= max), "{max}: {lines:?}");
            let joined: String = lines.concat().chars().filter(|c| *c != ' ').collect();
            assert_eq!(joined, text.replace(' ', ""));
        }
    }
}
