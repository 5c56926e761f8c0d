//! The end of a group: every flow is closed, in the order of their first packets. That is done in steps, since what
//! closing them tells is many times what they are: half a million flows are a gigabyte of events.

use super::{Group, bug};
use crate::engine::run::Shared;
use crate::model::{Ledger, Origin};
use crate::net::{SHARDS, defrag::Defrag};
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Flows closed in a step.
const FLOWS: usize = 1 << 14;

/// What is open yet: the first packet of each flow, its shard, and its number there.
pub(super) struct Ending {
    flows: Vec<(Origin, usize, u32)>,
    next: usize,
}

impl Ending {
    /// All flows of a group.
    pub fn of(group: &Group) -> Ending {
        let shards = group.shards.iter().enumerate();
        let open = shards.flat_map(|(i, (shard, _))| shard.open().map(move |(opened, id)| (opened, i, id)));
        let mut flows: Vec<_> = open.collect();
        flows.par_sort_unstable_by_key(|(opened, ..)| (opened.source, opened.record));
        Ending { flows, next: 0 }
    }

    /// Numbers of the next flows, by shard. `None` if there are none.
    fn step(&mut self) -> Option<Vec<Vec<u32>>> {
        let left = self.flows.get(self.next..).filter(|left| !left.is_empty())?;
        let mut shards = vec![Vec::new(); SHARDS];
        for (_, shard, id) in left.iter().take(FLOWS) {
            shards.get_mut(*shard).into_iter().for_each(|ids| ids.push(*id));
        }
        self.next += FLOWS.min(left.len());
        Some(shards)
    }
}

impl Group {
    /// Closes the next flows; `false` if there were none left.
    pub(super) fn end(&mut self, ending: &mut Ending, shared: &Shared<'_, '_>, ledger: &mut Ledger) -> bool {
        let Some(flows) = ending.step() else {
            std::mem::replace(&mut self.defrag, Defrag::new()).finish(ledger);
            return false;
        };
        let last = self.last;
        self.shards.par_iter_mut().zip(flows).for_each(|((shard, out), flows)| {
            let work = AssertUnwindSafe(|| {
                shard.end(flows, last, out);
                super::carried::read(out, &shared.carried);
            });
            if catch_unwind(work).is_err() {
                out.ledger.faults.push(bug(last.origin));
            }
        });
        self.collect(ledger);
        true
    }
}
