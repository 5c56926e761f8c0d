//! The machine that runs a program over a line.
//!
//! First it runs freely, with a small budget of steps; nearly every line ends there. A line that takes longer
//! is run again from the beginning, now remembering which choice failed at which byte, so that none is tried
//! twice: time is then linear in the line, at most one step for each choice and byte. What cannot be
//! remembered (back references, insides of long look-arounds) is bounded by the step limit alone.

mod runs;
mod step;

use super::error::StepLimit;
use super::program::{Bit, CharSet, END, Program, Start};
use step::Step;

/// Steps of the first, free run: so many, and so many for each byte of the line.
const FREE_STEPS: usize = 2_000;
const FREE_STEPS_PER_BYTE: usize = 24;
/// Steps a line may take in all. A step is a choice made, a way tried again, or eight bytes passed over.
pub(super) const MAX_STEPS: usize = 2_000_000;
/// Bits of memory for outcomes; a line that would need more runs with the step limit alone.
const MAX_MEMORY: usize = 1 << 26;
/// Ways back that may be open at once.
const MAX_FRAMES: usize = 1 << 20;
/// A register that was not written.
pub(super) const UNSET: usize = usize::MAX;

/// Something to come back to.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Ways of a choice that are left, as bits.
    Ways { switch: u32, left: u64, at: usize },
    /// A run that can give back down to `low`; from `high` on all was tried.
    Shorter { pc: usize, run: u32, low: usize, high: usize },
    /// A run that can take more.
    Longer { pc: usize, run: u32, taken: u32, at: usize },
    /// A place to go on at.
    Place { pc: usize, at: usize },
    /// The former content of a register.
    Register { register: usize, value: usize },
}

/// Memory of the machine, kept between lines.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub registers: Vec<usize>,
    frames: Vec<Frame>,
    memory: Vec<u64>,
    /// Steps the last line took.
    pub steps: usize,
}

enum End {
    Found,
    Failed,
    Spent,
}

/// Looks for the program in the line; on success the registers tell the groups.
pub(super) fn search(program: &Program, line: &[u8], scratch: &mut Scratch) -> Result<bool, StepLimit> {
    search_freely(program, line, scratch, FREE_STEPS + FREE_STEPS_PER_BYTE * line.len())
}

/// The same with so many steps before outcomes are remembered.
pub(super) fn search_freely(
    program: &Program,
    line: &[u8],
    scratch: &mut Scratch,
    free: usize,
) -> Result<bool, StepLimit> {
    scratch.steps = 0;
    let plain = program.plain.as_deref().unwrap_or(program);
    let memory = plain.memos.saturating_mul(line.len() + 1);
    let remember = !program.history && memory <= MAX_MEMORY;
    let budget = if remember { free.min(MAX_STEPS) } else { MAX_STEPS };
    let mut machine = Machine { program, line, scratch, budget, width: 0, dirty: true, memory: 0 };
    match machine.run() {
        End::Found => return Ok(true),
        End::Failed => return Ok(false),
        End::Spent if !remember => return Err(StepLimit),
        End::Spent => {}
    }
    let scratch = machine.scratch;
    scratch.memory.clear();
    scratch.memory.resize(memory.div_ceil(64), 0);
    let width = line.len() + 1;
    let mut machine =
        Machine { program: plain, line, scratch, budget: MAX_STEPS, width, dirty: true, memory };
    match machine.run() {
        End::Found => Ok(true),
        End::Failed => Ok(false),
        End::Spent => Err(StepLimit),
    }
}

struct Machine<'m> {
    program: &'m Program,
    line: &'m [u8],
    scratch: &'m mut Scratch,
    budget: usize,
    /// Places of the line, or 0 while outcomes are not remembered.
    width: usize,
    memory: usize,
    /// Registers were written without a way to take it back.
    dirty: bool,
}

impl Machine<'_> {
    fn byte(&self, at: usize) -> usize {
        self.line.get(at).map_or(END, |b| usize::from(*b))
    }

    fn run(&mut self) -> End {
        match &self.program.start {
            Start::Beginning => self.attempt(0),
            Start::LineStarts => {
                let mut at = 0;
                loop {
                    match self.attempt(at) {
                        End::Failed => {}
                        end => return end,
                    }
                    match self.line.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
                        Some(newline) => at += newline + 1,
                        None => return End::Failed,
                    }
                }
            }
            Start::Text(finder) => {
                let mut at = 0;
                while let Some(found) = self.line.get(at..).and_then(|rest| finder.find(rest)) {
                    match self.attempt(at + found) {
                        End::Failed => at += found + 1,
                        end => return end,
                    }
                }
                End::Failed
            }
            Start::Anywhere(first) => self.anywhere(*first),
        }
    }

    fn anywhere(&mut self, first: Bit) -> End {
        let mut at = 0;
        while at <= self.line.len() {
            if !self.program.has(first, self.byte(at)) || !self.boundary(at) {
                at += 1;
                continue;
            }
            match self.attempt(at) {
                End::Failed => {}
                end => return end,
            }
            // All ways on from within a run were tried from its start.
            let run = self.program.leading.filter(|set| self.member(*set, at).is_some());
            at += 1;
            while let Some(next) = run.and_then(|set| self.member(set, at)) {
                at = next;
            }
        }
        End::Failed
    }

    /// Whether a character starts here.
    fn boundary(&self, at: usize) -> bool {
        at == 0 || self.line.get(at).is_none_or(|b| b & 0xc0 != 0x80)
    }

    /// The place after the character at `at`.
    fn after(&self, at: usize) -> usize {
        let mut next = at + 1;
        if self.line.get(at).is_some_and(|b| *b >= 0x80) {
            while self.line.get(next).is_some_and(|b| b & 0xc0 == 0x80) {
                next += 1;
            }
        }
        next
    }

    /// The place before the character that ends at `at`.
    fn before(&self, at: usize) -> Option<usize> {
        let mut start = at.checked_sub(1)?;
        while !self.boundary(start) {
            start -= 1;
        }
        Some(start)
    }

    /// The place after the character if it is in the set.
    fn member(&self, set: u32, at: usize) -> Option<usize> {
        self.member_of(self.program.set(set)?, at)
    }

    #[inline(always)]
    fn member_of(&self, set: &CharSet, at: usize) -> Option<usize> {
        let byte = *self.line.get(at)?;
        if !self.program.has(set.bit, usize::from(byte)) {
            return None;
        }
        if byte < 0x80 {
            return Some(at + 1);
        }
        let next = self.after(at);
        set.has_wide(self.line.get(at..next)?).then_some(next)
    }

    fn attempt(&mut self, at: usize) -> End {
        self.scratch.frames.clear();
        if self.dirty || self.scratch.registers.len() != self.program.registers {
            self.scratch.registers.clear();
            self.scratch.registers.resize(self.program.registers, UNSET);
            self.dirty = false;
        }
        if !self.spend(1) {
            return End::Spent;
        }
        let mut state = Some((0, at));
        loop {
            match state {
                Some((pc, at)) => match self.step(pc, at) {
                    Step::To(pc, at) => state = Some((pc, at)),
                    Step::Fail => state = None,
                    Step::Found => return End::Found,
                    Step::Spent => return End::Spent,
                },
                None => match self.back() {
                    Ok(Some(next)) => state = Some(next),
                    Ok(None) => return End::Failed,
                    Err(StepLimit) => return End::Spent,
                },
            }
        }
    }

    fn spend(&mut self, steps: usize) -> bool {
        self.scratch.steps += steps;
        self.scratch.steps <= self.budget
    }
}
