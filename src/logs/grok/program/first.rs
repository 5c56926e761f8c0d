//! Which bytes each step of a program can start with, and the tables that tell it at matching time.

use super::{Bit, ByteSet, CharSet, END, Op, Program, Run, Scan, Switch, Table, Wide, contains, insert};
use crate::logs::grok::syntax::{Assert, Mode};
use regex_syntax::hir::ClassUnicode;
use std::collections::BTreeMap;

/// Every byte and the end.
pub(super) const ANY: ByteSet = [u64::MAX, u64::MAX, u64::MAX, u64::MAX, 1];

/// Builds tables, each set of sets once.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub tables: Vec<Table>,
    /// Bits used in the last table.
    used: u32,
    known: BTreeMap<Vec<ByteSet>, Bit>,
}

impl Tables {
    /// Bits next to each other for up to 64 sets; the bit of the first.
    pub fn bits(&mut self, sets: &[ByteSet]) -> Bit {
        if let Some(bit) = self.known.get(sets) {
            return *bit;
        }
        let count = u32::try_from(sets.len()).unwrap_or(64);
        if self.tables.is_empty() || self.used + count > 64 {
            self.tables.push([0; 257]);
            self.used = 0;
        }
        let bit = Bit { table: u32::try_from(self.tables.len() - 1).unwrap_or(0), shift: self.used };
        if let Some(table) = self.tables.last_mut() {
            for (byte, row) in table.iter_mut().enumerate() {
                for (set, shift) in sets.iter().zip(bit.shift..) {
                    *row |= u64::from(contains(set, byte)) << shift;
                }
            }
        }
        self.used += count;
        self.known.insert(sets.to_vec(), bit);
        bit
    }
}

/// Bytes a character of the set can start with.
pub(super) fn byte_set(class: &ClassUnicode) -> ByteSet {
    let mut set = [0; 5];
    for range in class.iter() {
        let (from, to) = (u32::from(range.start()), u32::from(range.end()));
        for byte in from..=to.min(0x7f) {
            insert(&mut set, usize::try_from(byte).unwrap_or(END));
        }
        if to > 0x7f {
            (0x80..END).for_each(|byte| insert(&mut set, byte));
            // Ranges are in order, and letters of the world are in hundreds of them.
            break;
        }
    }
    set
}

/// A set as the machine uses it.
pub(super) fn char_set(class: &ClassUnicode, tables: &mut Tables) -> CharSet {
    let bytes = byte_set(class);
    let beyond: Vec<_> = class.iter().filter(|r| u32::from(r.end()) > 0x7f).copied().collect();
    let all = beyond.last().is_some_and(|r| u32::from(r.start()) <= 0x80 && r.end() == char::MAX);
    let wide = match beyond.is_empty() {
        true => Wide::None,
        false if all => Wide::All,
        false => Wide::Ranges(beyond),
    };
    let missing: Vec<u8> = (0..=u8::MAX).filter(|b| !contains(&bytes, usize::from(*b))).collect();
    let scan = match (&wide, missing.as_slice()) {
        (Wide::Ranges(_), _) => Scan::Chars,
        (Wide::All, []) => Scan::All,
        (Wide::All, [a]) => Scan::Until1(*a),
        (Wide::All, [a, b]) => Scan::Until2(*a, *b),
        (Wide::All, [a, b, c]) => Scan::Until3(*a, *b, *c),
        _ => Scan::Table,
    };
    CharSet { bit: tables.bits(&[bytes]), wide, scan }
}

/// What each step can start with. Over-approximated: a byte in the set may still fail, one outside always does.
pub(super) fn first_sets(program: &Program, classes: &[ClassUnicode]) -> Vec<ByteSet> {
    let sets: Vec<ByteSet> = classes.iter().map(byte_set).collect();
    let mut first: Vec<ByteSet> = vec![[0; 5]; program.ops.len()];
    loop {
        let mut changed = false;
        for pc in (0..program.ops.len()).rev() {
            let set = step(program, &sets, &first, pc);
            if let Some(known) = first.get_mut(pc).filter(|known| **known != set) {
                *known = set;
                changed = true;
            }
        }
        if !changed {
            return first;
        }
    }
}

fn step(program: &Program, sets: &[ByteSet], first: &[ByteSet], pc: usize) -> ByteSet {
    let at = |pc: usize| first.get(pc).copied().unwrap_or(ANY);
    let to = |pc: u32| at(usize::try_from(pc).unwrap_or(usize::MAX));
    let members = |set: u32| sets.get(usize::try_from(set).unwrap_or(usize::MAX)).copied().unwrap_or(ANY);
    let one = |byte: u8| {
        let mut set = [0; 5];
        insert(&mut set, usize::from(byte));
        set
    };
    let Some(op) = program.ops.get(pc) else { return ANY };
    match *op {
        Op::Byte(b) => one(b),
        Op::Text(text) => get(&program.texts, text).and_then(|t| t.first()).map_or(ANY, |b| one(*b)),
        Op::Set(set) => members(set),
        Op::Run(run) => match get(&program.runs, run) {
            Some(run) if run.min > 0 => members(run.set),
            Some(run) => union(&members(run.set), &at(pc + 1)),
            None => ANY,
        },
        Op::Dfa(dfa) => match get(&program.dfas, dfa) {
            Some(dfa) if dfa.nullable => union(&dfa.first, &at(pc + 1)),
            Some(dfa) => dfa.first,
            None => ANY,
        },
        Op::Switch(switch) => match get(&program.switches, switch) {
            Some(switch) => switch.ways.iter().fold([0; 5], |all, way| union(&all, &to(*way))),
            None => ANY,
        },
        Op::Jump(target) => to(target),
        Op::Assert(Assert::TextEnd) => [0, 0, 0, 0, 1],
        Op::Assert(Assert::LineEnd | Assert::TextEndNewline) => [1 << b'\n', 0, 0, 0, 1],
        Op::Assert(Assert::Never) => [0; 5],
        Op::Peek { set, behind: false, negative: false } => members(set),
        Op::Peek { set, behind: false, negative: true } => without_ascii(&at(pc + 1), &members(set)),
        Op::Save(_) | Op::Assert(_) | Op::Peek { .. } | Op::AtomicStart(_) => at(pc + 1),
        Op::LookStart { after, .. } => to(after),
        Op::Progress { exit, .. } => union(&at(pc + 1), &to(exit)),
        Op::IfGroup { otherwise, .. } => union(&at(pc + 1), &to(otherwise)),
        // An atomic group takes its first way whether or not it leads on: what follows must not choose it.
        Op::AtomicEnd(_) => ANY,
        Op::LookEnd { .. } | Op::Back(_) | Op::At(_) | Op::Backref { .. } | Op::Match => ANY,
    }
}

