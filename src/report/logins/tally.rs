//! Counting log-ins per remote host, block by block.

use super::fields::{Roles, Seen};
use super::intern::{Keyed, Listed};
use super::{Counts, Kind};
use crate::model::{Event, Glimpse, Seq, Ts};
use crate::report::Tallying;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

/// How much is kept. What comes beyond is counted in the sums, and said to be left out; what that is
/// depends on the order of the input alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    pub hosts: usize,
    pub names: usize,
    pub pairs: usize,
    pub users_of_host: u32,
}

/// Bytes of a name that are kept; what clients send may be longer.
const NAME: usize = 256;

impl Default for Caps {
    fn default() -> Self {
        Caps { hosts: 1 << 20, names: 1 << 20, pairs: 1 << 22, users_of_host: 4096 }
    }
}

/// Place of an event in time; in the order of the input where times are equal.
pub(super) type Moment = (Ts, Seq);

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remote<'k> {
    Ip(IpAddr),
    Name(&'k str),
}

impl Hash for Remote<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Remote::Ip(IpAddr::V4(ip)) => state.write_u32(ip.to_bits()),
            Remote::Ip(IpAddr::V6(ip)) => state.write_u128(ip.to_bits()),
            Remote::Name(name) => state.write(name.as_bytes()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RemoteHost {
    Ip(IpAddr),
    Name(Box<str>),
}

/// The log-ins of one remote host.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub host: RemoteHost,
    pub counts: Counts,
    pub span: Option<(Ts, Ts)>,
    pub first_failure: Option<Moment>,
    pub last_accepted: Option<Moment>,
    /// Users in [`AuthTally::pairs`].
    users: u32,
    /// The user of the last line, with the number of the pair: the next line mostly tells of the same.
    last: Option<(u32, u32)>,
    /// Attempts on users that found no room there.
    pub unlisted: u64,
}

/// A user that a host tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub host: u32,
    pub user: u32,
    pub tried: u64,
    pub accepted: u64,
}

impl Pair {
    fn add(&mut self, tried: u64, accepted: u64) {
        self.tried = self.tried.saturating_add(tried);
        self.accepted = self.accepted.saturating_add(accepted);
    }
}

impl Keyed for Row {
    type Key<'k> = Remote<'k>;

    fn key(&self) -> Remote<'_> {
        match &self.host {
            RemoteHost::Ip(ip) => Remote::Ip(*ip),
            RemoteHost::Name(name) => Remote::Name(name),
        }
    }

    fn is(&self, key: Remote<'_>) -> bool {
        self.key() == key
    }
}

impl Keyed for Pair {
    type Key<'k> = (u32, u32);

    fn key(&self) -> (u32, u32) {
        (self.host, self.user)
    }

    fn is(&self, key: (u32, u32)) -> bool {
        self.key() == key
    }
}

/// The log-ins of all remote hosts. Exact for a million hosts, as many names and four million pairs of
/// both, 4096 users a host.
#[derive(Debug, Default)]
pub struct AuthTally {
    pub(super) caps: Caps,
    pub(super) hosts: Listed<Row>,
    pub(super) names: Listed<Box<str>>,
    pub(super) pairs: Listed<Pair>,
    /// Of hosts that found no room.
    pub(super) beyond: Counts,
    /// Without a remote host: at the console, in sudo …
    pub(super) local: Counts,
    /// The same by service and user.
    pub(super) people: People,
    roles: Roles,
    numbers: Numbers,
}

/// What the hosts and names of a later tally are called in an earlier one: memory to work in.
#[derive(Debug, Default)]
struct Numbers {
    hosts: Vec<Option<u32>>,
    names: Vec<Option<u32>>,
}

impl Numbers {
    fn clear(&mut self) {
        self.hosts.clear();
        self.names.clear();
    }
}

/// Attempts without a remote host by service and user, with the last one; of as many users of a service as
/// there is room for.
pub(super) type People = BTreeMap<&'static str, BTreeMap<Box<str>, (Counts, Ts)>>;
/// Users of a service at this machine that are told apart.
const PEOPLE: usize = 1 << 12;

