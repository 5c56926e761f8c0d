//! Reading a list: plain lines, a hosts file, or CSV with a header, as feeds write them.

use super::{Indicator, Indicators, List};
use crate::enrich::Net;
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;

/// Largest list that is read, bytes: some ten million indicators.
const SIZE_MAX: u64 = 512 << 20;
/// Longest description kept, characters.
const DESCRIPTION: usize = 200;
/// Mistakes kept of one list; all are counted.
const SAMPLES: usize = 20;
/// Comments at the top that may hold the header of a CSV.
const PREAMBLE: usize = 64;

/// Headings of the column that holds the indicator, the best first.
static VALUE: [&str; 21] = [
    "indicator",
    "ioc_value",
    "ioc",
    "value",
    "observable",
    "ip",
    "ip_address",
    "dst_ip",
    "address",
    "network",
    "cidr",
    "domain",
    "domain_name",
    "hostname",
    "host",
    "ja3_md5",
    "ja3",
    "ja4",
    "sha256_hash",
    "sha256",
    "hash",
];
/// Headings of columns that say what it is.
static ABOUT: [&str; 10] = [
    "description",
    "comment",
    "listingreason",
    "malware_printable",
    "malware",
    "threat",
    "threat_type",
    "reason",
    "tags",
    "note",
];

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// It is larger than what is read.
    #[error("is larger than {} MiB", SIZE_MAX >> 20)]
    Large,
    /// No line holds an indicator.
    #[error("holds no address, network, domain, fingerprint or hash")]
    Empty,
}

/// A line that holds no indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The list.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

pub(super) fn file(into: &mut Indicators, path: &Path) -> Result<(), ListError> {
    if std::fs::metadata(path)?.len() > SIZE_MAX {
        return Err(ListError::Large);
    }
    let bytes = std::fs::read(path)?;
    text(into, &path.display().to_string(), &String::from_utf8_lossy(&bytes))
}

/// Adds the indicators of a list's text.
pub(super) fn text(into: &mut Indicators, name: &str, text: &str) -> Result<(), ListError> {
    let number = into.lists.len();
    let mut list = List { path: name.to_owned(), ..List::default() };
    into.lists.push(list.clone());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = Header::find(text);
    for (line, at) in text.lines().zip(1u64..) {
        if header.as_ref().is_some_and(|header| header.line == at) || is_comment(line) {
            continue;
        }
        let (value, about) = match &header {
            Some(header) => header.columns(line),
            None => plain(line),
        };
        match add(into, number, &value, &about) {
            Ok(()) => list.indicators += 1,
            Err(reason) => {
                list.mistakes += 1;
                if list.samples.len() < SAMPLES {
                    list.samples.push(Mistake { file: name.to_owned(), line: at, reason });
                }
            }
        }
    }
    let empty = list.indicators == 0;
    if let Some(slot) = into.lists.get_mut(number) {
        *slot = list;
    }
    if empty { Err(ListError::Empty) } else { Ok(()) }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with(['#', ';', '!']) || line.starts_with("//")
}

/// Value and description of a line without columns: what follows white space, `#` or `;` describes.
fn plain(line: &str) -> (Cow<'_, str>, Cow<'_, str>) {
    let line = line.trim();
    let (value, about) =
        line.split_once(|c: char| c.is_whitespace() || "#;,".contains(c)).unwrap_or((line, ""));
    let about = about.trim_start_matches(|c: char| c.is_whitespace() || "#;,/-".contains(c));
    // A hosts file gives a name the address of nowhere.
    if let ("0.0.0.0" | "127.0.0.1" | "::" | "::1", Some(host)) = (value, about.split_whitespace().next()) {
        return (host.into(), "".into());
    }
    (value.into(), about.trim_end().into())
}

/// The columns of a CSV list.
struct Header {
    line: u64,
    delimiter: u8,
    value: usize,
    about: Vec<usize>,
}

impl Header {
    /// The first line that names a column we know, be it behind a `#`, before anything else.
    fn find(text: &str) -> Option<Header> {
        for (line, at) in text.lines().take(PREAMBLE).zip(1u64..) {
            let commented = is_comment(line);
            let bare = line.trim_start_matches(|c: char| c == '#' || c.is_whitespace());
            let found = [b',', b';', b'\t'].into_iter().find_map(|delimiter| Header::of(bare, at, delimiter));
            if found.is_some() || !commented {
                return found;
            }
        }
        None
    }

