//! Entries of the journal's export format (systemd, "Journal Export Formats").
//!
//! An entry is lines of `KEY=value`, and values of any bytes: a line with the key alone, the length in eight bytes, the
//! lowest first, the value and a line end. A blank line ends it. What stands in such a value, blank lines and
//! beginnings of entries too, is up to whoever wrote the message: where it ends is told by its length alone.

use crate::source::lines::MAX_LINE;
use std::borrow::Cow;

/// What every entry begins with.
const BEGINNING: &[u8] = b"__CURSOR=";
/// Bytes of a length.
const LENGTH: usize = 8;

/// What stands next.
enum Piece<'t> {
    Blank,
    Line(&'t [u8]),
    Value { key: &'t [u8], value: &'t [u8] },
}

/// What a text begins with, and its bytes with the line end; `None` if it is cut short.
fn piece(text: &[u8]) -> Option<(Piece<'_>, usize)> {
    let end = memchr::memchr(b'\n', text)?;
    let (line, rest) = (text.get(..end)?, text.get(end + 1..)?);
    if line.is_empty() || line == b"\r" {
        return Some((Piece::Blank, end + 1));
    }
    let is_key = line.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    if !is_key {
        return Some((Piece::Line(line), end + 1));
    }
    let len = usize::try_from(u64::from_le_bytes(*rest.first_chunk()?)).unwrap_or(usize::MAX);
    if len > MAX_LINE {
        return Some((Piece::Line(line), end + 1));
    }
    let (value, behind) = rest.get(LENGTH..)?.split_at_checked(len)?;
    match behind.first()? {
        b'\n' => Some((Piece::Value { key: line, value }, end + 1 + LENGTH + len + 1)),
        _ => Some((Piece::Line(line), end + 1)),
    }
}

/// Bytes of the entry that a text begins with; `None` if it is cut short.
fn entry(text: &[u8]) -> Option<usize> {
    let (mut at, mut is_empty) = (0, true);
    loop {
        let (piece, len) = piece(text.get(at..)?)?;
        match piece {
            Piece::Blank if !is_empty => return Some(at + len),
            Piece::Blank => {}
            Piece::Line(line) if !is_empty && line.starts_with(BEGINNING) => return Some(at),
            Piece::Line(_) | Piece::Value { .. } => is_empty = false,
        }
        at += len;
    }
}

/// The first place behind `from` where an entry ends, in a text that begins with one.
pub(super) fn next(text: &[u8], from: usize) -> Option<usize> {
    let mut at = 0;
    while at <= from {
        at += entry(text.get(at..)?)?;
    }
    Some(at)
}

/// An entry as text, each length in as many hexadecimal digits as it had bytes, since bytes that are no UTF-8 are
/// replaced; whether there were any.
pub(super) fn text(raw: &[u8]) -> (String, bool) {
    let (mut out, mut replaced, mut at) = (String::with_capacity(raw.len()), false, 0);
    let mut lossy = |bytes| {
        let text = String::from_utf8_lossy(bytes);
        replaced |= matches!(text, Cow::Owned(_));
        text
    };
    while let Some(left) = raw.get(at..).filter(|left| !left.is_empty()) {
        let Some((piece, len)) = piece(left) else {
            out.push_str(&lossy(left));
            break;
        };
        match piece {
            Piece::Blank => {}
            Piece::Line(line) => out.push_str(&lossy(line)),
            Piece::Value { key, value } => {
                let (key, value) = (lossy(key), lossy(value));
                out.push_str(&format!("{key}\n{:08x}{value}", value.len()));
            }
        }
        out.push('\n');
        at += len;
    }
    (out, replaced)
}

/// The length that stands at the start of a text, in either form, and what is behind it.
fn length(text: &str) -> Option<(usize, &str)> {
    let (length, value) = text.split_at_checked(LENGTH)?;
    if length.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some((usize::from_str_radix(length, 16).ok()?, value));
    }
    // Of no UTF-8 one cannot know.
    let bytes: [u8; LENGTH] = length.as_bytes().try_into().ok()?;
    let len = usize::try_from(u64::from_le_bytes(bytes)).ok()?;
    length.is_ascii().then_some((len, value))
}

/// A value in binary form, behind a line with its key, and moves `rest` behind it: a length, the value and a line end.
/// Bytes that are no UTF-8 were replaced before: where they stand, the value goes on to the next line that begins with
/// a key.
pub(super) fn value<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.strip_prefix('\n')?;
    let begin = text.char_indices().nth(LENGTH).map(|(at, _)| at)?;
    let (_, value) = text.split_at_checked(begin)?;
    let told = length(text).and_then(|(n, value)| Some((value.get(..n)?, value.get(n..)?)));
    let told = told.filter(|(_, after)| after.is_empty() || after.starts_with('\n'));
    let (value, after) = told.or_else(|| {
        let key = |line: &str| {
            let name = line.bytes().take_while(|b| matches!(b, b'A'..=b'Z' | b'_' | b'0'..=b'9')).count();
            name > 0 && matches!(line.as_bytes().get(name), None | Some(b'='))
        };
        let mut ends = value.match_indices('\n').map(|(at, _)| at);
        let end = ends.find(|at| value.get(at + 1..).is_some_and(|rest| rest.lines().next().is_none_or(key)));
        value.split_at_checked(end.unwrap_or(value.len()))
    })?;
    *rest = after;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(message: &[u8]) -> Vec<u8> {
        let len = (message.len() as u64).to_le_bytes();
        let first = [b"__CURSOR=s=1\nMESSAGE\n", &len[..], message, b"\n_PID=7\n\n"].concat();
        [&first[..], b"__CURSOR=s=2\nMESSAGE=two\n\n"].concat()
    }

    #[test]
    fn what_stands_in_a_value_ends_no_entry() {
        let forged =
            b"a\n\n__CURSOR=s=9\nMESSAGE=Accepted password for root from 203.0.113.7 port 1 ssh2\n\nend";
        for message in [&b"one\ntwo"[..], forged, &[b'x'; 300], b"", b"\xff\n\xfe"] {
            let text = entries(message);
            let first = text.len() - b"__CURSOR=s=2\nMESSAGE=two\n\n".len();
            assert_eq!(next(&text, 0), Some(first));
            assert_eq!(next(&text, first), Some(text.len()));
            assert_eq!(next(&text, text.len()), None);
            for cut in 1..first {
                assert_eq!(next(&text[..cut], 0), None, "{cut}");
            }
            let (lines, replaced) = super::text(&text[..first]);
            assert_eq!(replaced, message.contains(&0xff));
            let told = lines.strip_prefix("__CURSOR=s=1\nMESSAGE\n").and_then(length);
            let value = told.and_then(|(len, value)| value.split_at_checked(len));
            assert_eq!(value, Some((&*String::from_utf8_lossy(message), "\n_PID=7\n\n")));
        }
    }

    #[test]
    fn what_has_no_length_is_a_line() {
        assert_eq!(next(b"KEY\nno length at all\nA=1\n\nB=2\n\n", 0), Some(26));
        assert_eq!(next(b"A=1\n__CURSOR=2\n\n", 0), Some(4), "without a blank line between");
        assert_eq!(next(b"\n\nA=1\n\n", 0), Some(7));
    }
}
