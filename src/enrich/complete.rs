//! The common fields, appended to every event once.

use super::fields as f;
use super::{Cache, Class, Enricher, Place, community_id};
use crate::model::{Endpoint, Event, FieldRef, Transport, Value};

/// The fields of one side, so that both sides share the code.
struct Side {
    ip: FieldRef,
    port: FieldRef,
    mac: FieldRef,
    bytes: FieldRef,
    packets: FieldRef,
    country: FieldRef,
    country_name: FieldRef,
    continent: FieldRef,
    region: FieldRef,
    city: FieldRef,
    location: FieldRef,
    centroid: FieldRef,
    asn: FieldRef,
    as_name: FieldRef,
}

static SOURCE: Side = Side {
    ip: &f::SOURCE_IP,
    port: &f::SOURCE_PORT,
    mac: &f::SOURCE_MAC,
    bytes: &f::SOURCE_BYTES,
    packets: &f::SOURCE_PACKETS,
    country: &f::SOURCE_COUNTRY,
    country_name: &f::SOURCE_COUNTRY_NAME,
    continent: &f::SOURCE_CONTINENT,
    region: &f::SOURCE_REGION,
    city: &f::SOURCE_CITY,
    location: &f::SOURCE_LOCATION,
    centroid: &f::SOURCE_CENTROID,
    asn: &f::SOURCE_ASN,
    as_name: &f::SOURCE_AS_NAME,
};

static DESTINATION: Side = Side {
    ip: &f::DESTINATION_IP,
    port: &f::DESTINATION_PORT,
    mac: &f::DESTINATION_MAC,
    bytes: &f::DESTINATION_BYTES,
    packets: &f::DESTINATION_PACKETS,
    country: &f::DESTINATION_COUNTRY,
    country_name: &f::DESTINATION_COUNTRY_NAME,
    continent: &f::DESTINATION_CONTINENT,
    region: &f::DESTINATION_REGION,
    city: &f::DESTINATION_CITY,
    location: &f::DESTINATION_LOCATION,
    centroid: &f::DESTINATION_CENTROID,
    asn: &f::DESTINATION_ASN,
    as_name: &f::DESTINATION_AS_NAME,
};

impl Enricher {
    /// Appends the common fields to `event`. `packets` tells whether its origin is a capture.
    pub fn complete<'a, 'e: 'a>(&'e self, event: &mut Event<'a>, packets: bool, cache: &mut Cache<'e>) {
        super::web::complete(event, &mut cache.web);
        envelope(event);
        let source = side(event, event.source, &SOURCE, cache, self);
        let destination = side(event, event.destination, &DESTINATION, cache, self);
        if event.dataset.transaction {
            roles(event);
        }
        network(event, source, destination);
        origin(event, packets, self);
        for (field, value) in &self.labels {
            event.push(field, value.as_str());
        }
        if !self.indicators.is_empty() {
            self.indicators.mark(event, &mut cache.indicators);
        }
    }

    /// Appends those of the common fields that reports and detectors look at: enough where no output tells the
    /// events themselves.
    pub fn outline<'a, 'e: 'a>(&'e self, event: &mut Event<'a>, packets: bool, cache: &mut Cache<'e>) {
        if !self.indicators.is_empty() {
            // They may stand in any field.
            return self.complete(event, packets, cache);
        }
        // The report counts browsers, robots and kinds of files of access logs.
        if event.dataset.is_access_log() {
            super::web::complete(event, &mut cache.web);
        }
        event.push(&f::EVENT_CATEGORY, Value::Words(event.dataset.category));
        event.push(&f::EVENT_DATASET, event.dataset.name);
        let source = place(event, event.source, &SOURCE, cache, self);
        let destination = place(event, event.destination, &DESTINATION, cache, self);
        if let Some(port) = event.destination.port {
            event.push(&f::DESTINATION_PORT, port);
        }
        way(event, source, destination);
        if !packets {
            event.push(&f::LINE, event.origin.record);
        }
    }
}

