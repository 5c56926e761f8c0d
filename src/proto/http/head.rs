//! The head of a message: start line and header lines (RFC 9112 §2 to §5). Lenient as servers are: a
//! bare LF ends a line, continued lines are joined.

use std::borrow::Cow;

/// First line of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) struct RequestLine<'a> {
    pub method: &'a [u8],
    pub target: &'a [u8],
    /// The digit after `HTTP/1.`.
    pub minor: u8,
}

/// First line of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) struct StatusLine<'a> {
    pub minor: u8,
    pub code: u16,
    pub phrase: &'a [u8],
}

/// Where the head that begins at 0 ends (behind the empty line); no newline before `from` ends it.
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', bytes.get(at..)?)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// Splits a head into its first line and the rest.
pub(super) fn split(head: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr::memchr(b'\n', head).map_or(head.len(), |at| at + 1);
    let (line, rest) = head.split_at_checked(at).unwrap_or((head, &[]));
    (trim_end(line), rest)
}

fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Letters of a method (RFC 9110 §5.6.2, token).
fn token(bytes: &[u8]) -> bool {
    let good = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    !bytes.is_empty() && bytes.len() <= 32 && bytes.iter().all(good)
}

/// Reads `GET /path HTTP/1.1`. The target may hold blanks: the version stands after the last.
pub(super) fn request_line(line: &[u8]) -> Option<RequestLine<'_>> {
    let line = line.trim_ascii_end();
    let first = memchr::memchr(b' ', line)?;
    let last = memchr::memrchr(b' ', line)?;
    let minor = version(line.get(last + 1..)?)?;
    let method = line.get(..first)?;
    let target = line.get(first + 1..last)?.trim_ascii();
    (token(method) && !target.is_empty()).then_some(RequestLine { method, target, minor })
}

/// Reads `HTTP/1.1 200 OK`.
pub(super) fn status_line(line: &[u8]) -> Option<StatusLine<'_>> {
    let minor = version(line.get(..8)?)?;
    let rest = line.get(8..)?.strip_prefix(b" ")?.trim_ascii();
    let (digits, phrase) = rest.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let apart = phrase.is_empty() || phrase.starts_with(b" ");
    (apart && (100..=999).contains(&code)).then(|| StatusLine { minor, code, phrase: phrase.trim_ascii() })
}

fn version(text: &[u8]) -> Option<u8> {
    match text {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ => None,
    }
}

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Field {
        name: &'a [u8],
        value: Cow<'a, [u8]>,
        /// It goes on over several lines (RFC 9112 §5.2).
        folded: bool,
    },
    /// No colon, or a name that is no token.
    Bad,
}

/// The header lines of the part of a head behind its first line.
pub(super) fn lines(mut rest: &[u8]) -> impl Iterator<Item = Line<'_>> {
    std::iter::from_fn(move || {
        let (line, after) = split(rest);
        if line.is_empty() {
            return None;
        }
        rest = after;
        let mut folds: Vec<&[u8]> = Vec::new();
        while matches!(rest.first(), Some(b' ' | b'\t')) {
            let (fold, after) = split(rest);
            folds.push(fold.trim_ascii());
            rest = after;
        }
        Some(field(line, &folds))
    })
}

/// Whether the head that ended HTTP/1 names `protocol` as what follows.
pub(super) fn upgrades(head: &[u8], protocol: &[u8]) -> bool {
    let (_, rest) = split(head);
    lines(rest).any(|line| match line {
        Line::Field { name, value, .. } => {
            name.eq_ignore_ascii_case(b"upgrade") && value.eq_ignore_ascii_case(protocol)
        }
        Line::Bad => false,
    })
}

fn field<'a>(line: &'a [u8], folds: &[&[u8]]) -> Line<'a> {
    let Some(colon) = memchr::memchr(b':', line) else { return Line::Bad };
    let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
    let name = name.trim_ascii_end();
    if !token_long(name) {
        return Line::Bad;
    }
    let mut value = Cow::Borrowed(value.get(1..).unwrap_or_default().trim_ascii());
    for fold in folds {
        let whole = value.to_mut();
        whole.push(b' ');
        whole.extend_from_slice(fold);
    }
    Line::Field { name, value, folded: !folds.is_empty() }
}

fn token_long(name: &[u8]) -> bool {
    !name.is_empty() && name.chunks(32).all(token)
}
