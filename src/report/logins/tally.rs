//! Counting log-ins per remote host, block by block.

use super::counts::FewCounts;
use super::intern::{Keyed, Listed};
use super::told::{Line, People, Remote, RemoteHost, Told, person};
use super::{Counts, Kind};
use crate::model::{Event, Glimpse, Ts};
use crate::report::Tallying;
use std::collections::BTreeMap;

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

/// Place of an event in time; in the order of the input, which is that of counting, where times are equal.
pub(super) type Moment = (Ts, u64);

/// The log-ins of one remote host. There are many, each is looked at once in a while, and what that costs is waiting
/// for memory: two lines of the cache hold all of it.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Row {
    pub host: RemoteHost,
    /// First and last attempt; the first is later than the last if there is none.
    span: (Ts, Ts),
    /// Later than any if there is none.
    first_failure: Moment,
    /// Earlier than any if there is none.
    last_accepted: Moment,
    counts: FewCounts,
    /// How many users it tried.
    users: u32,
    more: Option<Box<More>>,
}

/// What few hosts have.
#[derive(Clone, Copy, Debug, Default)]
struct More {
    /// What there was no room for.
    counts: Counts,
    /// Attempts on users that found no room.
    unlisted: u64,
}

impl Keyed for Row {
    type Key<'k> = Remote<'k>;

    fn is(&self, key: Remote<'_>) -> bool {
        self.host.is(key)
    }
}

/// A user that a host tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    /// Number of the host.
    pub host: u32,
    /// Number of the name.
    pub user: u32,
    /// Attempts that were refused, beside those in [`Hosts::beyond_pairs`].
    pub tried: u32,
    /// Log-ins that were accepted, likewise.
    pub accepted: u32,
}

impl Tried {
    /// Counts more; `false`, and nothing counted, if that is too much.
    #[inline]
    fn add(&mut self, tried: u32, accepted: u32) -> bool {
        let more = self.tried.checked_add(tried).zip(self.accepted.checked_add(accepted));
        more.map(|more| (self.tried, self.accepted) = more).is_some()
    }
}

impl Keyed for Tried {
    type Key<'k> = (u32, u32);

    fn is(&self, key: (u32, u32)) -> bool {
        (self.host, self.user) == key
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
    pub rows: Listed<Row>,
    pub names: Listed<Box<str>>,
    pub tried: Listed<Tried>,
    /// Attempts and log-ins of a host as a user, by their numbers, that are too many for [`Tried`].
    pub beyond_pairs: BTreeMap<(u32, u32), (u64, u64)>,
    /// Of hosts that found no room.
    pub beyond: Counts,
    /// Without a remote host: at the console, in sudo …
    pub local: Counts,
    /// The same by service and user.
    pub people: People,
    /// Lines counted.
    seen: u64,
    known: Known,
}

/// What hosts, names and pairs of both in a block are called here: memory to work in.
#[derive(Debug, Default)]
struct Known {
    hosts: Vec<Option<u32>>,
    names: Vec<Option<u32>>,
    pairs: Vec<Option<u32>>,
}

impl AuthTally {
    #[cfg(test)]
    pub(super) fn with_caps(caps: Caps) -> AuthTally {
        AuthTally { all: Hosts { caps, ..Hosts::default() }, ..AuthTally::default() }
    }

    /// Adds up what was told.
    pub(super) fn settle(&mut self) {
        self.all.add(&self.told);
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
        debug_assert_eq!(later.all.seen, 0, "a block is told, not added up");
        self.settle();
        self.all.add(&later.told);
        later.told.clear();
        later
    }
}

impl Hosts {
    /// Adds a block.
    fn add(&mut self, told: &Told) {
        self.local.absorb(&told.local);
        for (service, users) in &told.people {
            for (user, (counts, at)) in users {
                if let Some((all, last)) = person(&mut self.people, service, user) {
                    all.absorb(counts);
                    *last = (*at).max(*last);
                }
            }
        }
        let mut known = std::mem::take(&mut self.known);
        self.know(told, &mut known);
        for line in &told.lines {
            self.seen += 1;
            let row = known.hosts.get(line.host as usize).copied().flatten();
            let Some(row) = row.and_then(|row| self.rows.get_mut(row)) else {
                one(&mut self.beyond, line);
                continue;
            };
            row.add(line, self.seen);
            let Some(pair) = line.pair else { continue };
            let (tried, accepted) = line.attempts();
            let pair = known.pairs.get(pair as usize).copied().flatten();
            match pair.and_then(|pair| self.tried.get_mut(pair)) {
                Some(pair) => {
                    if !pair.add(tried, accepted) {
                        let beyond = self.beyond_pairs.entry((pair.host, pair.user)).or_default();
                        beyond.0 = beyond.0.saturating_add(tried.into());
                        beyond.1 = beyond.1.saturating_add(accepted.into());
                    }
                }
                None if tried == 0 && accepted == 0 => {}
                None => {
                    let more = row.more.get_or_insert_default();
                    more.unlisted = more.unlisted.saturating_add(u64::from(tried) + u64::from(accepted));
                }
            }
        }
        self.known = known;
    }

