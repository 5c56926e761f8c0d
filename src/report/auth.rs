//! Log-ins: who failed, who got in, and who got in after failing.

use super::facets::{SEPARATOR, push_cut};
use super::slots::{Seen, Slot};
use super::top::{Row, Top};
use crate::model::{Event, Outcome, Ts, joined, login_attempts, times};
use std::collections::BTreeMap;

/// Remote hosts and users counted exactly.
const NAMES: usize = 1 << 15;

/// The log-ins of a remote host or a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// Refused, as the service itself says.
    pub failed: u64,
    /// Refused, as PAM says: mostly the same attempts once more, in some logs the only record of them.
    pub pam: u64,
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

    /// What one event says, or `None` if it is about the same log-in as another one (a session that
    /// opens, an unknown user announced) or about none.
    fn of(event: &Event<'_>, seen: &Seen<'_, '_>) -> Option<Logins> {
        let mut logins = Logins { span: Some((event.ts, event.ts)), ..Logins::default() };
        match (login_attempts(event), event.outcome, seen.text(Slot::AuthKind)) {
            (0, _, Some("pam" | "pam_more")) => logins.pam = weight(seen),
            (0, ..) | (_, Outcome::Unknown, _) => return None,
            (times, Outcome::Failure, _) => logins.failed = times,
            (times, Outcome::Success, _) => logins.accepted = times,
        }
        let accepted = logins.accepted > 0;
        logins.first_failure = (!accepted).then_some(event.ts);
        logins.last_accepted = accepted.then_some(event.ts);
        Some(logins)
    }
}

/// How often a line says that its message was repeated.
fn weight(seen: &Seen<'_, '_>) -> u64 {
    times(seen.get(Slot::AuthCount))
}

impl Row for Logins {
    fn absorb(&mut self, later: Logins) {
        self.failed += later.failed;
        self.pam += later.pam;
        self.accepted += later.accepted;
        self.first_failure = match (self.first_failure, later.first_failure) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last_accepted = self.last_accepted.max(later.last_accepted);
        self.span = joined(self.span, later.span);
        self.country = self.country.or(later.country);
    }
}

/// All log-ins. A log and a capture may tell of the same ones, so each is counted by itself.
#[derive(Debug)]
pub struct Auth {
    /// By remote host (address or name) and data set.
    pub hosts: Top<String, Logins>,
    /// By user and data set.
    pub users: Top<String, Logins>,
    /// By data set.
    pub told: BTreeMap<&'static str, Logins>,
    key: String,
}

impl Default for Auth {
    fn default() -> Self {
        Auth { hosts: Top::new(NAMES), users: Top::new(NAMES), told: BTreeMap::new(), key: String::new() }
    }
}

impl Auth {
    /// Counts an event of the ECS category `authentication`.
    pub fn observe(&mut self, event: &Event<'_>, seen: &Seen<'_, '_>) {
        let Some(logins) = Logins::of(event, seen) else { return };
        let told = event.dataset.name;
        self.told.entry(told).or_default().absorb(logins.clone());
        let host = event.source.ip.map(|ip| ip.to_string());
        let name = || seen.text(Slot::SourceDomain).or_else(|| seen.text(Slot::SourceAddress));
        if let Some(host) = host.as_deref().or_else(name) {
            let country = seen.text(Slot::SourceCountry);
            let country = country.and_then(|c| <[u8; 2]>::try_from(c.as_bytes()).ok());
            self.set_key(host, told);
            self.hosts.row_ref(self.key.as_str()).absorb(Logins { country, ..logins.clone() });
        }
        if let Some(user) = seen.text(Slot::UserName) {
            self.set_key(user, told);
            self.users.row_ref(self.key.as_str()).absorb(logins);
        }
    }

    fn set_key(&mut self, who: &str, told: &str) {
        self.key.clear();
        push_cut(&mut self.key, who);
        self.key.push(SEPARATOR);
        self.key.push_str(told);
    }

    /// Adds what was counted later in the input, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Auth) {
        self.hosts.merge(&mut later.hosts);
        self.users.merge(&mut later.users);
        for (told, logins) in std::mem::take(&mut later.told) {
            self.told.entry(told).or_default().absorb(logins);
        }
    }
}
