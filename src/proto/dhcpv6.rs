//! DHCPv6 (RFC 8415): one event per message.

use super::fields::{ACTION, ERROR_CODE, ERROR_MESSAGE, METHOD, QUERY, RESOURCE, STATUS};
use super::json_text::hex;
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Value};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// One message.
pub static DATASET: Dataset = Dataset::requests("dhcpv6", "One DHCPv6 message.");

crate::fields! {
    pub FIELDS;
    TYPE: Keyword, "dhcpv6.message_type", "solicit, advertise, request, confirm, renew, rebind, reply, release, decline, reconfigure, information-request.";
    XID: Keyword, "dhcpv6.transaction_id", "Number the client chose, by which replies are told: 0x and six digits.";
    CLIENT_DUID: Keyword, "dhcpv6.client.duid", "Identifier of the client, hexadecimal.";
    CLIENT_MAC: Keyword, "dhcpv6.client.mac", "Ethernet address in that identifier, where it has one.";
    SERVER_DUID: Keyword, "dhcpv6.server.duid", "Identifier of the server, hexadecimal.";
    ADDRESSES: Ip, "dhcpv6.addresses", "Addresses asked for or given.";
    PREFIXES: Keyword, "dhcpv6.prefixes", "Prefixes asked for or given.";
    LIFETIME: Long, "dhcpv6.valid_lifetime", "Seconds the first of them may be used.";
    STATUS_CODE: Keyword, "dhcpv6.status_code", "Success, UnspecFail, NoAddrsAvail, NoBinding, NotOnLink, UseMulticast, NoPrefixAvail.";
    DNS: Ip, "dhcpv6.dns_servers", "Name servers.";
    DOMAINS: Keyword, "dhcpv6.domain_list", "Domains to search in.";
    FQDN: Keyword, "dhcpv6.client.fqdn", "Full name of the client.";
    REQUESTED: Long, "dhcpv6.requested_options", "Numbers of the options the client wants.";
    VENDOR: Long, "dhcpv6.vendor_class", "Enterprise number of the client's vendor class.";
    ELAPSED: Long, "dhcpv6.elapsed_ms", "Milliseconds since the client began.";
    RAPID: Boolean, "dhcpv6.rapid_commit", "Two messages instead of four are asked for or granted.";
    RELAY_HOPS: Long, "dhcpv6.relay.hops", "Relays the message passed.";
    RELAY_LINK: Ip, "dhcpv6.relay.link_address", "Network the client is on, as the first relay says.";
    RELAY_PEER: Ip, "dhcpv6.relay.peer_address", "Address of the client, as the first relay says.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "dhcpv6",
    doc: "DHCPv6 (RFC 8415): each message is an event, since requests go to everybody and replies to one; \
          `dhcpv6.transaction_id` tells what belongs together. Messages that relays carry are told as what is in them, \
          with the network and the client's address that the first relay gives. Identifiers, addresses and prefixes with \
          their lifetime and status, name servers, domains, names. Authentication and vendor options are not read.",
    over: Over::Udp,
    ports: &[546, 547],
    probe,
    start: |_: &Options| Box::new(Dhcp),
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("dhcpv6.message", "A datagram of the flow that is no DHCPv6 message."),
        ("dhcpv6.option", "An option that is not as long as its kind must be."),
    ],
};

/// Relays in relays that are looked into (RFC 8415 §7.6: 8 hops).
const RELAYS: usize = 8;

/// Names of message types, from 1 on.
static TYPES: [&str; 13] = [
    "solicit",
    "advertise",
    "request",
    "confirm",
    "renew",
    "rebind",
    "reply",
    "release",
    "decline",
    "reconfigure",
    "information-request",
    "relay-forward",
    "relay-reply",
];

/// Names of status codes (RFC 8415 §21.13).
static CODES: [&str; 7] =
    ["Success", "UnspecFail", "NoAddrsAvail", "NoBinding", "NotOnLink", "UseMulticast", "NoPrefixAvail"];

struct Dhcp;

/// Options in order; `None` if they do not fill the bytes.
fn options(bytes: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut wire = Wire::new(bytes);
    let mut all = Vec::new();
    while !wire.rest().is_empty() {
        let (code, len) = (wire.u16()?, usize::from(wire.u16()?));
        let value = wire.take(len)?;
        if all.len() < 128 {
            all.push((code, value));
        }
    }
    Some(all)
}

