//! The event that a line is becoming, and where captured texts go.

use super::PatternError;
use super::fields::{Check, Table};
use super::time::{Form, Moment};
use crate::model::{Endpoint, FieldRef, Outcome, Transport, Type, Value};
use std::borrow::Cow;
use std::net::IpAddr;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// Matched, not kept.
    Skip,
    /// `@timestamp`.
    Time(Form),
    /// `source.ip`.
    Ip(Side),
    /// `source.port`.
    Port(Side),
    /// `source.address`: an address goes to the endpoint, a name to `domain` and `address`.
    Address(Side, FieldRef, FieldRef),
    /// `source`: an address or name with or without a port.
    Socket(Side, FieldRef, FieldRef),
    /// `log.syslog.priority` with the facility and severity it is made of.
    Priority([FieldRef; 3]),
    /// `url.original` with path and query.
    Url([FieldRef; 3]),
    /// `http.response.status_code`, which also gives the outcome: failure from 400 on.
    Status(FieldRef),
    /// `source.bytes`.
    Bytes(Side),
    /// `source.packets`.
    Packets(Side),
    /// `event.outcome`.
    Outcome,
    /// `network.transport`, or `network.iana_number`.
    Transport,
    /// Any other field.
    Field(FieldRef),
}

impl Target {
    /// The target of a field name in a format file. `@timestamp` needs its form instead.
    pub fn of(table: &Table, file: &str, place: &str, name: &str) -> Result<Target, PatternError> {
        let need = |name: &str| table.need(file, place, name);
        let (side, rest) = match name.split_once('.') {
            Some(("source", rest)) => (Side::Source, rest),
            Some(("destination", rest)) => (Side::Destination, rest),
            _ => (Side::Source, ""),
        };
        Ok(match rest {
            "ip" => Target::Ip(side),
            "port" => Target::Port(side),
            "bytes" => Target::Bytes(side),
            "packets" => Target::Packets(side),
            "address" if side == Side::Source => Target::Address(side, need("source.domain")?, need(name)?),
            "address" => Target::Address(side, need("destination.domain")?, need(name)?),
            _ => match name {
                "" => Target::Skip,
                "source" => Target::Socket(Side::Source, need("source.domain")?, need("source.address")?),
                "destination" => Target::Socket(
                    Side::Destination,
                    need("destination.domain")?,
                    need("destination.address")?,
                ),
                "log.syslog.priority" => Target::Priority([
                    need(name)?,
                    need("log.syslog.facility.code")?,
                    need("log.syslog.severity.code")?,
                ]),
                "url.original" => Target::Url([need(name)?, need("url.path")?, need("url.query")?]),
                "http.response.status_code" => Target::Status(need(name)?),
                "event.outcome" => Target::Outcome,
                "network.transport" => Target::Transport,
                _ => Target::Field(need(name)?),
            },
        })
    }

    /// The fields it fills beside the event's own members.
    pub fn fields(self) -> Vec<FieldRef> {
        match self {
            Target::Address(_, a, b) | Target::Socket(_, a, b) => vec![a, b],
            Target::Priority(fields) | Target::Url(fields) => fields.to_vec(),
            Target::Status(field) | Target::Field(field) => vec![field],
            _ => Vec::new(),
        }
    }

    /// Whether only digits can fill it.
    pub fn numeric(self) -> bool {
        match self {
            Target::Port(_)
            | Target::Bytes(_)
            | Target::Packets(_)
            | Target::Status(_)
            | Target::Priority(_) => true,
            Target::Field(field) => field.ty == Type::Long,
            _ => false,
        }
    }
}

/// A capture of a rule.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub target: Target,
    pub check: Option<Check>,
}

/// An event in the making.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub time: Option<Moment>,
    pub outcome: Outcome,
    pub transport: Option<Transport>,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub fields: Vec<(FieldRef, Value<'a>)>,
    /// Names of fields whose value is outside what the format allows.
    pub bad: Vec<&'static str>,
    /// A field may have been given twice: the last one counts.
    pub repeats: bool,
}

/// Where to return to when a rule does not match after all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    time: Option<Moment>,
    outcome: Outcome,
    transport: Option<Transport>,
    source: Endpoint,
    destination: Endpoint,
    fields: usize,
    bad: usize,
}

