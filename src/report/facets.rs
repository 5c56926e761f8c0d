//! Tables that count the values of a field: one entry here is one table in every report.

use super::slots::{Seen, Slot};
use super::top::{Count, Row, Top};
use super::visits::robot;
use crate::model::{Dataset, Event, Outcome, Value, cut};
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
    /// Access logs: [`Dataset::is_access_log`].
    Access,
    /// Those whose name ends so: `.error` is every web server's error log.
    Suffix(&'static str),
    /// Requests with responses, of databases or of anything that has no section of its own.
    Transactions {
        /// Which of the two.
        database: bool,
    },
    /// Those that are no requests with responses: logs.
    Log,
    /// Logs of databases.
    DatabaseLog,
    /// Logs that are not those of web servers, databases or clouds.
    Application,
    /// All.
    All,
}

/// Data sets with a section of their own.
static OWN: [&str; 5] = ["dns", "http", "tls", "ssh", "icmp"];

impl On {
    /// Whether a data set belongs.
    pub fn covers(self, dataset: &Dataset) -> bool {
        match self {
            On::Set(name) => dataset.name == name,
            On::Access => dataset.is_access_log(),
            On::Suffix(end) => dataset.name.ends_with(end),
            On::Transactions { database } => {
                let own = OWN.contains(&dataset.name);
                dataset.transaction && !own && dataset.category.contains(&"database") == database
            }
            On::Log => !dataset.transaction && dataset.name != "flow",
            On::DatabaseLog => On::Log.covers(dataset) && dataset.category.contains(&"database"),
            On::Application => {
                let web = dataset.is_access_log() || dataset.name.ends_with(".error");
                let other = web || dataset.name.starts_with("aws.") || On::DatabaseLog.covers(dataset);
                On::Log.covers(dataset) && !other
            }
            On::All => true,
        }
    }
}

/// Which events a table counts, and what its rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// All, the most frequent first.
    Any,
    /// Those that failed, the most frequent first.
    Failed,
    /// Those that took time, the longest first.
    Slow,
    /// Those of clients that do not call themselves robots, the most frequent first.
    People,
    /// Those of clients that do, the most frequent first.
    Robots,
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
    /// Which of their events.
    pub only: Only,
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
const WEB: On = On::Access;
const DATABASES: On = On::Transactions { database: true };
const OTHERS: On = On::Transactions { database: false };

