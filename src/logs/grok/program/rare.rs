//! Look-around, back references and conditions.

use super::emit::{Emitter, number};
use super::{Op, simplify};
use crate::logs::grok::error::Mistake;
use crate::logs::grok::syntax::{Assert, Node};

/// Lengths a look-behind may choose between.
const MAX_BEHIND: usize = 255;

impl Emitter<'_> {
    pub(super) fn look(&mut self, node: &Node, behind: bool, negative: bool) -> Result<(), Mistake> {
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

    pub(super) fn backref(&mut self, groups: &[usize], fold: bool) -> Result<(), Mistake> {
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

    pub(super) fn conditional(&mut self, group: usize, yes: &Node, no: &Node) -> Result<(), Mistake> {
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
