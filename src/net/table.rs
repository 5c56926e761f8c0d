//! The flows of one shard: a slab, an index by key, and two lists in order of last arrival. No
//! allocation once the slab has grown; no order ever comes from the hash.

use super::{FlowKey, flow::Flow};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

const NONE: u32 = u32::MAX;

/// Which list a flow stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// The flow has an open record.
    Active,
    /// The last record is written, the connection is remembered.
    Dormant,
}

impl List {
    const fn index(self) -> usize {
        self as usize
    }
}

#[derive(Debug)]
struct Slot {
    flow: Option<Flow>,
    hash: u64,
}

/// A flow's place in its list. Apart from the flows: with every packet the neighbours change too, and
/// theirs should be in the cache.
#[derive(Clone, Copy, Debug)]
struct Link {
    prev: u32,
    next: u32,
    list: List,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    oldest: u32,
    newest: u32,
}

/// Flows by key, and by age.
#[derive(Debug)]
pub(super) struct Table {
    index: HashTable<u32>,
    slots: Vec<Slot>,
    links: Vec<Link>,
    free: Vec<u32>,
    lists: [Ends; 2],
    /// Flows by list.
    counts: [usize; 2],
    hasher: FixedState,
}

impl Table {
    /// An empty table.
    pub(super) fn new() -> Table {
        Table {
            index: HashTable::new(),
            slots: Vec::new(),
            links: Vec::new(),
            free: Vec::new(),
            lists: [Ends { oldest: NONE, newest: NONE }; 2],
            counts: [0; 2],
            hasher: FixedState::with_seed(0x6e65_746c_6f67),
        }
    }

    /// Flows held.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Connections that sleep.
    pub(super) fn dormant(&self) -> usize {
        let [_, dormant] = self.counts;
        dormant
    }

    /// All flows, by number.
    pub(super) fn flows(&self) -> impl Iterator<Item = (u32, &Flow)> {
        (0..).zip(&self.slots).filter_map(|(id, slot)| Some((id, slot.flow.as_ref()?)))
    }

    /// The flow of a key.
    pub(super) fn find(&self, key: &FlowKey) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let is = |id: &u32| self.slot(*id).is_some_and(|s| s.flow.as_ref().is_some_and(|f| f.key == *key));
        self.index.find(hash, is).copied()
    }

    /// Adds a flow as the newest active one. Its key must not be in the table.
    pub(super) fn insert(&mut self, flow: Flow) -> u32 {
        let hash = self.hasher.hash_one(flow.key);
        let slot = Slot { flow: Some(flow), hash };
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(place) = self.slot_mut(id) {
                    *place = slot;
                }
                id
            }
            None => {
                // By a quarter: doubling leaves half of the largest table of a run unused.
                if self.slots.len() == self.slots.capacity() {
                    let more = (self.slots.len() / 4).max(16);
                    self.slots.reserve_exact(more);
                    self.links.reserve_exact(more);
                }
                self.slots.push(slot);
                self.links.push(Link { prev: NONE, next: NONE, list: List::Active });
                u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
            }
        };
        self.append(id, List::Active);
        let slots = &self.slots;
        let rehash = |id: &u32| usize::try_from(*id).ok().and_then(|i| slots.get(i)).map_or(0, |s| s.hash);
        self.index.insert_unique(hash, id, rehash);
        id
    }

    /// Takes a flow out.
    pub(super) fn remove(&mut self, id: u32) -> Option<Flow> {
        let hash = self.slot(id)?.hash;
        self.unlink(id);
        let flow = self.slot_mut(id)?.flow.take();
        if let Ok(entry) = self.index.find_entry(hash, |x| *x == id) {
            entry.remove();
            self.free.push(id);
        }
        flow
    }

    /// The flow of a number that `find` or `insert` gave.
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut Flow> {
        self.slot_mut(id)?.flow.as_mut()
    }

    /// The flow of a number, read only.
    pub(super) fn get(&self, id: u32) -> Option<&Flow> {
        self.slot(id)?.flow.as_ref()
    }

    /// Makes a flow the newest of a list.
    pub(super) fn touch(&mut self, id: u32, list: List) {
        let newest = self.lists.get(list.index()).is_some_and(|l| l.newest == id);
        if !newest {
            self.unlink(id);
            self.append(id, list);
        }
    }

    /// The flow of a list that has waited longest.
    pub(super) fn oldest(&self, list: List) -> Option<u32> {
        self.lists.get(list.index()).map(|l| l.oldest).filter(|id| *id != NONE)
    }

    fn slot(&self, id: u32) -> Option<&Slot> {
        self.slots.get(usize::try_from(id).ok()?)
    }

    fn slot_mut(&mut self, id: u32) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(id).ok()?)
    }

    fn link_mut(&mut self, id: u32) -> Option<&mut Link> {
        self.links.get_mut(usize::try_from(id).ok()?)
    }

    fn append(&mut self, id: u32, list: List) {
        let Some(ends) = self.lists.get_mut(list.index()) else { return };
        let before = std::mem::replace(&mut ends.newest, id);
        if let Some(count) = self.counts.get_mut(list.index()) {
            *count += 1;
        }
        if before == NONE {
            ends.oldest = id;
        } else if let Some(link) = self.link_mut(before) {
            link.next = id;
        }
        if let Some(link) = self.link_mut(id) {
            (link.prev, link.next, link.list) = (before, NONE, list);
        }
    }

    fn unlink(&mut self, id: u32) {
        let Some(Link { prev, next, list }) = self.link_mut(id).copied() else { return };
        if let Some(count) = self.counts.get_mut(list.index()) {
            *count = count.saturating_sub(1);
        }
        if let Some(link) = self.link_mut(prev) {
            link.next = next;
        }
        if let Some(link) = self.link_mut(next) {
            link.prev = prev;
        }
        if let Some(ends) = self.lists.get_mut(list.index()) {
            if ends.oldest == id {
                ends.oldest = next;
            }
            if ends.newest == id {
                ends.newest = prev;
            }
        }
    }
}
