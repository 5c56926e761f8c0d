//! Indicators of compromise: lists of addresses, networks, domains, fingerprints and file hashes, and
//! what of an event is on them.
//!
//! A look-up is a hash probe: one for each length of prefix there is for an address, one for each label of a
//! name. An event that matches nothing costs no allocation.

mod read;
#[cfg(test)]
mod tests;

pub use read::{ListError, Mistake};

use super::Net;
use crate::model::{Event, FieldRef, Type, Value};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::net::IpAddr;
use std::path::Path;

crate::fields! {
    pub FIELDS;
    NAME: Keyword, "threat.indicator.name", "The indicators of --indicators that the event matches, as their lists write them.";
    KIND: Keyword, "threat.indicator.type", "Kind of each: `ipv4-addr`, `ipv6-addr`, `domain-name`, `file`, `x509-certificate` or, for JA3, JA4 and HASSH, `tls-fingerprint`.";
    DESCRIPTION: Keyword, "threat.indicator.description", "What the list says of it.";
    FEED: Keyword, "threat.feed.name", "The list it stands in.";
    FIELD: Keyword, "netlog.threat.field", "The field of the event that matches it.";
}

/// Matches kept of one event: a DNS answer may hold thousands of names.
const MATCHES: usize = 8;
/// Longest name that is looked up, bytes (RFC 1035 §2.3.4: 253; more is no name).
const NAME_MAX: usize = 255;

/// What a list tells of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// As the list writes it, without disguise (`[.]`).
    pub name: String,
    /// `threat.indicator.type`.
    pub kind: &'static str,
    /// What the list says of it; may be empty.
    pub description: String,
    /// Index into [`Indicators::lists`].
    pub list: usize,
}

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Its file.
    pub path: String,
    /// Indicators in it.
    pub indicators: u64,
    /// Lines that hold none, though they are neither empty nor comments.
    pub mistakes: u64,
    /// The first of them.
    pub samples: Vec<Mistake>,
}

impl List {
    /// A sentence for the report.
    pub fn note(&self) -> String {
        let mut note = format!("{} indicators were looked for, of {}", self.indicators, self.path);
        if let Some(first) = self.samples.first() {
            note.push_str(&format!("; {} of its lines hold none, the first: {first}", self.mistakes));
        }
        note.push('.');
        note
    }
}

type Index<K> = HashMap<K, usize, FixedState>;

/// All indicators of a run.
#[derive(Debug, Default)]
pub struct Indicators {
    /// The lists in the order given.
    pub lists: Vec<List>,
    all: Vec<Indicator>,
    /// By masked address, one table for each length of prefix, the longest first.
    v4: Vec<(u32, Index<u32>)>,
    v6: Vec<(u32, Index<u128>)>,
    domains: Index<Box<str>>,
    /// Fingerprints and hashes of files, in lower case.
    hashes: Index<Box<str>>,
}

/// What kind of indicator a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Address,
    Domain,
    Hash,
    Answers,
}

/// One worker's memory of which field holds what.
#[derive(Debug, Default)]
pub struct Memory {
    roles: HashMap<usize, Option<Role>, FixedState>,
    lower: String,
    found: Vec<(usize, &'static str)>,
}

/// Fields that repeat others.
static REPEATED: [&str; 3] = ["client.ip", "server.ip", "related.ip"];
static DOMAINS: [&str; 11] = [
    "dns.question.name",
    "tls.client.server_name",
    "url.domain",
    "source.domain",
    "destination.domain",
    "server.domain",
    "source.address",
    "destination.address",
    "socks.target.domain",
    "tls.server.x509.alternative_names",
    "tls.server.x509.subject.common_name",
];

fn role(field: FieldRef) -> Option<Role> {
    let name = field.name;
    if field.ty == Type::Ip {
        return (!REPEATED.contains(&name)).then_some(Role::Address);
    }
    if name == "dns.answers" {
        return Some(Role::Answers);
    }
    if DOMAINS.contains(&name) {
        return Some(Role::Domain);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    let digest = name.contains(".hash.") && !name.starts_with("dns.");
    (digest || ["ja3", "ja3s", "ja4", "ja4s", "hassh"].contains(&last)).then_some(Role::Hash)
}

impl Indicators {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds the list in a file; lines that hold no indicator are counted with the list. What an earlier list
    /// says of an indicator stays.
    ///
    /// # Errors
    /// The file cannot be read, or holds no indicator at all.
    pub fn add_file(&mut self, path: &Path) -> Result<(), ListError> {
        read::file(self, path)
    }

    /// What is known of a block of addresses, if anything is.
    fn add_net(&mut self, net: Net, indicator: Indicator) {
        let at = self.all.len();
        let (base, prefix) = net.parts();
        let known = match base {
            IpAddr::V4(ip) => slot(&mut self.v4, prefix).insert_new(masked4(ip.to_bits(), prefix), at),
            IpAddr::V6(ip) => slot(&mut self.v6, prefix).insert_new(masked6(ip.to_bits(), prefix), at),
        };
        self.push(known, indicator);
    }

    fn add_text(&mut self, domain: bool, key: &str, indicator: Indicator) {
        let at = self.all.len();
        let index = if domain { &mut self.domains } else { &mut self.hashes };
        let known = index.insert_new(key.into(), at);
        self.push(known, indicator);
    }

    fn push(&mut self, new: bool, indicator: Indicator) {
        if new {
            self.all.push(indicator);
        }
    }

    /// The indicator of an address: the smallest block around it that is listed.
    fn address(&self, ip: IpAddr) -> Option<usize> {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                self.v4.iter().find_map(|(n, index)| index.get(&masked4(ip.to_bits(), *n)).copied())
            }
            IpAddr::V6(ip) => {
                self.v6.iter().find_map(|(n, index)| index.get(&masked6(ip.to_bits(), *n)).copied())
            }
        }
    }