/// A message out of its relays.
struct Message<'a> {
    kind: u8,
    xid: u32,
    options: Vec<(u16, &'a [u8])>,
    /// Hops, link and peer of the first relay.
    relay: Option<(usize, Ipv6Addr, Ipv6Addr)>,
}

fn read(mut bytes: &[u8]) -> Option<Message<'_>> {
    let mut relay = None;
    for hops in 0..=RELAYS {
        let mut wire = Wire::new(bytes);
        let kind = wire.u8().filter(|kind| (1..=13).contains(kind))?;
        if kind < 12 {
            let [a, b, c] = wire.array::<3>()?;
            let options = options(wire.rest())?;
            return Some(Message { kind, xid: u32::from_be_bytes([0, a, b, c]), options, relay });
        }
        wire.u8()?;
        let (link, peer) = (wire.array::<16>()?, wire.array::<16>()?);
        relay = Some((hops + 1, link.into(), peer.into()));
        bytes = options(wire.rest())?.into_iter().find(|(code, _)| *code == 9)?.1;
    }
    None
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let Some(message) = read(bytes) else { return Probe::No };
    let known = message.options.iter().all(|(code, _)| (1..=150).contains(code));
    let named = message
        .options
        .iter()
        .any(|(code, value)| matches!(code, 1 | 2) && value.len() >= 4 && value.starts_with(&[0]));
    if !known || !named {
        return Probe::No;
    }
    let server = matches!(message.kind, 2 | 7 | 10);
    if server == (dir == Dir::Server) { Probe::Yes } else { Probe::Swapped }
}

fn name(kind: u8) -> &'static str {
    usize::from(kind).checked_sub(1).and_then(|at| TYPES.get(at)).copied().unwrap_or_default()
}

/// The Ethernet address of a DUID that has one (RFC 8415 §11.2, 11.4).
fn mac(duid: &[u8]) -> Option<String> {
    let mac = match duid {
        [0, 1, 0, 1, _, _, _, _, mac @ ..] | [0, 3, 0, 1, mac @ ..] => {
            mac.first_chunk::<6>().filter(|_| mac.len() == 6)?
        }
        _ => return None,
    };
    Some(mac.map(|byte| format!("{byte:02X}")).join("-"))
}

/// Names as DNS writes them, without compression.
fn names(bytes: &[u8]) -> Vec<String> {
    let (mut wire, mut all, mut name) = (Wire::new(bytes), Vec::new(), String::new());
    while let Some(len) = wire.u8() {
        let Some(label) = wire.take(usize::from(len)) else { break };
        if len == 0 {
            all.push(std::mem::take(&mut name));
            continue;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(label));
    }
    // The last one may be without its end (RFC 4704 §4.2).
    if !name.is_empty() {
        all.push(name);
    }
    all.retain(|name| !name.is_empty());
    all
}

/// What associations hold (RFC 8415 §21.4 to 21.6, 21.21, 21.22).
#[derive(Default)]
struct Leases {
    addresses: Vec<Value<'static>>,
    prefixes: Vec<Value<'static>>,
    lifetime: Option<u32>,
    status: Option<(u16, String)>,
    damaged: bool,
}

impl Leases {
    fn read(&mut self, list: &[(u16, &[u8])]) {
        for (code, value) in list {
            let skip = match code {
                3 | 25 => 12,
                4 => 4,
                13 => {
                    self.status(value);
                    continue;
                }
                _ => continue,
            };
            let inner = value.get(skip..).and_then(options);
            self.damaged |= inner.is_none();
            for (code, value) in inner.unwrap_or_default() {
                let read = match code {
                    5 => self.address(value),
                    26 => self.prefix(value),
                    13 => self.status(value),
                    _ => Some(()),
                };
                self.damaged |= read.is_none();
            }
        }
    }

    fn address(&mut self, value: &[u8]) -> Option<()> {
        let mut wire = Wire::new(value);
        let ip = Ipv6Addr::from(wire.array::<16>()?);
        wire.u32()?;
        self.lifetime = self.lifetime.or(Some(wire.u32()?));
        self.addresses.push(Value::Ip(IpAddr::V6(ip)));
        Some(())
    }

    fn prefix(&mut self, value: &[u8]) -> Option<()> {
        let mut wire = Wire::new(value);
        wire.u32()?;
        self.lifetime = self.lifetime.or(Some(wire.u32()?));
        let len = wire.u8()?;
        self.prefixes.push(format!("{}/{len}", Ipv6Addr::from(wire.array::<16>()?)).into());
        Some(())
    }

