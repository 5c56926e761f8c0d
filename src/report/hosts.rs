//! Who talked: addresses, the networks that announce them, countries and places.

use super::facets::body;
use super::slots::{Seen, Slot};
use super::top::{Row, Top};
use crate::model::{Endpoint, Event, Outcome, Ts, Value, joined};
use std::net::IpAddr;

/// Addresses counted exactly: as many as a hash table of 2^16 places takes before it doubles.
const HOSTS: usize = 7 << 13;
/// Networks, services and places counted exactly.
const FEW: usize = 1 << 14;
/// Countries; there are fewer.
const COUNTRIES: usize = 1 << 10;

/// Traffic of something: of a host, a network, a country.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Events other than flows: requests, log lines.
    pub requests: u64,
    /// Flows.
    pub flows: u64,
    /// Bytes it sent.
    pub sent: u64,
    /// Bytes it received.
    pub received: u64,
    /// Failed events.
    pub failures: u64,
}

impl Traffic {
    fn add(&mut self, later: &Traffic) {
        self.requests += later.requests;
        self.flows += later.flows;
        self.sent = self.sent.saturating_add(later.sent);
        self.received = self.received.saturating_add(later.received);
        self.failures += later.failures;
    }
}

impl Row for Traffic {
    fn absorb(&mut self, later: Traffic) {
        self.add(&later);
    }
}

/// An address.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// What it began: as client, sender, remote host of a log-in.
    pub acted: Traffic,
    /// What was asked of it.
    pub served: Traffic,
    /// ISO code of its country.
    pub country: Option<[u8; 2]>,
    /// Its network's number.
    pub asn: Option<u32>,
    /// First and last event.
    pub span: Option<(Ts, Ts)>,
}

impl Row for Host {
    fn absorb(&mut self, later: Host) {
        self.acted.absorb(later.acted);
        self.served.absorb(later.served);
        self.country = self.country.or(later.country);
        self.asn = self.asn.or(later.asn);
        self.span = joined(self.span, later.span);
    }
}

/// Traffic with a name: of a network, a country, a place.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Name, from the first event that has one.
    pub name: Box<str>,
    /// Counts.
    pub traffic: Traffic,
}

impl Row for Named {
    fn absorb(&mut self, later: Named) {
        if self.name.is_empty() {
            self.name = later.name;
        }
        self.traffic.absorb(later.traffic);
    }
}

/// A server port with what was spoken there: (IANA protocol number, port, protocol or empty).
pub type Service = (u8, u16, Box<str>);

/// Everything counted by who and where.
#[derive(Debug)]
pub struct Hosts {
    /// By address.
    pub hosts: Top<IpAddr, Host>,
    /// By number of the autonomous system.
    pub networks: Top<u32, Named>,
    /// By ISO code.
    pub countries: Top<[u8; 2], Named>,
    /// By latitude and longitude in 1e-4 degrees.
    pub spots: Top<(i32, i32), Named>,
    /// By server port.
    pub services: Top<Service, Traffic>,
}

impl Default for Hosts {
    fn default() -> Self {
        Hosts {
            hosts: Top::new(HOSTS),
            networks: Top::new(FEW),
            countries: Top::new(COUNTRIES),
            spots: Top::new(FEW),
            services: Top::new(FEW),
        }
    }
}

/// Where the event's fields say what about an end.
struct Side {
    country: Slot,
    country_name: Slot,
    city: Slot,
    location: Slot,
    asn: Slot,
    as_name: Slot,
}

static SOURCE: Side = Side {
    country: Slot::SourceCountry,
    country_name: Slot::SourceCountryName,
    city: Slot::SourceCity,
    location: Slot::SourceLocation,
    asn: Slot::SourceAsn,
    as_name: Slot::SourceAsName,
};

static DESTINATION: Side = Side {
    country: Slot::DestinationCountry,
    country_name: Slot::DestinationCountryName,
    city: Slot::DestinationCity,
    location: Slot::DestinationLocation,
    asn: Slot::DestinationAsn,
    as_name: Slot::DestinationAsName,
};

