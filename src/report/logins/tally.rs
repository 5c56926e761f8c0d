//! Counting log-ins per remote host, block by block.

use super::intern::{Keyed, Listed};
use super::told::{Line, People, Remote, RemoteHost, Told, person};
use super::tried::{Pairs, Users};
use super::{Counts, Kind};
use crate::model::{Event, Glimpse, Ts};
use crate::report::Tallying;

/// How much is kept. What comes beyond is counted in the sums, and said to be left out; what that is
/// depends on the order of the input alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    pub hosts: usize,
    pub names: usize,
    pub pairs: usize,
    pub users_of_host: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Caps { hosts: 1 << 20, names: 1 << 20, pairs: 1 << 22, users_of_host: 4096 }
    }
}

/// Place of an event in time; in the order of the input, which is that of counting, where times are equal.
pub(super) type Moment = (Ts, u64);

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
        self.host.is(key)
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
    pairs: Pairs,
    /// Of hosts that found no room.
    pub beyond: Counts,
    /// Without a remote host: at the console, in sudo …
    pub local: Counts,
    /// The same by service and user.
    pub people: People,
    /// Lines counted.
    seen: u64,
    /// What hosts and names of a block are called here: memory to work in.
    places: Vec<Option<u32>>,
    numbers: Vec<Option<u32>>,
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
        // First all hosts are looked up: searches that do not wait for what is done with the one before wait
        // for memory together.
        let mut places = std::mem::take(&mut self.places);
        places.clear();
        places.extend(told.hosts.iter().map(|host| self.place(host.key())));
        // A name of many hosts is looked up once.
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.clear();
        numbers.resize(told.names.len(), None);
        for line in &told.lines {
            self.seen += 1;
            let place = places.get(line.host as usize).copied().flatten();
            let Some((place, row)) = place.and_then(|place| Some((place, self.rows.get_mut(place)?))) else {
                one(&mut self.beyond, line);
                continue;
            };
            one(&mut row.counts, line);
            row.add(line, self.seen);
            let Some(user) = line.user else { continue };
            let Some(number) = numbers.get_mut(user as usize) else { continue };
            if number.is_none() {
                let name = told.names.get(user).map_or("", |name| &**name);
                *number = self.names.find_or_add(name, self.caps.names, || name.into());
            }
            row.tried(place, *number, line, &mut self.pairs, &self.caps);
        }
        (self.places, self.numbers) = (places, numbers);
    }

    /// The number of a host, if there is room for it.
    fn place(&mut self, remote: Remote<'_>) -> Option<u32> {
        self.rows.find_or_add(remote, self.caps.hosts, || Row::new(remote.into()))
    }
}

impl Row {
    fn new(host: RemoteHost) -> Row {
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
    fn add(&mut self, line: &Line, nth: u64) {
        let at = (line.ts, nth);
        match line.kind {
            Kind::Accepted => self.last_accepted = self.last_accepted.max(Some(at)),
            // Leaving early is no failure of a credential, and alone no attempt.
            Kind::Preauth if line.user.is_none() => return,
            Kind::Preauth => {}
            _ => self.first_failure = Some(self.first_failure.map_or(at, |first| first.min(at))),
        }
        match &mut self.span {
            Some((first, last)) => (*first, *last) = (line.ts.min(*first), line.ts.max(*last)),
            None => self.span = Some((line.ts, line.ts)),
        }
    }

    /// Counts the user that a line names; `None` if there was no room for the name.
    fn tried(&mut self, place: u32, user: Option<u32>, line: &Line, pairs: &mut Pairs, caps: &Caps) {
        let weight = u64::from(line.weight);
        let (tried, accepted) = match line.kind {
            Kind::Accepted => (0, weight),
            // Their attempts are counted by a line of their own; the names are kept.
            Kind::InvalidUser | Kind::PamMore | Kind::Preauth => (0, 0),
            _ => (weight, 0),
        };
        match user.and_then(|user| self.users.of(place, user, pairs, caps)) {
            Some(user) => user.add(tried, accepted),
            None => self.unlisted = self.unlisted.saturating_add(tried + accepted),
        }
    }

    /// Whether a log-in was accepted after one had been refused, by time and then by place in the input.
    pub fn after_failure(&self) -> bool {
        self.first_failure.zip(self.last_accepted).is_some_and(|(failed, accepted)| failed < accepted)
    }
}

/// Counts one line.
fn one(counts: &mut Counts, line: &Line) {
    counts.add(line.kind, line.weight.into());
    if line.kind == Kind::Preauth && line.user.is_some() {
        counts.named_preauth = counts.named_preauth.saturating_add(line.weight.into());
    }
}
