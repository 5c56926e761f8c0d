//! What the lines of a block tell, in their order: who, as whom, what, when.
//!
//! Nothing is added up here. A worker only gives hosts and names small numbers, in tables that stay in its
//! cache; the rows of all hosts, which do not, are touched where blocks are put together.

use super::fields::{Roles, Seen};
use super::intern::{Keyed, Listed};
use super::{Counts, Kind};
use crate::model::{Glimpse, Ts, cut};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

/// Bytes of a name that are kept; what clients send may be longer.
const NAME: usize = 256;
/// Users of a service at this machine that are told apart.
const PEOPLE: usize = 1 << 12;

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

impl From<Remote<'_>> for RemoteHost {
    fn from(remote: Remote<'_>) -> RemoteHost {
        match remote {
            Remote::Ip(ip) => RemoteHost::Ip(ip),
            Remote::Name(name) => RemoteHost::Name(name.into()),
        }
    }
}

impl RemoteHost {
    pub fn key(&self) -> Remote<'_> {
        match self {
            RemoteHost::Ip(ip) => Remote::Ip(*ip),
            RemoteHost::Name(name) => Remote::Name(name),
        }
    }
}

impl Keyed for (u32, u32) {
    type Key<'k> = (u32, u32);

    fn is(&self, key: (u32, u32)) -> bool {
        *self == key
    }
}

impl Keyed for RemoteHost {
    type Key<'k> = Remote<'k>;

    fn is(&self, key: Remote<'_>) -> bool {
        self.key() == key
    }
}

/// Attempts without a remote host by service and user, with the last one; of as many users of a service as
/// there is room for.
pub(super) type People = BTreeMap<&'static str, BTreeMap<Box<str>, (Counts, Ts)>>;

/// The counts of a user of a service, if there is room for them.
pub(super) fn person<'p>(
    people: &'p mut People,
    service: &'static str,
    user: &str,
) -> Option<&'p mut (Counts, Ts)> {
    let users = people.entry(service).or_default();
    if !users.contains_key(user) {
        if users.len() >= PEOPLE {
            return None;
        }
        users.insert(user.into(), (Counts::default(), Ts::MIN));
    }
    users.get_mut(user)
}

/// A line about a log-in from another host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub ts: Ts,
    /// Number of the host in [`Told::hosts`].
    pub host: u32,
    /// Number of host and user in [`Told::pairs`], where one is named.
    pub pair: Option<u32>,
    /// So many happenings.
    pub weight: u32,
    pub kind: Kind,
}

impl Line {
    /// Connections that ended early but named a user.
    pub fn named(&self) -> u32 {
        if self.kind == Kind::Preauth && self.pair.is_some() { self.weight } else { 0 }
    }

    /// Attempts on the user that it names: refused, and accepted.
    pub fn attempts(&self) -> (u32, u32) {
        match self.kind {
            Kind::Accepted => (0, self.weight),
            // Their attempts are counted by a line of their own; the names are kept.
            Kind::InvalidUser | Kind::PamMore | Kind::Preauth => (0, 0),
            _ => (self.weight, 0),
        }
    }
}

/// The lines of a block.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub lines: Vec<Line>,
    pub hosts: Listed<RemoteHost>,
    pub names: Listed<Box<str>>,
    /// Numbers of hosts with those of their users.
    pub pairs: Listed<(u32, u32)>,
    /// Without a remote host: at the console, in sudo …
    pub local: Counts,
    pub people: People,
    roles: Roles,
}

impl Told {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.hosts.clear();
        self.names.clear();
        self.pairs.clear();
        self.local = Counts::default();
        self.people.clear();
    }

    /// Takes down what an event tells; gives the number of its line.
    pub fn glance(&mut self, event: &Glimpse<'_, '_>) -> Option<u32> {
        let seen = self.roles.look(event);
        let kind = seen.kind?;
        let name = seen.name.filter(|_| seen.found || event.source.is_none());
        let remote = match (name, event.source) {
            (Some(name), _) => Remote::Name(cut(name, NAME)),
            (None, Some(ip)) => Remote::Ip(ip),
            (None, None) => {
                self.at_home(kind, &seen, event);
                return None;
            }
        };
        // A block has far fewer lines than numbers.
        let host = self.hosts.find_or_add(remote, usize::MAX, || remote.into())?;
        let user = seen.user.map(|name| cut(name, NAME));
        let user = user.and_then(|name| self.names.find_or_add(name, usize::MAX, || name.into()));
        let pair = user.map(|user| (host, user));
        let pair = pair.and_then(|pair| self.pairs.find_or_add(pair, usize::MAX, || pair));
        let number = u32::try_from(self.lines.len()).ok();
        self.lines.push(Line { ts: event.ts, host, pair, weight: seen.weight, kind });
        number
    }

    /// The same line at another time.
    pub fn again(&mut self, number: u32, ts: Ts) {
        let line = self.lines.get(number as usize).map(|line| Line { ts, ..*line });
        self.lines.extend(line);
    }

    fn at_home(&mut self, kind: Kind, seen: &Seen<'_>, event: &Glimpse<'_, '_>) {
        self.local.add(kind, seen.weight.into());
        let user = cut(seen.user.unwrap_or_default(), NAME);
        if let Some((counts, last)) = person(&mut self.people, event.dataset.name, user) {
            counts.add(kind, seen.weight.into());
            *last = event.ts.max(*last);
        }
    }
}
