//! The answer of `grep-auth`.

use super::tally::{AuthTally, RemoteHost, Row};
use super::{Counts, Kind};
use crate::model::Ts;
use crate::report::Facts;
use std::cmp::Reverse;
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
pub struct Place {
    /// Two-letter code and name of the country.
    pub country: Option<(String, String)>,
    /// City, where the database says.
    pub city: Option<String>,
    /// Latitude and longitude, degrees.
    pub location: Option<(f64, f64)>,
    /// Whether the location is only the middle of the country.
    pub centroid: bool,
    /// Number and name of the announcing network.
    pub network: Option<(u32, String)>,
}

/// A remote host.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Address or name.
    pub host: String,
    /// Where it is; nothing for names and special addresses.
    pub place: Place,
    /// Attempts by kind.
    pub counts: Counts,
    /// Whether a log-in was accepted after one had been refused.
    pub after_failure: bool,
    /// Users with the attempts that were refused, most first; 0 where only the name was told.
    pub users: Vec<(String, u64)>,
    /// Users with the log-ins that were accepted, most first.
    pub accepted: Vec<(String, u64)>,
    /// Attempts on users beyond those kept.
    pub unlisted: u64,
    /// First and last attempt.
    pub span: Option<(Ts, Ts)>,
}

/// The log-ins of all remote hosts.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    /// Those selected, most failures first, then by name.
    pub hosts: Vec<Host>,
    /// Those that got in after failing, whether selected or not; same order.
    pub intruders: Vec<Host>,
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
    pub people: Vec<(&'static str, String, Counts, Ts)>,
    /// First and last attempt.
    pub span: Option<(Ts, Ts)>,
    /// What only the run knows.
    pub facts: Facts,
}

impl AuthTally {
    /// The answer. `place` looks an address up.
    pub fn finish(self, selection: Selection, facts: Facts, place: impl Fn(IpAddr) -> Place) -> Logins {
        let mut out = Logins { beyond: self.beyond, local: self.local, facts, ..Logins::default() };
        out.total.absorb(&self.beyond);
        for (service, users) in &self.people {
            let failed = users.iter().filter(|(_, (counts, _))| counts.failures() > 0);
            out.people.extend(failed.map(|(user, (n, last))| (*service, user.to_string(), *n, *last)));
        }
        let users = self.users_of_hosts();
        let mut rows = Vec::with_capacity(self.hosts.entries.len());
        for (row, users) in self.hosts.entries.iter().zip(&users) {
            if !row.counts.tried() {
                out.idle = out.idle.saturating_add(row.counts.of(Kind::Preauth));
                continue;
            }
            out.total.absorb(&row.counts);
            out.span = crate::report::hosts::joined(out.span, row.span);
            rows.push((row.counts.failures(), name(row), row, users.as_slice()));
        }
        out.distinct = rows.len() as u64;
        out.users = self.names.entries.len() as u64;
        rows.sort_unstable_by(|a, b| (Reverse(a.0), &a.1).cmp(&(Reverse(b.0), &b.1)));
        let made = |(_, name, row, users): &(u64, String, &Row, &[u32])| self.made(name, row, users, &place);
        out.intruders = rows.iter().filter(|(_, _, row, _)| row.after_failure()).map(made).collect();
        rows.retain(|(failures, ..)| *failures >= selection.min_failures);
        rows.truncate(selection.top.unwrap_or(usize::MAX));
        out.hosts = rows.iter().map(made).collect();
        out
    }

    /// Per host, the numbers of its pairs.
    fn users_of_hosts(&self) -> Vec<Vec<u32>> {
        let mut users = vec![Vec::new(); self.hosts.entries.len()];
        for (pair, number) in self.pairs.entries.iter().zip(0..) {
            if let Some(list) = users.get_mut(pair.host as usize) {
                list.push(number);
            }
        }
        users
    }

    fn made(&self, name: &str, row: &Row, pairs: &[u32], place: impl Fn(IpAddr) -> Place) -> Host {
        let pairs = || pairs.iter().filter_map(|number| self.pairs.get(*number));
        let user = |user: u32| self.names.get(user).map_or("", |name| name).to_owned();
        let by_count = |mut list: Vec<(String, u64)>| {
            list.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
            list
        };
        let tried = pairs().filter(|p| p.tried > 0 || p.accepted == 0);
        let accepted = pairs().filter(|p| p.accepted > 0);
        Host {
            host: name.to_owned(),
            place: match row.host {
                RemoteHost::Ip(ip) => place(ip),
                RemoteHost::Name(_) => Place::default(),
            },
            counts: row.counts,
            after_failure: row.after_failure(),
            users: by_count(tried.map(|p| (user(p.user), p.tried)).collect()),
            accepted: by_count(accepted.map(|p| (user(p.user), p.accepted)).collect()),
            unlisted: row.unlisted,
            span: row.span,
        }
    }
}

fn name(row: &Row) -> String {
    match &row.host {
        RemoteHost::Ip(ip) => ip.to_string(),
        RemoteHost::Name(name) => name.to_string(),
    }
}
