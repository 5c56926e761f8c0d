//! Members that say the same, of which one is better than the others wherever it stands.

use super::value::Json;
use super::{Draft, Slot};
use crate::model::Value;
use std::borrow::Cow;

/// How a member compares with others of the same field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Which of the fields that several members can fill.
    pub group: usize,
    /// Place of the member, the best one's 0.
    pub place: usize,
}

/// What a walk over the members leaves.
#[derive(Default)]
pub(super) struct Left<'r, 'a> {
    /// What no field is for, by its path.
    pub others: Vec<(Cow<'a, str>, Value<'a>)>,
    /// What a field is for that several members can fill.
    waiting: Vec<(Rank, &'r Slot, Cow<'a, str>, Json<'a>)>,
}

impl<'r, 'a> Left<'r, 'a> {
    /// Puts the value of a member where it belongs, or has it wait for better ones.
    pub fn take(
        &mut self,
        path: Cow<'a, str>,
        value: Json<'a>,
        slot: Option<&'r Slot>,
        draft: &mut Draft<'a>,
    ) {
        let left = match slot {
            Some(Slot { rank: Some(rank), .. }) => {
                self.waiting.extend(slot.map(|slot| (*rank, slot, path, value)));
                return;
            }
            Some(slot) => slot.put(value, draft),
            None => Some(value),
        };
        self.others.extend(left.map(|value| (path, value.into_value())));
    }

    /// Fills each field with the best of its members that is of its type; gives what is kept beside the fields.
    pub fn settle(mut self, draft: &mut Draft<'a>) -> Vec<(Cow<'a, str>, Value<'a>)> {
        self.waiting.sort_by_key(|(rank, ..)| *rank);
        let mut filled = None;
        for (rank, slot, path, value) in self.waiting {
            let left = if filled == Some(rank.group) { Some(value) } else { slot.put(value, draft) };
            match left {
                None => filled = Some(rank.group),
                Some(value) => self.others.push((path, value.into_value())),
            }
        }
        self.others
    }
}
