//! Counting log-ins per remote host, block by block.

use super::Counts;
use super::row::{Row, Tried};
use super::told::{RemoteHost, Sums, Told, person};
use crate::model::{Event, Glimpse, Ts};
use crate::report::Tallying;

/// How much is kept. What comes beyond is counted in the sums, and said to be left out; what that is
/// depends on the order of the input alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    pub hosts: usize,
    pub names: usize,
    pub pairs: usize,
    pub users_of_host: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Caps { hosts: 1 << 20, names: 1 << 20, pairs: 1 << 22, users_of_host: 4096 }
    }
}

/// The log-ins of all remote hosts. Exact for a million hosts, as many names and four million pairs of
/// both, 4096 users a host.
#[derive(Debug, Default)]
pub struct AuthTally {
    /// What was told since the last block was put in.
    told: Told,
    pub(super) all: Hosts,
}

/// Everything told, added up.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    caps: Caps,
    pub sums: Sums,
    /// Of hosts that found no room.
    pub beyond: Counts,
    known: Known,
}

/// What hosts, names and pairs of both in a block are called here: memory to work in.
#[derive(Debug, Default)]
struct Known {
    hosts: Vec<Option<u32>>,
    names: Vec<Option<u32>>,
    pairs: Vec<Option<u32>>,
}

/// What the host or name with this number in the block is called here.
fn number(numbers: &[Option<u32>], of: u32) -> Option<u32> {
    numbers.get(of as usize).copied().flatten()
}

impl AuthTally {
    #[cfg(test)]
    pub(super) fn with_caps(caps: Caps) -> AuthTally {
        AuthTally { all: Hosts { caps, ..Hosts::default() }, ..AuthTally::default() }
    }

    /// Adds up what was told.
    pub(super) fn settle(&mut self) {
        self.all.add(&self.told.sums);
        self.told.clear();
    }
}

impl Tallying for AuthTally {
    fn observe(&mut self, event: &Event<'_>) {
        self.glance(event.into());
    }

    fn glance(&mut self, event: Glimpse<'_, '_>) -> Option<u32> {
        self.told.glance(&event)
    }

    fn again(&mut self, number: u32, ts: Ts) {
        self.told.again(number, ts);
    }

    fn merge(&mut self, later: AuthTally) {
        self.drain(later);
    }

    fn drain(&mut self, mut later: AuthTally) -> AuthTally {
        debug_assert_eq!(later.all.sums.seen, 0, "a block is told, not added up");
        self.settle();
        self.all.add(&later.told.sums);
        later.told.clear();
        later
    }
}

impl Hosts {
    /// Adds a block.
    fn add(&mut self, told: &Sums) {
        let mut known = std::mem::take(&mut self.known);
        self.know(told, &mut known);
        let sums = &mut self.sums;
        sums.local.absorb(&told.local);
        for (service, users) in &told.people {
            for (user, (counts, at)) in users {
                if let Some((all, last)) = person(&mut sums.people, service, user) {
                    all.absorb(counts);
                    *last = (*at).max(*last);
                }
            }
        }
        for (block, row) in told.rows.iter().zip(&known.hosts) {
            match row.and_then(|row| sums.rows.get_mut(row)) {
                Some(row) => row.absorb(block, sums.seen),
                None => self.beyond.absorb(&block.counts()),
            }
        }
        sums.seen += told.seen;
        for (block, pair) in told.tried.iter().zip(&known.pairs) {
            let beyond = told.beyond_pairs.get(&(block.host, block.user)).copied();
            if let Some(pair) = pair.and_then(|pair| sums.tried.get_mut(pair)) {
                pair.add(block.tried, block.accepted, &mut sums.beyond_pairs);
                beyond.into_iter().for_each(|beyond| pair.add_beyond(beyond, &mut sums.beyond_pairs));
            } else if let Some(row) = number(&known.hosts, block.host).and_then(|row| sums.rows.get_mut(row))
            {
                let (tried, accepted) = beyond.unwrap_or_default();
                let few = u64::from(block.tried) + u64::from(block.accepted);
                row.leave_out(few.saturating_add(tried).saturating_add(accepted));
            }
        }
        self.known = known;
    }

    /// Looks up everything that a block names, and enters what is new as far as there is room.
    fn know(&mut self, told: &Sums, known: &mut Known) {
        let Hosts { caps, sums: Sums { rows, names, tried, .. }, .. } = self;
        let hosts = told.rows.iter().map(|row| row.host.key());
        rows.find_or_add_all(hosts, caps.hosts, |host| Row::new(RemoteHost::from(host)), &mut known.hosts);
        let users = told.names.iter().map(|name| &**name);
        names.find_or_add_all(users, caps.names, Box::from, &mut known.names);
        let key = |pair: &Tried| Some((number(&known.hosts, pair.host)?, number(&known.names, pair.user)?));
        // No pair has these numbers.
        let keys = told.tried.iter().map(|pair| key(pair).unwrap_or((u32::MAX, u32::MAX)));
        tried.find_all(keys, &mut known.pairs);
        for (pair, place) in told.tried.iter().zip(&mut known.pairs).filter(|(_, place)| place.is_none()) {
            let Some((host, user)) = key(pair) else { continue };
            let Some(row) = rows.get_mut(host).filter(|row| row.users < caps.users_of_host) else { continue };
            *place = tried.find_or_add((host, user), caps.pairs, || Tried::new(host, user));
            row.users += u32::from(place.is_some());
        }
    }
}
