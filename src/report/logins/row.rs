//! What is known of a remote host: of all the input, or of a block.

use super::counts::FewCounts;
use super::intern::Keyed;
use super::told::{Remote, RemoteHost};
use super::{Counts, Kind};
use crate::model::Ts;
use std::collections::BTreeMap;

/// A line about a log-in from another host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Number of the host.
    pub host: u32,
    /// Number of host and user, where one is named.
    pub pair: Option<u32>,
    pub what: What,
}

/// What a line tells. (As short as a number: it is given from hand to hand in a register.)
#[derive(Clone, Copy, Debug)]
pub(super) struct What {
    /// So many happenings.
    pub weight: u32,
    pub kind: Kind,
    /// Whether it names a user.
    pub named: bool,
}

impl What {
    /// Connections that ended early but named a user.
    pub fn named_preauth(self) -> u32 {
        if self.kind == Kind::Preauth && self.named { self.weight } else { 0 }
    }

    /// Attempts on the user that it names: refused, and accepted.
    pub fn attempts(self) -> (u32, u32) {
        match self.kind {
            Kind::Accepted => (0, self.weight),
            // Their attempts are counted by a line of their own; the names are kept.
            Kind::InvalidUser | Kind::PamMore | Kind::Preauth => (0, 0),
            _ => (self.weight, 0),
        }
    }
}

/// Place of an event in time; in the order of the input, which is that of counting, where times are equal.
pub(super) type Moment = (Ts, u64);

/// Earlier than anything.
const NEVER: Moment = (Ts::MIN, 0);

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
    /// How many of the users it tried are kept.
    pub users: u32,
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
        self.host.key() == key
    }

    fn touch(&self) -> u64 {
        u64::from(self.users) ^ self.first_failure.1
    }
}

/// A user that a host tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    /// Number of the host.
    pub host: u32,
    /// Number of the name.
    pub user: u32,
    /// Attempts that were refused, beside those in [`Beyond`].
    pub tried: u32,
    /// Log-ins that were accepted, likewise.
    pub accepted: u32,
}

/// Attempts and log-ins of a host as a user, by their numbers, that are too many for [`Tried`].
pub(super) type Beyond = BTreeMap<(u32, u32), (u64, u64)>;

impl Tried {
    /// A pair that nothing was told of.
    pub fn new(host: u32, user: u32) -> Tried {
        Tried { host, user, tried: 0, accepted: 0 }
    }

    /// Counts more; in `beyond` what is too much.
    #[inline]
    pub fn add(&mut self, tried: u32, accepted: u32, beyond: &mut Beyond) {
        match self.tried.checked_add(tried).zip(self.accepted.checked_add(accepted)) {
            Some(more) => (self.tried, self.accepted) = more,
            None => self.add_beyond((tried.into(), accepted.into()), beyond),
        }
    }

    /// Counts in `beyond` alone.
    pub fn add_beyond(&self, (tried, accepted): (u64, u64), beyond: &mut Beyond) {
        let sums = beyond.entry((self.host, self.user)).or_default();
        *sums = (sums.0.saturating_add(tried), sums.1.saturating_add(accepted));
    }
}

impl Keyed for Tried {
    type Key<'k> = (u32, u32);

    fn is(&self, key: (u32, u32)) -> bool {
        (self.host, self.user) == key
    }

    fn touch(&self) -> u64 {
        self.tried.into()
    }
}

impl Row {
    /// A host that nothing was told of.
    pub fn new(host: RemoteHost) -> Row {
        Row {
            host,
            span: (Ts::MAX, Ts::MIN),
            first_failure: (Ts::MAX, u64::MAX),
            last_accepted: NEVER,
            counts: FewCounts::default(),
            users: 0,
            more: None,
        }
    }

    /// Counts what a line tells, and remembers when it was.
    pub fn add(&mut self, what: What, at: Moment) {
        let named = what.named_preauth();
        if !self.counts.add(what.kind, what.weight, named) {
            let counts = &mut self.more.get_or_insert_default().counts;
            counts.add(what.kind, what.weight.into());
            counts.named_preauth = counts.named_preauth.saturating_add(named.into());
        }
        match what.kind {
            Kind::Accepted => self.last_accepted = self.last_accepted.max(at),
            // Leaving early is no failure of a credential, and alone no attempt.
            Kind::Preauth if !what.named => return,
            Kind::Preauth => {}
            _ => self.first_failure = self.first_failure.min(at),
        }
        self.span = (at.0.min(self.span.0), at.0.max(self.span.1));
    }

    /// Adds what a block tells of the host; so many lines were counted before it.
    pub fn absorb(&mut self, block: &Row, before: u64) {
        let at = |(ts, nth): Moment| (ts, nth.saturating_add(before));
        if !self.counts.absorb(&block.counts) {
            self.more.get_or_insert_default().counts.absorb(&block.counts.all());
        }
        if let Some(more) = &block.more {
            self.more.get_or_insert_default().counts.absorb(&more.counts);
        }
        if block.last_accepted > NEVER {
            self.last_accepted = self.last_accepted.max(at(block.last_accepted));
        }
        self.first_failure = self.first_failure.min(at(block.first_failure));
        self.span = (block.span.0.min(self.span.0), block.span.1.max(self.span.1));
    }

    /// Attempts on a user for whom there is no room.
    pub fn leave_out(&mut self, attempts: u64) {
        if attempts > 0 {
            let more = self.more.get_or_insert_default();
            more.unlisted = more.unlisted.saturating_add(attempts);
        }
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