    /// Looks up everything that a block names, and enters what is new as far as there is room.
    fn know(&mut self, told: &Told, known: &mut Known) {
        let Hosts { caps, rows, names, tried, .. } = self;
        let hosts = told.hosts.iter().map(RemoteHost::key);
        rows.find_or_add_all(hosts, caps.hosts, |host| Row::new(host.into()), &mut known.hosts);
        let users = told.names.iter().map(|name| &**name);
        names.find_or_add_all(users, caps.names, Box::from, &mut known.names);
        let number = |numbers: &[Option<u32>], of: u32| numbers.get(of as usize).copied().flatten();
        let key =
            |(host, user): &(u32, u32)| Some((number(&known.hosts, *host)?, number(&known.names, *user)?));
        // No pair has these numbers.
        let keys = told.pairs.iter().map(|pair| key(pair).unwrap_or((u32::MAX, u32::MAX)));
        tried.find_all(keys, &mut known.pairs);
        for (pair, place) in told.pairs.iter().zip(&mut known.pairs).filter(|(_, place)| place.is_none()) {
            let Some((host, user)) = key(pair) else { continue };
            let Some(row) = rows.get_mut(host).filter(|row| row.users < caps.users_of_host) else { continue };
            *place =
                tried.find_or_add((host, user), caps.pairs, || Tried { host, user, tried: 0, accepted: 0 });
            row.users += u32::from(place.is_some());
        }
        // Rows are longer than what was looked at: the rest of them is waited for together, too.
        let rest = known.hosts.iter().filter_map(|row| rows.get((*row)?));
        std::hint::black_box(rest.fold(0, |sum, row| sum ^ row.touch()));
    }
}

impl Row {
    fn new(host: RemoteHost) -> Row {
        Row {
            host,
            span: (Ts::MAX, Ts::MIN),
            first_failure: (Ts::MAX, u64::MAX),
            last_accepted: (Ts::MIN, 0),
            counts: FewCounts::default(),
            users: 0,
            more: None,
        }
    }

    /// Counts a line, and remembers when it was.
    fn add(&mut self, line: &Line, nth: u64) {
        let at = (line.ts, nth);
        if !self.counts.add(line.kind, line.weight, line.named()) {
            one(&mut self.more.get_or_insert_default().counts, line);
        }
        match line.kind {
            Kind::Accepted => self.last_accepted = self.last_accepted.max(at),
            // Leaving early is no failure of a credential, and alone no attempt.
            Kind::Preauth if line.pair.is_none() => return,
            Kind::Preauth => {}
            _ => self.first_failure = self.first_failure.min(at),
        }
        self.span = (line.ts.min(self.span.0), line.ts.max(self.span.1));
    }

    /// Looks at something in every part of it.
    pub fn touch(&self) -> u64 {
        u64::from(self.users) ^ self.first_failure.1
    }

    /// Attempts by kind.
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts.all();
        self.more.iter().for_each(|more| counts.absorb(&more.counts));
        counts
    }

    /// Attempts on users beyond those kept.
    pub fn unlisted(&self) -> u64 {
        self.more.as_ref().map_or(0, |more| more.unlisted)
    }

    /// First and last attempt.
    pub fn span(&self) -> Option<(Ts, Ts)> {
        Some(self.span).filter(|(first, last)| first <= last)
    }

    /// Whether a log-in was accepted after one had been refused, by time and then by place in the input.
    pub fn after_failure(&self) -> bool {
        self.first_failure < self.last_accepted
    }
}

/// Counts one line.
fn one(counts: &mut Counts, line: &Line) {
    counts.add(line.kind, line.weight.into());
    counts.named_preauth = counts.named_preauth.saturating_add(line.named().into());
}
