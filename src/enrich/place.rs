//! Where an address is and who owns it.

use super::{Class, Country, Enricher, GeoTable};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::net::IpAddr;

/// Answers of databases kept per worker before the cache starts anew. The built-in table is quicker than
/// a cache would be.
const CACHE_MAX: usize = 1 << 14;

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
    pub(super) web: super::web::Memory,
    pub(super) indicators: super::indicators::Memory,
}

impl<'e> Cache<'e> {
    /// The place of `ip`, from memory or looked up.
    pub fn place(&mut self, enricher: &'e Enricher, ip: IpAddr) -> Place<'e> {
        if enricher.databases.is_empty() {
            return enricher.place(ip);
        }
        if self.places.len() >= CACHE_MAX {
            self.places.clear();
        }
        self.places.entry(ip).or_insert_with(|| enricher.place(ip)).clone()
    }
}

impl Enricher {
    /// Looks an address up. Special addresses are classed and never looked up.
    pub fn place(&self, ip: IpAddr) -> Place<'_> {
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
            let (country, network) = table.find(ip);
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
