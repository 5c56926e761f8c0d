//! What a block tells: who, as whom, how often, when.
//!
//! A worker adds up the lines of its block, in tables that stay in its cache; the rows of all hosts, which do
//! not, are touched once for each block that names them.

use super::fields::{Roles, Seen};
use super::intern::Listed;
use super::row::{Beyond, Line, Row, Tried, What};
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
    #[inline]
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

/// What lines told, added up: those of a block, or of all the input.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub rows: Listed<Row>,
    pub names: Listed<Box<str>>,
    pub tried: Listed<Tried>,
    pub beyond_pairs: Beyond,
    /// Lines about log-ins from another host.
    pub seen: u64,
    /// Without a remote host: at the console, in sudo …
    pub local: Counts,
    pub people: People,
}

/// What a block tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Its lines, for those that come again.
    lines: Vec<Line>,
    pub sums: Sums,
    roles: Roles,
}

impl Sums {
    /// Empties it, keeping the memory.
    fn clear(&mut self) {
        self.rows.clear();
        self.names.clear();
        self.tried.clear();
        self.beyond_pairs.clear();
        self.seen = 0;
        self.local = Counts::default();
        self.people.clear();
    }

    #[inline(always)]
    fn count(&mut self, host: u32, pair: Option<u32>, what: What, ts: Ts) {
        self.seen += 1;
        if let Some(row) = self.rows.get_mut(host) {
            row.add(what, (ts, self.seen));
        }
        if let Some(pair) = pair.and_then(|pair| self.tried.get_mut(pair)) {
            let (tried, accepted) = what.attempts();
            pair.add(tried, accepted, &mut self.beyond_pairs);
        }
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

impl Told {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.sums.clear();
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
                self.sums.at_home(kind, &seen, event);
                return None;
            }
        };
        // A block has far fewer lines than numbers.
        let sums = &mut self.sums;
        let host = sums.rows.find_or_add(remote, usize::MAX, || Row::new(remote.into()))?;
        let user = seen.user.map(|name| cut(name, NAME));
        let user = user.and_then(|name| sums.names.find_or_add(name, usize::MAX, || name.into()));
        let pair =
            user.and_then(|user| sums.tried.find_or_add((host, user), usize::MAX, || Tried::new(host, user)));
        let number = u32::try_from(self.lines.len()).ok();
        let what = What { weight: seen.weight, kind, named: pair.is_some() };
        sums.count(host, pair, what, event.ts);
        self.lines.push(Line { host, pair, what });
        number
    }

    /// The same line at another time.
    pub fn again(&mut self, number: u32, ts: Ts) {
        if let Some(line) = self.lines.get(number as usize).copied() {
            self.sums.count(line.host, line.pair, line.what, ts);
        }
    }
}
