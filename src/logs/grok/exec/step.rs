//! One step of the machine, and the way back.

use super::{Frame, MAX_FRAMES, Machine, StepLimit, UNSET};
use crate::logs::grok::program::{NO_MEMO, Op, Pc};
use crate::logs::grok::syntax::Assert;

/// What a step leads to.
pub(super) enum Step {
    To(usize, usize),
    Fail,
    Found,
    Spent,
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Machine<'_> {
    #[inline(always)]
    pub(super) fn step(&mut self, pc: usize, at: usize) -> Step {
        let Some(op) = self.program.ops.get(pc) else { return Step::Fail };
        match *op {
            Op::Byte(byte) if self.line.get(at) == Some(&byte) => Step::To(pc + 1, at + 1),
            Op::Byte(_) => Step::Fail,
            Op::Text(text) => {
                let text = self.program.texts.get(index(text)).map_or(&[][..], Vec::as_slice);
                match self.line.get(at..).is_some_and(|rest| rest.starts_with(text)) {
                    true => Step::To(pc + 1, at + text.len()),
                    false => Step::Fail,
                }
            }
            Op::Set(set) => match self.member(set, at) {
                Some(next) => Step::To(pc + 1, next),
                None => Step::Fail,
            },
            Op::Run(run) => self.run_of(pc, run, at),
            Op::Dfa(dfa) => self.by_table(pc, dfa, at),
            Op::Switch(switch) => self.choose(switch, at),
            Op::Jump(to) => Step::To(index(to), at),
            Op::Save(register) => {
                self.write(index(register), at);
                Step::To(pc + 1, at)
            }
            _ => self.rare(pc, *op, at),
        }
    }

    #[inline(always)]
    fn by_table(&mut self, pc: usize, dfa: u32, start: usize) -> Step {
        let Some(dfa) = self.program.dfas.get(index(dfa)) else { return Step::Fail };
        let (length, ends) = dfa.run(self.line.get(start..).unwrap_or_default());
        match self.spend(length / 8) {
            true if ends => Step::To(pc + 1, start + length),
            true => Step::Fail,
            false => Step::Spent,
        }
    }

    #[inline(always)]
    fn choose(&mut self, number: u32, at: usize) -> Step {
        let Some(switch) = self.program.switches.get(index(number)) else { return Step::Fail };
        let ways = self.program.bits(switch.bit, self.byte(at)) & switch.mask;
        if ways == 0 {
            return Step::Fail;
        }
        if !self.spend(1) {
            return Step::Spent;
        }
        let left = ways & (ways - 1);
        if (left != 0 || self.width != 0) && self.known(switch.memo, at) {
            return Step::Fail;
        }
        if left != 0 && !self.push(Frame::Ways { switch: number, left, at }) {
            return Step::Spent;
        }
        match switch.ways.get(index(ways.trailing_zeros())) {
            Some(pc) => Step::To(index(*pc), at),
            None => Step::Fail,
        }
    }

    /// Whether the choice was made at this place before; if not it is noted.
    #[inline(always)]
    pub(super) fn known(&mut self, memo: u32, at: usize) -> bool {
        if self.width == 0 || memo == NO_MEMO {
            return false;
        }
        let bit = index(memo) * self.width + at;
        debug_assert!(bit < self.memory);
        let Some(word) = self.scratch.memory.get_mut(bit / 64) else { return false };
        let known = *word >> (bit % 64) & 1 != 0;
        *word |= 1 << (bit % 64);
        known
    }

    #[inline(always)]
    pub(super) fn push(&mut self, frame: Frame) -> bool {
        self.scratch.frames.push(frame);
        self.scratch.frames.len() <= MAX_FRAMES
    }

    #[inline(always)]
    fn write(&mut self, register: usize, value: usize) {
        let Some(slot) = self.scratch.registers.get_mut(register) else { return };
        let old = std::mem::replace(slot, value);
        if self.scratch.frames.is_empty() {
            self.dirty = true;
        } else {
            self.scratch.frames.push(Frame::Register { register, value: old });
        }
    }

    fn register(&self, register: u32) -> usize {
        self.scratch.registers.get(index(register)).copied().unwrap_or(UNSET)
    }

