//! Which rules of a format can match a text: those whose first words are its first words.
//!
//! ```text
//! "" ─ 'C' ─ "onnection closed by " ─┬─ "invalid user "
//!                                    └─ "authenticating user "
//! ```
//!
//! A text walks down this tree as far as it fits; where it stops stand the alternatives that are left,
//! in the order of the rules.

mod walked;

use super::draft::Draft;
use super::parser::Scratch;
use super::rule::{Format, Matcher, Rule};
use super::swar;
use super::template::{End, Misfit, begins};
use std::collections::{BTreeMap, BTreeSet};
pub(in crate::logs) use walked::Walked;
use walked::{Beginning, LONGEST};

/// One alternative of a rule that is worth trying.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    rule: u16,
    matcher: u16,
    /// First parts that it has in common with the candidate before it.
    common: usize,
    /// Of these, those that reach as far whatever follows.
    shared: usize,
    /// Parts that match if it is worth trying at all.
    known: usize,
    /// What a text that matches ends with.
    end: End,
}

/// Where texts stop that begin alike.
#[derive(Debug, Default)]
struct Node {
    candidates: Box<[Candidate]>,
    /// First bytes of what may follow, eight at a time; no two are the same.
    firsts: Box<[[u8; 8]]>,
    /// What may follow, with the number of the node that it leads to, in the same order.
    next: Box<[(Box<[u8]>, u32)]>,
}

/// An alternative with the numbers of its rule and of itself.
type Alternative<'r> = (&'r Matcher, u16, u16);

/// Which rules (and which of their alternatives) can match a text, by how it begins, in order.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    /// Number of the node that a text begins at, by its first byte. Most bytes have one in common.
    by_byte: Vec<u32>,
    /// The node of the empty text.
    empty: u32,
    nodes: Vec<Node>,
}

impl Dispatch {
    /// Sorts the rules by what they begin with.
    pub fn new(rules: &[Rule]) -> Dispatch {
        let alternatives = rules
            .iter()
            .zip(0u16..)
            .flat_map(|(rule, r)| rule.matchers.iter().zip(0u16..).map(move |(matcher, m)| (matcher, r, m)));
        let mut by_byte: Vec<Vec<Alternative<'_>>> = vec![Vec::new(); 256];
        let mut empty = Vec::new();
        for alternative in alternatives {
            let matcher = alternative.0;
            match matcher.literal().and_then(|literal| literal.first()) {
                Some(first) => {
                    by_byte.get_mut(usize::from(*first)).into_iter().for_each(|f| f.push(alternative))
                }
                None => {
                    let fits =
                        (0..=u8::MAX).zip(&mut by_byte).filter(|(byte, _)| matcher.may_begin(Some(*byte)));
                    fits.for_each(|(_, fitting)| fitting.push(alternative));
                    empty.extend(matcher.may_begin(None).then_some(alternative));
                }
            }
        }
        let mut dispatch = Dispatch::default();
        dispatch.empty = dispatch.add(&empty, 0);
        let mut known: BTreeMap<Vec<(u16, u16)>, u32> = BTreeMap::new();
        for fitting in by_byte {
            let numbers = fitting.iter().map(|(_, rule, matcher)| (*rule, *matcher)).collect();
            let node = *known.entry(numbers).or_insert_with(|| dispatch.add(&fitting, 0));
            dispatch.by_byte.push(node);
        }
        dispatch
    }

    /// The first rule of `format` that matches the text; the draft holds what it captured.
    pub fn apply<'r, 'a>(
        &self,
        format: &'r Format,
        text: &'a str,
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> Option<&'r Rule> {
        self.find(format, text, draft, scratch).and_then(|number| format.rules.get(number))
    }