impl<'a> Draft<'a> {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.time = None;
        self.outcome = Outcome::Unknown;
        self.transport = None;
        self.source = Endpoint::default();
        self.destination = Endpoint::default();
        self.fields.clear();
        self.bad.clear();
        self.repeats = false;
    }

    /// Remembers the state.
    pub fn mark(&self) -> Mark {
        Mark {
            time: self.time,
            outcome: self.outcome,
            transport: self.transport,
            source: self.source,
            destination: self.destination,
            fields: self.fields.len(),
            bad: self.bad.len(),
        }
    }

    /// Returns to a remembered state.
    pub fn reset(&mut self, mark: &Mark) {
        self.time = mark.time;
        self.outcome = mark.outcome;
        self.transport = mark.transport;
        self.source = mark.source;
        self.destination = mark.destination;
        self.fields.truncate(mark.fields);
        self.bad.truncate(mark.bad);
    }

    /// The last value given to a field. (A child's value comes after its parent's.)
    pub fn get(&self, field: FieldRef) -> Option<&Value<'a>> {
        self.fields.iter().rev().find(|(f, _)| std::ptr::eq(*f, field)).map(|(_, v)| v)
    }

    /// Text of a field, as long as it is borrowed from the line.
    pub fn text(&self, field: FieldRef) -> Option<&'a str> {
        match self.get(field)? {
            Value::Str(Cow::Borrowed(text)) => Some(text),
            _ => None,
        }
    }

    /// Puts a captured text where it belongs; false if it is not of the target's type.
    pub fn put(&mut self, capture: &Capture, text: &'a str) -> bool {
        match capture.target {
            Target::Skip => true,
            Target::Time(form) => match form.scan(text.as_bytes()) {
                Some((moment, taken)) if taken == text.len() => {
                    self.time = Some(moment);
                    true
                }
                _ => false,
            },
            Target::Field(field) => self.put_field(field, capture.check.as_ref(), text),
            Target::Ip(side) => address(text).map(|ip| self.end(side).ip = Some(ip)).is_some(),
            Target::Port(side) => text.parse().map(|port| self.end(side).port = Some(port)).is_ok(),
            Target::Bytes(side) => text.parse().map(|n| self.end(side).bytes = Some(n)).is_ok(),
            Target::Packets(side) => text.parse().map(|n| self.end(side).packets = Some(n)).is_ok(),
            Target::Address(side, domain, named) => {
                match address(text) {
                    Some(ip) => self.end(side).ip = Some(ip),
                    None => self.name(domain, named, text),
                }
                true
            }
            Target::Socket(side, domain, named) => {
                let (host, port) = socket(text);
                self.end(side).port = port;
                match address(host) {
                    Some(ip) => self.end(side).ip = Some(ip),
                    None => self.name(domain, named, host),
                }
                true
            }
            Target::Priority([priority, facility, severity]) => {
                if !self.put_field(priority, capture.check.as_ref(), text) {
                    return false;
                }
                if let Some(value @ 0..=191) = self.fields.last().and_then(|(_, v)| v.as_int()) {
                    self.fields.push((facility, Value::Int(value / 8)));
                    self.fields.push((severity, Value::Int(value % 8)));
                }
                true
            }
            Target::Url(fields) => {
                self.url(fields, text);
                true
            }
            Target::Status(field) => {
                let put = self.put_field(field, capture.check.as_ref(), text);
                if let Some(status) = self.fields.last().and_then(|(_, v)| v.as_int()) {
                    self.outcome = if status < 400 { Outcome::Success } else { Outcome::Failure };
                }
                put
            }
            Target::Outcome => outcome(text).map(|o| self.outcome = o).is_some(),
            Target::Transport => transport(text).map(|t| self.transport = Some(t)).is_some(),
        }
    }

    fn end(&mut self, side: Side) -> &mut Endpoint {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }

    fn name(&mut self, domain: FieldRef, named: FieldRef, text: &'a str) {
        if !text.is_empty() {
            self.fields.push((named, text.into()));
            self.fields.push((domain, text.into()));
        }
    }

    /// A request target as the client sent it (RFC 9112 3.2), with its path and query. What is not
    /// origin-form or absolute-form has neither.
    fn url(&mut self, [original, path, query]: [FieldRef; 3], text: &'a str) {
        self.fields.push((original, text.into()));
        let local = if text.starts_with('/') {
            text
        } else {
            let after = text.find("://").and_then(|at| text.get(at + 3..)).unwrap_or("");
            after.find('/').and_then(|at| after.get(at..)).unwrap_or("")
        };
        let (before, after) = local.split_once('?').map_or((local, None), |(p, q)| (p, Some(q)));
        if !before.is_empty() {
            self.fields.push((path, before.into()));
        }
        if let Some(after) = after.filter(|q| !q.is_empty()) {
            self.fields.push((query, after.into()));
        }
    }

    fn put_field(&mut self, field: FieldRef, check: Option<&Check>, text: &'a str) -> bool {
        let Some(value) = convert(field.ty, text) else { return false };
        if check.is_some_and(|c| !allowed(c, &value)) {
            self.bad.push(field.name);
        }
        self.fields.push((field, value));
        true
    }
}

