//! Key=value rules: pairs in any order, as firewalls, auditd and logfmt write them.
//!
//! What stands before the pairs is read by templates ([`super::template`]), one of which must fit. Words
//! without a value, pairs that no field is named for, and values that are not of their field's type are
//! kept. A key that comes again is not its field's: the first one counts, as a packet quoted in an ICMP
//! error stands behind the one that carries it.

mod args;
mod escapes;

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::journal;
use super::parser::Scratch;
use super::spec::KvSpec;
use super::swar::{self, Eight, Hits};
use super::target::{Capture, Target};
use super::template::Template;
use crate::model::{FieldRef, Value};
use args::{Arguments, unhex};
use escapes::unescaped;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most pairs and words of a line that are read.
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
    aside: Option<u8>,
    /// Quoted values have escapes.
    escapes: bool,
    need: Vec<String>,
    /// What is known of keys, and where by name.
    keys: Vec<Key>,
    by_name: HashMap<Box<str>, usize>,
    words: Option<FieldRef>,
    /// Where the numbered keys of a command's arguments go: the list of them, and all in one text.
    arguments: Option<[FieldRef; 2]>,
    /// Words are told in a field, whether anybody wants it or not.
    tells_words: bool,
    /// Keys alone may be followed by a length of eight bytes and so many bytes of value.
    binary: bool,
    /// Where everything else goes; nowhere if nobody wants it.
    other: Option<FieldRef>,
    /// Nothing is kept but what stands before the pairs.
    is_silent: bool,
}

/// What is known of a key.
#[derive(Debug, Default)]
struct Key {
    capture: Option<Capture>,
    /// A line without it is another rule's.
    needed: bool,
    /// A quoted value holds pairs.
    nested: bool,
    /// A value without quotes may be in hexadecimal digits.
    hex: bool,
}

/// What a walk over the pairs gathers beside mapped fields.
#[derive(Default)]
struct Left<'a> {
    words: Vec<Value<'a>>,
    arguments: Arguments,
    others: Vec<(Cow<'a, str>, Value<'a>)>,
    /// Which of the known keys came.
    seen: Vec<bool>,
    /// Pairs, and words where they are told.
    count: usize,
    pairs: usize,
    /// Needed keys that did not come yet.
    missing: usize,
}

impl Left<'_> {
    /// Whether what came makes it a line of the rule.
    fn is_enough(&self) -> bool {
        self.pairs > 0 && self.missing == 0
    }
}

