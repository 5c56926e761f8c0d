//! Key=value rules: pairs in any order, as firewalls, auditd and logfmt write them.
//!
//! What stands before the pairs is read by templates ([`super::template`]), one of which must fit. Words
//! without a value, pairs that no field is named for, and values that are not of their field's type are
//! kept. A key that comes again is not its field's: the first one counts, as a packet quoted in an ICMP
//! error stands behind the one that carries it.

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::parser::Scratch;
use super::spec::KvSpec;
use super::target::Capture;
use super::template::Template;
use crate::model::{FieldRef, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Most pairs of a line that are read.
const MOST: usize = 256;

/// A compiled rule.
#[derive(Debug)]
pub(super) struct KvRule {
    /// What stands before the pairs; the rest of each is the pairs.
    prefixes: Vec<Template>,
    separators: Box<[u8]>,
    assign: u8,
    quotes: Box<[u8]>,
    trim: Box<[char]>,
    need: Vec<String>,
    nested: BTreeSet<String>,
    hex: BTreeSet<String>,
    map: BTreeMap<String, Capture>,
    words: Option<FieldRef>,
    /// Keys alone may be followed by a length of eight bytes and so many bytes of value.
    binary: bool,
    other: FieldRef,
}

/// What a walk over the pairs gathers beside mapped fields.
#[derive(Default)]
struct Left<'a> {
    words: Vec<Value<'a>>,
    others: Vec<(Cow<'a, str>, Value<'a>)>,
    seen: BTreeSet<&'a str>,
}

/// A pair, or a word alone.
struct Pair<'a> {
    key: &'a str,
    value: Option<&'a str>,
    quoted: bool,
}

impl KvRule {
    /// Compiles a rule of format `format`; `file` and `place` are for messages.
    pub fn new(
        table: &Table,
        format: &str,
        file: &str,
        place: &str,
        spec: &KvSpec,
    ) -> Result<KvRule, PatternError> {
        let fail = |message: &str| PatternError::format(file, place, message);
        let mut prefixes = Vec::new();
        for text in spec.prefix.iter().flat_map(|p| p.all()) {
            let whole = format!("{text}%{{:rest}}");
            prefixes.push(Template::new(table, format, file, place, &whole)?);
        }
        let separators = spec.separators.as_deref().unwrap_or(" \t");
        if separators.is_empty() || !separators.is_ascii() {
            return Err(fail("`separators` must be ASCII characters"));
        }
        let assign = match spec.assign.as_deref().map_or(b"=" as &[u8], str::as_bytes) {
            [one] if one.is_ascii() && !separators.as_bytes().contains(one) => *one,
            _ => return Err(fail("`assign` must be one ASCII character that separates no pairs")),
        };
        let mut map = BTreeMap::new();
        for (key, field) in &spec.map {
            map.insert(key.clone(), Capture::named(table, format, file, place, field)?);
        }
        Ok(KvRule {
            prefixes,
            separators: separators.as_bytes().into(),
            assign,
            quotes: spec.quotes.as_deref().unwrap_or("\"'").as_bytes().into(),
            trim: spec.trim.chars().collect(),
            need: spec.need.clone(),
            nested: spec.nested.iter().cloned().collect(),
            hex: spec.hex.iter().cloned().collect(),
            map,
            words: spec.words.as_ref().map(|name| table.need(file, place, name)).transpose()?,
            binary: spec.binary,
            other: table.need(file, place, "netlog.other")?,
        })
    }

