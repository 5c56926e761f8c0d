//! Where an address is and who owns it.

use super::geo::Spot;
use super::{Class, Country, Enricher, GeoTable};
use crate::model::{Event, scattered};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// Answers of databases kept per worker before the cache starts anew.
const CACHE_MAX: usize = 1 << 14;
/// Addresses whose spot in the built-in table is remembered; those that meet at a place forget each other.
const SPOTS: usize = 1 << 12;

/// What is known of an address.
#[derive(Clone, Debug)]
pub struct Place<'e> {
    /// Its class; only public ones have the rest.
    pub class: Class,
    /// Whether it lies inside (`--internal-net`).
    pub internal: bool,
    /// Country.
    pub country: Option<&'e Country>,
    /// First-level subdivision.
    pub region: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Latitude and longitude; the middle of the country if `centroid`.
    pub location: Option<(f64, f64)>,
    /// Whether the location is only the middle of the country.
    pub centroid: bool,
    /// Number and name of the announcing network.
    pub network: Option<(u32, Cow<'e, str>)>,
}

/// One worker's memory of places already looked up and texts of requests already read.
#[derive(Debug, Default)]
pub struct Cache<'e> {
    places: HashMap<IpAddr, Place<'e>, FixedState>,
    /// Nothing until the first address is looked up.
    spots: Vec<(Ipv4Addr, Spot)>,
    /// Addresses that are not there: memory to work in.
    unknown: Vec<Ipv4Addr>,
    pub(super) web: super::web::Memory,
    pub(super) indicators: super::indicators::Memory,
}

impl<'e> Cache<'e> {
    /// The place of `ip`, from memory or looked up.
    pub fn place(&mut self, enricher: &'e Enricher, ip: IpAddr) -> Place<'e> {
        if enricher.databases.is_empty() {
            return enricher.place_at(ip, |table, ip| self.spot(table, ip));
        }
        if self.places.len() >= CACHE_MAX {
            self.places.clear();
        }
        self.places.entry(ip).or_insert_with(|| enricher.place(ip)).clone()
    }

    /// Looks up together what will soon be asked for one by one.
    pub(super) fn look_ahead(&mut self, ips: impl Iterator<Item = IpAddr>) {
        let mut unknown = std::mem::take(&mut self.unknown);
        let known = |ip| self.spots.get(slot(ip)).is_some_and(|(known, _)| *known == ip);
        unknown.extend(ips.filter_map(|ip| match ip {
            IpAddr::V4(v4) => Some(v4).filter(|v4| Class::of(ip) == Class::Public && !known(*v4)),
            IpAddr::V6(_) => None,
        }));
        if !unknown.is_empty()
            && let Some(table) = GeoTable::built_in()
        {
            table.look_ahead(&unknown);
            for ip in &unknown {
                self.spot(table, (*ip).into());
            }
            let spots = unknown.iter().filter_map(|ip| self.spots.get(slot(*ip)));
            table.look_at(spots.map(|(_, spot)| *spot));
        }
        unknown.clear();
        self.unknown = unknown;
    }

    /// The spot of `ip`: the table is larger than what is near.
    fn spot(&mut self, table: &GeoTable, ip: IpAddr) -> Spot {
        let IpAddr::V4(v4) = ip else { return table.spot(ip) };
        if self.spots.is_empty() {
            // Nothing is known of this address.
            self.spots.resize(SPOTS, (Ipv4Addr::UNSPECIFIED, Spot::default()));
        }
        match self.spots.get_mut(slot(v4)) {
            Some((known, spot)) if *known == v4 => *spot,
            Some(slot) => {
                *slot = (v4, table.spot(ip));
                slot.1
            }
            None => table.spot(ip),
        }
    }
}

/// Where the spot of an address is remembered.
fn slot(ip: Ipv4Addr) -> usize {
    scattered(ip.to_bits().into(), SPOTS)
}

impl Enricher {
    /// Looks up the addresses of events that will be completed next, which is quicker than one by one.
    pub fn look_ahead<'e>(&'e self, events: &[Event<'_>], cache: &mut Cache<'e>) {
        // Databases answer for themselves.
        if self.databases.is_empty() {
            let sides = events.iter().flat_map(|event| [event.source.ip, event.destination.ip]);
            cache.look_ahead(sides.flatten());
        }
    }

    /// Looks an address up. Special addresses are classed and never looked up.
    pub fn place(&self, ip: IpAddr) -> Place<'_> {
        self.place_at(ip, GeoTable::spot)
    }

    /// The same; `spot` looks an address up in the built-in table.
    fn place_at(&self, ip: IpAddr, spot: impl FnOnce(&GeoTable, IpAddr) -> Spot) -> Place<'_> {
        let class = Class::of(ip);
        let mut place = Place {
            class,
            internal: self.is_internal(ip, class),
            country: None,
            region: None,
            city: None,
            location: None,
            centroid: false,
            network: None,
        };
        if class != Class::Public {
            return place;
        }
        let Some(table) = GeoTable::built_in() else { return place };
        let ip = ip.to_canonical();
        for db in &self.databases {
            let found = db.find(ip);
            place.country = place.country.or_else(|| table.by_code(found.country.as_deref()?));
            place.region = place.region.or(found.region);
            place.city = place.city.or(found.city);
            place.location = place.location.or(found.location);
            let named = found.organization.map(Cow::Owned);
            place.network = place.network.or_else(|| Some((found.asn?, named.unwrap_or_default())));
        }
        if place.country.is_none() || place.network.is_none() {
            let (country, network) = table.at(spot(table, ip));
            place.country = place.country.or(country);
            place.network = place.network.or_else(|| network.map(|(n, s)| (n, Cow::Borrowed(s))));
        }
        if place.location.is_none() {
            place.location = place.country.map(|c| c.centre);
            place.centroid = place.location.is_some();
        }
        place
    }

    fn is_internal(&self, ip: IpAddr, class: Class) -> bool {
        if self.internal.is_empty() {
            matches!(class, Class::Private | Class::Loopback | Class::LinkLocal | Class::SharedNat)
        } else {
            class == Class::Loopback || self.internal.iter().any(|net| net.contains(ip))
        }
    }
}
