//! Log-ins: who failed, who got in, and who got in after failing.

use super::slots::{Seen, Slot};
use super::top::{Row, Top};
use crate::model::{Event, Outcome, Ts, login_attempts};

/// Remote hosts and users counted exactly.
const NAMES: usize = 1 << 15;

/// The log-ins of a remote host or a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// Refused.
    pub failed: u64,
    /// Accepted.
    pub accepted: u64,
    /// First refusal.
    first_failure: Option<Ts>,
    /// Last acceptance.
    last_accepted: Option<Ts>,
    /// First and last of either.
    pub span: Option<(Ts, Ts)>,
    /// ISO code of the country.
    pub country: Option<[u8; 2]>,
}

impl Logins {
    /// Whether a log-in was accepted after one had been refused.
    pub fn after_failure(&self) -> bool {
        self.first_failure.zip(self.last_accepted).is_some_and(|(failed, accepted)| accepted >= failed)
    }

    fn add(&mut self, ts: Ts, attempts: u64, accepted: bool, country: Option<[u8; 2]>) {
        self.absorb(Logins {
            failed: if accepted { 0 } else { attempts },
            accepted: if accepted { attempts } else { 0 },
            first_failure: (!accepted).then_some(ts),
            last_accepted: accepted.then_some(ts),
            span: Some((ts, ts)),
            country,
        });
    }
}

impl Row for Logins {
    fn absorb(&mut self, later: Logins) {
        self.failed += later.failed;
        self.accepted += later.accepted;
        self.first_failure = match (self.first_failure, later.first_failure) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last_accepted = self.last_accepted.max(later.last_accepted);
        self.span = super::hosts::joined(self.span, later.span);
        self.country = self.country.or(later.country);
    }
}

/// All log-ins.
#[derive(Debug)]
pub struct Auth {
    /// By remote host: address or name.
    pub hosts: Top<String, Logins>,
    /// By user.
    pub users: Top<String, Logins>,
    /// Both, for the sum.
    pub all: Logins,
}

impl Default for Auth {
    fn default() -> Self {
        Auth { hosts: Top::new(NAMES), users: Top::new(NAMES), all: Logins::default() }
    }
}

impl Auth {
    /// Counts an event of the ECS category `authentication` whose outcome is known.
    pub fn observe(&mut self, event: &Event<'_>, seen: &Seen<'_, '_>) {
        let accepted = match event.outcome {
            Outcome::Success => true,
            Outcome::Failure => false,
            Outcome::Unknown => return,
        };
        let attempts = login_attempts(event);
        if attempts == 0 {
            return;
        }
        let country = seen.text(Slot::SourceCountry).and_then(|c| <[u8; 2]>::try_from(c.as_bytes()).ok());
        self.all.add(event.ts, attempts, accepted, None);
        let host = event.source.ip.map(|ip| ip.to_string());
        let host = host.as_deref().or_else(|| seen.text(Slot::SourceDomain));
        if let Some(host) = host {
            self.hosts.row_ref(host).add(event.ts, attempts, accepted, country);
        }
        if let Some(user) = seen.text(Slot::UserName) {
            self.users.row_ref(user).add(event.ts, attempts, accepted, None);
        }
    }

    /// Adds what was counted later in the input.
    pub fn merge(&mut self, later: Auth) {
        self.hosts.merge(later.hosts);
        self.users.merge(later.users);
        self.all.absorb(later.all);
    }
}