fn envelope(event: &mut Event<'_>) {
    event.push(&f::TIMESTAMP, Value::Time(event.ts));
    event.push(&f::EVENT_KIND, Value::text("event"));
    event.push(&f::EVENT_CATEGORY, Value::Words(event.dataset.category));
    event.push(&f::EVENT_TYPE, Value::Words(event.dataset.types));
    event.push(&f::EVENT_DATASET, event.dataset.name);
    event.push(&f::EVENT_OUTCOME, event.outcome.name());
    if event.dataset.transaction || event.end.is_some() {
        event.push(&f::EVENT_START, Value::Time(event.ts));
    }
    if let Some(end) = event.end {
        event.push(&f::EVENT_END, Value::Time(end));
        event.push(&f::EVENT_DURATION, end.saturating_sub(event.ts).max(0));
    }
}

/// Appends one side; returns whether it is inside, if it has an address.
fn side<'a, 'e: 'a>(
    event: &mut Event<'a>,
    end: Endpoint,
    fields: &Side,
    cache: &mut Cache<'e>,
    enricher: &'e Enricher,
) -> Option<bool> {
    if let Some(port) = end.port {
        event.push(fields.port, port);
    }
    if let Some(mac) = end.mac {
        event.push(fields.mac, mac_text(mac));
    }
    if let Some(bytes) = end.bytes {
        event.push(fields.bytes, bytes);
    }
    if let Some(packets) = end.packets {
        event.push(fields.packets, packets);
    }
    if let Some(ip) = end.ip {
        event.push(fields.ip, ip);
    }
    place(event, end, fields, cache, enricher)
}

/// Appends where one side is; returns whether it is inside, if it has an address.
fn place<'a, 'e: 'a>(
    event: &mut Event<'a>,
    end: Endpoint,
    fields: &Side,
    cache: &mut Cache<'e>,
    enricher: &'e Enricher,
) -> Option<bool> {
    let place = cache.place(enricher, end.ip?);
    if place.class == Class::Public {
        locate(event, fields, &place);
    }
    // A multicast group or a broadcast never leaves the network it is sent in.
    Some(place.internal || matches!(place.class, Class::Multicast | Class::Broadcast))
}

fn locate<'a, 'e: 'a>(event: &mut Event<'a>, fields: &Side, place: &Place<'e>) {
    if let Some(country) = place.country {
        event.push(fields.country, country.code);
        event.push(fields.country_name, country.name);
        event.push(fields.continent, country.continent);
    }
    if let Some(region) = &place.region {
        event.push(fields.region, region.clone());
    }
    if let Some(city) = &place.city {
        event.push(fields.city, city.clone());
    }
    if let Some((lat, lon)) = place.location {
        event.push(fields.location, Value::Geo(lat, lon));
        if place.centroid {
            event.push(fields.centroid, true);
        }
    }
    if let Some((number, name)) = &place.network {
        event.push(fields.asn, *number);
        if !name.is_empty() {
            event.push(fields.as_name, name.clone());
        }
    }
}

fn roles(event: &mut Event<'_>) {
    let ends = [
        (event.source, [&f::CLIENT_IP, &f::CLIENT_PORT, &f::CLIENT_BYTES]),
        (event.destination, [&f::SERVER_IP, &f::SERVER_PORT, &f::SERVER_BYTES]),
    ];
    for (end, [ip, port, bytes]) in ends {
        if let Some(value) = end.ip {
            event.push(ip, value);
        }
        if let Some(value) = end.port {
            event.push(port, value);
        }
        if let Some(value) = end.bytes {
            event.push(bytes, value);
        }
    }
}

fn network(event: &mut Event<'_>, source: Option<bool>, destination: Option<bool>) {
    if let Some(ip) = event.source.ip.or(event.destination.ip) {
        event.push(&f::NETWORK_TYPE, if ip.is_ipv4() { "ipv4" } else { "ipv6" });
    }
    if let Some(transport) = event.transport {
        event.push(&f::NETWORK_TRANSPORT, transport_name(transport));
    }
    way(event, source, destination);
    if let Some(id) = flow_id(event) {
        event.push(&f::NETWORK_COMMUNITY_ID, id);
    }
    let (source, destination) = (event.source, event.destination);
    if source.bytes.is_some() || destination.bytes.is_some() {
        event.push(
            &f::NETWORK_BYTES,
            source.bytes.unwrap_or(0).saturating_add(destination.bytes.unwrap_or(0)),
        );
    }
    if source.packets.is_some() || destination.packets.is_some() {
        let sum = source.packets.unwrap_or(0).saturating_add(destination.packets.unwrap_or(0));
        event.push(&f::NETWORK_PACKETS, sum);
    }
    let related: Vec<Value<'_>> = match (source.ip, destination.ip) {
        (Some(a), Some(b)) if a != b => vec![a.into(), b.into()],
        (Some(ip), _) | (None, Some(ip)) => vec![ip.into()],
        (None, None) => return,
    };
    event.push(&f::RELATED_IP, Value::List(related));
}

