//! Which rules of a format can match a text: those whose first words are its first words.
//!
//! ```text
//! "" ─ 'C' ─ "onnection closed by " ─┬─ "invalid user "
//!                                    └─ "authenticating user "
//! ```
//!
//! A text walks down this tree as far as it fits; where it stops stand the alternatives that are left,
//! in the order of the rules.

use super::draft::Draft;
use super::parser::Scratch;
use super::rule::{Format, Matcher, Rule};
use super::swar;
use super::template::{End, Misfit, begins};
use std::collections::{BTreeMap, BTreeSet};

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
    /// What may follow, in the same order.
    next: Box<[(Box<[u8]>, Node)]>,
}

/// An alternative with the numbers of its rule and of itself.
type Alternative<'r> = (&'r Matcher, u16, u16);

/// Which rules (and which of their alternatives) can match a text, by how it begins, in order.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    /// Which of the nodes a text begins at, by its first byte.
    by_byte: Vec<usize>,
    /// Most bytes have one in common.
    nodes: Vec<Node>,
    empty: Node,
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
        let mut dispatch = Dispatch { empty: Node::new(&empty, 0), ..Dispatch::default() };
        let mut known: BTreeMap<Vec<(u16, u16)>, usize> = BTreeMap::new();
        for fitting in by_byte {
            let numbers = fitting.iter().map(|(_, rule, matcher)| (*rule, *matcher)).collect();
            let node = *known.entry(numbers).or_insert_with(|| {
                dispatch.nodes.push(Node::new(&fitting, 0));
                dispatch.nodes.len() - 1
            });
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
        for candidate in self.candidates(text.as_bytes()) {
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
        self.candidates(text).iter().map(|candidate| (candidate.rule, candidate.matcher))
    }

    /// What is worth trying.
    fn candidates(&self, text: &[u8]) -> &[Candidate] {
        let first = text.first().and_then(|first| self.by_byte.get(usize::from(*first)));
        let mut node = first.and_then(|first| self.nodes.get(*first)).unwrap_or(&self.empty);
        let mut left = text;
        while let Some(byte) = left.first()
            && let Some((label, next)) = node.next(*byte)
            && begins(left, label)
        {
            left = left.get(label.len()..).unwrap_or_default();
            node = next;
        }
        &node.candidates
    }
}

impl Node {
    /// What may follow that begins with this byte.
    #[inline]
    fn next(&self, byte: u8) -> Option<&(Box<[u8]>, Node)> {
        let mut groups = self.firsts.iter().enumerate();
        let place = groups.find_map(|(group, firsts)| swar::place(*firsts, byte).map(|at| 8 * group + at))?;
        // Behind the last one stand zeros, which may be looked for.
        self.next.get(place)
    }

    /// The node of texts whose first `depth` bytes are those of every literal in `alternatives`, as far
    /// as these reach.
    fn new(alternatives: &[Alternative<'_>], depth: usize) -> Node {
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
            (label.into(), Node::new(&fitting, depth + label.len()))
        });
        let next = next.collect();
        let bytes: Vec<u8> = bytes.into_iter().collect();
        Node { candidates, firsts: bytes.chunks(8).map(swar::padded).collect(), next }
    }
}

/// What two texts begin with.
fn shared<'t>(a: &'t [u8], b: &'t [u8]) -> &'t [u8] {
    let len = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    a.get(..len).unwrap_or_default()
}
