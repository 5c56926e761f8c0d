//! The answer of `grep-auth`.

use super::listing::{self, ByHost, Listing};
use super::tally::{AuthTally, Hosts};
use super::{Counts, Kind};
use crate::model::{Ts, joined};
use crate::report::Facts;
use std::borrow::Cow;
use std::net::IpAddr;

/// Which hosts are listed; the sums are always of all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection {
    /// At most so many.
    pub top: Option<usize>,
    /// Only those with at least so many failures.
    pub min_failures: u64,
}

/// Where an address is and who owns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place<'t> {
    /// Two-letter code and name of the country.
    pub country: Option<(&'t str, &'t str)>,
    /// City, where the database says.
    pub city: Option<String>,
    /// Latitude and longitude, degrees.
    pub location: Option<(f64, f64)>,
    /// Whether the location is only the middle of the country.
    pub centroid: bool,
    /// Number and name of the announcing network.
    pub network: Option<(u32, Cow<'t, str>)>,
}

/// A remote host.
#[derive(Clone, Debug, PartialEq)]
pub struct Host<'t> {
    /// Address or name.
    pub host: Cow<'t, str>,
    /// Where it is; nothing for names and special addresses.
    pub place: Place<'t>,
    /// Attempts by kind.
    pub counts: Counts,
    /// Whether a log-in was accepted after one had been refused.
    pub after_failure: bool,
    /// Users with the attempts that were refused, most first; 0 where only the name was told.
    pub users: Vec<(&'t str, u64)>,
    /// Users with the log-ins that were accepted, most first.
    pub accepted: Vec<(&'t str, u64)>,
    /// Attempts on users beyond those kept.
    pub unlisted: u64,
    /// First and last attempt.
    pub span: Option<(Ts, Ts)>,
}

/// The log-ins of all remote hosts.
#[derive(Debug)]
pub struct Logins<'t> {
    /// Those selected, most failures first, then by name.
    pub hosts: Listing<'t>,
    /// Numbers of those that got in after failing, whether selected or not, for [`Listing::host`]; same order.
    pub intruders: Vec<u32>,
    /// Hosts that tried to log in, selected or not.
    pub distinct: u64,
    /// Users they named.
    pub users: u64,
    /// Sums over all hosts.
    pub total: Counts,
    /// Of these, hosts for which there was no room.
    pub beyond: Counts,
    /// Connections closed before a user was named, by hosts that never tried more.
    pub idle: u64,
    /// Attempts without a remote host: at the console, in sudo.
    pub local: Counts,
    /// Of these, service, user, counts and last attempt, by name.
    pub people: Vec<(&'static str, &'t str, Counts, Ts)>,
    /// First and last attempt.
    pub span: Option<(Ts, Ts)>,
    /// What only the run knows.
    pub facts: Facts,
}

impl AuthTally {
    /// The answer. `place` looks an address up.
    pub fn finish<'t>(
        &'t mut self,
        selection: Selection,
        facts: Facts,
        place: impl Fn(IpAddr) -> Place<'t> + Sync + 't,
    ) -> Logins<'t> {
        self.settle();
        let all: &'t Hosts = &self.all;
        let (mut total, mut idle, mut span) = (all.beyond, 0u64, None);
        let rows = || {
            let mut tried = Vec::with_capacity(all.sums.rows.len());
            for (row, number) in all.sums.rows.iter().zip(0..) {
                let counts = row.counts();
                if !counts.tried() {
                    idle = idle.saturating_add(counts.of(Kind::Preauth));
                    continue;
                }
                total.absorb(&counts);
                span = joined(span, row.span());
                tried.push((row, number));
            }
            listing::in_order(tried)
        };
        let (rows, tried) = rayon::join(rows, || ByHost::new(all));
        let distinct = rows.len() as u64;
        // Those with enough failures come first.
        let enough = rows.partition_point(|(failures, ..)| *failures >= selection.min_failures);
        let most = selection.top.map_or(enough, |top| top.min(enough));
        let numbers = rows.iter().take(most).map(|(_, number, _)| *number).collect();
        let hosts = Listing::new(all, numbers, tried, place);
        let intruders = rows.iter().filter(|(.., row)| row.after_failure());
        let intruders = intruders.map(|(_, number, _)| *number).collect();
        let mut people = Vec::new();
        for (service, users) in &all.sums.people {
            let failed = users.iter().filter(|(_, (counts, _))| counts.failures() > 0);
            people.extend(failed.map(|(user, (n, last))| (*service, &**user, *n, *last)));
        }
        let (users, beyond, local) = (all.sums.names.len() as u64, all.beyond, all.sums.local);
        Logins { hosts, intruders, distinct, users, total, beyond, idle, local, people, span, facts }
    }
}