fn get<T>(list: &[T], index: u32) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

fn union(a: &ByteSet, b: &ByteSet) -> ByteSet {
    let mut all = *a;
    for (word, more) in all.iter_mut().zip(b) {
        *word |= more;
    }
    all
}

/// The set without the ASCII bytes of the other; beyond ASCII a byte does not tell the character.
fn without_ascii(set: &ByteSet, other: &ByteSet) -> ByteSet {
    let mut rest = *set;
    for (word, out) in rest.iter_mut().zip(other).take(2) {
        *word &= !out;
    }
    rest
}

fn disjoint(a: &ByteSet, b: &ByteSet) -> bool {
    a.iter().zip(b).all(|(a, b)| a & b == 0)
}

/// Steps by table that cannot be: something that follows could also be part of them.
pub(super) fn ambiguous(program: &Program, classes: &[ClassUnicode]) -> Vec<u32> {
    let first = first_sets(program, classes);
    let after = |pc: usize| first.get(pc + 1).copied().unwrap_or(ANY);
    let steps = program.ops.iter().enumerate();
    let tables = steps.filter_map(|(pc, op)| if let Op::Dfa(dfa) = op { Some((pc, *dfa)) } else { None });
    tables
        .filter(|(pc, dfa)| get(&program.dfas, *dfa).is_none_or(|dfa| !disjoint(&dfa.onward, &after(*pc))))
        .map(|(_, dfa)| dfa)
        .collect()
}

/// Fills in what the choices of the program need to know of what comes after them.
pub(super) fn decide(program: &mut Program, classes: &[ClassUnicode], tables: &mut Tables) {
    let first = first_sets(program, classes);
    let after = |pc: usize| first.get(pc).copied().unwrap_or(ANY);
    let mut deterministic = true;
    for (pc, op) in program.ops.iter().enumerate() {
        match *op {
            Op::Switch(switch) => {
                let index = usize::try_from(switch).unwrap_or(usize::MAX);
                let Some(switch) = program.switches.get_mut(index) else { continue };
                deterministic &= decide_switch(switch, &first, tables);
            }
            Op::Run(run) => {
                let literal = literal_after(&program.ops, &program.texts, pc + 1);
                let index = usize::try_from(run).unwrap_or(usize::MAX);
                let Some(run) = program.runs.get_mut(index) else { continue };
                let members =
                    classes.get(usize::try_from(run.set).unwrap_or(usize::MAX)).map_or(ANY, byte_set);
                run.exclusive = disjoint(&members, &after(pc + 1));
                run.follow = tables.bits(&[after(pc + 1)]);
                run.literal = literal.filter(|_| run.max == u32::MAX);
                let fixed = run.min == run.max || run.mode == Mode::Possessive;
                deterministic &= run.exclusive || fixed || run.literal.is_some() || after(pc + 1) == ANY;
            }
            Op::LookStart { .. } | Op::Backref { .. } => deterministic = false,
            _ => {}
        }
    }
    program.deterministic = deterministic;
}

fn decide_switch(switch: &mut Switch, first: &[ByteSet], tables: &mut Tables) -> bool {
    let at = |pc: &u32| usize::try_from(*pc).ok().and_then(|pc| first.get(pc)).copied().unwrap_or(ANY);
    let sets: Vec<ByteSet> = switch.ways.iter().map(at).collect();
    switch.bit = tables.bits(&sets);
    switch.mask = u64::MAX >> (64 - sets.len().clamp(1, 64));
    let mut seen = [0; 5];
    sets.iter().all(|set| {
        let apart = disjoint(&seen, set);
        seen = union(&seen, set);
        apart
    })
}

/// The text a program goes on with, past steps that take nothing.
fn literal_after(ops: &[Op], texts: &[Vec<u8>], mut pc: usize) -> Option<u32> {
    loop {
        match *ops.get(pc)? {
            Op::Text(text) => return get(texts, text).map(|_| text),
            Op::Save(_) | Op::AtomicStart(_) => pc += 1,
            Op::Jump(target) => {
                let target = usize::try_from(target).ok()?;
                pc = (target > pc).then_some(target)?;
            }
            _ => return None,
        }
    }
}

/// A run as it is before what follows it is known.
pub(super) fn undecided(set: u32, min: u32, max: u32, mode: Mode, memo: u32) -> Run {
    Run { set, min, max, mode, follow: Bit::default(), exclusive: false, literal: None, memo }
}
