//! From the tree to the program.

use super::first::{Tables, ambiguous, char_set, decide, first_sets, undecided};
use super::parts::{Key, Parts};
use super::start::{self, Literals, Start};
use super::{Bit, Op, Pc, Program, Switch, simplify};
use crate::logs::grok::error::Mistake;
use crate::logs::grok::syntax::{Mode, Node, Tree, word};
use memchr::memmem::Finder;
use regex_syntax::hir::ClassUnicode;

/// Steps a program may have.
const MAX_OPS: usize = 200_000;
/// Ways of one choice; what is more is nested.
const MAX_WAYS: usize = 60;
/// Rounds of finding out which parts can be matched by table; after these none is.
const MAX_ROUNDS: usize = 40;
/// A choice whose outcomes are not remembered.
pub(in crate::logs::grok) const NO_MEMO: u32 = u32::MAX;

/// What a program is made of: most of those that are shipped are never run.
#[derive(Debug)]
pub(in crate::logs::grok) struct Source {
    root: Node,
    groups: usize,
    place_of: Vec<usize>,
    /// The texts a match has.
    pub literals: Literals,
}

impl Source {
    /// `place_of` gives the number of the register pair for each group of the tree.
    pub fn new(tree: Tree, place_of: Vec<usize>) -> Source {
        let root = simplify::simplify(tree.root);
        Source { literals: start::literals(&root), root, groups: tree.groups.len(), place_of }
    }

    /// Compiles the tree.
    pub fn compile(&self) -> Result<Program, Mistake> {
        let mut program = compile_rounds(self, MAX_ROUNDS)?;
        if !program.dfas.is_empty() {
            program.plain = Some(Box::new(compile_rounds(self, 0)?));
        }
        Ok(program)
    }
}

fn compile_rounds(source: &Source, rounds: usize) -> Result<Program, Mistake> {
    let (root, mut parts) = (&source.root, Parts::default());
    for round in 0.. {
        parts.enabled = round < rounds;
        let mut emitter = Emitter::new(&source.place_of, source.groups, parts);
        emitter.emit(root)?;
        emitter.op(Op::Match)?;
        let refused = ambiguous(&emitter.program, &emitter.classes);
        let Emitter { mut program, classes, mut tables, parts: back, keys, .. } = emitter;
        parts = back;
        if !refused.is_empty() {
            let keys = refused.iter().filter_map(|dfa| keys.get(usize::try_from(*dfa).unwrap_or(usize::MAX)));
            parts.refused.extend(keys.copied());
            continue;
        }
        decide(&mut program, &classes, &mut tables);
        let first = first_sets(&program, &classes).first().copied().unwrap_or(super::first::ANY);
        program.start = start::start(root, tables.bits(&[first]));
        program.leading = start::leading_run(&program);
        program.tables = tables.tables;
        program.finders = program.texts.iter().map(|t| Finder::new(t).into_owned()).collect();
        return Ok(program);
    }
    Err(Mistake::TooLarge("the rounds of compiling", MAX_ROUNDS))
}

pub(super) struct Emitter<'t> {
    pub(super) program: Program,
    classes: Vec<ClassUnicode>,
    tables: Tables,
    pub(super) place_of: &'t [usize],
    /// Depth of look-arounds around what is emitted.
    pub(super) looks: usize,
    /// Depth of atomic groups: their first way counts, which a table does not know.
    pub(super) atomics: usize,
    pub(super) parts: Parts,
    /// The row of each table.
    pub(super) keys: Vec<Key>,
}

pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl<'t> Emitter<'t> {
    fn new(place_of: &'t [usize], groups: usize, parts: Parts) -> Emitter<'t> {
        let program = Program {
            ops: Vec::new(),
            tables: Vec::new(),
            sets: Vec::new(),
            texts: Vec::new(),
            finders: Vec::new(),
            runs: Vec::new(),
            dfas: Vec::new(),
            switches: Vec::new(),
            registers: groups * 2,
            memos: 0,
            start: Start::Anywhere(Bit::default()),
            deterministic: false,
            unbounded: false,
            history: false,
            leading: None,
            plain: None,
            word: 0,
        };
        let mut emitter = Emitter {
            program,
            classes: Vec::new(),
            tables: Tables::default(),
            place_of,
            looks: 0,
            atomics: 0,
            parts,
            keys: Vec::new(),
        };
        emitter.program.word = emitter.set(&word());
        emitter
    }

    pub(super) fn op(&mut self, op: Op) -> Result<usize, Mistake> {
        if self.program.ops.len() >= MAX_OPS {
            return Err(Mistake::TooLarge("the compiled expression", MAX_OPS));
        }
        self.program.ops.push(op);
        Ok(self.program.ops.len() - 1)
    }

    pub(super) fn here(&self) -> Pc {
        number(self.program.ops.len())
    }

    pub(super) fn patch(&mut self, at: usize, op: Op) {
        if let Some(slot) = self.program.ops.get_mut(at) {
            *slot = op;
        }
    }

    pub(super) fn register(&mut self) -> u32 {
        self.program.registers += 1;
        number(self.program.registers - 1)
    }

    fn memo(&mut self) -> u32 {
        // What is found inside a look-around depends on where it began; and inside an atomic group, a way that
        // led out of the group but not on must not be passed over for the next one.
        if self.looks > 0 || self.atomics > 0 {
            return NO_MEMO;
        }
        self.program.memos += 1;
        number(self.program.memos - 1)
    }

    pub(super) fn set(&mut self, class: &ClassUnicode) -> u32 {
        if let Some(known) = self.classes.iter().position(|c| c == class) {
            return number(known);
        }
        self.classes.push(class.clone());
        let set = char_set(class, &mut self.tables);
        self.program.sets.push(set);
        number(self.program.sets.len() - 1)
    }

    /// A choice whose ways are filled in later; where it is and its number.
    pub(super) fn switch(&mut self) -> Result<usize, Mistake> {
        let memo = self.memo();
        self.program.switches.push(Switch { bit: Bit::default(), ways: Vec::new(), mask: 0, memo });
        let index = self.program.switches.len() - 1;
        self.op(Op::Switch(number(index)))?;
        Ok(index)
    }

    pub(super) fn ways(&mut self, switch: usize, ways: Vec<Pc>) {
        if let Some(switch) = self.program.switches.get_mut(switch) {
            switch.ways = ways;
        }
    }

    pub(super) fn emit(&mut self, node: &Node) -> Result<(), Mistake> {
        if matches!(node, Node::Alt(_) | Node::Repeat { .. })
            && self.by_table(std::slice::from_ref(node))? > 0
        {
            return Ok(());
        }
        match node {
            Node::Empty => {}
            Node::Set(class) => match simplify::text_of(class) {
                Some(text) => self.text(text.as_bytes())?,
                None => {
                    let set = self.set(class);
                    self.op(Op::Set(set))?;
                }
            },
            Node::Concat(parts) => self.concat(parts)?,
            Node::Alt(branches) => self.alt(branches)?,
            Node::Repeat { node, min, max, mode } => self.repeat(node, *min, *max, *mode)?,
            Node::Capture(group, inner) => {
                let pair = number(self.place_of.get(*group).copied().unwrap_or(0)) * 2;
                self.op(Op::Save(pair))?;
                self.emit(inner)?;
                self.op(Op::Save(pair + 1))?;
            }
            Node::Atomic(inner) => {
                let register = self.register();
                self.program.unbounded |= simplify::nests_loops(inner);
                self.op(Op::AtomicStart(register))?;
                self.atomics += 1;
                self.emit(inner)?;
                self.atomics -= 1;
                self.op(Op::AtomicEnd(register))?;
            }
            Node::Look { node, behind, negative } => self.look(node, *behind, *negative)?,
            Node::Assert(assert) => {
                self.op(Op::Assert(*assert))?;
            }
            Node::Backref { groups, fold } => self.backref(groups, *fold)?,
            Node::Conditional(group, yes, no) => self.conditional(*group, yes, no)?,
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Mistake> {
        match text {
            [] => {}
            [byte] => {
                self.op(Op::Byte(*byte))?;
            }
            _ => {
                let known = self.program.texts.iter().position(|t| t == text);
                let index = known.unwrap_or(self.program.texts.len());
                if known.is_none() {
                    self.program.texts.push(text.to_vec());
                }
                self.op(Op::Text(number(index)))?;
            }
        }
        Ok(())
    }

    /// Parts in a row; characters next to each other become one text.
    fn concat(&mut self, parts: &[Node]) -> Result<(), Mistake> {
        let mut text = String::new();
        let mut rest = parts;
        while let Some((part, after)) = rest.split_first() {
            let one = if let Node::Set(class) = part { simplify::text_of(class) } else { None };
            if let Some(one) = one {
                text.push_str(&one);
                rest = after;
                continue;
            }
            self.text(std::mem::take(&mut text).as_bytes())?;
            let taken = self.by_table(rest)?;
            if taken == 0 {
                self.emit(part)?;
            }
            rest = rest.get(taken.max(1)..).unwrap_or_default();
        }
        self.text(text.as_bytes())
    }

    pub(super) fn alt(&mut self, branches: &[Node]) -> Result<(), Mistake> {
        if let [one] = branches {
            return self.emit(one);
        }
        let switch = self.switch()?;
        let mut ways = Vec::new();
        let mut exits = Vec::new();
        let nested = branches.len() > MAX_WAYS;
        let direct = if nested { MAX_WAYS } else { branches.len() };
        for branch in branches.iter().take(direct) {
            ways.push(self.here());
            self.emit(branch)?;
            exits.push(self.op(Op::Jump(0))?);
        }
        if let Some(rest) = branches.get(direct..).filter(|rest| !rest.is_empty()) {
            ways.push(self.here());
            self.alt(rest)?;
        } else if let Some(last) = exits.pop() {
            // The last branch runs into what follows.
            debug_assert_eq!(last + 1, self.program.ops.len());
            self.program.ops.pop();
        }
        let end = self.here();
        exits.into_iter().for_each(|exit| self.patch(exit, Op::Jump(end)));
        self.ways(switch, ways);
        Ok(())
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, mode: Mode) -> Result<(), Mistake> {
        if max == Some(0) {
            return Ok(());
        }
        if let Node::Set(class) = node {
            let set = self.set(class);
            let memo = self.memo();
            // The number after it remembers where the run came by.
            self.memo();
            self.program.runs.push(undecided(set, min, max.unwrap_or(u32::MAX), mode, memo));
            self.op(Op::Run(number(self.program.runs.len() - 1)))?;
            return Ok(());
        }
        if mode == Mode::Possessive {
            let greedy = Node::Repeat { node: Box::new(node.clone()), min, max, mode: Mode::Greedy };
            return self.emit(&Node::Atomic(Box::new(greedy)));
        }
        let Some(max) = max else {
            for _ in 1..min {
                self.emit(node)?;
            }
            return self.forever(node, min > 0, mode);
        };
        for _ in 0..min {
            self.emit(node)?;
        }
        let mut switches = Vec::new();
        for _ in min..max {
            switches.push(self.switch()?);
            let body = self.here();
            if let Some(last) = switches.last() {
                self.ways(*last, vec![body]);
            }
            self.emit(node)?;
        }
        let end = self.here();
        for switch in switches {
            if let Some(switch) = self.program.switches.get_mut(switch) {
                switch.ways.push(end);
                if mode == Mode::Lazy {
                    switch.ways.reverse();
                }
            }
        }
        Ok(())
    }

    /// A loop without an upper count; `once` if it has to be gone through.
    fn forever(&mut self, node: &Node, once: bool, mode: Mode) -> Result<(), Mistake> {
        let order = |again: Pc, exit: Pc| match mode {
            Mode::Lazy => vec![exit, again],
            _ => vec![again, exit],
        };
        let nullable = simplify::nullable(node);
        if once && !nullable {
            let body = self.here();
            self.emit(node)?;
            let switch = self.switch()?;
            let exit = self.here();
            self.ways(switch, order(body, exit));
            return Ok(());
        }
        if once {
            self.emit(node)?;
        }
        let top = self.here();
        let switch = self.switch()?;
        let body = self.here();
        let mark = nullable.then(|| self.register());
        if let Some(mark) = mark {
            self.op(Op::Save(mark))?;
        }
        self.emit(node)?;
        let progress = self.op(Op::Jump(top))?;
        if let Some(register) = mark {
            let exit = self.here() + 1;
            self.patch(progress, Op::Progress { register, exit });
            self.op(Op::Jump(top))?;
        }
        let exit = self.here();
        self.ways(switch, order(body, exit));
        Ok(())
    }
}
