//! Parts without captures that can only end in one place, matched by a table: one look-up for each byte.
//!
//! A part may be matched this way if, wherever it could end, the bytes it could still go on with are not among
//! those that what follows can start with. Then at most one of its ends leads on: the one where it cannot go on
//! any more. No way is lost and none has to be tried again, whatever the order of preference in the part.

use super::first::byte_set;
use super::{ByteSet, END, contains};
use crate::logs::grok::syntax::{Mode, Node};
use regex_syntax::hir::ClassUnicode;
use std::collections::BTreeMap;

/// States of the table.
const MAX_STATES: usize = 250;
/// States of the machine the table is made from.
const MAX_NODES: usize = 2_000;
/// Characters beyond ASCII a set may have to be written out byte by byte.
const MAX_WIDE: u32 = 16;
/// The state that leads nowhere.
const DEAD: u8 = 0;
/// The state a part starts in.
const FIRST: u8 = 1;

/// A part as a table.
#[derive(Clone, Debug)]
pub(in crate::logs::grok) struct Dfa {
    /// Class of each byte.
    classes: Box<[u8; 256]>,
    /// A row for each state, of [`Dfa::stride`] cells: where the row of the next state starts, for each class;
    /// last, whether the part can end in the state. The first row leads nowhere.
    table: Vec<u16>,
    /// Cells of a row.
    stride: usize,
    /// Bytes the part can start with.
    pub first: ByteSet,
    /// The part can be empty.
    pub nullable: bool,
    /// Bytes the part could still take where it could end.
    pub onward: ByteSet,
}

/// Whether a tree is plain enough: sets, rows, branches and repetitions only.
pub(super) fn is_plain(node: &Node) -> bool {
    match node {
        Node::Empty => true,
        Node::Set(set) => wide_characters(set).is_some(),
        Node::Concat(parts) | Node::Alt(parts) => parts.iter().all(is_plain),
        Node::Repeat { node, mode, .. } => *mode != Mode::Possessive && is_plain(node),
        _ => false,
    }
}

/// Whether a table pays: for what is more than a few characters or one repetition.
pub(super) fn pays(parts: &[Node]) -> bool {
    let branched = |node: &Node| matches!(node, Node::Alt(_) | Node::Repeat { .. });
    parts.iter().filter(|node| branched(node)).count() > 1
        || parts.iter().any(|node| match node {
            Node::Alt(_) => true,
            Node::Repeat { node, .. } => !matches!(node.as_ref(), Node::Set(_)),
            _ => false,
        })
}

/// The characters beyond ASCII, if they are few.
fn wide_characters(set: &ClassUnicode) -> Option<Vec<char>> {
    let mut all = Vec::new();
    for range in set.iter().filter(|r| r.end() > '\x7f') {
        let (from, to) = (u32::from(range.start()).max(0x80), u32::from(range.end()));
        if to - from >= MAX_WIDE || all.len() > 16 {
            return None;
        }
        all.extend((from..=to).filter_map(char::from_u32));
    }
    Some(all)
}

/// Makes the table of a row of plain parts; `None` if it would be too large.
pub(super) fn build(parts: &[Node]) -> Option<Dfa> {
    let mut nfa = Nfa::default();
    let start = nfa.state()?;
    let mut end = start;
    for part in parts {
        end = nfa.add(part, end)?;
    }
    Determinizer::new(&nfa, end).run(start)
}

/// States with steps on bytes and free steps.
#[derive(Default)]
struct Nfa {
    bytes: Vec<Vec<(ByteSet, usize)>>,
    free: Vec<Vec<usize>>,
}

impl Nfa {
    fn state(&mut self) -> Option<usize> {
        self.bytes.push(Vec::new());
        self.free.push(Vec::new());
        (self.bytes.len() <= MAX_NODES).then_some(self.bytes.len() - 1)
    }

    fn step(&mut self, from: usize, set: ByteSet, to: usize) {
        if let Some(steps) = self.bytes.get_mut(from) {
            steps.push((set, to));
        }
    }

    fn skip(&mut self, from: usize, to: usize) {
        if let Some(steps) = self.free.get_mut(from) {
            steps.push(to);
        }
    }

    /// Adds the node after state `from`; the state it ends in.
    fn add(&mut self, node: &Node, from: usize) -> Option<usize> {
        match node {
            Node::Set(set) => self.set(set, from),
            Node::Concat(parts) => parts.iter().try_fold(from, |at, part| self.add(part, at)),
            Node::Alt(branches) => {
                let end = self.state()?;
                for branch in branches {
                    let at = self.state()?;
                    self.skip(from, at);
                    let at = self.add(branch, at)?;
                    self.skip(at, end);
                }
                Some(end)
            }
            Node::Repeat { node, min, max, .. } => {
                let mut at = from;
                for _ in 0..*min {
                    at = self.add(node, at)?;
                }
                let end = self.state()?;
                let Some(max) = max else {
                    let top = self.state()?;
                    self.skip(at, top);
                    let again = self.add(node, top)?;
                    self.skip(again, top);
                    self.skip(top, end);
                    return Some(end);
                };
                self.skip(at, end);
                for _ in *min..*max {
                    let next = self.state()?;
                    self.skip(at, next);
                    at = self.add(node, next)?;
                    self.skip(at, end);
                }
                Some(end)
            }
            _ => Some(from),
        }
    }

