//! The packed country and network table inside the program: reading `data/geo.bin` (its layout is
//! told by `data/pack.py`, its sources by NOTICE) and looking addresses up.

use crate::model::look_at;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{LazyLock, OnceLock};

static PACKED: &[u8] = include_bytes!("data/geo.bin");
static COUNTRIES: &str = include_str!("data/countries.tsv");
const MAGIC: &[u8] = b"NLGEO2\n";
/// More than any frame unpacks to.
const FRAME_MAX: u64 = 16 << 20;

/// One country of ISO 3166-1.
#[derive(Debug)]
pub struct Country {
    /// Two-letter code.
    pub code: &'static str,
    /// Three-digit code, empty where there is none.
    pub numeric: &'static str,
    /// Continent code: AF AN AS EU NA OC SA.
    pub continent: &'static str,
    /// English name.
    pub name: &'static str,
    /// Latitude and longitude of the centre of its largest part, degrees.
    pub centre: (f64, f64),
}

/// Why the table in the program could not be read: a build fault.
#[derive(Debug, thiserror::Error)]
#[error("the built-in geolocation table is damaged: {0}")]
pub struct GeoError(&'static str);

/// Where a place begins, which reaches to the next one. All that a look-up needs lies together, since each place in
/// memory that it goes to costs more than what it computes.
#[derive(Clone, Copy, Debug)]
struct Row<A> {
    start: A,
    spot: Spot,
}

/// Country and network: one more than their indices, that of the country in the highest byte; 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot(u32);

impl Spot {
    /// Index of the country's code.
    fn code(self) -> Option<usize> {
        usize::try_from(self.0 >> 24).ok()?.checked_sub(1)
    }

    /// Index of the network.
    fn network(self) -> Option<usize> {
        usize::try_from(self.0 & 0x00ff_ffff).ok()?.checked_sub(1)
    }
}

/// Places of one address family, sorted.
#[derive(Debug)]
struct Places<A> {
    rows: Vec<Row<A>>,
    /// For each value of the upper 16 bits of an address: how many places begin before it. Turns a search
    /// over the whole table into one over a few neighbours.
    index: Vec<u32>,
}

impl<A: Copy + Ord + Into<u64> + TryFrom<u64>> Places<A> {
    /// Bits of an address above the lower ones that the index leaves to a search.
    const SHIFT: u32 = 8 * size_of::<A>() as u32 - 16;

    /// Between which rows those begin that begin where the address's upper 16 bits do.
    fn near(&self, at: A) -> Option<(usize, usize)> {
        let slot = usize::try_from(at.into() >> Self::SHIFT).ok()?;
        let bounds = self.index.get(slot..slot + 2)?;
        Some((usize::try_from(*bounds.first()?).ok()?, usize::try_from(*bounds.last()?).ok()?))
    }

    fn find(&self, at: A) -> Option<Spot> {
        let (from, to) = self.near(at)?;
        let near = self.rows.get(from..to)?;
        let i = (from + near.partition_point(|row| row.start <= at)).checked_sub(1)?;
        self.rows.get(i).map(|row| row.spot)
    }

    /// Where the search among the rows begins.
    fn middle(&self, at: A) -> Option<A> {
        let (from, to) = self.near(at)?;
        self.rows.get(from.midpoint(to)).map(|row| row.start)
    }
}

/// The unpacked table. About 10 MiB of memory, more where IPv6 is met.
#[derive(Debug)]
pub struct GeoTable {
    v4: Places<u32>,
    /// Packed, and unpacked when the first address of that family is met: many inputs have none. Of these addresses it
    /// holds the upper half.
    v6_packed: &'static [u8],
    v6: OnceLock<Option<Places<u64>>>,
    codes: Vec<Option<usize>>,
    /// Number and name of each network. Where a name is is known without looking at it.
    networks: Vec<(u32, &'static str)>,
    countries: Vec<Country>,
}

/// Unpacked when somebody asks for it: most log lines of a small run need none.
static TABLE: LazyLock<Option<GeoTable>> = LazyLock::new(|| GeoTable::unpack().ok());

impl GeoTable {
    /// The table. It is part of the program and a test unpacks it; a damaged one only costs the places.
    pub fn built_in() -> Option<&'static GeoTable> {
        TABLE.as_ref()
    }

    /// Date of the data, `2026-06-17`, without unpacking it.
    pub fn built_on() -> Option<&'static str> {
        let rest = PACKED.strip_prefix(MAGIC)?;
        std::str::from_utf8(rest.split(|b| *b == b'\n').next()?).ok()
    }

    /// Unpacks the table.
    ///
    /// # Errors
    /// Only if the program was built with a damaged table.
    pub fn unpack() -> Result<GeoTable, GeoError> {
        let rest = PACKED.strip_prefix(MAGIC).ok_or(GeoError("no magic"))?;
        let line = rest.iter().position(|b| *b == b'\n').ok_or(GeoError("no date"))?;
        let mut rest = rest.get(line + 1..).unwrap_or_default();
        let mut frame = || -> Result<&'static [u8], GeoError> {
            let (len, tail) = rest.split_first_chunk::<4>().ok_or(GeoError("frame length"))?;
            let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| GeoError("frame length"))?;
            let (packed, tail) = tail.split_at_checked(len).ok_or(GeoError("frame cut short"))?;
            rest = tail;
            Ok(packed)
        };
        let v4 = places(&unpacked(frame()?)?)?;
        let v6_packed = frame()?;
        let countries = countries();
        let codes = unpacked(frame()?)?
            .chunks_exact(2)
            .map(|code| countries.iter().position(|c| c.code.as_bytes() == code))
            .collect();
        let networks = networks(&unpacked(frame()?)?)?;
        Ok(GeoTable { v4, v6_packed, v6: OnceLock::new(), codes, networks, countries })
    }

    /// The country that addresses of a spot are registered or announced in; number and name of the network that
    /// announces them.
    pub(super) fn at(&self, spot: Spot) -> (Option<&Country>, Option<(u32, &'static str)>) {
        let country = spot.code().and_then(|code| self.countries.get((*self.codes.get(code)?)?));
        (country, spot.network().and_then(|network| self.networks.get(network)).copied())
    }

    /// The spot that an address belongs to.
    pub(super) fn spot(&self, ip: IpAddr) -> Spot {
        let spot = match ip {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => {
                let upper = u64::try_from(v6.to_bits() >> 64).unwrap_or(u64::MAX);
                self.v6().and_then(|places| places.find(upper))
            }
        };
        spot.unwrap_or_default()
    }

    /// Looks at what the search for these addresses will look at, each step for all of them before the next one.
    pub(super) fn look_ahead(&self, ips: &[Ipv4Addr]) {
        let near = ips.iter().filter_map(|ip| self.v4.near(ip.to_bits()));
        look_at(near.map(|(from, to)| from ^ to));
        let middle = ips.iter().filter_map(|ip| self.v4.middle(ip.to_bits()));
        look_at(middle);
    }

    /// Looks at what [`GeoTable::at`] and whoever writes the names will look at.
    pub(super) fn look_at(&self, spots: impl Iterator<Item = Spot> + Clone) {
        let networks = || spots.clone().filter_map(|spot| self.networks.get(spot.network()?));
        look_at(networks().map(|network| network.0));
        look_at(networks().filter_map(|network| network.1.bytes().next()));
    }

    /// The places of IPv6; `None` if they are damaged, which a test would have found.
    fn v6(&self) -> Option<&Places<u64>> {
        self.v6.get_or_init(|| places(&unpacked(self.v6_packed).ok()?).ok()).as_ref()
    }

    /// Country by its two-letter code.
    pub fn by_code(&self, code: &str) -> Option<&Country> {
        let i = self.countries.binary_search_by(|c| c.code.cmp(code)).ok()?;
        self.countries.get(i)
    }
}

