//! What was seen at one place of a template, in bounded memory.

use super::mask::Kind;
use crate::model::cut;
use std::collections::BTreeSet;

/// Different texts that are remembered of a place.
const DIFFERENT: usize = 12;
/// Bytes that are remembered of a text.
const BYTES: usize = 64;
/// Different values that are few enough to be listed.
const FEW: usize = 8;

/// Different texts with how often each was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    list: Vec<(Box<str>, u64)>,
    /// There were more than are remembered.
    more: bool,
    seen: u64,
    /// Punctuation that all of them begin and end with.
    lead: Box<str>,
    tail: Box<str>,
}

impl Values {
    /// Adds a text that was seen `count` times.
    pub fn add(&mut self, text: &str, count: u64) {
        let (lead, tail) = edges(text);
        self.narrow(lead, tail);
        self.seen += count;
        let short = cut(text, BYTES);
        self.more |= short.len() < text.len();
        self.enter(short, count);
    }

    fn enter(&mut self, text: &str, count: u64) {
        let room = self.list.len() < DIFFERENT;
        match self.list.iter_mut().find(|(known, _)| &**known == text) {
            Some((_, n)) => *n += count,
            None if room => self.list.push((text.into(), count)),
            None => self.more = true,
        }
    }

    fn narrow(&mut self, lead: &str, tail: &str) {
        if self.seen == 0 {
            (self.lead, self.tail) = (lead.into(), tail.into());
            return;
        }
        let same = self.lead.chars().zip(lead.chars()).take_while(|(a, b)| a == b);
        let len: usize = same.map(|(c, _)| c.len_utf8()).sum();
        self.lead = self.lead.get(..len).unwrap_or_default().into();
        let same = self.tail.chars().rev().zip(tail.chars().rev()).take_while(|(a, b)| a == b);
        let len: usize = same.map(|(c, _)| c.len_utf8()).sum();
        self.tail = self.tail.get(self.tail.len() - len..).unwrap_or_default().into();
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: Values) {
        if other.seen == 0 {
            return;
        }
        self.narrow(&other.lead, &other.tail);
        self.seen += other.seen;
        self.more |= other.more;
        for (text, count) in other.list {
            self.enter(&text, count);
        }
    }

    /// The text, if it was always the same.
    pub fn only(&self) -> Option<&str> {
        match self.list.as_slice() {
            [(text, _)] if !self.more => Some(text),
            _ => None,
        }
    }

    /// Punctuation around all of them.
    pub fn around(&self) -> (&str, &str) {
        (&self.lead, &self.tail)
    }

    /// The texts without what is around them, sorted, if they are few and each is likely to come again.
    pub fn few(&self) -> Option<Vec<String>> {
        let often = self.seen >= 5 && self.seen >= 3 * self.list.len() as u64;
        if self.more || self.list.len() > FEW || !often {
            return None;
        }
        let bare = |text: &str| {
            let end = text.len().saturating_sub(self.tail.len());
            text.get(self.lead.len()..end).unwrap_or(text).to_owned()
        };
        let texts: BTreeSet<String> = self.list.iter().map(|(text, _)| bare(text)).collect();
        Some(texts.into_iter().collect())
    }
}

/// Punctuation at both ends of a text; none for a text that has nothing else.
fn edges(text: &str) -> (&str, &str) {
    let inner = text.trim_matches(|c: char| !c.is_alphanumeric());
    if inner.is_empty() {
        return ("", "");
    }
    let start = text.len() - text.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
    (text.get(..start).unwrap_or_default(), text.get(start + inner.len()..).unwrap_or_default())
}

/// What was seen where a mask stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub kinds: BTreeSet<Kind>,
    /// Smallest and largest whole number.
    pub range: Option<(i64, i64)>,
    pub values: Values,
    /// Nothing stood there at least once.
    pub empty: bool,
}

impl Place {
    /// Adds a value.
    pub fn add(&mut self, kind: Kind, text: &str) {
        self.kinds.insert(kind);
        self.empty |= text.is_empty();
        if kind == Kind::Int
            && let Ok(n) = text.parse::<i64>()
        {
            self.range = Some(self.range.map_or((n, n), |(a, b)| (a.min(n), b.max(n))));
        }
        self.values.add(text, 1);
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: Place) {
        self.kinds.extend(other.kinds);
        self.empty |= other.empty;
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        self.values.merge(other.values);
    }
}