    /// The first that is no success, else the first.
    fn status(&mut self, value: &[u8]) -> Option<()> {
        let mut wire = Wire::new(value);
        let code = wire.u16()?;
        if self.status.as_ref().is_none_or(|(old, _)| *old == 0) {
            self.status = Some((code, lines::text(wire.rest(), 512)));
        }
        Some(())
    }
}

fn describe(list: &[(u16, &[u8])], draft: &mut Draft) -> bool {
    let get = |wanted: u16| list.iter().find(|(code, _)| *code == wanted).map(|(_, value)| *value);
    draft.put_some(&CLIENT_DUID, get(1).map(hex)).put_some(&CLIENT_MAC, get(1).and_then(mac));
    draft.put_some(&SERVER_DUID, get(2).map(hex));
    let mut damaged = false;
    if let Some(servers) = get(23) {
        let (all, rest) = servers.as_chunks::<16>();
        damaged |= !rest.is_empty();
        draft.put(&DNS, Value::List(all.iter().map(|ip| Value::Ip(Ipv6Addr::from(*ip).into())).collect()));
    }
    draft.put_some(&DOMAINS, get(24).map(|value| Value::texts(names(value))));
    draft.put_some(&FQDN, get(39).and_then(|value| names(value.get(1..)?).into_iter().next()));
    if let Some(wanted) = get(6) {
        let (all, _) = wanted.as_chunks::<2>();
        draft.put(&REQUESTED, Value::List(all.iter().map(|code| u16::from_be_bytes(*code).into()).collect()));
    }
    draft.put_some(&VENDOR, get(16).and_then(|value| Wire::new(value).u32()));
    draft.put_some(
        &ELAPSED,
        get(8).and_then(|value| Wire::new(value).u16()).map(|hundredths| u32::from(hundredths) * 10),
    );
    if get(14).is_some() {
        draft.put(&RAPID, true);
    }
    damaged
}

impl Parser for Dhcp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        let Some(message) = read(bytes) else {
            out.anomaly("dhcpv6.message");
            return took;
        };
        let mut draft = out.draft(&DATASET, out.now);
        if dir == Dir::Server {
            let event = draft.event();
            std::mem::swap(&mut event.source, &mut event.destination);
        }
        draft.bytes(Some(bytes.len() as u64), None);
        let kind = name(message.kind);
        let mut leases = Leases::default();
        leases.read(&message.options);
        let about = leases.addresses.first().and_then(Value::as_ip).map(|ip| ip.to_string());
        draft.put(&ACTION, format!("dhcpv6.{kind}")).put(&METHOD, Value::text(kind));
        draft.put(&QUERY, format!("{kind} {}", about.as_deref().unwrap_or_default()).trim_end().to_owned());
        draft
            .put_some(&RESOURCE, about)
            .put(&TYPE, Value::text(kind))
            .put(&XID, format!("0x{:06x}", message.xid));
        let mut damaged = describe(&message.options, &mut draft);
        for (field, list) in [(&ADDRESSES, leases.addresses), (&PREFIXES, leases.prefixes)] {
            if !list.is_empty() {
                draft.put(field, Value::List(list));
            }
        }
        draft.put_some(&LIFETIME, leases.lifetime);
        let failed = leases.status.as_ref().is_some_and(|(code, _)| *code != 0) || kind == "decline";
        if let Some((code, text)) = leases.status {
            let name = CODES
                .get(usize::from(code))
                .map_or_else(|| Cow::Owned(code.to_string()), |name| Cow::Borrowed(*name));
            if code != 0 {
                draft
                    .put(&ERROR_CODE, name.clone())
                    .put_some(&ERROR_MESSAGE, (!text.is_empty()).then_some(text));
            }
            draft.put(&STATUS_CODE, name);
        }
        if let Some((hops, link, peer)) = message.relay {
            draft
                .put(&RELAY_HOPS, hops)
                .put(&RELAY_LINK, IpAddr::V6(link))
                .put(&RELAY_PEER, IpAddr::V6(peer));
        }
        draft.outcome(match kind {
            _ if failed => Outcome::Failure,
            "reply" => Outcome::Success,
            _ => Outcome::Unknown,
        });
        draft.put(&STATUS, Value::text(if failed { "Error" } else { "OK" }));
        draft.emit(out);
        damaged |= leases.damaged;
        if damaged {
            out.anomaly("dhcpv6.option");
        }
        took
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}