    fn set(&mut self, set: &ClassUnicode, from: usize) -> Option<usize> {
        let end = self.state()?;
        let mut ascii = byte_set(set);
        ascii.iter_mut().skip(2).for_each(|word| *word = 0);
        self.step(from, ascii, end);
        for c in wide_characters(set)? {
            let mut buffer = [0; 4];
            let mut at = from;
            let encoded = c.encode_utf8(&mut buffer).as_bytes();
            for (i, byte) in encoded.iter().enumerate() {
                let to = if i + 1 == encoded.len() { end } else { self.state()? };
                let mut one = [0; 5];
                super::insert(&mut one, usize::from(*byte));
                self.step(at, one, to);
                at = to;
            }
        }
        Some(end)
    }
}

/// Turns sets of states into states.
struct Determinizer<'n> {
    nfa: &'n Nfa,
    end: usize,
    known: BTreeMap<Vec<usize>, u8>,
    queue: Vec<Vec<usize>>,
}

impl<'n> Determinizer<'n> {
    fn new(nfa: &'n Nfa, end: usize) -> Determinizer<'n> {
        Determinizer { nfa, end, known: BTreeMap::new(), queue: Vec::new() }
    }

    /// The states reached without taking a byte, sorted.
    fn closure(&self, mut states: Vec<usize>) -> Vec<usize> {
        let mut at = 0;
        while let Some(state) = states.get(at).copied() {
            for to in self.nfa.free.get(state).into_iter().flatten() {
                if !states.contains(to) {
                    states.push(*to);
                }
            }
            at += 1;
        }
        states.sort_unstable();
        states.dedup();
        states
    }

    fn number(&mut self, states: Vec<usize>) -> Option<u8> {
        if states.is_empty() {
            return Some(DEAD);
        }
        let states = self.closure(states);
        if let Some(known) = self.known.get(&states) {
            return Some(*known);
        }
        let number = u8::try_from(self.known.len() + 1).ok().filter(|n| usize::from(*n) < MAX_STATES)?;
        self.known.insert(states.clone(), number);
        self.queue.push(states);
        Some(number)
    }

    fn run(mut self, start: usize) -> Option<Dfa> {
        let (classes, stride) = classes(self.nfa);
        let sample: Vec<usize> =
            (0..stride).filter_map(|class| classes.iter().position(|c| usize::from(*c) == class)).collect();
        let row = |state: u8| u16::try_from(usize::from(state) * (stride + 1)).ok();
        let mut table = vec![0; stride + 1];
        self.number(vec![start])?;
        let mut at = 0;
        while let Some(states) = self.queue.get(at).cloned() {
            for byte in &sample {
                let steps = states.iter().filter_map(|s| self.nfa.bytes.get(*s)).flatten();
                let to = steps.filter(|(set, _)| contains(set, *byte)).map(|(_, to)| *to).collect();
                table.push(row(self.number(to)?)?);
            }
            table.push(u16::from(states.contains(&self.end)));
            at += 1;
        }
        let mut dfa = Dfa {
            classes: Box::new(classes),
            stride: stride + 1,
            table,
            nullable: false,
            first: [0; 5],
            onward: [0; 5],
        };
        let first = dfa.row(FIRST);
        dfa.nullable = dfa.accepts(first);
        dfa.first = dfa.leaving(first);
        for state in FIRST..=u8::try_from(self.queue.len()).ok()? {
            let row = dfa.row(state);
            if dfa.accepts(row) {
                let leaving = dfa.leaving(row);
                dfa.onward.iter_mut().zip(leaving).for_each(|(all, more)| *all |= more);
            }
        }
        Some(dfa)
    }
}

impl Dfa {
    /// How many bytes the part can go along, and whether it can end there.
    #[inline(always)]
    pub fn run(&self, text: &[u8]) -> (usize, bool) {
        let mut row = usize::from(FIRST) * self.stride;
        let mut length = 0;
        for byte in text {
            let next = self.after(row, *byte);
            if next == usize::from(DEAD) {
                break;
            }
            row = next;
            length += 1;
        }
        (length, self.accepts(row))
    }

    /// Where the row of the state after a byte starts.
    #[inline(always)]
    fn after(&self, row: usize, byte: u8) -> usize {
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
        self.table.get(row + usize::from(class)).map_or(0, |next| usize::from(*next))
    }

    fn row(&self, state: u8) -> usize {
        usize::from(state) * self.stride
    }

    fn accepts(&self, row: usize) -> bool {
        self.table.get(row + self.stride - 1).is_some_and(|accepts| *accepts != 0)
    }

    /// Bytes that lead on from a state. Every state can be ended from, as trees have no dead ends.
    fn leaving(&self, row: usize) -> ByteSet {
        let mut set = [0; 5];
        for byte in 0..=u8::MAX {
            if self.after(row, byte) != usize::from(DEAD) {
                super::insert(&mut set, usize::from(byte));
            }
        }
        set
    }
}

/// Bytes that no step tells apart have one class.
fn classes(nfa: &Nfa) -> ([u8; 256], usize) {
    let sets: Vec<&ByteSet> = nfa.bytes.iter().flatten().map(|(set, _)| set).collect();
    let mut unique: Vec<&ByteSet> = sets;
    unique.sort_unstable();
    unique.dedup();
    let mut known: BTreeMap<Vec<bool>, u8> = BTreeMap::new();
    let mut classes = [0; 256];
    for (byte, class) in classes.iter_mut().enumerate().take(END) {
        let signature: Vec<bool> = unique.iter().map(|set| contains(set, byte)).collect();
        let fresh = u8::try_from(known.len()).unwrap_or(u8::MAX);
        *class = *known.entry(signature).or_insert(fresh);
    }
    let stride = known.len();
    (classes, stride)
}
