//! Tables that count the values of a field: one entry here is one table in every report.

use super::slots::{Seen, Slot};
use super::top::{Count, Top};
use crate::model::{Dataset, Event, Outcome, Value};
use std::fmt::Write;

/// Distinct values counted exactly, per table.
pub const VALUES: usize = 1 << 15;
/// Longest value kept, bytes.
const VALUE_BYTES: usize = 256;
/// Members of a list that are counted.
const MEMBERS: usize = 32;
/// Between the two parts of a key; never left in a value.
pub const SEPARATOR: char = '\0';

/// Which data sets a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// This one.
    Set(&'static str),
    /// Those whose name ends so: `.access` is every web server's access log.
    Suffix(&'static str),
    /// All.
    All,
}

impl On {
    /// Whether a data set belongs.
    pub fn covers(self, dataset: &Dataset) -> bool {
        match self {
            On::Set(name) => dataset.name == name,
            On::Suffix(end) => dataset.name.ends_with(end),
            On::All => true,
        }
    }
}

/// A part of a table's key.
#[derive(Debug)]
pub struct Part {
    /// The field.
    pub slot: Slot,
    /// Column key.
    pub key: &'static str,
    /// Column heading.
    pub title: &'static str,
}

/// A table that counts values.
#[derive(Debug)]
pub struct Facet {
    /// Section it stands in.
    pub section: &'static str,
    /// Name of the table.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Data sets.
    pub on: On,
    /// Only events with this outcome.
    pub only: Option<Outcome>,
    /// One or two fields that make the key.
    pub parts: &'static [Part],
}

macro_rules! facets {
    ($($section:literal $id:literal $title:literal $on:expr, $only:expr, [$($slot:ident $key:literal $head:literal),*];)*) => {
        /// Every such table, in the order of the report.
        pub static FACETS: &[Facet] = &[$(Facet {
            section: $section, id: $id, title: $title, on: $on, only: $only,
            parts: &[$(Part { slot: Slot::$slot, key: $key, title: $head }),*],
        }),*];
    };
}

const DNS: On = On::Set("dns");
const HTTP: On = On::Set("http");
const TLS: On = On::Set("tls");
const SSH: On = On::Set("ssh");
const ICMP: On = On::Set("icmp");
const WEB: On = On::Suffix(".access");
const FAILED: Option<Outcome> = Some(Outcome::Failure);

facets! {
    "services" "flow.states" "Connection states" On::Set("flow"), None, [FlowState "state" "State"];
    "services" "flow.tunnels" "Tunnels" On::Set("flow"), None, [Tunnel "tunnel" "Tunnel"];
    "dns" "dns.types" "Query types" DNS, None, [DnsType "type" "Type"];
    "dns" "dns.codes" "Response codes" DNS, None, [DnsCode "code" "Code"];
    "dns" "dns.names" "Names asked for" DNS, None, [DnsName "name" "Name"];
    "dns" "dns.failed" "Names that failed" DNS, FAILED, [DnsName "name" "Name", DnsCode "code" "Code"];
    "http" "http.methods" "Methods" HTTP, None, [HttpMethod "method" "Method"];
    "http" "http.status" "Status" HTTP, None, [HttpStatus "status" "Status"];
    "http" "http.hosts" "Hosts" HTTP, None, [UrlDomain "host" "Host"];
    "http" "http.paths" "Paths" HTTP, None, [UrlPath "path" "Path"];
    "http" "http.failed" "Paths that failed" HTTP, FAILED, [UrlPath "path" "Path", HttpStatus "status" "Status"];
    "http" "http.agents" "User agents" HTTP, None, [Agent "agent" "User agent"];
    "tls" "tls.versions" "Versions" TLS, None, [TlsVersion "version" "Version"];
    "tls" "tls.names" "Server names" TLS, None, [TlsName "name" "Server name"];
    "tls" "tls.issues" "Certificates with a fault" TLS, None, [TlsIssues "issue" "Fault", TlsSubject "subject" "Subject"];
    "tls" "tls.alerts" "Alerts" TLS, None, [TlsAlert "alert" "Alert"];
    "tls" "tls.ja4" "Client fingerprints (JA4)" TLS, None, [TlsJa4 "ja4" "JA4"];
    "tls" "tls.ciphers" "Cipher suites" TLS, None, [TlsCipher "cipher" "Cipher suite"];
    "tls" "tls.alpn" "Application protocols (ALPN)" TLS, None, [TlsAlpn "protocol" "Protocol"];
    "ssh" "ssh.clients" "Client software" SSH, None, [SshClient "software" "Client"];
    "ssh" "ssh.servers" "Server software" SSH, None, [SshServer "software" "Server"];
    "ssh" "ssh.hassh" "Client fingerprints (HASSH)" SSH, None, [SshHassh "hassh" "HASSH"];
    "ssh" "ssh.hassh_server" "Server fingerprints (HASSH)" SSH, None, [SshHasshServer "hassh" "HASSH"];
    "icmp" "icmp.requests" "Requests" ICMP, None, [IcmpRequest "message" "Message"];
    "icmp" "icmp.responses" "Responses and errors" ICMP, None, [IcmpResponse "message" "Message"];
    "web" "web.methods" "Methods" WEB, None, [HttpMethod "method" "Method"];
    "web" "web.status" "Status" WEB, None, [HttpStatus "status" "Status"];
    "web" "web.hosts" "Hosts" WEB, None, [UrlDomain "host" "Host"];
    "web" "web.paths" "Paths" WEB, None, [UrlPath "path" "Path"];
    "web" "web.failed" "Paths that failed" WEB, FAILED, [UrlPath "path" "Path", HttpStatus "status" "Status"];
    "web" "web.agents" "User agents" WEB, None, [Agent "agent" "User agent"];
    "weberror" "weberror.levels" "Levels" On::Suffix(".error"), None, [LogLevel "level" "Level"];
    "syslog" "syslog.services" "Messages by host and service" On::All, None, [HostName "host" "Host", ProcessName "service" "Service"];
}

/// The counts of all tables.
#[derive(Debug)]
pub struct Facets {
    counts: Vec<Top<String, Count>>,
    key: String,
}

impl Default for Facets {
    fn default() -> Self {
        Facets { counts: FACETS.iter().map(|_| Top::new(VALUES)).collect(), key: String::new() }
    }
}

impl Facets {
    /// The tables that concern a data set, by index.
    pub fn of(dataset: &Dataset) -> Vec<usize> {
        let mine = |(i, facet): (usize, &Facet)| facet.on.covers(dataset).then_some(i);
        FACETS.iter().enumerate().filter_map(mine).collect()
    }

    /// Counts an event in the tables `which`.
    pub fn observe(&mut self, which: &[usize], event: &Event<'_>, seen: &Seen<'_, '_>) {
        for &index in which {
            let (Some(facet), Some(top)) = (FACETS.get(index), self.counts.get_mut(index)) else { continue };
            let wanted = facet.only.is_none_or(|outcome| outcome == event.outcome);
            let Some(first) = facet.parts.first().and_then(|p| seen.get(p.slot)).filter(|_| wanted) else {
                continue;
            };
            let one = std::slice::from_ref(first);
            let items = if let Value::List(items) = first { items.as_slice() } else { one };
            let second = facet.parts.get(1).map(|p| seen.get(p.slot));
            for item in items.iter().take(MEMBERS) {
                self.key.clear();
                push_text(&mut self.key, item);
                if let Some(second) = second {
                    self.key.push(SEPARATOR);
                    second.into_iter().for_each(|v| push_text(&mut self.key, v));
                }
                add(top.row_ref(self.key.as_str()), event);
            }
        }
    }

    /// Adds what was counted later in the input.
    pub fn merge(&mut self, later: Facets) {
        for (into, from) in self.counts.iter_mut().zip(later.counts) {
            into.merge(from);
        }
    }

    /// Every table with its counts.
    pub fn tables(&self) -> impl Iterator<Item = (&'static Facet, &Top<String, Count>)> {
        FACETS.iter().zip(&self.counts)
    }
}

/// The parts of a counted key.
pub fn split(key: &str) -> impl Iterator<Item = &str> {
    key.split(SEPARATOR)
}

/// Counts an event in a row.
pub fn add(count: &mut Count, event: &Event<'_>) {
    count.events += 1;
    count.failures += u64::from(event.outcome == Outcome::Failure);
    for bytes in [event.source.bytes, event.destination.bytes] {
        count.bytes = count.bytes.saturating_add(bytes.unwrap_or(0));
    }
}

/// Appends text to a key, cut, and without what separates the parts of a key.
pub fn push_cut(key: &mut String, text: &str) {
    let fits = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= VALUE_BYTES);
    key.extend(fits.map(|(_, c)| if c == SEPARATOR { char::REPLACEMENT_CHARACTER } else { c }));
}

fn push_text(key: &mut String, value: &Value<'_>) {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Str(text) => {
            push_cut(key, text);
            Ok(())
        }
        Value::Int(number) => write!(key, "{number}"),
        Value::Ip(ip) => write!(key, "{ip}"),
        Value::Bool(flag) => write!(key, "{flag}"),
        Value::Words(words) => write!(key, "{}", words.join(" ")),
        Value::List(items) => {
            for (i, item) in items.iter().take(MEMBERS).enumerate() {
                if i > 0 {
                    key.push(' ');
                }
                push_text(key, item);
            }
            Ok(())
        }
        Value::Float(_) | Value::Time(_) | Value::Geo(..) | Value::Object(_) => Ok(()),
    };
}