/// Every country, sorted by code.
pub fn countries() -> Vec<Country> {
    COUNTRIES.lines().filter(|l| !l.starts_with('#')).filter_map(country).collect()
}

fn country(line: &'static str) -> Option<Country> {
    let mut column = line.split('\t');
    let (code, numeric, continent) = (column.next()?, column.next()?, column.next()?);
    let centre = (column.next()?.parse().ok()?, column.next()?.parse().ok()?);
    Some(Country { code, numeric, continent, centre, name: column.next()? })
}

fn unpacked(frame: &[u8]) -> Result<Vec<u8>, GeoError> {
    // Into one buffer: a decoder that streams needs a window as large. What is not filled is not touched.
    let room = usize::try_from(FRAME_MAX).map_err(|_| GeoError("frame size"))?;
    zstd::bulk::decompress(frame, room).map_err(|_| GeoError("frame"))
}

#[inline]
fn varint(bytes: &mut std::slice::Iter<'_, u8>) -> Result<u64, GeoError> {
    let (mut value, mut shift) = (0u64, 0);
    while shift < 64 {
        let byte = *bytes.next().ok_or(GeoError("number cut short"))?;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Ok(value);
        }
        shift += 7;
    }
    Err(GeoError("number too long"))
}

fn places<A: Copy + Ord + Into<u64> + TryFrom<u64>>(frame: &[u8]) -> Result<Places<A>, GeoError> {
    let count = frame.len() / (4 + size_of::<A>());
    let mut columns = frame.chunks_exact(4 * count.max(1));
    let spots = quads(columns.next().unwrap_or_default(), count);
    let low = quads(columns.next().unwrap_or_default(), count).map(u64::from);
    let high = quads(columns.next().unwrap_or_default(), count).map(u64::from);
    let mut rows = Vec::with_capacity(count);
    let mut start = 0u64;
    let mut put = |(gap, spot): (u64, u32)| {
        start = start.checked_add(gap)?;
        rows.push(Row { start: A::try_from(start).ok()?, spot: Spot(spot) });
        Some(())
    };
    let all = match size_of::<A>() {
        4 => low.zip(spots).try_for_each(&mut put),
        _ => low.zip(high).map(|(low, high)| low | high << 32).zip(spots).try_for_each(&mut put),
    };
    all.filter(|()| rows.len() * (4 + size_of::<A>()) == frame.len()).ok_or(GeoError("places"))?;
    let mut index = Vec::with_capacity((1 << 16) + 1);
    for (before, row) in (0u32..).zip(&rows) {
        let slot = usize::try_from(row.start.into() >> Places::<A>::SHIFT).unwrap_or_default();
        index.resize(index.len().max(slot + 1), before);
    }
    index.resize((1 << 16) + 1, u32::try_from(count).map_err(|_| GeoError("too many places"))?);
    Ok(Places { rows, index })
}

