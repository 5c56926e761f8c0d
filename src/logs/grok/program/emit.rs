//! From the tree to the program.

use super::first::{Tables, char_set, decide, first_sets, undecided};
use super::start::{self, Literals, Start};
use super::{Bit, Op, Pc, Program, Switch, simplify};
use crate::logs::grok::error::Mistake;
use crate::logs::grok::syntax::{Assert, Mode, Node, Tree, word};
use memchr::memmem::Finder;
use regex_syntax::hir::ClassUnicode;

/// Steps a program may have.
const MAX_OPS: usize = 200_000;
/// Ways of one choice; what is more is nested.
const MAX_WAYS: usize = 60;
/// Lengths a look-behind may choose between.
const MAX_BEHIND: usize = 255;
/// A choice whose outcomes are not remembered.
pub(in crate::logs::grok) const NO_MEMO: u32 = u32::MAX;

/// Compiles a tree. `register_of` gives the number of the place pair for each group of the tree.
pub(in crate::logs::grok) fn compile(tree: &Tree, place_of: &[usize]) -> Result<Program, Mistake> {
    let root = simplify::simplify(tree.root.clone());
    let mut emitter = Emitter {
        program: Program {
            ops: Vec::new(),
            tables: Vec::new(),
            sets: Vec::new(),
            texts: Vec::new(),
            finders: Vec::new(),
            runs: Vec::new(),
            switches: Vec::new(),
            registers: tree.groups.len() * 2,
            memos: 0,
            start: Start::Anywhere(Bit::default()),
            literals: Literals::default(),
            deterministic: false,
            unbounded: false,
            history: false,
            word: 0,
        },
        classes: Vec::new(),
        tables: Tables::default(),
        place_of,
        looks: 0,
    };
    emitter.program.word = emitter.set(&word());
    emitter.emit(&root)?;
    emitter.op(Op::Match)?;
    let Emitter { mut program, classes, mut tables, .. } = emitter;
    decide(&mut program, &classes, &mut tables);
    let first = first_sets(&program, &classes).first().copied().unwrap_or(super::first::ANY);
    program.literals = start::literals(&root);
    program.start = start::start(&root, tables.bits(&[first]));
    program.tables = tables.tables;
    program.finders = program.texts.iter().map(|t| Finder::new(t).into_owned()).collect();
    Ok(program)
}

