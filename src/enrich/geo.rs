//! The packed country and network table inside the program: reading `data/geo.bin` (its layout is
//! told by `data/pack.py`, its sources by NOTICE) and looking addresses up.

use std::net::IpAddr;
use std::sync::OnceLock;

static PACKED: &[u8] = include_bytes!("data/geo.bin");
static COUNTRIES: &str = include_str!("data/countries.tsv");
const MAGIC: &[u8] = b"NLGEO1\n";
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

/// Addresses from one to another that have the same value: an index into codes or networks. All that a look-up
/// needs lies together, since each place in memory that it goes to costs more than what it computes.
#[derive(Clone, Copy, Debug)]
struct Range<A> {
    start: A,
    end: A,
    value: u32,
}

/// Ranges of one address family, sorted.
#[derive(Debug)]
struct Ranges<A> {
    rows: Vec<Range<A>>,
    /// For each value of the upper 16 bits of an address: how many ranges begin before it. Turns a search
    /// over the whole table into one over a few neighbours.
    index: Vec<u32>,
}

impl<A: Copy + Ord + Into<u64> + TryFrom<u64>> Ranges<A> {
    /// Bits of an address above the lower ones that the index leaves to a search.
    const SHIFT: u32 = 8 * size_of::<A>() as u32 - 16;

    fn find(&self, at: A) -> Option<usize> {
        let slot = usize::try_from(at.into() >> Self::SHIFT).ok()?;
        let from = usize::try_from(*self.index.get(slot)?).ok()?;
        let to = usize::try_from(*self.index.get(slot + 1)?).ok()?;
        let near = self.rows.get(from..to)?;
        let i = (from + near.partition_point(|row| row.start <= at)).checked_sub(1)?;
        let row = self.rows.get(i).filter(|row| at <= row.end)?;
        usize::try_from(row.value).ok()
    }
}

/// Ranges of both families; of IPv6 the upper half of the addresses.
#[derive(Debug)]
struct Table {
    v4: Ranges<u32>,
    /// Packed, and unpacked when the first address of that family is met: many inputs have none.
    v6_packed: &'static [u8],
    v6: OnceLock<Option<Ranges<u64>>>,
}

impl Table {
    fn new(v4: &[u8], v6: &'static [u8]) -> Result<Table, GeoError> {
        Ok(Table { v4: ranges(&unpacked(v4)?)?, v6_packed: v6, v6: OnceLock::new() })
    }

    /// The ranges of IPv6; `None` if they are damaged, which a test would have found.
    fn v6(&self) -> Option<&Ranges<u64>> {
        self.v6.get_or_init(|| ranges(&unpacked(self.v6_packed).ok()?).ok()).as_ref()
    }

    fn find(&self, ip: IpAddr) -> Option<usize> {
        match ip {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6()?.find(u64::try_from(v6.to_bits() >> 64).unwrap_or(u64::MAX)),
        }
    }
}

/// Names of networks, one after the other in one text.
#[derive(Debug)]
struct Names {
    text: String,
    /// Number of each network, and where its name ends; the line end behind it is not its own.
    ends: Vec<(u32, u32)>,
}

impl Names {
    fn get(&self, i: usize) -> Option<(u32, &str)> {
        let (number, to) = *self.ends.get(i)?;
        let from = match i.checked_sub(1) {
            Some(before) => usize::try_from(self.ends.get(before)?.1).ok()? + 1,
            None => 0,
        };
        Some((number, self.text.get(from..usize::try_from(to).ok()?)?))
    }
}

/// The unpacked table. About 15 MiB of memory, more where IPv6 is met; made when the first public address is.
#[derive(Debug)]
pub struct GeoTable {
    country: Table,
    asn: Table,
    codes: Vec<Option<usize>>,
    names: Names,
    countries: Vec<Country>,
}

