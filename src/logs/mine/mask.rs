//! A text as tokens, with what looks like a value in each: numbers, addresses, names of hosts, stamps.
//!
//! Values are masked before texts are compared, so that two lines of one statement look the same. No
//! mask knows any log: only what values look like anywhere.

use crate::logs::time::Form;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Stands for a value in [`Token::shape`].
pub(super) const MASK: char = '\0';
/// Tokens that are told apart; the last one takes the rest of the text.
pub(super) const TOKENS: usize = 64;
/// Stamps that are found inside a text.
const STAMPS: [Form; 5] = [Form::Iso8601, Form::Asctime, Form::HttpDate, Form::Slashed, Form::Rfc3164];

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Digits, also with a sign.
    Int,
    /// Digits with a point.
    Float,
    /// Numbers with several points.
    Version,
    /// IPv4 or IPv6.
    Ip,
    /// Labels with points between.
    Host,
    /// `0x…`, or at least eight hexadecimal digits.
    Hex,
    /// Six bytes with colons between.
    Mac,
    /// RFC 9562.
    Uuid,
    /// `name@host`.
    Email,
    /// `scheme://…`.
    Url,
    /// From a slash on.
    Path,
    /// Date or time of day.
    Time,
    /// Between double quotes.
    Quoted,
    /// Right of an equals sign, and none of the others.
    Word,
}

impl Kind {
    /// Name in listings.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Version => "version",
            Kind::Ip => "ip",
            Kind::Host => "hostname",
            Kind::Hex => "hex",
            Kind::Mac => "mac",
            Kind::Uuid => "uuid",
            Kind::Email => "email",
            Kind::Url => "url",
            Kind::Path => "path",
            Kind::Time => "time",
            Kind::Quoted => "text",
            Kind::Word => "word",
        }
    }
}

/// A value inside a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub kind: Kind,
    /// Bytes of the token.
    pub start: usize,
    pub end: usize,
}

/// What stands between blanks (or holds a value that has blanks itself).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// Blanks before it.
    pub before: &'t str,
    pub text: &'t str,
    pub pieces: Vec<Piece>,
    /// The text with its values masked.
    pub shape: String,
}

/// Whether a masked token has a key: it can be of no value itself.
pub(super) fn has_key(shape: &str) -> bool {
    shape.contains("=\0")
}

/// Cuts a text. The blanks at its end come back, too.
pub(super) fn tokens(text: &str) -> (Vec<Token<'_>>, &str) {
    let (mut out, mut at) = (Vec::new(), 0);
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let (before, rest) = rest.split_at_checked(blanks).unwrap_or((rest, ""));
        if rest.is_empty() {
            return (out, before);
        }
        let (len, pieces) = match out.len() + 1 < TOKENS {
            true => token(rest),
            false => (rest.trim_end_matches([' ', '\t']).len(), Vec::new()),
        };
        let token = rest.get(..len).unwrap_or(rest);
        let shape = match out.len() + 1 < TOKENS {
            true => shape(token, &pieces),
            false => MASK.to_string(),
        };
        out.push(Token { before, text: token, pieces, shape });
        at += blanks + len.max(1);
    }
}

fn shape(token: &str, pieces: &[Piece]) -> String {
    let (mut out, mut at) = (String::with_capacity(token.len()), 0);
    for piece in pieces {
        out.push_str(token.get(at..piece.start).unwrap_or_default());
        out.push(MASK);
        at = piece.end;
    }
    out.push_str(token.get(at..).unwrap_or_default());
    out
}

/// Length of the token at the start of a text, and its values.
fn token(text: &str) -> (usize, Vec<Piece>) {
    let (mut at, mut pieces) = (0, Vec::new());
    // Where the word began that an equals sign would make a key.
    let mut word = 0;
    let mut before = ' ';
    while let Some(c) = text.get(at..).and_then(|t| t.chars().next()) {
        if matches!(c, ' ' | '\t') {
            break;
        }
        let rest = text.get(at..).unwrap_or_default();
        if c == '=' && is_key(text.get(word..at).unwrap_or_default()) {
            let (kind, len) = assigned(text.get(at + 1..).unwrap_or_default());
            let quote = usize::from(kind == Kind::Quoted);
            pieces.push(Piece { kind, start: at + 1 + quote, end: at + 1 + len - quote });
            at += 1 + len;
            (word, before) = (at, '=');
            continue;
        }
        if matches!(rest.get(..2), Some("()" | "[]")) && !before.is_alphanumeric() {
            // Nothing where a value stands in other lines.
            pieces.push(Piece { kind: Kind::Word, start: at + 1, end: at + 1 });
            (at, word, before) = (at + 2, at + 2, ')');
            continue;
        }
        let found = match before {
            '(' | '[' => value(rest, true).filter(|(kind, len)| *kind != Kind::Host || closes(rest, *len)),
            '_' | '.' => None,
            c if c.is_alphanumeric() => None,
            _ => value(rest, false),
        };
        if let Some((kind, len)) = found {
            let quote = usize::from(kind == Kind::Quoted);
            // Two values without anything between cannot be told apart again.
            if pieces.last().is_none_or(|p: &Piece| p.end < at + quote) {
                pieces.push(Piece { kind, start: at + quote, end: at + len - quote });
            }
            at += len;
            (word, before) = (at, rest.get(..len).and_then(|t| t.chars().last()).unwrap_or(c));
            continue;
        }
        at += c.len_utf8();
        if !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.') {
            word = at;
        }
        before = c;
    }
    (at, pieces)
}