    fn of(line: &str, at: u64, delimiter: u8) -> Option<Header> {
        let names: Vec<String> =
            cells(line, delimiter).iter().map(|c| c.trim().to_ascii_lowercase()).collect();
        let place = |wanted: &&str| names.iter().position(|name| name == wanted);
        // One column needs no header, and a sentence with a comma is none.
        let value = VALUE.iter().find_map(&place).filter(|_| names.len() > 1)?;
        let about = ABOUT.iter().filter_map(place).filter(|i| *i != value).take(2).collect();
        Some(Header { line: at, delimiter, value, about })
    }

    fn columns<'l>(&self, line: &'l str) -> (Cow<'l, str>, Cow<'l, str>) {
        let cells = cells(line, self.delimiter);
        let cell = |i: &usize| cells.get(*i).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty());
        let about: Vec<String> = self.about.iter().filter_map(cell).collect();
        (cell(&self.value).unwrap_or_default().into(), about.join(", ").into())
    }
}

/// Cells of a line; quotes as in RFC 4180, and blanks before them, as some feeds write.
fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let line = line.replace(", \"", ",\"");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Adds one indicator, or says why it is none.
fn add(into: &mut Indicators, list: usize, value: &str, about: &str) -> Result<(), String> {
    let name = bare(value);
    if name.is_empty() {
        return Err("there is no indicator in it".to_owned());
    }
    let indicator = |kind| Indicator {
        name: name.clone(),
        kind,
        description: about.chars().take(DESCRIPTION).collect(),
        list,
    };
    if let Some(net) = network(&name) {
        let kind = if net.parts().0.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
        into.add_net(net, indicator(kind));
        return Ok(());
    }
    let lower = name.to_ascii_lowercase();
    if let Some(kind) = digest(&lower) {
        into.add_text(false, &lower, indicator(kind));
        return Ok(());
    }
    let domain = lower.trim_start_matches("*.").trim_matches('.');
    if !is_domain(domain) {
        return Err(format!("'{}' {}", shortened(&name), why_not(&name)));
    }
    into.add_text(true, domain, indicator("domain-name"));
    Ok(())
}

/// Without the disguise that keeps people from clicking.
fn bare(value: &str) -> String {
    let value = value.trim().trim_matches(['"', '\'']);
    let mut name = value.replace("[.]", ".").replace("(.)", ".").replace("{.}", ".").replace("[:]", ":");
    if let Some(inner) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        name = inner.to_owned();
    }
    name
}

fn network(name: &str) -> Option<Net> {
    if let Ok(net) = name.parse::<Net>() {
        return Some(net);
    }
    // An address with a port, as feeds of command servers write.
    let address = name.parse::<std::net::SocketAddr>().ok()?.ip();
    Net::new(address, if address.is_ipv4() { 32 } else { 128 })
}

/// Kind of a fingerprint or hash, by its form.
fn digest(lower: &str) -> Option<&'static str> {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match lower.len() {
        // Of 32 digits both are: the MD5 of a file, and that of a TLS or SSH greeting (JA3, JA3S, HASSH).
        32 | 40 | 64 | 128 if hex(lower) => Some("file"),
        _ => is_ja4(lower).then_some("tls-fingerprint"),
    }
}

/// `t13d1516h2_8daaf6152771_b186095e22b6`, and of a server `t130200_1301_a56c5b993250`.
fn is_ja4(lower: &str) -> bool {
    let mut parts = lower.split('_');
    let (Some(a), Some(b), Some(c), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let first = a.starts_with(['t', 'q', 'd']) && (a.len() == 10 || a.len() == 7);
    first && a.is_ascii() && (b.len() == 12 || b.len() == 4) && hex(b) && c.len() == 12 && hex(c)
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b >= 0x80;
        !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    // The last label of a name is never a number (RFC 3696 §2).
    let named = !last.bytes().all(|b| b.is_ascii_digit());
    name.contains('.') && name.len() <= 253 && named && name.split('.').all(label)
}

fn why_not(name: &str) -> &'static str {
    if name.contains("://") {
        return "is a URL: list its domain, if all of it is bad";
    }
    if name.contains('@') {
        return "is an address of mail, which is not looked for";
    }
    if name.contains('/') {
        return "is no network; write it like 10.0.0.0/8 or fd00::/8";
    }
    let hex = name.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && name.len() > 16 && name.parse::<IpAddr>().is_err() {
        return "has the letters of a hash but the length of none (MD5 32, SHA-1 40, SHA-256 64, SHA-512 128)";
    }
    "is no address, network, domain, fingerprint or hash"
}

fn shortened(name: &str) -> String {
    let mut short: String = name.chars().take(60).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}