impl Hosts {
    /// Counts an event.
    pub fn observe(&mut self, event: &Event<'_>, seen: &Seen<'_, '_>) {
        let Some((outgoing, flow)) = measure(event, seen) else { return };
        if let Some(ip) = event.source.ip {
            self.end(event.ts, ip, seen, &SOURCE, (&outgoing, true, true));
        }
        if let Some(ip) = event.destination.ip {
            let incoming = Traffic { sent: outgoing.received, received: outgoing.sent, ..outgoing.clone() };
            let same = seen.get(Slot::SourceCountry) == seen.get(Slot::DestinationCountry);
            self.end(event.ts, ip, seen, &DESTINATION, (&incoming, false, !same));
        }
        if flow && let (Some(port), Some(transport)) = (event.destination.port, event.transport) {
            let protocol = seen.get(Slot::Protocol).map(protocol_name).unwrap_or_default();
            self.services.row((transport.number(), port, protocol.into())).add(&outgoing);
        }
    }

    fn end(
        &mut self,
        ts: Ts,
        ip: IpAddr,
        seen: &Seen<'_, '_>,
        side: &Side,
        (traffic, acted, first_there): (&Traffic, bool, bool),
    ) {
        let country = seen.text(side.country).and_then(|c| <[u8; 2]>::try_from(c.as_bytes()).ok());
        let asn = seen.get(side.asn).and_then(Value::as_int).and_then(|n| u32::try_from(n).ok());
        let host = self.hosts.row(ip);
        let counts = if acted { &mut host.acted } else { &mut host.served };
        counts.add(traffic);
        host.country = host.country.or(country);
        host.asn = host.asn.or(asn);
        host.span = joined(host.span, Some((ts, ts)));
        if let Some(asn) = asn {
            note(self.networks.row(asn), seen.text(side.as_name), traffic);
        }
        if !first_there {
            return;
        }
        if let Some(country) = country {
            note(self.countries.row(country), seen.text(side.country_name), traffic);
        }
        if let Some(Value::Geo(lat, lon)) = seen.get(side.location) {
            note(self.spots.row((fixed(*lat), fixed(*lon))), seen.text(side.city), traffic);
        }
    }

    /// Adds what was counted later in the input, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Hosts) {
        self.hosts.merge(&mut later.hosts);
        self.networks.merge(&mut later.networks);
        self.countries.merge(&mut later.countries);
        self.spots.merge(&mut later.spots);
        self.services.merge(&mut later.services);
    }
}

/// What an event adds, seen from its source, and whether it is a flow. Bytes on the wire come from
/// flows and from logs: those of a request within a flow are the flow's already. An intermediate flow
/// record is left out, as the final one counts from the start.
fn measure(event: &Event<'_>, seen: &Seen<'_, '_>) -> Option<(Traffic, bool)> {
    let flow = event.dataset.name == "flow";
    if flow && seen.get(Slot::FlowFinal) == Some(&Value::Bool(false)) {
        return None;
    }
    let bytes = flow || seen.get(Slot::Line).is_some();
    let of = |end: Endpoint| if bytes { end.bytes.unwrap_or(0) } else { 0 };
    let traffic = Traffic {
        requests: u64::from(!flow),
        // A connection that was idle in between is one, whatever the number of its records.
        flows: u64::from(flow && seen.get(Slot::FlowPart).is_none()),
        sent: of(event.source),
        // An access log tells what was sent to the client as the size of the response's body.
        received: match event.destination.bytes {
            None if bytes && !flow => body(seen).unwrap_or(0),
            _ => of(event.destination),
        },
        failures: u64::from(event.outcome == Outcome::Failure),
    };
    Some((traffic, flow))
}

fn note(row: &mut Named, name: Option<&str>, traffic: &Traffic) {
    if row.name.is_empty()
        && let Some(name) = name
    {
        row.name = name.into();
    }
    row.traffic.add(traffic);
}

fn protocol_name(value: &Value<'_>) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::List(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("+"),
        Value::Words(words) => words.join("+"),
        _ => String::new(),
    }
}

/// Degrees in 1e-4, about 11 metres: an integer, so that equal places are equal.
fn fixed(degrees: f64) -> i32 {
    (degrees * 10_000.0).round() as i32
}