/// Appends what was spoken, and whether that went in or out.
fn way(event: &mut Event<'_>, source: Option<bool>, destination: Option<bool>) {
    if let Some(protocol) = event.dataset.protocol {
        event.push(&f::NETWORK_PROTOCOL, protocol);
    }
    if let (Some(source), Some(destination)) = (source, destination) {
        let direction = match (source, destination) {
            (true, true) => "internal",
            (true, false) => "outbound",
            (false, true) => "inbound",
            (false, false) => "external",
        };
        event.push(&f::NETWORK_DIRECTION, direction);
    }
}

fn flow_id(event: &Event<'_>) -> Option<String> {
    let transport = event.transport?;
    let (source, destination) = (event.source.ip?, event.destination.ip?);
    let ports = match transport {
        Transport::Icmp | Transport::Icmp6 => icmp_message(event)?,
        Transport::Tcp | Transport::Udp | Transport::Sctp => (event.source.port?, event.destination.port?),
        Transport::Arp => return None,
        Transport::Other(_) => (0, 0),
    };
    Some(community_id(transport, (source, ports.0), (destination, ports.1)))
}

/// Type and code of the ICMP message that began the exchange.
fn icmp_message(event: &Event<'_>) -> Option<(u16, u16)> {
    let number = |name| event.by_name(name).and_then(Value::as_int).and_then(|n| u16::try_from(n).ok());
    let request = number("icmp.request.type").zip(number("icmp.request.code"));
    request.or_else(|| number("icmp.response.type").zip(number("icmp.response.code")))
}

fn origin<'a, 'e: 'a>(event: &mut Event<'a>, packets: bool, enricher: &'e Enricher) {
    let Some(info) = usize::try_from(event.origin.source).ok().and_then(|i| enricher.sources.0.get(i)) else {
        return;
    };
    event.push(&f::EVENT_ID, event_id(info.fingerprint, event));
    event.push(&f::LOG_PATH, &*info.path);
    event.push(&f::LOG_OFFSET, event.origin.offset);
    event.push(if packets { &f::PACKET } else { &f::LINE }, event.origin.record);
}

/// 120 bits over what identifies the evidence, as 20 letters of the URL-safe base64 alphabet.
fn event_id(fingerprint: u64, event: &Event<'_>) -> String {
    static LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut words = [fingerprint, !fingerprint];
    let place = [event.origin.offset, event.origin.record, u64::from(event.ordinal), event.identity];
    let name = event.dataset.name.as_bytes().chunks(8);
    let name = name.map(|chunk| chunk.iter().fold(0u64, |w, b| w << 8 | u64::from(*b)));
    for word in place.into_iter().chain(name) {
        words = [mix(words[0] ^ word), mix(words[1].wrapping_add(word).rotate_left(29))];
    }
    let mut id = [b'A'; 20];
    for (half, word) in id.chunks_mut(10).zip(words) {
        for (i, slot) in half.iter_mut().enumerate() {
            *slot = LETTERS.get((word >> (6 * i) & 63) as usize).copied().unwrap_or(b'A');
        }
    }
    ascii(&id)
}

/// Finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of the input reaches every output bit.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn transport_name(transport: Transport) -> Value<'static> {
    match transport {
        Transport::Tcp => "tcp".into(),
        Transport::Udp => "udp".into(),
        Transport::Icmp => "icmp".into(),
        Transport::Icmp6 => "ipv6-icmp".into(),
        Transport::Sctp => "sctp".into(),
        Transport::Arp => "arp".into(),
        Transport::Other(number) => number.to_string().into(),
    }
}

fn mac_text(mac: [u8; 6]) -> String {
    static DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = *b"00-00-00-00-00-00";
    for (pair, byte) in text.chunks_mut(3).zip(mac) {
        for (slot, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *slot = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        }
    }
    ascii(&text)
}

fn ascii(text: &[u8]) -> String {
    std::str::from_utf8(text).unwrap_or_default().to_owned()
}
