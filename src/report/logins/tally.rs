//! Counting log-ins per remote host, block by block.

use super::fields::{Roles, Seen};
use super::intern::{Keyed, Listed};
use super::tried::{Pairs, Tried, Users};
use super::{Counts, Kind};
use crate::model::{Event, Glimpse, Ts, joined};
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
    pub users_of_host: usize,
}

/// Bytes of a name that are kept; what clients send may be longer.
const NAME: usize = 256;

impl Default for Caps {
    fn default() -> Self {
        Caps { hosts: 1 << 20, names: 1 << 20, pairs: 1 << 22, users_of_host: 4096 }
    }
}

/// Place of an event in time; in the order of the input, which is that of counting, where times are equal.
pub(super) type Moment = (Ts, u64);

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
    pub users: Users,
    /// Attempts on users that found no room there.
    pub unlisted: u64,
}

impl Keyed for Row {
    type Key<'k> = Remote<'k>;

    fn is(&self, key: Remote<'_>) -> bool {
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
    pairs: Pairs,
    /// Of hosts that found no room.
    pub(super) beyond: Counts,
    /// Without a remote host: at the console, in sudo …
    pub(super) local: Counts,
    /// The same by service and user.
    pub(super) people: People,
    /// Lines counted.
    seen: u64,
    roles: Roles,
    /// What hosts and names are called in an earlier tally: memory to work in.
    places: Vec<Option<u32>>,
    numbers: Vec<Option<u32>>,
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
        self.places.clear();
        self.numbers.clear();
        self.seen = 0;
    }

    fn count(&mut self, remote: Remote<'_>, kind: Kind, seen: &Seen<'_>, at: Moment) {
        let number = self.host(remote);
        let AuthTally { hosts, names, beyond, .. } = self;
        let Some((number, row)) = number.and_then(|number| Some((number, hosts.get_mut(number)?))) else {
            one(beyond, kind, seen);
            return;
        };
        one(&mut row.counts, kind, seen);
        row.add(kind, seen.user.is_some(), at);
        let Some(name) = seen.user.map(cut) else { return };
        let (tried, accepted) = match kind {
            Kind::Accepted => (0, seen.weight),
            // Their attempts are counted by a line of their own; the names are kept.
            Kind::InvalidUser | Kind::PamMore | Kind::Preauth => (0, 0),
            _ => (seen.weight, 0),
        };
        match row.users.last() {
            Some(last) if names.get(last.user).is_some_and(|known| **known == *name) => {
                last.add(tried, accepted);
            }
            _ => {
                let user = self.name(name);
                self.pair(number, user, tried, accepted);
            }
        }
    }

    /// The number of a name, if there is room for it.
    fn name(&mut self, name: &str) -> Option<u32> {
        self.names.find_or_add(name, self.caps.names, || name.into())
    }

    fn pair(&mut self, host: u32, user: Option<u32>, tried: u64, accepted: u64) {
        let AuthTally { hosts, pairs, caps, .. } = self;
        let Some(row) = hosts.get_mut(host) else { return };
        match user.and_then(|user| row.users.of(host, user, pairs, caps)) {
            Some(user) => user.add(tried, accepted),
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
        self.seen += 1;
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
        self.count(remote, kind, &seen, (event.ts, self.seen));
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
        // First all are looked up: searches that do not wait for what is done with the one before wait for
        // memory together.
        let mut places = std::mem::take(&mut later.places);
        places.extend(later.hosts.iter().map(|row| self.host(row.key())));
        // A name of many hosts is looked up once.
        let mut names = std::mem::take(&mut later.numbers);
        names.resize(later.names.len(), None);
        for (row, host) in later.hosts.iter().zip(&places) {
            let Some((host, mine)) = host.and_then(|host| Some((host, self.hosts.get_mut(host)?))) else {
                self.beyond.absorb(&row.counts);
                continue;
            };
            mine.absorb(row, self.seen);
            for Tried { user, tried, accepted } in row.users.iter() {
                let (Some(name), Some(number)) = (later.names.get(*user), names.get_mut(*user as usize))
                else {
                    continue;
                };
                *number = number.or_else(|| self.name(name));
                self.pair(host, *number, *tried, *accepted);
            }
        }
        self.seen += later.seen;
        (later.places, later.numbers) = (places, names);
        later.clear();
        later
    }
}

impl AuthTally {
    /// The number of a host, if there is room for it.
    fn host(&mut self, remote: Remote<'_>) -> Option<u32> {
        self.hosts.find_or_add(remote, self.caps.hosts, || Row::new(remote))
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
            users: Users::default(),
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
        match &mut self.span {
            Some((first, last)) => (*first, *last) = (at.0.min(*first), at.0.max(*last)),
            None => self.span = Some((at.0, at.0)),
        }
    }

    fn key(&self) -> Remote<'_> {
        match &self.host {
            RemoteHost::Ip(ip) => Remote::Ip(*ip),
            RemoteHost::Name(name) => Remote::Name(name),
        }
    }

    /// Adds a row of a tally that was begun after `seen` lines.
    fn absorb(&mut self, later: &Row, seen: u64) {
        self.counts.absorb(&later.counts);
        self.span = joined(self.span, later.span);
        let here = |moment: Option<Moment>| moment.map(|(ts, nth)| (ts, nth + seen));
        self.first_failure = match (self.first_failure, here(later.first_failure)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last_accepted = self.last_accepted.max(here(later.last_accepted));
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
