//! Repetitions of one set of characters: the steps that do most of the work.

use super::step::Step;
use super::{Frame, Machine, StepLimit};
use crate::logs::grok::program::{CharSet, NO_MEMO, Run, Scan, Wide};
use crate::logs::grok::syntax::Mode;

const NO_LIMIT: u32 = u32::MAX;

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'m> Machine<'m> {
    #[inline(always)]
    pub(super) fn run_of(&mut self, pc: usize, number: u32, at: usize) -> Step {
        let program = self.program;
        let Some(run) = program.runs.get(index(number)) else { return Step::Fail };
        let Some(set) = program.set(run.set) else { return Step::Fail };
        if run.mode == Mode::Lazy {
            return self.lazy(pc, number, run, at);
        }
        let Some(low) = self.at_least(set, run, at) else { return Step::Fail };
        if self.width != 0 && run.max == NO_LIMIT && run.memo != NO_MEMO {
            return self.run_remembered(pc, number, run, set, low);
        }
        let end = self.at_most(set, run, low);
        if !self.spend((end - at) / 8) {
            return Step::Spent;
        }
        let fixed = end == low || run.exclusive || run.mode == Mode::Possessive;
        if program.has(run.follow, self.byte(end)) && !self.known(run.memo, end) {
            if !fixed && !self.push(Frame::Shorter { pc, run: number, low, high: end }) {
                return Step::Spent;
            }
            return Step::To(pc + 1, end);
        }
        if fixed {
            return Step::Fail;
        }
        self.give_back(pc, number, low, end)
    }

    /// The same while outcomes are remembered: where the run came by before, all ways on were found already.
    fn run_remembered(&mut self, pc: usize, number: u32, run: &Run, set: &CharSet, low: usize) -> Step {
        let mut end = low;
        let fixed = run.exclusive || run.mode == Mode::Possessive;
        loop {
            if self.known(run.memo + 1, end) {
                return match fixed {
                    true => Step::Fail,
                    false => self.give_back(pc, number, low, end),
                };
            }
            if !self.spend(1) {
                return Step::Spent;
            }
            match self.member_of(set, end) {
                Some(next) => end = next,
                None => break,
            }
        }
        if self.program.has(run.follow, self.byte(end)) && !self.known(run.memo, end) {
            if !fixed && end > low && !self.push(Frame::Shorter { pc, run: number, low, high: end }) {
                return Step::Spent;
            }
            return Step::To(pc + 1, end);
        }
        if fixed { Step::Fail } else { self.give_back(pc, number, low, end) }
    }

    fn give_back(&mut self, pc: usize, number: u32, low: usize, high: usize) -> Step {
        match self.shorter(pc, number, low, high) {
            Ok(Some((pc, at))) => Step::To(pc, at),
            Ok(None) => Step::Fail,
            Err(StepLimit) => Step::Spent,
        }
    }

    /// The place after the fewest characters the run needs.
    #[inline(always)]
    fn at_least(&self, set: &CharSet, run: &Run, at: usize) -> Option<usize> {
        match run.min {
            0 => Some(at),
            1 => self.member_of(set, at),
            min => (0..min).try_fold(at, |at, _| self.member_of(set, at)),
        }
    }

    /// The place after the most characters the run can take; `low` is the place after the fewest.
    #[inline(always)]
    fn at_most(&self, set: &CharSet, run: &Run, low: usize) -> usize {
        let mut rest = self.line.get(low..).unwrap_or_default();
        if run.max != NO_LIMIT {
            if set.wide != Wide::None {
                return self.counted(set, run.max.saturating_sub(run.min), low);
            }
            rest = rest.get(..index(run.max.saturating_sub(run.min))).unwrap_or(rest);
        }
        let length = match set.scan {
            Scan::All => rest.len(),
            Scan::Until1(a) => memchr::memchr(a, rest).unwrap_or(rest.len()),
            Scan::Until2(a, b) => memchr::memchr2(a, b, rest).unwrap_or(rest.len()),
            Scan::Until3(a, b, c) => memchr::memchr3(a, b, c, rest).unwrap_or(rest.len()),
            Scan::Table => {
                let table = self.program.tables.get(index(set.bit.table));
                let Some(table) = table else { return low };
                let mask = 1u64 << set.bit.shift;
                let outside = |b: &u8| table.get(usize::from(*b)).is_none_or(|row| row & mask == 0);
                rest.iter().position(outside).unwrap_or(rest.len())
            }
            Scan::Chars => return self.counted(set, NO_LIMIT, low),
        };
        low + length
    }

    /// The place after at most `count` members.
    fn counted(&self, set: &CharSet, count: u32, low: usize) -> usize {
        let mut end = low;
        let mut left = count;
        while let Some(next) = self.member_of(set, end).filter(|_| left > 0) {
            end = next;
            left -= u32::from(count != NO_LIMIT);
        }
        end
    }

    /// Gives back: the last place before `high` where what follows can start.
    pub(super) fn shorter(
        &mut self,
        pc: usize,
        number: u32,
        low: usize,
        high: usize,
    ) -> Result<Option<(usize, usize)>, StepLimit> {
        let program = self.program;
        let Some(run) = program.runs.get(index(number)) else { return Ok(None) };
        let mut high = high;
        while let Some(at) = self.last_before(run, low, high) {
            if !self.spend(1 + (high - at) / 8) {
                return Err(StepLimit);
            }
            high = at;
            if self.known(run.memo, at) {
                continue;
            }
            if at > low && !self.push(Frame::Shorter { pc, run: number, low, high }) {
                return Err(StepLimit);
            }
            return Ok(Some((pc + 1, at)));
        }
        let steps = (high - low) / 8;
        if self.spend(steps) { Ok(None) } else { Err(StepLimit) }
    }

    /// The last place in `low..high` where a character starts that what follows can start with.
    fn last_before(&self, run: &Run, low: usize, high: usize) -> Option<usize> {
        if let Some(text) = run.literal {
            let text = self.program.texts.get(index(text))?;
            // The text may reach past `high`, by all but its first byte.
            let end = (high + text.len()).saturating_sub(1).min(self.line.len());
            return memchr::memmem::rfind(self.line.get(low..end)?, text).map(|found| low + found);
        }
        (low..high).rev().find(|at| self.program.has(run.follow, self.byte(*at)) && self.boundary(*at))
    }

    fn lazy(&mut self, pc: usize, number: u32, run: &Run, at: usize) -> Step {
        let Some(set) = self.program.set(run.set) else { return Step::Fail };
        let Some(low) = self.at_least(set, run, at) else { return Step::Fail };
        match self.take(pc, number, run.min, low) {
            Ok(Some((pc, at))) => Step::To(pc, at),
            Ok(None) => Step::Fail,
            Err(StepLimit) => Step::Spent,
        }
    }

    /// Takes one character more, and then on to where what follows can start.
    pub(super) fn longer(
        &mut self,
        pc: usize,
        number: u32,
        taken: u32,
        at: usize,
    ) -> Result<Option<(usize, usize)>, StepLimit> {
        let Some(run) = self.program.runs.get(index(number)) else { return Ok(None) };
        if taken >= run.max {
            return Ok(None);
        }
        match self.member(run.set, at) {
            Some(next) => self.take(pc, number, taken.saturating_add(1), next),
            None => Ok(None),
        }
    }

    /// The first place from `at` on where what follows can start, passing members of the set.
    fn take(
        &mut self,
        pc: usize,
        number: u32,
        mut taken: u32,
        mut at: usize,
    ) -> Result<Option<(usize, usize)>, StepLimit> {
        let program = self.program;
        let Some((run, set)) = program.runs.get(index(number)).and_then(|r| Some((r, program.set(r.set)?)))
        else {
            return Ok(None);
        };
        let from = at;
        let remembered = self.width != 0 && run.max == NO_LIMIT;
        loop {
            if remembered && self.known(run.memo.saturating_add(1), at) {
                break;
            }
            if let (Some(text), Scan::All, false) = (run.literal, set.scan, remembered) {
                let found =
                    program.finders.get(index(text)).zip(self.line.get(at..)).and_then(|(f, l)| f.find(l));
                let Some(found) = found else { break };
                at += found;
            }
            if program.has(run.follow, self.byte(at)) && !self.known(run.memo, at) {
                if !self.spend((at - from) / 8) || !self.push(Frame::Longer { pc, run: number, taken, at }) {
                    return Err(StepLimit);
                }
                return Ok(Some((pc + 1, at)));
            }
            match self.member_of(set, at) {
                Some(next) if taken < run.max || run.max == NO_LIMIT => at = next,
                _ => break,
            }
            taken = taken.saturating_add(1);
        }
        if self.spend((at - from) / 8) { Ok(None) } else { Err(StepLimit) }
    }
}