facets! {
    "services" "flow.states" "Connection states" On::Set("flow"), Only::Any, [FlowState "state" "State"];
    "services" "flow.tunnels" "Tunnels" On::Set("flow"), Only::Any, [Tunnel "tunnel" "Tunnel"];
    "dns" "dns.types" "Query types" DNS, Only::Any, [DnsType "type" "Type"];
    "dns" "dns.codes" "Response codes" DNS, Only::Any, [DnsCode "code" "Code"];
    "dns" "dns.names" "Names asked for" DNS, Only::Any, [DnsName "name" "Name"];
    "dns" "dns.failed" "Names that failed" DNS, Only::Failed, [DnsName "name" "Name", DnsCode "code" "Code"];
    "http" "http.methods" "Methods" HTTP, Only::Any, [HttpMethod "method" "Method"];
    "http" "http.status" "Status" HTTP, Only::Any, [HttpStatus "status" "Status"];
    "http" "http.hosts" "Hosts" HTTP, Only::Any, [UrlDomain "host" "Host"];
    "http" "http.paths" "Paths" HTTP, Only::Any, [UrlPath "path" "Path"];
    "http" "http.failed" "Paths that failed" HTTP, Only::Failed, [UrlPath "path" "Path", HttpStatus "status" "Status"];
    "http" "http.agents" "User agents" HTTP, Only::Any, [Agent "agent" "User agent"];
    "tls" "tls.versions" "Versions" TLS, Only::Any, [TlsVersion "version" "Version"];
    "tls" "tls.names" "Server names" TLS, Only::Any, [TlsName "name" "Server name"];
    "tls" "tls.issues" "Certificates with a fault" TLS, Only::Any, [TlsIssues "issue" "Fault", TlsSubject "subject" "Subject"];
    "tls" "tls.alerts" "Alerts" TLS, Only::Any, [TlsAlert "alert" "Alert"];
    "tls" "tls.ja4" "Client fingerprints (JA4)" TLS, Only::Any, [TlsJa4 "ja4" "JA4"];
    "tls" "tls.ciphers" "Cipher suites" TLS, Only::Any, [TlsCipher "cipher" "Cipher suite"];
    "tls" "tls.alpn" "Application protocols (ALPN)" TLS, Only::Any, [TlsAlpn "protocol" "Protocol"];
    "ssh" "ssh.clients" "Client software" SSH, Only::Any, [SshClient "software" "Client"];
    "ssh" "ssh.servers" "Server software" SSH, Only::Any, [SshServer "software" "Server"];
    "ssh" "ssh.hassh" "Client fingerprints (HASSH)" SSH, Only::Any, [SshHassh "hassh" "HASSH"];
    "ssh" "ssh.hassh_server" "Server fingerprints (HASSH)" SSH, Only::Any, [SshHasshServer "hassh" "HASSH"];
    "icmp" "icmp.requests" "Requests" ICMP, Only::Any, [IcmpRequest "message" "Message"];
    "icmp" "icmp.responses" "Responses and errors" ICMP, Only::Any, [IcmpResponse "message" "Message"];
    "web" "web.methods" "Methods" WEB, Only::Any, [HttpMethod "method" "Method"];
    "web" "web.status" "Status" WEB, Only::Any, [HttpStatus "status" "Status"];
    "web" "web.hosts" "Hosts" WEB, Only::Any, [UrlDomain "host" "Host"];
    "web" "web.paths" "Paths" WEB, Only::Any, [UrlPath "path" "Path"];
    "web" "web.failed" "Paths that failed" WEB, Only::Failed, [UrlPath "path" "Path", HttpStatus "status" "Status"];
    "web" "web.slow" "Slowest paths" WEB, Only::Slow, [UrlPath "path" "Path"];
    "web" "web.kinds" "Kinds of files" WEB, Only::Any, [Extension "extension" "Extension"];
    "web" "web.referrers" "Referring sites" WEB, Only::Any, [Referrer "site" "Site"];
    "web" "web.browsers" "Browsers" WEB, Only::People, [AgentName "browser" "Browser"];
    "web" "web.systems" "Operating systems" WEB, Only::People, [AgentSystem "system" "System"];
    "web" "web.robots" "Robots" WEB, Only::Robots, [AgentName "robot" "Robot"];
    "web" "web.agents" "User agents" WEB, Only::Any, [Agent "agent" "User agent"];
    "web" "web.users" "Users" WEB, Only::Any, [UserName "user" "User"];
    "http" "http.slow" "Slowest paths" HTTP, Only::Slow, [UrlDomain "host" "Host", UrlPath "path" "Path"];
    "databases" "databases.actions" "Requests" DATABASES, Only::Any, [Kind "kind" "Database", Method "method" "Method"];
    "databases" "databases.users" "Users" DATABASES, Only::Any, [Kind "kind" "Database", UserName "user" "User"];
    "databases" "databases.failed" "Requests that failed" DATABASES, Only::Failed, [Query "query" "Request", ErrorMessage "reason" "Reason"];
    "databases" "databases.slow" "Slowest requests" DATABASES, Only::Slow, [Kind "kind" "Database", Query "query" "Request"];
    "databases" "databases.log_slow" "Slowest statements, as logs tell" On::DatabaseLog, Only::Slow, [Kind "kind" "Log", Statement "statement" "Statement"];
    "databases" "databases.log_failed" "Statements that failed, as logs tell" On::DatabaseLog, Only::Failed, [Statement "statement" "Statement", ErrorMessage "reason" "Reason"];
    "databases" "databases.log_errors" "Errors, as logs tell" On::DatabaseLog, Only::Any, [Kind "kind" "Log", ErrorMessage "reason" "Error"];
    "applications" "applications.slow" "Slowest routes" On::Application, Only::Slow, [Kind "kind" "Log", UrlPath "path" "Path"];
    "applications" "applications.failed" "Routes that failed" On::Application, Only::Failed, [UrlPath "path" "Path", HttpStatus "status" "Status"];
    "applications" "applications.status" "Status" On::Application, Only::Any, [HttpStatus "status" "Status"];
    "others" "others.actions" "Requests" OTHERS, Only::Any, [Kind "kind" "Protocol", Action "action" "Action"];
    "others" "others.users" "Users" OTHERS, Only::Any, [Kind "kind" "Protocol", UserName "user" "User"];
    "others" "others.resources" "What was asked for" OTHERS, Only::Any, [Kind "kind" "Protocol", Resource "resource" "Resource"];
    "others" "others.failed" "Requests that failed" OTHERS, Only::Failed, [Kind "kind" "Protocol", ErrorMessage "reason" "Reason"];
    "vpc" "vpc.actions" "Actions" On::Set("aws.vpcflow"), Only::Any, [VpcAction "action" "Action"];
    "vpc" "vpc.ports" "Destination ports" On::Set("aws.vpcflow"), Only::Any, [VpcAction "action" "Action", DestinationPort "port" "Port"];
    "weberror" "weberror.levels" "Levels" On::Suffix(".error"), Only::Any, [LogLevel "level" "Level"];
    "syslog" "syslog.services" "Messages by host and service" On::All, Only::Any, [HostName "host" "Host", ProcessName "service" "Service"];
    "levels" "levels.levels" "Levels" On::Log, Only::Any, [Kind "kind" "Log", LogLevel "level" "Level"];
    "levels" "levels.errors" "Error messages" On::Log, Only::Any, [Kind "kind" "Log", ErrorMessage "message" "Message"];
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
    pub fn observe(&mut self, which: &[usize], event: &Event<'_>, seen: &Seen<'_, '_>, measure: Measure) {
        let one = measure.count(event.outcome == Outcome::Failure);
        for &index in which {
            let (Some(facet), Some(top)) = (FACETS.get(index), self.counts.get_mut(index)) else { continue };
            let wanted = match facet.only {
                Only::Any => true,
                Only::Failed => event.outcome == Outcome::Failure,
                Only::Slow => measure.lasted.is_some(),
                Only::People => !robot(seen),
                Only::Robots => robot(seen),
            };
            let Some(first) = facet.parts.first().and_then(|p| seen.get(p.slot)).filter(|_| wanted) else {
                continue;
            };
            let single = std::slice::from_ref(first);
            let items = if let Value::List(items) = first { items.as_slice() } else { single };
            let second = facet.parts.get(1).map(|p| seen.get(p.slot));
            // A kind alone is counted among the kinds already.
            if second == Some(None) && facet.parts.first().is_some_and(|p| p.slot == Slot::Kind) {
                continue;
            }
            let refers = facet.parts.first().is_some_and(|p| p.slot == Slot::Referrer);
            for item in items.iter().take(MEMBERS) {
                let text = match item {
                    Value::Str(text) if refers => match site(text) {
                        Some(site) => Some(site),
                        None => continue,
                    },
                    item => item.as_str(),
                };
                // Most keys are texts as they are, and need not be copied to be found.
                let row = match (text.and_then(plain), second) {
                    (Some(text), None) => top.row_ref(text),
                    _ => top.row_ref(joined(&mut self.key, item, text, second)),
                };
                row.absorb(one);
            }
        }
    }

    /// Adds what was counted later in the input, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Facets) {
        for (into, from) in self.counts.iter_mut().zip(&mut later.counts) {
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

/// How long what the event tells of took, nanoseconds: by its end, or as an application's log says.
fn lasted(event: &Event<'_>, seen: &Seen<'_, '_>) -> Option<u64> {
    if let Some(end) = event.end {
        return u64::try_from(end.saturating_sub(event.ts)).ok();
    }
    let millis = match seen.get(Slot::ResponseTime)? {
        Value::Float(millis) => *millis,
        Value::Int(millis) => *millis as f64,
        _ => return None,
    };
    // What is not a time any more saturates.
    (millis >= 0.0).then_some((millis * 1e6) as u64)
}

/// What one event adds to whatever it is counted in, worked out once.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Bytes it moved; of a request that a log tells of, those of the response's body.
    pub bytes: u64,
    /// How long it took, nanoseconds, where it says.
    pub lasted: Option<u64>,
    /// Whether a log tells of a request that was answered.
    pub answered: bool,
}

impl Measure {
    /// Of an event.
    pub fn of(event: &Event<'_>, seen: &Seen<'_, '_>) -> Measure {
        let answered = seen.get(Slot::Line).is_some() && seen.get(Slot::HttpStatus).is_some();
        let body = if answered { body(seen) } else { None };
        let ends = || [event.source.bytes, event.destination.bytes].into_iter().flatten();
        let bytes = body.unwrap_or_else(|| ends().fold(0, u64::saturating_add));
        Measure { bytes, lasted: lasted(event, seen), answered }
    }

    /// As a row of one event.
    pub fn count(self, failed: bool) -> Count {
        let (lasted, timed) = (self.lasted.unwrap_or(0), u64::from(self.lasted.is_some()));
        Count { events: 1, failures: u64::from(failed), bytes: self.bytes, longest: lasted, timed, lasted }
    }
}

/// Bytes of the body of a response.
pub fn body(seen: &Seen<'_, '_>) -> Option<u64> {
    seen.get(Slot::BodyBytes).and_then(Value::as_int).and_then(|n| u64::try_from(n).ok())
}

/// The site of a URL: what stands between its scheme and its path, without a user's name and password.
fn site(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (site, _) = rest.split_at_checked(end)?;
    let site = site.rsplit_once('@').map_or(site, |(_, site)| site);
    (!site.is_empty()).then_some(site)
}

/// A text as it stands in a key, where that is a part of it: cut, and without what separates the parts of a key.
fn plain(text: &str) -> Option<&str> {
    let text = cut(text, VALUE_BYTES);
    // Nearly all texts are free of it.
    memchr::memchr(SEPARATOR as u8, text.as_bytes()).is_none().then_some(text)
}

/// Appends text to a key, cut, and without what separates the parts of a key.
pub fn push_cut(key: &mut String, text: &str) {
    match plain(text) {
        Some(text) => key.push_str(text),
        None => key.push_str(&cut(text, VALUE_BYTES).replace(SEPARATOR, "\u{fffd}")),
    }
}

/// A key of what has to be spelled, or of two parts.
fn joined<'k>(
    key: &'k mut String,
    item: &Value<'_>,
    text: Option<&str>,
    second: Option<Option<&Value<'_>>>,
) -> &'k str {
    key.clear();
    match text {
        Some(text) => push_cut(key, text),
        None => push_text(key, item),
    }
    if let Some(second) = second {
        key.push(SEPARATOR);
        second.into_iter().for_each(|value| push_text(key, value));
    }
    key
}

fn push_text(key: &mut String, value: &Value<'_>) {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Str(text) => {
            push_cut(key, text);
            Ok(())
        }
        Value::Int(number) => {
            key.push_str(itoa::Buffer::new().format(*number));
            Ok(())
        }
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