    /// The indicator of a name: the longest listed domain that it is or lies below.
    fn domain(&self, name: &str, lower: &mut String) -> Option<usize> {
        let name = name.strip_suffix('.').unwrap_or(name);
        if self.domains.is_empty() || name.is_empty() || name.len() > NAME_MAX {
            return None;
        }
        let mut rest = lowered(name, lower);
        loop {
            if let Some(at) = self.domains.get(rest) {
                return Some(*at);
            }
            rest = rest.split_once('.')?.1;
        }
    }

    fn hash(&self, text: &str, lower: &mut String) -> Option<usize> {
        // sha512 in hexadecimal is the longest there is.
        if self.hashes.is_empty() || text.len() > 128 {
            return None;
        }
        self.hashes.get(lowered(text, lower)).copied()
    }

    /// Appends what of the event is listed. Called when all other fields are there.
    pub fn mark<'a, 'e: 'a>(&'e self, event: &mut Event<'a>, memory: &mut Memory) {
        let Memory { roles, lower, found } = memory;
        found.clear();
        for (field, value) in &event.fields {
            let key = std::ptr::from_ref::<crate::model::Field>(field).addr();
            let Some(role) = *roles.entry(key).or_insert_with(|| role(field)) else { continue };
            self.look(role, field.name, value, lower, found);
        }
        if !found.is_empty() {
            self.append(event, found);
        }
    }

    fn look(
        &self,
        role: Role,
        name: &'static str,
        value: &Value<'_>,
        lower: &mut String,
        found: &mut Vec<(usize, &'static str)>,
    ) {
        if found.len() >= MATCHES {
            return;
        }
        let hit = match (role, value) {
            (_, Value::List(items)) => {
                items.iter().for_each(|item| self.look(role, name, item, lower, found));
                None
            }
            (Role::Answers, Value::Object(members)) => {
                let named = |(key, _): &&(Cow<'_, str>, Value<'_>)| matches!(&**key, "name" | "data");
                for (_, value) in members.iter().filter(named) {
                    self.look(Role::Domain, name, value, lower, found);
                }
                None
            }
            (_, Value::Ip(ip)) => self.address(*ip),
            (Role::Domain, Value::Str(text)) => self.domain(text, lower),
            (Role::Hash, Value::Str(text)) => self.hash(text, lower),
            _ => None,
        };
        if let Some(at) = hit
            && !found.iter().any(|(known, _)| *known == at)
        {
            found.push((at, name));
        }
    }

    #[cold]
    fn append<'a, 'e: 'a>(&'e self, event: &mut Event<'a>, found: &[(usize, &'static str)]) {
        let hits = || found.iter().filter_map(|(at, field)| Some((self.all.get(*at)?, *field)));
        let texts = |of: &dyn Fn(&'e Indicator) -> &'e str| Value::texts(hits().map(|(i, _)| of(i)));
        event.push(&NAME, texts(&|i| &i.name));
        event.push(&KIND, Value::texts(hits().map(|(i, field)| kind(i.kind, field))));
        event.push(&DESCRIPTION, texts(&|i| &i.description));
        event.push(&FEED, texts(&|i| self.lists.get(i.list).map_or("", |list| &list.path)));
        event.push(&FIELD, Value::texts(hits().map(|(_, field)| field)));
    }
}

/// Digests look alike: the field tells what was digested.
fn kind(listed: &'static str, field: &str) -> &'static str {
    match listed {
        "file" if !field.contains(".hash.") => "tls-fingerprint",
        "file" if field.starts_with("tls.") => "x509-certificate",
        _ => listed,
    }
}

/// Puts a key in, unless it is there.
trait InsertNew<K> {
    /// Whether it was new.
    fn insert_new(&mut self, key: K, at: usize) -> bool;
}

impl<K: std::hash::Hash + Eq> InsertNew<K> for Index<K> {
    fn insert_new(&mut self, key: K, at: usize) -> bool {
        let new = !self.contains_key(&key);
        if new {
            self.insert(key, at);
        }
        new
    }
}

/// The table of a length of prefix, the longest first.
fn slot<K>(tables: &mut Vec<(u32, Index<K>)>, prefix: u32) -> &mut Index<K> {
    let at = tables.partition_point(|(n, _)| *n > prefix);
    if tables.get(at).is_none_or(|(n, _)| *n != prefix) {
        tables.insert(at, (prefix, Index::default()));
    }
    &mut tables[at].1
}

fn masked4(bits: u32, prefix: u32) -> u32 {
    bits & u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0)
}

fn masked6(bits: u128, prefix: u32) -> u128 {
    bits & u128::MAX.checked_shl(128 - prefix.min(128)).unwrap_or(0)
}

/// The text in lower case, copied only if it is not.
fn lowered<'t>(text: &'t str, lower: &'t mut String) -> &'t str {
    if !text.bytes().any(|b| b.is_ascii_uppercase()) {
        return text;
    }
    lower.clear();
    lower.push_str(text);
    lower.make_ascii_lowercase();
    lower
}