impl GeoTable {
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
        let country = Table::new(frame()?, frame()?)?;
        let asn = Table::new(frame()?, frame()?)?;
        let countries = countries();
        let codes = unpacked(frame()?)?
            .chunks_exact(2)
            .map(|code| countries.iter().position(|c| c.code.as_bytes() == code))
            .collect();
        let names = networks(unpacked(frame()?)?)?;
        Ok(GeoTable { country, asn, codes, names, countries })
    }

    /// Country an address is registered or announced in.
    pub fn country(&self, ip: IpAddr) -> Option<&Country> {
        let code = self.country.find(ip)?;
        self.countries.get((*self.codes.get(code)?)?)
    }

    /// Number and name of the network that announces an address.
    pub fn network(&self, ip: IpAddr) -> Option<(u32, &str)> {
        let i = self.asn.find(ip)?;
        self.names.get(i)
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

fn ranges<A: Copy + Ord + Into<u64> + TryFrom<u64>>(frame: &[u8]) -> Result<Ranges<A>, GeoError> {
    let address = |at: u64| A::try_from(at).map_err(|_| GeoError("address too large"));
    let mut bytes = frame.iter();
    let count = varint(&mut bytes)?;
    // A number takes at least a byte. Lists that grow cost more than reading the numbers does.
    let room = usize::try_from(count).unwrap_or(usize::MAX).min(frame.len());
    let mut gaps = Vec::with_capacity(room);
    for _ in 0..count {
        gaps.push(varint(&mut bytes)?);
    }
    // Gaps and lengths become beginnings and ends.
    let mut rows = Vec::with_capacity(room);
    let mut next = 0u64;
    for gap in gaps {
        let start = next.wrapping_add(gap);
        let end = start.wrapping_add(varint(&mut bytes)?);
        next = end.wrapping_add(1);
        rows.push(Range { start: address(start)?, end: address(end)?, value: 0 });
    }
    for row in &mut rows {
        row.value = u32::try_from(varint(&mut bytes)?).map_err(|_| GeoError("index too large"))?;
    }
    let mut out = Ranges { rows, index: Vec::with_capacity((1 << 16) + 1) };
    let mut begun = 0;
    for slot in 0..=1u64 << 16 {
        let bound = slot.checked_shl(Ranges::<A>::SHIFT).filter(|_| slot < 1 << 16);
        let before = |row: &&Range<A>| bound.is_none_or(|bound| row.start.into() < bound);
        begun += out.rows.iter().skip(begun).take_while(before).count();
        out.index.push(u32::try_from(begun).map_err(|_| GeoError("too many ranges"))?);
    }
    Ok(out)
}

fn networks(frame: Vec<u8>) -> Result<Names, GeoError> {
    let mut bytes = frame.iter();
    let count = varint(&mut bytes)?;
    let mut ends = Vec::with_capacity(usize::try_from(count).unwrap_or(usize::MAX).min(frame.len()));
    let mut number = 0u64;
    for _ in 0..count {
        number += varint(&mut bytes)?;
        ends.push((u32::try_from(number).map_err(|_| GeoError("AS number too large"))?, 0));
    }
    let text = std::str::from_utf8(bytes.as_slice()).map_err(|_| GeoError("AS names"))?.to_owned();
    let borders = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    for ((_, end), at) in ends.iter_mut().zip(borders) {
        *end = u32::try_from(at).map_err(|_| GeoError("AS names too long"))?;
    }
    Ok(Names { text, ends })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_addresses() {
        let geo = GeoTable::unpack().unwrap();
        let ip = |s: &str| s.parse::<IpAddr>().unwrap();
        assert_eq!(geo.network(ip("8.8.8.8")).unwrap().0, 15169);
        assert_eq!(geo.country(ip("8.8.8.8")).unwrap().code, "US");
        assert_eq!(geo.country(ip("193.0.6.139")).unwrap().code, "NL");
        assert_eq!(geo.network(ip("2001:4860:4860::8888")).unwrap().0, 15169);
        assert!(geo.network(ip("1.1.1.1")).unwrap().1.to_lowercase().contains("cloudflare"));
        assert!(geo.country(ip("10.0.0.1")).is_none());
        assert!(geo.country(ip("0.0.0.0")).is_none());
        assert!(geo.country(ip("ffff::")).is_none());
        assert!(geo.names.ends.is_sorted() && geo.names.get(geo.names.ends.len() - 1).unwrap().1.len() > 1);
    }

    fn same_as_a_search_over_all<A: Copy + Ord + Into<u64> + TryFrom<u64>>(ranges: &Ranges<A>) {
        let mut at = 0x1234_5678_9abc_def0u64;
        for n in 0..20_000 {
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n);
            let near: u64 = ranges.rows[(at >> 33) as usize % ranges.rows.len()].start.into();
            for probe in [near, near.saturating_sub(1), near + 1, at >> (48 - Ranges::<A>::SHIFT)] {
                let Ok(probe) = A::try_from(probe) else { continue };
                let slow = ranges.rows.partition_point(|row| row.start <= probe).checked_sub(1);
                let slow = slow.map(|i| ranges.rows[i]).filter(|row| probe <= row.end);
                assert_eq!(ranges.find(probe), slow.map(|row| row.value as usize), "{:x}", probe.into());
            }
        }
    }

    #[test]
    fn the_index_finds_what_a_search_over_all_finds() {
        let geo = GeoTable::unpack().unwrap();
        for table in [&geo.country, &geo.asn] {
            same_as_a_search_over_all(&table.v4);
            same_as_a_search_over_all(table.v6().unwrap());
        }
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
