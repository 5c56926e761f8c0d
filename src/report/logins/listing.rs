//! The hosts of an answer in their order. A host is made when it is drawn, and forgotten then: there can be a
//! million, and fresh memory for all of them costs more than making some of them twice.

use super::answer::{Host, Place};
use super::intern::Keyed;
use super::row::{Row, Tried};
use super::tally::Hosts;
use super::told::RemoteHost;
use crate::model::{V4Text, look_at, push_ip};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

/// Users of a host that are looked at ahead.
const AHEAD: usize = 16;

/// Looks an address up.
type Find<'t> = dyn Fn(IpAddr) -> Place<'t> + Sync + 't;

/// Hosts that can be made one by one.
pub struct Listing<'t> {
    all: &'t Hosts,
    /// Numbers of those listed, in order.
    numbers: Vec<u32>,
    tried: ByHost,
    place: Box<Find<'t>>,
}

impl<'t> Listing<'t> {
    /// The hosts with these numbers.
    pub(super) fn new(
        all: &'t Hosts,
        numbers: Vec<u32>,
        tried: ByHost,
        place: impl Fn(IpAddr) -> Place<'t> + Sync + 't,
    ) -> Listing<'t> {
        Listing { all, numbers, tried, place: Box::new(place) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// One of them, by its place in the order.
    pub fn get(&self, nth: usize) -> Option<Host<'t>> {
        self.host(*self.numbers.get(nth)?)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Host<'t>> {
        self.numbers.iter().filter_map(|number| self.host(*number))
    }

    /// Some of them, by their places in the order.
    pub fn some(&self, places: Range<usize>) -> impl Iterator<Item = Host<'t>> {
        self.look_ahead(places.clone());
        places.filter_map(|nth| self.get(nth))
    }

    /// Looks at what the hosts in these places, who lie anywhere in memory, are made of: each step for all of them
    /// before the next one. (The last of them is the sums, which are not listed.)
    pub fn look_ahead(&self, places: Range<usize>) {
        let end = places.end.min(self.numbers.len());
        let numbers = self.numbers.get(places.start..end).unwrap_or_default();
        look_at(numbers.iter().map(|number| self.tried.end(*number)));
        let rows = numbers.iter().filter_map(|number| self.all.sums.rows.get(*number));
        look_at(rows.map(Keyed::touch));
        let tried = || numbers.iter().flat_map(|number| self.tried.of(*number).iter().take(AHEAD));
        look_at(tried().map(|tried| tried.tried));
        let names = || tried().filter_map(|tried| self.all.sums.names.get(tried.user));
        look_at(names().map(|name| name.len()));
        look_at(names().filter_map(|name| name.bytes().next()));
    }

    /// A host by its number, listed or not.
    pub fn host(&self, number: u32) -> Option<Host<'t>> {
        let row = self.all.sums.rows.get(number)?;
        let (mut users, mut accepted) = (Vec::new(), Vec::new());
        for tried in self.tried.of(number) {
            let name = self.all.sums.names.get(tried.user).map_or("", |name| &**name);
            let beyond = self.all.sums.beyond_pairs.get(&(number, tried.user)).copied().unwrap_or_default();
            let refused = beyond.0.saturating_add(tried.tried.into());
            let entered = beyond.1.saturating_add(tried.accepted.into());
            if refused > 0 || entered == 0 {
                users.push((name, refused));
            }
            if entered > 0 {
                accepted.push((name, entered));
            }
        }
        for list in [&mut users, &mut accepted] {
            list.sort_unstable_by(|a, b| (Reverse(a.1), a.0).cmp(&(Reverse(b.1), b.0)));
        }
        Some(Host {
            host: name(row),
            place: match row.host {
                RemoteHost::Ip(ip) => (self.place)(ip),
                RemoteHost::Name(_) => Place::default(),
            },
            counts: row.counts(),
            after_failure: row.after_failure(),
            users,
            accepted,
            unlisted: row.unlisted(),
            span: row.span(),
        })
    }
}

impl fmt::Debug for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn name(row: &Row) -> Cow<'_, str> {
    match &row.host {
        RemoteHost::Ip(ip) => {
            // Nearly all are IPv4 addresses.
            let mut text = String::with_capacity(15);
            push_ip(&mut text, *ip);
            text.into()
        }
        RemoteHost::Name(name) => (&**name).into(),
    }
}

/// The first bytes of a name as a number that sorts as they do: all of an IPv4 address.
fn lead(row: &Row) -> u128 {
    let mut lead = [0; 16];
    let mut put = |text: &[u8]| lead.iter_mut().zip(text).for_each(|(slot, byte)| *slot = *byte);
    match &row.host {
        RemoteHost::Ip(IpAddr::V4(ip)) => put(V4Text::new(*ip).as_bytes()),
        RemoteHost::Ip(ip) => put(ip.to_string().as_bytes()),
        RemoteHost::Name(name) => put(name.as_bytes()),
    }
    u128::from_be_bytes(lead)
}

/// Numbers and failures of hosts: most failures first, then by name.
pub(super) fn in_order(rows: Vec<(&Row, u32)>) -> Vec<(u64, u32, &Row)> {
    let keyed = rows.into_par_iter().map(|(row, number)| (row.counts().failures(), lead(row), number, row));
    let mut keyed: Vec<_> = keyed.collect();
    keyed.par_sort_unstable_by(|a, b| {
        // Names are spelled only where they begin alike.
        (Reverse(a.0), a.1).cmp(&(Reverse(b.0), b.1)).then_with(|| name(a.3).cmp(&name(b.3)))
    });
    keyed.into_iter().map(|(failures, _, number, row)| (failures, number, row)).collect()
}

/// What hosts tried, host by host.
pub(super) struct ByHost {
    /// Copied: what lies together is not waited for one by one.
    tried: Vec<Tried>,
    /// Where those of each host end; those of the next one begin there.
    ends: Vec<u32>,
}

impl ByHost {
    pub fn new(all: &Hosts) -> ByHost {
        // First where those of each begin, which moves on with each that is put there.
        let mut ends = vec![0; all.sums.rows.len() + 1];
        for tried in all.sums.tried.iter() {
            if let Some(count) = ends.get_mut(tried.host as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut sorted = vec![Tried::default(); all.sums.tried.len()];
        for tried in all.sums.tried.iter() {
            if let Some(place) = ends.get_mut(tried.host as usize)
                && let Some(slot) = sorted.get_mut(*place as usize)
            {
                *slot = *tried;
                *place += 1;
            }
        }
        ByHost { tried: sorted, ends }
    }

    fn of(&self, host: u32) -> &[Tried] {
        let begin = host.checked_sub(1).map_or(0, |before| self.end(before));
        self.tried.get(begin as usize..self.end(host) as usize).unwrap_or_default()
    }

    fn end(&self, host: u32) -> u32 {
        self.ends.get(host as usize).copied().unwrap_or_default()
    }
}