fn allowed(check: &Check, value: &Value<'_>) -> bool {
    let number = match value {
        // Ranges are for ports, codes and sizes: exact in a float.
        #[allow(clippy::cast_precision_loss, reason = "compared with a range written as float")]
        Value::Int(i) => Some(*i as f64),
        Value::Float(f) => Some(*f),
        _ => None,
    };
    let in_range = match (check.range, number) {
        (Some((low, high)), Some(n)) => (low..=high).contains(&n),
        _ => true,
    };
    in_range && (check.values.is_empty() || value.as_str().is_none_or(|s| check.values.contains(s)))
}

/// A text as a value of a type; `None` if it is not one.
pub(super) fn convert(ty: Type, text: &str) -> Option<Value<'_>> {
    Some(match ty {
        Type::Keyword | Type::Wildcard | Type::Text => Value::Str(Cow::Borrowed(text)),
        Type::Long => Value::Int(text.parse().ok()?),
        Type::Double => Value::Float(text.parse().ok().filter(|f: &f64| f.is_finite())?),
        Type::Boolean => Value::Bool(match text {
            "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            _ => return None,
        }),
        Type::Ip => Value::Ip(address(text)?),
        Type::Date => match Form::Iso8601.scan(text.as_bytes())? {
            (Moment::Utc(ts) | Moment::Local(ts), taken) if taken == text.len() => Value::Time(ts),
            _ => return None,
        },
        Type::GeoPoint | Type::Object | Type::Flattened => return None,
    })
}

/// An address, also with an IPv6 zone (`fe80::1%eth0`) or as IPv4 mapped into IPv6, which is taken as
/// the IPv4 address that the peer has.
fn address(text: &str) -> Option<IpAddr> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_hexdigit() || first == b':') {
        return None;
    }
    let bare = if first.is_ascii_digit() && !text.contains(':') {
        text
    } else {
        text.split_once('%').map_or(text, |(address, _)| address)
    };
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// Splits `address:port`, `[address]:port` or a bare address; IPv6 without brackets is followed by a
/// port only when the whole is not an address itself.
fn socket(text: &str) -> (&str, Option<u16>) {
    if address(text).is_some() {
        return (text, None);
    }
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => {
            let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
            (bare, Some(port))
        }
        _ => (text, None),
    }
}

fn outcome(text: &str) -> Option<Outcome> {
    Some(match text {
        "success" | "yes" => Outcome::Success,
        "failure" | "failed" | "no" => Outcome::Failure,
        "unknown" => Outcome::Unknown,
        _ => return None,
    })
}

fn transport(text: &str) -> Option<Transport> {
    Some(match text {
        "tcp" | "TCP" | "6" => Transport::Tcp,
        "udp" | "UDP" | "17" => Transport::Udp,
        "icmp" | "ICMP" | "1" => Transport::Icmp,
        "icmpv6" | "ICMPv6" | "ipv6-icmp" | "58" => Transport::Icmp6,
        "sctp" | "SCTP" | "132" => Transport::Sctp,
        other => Transport::Other(other.parse().ok()?),
    })
}