impl AuthTally {
    #[cfg(test)]
    pub(super) fn with_caps(caps: Caps) -> AuthTally {
        AuthTally { caps, ..AuthTally::default() }
    }

    /// Empties it, keeping the memory.
    fn clear(&mut self) {
        self.hosts.clear();
        self.names.clear();
        self.pairs.clear();
        (self.beyond, self.local) = (Counts::default(), Counts::default());
        self.people.clear();
    }

    fn count(&mut self, remote: Remote<'_>, kind: Kind, seen: &Seen<'_>, at: Moment) {
        let Some(number) = self.hosts.find_or_add(remote, self.caps.hosts, || Row::new(remote)) else {
            one(&mut self.beyond, kind, seen);
            return;
        };
        if let Some(row) = self.hosts.get_mut(number) {
            one(&mut row.counts, kind, seen);
            row.add(kind, seen.user.is_some(), at);
        }
        if let Some(user) = seen.user {
            let (tried, accepted) = match kind {
                Kind::Accepted => (0, seen.weight),
                // Their attempts are counted by a line of their own; the names are kept.
                Kind::InvalidUser | Kind::PamMore | Kind::Preauth => (0, 0),
                _ => (seen.weight, 0),
            };
            self.user(number, cut(user), tried, accepted);
        }
    }

    /// Counts a user of a host.
    fn user(&mut self, host: u32, name: &str, tried: u64, accepted: u64) {
        if let Some((user, pair)) = self.hosts.get(host).and_then(|row| row.last)
            && self.names.get(user).is_some_and(|known| **known == *name)
            && let Some(pair) = self.pairs.get_mut(pair)
        {
            pair.add(tried, accepted);
            return;
        }
        let user = self.name(name);
        self.pair(host, user, tried, accepted);
    }

    /// The number of a name, if there is room for it.
    fn name(&mut self, name: &str) -> Option<u32> {
        self.names.find_or_add(name, self.caps.names, || name.into())
    }

    fn pair(&mut self, host: u32, user: Option<u32>, tried: u64, accepted: u64) {
        let Caps { pairs, users_of_host, .. } = self.caps;
        let Some(row) = self.hosts.entries.get_mut(host as usize) else { return };
        let known = user.and_then(|user| self.pairs.find((host, user)));
        let number = known.or_else(|| {
            let user = user.filter(|_| row.users < users_of_host)?;
            let new = || Pair { host, user, tried: 0, accepted: 0 };
            let number = self.pairs.find_or_add((host, user), pairs, new)?;
            row.users += 1;
            Some(number)
        });
        match number.and_then(|number| self.pairs.get_mut(number)) {
            Some(pair) => {
                row.last = user.zip(number);
                pair.add(tried, accepted);
            }
            None => row.unlisted = row.unlisted.saturating_add(tried).saturating_add(accepted),
        }
    }
}

/// The counts of a user of a service, if there is room for them.
fn person<'p>(people: &'p mut People, service: &'static str, user: &str) -> Option<&'p mut (Counts, Ts)> {
    let users = people.entry(service).or_default();
    if !users.contains_key(user) {
        if users.len() >= PEOPLE {
            return None;
        }
        users.insert(user.into(), (Counts::default(), Ts::MIN));
    }
    users.get_mut(user)
}

impl Tallying for AuthTally {
    fn observe(&mut self, event: &Event<'_>) {
        self.glance(event.into());
    }

    fn glance(&mut self, event: Glimpse<'_, '_>) {
        let seen = self.roles.look(&event);
        let Some(kind) = seen.kind else { return };
        let name = seen.name.filter(|_| seen.found || event.source.is_none());
        let remote = match (name, event.source) {
            (Some(name), _) => Remote::Name(cut(name)),
            (None, Some(ip)) => Remote::Ip(ip),
            (None, None) => {
                self.local.add(kind, seen.weight);
                let user = cut(seen.user.unwrap_or_default());
                if let Some((counts, last)) = person(&mut self.people, event.dataset.name, user) {
                    counts.add(kind, seen.weight);
                    *last = event.ts.max(*last);
                }
                return;
            }
        };
        self.count(remote, kind, &seen, (event.ts, event.seq));
    }

