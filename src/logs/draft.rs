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
            "address" => {
                let end = if side == Side::Source { "source" } else { "destination" };
                let domain = table.need(file, place, &format!("{end}.domain"))?;
                Target::Address(side, domain, table.need(file, place, name)?)
            }
            _ => match name {
                "" => Target::Skip,
                "event.outcome" => Target::Outcome,
                "network.transport" => Target::Transport,
                _ => Target::Field(table.need(file, place, name)?),
            },
        })
    }

    /// Whether only digits can fill it.
    pub fn numeric(self) -> bool {
        match self {
            Target::Port(_) | Target::Bytes(_) | Target::Packets(_) => true,
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
            Target::Address(side, domain, address_field) => {
                match address(text) {
                    Some(ip) => self.end(side).ip = Some(ip),
                    None if text.is_empty() => {}
                    None => {
                        self.fields.push((address_field, text.into()));
                        self.fields.push((domain, text.into()));
                    }
                }
                true
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