    /// The same; gives its number.
    pub fn find<'a>(
        &self,
        format: &Format,
        text: &'a str,
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        // Parts that matched when the last one was tried, and are the same in all tried since.
        let (mut misfit, mut known) = (Misfit::LATER, 0);
        let last = text.as_bytes().last().copied();
        for candidate in self.candidates(text.as_bytes(), &mut scratch.walked) {
            known = candidate.shared.min(known);
            // What did not fit the one before does not fit this one either.
            if misfit.within <= candidate.common {
                continue;
            }
            if !candidate.end.may_be(last) {
                // Nothing is known of it that would hold for the next one.
                misfit = Misfit::LATER;
                continue;
            }
            let rule = format.rules.get(usize::from(candidate.rule))?;
            let matcher = rule.matchers.get(usize::from(candidate.matcher))?;
            match matcher.apply(text, &format.null, draft, scratch, known.max(candidate.known)) {
                Ok(()) => {
                    if let Some(trace) = &mut scratch.trace {
                        trace.push((format.name, usize::from(candidate.rule)));
                    }
                    return Some(usize::from(candidate.rule));
                }
                Err(why) => {
                    misfit = why;
                    known = why.matched;
                }
            }
        }
        None
    }

    /// Numbers of the rules and the alternatives that are tried for a text that begins like this.
    pub fn tried(&self, text: &[u8]) -> impl Iterator<Item = (u16, u16)> {
        self.candidates(text, &mut Walked::default())
            .to_vec()
            .into_iter()
            .map(|candidate| (candidate.rule, candidate.matcher))
    }

    /// What is worth trying.
    fn candidates(&self, text: &[u8], walked: &mut Walked) -> &[Candidate] {
        let first = text.first().and_then(|first| self.by_byte.get(usize::from(*first)));
        let root = (*first.unwrap_or(&self.empty), 0);
        let beginning = Beginning::new(self.nodes.as_ptr().addr(), text);
        let begun = beginning.and_then(|beginning| walked.find(&beginning));
        let (mut number, mut at) = begun.unwrap_or(root);
        // As far as a beginning reaches.
        let mut near = root;
        while let Some(node) = self.node(number)
            && let left = text.get(at..).unwrap_or_default()
            && let Some(byte) = left.first()
            && let Some((label, next)) = node.next(*byte)
            && begins(left, label)
        {
            (number, at) = (*next, at + label.len());
            if at <= LONGEST {
                near = (number, at);
            }
        }
        // Where a text begins follows from its first byte: without one nothing can be said.
        if let Some(beginning) = beginning.filter(|_| begun.is_none() && near.1 > 0) {
            walked.enter(&beginning, near.1, near.0);
        }
        self.node(number).map(|node| &*node.candidates).unwrap_or_default()
    }

    #[inline]
    fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// Adds the node of texts whose first `depth` bytes are those of every literal in `alternatives`, as far
    /// as these reach, and gives its number.
    fn add(&mut self, alternatives: &[Alternative<'_>], depth: usize) -> u32 {
        let here: Vec<&Alternative<'_>> =
            alternatives.iter().filter(|(m, ..)| m.literal().is_none_or(|l| l.len() <= depth)).collect();
        let mut before: Option<&Matcher> = None;
        let candidates = here.iter().map(|(matcher, rule, number)| {
            let (common, shared) = before.replace(matcher).map_or((0, 0), |before| matcher.common(before));
            let known = usize::from(matcher.literal().is_some());
            Candidate { rule: *rule, matcher: *number, common, shared, known, end: matcher.end() }
        });
        let candidates = candidates.collect();
        let byte = |m: &Matcher| m.literal().and_then(|l| l.get(depth)).copied();
        let bytes: BTreeSet<u8> = alternatives.iter().filter_map(|(m, ..)| byte(m)).collect();
        let next = bytes.iter().map(|first| {
            let fits = |m: &Matcher| byte(m).is_none_or(|b| b == *first);
            let fitting: Vec<Alternative<'_>> =
                alternatives.iter().filter(|(m, ..)| fits(m)).copied().collect();
            let longer = fitting.iter().filter_map(|(m, ..)| m.literal().filter(|l| l.len() > depth));
            let label = longer.map(|l| l.get(depth..).unwrap_or_default()).reduce(shared).unwrap_or_default();
            (label.into(), self.add(&fitting, depth + label.len()))
        });
        let next = next.collect();
        let bytes: Vec<u8> = bytes.into_iter().collect();
        self.nodes.push(Node { candidates, firsts: bytes.chunks(8).map(swar::padded).collect(), next });
        // A format has far fewer rules than numbers.
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }
}

impl Node {
    /// What may follow that begins with this byte.
    #[inline]
    fn next(&self, byte: u8) -> Option<&(Box<[u8]>, u32)> {
        let mut groups = self.firsts.iter().enumerate();
        let place = groups.find_map(|(group, firsts)| swar::place(*firsts, byte).map(|at| 8 * group + at))?;
        // Behind the last one stand zeros, which may be looked for.
        self.next.get(place)
    }
}

/// What two texts begin with.
fn shared<'t>(a: &'t [u8], b: &'t [u8]) -> &'t [u8] {
    let len = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    a.get(..len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::FormatSet;

    /// Every literal of every format, whole, cut short, changed and lengthened: texts that begin alike but go
    /// different ways, one after the other in both orders.
    #[test]
    fn how_texts_walked_before_changes_nothing() -> Result<(), crate::logs::PatternError> {
        let set = FormatSet::builtin()?;
        let (mut walked, mut long) = (Walked::default(), 0);
        for format in &set.formats {
            let matchers = format.rules.iter().flat_map(|rule| &rule.matchers);
            let mut texts: Vec<Vec<u8>> = Vec::new();
            for literal in matchers.filter_map(Matcher::literal) {
                for end in [literal.len(), literal.len() / 2, 9.min(literal.len()), 1.min(literal.len())] {
                    texts.push([&literal[..end], b"0123456789 the end of a text"].concat());
                }
                texts.push([literal, literal].concat());
                let mut other = [literal, b" and more of it, so that it is long"].concat();
                other[literal.len() / 2] ^= 1;
                texts.push(other);
            }
            let tried = |walked: &mut Walked, text: &[u8]| {
                let candidates = format.dispatch.candidates(text, walked).iter();
                candidates.map(|c| (c.rule, c.matcher)).collect::<Vec<_>>()
            };
            for text in texts.iter().chain(texts.iter().rev()) {
                let fresh = tried(&mut Walked::default(), text);
                assert_eq!(tried(&mut walked, text), fresh, "{}: {}", format.name, text.escape_ascii());
                assert_eq!(tried(&mut walked, text), fresh, "{}: again", format.name);
                long += usize::from(text.len() >= LONGEST);
            }
        }
        assert!(long > 1000, "{long}");
        Ok(())
    }
}