/// Whether a bracket closes behind so many bytes.
fn closes(text: &str, len: usize) -> bool {
    text.get(len..).is_some_and(|rest| rest.starts_with([')', ']']))
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.len() <= 40
}

/// The value right of an equals sign: one of the kinds as a whole, else a word.
fn assigned(text: &str) -> (Kind, usize) {
    let end = text.find([' ', '\t', ',', ';', ')', ']', '}']).unwrap_or(text.len());
    match value(text, true) {
        Some((kind, len)) if len >= end || kind == Kind::Quoted => (kind, len),
        _ => (Kind::Word, end),
    }
}

/// The value at the start of a text, which stands behind no letter or digit.
fn value(text: &str, assigned: bool) -> Option<(Kind, usize)> {
    let first = text.bytes().next()?;
    if first == b'"' {
        return quoted(text).map(|len| (Kind::Quoted, len));
    }
    if first == b'/' {
        let len = text.find([' ', '\t', '"', '\'', ',', ';', ')', ']', '>', '=']).unwrap_or(text.len());
        let len = text.get(..len)?.trim_end_matches(['.', ':']).len();
        return (len > 1).then_some((Kind::Path, len));
    }
    if !first.is_ascii_alphanumeric() && !matches!(first, b'-' | b'+' | b':') {
        return None;
    }
    if let Some(len) = stamp(text) {
        return Some((Kind::Time, len));
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-._:@%+".contains(c)).unwrap_or(text.len());
    let word = text.get(..end)?.trim_end_matches(['.', ':', '-']);
    let scheme =
        text.get(..end)?.strip_suffix(':').is_some_and(|s| s.bytes().all(|b| b.is_ascii_alphanumeric()));
    if scheme && text.get(end..)?.starts_with("//") && first.is_ascii_alphabetic() {
        let len = text.find([' ', '\t', '"', '\'', '>', ')', ',']).unwrap_or(text.len());
        return Some((Kind::Url, len));
    }
    if let Some(found) = address(word).or_else(|| hexadecimal(word)) {
        return Some(found);
    }
    if let Some((name, host)) = word.split_once('@')
        && !name.is_empty()
        && is_host(host, 2)
    {
        return Some((Kind::Email, word.len()));
    }
    // A name of two labels is as likely a file or a program; where a value must stand it is a host.
    let name = word.split([':', '@', '%', '+']).next()?;
    if is_host(name, if assigned { 2 } else { 3 }) {
        return Some((Kind::Host, name.len()));
    }
    number(text)
}

fn address(word: &str) -> Option<(Kind, usize)> {
    let v4 = word.split([':', '-', '@', '%', '+']).next()?;
    if v4.parse::<Ipv4Addr>().is_ok() {
        return Some((Kind::Ip, v4.len()));
    }
    let mac = word.len() == 17 && word.split(':').all(|p| p.len() == 2 && is_hex(p));
    if mac && word.split(':').count() == 6 {
        return Some((Kind::Mac, 17));
    }
    let v6 = word.split('%').next()?;
    let colons = v6.bytes().filter(|b| *b == b':').count();
    (colons >= 2 && v6.parse::<Ipv6Addr>().is_ok()).then_some((Kind::Ip, v6.len()))
}

fn hexadecimal(word: &str) -> Option<(Kind, usize)> {
    let sizes = [8, 4, 4, 4, 12];
    let mut parts = word.split('-');
    if word.len() == 36 && sizes.iter().all(|n| parts.next().is_some_and(|p| p.len() == *n && is_hex(p))) {
        return Some((Kind::Uuid, 36));
    }
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        let len = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        return (len > 0).then_some((Kind::Hex, len + 2));
    }
    let run = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
    let digits = word.get(..run)?;
    let mixed = digits.bytes().any(|b| b.is_ascii_digit());
    (run >= 8 && mixed && is_hex(digits)).then_some(match digits.bytes().all(|b| b.is_ascii_digit()) {
        // Leading zeros are written for registers and addresses, not for counts.
        true if !digits.starts_with('0') => (Kind::Int, run),
        _ => (Kind::Hex, run),
    })
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A name of at least so many labels, the last one with letters only.
fn is_host(text: &str, labels: usize) -> bool {
    let label = |l: &str| {
        !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !l.starts_with('-')
    };
    text.split('.').count() >= labels
        && text.split('.').all(label)
        && text.rsplit('.').next().is_some_and(|l| l.len() >= 2 && l.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Digits with points between, with a sign; a unit of at most three letters may follow.
fn number(text: &str) -> Option<(Kind, usize)> {
    let sign = usize::from(text.starts_with(['-', '+']));
    let body = text.get(sign..)?;
    if !body.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
    let digits = body.get(..end)?.trim_end_matches('.');
    let unit: String =
        body.get(digits.len()..)?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if unit.len() > 3 || !unit.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let kind = match digits.split('.').count() {
        1 if digits.len() <= 18 => Kind::Int,
        2 => Kind::Float,
        _ => Kind::Version,
    };
    Some((kind, sign + digits.len()))
}

/// Length of a text in double quotes, with them.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (i, b) in text.bytes().enumerate().skip(1) {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(i + 1),
            _ => {}
        }
    }
    None
}

