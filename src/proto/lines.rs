//! Lines of text protocols: found, bounded, split into words.

use super::{Dir, Probe};

/// Longest line that is kept.
pub(super) const LONGEST: usize = 64 << 10;

/// What is at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line without its end, and how many bytes it took with it.
    Is(&'a [u8], usize),
    /// No end yet.
    More,
    /// None within [`LONGEST`] bytes.
    Long,
}

/// The first line of `bytes`; it ends with LF, before which a CR is dropped.
pub(super) fn line(bytes: &[u8]) -> Line<'_> {
    let window = bytes.get(..LONGEST).unwrap_or(bytes);
    match memchr::memchr(b'\n', window) {
        Some(end) => {
            let text = window.get(..end).unwrap_or_default();
            Line::Is(text.strip_suffix(b"\r").unwrap_or(text), end + 1)
        }
        None if window.len() == LONGEST => Line::Long,
        None => Line::More,
    }
}

/// The first line, for a probe that wants one within `most` bytes.
///
/// # Errors
/// What the probe has to say without it.
pub(super) fn first(bytes: &[u8], most: usize) -> Result<&[u8], Probe> {
    match line(bytes) {
        Line::Is(line, _) => Ok(line),
        Line::More | Line::Long => {
            let plain = bytes.iter().all(|b| !b.is_ascii_control() || *b == b'\r');
            Err(if plain && bytes.len() < most { Probe::More } else { Probe::No })
        }
    }
}

/// What a client says that begins with `USER`: FTP (RFC 959) and POP3 (RFC 1939) begin alike, and nobody else sends
/// `PASS` next. Which of the two is asked first is a matter of the port.
pub(super) fn user_and_password(bytes: &[u8]) -> Probe {
    let Line::Is(_, used) = line(bytes) else { return Probe::More };
    let next = first(bytes.get(used..).unwrap_or_default(), LONGEST);
    if next.is_ok_and(|line| word(line).0.eq_ignore_ascii_case(b"PASS")) { Probe::Yes } else { Probe::More }
}

/// The first word and what follows the blanks after it.
pub(super) fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr2(b' ', b'\t', line).unwrap_or(line.len());
    let (head, tail) = line.split_at_checked(end).unwrap_or((line, &[]));
    (head, tail.trim_ascii_start())
}

/// Text of bytes: lossy, at most `limit` bytes of them.
pub(super) fn text(bytes: &[u8], limit: usize) -> String {
    String::from_utf8_lossy(bytes.get(..limit).unwrap_or(bytes)).into_owned()
}

/// Upper-case text of a command word.
pub(super) fn upper(word: &[u8]) -> String {
    text(word, 64).to_ascii_uppercase()
}

/// Whether the first line behind a hole is passed over: it may be the rest of one that lacks, unless it begins as the
/// server's replies do. Were a whole reply passed over, those behind it would answer the wrong commands.
pub(super) fn passed_over(lost: &mut [bool; 2], dir: Dir, reply: bool) -> bool {
    std::mem::take(dir.of(lost)) && (dir == Dir::Client || !reply)
}

/// A three-digit reply code and what follows it: `true` if more lines of the reply follow.
pub(super) fn reply(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_at_checked(3)?;
    let digits =
        code.first().is_some_and(|b| (b'1'..=b'5').contains(b)) && code.iter().all(u8::is_ascii_digit);
    let number = code.iter().fold(0, |n, b| n * 10 + u16::from(b.wrapping_sub(b'0')));
    match rest.split_first() {
        _ if !digits => None,
        None => Some((number, false, rest)),
        Some((b' ', rest)) => Some((number, false, rest)),
        Some((b'-', rest)) => Some((number, true, rest)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_replies() {
        assert_eq!(line(b"a b\r\nc"), Line::Is(b"a b", 5));
        assert_eq!((line(b"a"), line(&[b'a'; LONGEST])), (Line::More, Line::Long));
        assert_eq!(word(b"MAIL  FROM:<>"), (&b"MAIL"[..], &b"FROM:<>"[..]));
        assert_eq!(reply(b"250-SIZE"), Some((250, true, &b"SIZE"[..])));
        assert_eq!(
            (reply(b"220"), reply(b"22x"), reply(b"999 x")),
            (Some((220, false, &b""[..])), None, None)
        );
    }
}
