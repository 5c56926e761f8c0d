//! The users that a host tried. Most hosts try one or two, a few try thousands.

use super::tally::Caps;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::BuildHasher;

/// So many users of a host are looked through one by one; more are found by hash.
const FEW: usize = 16;

/// A user that a host tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    /// Number of the name.
    pub user: u32,
    /// Attempts that were refused.
    pub tried: u64,
    /// Log-ins that were accepted.
    pub accepted: u64,
}

impl Tried {
    pub fn add(&mut self, tried: u64, accepted: u64) {
        self.tried = self.tried.saturating_add(tried);
        self.accepted = self.accepted.saturating_add(accepted);
    }
}

/// The users of one host, in the order first seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Users {
    /// Mostly it stays at one.
    first: Option<Tried>,
    others: Vec<Tried>,
    /// Place of the user of the last line: the next one mostly tells of the same.
    last: usize,
}

/// Where the users of hosts that tried many stand, and how many there are of all hosts.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Host, user, and place among the host's users.
    many: HashTable<(u32, u32, u32)>,
    hasher: FixedState,
    count: usize,
}

impl Pairs {
    fn find(&self, host: u32, user: u32) -> Option<usize> {
        let is = |(h, u, _): &(u32, u32, u32)| (*h, *u) == (host, user);
        self.many.find(self.hasher.hash_one((host, user)), is).map(|(.., place)| *place as usize)
    }

    fn enter(&mut self, host: u32, user: u32, place: usize) {
        let Ok(place) = u32::try_from(place) else { return };
        let Pairs { many, hasher, .. } = self;
        let hash = |(host, user, _): &(u32, u32, u32)| hasher.hash_one((*host, *user));
        many.insert_unique(hasher.hash_one((host, user)), (host, user, place), hash);
    }
}

impl Users {
    pub fn iter(&self) -> impl Iterator<Item = &Tried> {
        self.first.iter().chain(&self.others)
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    fn get_mut(&mut self, place: usize) -> Option<&mut Tried> {
        match place.checked_sub(1) {
            Some(other) => self.others.get_mut(other),
            None => self.first.as_mut(),
        }
    }

    /// What is known of `user`, of whom there may have been nothing before; `None` if there is no room.
    pub fn of(&mut self, host: u32, user: u32, pairs: &mut Pairs, caps: &Caps) -> Option<&mut Tried> {
        if self.get_mut(self.last).is_some_and(|last| last.user == user) {
            return self.get_mut(self.last);
        }
        let known = if self.len() <= FEW {
            self.iter().position(|tried| tried.user == user)
        } else {
            pairs.find(host, user)
        };
        let place = match known {
            Some(place) => place,
            None => self.add(host, user, pairs, caps)?,
        };
        self.last = place;
        self.get_mut(place)
    }

    fn add(&mut self, host: u32, user: u32, pairs: &mut Pairs, caps: &Caps) -> Option<usize> {
        let place = self.len();
        if place >= caps.users_of_host || pairs.count >= caps.pairs {
            return None;
        }
        let new = Tried { user, tried: 0, accepted: 0 };
        match self.first {
            Some(_) => self.others.push(new),
            None => self.first = Some(new),
        }
        pairs.count += 1;
        // With the first that are many all are entered.
        let from = match place.cmp(&FEW) {
            Ordering::Less => return Some(place),
            Ordering::Equal => 0,
            Ordering::Greater => place,
        };
        for (place, tried) in self.iter().enumerate().skip(from) {
            pairs.enter(host, tried.user, place);
        }
        Some(place)
    }
}