    fn merge(&mut self, later: AuthTally) {
        self.drain(later);
    }

    fn drain(&mut self, mut later: AuthTally) -> AuthTally {
        self.beyond.absorb(&later.beyond);
        self.local.absorb(&later.local);
        for (service, users) in &later.people {
            for (user, (counts, at)) in users {
                if let Some((all, last)) = person(&mut self.people, service, user) {
                    all.absorb(counts);
                    *last = (*at).max(*last);
                }
            }
        }
        let mut numbers = std::mem::take(&mut later.numbers);
        numbers.hosts.extend(later.hosts.entries.iter().map(|row| self.host(row)));
        // A name of many hosts is looked up once.
        numbers.names.resize(later.names.entries.len(), None);
        for pair in &later.pairs.entries {
            let host = numbers.hosts.get(pair.host as usize).copied().flatten();
            let (Some(host), Some(name)) = (host, later.names.get(pair.user)) else { continue };
            let Some(user) = numbers.names.get_mut(pair.user as usize) else { continue };
            *user = user.or_else(|| self.name(name));
            self.pair(host, *user, pair.tried, pair.accepted);
        }
        numbers.clear();
        later.numbers = numbers;
        later.clear();
        later
    }
}

impl AuthTally {
    /// Adds a later row; gives its number here.
    fn host(&mut self, later: &Row) -> Option<u32> {
        let new = || Row { users: 0, ..Row::new(later.key()) };
        let number = self.hosts.find_or_add(later.key(), self.caps.hosts, new);
        match number.and_then(|number| self.hosts.get_mut(number)) {
            Some(row) => row.absorb(later),
            None => self.beyond.absorb(&later.counts),
        }
        number
    }
}

impl Row {
    fn new(host: Remote<'_>) -> Row {
        let host = match host {
            Remote::Ip(ip) => RemoteHost::Ip(ip),
            Remote::Name(name) => RemoteHost::Name(name.into()),
        };
        Row {
            host,
            counts: Counts::default(),
            span: None,
            first_failure: None,
            last_accepted: None,
            users: 0,
            last: None,
            unlisted: 0,
        }
    }

    /// Remembers when it was.
    fn add(&mut self, kind: Kind, named: bool, at: Moment) {
        match kind {
            Kind::Accepted => self.last_accepted = self.last_accepted.max(Some(at)),
            // Leaving early is no failure of a credential, and alone no attempt.
            Kind::Preauth if !named => return,
            Kind::Preauth => {}
            _ => self.first_failure = Some(self.first_failure.map_or(at, |first| first.min(at))),
        }
        self.span = crate::report::hosts::joined(self.span, Some((at.0, at.0)));
    }

    fn absorb(&mut self, later: &Row) {
        self.counts.absorb(&later.counts);
        self.span = crate::report::hosts::joined(self.span, later.span);
        self.first_failure = match (self.first_failure, later.first_failure) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last_accepted = self.last_accepted.max(later.last_accepted);
        self.unlisted = self.unlisted.saturating_add(later.unlisted);
    }

    /// Whether a log-in was accepted after one had been refused, by time and then by place in the input.
    pub fn after_failure(&self) -> bool {
        self.first_failure.zip(self.last_accepted).is_some_and(|(failed, accepted)| failed < accepted)
    }
}

/// Counts one line.
fn one(counts: &mut Counts, kind: Kind, seen: &Seen<'_>) {
    counts.add(kind, seen.weight);
    if kind == Kind::Preauth && seen.user.is_some() {
        counts.named_preauth = counts.named_preauth.saturating_add(seen.weight);
    }
}

/// A name cut to what is kept of it.
fn cut(name: &str) -> &str {
    if name.len() <= NAME {
        return name;
    }
    let end = (0..=NAME).rev().find(|i| name.is_char_boundary(*i)).unwrap_or(0);
    name.get(..end).unwrap_or(name)
}
