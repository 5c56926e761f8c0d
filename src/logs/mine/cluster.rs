//! Lines of one statement: the tokens they share, and what was seen at the others.

use super::mask::{Kind, Token, has_key};
use super::values::{Place, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of one statement that are told apart.
const VARIANTS: usize = 32;
/// Ways of blanks between the same tokens that are remembered.
const BLANKS: usize = 4;
/// Lines that are kept of each kind.
const SAMPLES: usize = 2;
/// Programs that are remembered.
const PROGRAMS: usize = 64;
/// Longest line that is kept, bytes.
const SAMPLE: usize = 1 << 12;

/// What is known of a line beside its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact<'l> {
    /// The whole line.
    pub line: &'l str,
    /// Number of its file, and of the line in it.
    pub at: (usize, u64),
    /// `process.name`, as its parent reads it.
    pub program: Option<&'l str>,
    /// The format that reads all of it.
    pub reader: Option<&'static str>,
}

/// What was seen at one token.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub whole: Values,
    pub pieces: Vec<Place>,
}

/// Lines that have the same words right of their equals signs.
#[derive(Clone, Debug, Default)]
pub(super) struct Variant {
    pub count: u64,
    pub first: (usize, u64),
    pub tokens: Vec<Seen>,
    /// Blanks before each token and at the end.
    pub blanks: Vec<Vec<Box<str>>>,
    pub samples: Vec<Box<str>>,
    pub programs: BTreeSet<Box<str>>,
    /// Lines without a program.
    pub nameless: u64,
    /// Lines that a format reads already, by format.
    pub readers: BTreeMap<&'static str, u64>,
}

impl Variant {
    fn add(&mut self, tokens: &[Token<'_>], end: &str, fact: &Fact<'_>) {
        if self.count == 0 {
            self.first = fact.at;
        }
        self.count += 1;
        self.tokens.resize_with(tokens.len(), Seen::default);
        for (seen, token) in self.tokens.iter_mut().zip(tokens) {
            seen.whole.add(token.text, 1);
            if seen.pieces.len() < token.pieces.len() {
                seen.pieces.resize_with(token.pieces.len(), Place::default);
            }
            for (place, piece) in seen.pieces.iter_mut().zip(&token.pieces) {
                place.add(piece.kind, token.text.get(piece.start..piece.end).unwrap_or_default());
            }
        }
        let blanks = || tokens.iter().map(|t| t.before).chain([end]);
        let known = self.blanks.iter().any(|b| b.iter().map(|s| &**s).eq(blanks()));
        if !known && self.blanks.len() < BLANKS {
            self.blanks.push(blanks().map(Box::from).collect());
        }
        let room = self.samples.len() < SAMPLES && fact.line.len() <= SAMPLE;
        if room && self.samples.iter().all(|s| **s != *fact.line) {
            self.samples.push(fact.line.into());
        }
        match fact.program {
            Some(name) if self.programs.len() < PROGRAMS => drop(self.programs.insert(name.into())),
            Some(name) if self.programs.contains(name) => {}
            _ => self.nameless += 1,
        }
        if let Some(reader) = fact.reader {
            *self.readers.entry(reader).or_default() += 1;
        }
    }

    fn merge(&mut self, other: Variant) {
        if self.count == 0 {
            *self = other;
            return;
        }
        self.count += other.count;
        self.first = self.first.min(other.first);
        for (mine, theirs) in self.tokens.iter_mut().zip(other.tokens) {
            mine.whole.merge(theirs.whole);
            for (i, place) in theirs.pieces.into_iter().enumerate() {
                match mine.pieces.get_mut(i) {
                    Some(mine) => mine.merge(place),
                    None => mine.pieces.push(place),
                }
            }
        }
        for blanks in other.blanks {
            if self.blanks.len() < BLANKS && !self.blanks.contains(&blanks) {
                self.blanks.push(blanks);
            }
        }
        let room = SAMPLES.saturating_sub(self.samples.len());
        self.samples.extend(other.samples.into_iter().take(room));
        self.programs.extend(other.programs);
        self.nameless += other.nameless;
        for (reader, n) in other.readers {
            *self.readers.entry(reader).or_default() += n;
        }
    }
}

/// Lines that are alike.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    /// The format whose field holds the text.
    pub under: Option<usize>,
    /// The tokens, values masked; `None` where they differ.
    pub shapes: Vec<Option<String>>,
    /// Words right of equals signs that tell kinds apart: (token, value in it).
    pub open: Vec<(usize, usize)>,
    pub variants: BTreeMap<Vec<Box<str>>, Variant>,
}