/// Numbers of four bytes whose bytes stand column by column, as many each, the lowest one first.
fn quads(columns: &[u8], count: usize) -> impl Iterator<Item = u32> {
    let mut columns = columns.chunks_exact(count.max(1)).map(<[u8]>::iter);
    let mut column = || columns.next().unwrap_or_default();
    let (a, b, c, d) = (column(), column(), column(), column());
    a.zip(b).zip(c.zip(d)).map(|((a, b), (c, d))| u32::from_le_bytes([*a, *b, *c, *d]))
}

fn networks(frame: &[u8]) -> Result<Vec<(u32, &'static str)>, GeoError> {
    let mut bytes = frame.iter();
    let count = varint(&mut bytes)?;
    let mut numbers = Vec::with_capacity(usize::try_from(count).unwrap_or(usize::MAX).min(frame.len()));
    let mut number = 0u64;
    for _ in 0..count {
        number += varint(&mut bytes)?;
        numbers.push(u32::try_from(number).map_err(|_| GeoError("AS number too large"))?);
    }
    let text = std::str::from_utf8(bytes.as_slice()).map_err(|_| GeoError("AS names"))?;
    // As long as the program, as the table is.
    let text: &'static str = Box::leak(text.into());
    Ok(numbers.into_iter().zip(text.split('\n')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_addresses() {
        let geo = GeoTable::unpack().unwrap();
        let ip = |s: &str| s.parse::<IpAddr>().unwrap();
        let country = |s: &str| geo.at(geo.spot(ip(s))).0.map(|country| country.code);
        let network = |s: &str| geo.at(geo.spot(ip(s))).1;
        assert_eq!(network("8.8.8.8").unwrap().0, 15169);
        assert_eq!(country("8.8.8.8"), Some("US"));
        assert_eq!(country("193.0.6.139"), Some("NL"));
        assert_eq!(network("2001:4860:4860::8888").unwrap().0, 15169);
        assert!(network("1.1.1.1").unwrap().1.to_lowercase().contains("cloudflare"));
        assert_eq!((country("10.0.0.1"), network("10.0.0.1")), (None, None));
        assert_eq!(country("0.0.0.0"), None);
        assert_eq!((country("255.255.255.255"), network("ffff::")), (None, None));
        assert!(geo.networks.is_sorted_by_key(|network| network.0));
        assert!(geo.networks.last().is_some_and(|network| network.1.len() > 1));
    }

    fn same_as_a_search_over_all<A: Copy + Ord + Into<u64> + TryFrom<u64>>(places: &Places<A>) {
        assert!(places.rows.is_sorted_by(|a, b| a.start < b.start));
        let mut at = 0x1234_5678_9abc_def0u64;
        for n in 0..20_000 {
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n);
            let near: u64 = places.rows[(at >> 33) as usize % places.rows.len()].start.into();
            for probe in [near, near.saturating_sub(1), near + 1, at >> (48 - Places::<A>::SHIFT)] {
                let Ok(probe) = A::try_from(probe) else { continue };
                let slow = places.rows.partition_point(|row| row.start <= probe).checked_sub(1);
                assert_eq!(places.find(probe), slow.map(|i| places.rows[i].spot), "{:x}", probe.into());
            }
        }
    }

    #[test]
    fn the_index_finds_what_a_search_over_all_finds() {
        let geo = GeoTable::unpack().unwrap();
        same_as_a_search_over_all(&geo.v4);
        same_as_a_search_over_all(geo.v6().unwrap());
    }

    #[test]
    fn a_damaged_table_is_refused() {
        let columns = |gaps: [u32; 2]| {
            let column = |k: usize| gaps.map(|gap| gap.to_le_bytes()[k]);
            [[5, 6], [0, 0], [0, 0], [1, 2], column(0), column(1), column(2), column(3)].concat()
        };
        let good = places::<u32>(&columns([16, 1 << 24])).unwrap();
        assert_eq!(good.find(15), None);
        assert_eq!(good.find(16).map(|spot| (spot.code(), spot.network())), Some((Some(0), Some(4))));
        assert_eq!(good.find(u32::MAX).map(|spot| (spot.code(), spot.network())), Some((Some(1), Some(5))));
        assert!(places::<u32>(&columns([16, u32::MAX])).is_err(), "behind the last address");
        assert!(places::<u32>(&columns([16, 1])[..15]).is_err());
        assert!(places::<u32>(&[]).is_ok_and(|none| none.find(7).is_none()));
    }

    #[test]
    fn middles_lie_on_the_globe_and_where_the_country_is() {
        let near = |code: &str, lat: f64, lon: f64| {
            let middle = countries().into_iter().find(|c| c.code == code).unwrap().centre;
            (middle.0 - lat).abs() < 5.0 && (middle.1 - lon).abs() < 5.0
        };
        assert!(countries().iter().all(|c| c.centre.0.abs() <= 90.0 && c.centre.1.abs() <= 180.0));
        // Both cross the antimeridian.
        assert!(near("RU", 62.0, 97.0) && near("FJ", -18.0, 178.0) && near("US", 39.8, -98.6));
    }

    #[test]
    fn every_code_of_the_table_is_a_country() {
        let geo = GeoTable::unpack().unwrap();
        let unknown = geo.codes.iter().filter(|c| c.is_none()).count();
        assert_eq!(unknown, 0, "codes without a row in countries.tsv");
        assert!(geo.countries.is_sorted_by_key(|c| c.code));
        assert!(geo.countries.len() > 245);
    }
}
