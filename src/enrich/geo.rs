//! The packed country and network table inside the program: reading `data/geo.bin` (its layout is
//! told by `data/pack.py`, its sources by NOTICE) and looking addresses up.

use std::net::IpAddr;

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

/// Ranges of one address family, sorted; `values` are indexes into codes or networks.
#[derive(Debug, Default)]
struct Ranges {
    starts: Vec<u64>,
    ends: Vec<u64>,
    values: Vec<u32>,
    /// For each value of the upper 16 of `bits` address bits: how many ranges begin before it. Turns a
    /// search over the whole table into one over a few neighbours.
    index: Vec<u32>,
    bits: u32,
}

impl Ranges {
    fn find(&self, at: u64) -> Option<usize> {
        let slot = usize::try_from(at >> (self.bits - 16)).ok()?;
        let from = usize::try_from(*self.index.get(slot)?).ok()?;
        let to = usize::try_from(*self.index.get(slot + 1)?).ok()?;
        let near = self.starts.get(from..to)?;
        let i = (from + near.partition_point(|s| *s <= at)).checked_sub(1)?;
        (at <= *self.ends.get(i)?).then_some(())?;
        usize::try_from(*self.values.get(i)?).ok()
    }
}

/// Names of networks, one after the other in one text.
#[derive(Debug)]
struct Names {
    text: String,
    /// Where each ends; the line end behind it is not its own.
    ends: Vec<u32>,
}

impl Names {
    fn get(&self, i: usize) -> Option<&str> {
        let to = usize::try_from(*self.ends.get(i)?).ok()?;
        let from = match i.checked_sub(1) {
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()? + 1,
            None => 0,
        };
        self.text.get(from..to)
    }
}

/// The unpacked table. About 15 MiB of memory; made when the first public address is met.
#[derive(Debug)]
pub struct GeoTable {
    country: [Ranges; 2],
    asn: [Ranges; 2],
    codes: Vec<Option<usize>>,
    numbers: Vec<u32>,
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
        let mut frame = || -> Result<Vec<u8>, GeoError> {
            let (len, tail) = rest.split_first_chunk::<4>().ok_or(GeoError("frame length"))?;
            let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| GeoError("frame length"))?;
            let (packed, tail) = tail.split_at_checked(len).ok_or(GeoError("frame cut short"))?;
            rest = tail;
            // Into one buffer: a decoder that streams needs a window as large. What is not filled is not touched.
            let room = usize::try_from(FRAME_MAX).map_err(|_| GeoError("frame size"))?;
            zstd::bulk::decompress(packed, room).map_err(|_| GeoError("frame"))
        };
        let country = [ranges(&frame()?, 32)?, ranges(&frame()?, 64)?];
        let asn = [ranges(&frame()?, 32)?, ranges(&frame()?, 64)?];
        let countries = countries();
        let codes = frame()?
            .chunks_exact(2)
            .map(|code| countries.iter().position(|c| c.code.as_bytes() == code))
            .collect();
        let (numbers, names) = networks(frame()?)?;
        Ok(GeoTable { country, asn, codes, numbers, names, countries })
    }

    /// Country an address is registered or announced in.
    pub fn country(&self, ip: IpAddr) -> Option<&Country> {
        let (family, at) = position(ip);
        let code = self.country.get(family)?.find(at)?;
        self.countries.get((*self.codes.get(code)?)?)
    }

    /// Number and name of the network that announces an address.
    pub fn network(&self, ip: IpAddr) -> Option<(u32, &str)> {
        let (family, at) = position(ip);
        let i = self.asn.get(family)?.find(at)?;
        Some((*self.numbers.get(i)?, self.names.get(i)?))
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

fn position(ip: IpAddr) -> (usize, u64) {
    match ip {
        IpAddr::V4(v4) => (0, u64::from(v4.to_bits())),
        IpAddr::V6(v6) => (1, u64::try_from(v6.to_bits() >> 64).unwrap_or(u64::MAX)),
    }
}

fn varint(bytes: &mut std::slice::Iter<'_, u8>) -> Result<u64, GeoError> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.next().ok_or(GeoError("number cut short"))?;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Ok(value);
        }
    }
    Err(GeoError("number too long"))
}