impl Cluster {
    /// A cluster for lines like this one.
    pub fn new(under: Option<usize>, tokens: &[Token<'_>]) -> Cluster {
        let words = |(t, token): (usize, &Token<'_>)| {
            let words = token.pieces.iter().enumerate().filter(|(_, p)| p.kind == Kind::Word);
            words.map(move |(p, _)| (t, p)).collect::<Vec<_>>()
        };
        Cluster {
            under,
            shapes: tokens.iter().map(|t| Some(t.shape.clone())).collect(),
            open: tokens.iter().enumerate().flat_map(words).collect(),
            variants: BTreeMap::new(),
        }
    }

    /// Share of the tokens that are alike, and how many are left open. `None` if too few are the same, or
    /// a key is not.
    pub fn similarity(&self, tokens: &[Token<'_>]) -> Option<(f64, usize)> {
        let other_key = |(shape, token): (&Option<String>, &Token<'_>)| {
            let differs = shape.as_ref().is_none_or(|s| *s != token.shape);
            differs && (has_key(&token.shape) || shape.as_deref().is_some_and(has_key))
        };
        if self.shapes.iter().zip(tokens).any(other_key) {
            return None;
        }
        let same = self.shapes.iter().zip(tokens).filter(|(s, t)| s.as_ref() == Some(&t.shape)).count();
        let wild = self.shapes.iter().filter(|s| s.is_none()).count();
        // At most `TOKENS` of them.
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let share = (same + wild) as f64 / tokens.len().max(1) as f64;
        (same * 2 >= tokens.len()).then_some((share, wild))
    }

    /// Which kind a line is.
    pub fn key(&self, tokens: &[Token<'_>]) -> Vec<Box<str>> {
        let text = |(t, p): &(usize, usize)| word(tokens, *t, *p).map_or("", |(_, text)| text).into();
        self.open.iter().map(text).collect()
    }

    /// Adds a line. A key with more than `kinds` words, or with a value of another kind, is left open.
    pub fn add(&mut self, tokens: &[Token<'_>], end: &str, fact: &Fact<'_>, kinds: usize) {
        for (shape, token) in self.shapes.iter_mut().zip(tokens) {
            if shape.as_ref().is_some_and(|s| *s != token.shape) {
                *shape = None;
            }
        }
        let wild = |c: &Cluster, t: usize| c.shapes.get(t).is_none_or(Option::is_none);
        let other = |t, p| word(tokens, t, p).is_none_or(|(kind, _)| kind != Kind::Word);
        while let Some(at) = self.open.iter().position(|&(t, p)| wild(self, t) || other(t, p)) {
            self.close(at);
        }
        let mut key = self.key(tokens);
        while !self.variants.contains_key(&key) {
            let numbers: Vec<usize> = (0..key.len()).map(|i| self.different(i, &key)).collect();
            let most = numbers.iter().enumerate().max_by_key(|(i, n)| (**n, usize::MAX - i));
            let Some((at, _)) = most.filter(|(_, n)| **n > kinds || self.variants.len() >= VARIANTS) else {
                break;
            };
            self.close(at);
            key.remove(at);
        }
        self.variants.entry(key).or_default().add(tokens, end, fact);
    }

    /// Different words at an open place, that of `key` included.
    fn different(&self, at: usize, key: &[Box<str>]) -> usize {
        let words = self.variants.keys().map(Vec::as_slice).chain([key]);
        words.filter_map(|k| k.get(at)).collect::<BTreeSet<_>>().len()
    }

    /// Stops to tell kinds apart by a place.
    fn close(&mut self, at: usize) {
        self.open.remove(at);
        for (mut key, variant) in std::mem::take(&mut self.variants) {
            if at < key.len() {
                key.remove(at);
            }
            self.variants.entry(key).or_default().merge(variant);
        }
    }

    /// Takes over another cluster of as many tokens; they may differ in any of them.
    pub fn absorb(&mut self, mut other: Cluster, kinds: usize) {
        for (mine, theirs) in self.shapes.iter_mut().zip(&other.shapes) {
            if mine != theirs {
                *mine = None;
            }
        }
        let lost = |c: &Cluster, shapes: &[Option<String>], more: &[(usize, usize)]| {
            c.open.iter().position(|o| shapes.get(o.0).is_none_or(Option::is_none) || !more.contains(o))
        };
        while let Some(at) = lost(self, &self.shapes, &other.open) {
            self.close(at);
        }
        while let Some(at) = lost(&other, &self.shapes, &self.open) {
            other.close(at);
        }
        for (key, variant) in other.variants {
            self.variants.entry(key).or_default().merge(variant);
        }
        while let Some(at) = (0..self.open.len()).find(|&at| {
            let words: BTreeSet<_> = self.variants.keys().filter_map(|k| k.get(at)).collect();
            words.len() > kinds
        }) {
            self.close(at);
        }
    }
}

/// The value at a place of a line.
fn word<'t>(tokens: &[Token<'t>], token: usize, piece: usize) -> Option<(Kind, &'t str)> {
    let token = tokens.get(token)?;
    let piece = token.pieces.get(piece)?;
    Some((piece.kind, token.text.get(piece.start..piece.end)?))
}