/// A pair, or a word alone.
struct Pair<'a> {
    key: &'a str,
    value: Option<&'a str>,
    quoted: bool,
    /// It and the rest go to a field of their own.
    aside: bool,
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
        let mut keys: BTreeMap<&str, Key> = BTreeMap::new();
        for (key, field) in &spec.map {
            keys.entry(key).or_default().capture = Some(Capture::named(table, format, file, place, field)?);
        }
        spec.need.iter().for_each(|key| keys.entry(key).or_default().needed = true);
        spec.nested.iter().for_each(|key| keys.entry(key).or_default().nested = true);
        spec.hex.iter().for_each(|key| keys.entry(key).or_default().hex = true);
        Ok(KvRule {
            prefixes,
            separators: separators.as_bytes().into(),
            assign,
            quotes: spec.quotes.as_deref().unwrap_or("\"'").as_bytes().into(),
            trim: spec.trim.chars().collect(),
            aside: spec.aside.and_then(|mark| u8::try_from(mark).ok()),
            escapes: spec.escapes,
            need: keys.iter().filter(|(_, key)| key.needed).map(|(key, _)| (*key).to_owned()).collect(),
            by_name: keys.keys().map(|key| (*key).into()).zip(0..).collect(),
            keys: keys.into_values().collect(),
            arguments: match spec.arguments {
                true => Some([
                    table.need(file, place, "process.args")?,
                    table.need(file, place, "process.command_line")?,
                ]),
                false => None,
            },
            tells_words: spec.words.is_some(),
            words: spec.words.as_ref().map(|name| table.need(file, place, name)).transpose()?,
            binary: spec.binary,
            other: Some(table.need(file, place, "netlog.other")?),
            is_silent: false,
        })
    }

    /// Fields it can fill.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        let mapped = self.keys.iter().filter_map(|key| key.capture.as_ref());
        self.prefixes.iter().flat_map(|p| p.captures()).chain(mapped)
    }

    /// Leaves out fields that are not `kept`; of a rule whose events nobody wants (`silent`) all that only its
    /// events have.
    pub fn narrow(&mut self, kept: impl Fn(FieldRef) -> bool, silent: bool) {
        for key in &mut self.keys {
            key.capture = key.capture.take().filter(|capture| match capture.target {
                Target::Field(field) => kept(field),
                _ => !silent,
            });
        }
        self.words = self.words.filter(|words| kept(words));
        self.other = self.other.filter(|other| kept(other));
        self.arguments = self.arguments.filter(|both| both.iter().any(|field| kept(field)));
        let nothing = self.keys.iter().all(|key| key.capture.is_none());
        self.is_silent = nothing && self.words.is_none() && self.other.is_none();
    }

    /// What stands before the pairs.
    pub fn prefixes(&mut self) -> impl Iterator<Item = &mut Template> {
        self.prefixes.iter_mut()
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
            left.seen.resize(self.keys.len(), false);
            left.missing = self.need.len();
            self.walk(pairs, null, draft, &mut left, true);
            left.is_enough()
        });
        if !good {
            draft.reset(&mark);
            return false;
        }
        if let (Some(field), false) = (self.words, left.words.is_empty()) {
            draft.fields.push((field, Value::List(left.words)));
        }
        left.arguments.put(self.arguments, draft);
        if let (Some(field), false) = (self.other, left.others.is_empty()) {
            draft.fields.push((field, Value::Object(left.others)));
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
        let (mut rest, mut aside) = (text, false);
        while !(self.is_silent && left.is_enough())
            && let Some(mut pair) = self.pair(&mut rest)
        {
            if self.binary && pair.value.is_none() {
                pair.value = journal::value(&mut rest);
            }
            if left.count >= MOST {
                left.others.push((Cow::Borrowed("…"), rest.into()));
                return;
            }
            left.count += usize::from(pair.value.is_some() || self.tells_words);
            aside |= pair.aside;
            let Some(value) = pair.value else {
                match aside {
                    // Nothing but what is taken off.
                    _ if pair.key.is_empty() => {}
                    true if self.other.is_some() => left.others.push((pair.key.into(), true.into())),
                    false if self.words.is_some() => left.words.push(pair.key.into()),
                    _ => {}
                }
                continue;
            };
            let number = self.by_name.get(pair.key).filter(|_| !aside).copied();
            let known = number.and_then(|number| self.keys.get(number));
            if outer && pair.quoted && known.is_some_and(|key| key.nested) {
                self.walk(value, null, draft, left, false);
                continue;
            }
            left.pairs += 1;
            if self.arguments.is_some() && left.arguments.take(pair.key, value, pair.quoted) {
                continue;
            }
            let seen = number.and_then(|number| left.seen.get_mut(number));
            let first = seen.is_some_and(|seen| !std::mem::replace(seen, true));
            left.missing -= usize::from(first && known.is_some_and(|key| key.needed));
            if !value.is_empty() && !null.iter().any(|n| n == value) {
                self.keep(&pair, value, known.map(|key| (key, first)), draft, left);
            }
        }
    }

    /// The next pair or word; moves `rest` behind it.
    fn pair<'a>(&self, rest: &mut &'a str) -> Option<Pair<'a>> {
        let begin = rest.bytes().position(|b| !self.separators.contains(&b))?;
        let text = rest.get(begin..)?;
        let end = swar::first(text.as_bytes(), 0, |bytes| self.separating(bytes).or(bytes.are(self.assign)));
        let key = self.trimmed(text.get(..end)?);
        let aside = self.aside.is_some_and(|mark| text.as_bytes().first() == Some(&mark));
        if text.as_bytes().get(end) != Some(&self.assign) {
            *rest = text.get(end..)?;
            return Some(Pair { key, value: None, quoted: false, aside });
        }
        let after = text.get(end + 1..)?;
        if let Some(quote) = after.bytes().next().filter(|b| self.quotes.contains(b))
            && let Some(len) = quoted(after.as_bytes().get(1..)?, quote)
        {
            *rest = after.get(len + 2..)?;
            return Some(Pair { key, value: after.get(1..=len), quoted: true, aside });
        }
        let len = swar::first(after.as_bytes(), 0, |bytes| self.separating(bytes));
        *rest = after.get(len..)?;
        Some(Pair { key, value: Some(self.trimmed(after.get(..len)?)), quoted: false, aside })
    }

    fn separating(&self, bytes: Eight) -> Hits {
        self.separators.iter().map(|separator| bytes.are(*separator)).fold(Hits::NONE, Hits::or)
    }

    fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        // Few texts have something to trim.
        let (first, last) = (text.chars().next(), text.chars().next_back());
        let trims = |end: Option<char>| end.is_some_and(|end| self.trim.contains(&end));
        if trims(first) || trims(last) { text.trim_matches(&*self.trim) } else { text }
    }

    /// Keeps a value; `known` is what is known of its key, and whether it came for the first time.
    fn keep<'a>(
        &self,
        pair: &Pair<'a>,
        value: &'a str,
        known: Option<(&Key, bool)>,
        draft: &mut Draft<'a>,
        left: &mut Left<'a>,
    ) {
        let is_hex = known.is_some_and(|(key, _)| key.hex) && !pair.quoted;
        let decoded = match is_hex {
            true => unhex(value),
            false if self.escapes && pair.quoted => unescaped(value),
            false => None,
        };
        if let Some((Key { capture: Some(capture), .. }, true)) = known {
            let put = match &decoded {
                _ if capture.is_impossible(value) => false,
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
        if self.other.is_none() {
            return;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_end_at_the_first_quote_without_a_backslash() {
        assert_eq!(quoted(br#"a \" b" c"#, b'"'), Some(6));
        assert_eq!(quoted(br#"a \"#, b'"'), None);
        assert_eq!(quoted(b"it", b'\''), None);
    }
}
