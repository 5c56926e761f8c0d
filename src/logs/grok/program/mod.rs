//! What an expression is compiled to: a program of a backtracking machine that seldom has to backtrack.
//!
//! Every choice of the program knows which bytes its ways can start with, so that most choices are decided
//! by looking at one byte, and nothing is kept for coming back.

mod dfa;
mod edges;
mod emit;
mod first;
mod parts;
mod rare;
mod simplify;
mod start;

use super::syntax::{Assert, Mode};
pub(super) use dfa::Dfa;
use memchr::memmem::Finder;
use regex_syntax::hir::ClassUnicodeRange;
pub(super) use start::Start;
use std::sync::Arc;

pub(super) use emit::{NO_MEMO, Source};

/// Number that stands for the end of the line where a byte is looked up.
pub(super) const END: usize = 256;
/// Bytes and the end of the line, as bits.
pub(super) type ByteSet = [u64; 5];
/// A place in the program.
pub(super) type Pc = u32;

/// Which bit of which table tells the members of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bit {
    pub table: u32,
    pub shift: u32,
}

/// For each byte (and the end) one bit for each of up to 64 sets.
pub(super) type Table = [u64; 257];

/// How a set treats characters beyond ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wide {
    /// None is a member.
    None,
    /// All are, and what is not UTF-8 too.
    All,
    /// Those in these ranges.
    Ranges(Vec<ClassUnicodeRange>),
}

/// How the end of a run of members is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scan {
    /// Byte by byte in the table; right for sets without or with all wide characters.
    Table,
    /// Everything is a member.
    All,
    /// All but one, two or three bytes are.
    Until1(u8),
    Until2(u8, u8),
    Until3(u8, u8, u8),
    /// Character by character.
    Chars,
}

/// A set of characters.
#[derive(Clone, Debug)]
pub(super) struct CharSet {
    pub bit: Bit,
    pub wide: Wide,
    pub scan: Scan,
}

/// A repetition of one set.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub set: u32,
    pub min: u32,
    /// `u32::MAX` for no limit.
    pub max: u32,
    pub mode: Mode,
    /// Bytes that what comes after the run can start with.
    pub follow: Bit,
    /// No member can start what comes after: the run is never given back.
    pub exclusive: bool,
    /// A text right after the run, to look for instead of trying places.
    pub literal: Option<u32>,
    /// Number under which outcomes after the run are remembered; under the next one, where it came by.
    pub memo: u32,
}

/// A choice between ways, in order of preference.
#[derive(Clone, Debug)]
pub(super) struct Switch {
    /// Bit of the first way; those of the others follow.
    pub bit: Bit,
    pub ways: Vec<Pc>,
    /// A bit for each way.
    pub mask: u64,
    pub memo: u32,
}

/// One step of the program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Byte(u8),
    /// Number of a text.
    Text(u32),
    /// Number of a set.
    Set(u32),
    Run(u32),
    /// Number of a part matched by a table.
    Dfa(u32),
    Switch(u32),
    Jump(Pc),
    /// Remembers the place in a register.
    Save(u32),
    Assert(Assert),
    /// Looks at the one character ahead or behind.
    Peek {
        set: u32,
        behind: bool,
        negative: bool,
    },
    /// Remembers how many ways back there are.
    AtomicStart(u32),
    /// Forgets those found since.
    AtomicEnd(u32),
    /// Registers: ways back, place; `after` is where the program goes on.
    LookStart {
        register: u32,
        negative: bool,
        after: Pc,
    },
    LookEnd {
        register: u32,
        negative: bool,
    },
    /// Moves back by characters.
    Back(u32),
    /// Fails unless the place is the remembered one.
    At(u32),
    /// Goes to `exit` if nothing was taken since the register was written.
    Progress {
        register: u32,
        exit: Pc,
    },
    Backref {
        group: u32,
        fold: bool,
    },
    /// Goes to the other place unless the group took part.
    IfGroup {
        group: u32,
        otherwise: Pc,
    },
    Match,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Program {
    pub ops: Vec<Op>,
    pub tables: Vec<Table>,
    pub sets: Vec<CharSet>,
    pub texts: Vec<Vec<u8>>,
    pub finders: Vec<Finder<'static>>,
    pub runs: Vec<Run>,
    pub dfas: Vec<Arc<Dfa>>,
    pub switches: Vec<Switch>,
    /// Number of registers; the first two of each group hold its place.
    pub registers: usize,
    /// Number of choices whose outcome can be remembered by place.
    pub memos: usize,
    pub start: Start,
    /// No choice is ever searched.
    pub deterministic: bool,
    /// Has look-around of unlimited length, whose insides are searched anew at each place.
    pub unbounded: bool,
    /// What comes next depends on what was captured, so outcomes cannot be remembered by place.
    pub history: bool,
    /// The set of a repetition every match starts with: if there is no match from its start, there is none from
    /// within it.
    pub leading: Option<u32>,
    /// The same without tables, for remembering outcomes: a table would pass over the same bytes again and again.
    pub plain: Option<Box<Program>>,
    /// Set of word characters.
    pub word: u32,
}

impl CharSet {
    /// Whether the character, which is not ASCII, is a member.
    pub fn has_wide(&self, character: &[u8]) -> bool {
        match &self.wide {
            Wide::None => false,
            Wide::All => true,
            Wide::Ranges(ranges) => {
                let Some(c) = std::str::from_utf8(character).ok().and_then(|t| t.chars().next()) else {
                    return false;
                };
                let before = ranges.partition_point(|r| r.end() < c);
                ranges.get(before).is_some_and(|r| r.start() <= c)
            }
        }
    }
}

impl Program {
    /// A set by its number.
    pub fn set(&self, set: u32) -> Option<&CharSet> {
        self.sets.get(usize::try_from(set).ok()?)
    }

    /// Whether the byte (or [`END`]) is in the set of the bit.
    pub fn has(&self, bit: Bit, byte: usize) -> bool {
        self.bits(bit, byte) & 1 != 0
    }

    /// The row of the byte from the bit on.
    pub fn bits(&self, bit: Bit, byte: usize) -> u64 {
        let table = usize::try_from(bit.table).unwrap_or(usize::MAX);
        self.tables.get(table).and_then(|t| t.get(byte)).map_or(0, |row| row >> bit.shift)
    }
}

/// Puts a byte into a set.
pub(super) fn insert(set: &mut ByteSet, byte: usize) {
    if let Some(word) = set.get_mut(byte / 64) {
        *word |= 1 << (byte % 64);
    }
}

/// Whether a set has the byte.
pub(super) fn contains(set: &ByteSet, byte: usize) -> bool {
    set.get(byte / 64).is_some_and(|word| word >> (byte % 64) & 1 != 0)
}
