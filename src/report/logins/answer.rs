//! The answer of `grep-auth`.

use super::tally::{AuthTally, Hosts, Row, Tried};
use super::told::RemoteHost;
use super::{Counts, Kind};
use crate::model::{Ts, joined};
use crate::report::Facts;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use std::borrow::Cow;
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
#[derive(Clone, Debug, Default)]
pub struct Logins<'t> {
    /// Those selected, most failures first, then by name.
    pub hosts: Vec<Host<'t>>,
    /// Those that got in after failing, whether selected or not; same order.
    pub intruders: Vec<Host<'t>>,
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
        place: impl Fn(IpAddr) -> Place<'t> + Sync,
    ) -> Logins<'t> {
        self.settle();
        let all: &'t Hosts = &self.all;
        let mut out = Logins { beyond: all.beyond, local: all.local, facts, ..Logins::default() };
        out.total.absorb(&all.beyond);
        for (service, users) in &all.people {
            let failed = users.iter().filter(|(_, (counts, _))| counts.failures() > 0);
            out.people.extend(failed.map(|(user, (n, last))| (*service, &**user, *n, *last)));
        }
        let mut tried = Vec::with_capacity(all.rows.len());
        for (row, number) in all.rows.iter().zip(0..) {
            if !row.counts.tried() {
                out.idle = out.idle.saturating_add(row.counts.of(Kind::Preauth));
                continue;
            }
            out.total.absorb(&row.counts);
            out.span = joined(out.span, row.span);
            tried.push((row, number));
        }
        out.distinct = tried.len() as u64;
        out.users = all.names.len() as u64;
        let mut rows: Vec<_> =
            tried.into_par_iter().map(|row| (Reverse(row.0.counts.failures()), name(row.0), row)).collect();
        rows.par_sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let users = ByHost::new(all);
        let made = |(_, name, (row, number))| all.made(name, row, users.of(number), &place);
        // Those with enough failures come first.
        let enough = rows.partition_point(|(failures, ..)| failures.0 >= selection.min_failures);
        let most = selection.top.map_or(enough, |top| top.min(enough));
        let others = rows.split_off(most);
        out.hosts = rows.into_par_iter().map(made).collect();
        let intruders = others.into_iter().filter(|(.., (row, _))| row.after_failure());
        out.intruders = out.hosts.iter().filter(|host| host.after_failure).cloned().collect();
        out.intruders.extend(intruders.map(made));
        out
    }
}

/// What hosts tried, host by host.
struct ByHost {
    tried: Vec<Tried>,
    /// Where those of each host end; those of the next one begin there.
    ends: Vec<usize>,
}

impl ByHost {
    fn new(all: &Hosts) -> ByHost {
        // First where those of each begin, which moves on with each that is put there.
        let mut ends = vec![0; all.rows.len() + 1];
        for tried in all.tried.iter() {
            if let Some(count) = ends.get_mut(tried.host as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut sorted = vec![Tried::default(); all.tried.len()];
        for tried in all.tried.iter() {
            if let Some(place) = ends.get_mut(tried.host as usize)
                && let Some(slot) = sorted.get_mut(*place)
            {
                *slot = *tried;
                *place += 1;
            }
        }
        ByHost { tried: sorted, ends }
    }

    fn of(&self, host: u32) -> &[Tried] {
        let end = |host: u32| self.ends.get(host as usize).copied().unwrap_or_default();
        self.tried.get(host.checked_sub(1).map_or(0, end)..end(host)).unwrap_or_default()
    }
}

impl Hosts {
    fn made<'t>(
        &'t self,
        name: Cow<'t, str>,
        row: &'t Row,
        users: &[Tried],
        place: impl Fn(IpAddr) -> Place<'t>,
    ) -> Host<'t> {
        let user = |number: u32| self.names.get(number).map_or("", |name| &**name);
        let by_count = |mut list: Vec<(&'t str, u64)>| {
            list.sort_unstable_by(|a, b| (Reverse(a.1), a.0).cmp(&(Reverse(b.1), b.0)));
            list
        };
        let tried = users.iter().filter(|u| u.tried > 0 || u.accepted == 0);
        let accepted = users.iter().filter(|u| u.accepted > 0);
        Host {
            host: name,
            place: match row.host {
                RemoteHost::Ip(ip) => place(ip),
                RemoteHost::Name(_) => Place::default(),
            },
            counts: row.counts,
            after_failure: row.after_failure(),
            users: by_count(tried.map(|u| (user(u.user), u.tried)).collect()),
            accepted: by_count(accepted.map(|u| (user(u.user), u.accepted)).collect()),
            unlisted: row.unlisted,
            span: row.span,
        }
    }
}

fn name(row: &Row) -> Cow<'_, str> {
    match &row.host {
        RemoteHost::Ip(ip) => ip.to_string().into(),
        RemoteHost::Name(name) => (&**name).into(),
    }
}