    fn rare(&mut self, pc: usize, op: Op, at: usize) -> Step {
        let go = |yes: bool| if yes { Step::To(pc + 1, at) } else { Step::Fail };
        match op {
            Op::Assert(assert) => go(self.holds(assert, at)),
            Op::Peek { set, behind, negative } => {
                let found = match behind {
                    true => self.before(at).and_then(|before| self.member(set, before)).is_some(),
                    false => self.member(set, at).is_some(),
                };
                go(found != negative)
            }
            Op::AtomicStart(register) => {
                if let Some(slot) = self.scratch.registers.get_mut(index(register)) {
                    *slot = self.scratch.frames.len();
                }
                // What is written from now on has to be taken back if the group fails later on.
                go(true)
            }
            Op::AtomicEnd(register) => {
                self.cut(self.register(register));
                go(true)
            }
            Op::LookStart { register, negative, after } => self.look(pc, register, negative, after, at),
            Op::LookEnd { register, negative: false } => {
                self.cut(self.register(register));
                Step::To(pc + 1, self.register(register + 1))
            }
            Op::LookEnd { register, negative: true } => {
                self.unwind(self.register(register));
                Step::Fail
            }
            Op::Back(count) => {
                let start = (0..count).try_fold(at, |at, _| self.before(at));
                start.map_or(Step::Fail, |start| Step::To(pc + 1, start))
            }
            Op::At(register) => go(at == self.register(register)),
            Op::Progress { register, exit } if at == self.register(register) => Step::To(index(exit), at),
            Op::Backref { group, fold } => self.backref(pc, group, fold, at),
            Op::IfGroup { group, otherwise } => match self.register(group * 2 + 1) {
                UNSET => Step::To(index(otherwise), at),
                _ => go(true),
            },
            Op::Match => Step::Found,
            _ => go(true),
        }
    }

    fn look(&mut self, pc: usize, register: u32, negative: bool, after: Pc, at: usize) -> Step {
        let ways = self.scratch.frames.len();
        if negative && !self.push(Frame::Place { pc: index(after), at }) {
            return Step::Spent;
        }
        for (register, value) in [(register, ways), (register + 1, at)] {
            if let Some(slot) = self.scratch.registers.get_mut(index(register)) {
                *slot = value;
            }
        }
        Step::To(pc + 1, at)
    }

    /// Forgets the ways back above `keep`, but not what has to be restored on the way.
    fn cut(&mut self, keep: usize) {
        let frames = &mut self.scratch.frames;
        if keep == 0 {
            // Nothing is left to go back to, so there is nothing to restore for.
            self.dirty |= !frames.is_empty();
            frames.clear();
            return;
        }
        let mut kept = keep;
        for from in keep..frames.len() {
            if matches!(frames.get(from), Some(Frame::Register { .. })) {
                frames.swap(kept, from);
                kept += 1;
            }
        }
        frames.truncate(kept);
    }

    /// Forgets everything above `keep` and restores the registers.
    fn unwind(&mut self, keep: usize) {
        while self.scratch.frames.len() > keep {
            if let Some(Frame::Register { register, value }) = self.scratch.frames.pop() {
                self.restore(register, value);
            }
        }
    }

    fn restore(&mut self, register: usize, value: usize) {
        if let Some(slot) = self.scratch.registers.get_mut(register) {
            *slot = value;
        }
    }

    fn backref(&mut self, pc: usize, group: u32, fold: bool, at: usize) -> Step {
        let (start, end) = (self.register(group * 2), self.register(group * 2 + 1));
        let Some(text) = self.line.get(start..end) else { return Step::Fail };
        if !self.spend(1 + text.len() / 8) {
            return Step::Spent;
        }
        let Some(here) = self.line.get(at..at + text.len()) else { return Step::Fail };
        match here == text || fold && here.eq_ignore_ascii_case(text) {
            true => Step::To(pc + 1, at + text.len()),
            false => Step::Fail,
        }
    }

    fn holds(&self, assert: Assert, at: usize) -> bool {
        let newline = |at: usize| self.line.get(at) == Some(&b'\n');
        let end = self.line.len();
        match assert {
            Assert::TextStart | Assert::SearchStart => at == 0,
            Assert::TextEnd => at == end,
            Assert::TextEndNewline => at == end || at + 1 == end && newline(at),
            Assert::LineStart => at == 0 || at < end && newline(at - 1),
            Assert::LineEnd => at == end || newline(at),
            Assert::WordEdge => self.edge(at),
            Assert::NotWordEdge => !self.edge(at),
            Assert::Never => false,
        }
    }

    fn edge(&self, at: usize) -> bool {
        let word = self.program.word;
        let before = self.before(at).is_some_and(|before| self.member(word, before).is_some());
        before != self.member(word, at).is_some()
    }

    /// The next way to try.
    pub(super) fn back(&mut self) -> Result<Option<(usize, usize)>, StepLimit> {
        while let Some(frame) = self.scratch.frames.pop() {
            let next = match frame {
                Frame::Register { register, value } => {
                    self.restore(register, value);
                    continue;
                }
                Frame::Place { pc, at } => Some((pc, at)),
                Frame::Ways { switch, left, at } => {
                    let rest = left & (left - 1);
                    if rest != 0 {
                        self.scratch.frames.push(Frame::Ways { switch, left: rest, at });
                    }
                    let ways = self.program.switches.get(index(switch)).map(|s| s.ways.as_slice());
                    let way = ways.and_then(|ways| ways.get(index(left.trailing_zeros())));
                    way.map(|pc| (index(*pc), at))
                }
                Frame::Shorter { pc, run, low, high } => self.shorter(pc, run, low, high)?,
                Frame::Longer { pc, run, taken, at } => self.longer(pc, run, taken, at)?,
            };
            if !self.spend(1) {
                return Err(StepLimit);
            }
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }
}