/// Length of a date, a time of day or both.
fn stamp(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let ends = |len: usize| bytes.get(len).is_none_or(|b| !b.is_ascii_alphanumeric());
    let forms = STAMPS.iter().filter(|form| form.may_begin(bytes.first().copied().unwrap_or(0)));
    if let Some(len) = forms.filter_map(|form| form.scan(bytes)).map(|(_, len)| len).find(|len| ends(*len)) {
        return Some(len);
    }
    let pattern = |shape: &str| {
        let fits = shape.len() <= bytes.len()
            && shape.bytes().zip(bytes).all(|(want, b)| match want {
                b'd' => b.is_ascii_digit(),
                other => *b == other,
            });
        (fits && ends(shape.len())).then_some(shape.len())
    };
    let day = ["dddd-dd-dd", "dddd/dd/dd", "dd.dd.dddd", "dd/dd/dddd"].into_iter().find_map(pattern);
    let clock = || {
        let len = ["dd:dd:dd", "d:dd:dd", "dd:dd"].into_iter().find_map(pattern)?;
        let fraction = text.get(len..)?.strip_prefix(['.', ','])?;
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        Some(if digits > 0 && ends(len + 1 + digits) { len + 1 + digits } else { len })
    };
    let plain = || ["dd:dd:dd", "d:dd:dd", "dd:dd"].into_iter().find_map(pattern);
    day.or_else(clock).or_else(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> String {
        tokens(text).0.iter().map(|t| t.shape.replace(MASK, "*")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_are_masked_wherever_they_stand() {
        for (text, want) in [
            ("from 192.0.2.7 port 22 ssh2", "from * port * ssh2"),
            ("client [2001:db8::7]:443, done", "client [*]:*, done"),
            ("rhost=a.example.org  user=root (uid=0)", "rhost=* user=* (uid=*)"),
            ("at Sat Jul  9 22:53:22 2005 now", "at * now"),
            ("took 12.5ms of 3kB v1.4 e820 #7 -3", "took *ms of *kB v1.4 e820 #* *"),
            ("by () at (a.example) in x() [mice.c(12)]", "by (*) at (*) in x() [mice.c(*)]"),
            ("node '/udev/vcs2' made", "node '*' made"),
            ("say \"a b\\\" c\" 0x1f deadbeef99 00:1b:44:11:3a:b7", "say \"*\" * * *"),
            ("a.out rpc.statd ns.example.com x@example.org", "a.out rpc.statd * *"),
            ("see https://a.example/x?y=1 2026-11-21 10:00:01.250", "see * * "),
        ] {
            assert_eq!(shapes(text), want.trim_end(), "{text}");
        }
    }

    #[test]
    fn the_pieces_put_together_are_the_text() {
        for text in ["  a=b c\t d ", "", " ", "x=\"q w\"e =1 ==", "grün=東京 1.2.3.4.5 ::1 :: --1"] {
            let (tokens, end) = tokens(text);
            let whole: String = tokens.iter().map(|t| format!("{}{}", t.before, t.text)).collect();
            assert_eq!(whole + end, text);
            for token in &tokens {
                assert!(token.pieces.iter().all(|p| token.text.get(p.start..p.end).is_some()), "{token:?}");
            }
        }
    }
}