struct Emitter<'t> {
    program: Program,
    classes: Vec<ClassUnicode>,
    tables: Tables,
    place_of: &'t [usize],
    /// Depth of look-arounds around what is emitted.
    looks: usize,
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Emitter<'_> {
    fn op(&mut self, op: Op) -> Result<usize, Mistake> {
        if self.program.ops.len() >= MAX_OPS {
            return Err(Mistake::TooLarge("the compiled expression", MAX_OPS));
        }
        self.program.ops.push(op);
        Ok(self.program.ops.len() - 1)
    }

    fn here(&self) -> Pc {
        number(self.program.ops.len())
    }

    fn patch(&mut self, at: usize, op: Op) {
        if let Some(slot) = self.program.ops.get_mut(at) {
            *slot = op;
        }
    }

    fn register(&mut self) -> u32 {
        self.program.registers += 1;
        number(self.program.registers - 1)
    }

    fn memo(&mut self) -> u32 {
        // What is found inside a look-around depends on where it began.
        if self.looks > 0 {
            return NO_MEMO;
        }
        self.program.memos += 1;
        number(self.program.memos - 1)
    }

    fn set(&mut self, class: &ClassUnicode) -> u32 {
        if let Some(known) = self.classes.iter().position(|c| c == class) {
            return number(known);
        }
        self.classes.push(class.clone());
        let set = char_set(class, &mut self.tables);
        self.program.sets.push(set);
        number(self.program.sets.len() - 1)
    }

    /// A choice whose ways are filled in later; where it is and its number.
    fn switch(&mut self) -> Result<usize, Mistake> {
        let memo = self.memo();
        self.program.switches.push(Switch { bit: Bit::default(), ways: Vec::new(), mask: 0, memo });
        let index = self.program.switches.len() - 1;
        self.op(Op::Switch(number(index)))?;
        Ok(index)
    }

    fn ways(&mut self, switch: usize, ways: Vec<Pc>) {
        if let Some(switch) = self.program.switches.get_mut(switch) {
            switch.ways = ways;
        }
    }

    fn emit(&mut self, node: &Node) -> Result<(), Mistake> {
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
                self.op(Op::AtomicStart(register))?;
                self.emit(inner)?;
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
        for part in parts {
            match part {
                Node::Set(class) => match simplify::text_of(class) {
                    Some(one) => {
                        text.push_str(&one);
                        continue;
                    }
                    None => self.text(std::mem::take(&mut text).as_bytes())?,
                },
                _ => self.text(std::mem::take(&mut text).as_bytes())?,
            }
            self.emit(part)?;
        }
        self.text(text.as_bytes())
    }

    fn alt(&mut self, branches: &[Node]) -> Result<(), Mistake> {
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

    fn look(&mut self, node: &Node, behind: bool, negative: bool) -> Result<(), Mistake> {
        if let Node::Set(class) = node {
            let set = self.set(class);
            self.op(Op::Peek { set, behind, negative })?;
            return Ok(());
        }
        self.program.unbounded |= simplify::length(node).1.is_none_or(|max| max > MAX_BEHIND);
        self.looks += 1;
        let register = self.register();
        let place = self.register();
        debug_assert_eq!(register + 1, place);
        let start = self.op(Op::Match)?;
        if behind {
            let branches = Self::behind(node)?;
            self.alt_of(&branches, place)?;
        } else {
            self.emit(node)?;
        }
        self.op(Op::LookEnd { register, negative })?;
        let after = self.here();
        self.patch(start, Op::LookStart { register, negative, after });
        self.looks -= 1;
        Ok(())
    }

    /// The branches of a look-behind, once for each length they can have.
    fn behind(node: &Node) -> Result<Vec<(u32, Node)>, Mistake> {
        let branches = match node {
            Node::Alt(branches) => branches.clone(),
            other => vec![other.clone()],
        };
        let mut all = Vec::new();
        for branch in branches {
            let (min, max) = simplify::length(&branch);
            let Some(max) = max.filter(|max| max - min + all.len() <= MAX_BEHIND) else {
                return Err(Mistake::Syntax("a look-behind needs a text of limited length".to_owned()));
            };
            all.extend((min..=max).map(|length| (number(length), branch.clone())));
        }
        Ok(all)
    }

    fn alt_of(&mut self, branches: &[(u32, Node)], place: u32) -> Result<(), Mistake> {
        let Some(((length, branch), rest)) = branches.split_first() else { return Ok(()) };
        let switch = if rest.is_empty() { None } else { Some(self.switch()?) };
        let way = self.here();
        self.op(Op::Back(*length))?;
        self.emit(branch)?;
        self.op(Op::At(place))?;
        if let Some(switch) = switch {
            let exit = self.op(Op::Jump(0))?;
            let other = self.here();
            self.ways(switch, vec![way, other]);
            self.alt_of(rest, place)?;
            let end = self.here();
            self.patch(exit, Op::Jump(end));
        }
        Ok(())
    }

    fn backref(&mut self, groups: &[usize], fold: bool) -> Result<(), Mistake> {
        self.program.history = true;
        let pair = |group: &usize| number(self.place_of.get(*group).copied().unwrap_or(0));
        // The last group that took part counts.
        let pairs: Vec<u32> = groups.iter().rev().map(pair).collect();
        let mut exits = Vec::new();
        for group in pairs {
            let test = self.op(Op::Match)?;
            self.op(Op::Backref { group, fold })?;
            exits.push(self.op(Op::Jump(0))?);
            let otherwise = self.here();
            self.patch(test, Op::IfGroup { group, otherwise });
        }
        self.op(Op::Assert(Assert::Never))?;
        let end = self.here();
        exits.into_iter().for_each(|exit| self.patch(exit, Op::Jump(end)));
        Ok(())
    }

    fn conditional(&mut self, group: usize, yes: &Node, no: &Node) -> Result<(), Mistake> {
        self.program.history = true;
        let group = number(self.place_of.get(group).copied().unwrap_or(0));
        let test = self.op(Op::Match)?;
        self.emit(yes)?;
        let exit = self.op(Op::Jump(0))?;
        let otherwise = self.here();
        self.patch(test, Op::IfGroup { group, otherwise });
        self.emit(no)?;
        let end = self.here();
        self.patch(exit, Op::Jump(end));
        Ok(())
    }
}