    /// Fields it can fill.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.prefixes.iter().flat_map(|p| p.captures()).chain(self.map.values())
    }

    /// Whether a text that begins with this byte (`None`: an empty text) can match.
    pub fn may_begin(&self, byte: Option<u8>) -> bool {
        if self.prefixes.is_empty() {
            byte.is_some()
        } else {
            self.prefixes.iter().any(|p| p.may_begin(byte))
        }
    }

    /// Matches a text with the keys that the rule needs; on failure the draft is as before.
    pub fn apply<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> bool {
        if !self.need.iter().all(|key| text.contains(key.as_str())) {
            return false;
        }
        let mark = draft.mark();
        let pairs = if self.prefixes.is_empty() {
            Some(text)
        } else {
            let fits = |p: &Template| p.apply(text, null, draft, &mut scratch.walk, 0).is_ok();
            let found = self.prefixes.iter().any(fits).then(|| scratch.walk.spans.last()).flatten();
            found.and_then(|&(begin, end)| text.get(begin..end))
        };
        let mut left = Left::default();
        let good = pairs.is_some_and(|pairs| {
            self.walk(pairs, null, draft, &mut left, true);
            !left.seen.is_empty() && self.need.iter().all(|key| left.seen.contains(key.as_str()))
        });
        if !good {
            draft.reset(&mark);
            return false;
        }
        if let (Some(field), false) = (self.words, left.words.is_empty()) {
            draft.fields.push((field, Value::List(left.words)));
        }
        if !left.others.is_empty() {
            draft.fields.push((self.other, Value::Object(left.others)));
        }
        true
    }

    fn walk<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        left: &mut Left<'a>,
        outer: bool,
    ) {
        let mut rest = text;
        while let Some(mut pair) = self.pair(&mut rest) {
            if self.binary && pair.value.is_none() {
                pair.value = counted(&mut rest);
            }
            if left.seen.len() + left.words.len() >= MOST {
                left.others.push((Cow::Borrowed("…"), rest.into()));
                return;
            }
            match pair.value {
                None if self.words.is_some() => left.words.push(pair.key.into()),
                None => {}
                Some(value) if outer && pair.quoted && self.nested.contains(pair.key) => {
                    self.walk(value, null, draft, left, false);
                }
                Some(value) if value.is_empty() || null.iter().any(|n| n == value) => {
                    left.seen.insert(pair.key);
                }
                Some(value) => self.keep(&pair, value, draft, left),
            }
        }
    }

    /// The next pair or word; moves `rest` behind it.
    fn pair<'a>(&self, rest: &mut &'a str) -> Option<Pair<'a>> {
        let separates = |b: u8| self.separators.contains(&b);
        let begin = rest.bytes().position(|b| !separates(b))?;
        let text = rest.get(begin..)?;
        let end = text.bytes().position(|b| b == self.assign || separates(b)).unwrap_or(text.len());
        let trim = |s: &'a str| s.trim_matches(&*self.trim);
        let key = trim(text.get(..end)?);
        if text.as_bytes().get(end) != Some(&self.assign) {
            *rest = text.get(end..)?;
            return Some(Pair { key, value: None, quoted: false });
        }
        let after = text.get(end + 1..)?;
        if let Some(quote) = after.bytes().next().filter(|b| self.quotes.contains(b))
            && let Some(len) = quoted(after.as_bytes().get(1..)?, quote)
        {
            *rest = after.get(len + 2..)?;
            return Some(Pair { key, value: after.get(1..=len), quoted: true });
        }
        let len = after.bytes().position(separates).unwrap_or(after.len());
        *rest = after.get(len..)?;
        Some(Pair { key, value: Some(trim(after.get(..len)?)), quoted: false })
    }

    fn keep<'a>(&self, pair: &Pair<'a>, value: &'a str, draft: &mut Draft<'a>, left: &mut Left<'a>) {
        let first = left.seen.insert(pair.key);
        let decoded = (!pair.quoted && self.hex.contains(pair.key)).then(|| unhex(value)).flatten();
        if let Some(capture) = self.map.get(pair.key).filter(|_| first) {
            let put = match &decoded {
                None => draft.put(capture, value),
                Some(text) => {
                    // What is not a part of the line has a draft of its own.
                    let mut own = Draft::default();
                    let put = own.put(capture, text);
                    draft.merge(own);
                    put
                }
            };
            if put {
                return;
            }
        }
        let value = decoded.map_or(Value::from(value), Value::from);
        match left.others.iter_mut().find(|(key, _)| key == pair.key) {
            None => left.others.push((Cow::Borrowed(pair.key), value)),
            Some((_, Value::List(all))) => all.push(value),
            Some((_, one)) => {
                let before = std::mem::replace(one, Value::Bool(false));
                *one = Value::List(vec![before, value]);
            }
        }
    }
}

/// A value in the journal's binary form, behind a line with its key: a length of eight bytes, the lowest
/// first, the value and a line end. Bytes that are no UTF-8 were replaced before: where they stand, the
/// value goes on to the next line that begins with a key.
fn counted<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.strip_prefix('\n')?;
    let begin = text.char_indices().nth(8).map(|(at, _)| at)?;
    let (length, value) = text.split_at_checked(begin)?;
    let bytes = length.bytes().rev().try_fold(0usize, |n, b| n.checked_mul(256)?.checked_add(b.into()));
    let told = bytes.filter(|n| length.is_ascii() && matches!(value.as_bytes().get(*n), None | Some(b'\n')));
    let told = told.and_then(|n| Some((value.get(..n)?, value.get(n..)?)));
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

/// Length of a quoted text that ends at the next quote without a backslash before it.
fn quoted(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(quote, b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&quote) {
            return Some(at);
        }
        at += 2;
    }
}

/// Text that auditd wrote as hexadecimal digits because it holds blanks, quotes or control characters;
/// arguments are divided by NULs there. `None` if it is something else.
fn unhex(text: &str) -> Option<String> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !odd.is_empty() {
        return None;
    }
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?))
        .map(|byte| byte.map(|b| if b == 0 { b' ' } else { b }))
        .collect();
    Some(String::from_utf8_lossy(&bytes?).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_texts() {
        assert_eq!(unhex("2F62696E2F6C73002D6C").as_deref(), Some("/bin/ls -l"));
        assert_eq!(unhex("726F6F"), Some("roo".to_owned()));
        assert_eq!(unhex("726F6"), None);
        assert_eq!(unhex("root"), None);
        assert_eq!(unhex(""), None);
        assert_eq!(unhex("FF").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn quotes_end_at_the_first_quote_without_a_backslash() {
        assert_eq!(quoted(br#"a \" b" c"#, b'"'), Some(6));
        assert_eq!(quoted(br#"a \"#, b'"'), None);
        assert_eq!(quoted(b"it", b'\''), None);
    }
}
