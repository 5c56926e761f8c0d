//! MaxMind DB files given by the user. Read by path inside the record, not by a fixed structure, so
//! that GeoLite2/GeoIP2 (City, Country, ASN), DB-IP and IPinfo layouts all answer.

use maxminddb::{PathElement, Reader};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: not a usable MaxMind database: {source}", path.display())]
pub struct MmdbError {
    path: PathBuf,
    source: maxminddb::MaxMindDbError,
}

/// What one database knows of an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Two-letter country code.
    pub country: Option<String>,
    /// First subdivision's name.
    pub region: Option<String>,
    /// City's English name.
    pub city: Option<String>,
    /// Latitude and longitude, degrees.
    pub location: Option<(f64, f64)>,
    /// AS number.
    pub asn: Option<u32>,
    /// AS organisation.
    pub organization: Option<String>,
}

/// An open database.
#[derive(Debug)]
pub struct Mmdb {
    reader: Reader<Vec<u8>>,
    /// Type and build date, for the report.
    pub label: String,
}

macro_rules! path {
    ($($key:literal).+) => { [$(PathElement::Key($key)),+] };
}

impl Mmdb {
    /// Opens `path`, reading it whole.
    ///
    /// # Errors
    /// If the file cannot be read or is no MaxMind DB.
    pub fn open(path: &Path) -> Result<Mmdb, MmdbError> {
        let reader = Reader::open_readfile(path).map_err(|source| MmdbError { path: path.into(), source })?;
        let built = i64::try_from(reader.metadata().build_epoch).unwrap_or(0).saturating_mul(1_000_000_000);
        let day: String = crate::model::rfc3339(built).chars().take(10).collect();
        let label = format!("{} of {day}", reader.metadata().database_type);
        Ok(Mmdb { reader, label })
    }

    /// What the database says of `ip`; empty where it says nothing.
    pub fn find(&self, ip: IpAddr) -> Found {
        let Ok(hit) = self.reader.lookup(ip) else { return Found::default() };
        let text = |paths: &[&[PathElement<'_>]]| {
            paths.iter().find_map(|p| hit.decode_path::<String>(p).ok().flatten()).filter(|s| !s.is_empty())
        };
        let float = |p: &[PathElement<'_>]| hit.decode_path::<f64>(p).ok().flatten();
        let location = float(&path!("location"."latitude")).zip(float(&path!("location"."longitude")));
        // IPinfo writes numbers as text, and the AS number as "AS15169".
        let parsed = |p: &[PathElement<'_>]| text(&[p]).and_then(|s| s.parse::<f64>().ok());
        let as_text = text(&[&path!("asn"), &path!("as_number")]);
        let asn = hit.decode_path::<u32>(&path!("autonomous_system_number")).ok().flatten();
        let region = [PathElement::Key("subdivisions"), PathElement::Index(0)];
        let region: Vec<_> =
            region.into_iter().chain([PathElement::Key("names"), PathElement::Key("en")]).collect();
        Found {
            country: text(&[
                &path!("country"."iso_code"),
                &path!("registered_country"."iso_code"),
                &path!("country_code"),
                &path!("country"),
            ])
            .filter(|c| c.len() == 2),
            region: text(&[&region, &path!("region"), &path!("state1")]),
            city: text(&[&path!("city"."names"."en"), &path!("city")]),
            location: location
                .or_else(|| parsed(&path!("lat")).zip(parsed(&path!("lng"))))
                .or_else(|| parsed(&path!("latitude")).zip(parsed(&path!("longitude"))))
                // A place off the globe would cost the whole document in a search engine.
                .filter(|(lat, lon)| lat.abs() <= 90.0 && lon.abs() <= 180.0),
            asn: asn.or_else(|| as_text.and_then(|s| s.trim_start_matches("AS").parse().ok())),
            organization: text(&[
                &path!("autonomous_system_organization"),
                &path!("as_name"),
                &path!("name"),
            ]),
        }
    }
}