fn ranges(frame: &[u8], bits: u32) -> Result<Ranges, GeoError> {
    let mut bytes = frame.iter();
    let count = varint(&mut bytes)?;
    // A number takes at least a byte. Lists that grow cost more than reading the numbers does.
    let room = usize::try_from(count).unwrap_or(usize::MAX).min(frame.len());
    let mut column = || -> Result<Vec<u64>, GeoError> {
        let mut column = Vec::with_capacity(room);
        for _ in 0..count {
            column.push(varint(&mut bytes)?);
        }
        Ok(column)
    };
    // Gaps and lengths become beginnings and ends in place.
    let (mut starts, mut ends) = (column()?, column()?);
    let mut next = 0u64;
    for (start, end) in starts.iter_mut().zip(&mut ends) {
        *start = next.wrapping_add(*start);
        *end = start.wrapping_add(*end);
        next = end.wrapping_add(1);
    }
    let mut values = Vec::with_capacity(room);
    for _ in 0..count {
        values.push(u32::try_from(varint(&mut bytes)?).map_err(|_| GeoError("index too large"))?);
    }
    let index = Vec::with_capacity((1 << 16) + 1);
    let mut out = Ranges { bits, starts, ends, values, index };
    let mut begun = 0;
    for slot in 0..=1u64 << 16 {
        let bound = slot.checked_shl(bits - 16).filter(|_| slot < 1 << 16);
        begun += out.starts.iter().skip(begun).take_while(|s| bound.is_none_or(|b| **s < b)).count();
        out.index.push(u32::try_from(begun).map_err(|_| GeoError("too many ranges"))?);
    }
    Ok(out)
}

fn networks(frame: Vec<u8>) -> Result<(Vec<u32>, Names), GeoError> {
    let mut bytes = frame.iter();
    let count = varint(&mut bytes)?;
    let mut numbers = Vec::with_capacity(usize::try_from(count).unwrap_or(usize::MAX).min(frame.len()));
    let mut number = 0u64;
    for _ in 0..count {
        number += varint(&mut bytes)?;
        numbers.push(u32::try_from(number).map_err(|_| GeoError("AS number too large"))?);
    }
    let text = std::str::from_utf8(bytes.as_slice()).map_err(|_| GeoError("AS names"))?.to_owned();
    let mut ends = Vec::with_capacity(numbers.len());
    for at in memchr::memchr_iter(b'\n', text.as_bytes()) {
        ends.push(u32::try_from(at).map_err(|_| GeoError("AS names too long"))?);
    }
    if !text.ends_with('\n') {
        ends.push(u32::try_from(text.len()).map_err(|_| GeoError("AS names too long"))?);
    }
    Ok((numbers, Names { text, ends }))
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
        assert_eq!(geo.numbers.len(), geo.names.ends.len());
    }

    #[test]
    fn the_index_finds_what_a_search_over_all_finds() {
        let geo = GeoTable::unpack().unwrap();
        for ranges in geo.country.iter().chain(&geo.asn) {
            let mut at = 0x1234_5678_9abc_def0u64;
            for n in 0..20_000 {
                at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n);
                let near = ranges.starts[(at >> 33) as usize % ranges.starts.len()];
                for probe in [near, near.saturating_sub(1), near + 1, at >> (64 - ranges.bits)] {
                    let slow = ranges.starts.partition_point(|s| *s <= probe).checked_sub(1);
                    let slow = slow.filter(|i| probe <= ranges.ends[*i]).map(|i| ranges.values[i] as usize);
                    assert_eq!(ranges.find(probe), slow, "{probe:x}");
                }
            }
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
