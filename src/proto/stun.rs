//! STUN and TURN (RFC 8489, 8656; the classic form of RFC 3489): requests with their answers by transaction.

use super::fields::{ACTION, ERROR_CODE, ERROR_MESSAGE, METHOD, STATUS, USER_NAME};
use super::pairs::Pairs;
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, FieldRef, Outcome, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Requests.
pub static DATASET: Dataset = Dataset::requests(
    "stun",
    "One STUN or TURN request with its answer, or the indications of a flow counted.",
);

crate::fields! {
    pub FIELDS;
    SOFTWARE: Keyword, "stun.software", "Software of the client, else of the server.";
    REALM: Keyword, "stun.realm", "Realm of a TURN server.";
    MAPPED_IP: Ip, "stun.mapped.ip", "Address at which the server sees the client: the outside of a translation.";
    MAPPED_PORT: Long, "stun.mapped.port", "Port at which the server sees the client.";
    RELAYED_IP: Ip, "stun.relayed.ip", "Address that a TURN server relays for the client.";
    RELAYED_PORT: Long, "stun.relayed.port", "Port that a TURN server relays for the client.";
    PEER_IP: Ip, "stun.peer.ip", "Peer that the client wants to reach through the relay.";
    PEER_PORT: Long, "stun.peer.port", "Port of that peer.";
    CLASSIC: Boolean, "stun.classic", "The form without the magic cookie (RFC 3489).";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "stun",
    doc: "STUN and TURN over UDP (RFC 8489, 8656, 3489): bindings, allocations, permissions and channels with their \
          answers, the client's outer address, the relay's, the peer's, user and realm. Media and data between the \
          messages are passed over.",
    over: Over::Udp,
    ports: &[3478, 19302],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("stun.malformed", "Attributes do not fill the message as they should."),
        ("stun.pending", "Cap: more requests waited for their answers than are kept."),
    ],
};

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Stun { pairs: Pairs::new("stun.pending") })
}

struct Stun {
    pairs: Pairs<[u8; 16]>,
}

/// (class, method, transaction with the cookie, attributes).
fn parse(bytes: &[u8]) -> Option<(u16, u16, [u8; 16], &[u8])> {
    let mut wire = Wire::new(bytes);
    let (kind, len) = (wire.u16()?, usize::from(wire.u16()?));
    let id: [u8; 16] = wire.array()?;
    let good = kind < 0x4000 && len % 4 == 0 && wire.rest().len() == len;
    let method = kind & 0xf | (kind >> 1) & 0x70 | (kind >> 2) & 0xf80;
    good.then_some((kind >> 4 & 1 | kind >> 7 & 2, method, id, wire.rest()))
}

/// Attributes; `None` if they do not fit.
fn attributes(mut rest: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let mut wire = Wire::new(rest);
        let (kind, len) = (wire.u16()?, usize::from(wire.u16()?));
        let value = wire.take(len)?;
        rest = wire.rest().get((4 - len % 4) % 4..)?;
        if all.len() < 64 {
            all.push((kind, value));
        }
    }
    Some(all)
}

fn method(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "Binding",
        2 => "SharedSecret",
        3 => "Allocate",
        4 => "Refresh",
        6 => "Send",
        7 => "Data",
        8 => "CreatePermission",
        9 => "ChannelBind",
        10 => "Connect",
        11 => "ConnectionBind",
        _ => return None,
    })
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let Some((class, number, id, rest)) = parse(bytes) else { return Probe::No };
    let modern = id.starts_with(&COOKIE);
    let list = attributes(rest);
    // Without the cookie only a binding with attributes that fit is believed.
    let classic = number <= 2
        && list
            .as_ref()
            .is_some_and(|l| !l.is_empty() && l.iter().all(|(k, _)| matches!(k, 1..=0xb | 0x8000..=0x80ff)));
    if method(number).is_none() || list.is_none() || !(modern || classic) {
        return Probe::No;
    }
    let asks = class < 2;
    if asks == (dir == Dir::Client) { Probe::Yes } else { Probe::Swapped }
}

/// MAPPED-ADDRESS, or its form hidden from translators.
fn address(value: &[u8], hidden: Option<&[u8; 16]>) -> Option<(IpAddr, u16)> {
    let mut wire = Wire::new(value);
    let (_, family, mut port) = (wire.u8()?, wire.u8()?, wire.u16()?);
    let mask = hidden.copied().unwrap_or_default();
    if hidden.is_some() {
        port ^= 0x2112;
    }
    let ip = match family {
        1 => {
            let mut ip: [u8; 4] = wire.array()?;
            ip.iter_mut().zip(mask).for_each(|(b, m)| *b ^= m);
            Ipv4Addr::from(ip).into()
        }
        2 => {
            let mut ip: [u8; 16] = wire.array()?;
            ip.iter_mut().zip(mask).for_each(|(b, m)| *b ^= m);
            Ipv6Addr::from(ip).into()
        }
        _ => return None,
    };
    Some((ip, port))
}

fn put(draft: &mut Draft, list: &[(u16, &[u8])], id: &[u8; 16]) {
    let mut once = |field: FieldRef, value: Value<'static>| {
        if draft.event().get(field).is_none() {
            draft.put(field, value);
        }
    };
    for (kind, value) in list {
        let hidden = matches!(kind, 0x12 | 0x16 | 0x20).then_some(id);
        let to: Option<(FieldRef, FieldRef)> = match kind {
            0x01 | 0x20 => Some((&MAPPED_IP, &MAPPED_PORT)),
            0x16 => Some((&RELAYED_IP, &RELAYED_PORT)),
            0x12 => Some((&PEER_IP, &PEER_PORT)),
            _ => None,
        };
        if let Some(((ip_field, port_field), (ip, port))) = to.zip(address(value, hidden)) {
            once(ip_field, ip.into());
            once(port_field, port.into());
        }
        match kind {
            0x06 => once(&USER_NAME, lines::text(value, 256).into()),
            0x14 => once(&REALM, lines::text(value, 128).into()),
            0x8022 => once(&SOFTWARE, lines::text(value, 128).trim_end_matches('\0').to_owned().into()),
            0x09 => {
                if let [_, _, hundreds, rest, reason @ ..] = value {
                    once(&ERROR_CODE, (u16::from(hundreds & 7) * 100 + u16::from(*rest)).to_string().into());
                    once(&ERROR_MESSAGE, lines::text(reason, 128).into());
                }
            }
            _ => {}
        }
    }
}

impl Parser for Stun {
    fn data(&mut self, _: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        // Media share the flow (RFC 7983).
        let Some((class, number, id, rest)) = parse(bytes).filter(|p| method(p.1).is_some()) else {
            return took;
        };
        let Some(list) = attributes(rest) else {
            out.anomaly("stun.malformed");
            return took;
        };
        let name = method(number).unwrap_or_default();
        match class {
            0 => {
                if let Some(draft) = self.pairs.waits(&id) {
                    draft.again();
                    return took;
                }
                let mut draft = out.draft(&DATASET, out.now);
                draft
                    .put(&ACTION, format!("stun.{}", name.to_ascii_lowercase()))
                    .put(&METHOD, Value::text(name));
                draft.bytes(Some(bytes.len() as u64), None);
                if !id.starts_with(&COOKIE) {
                    draft.put(&CLASSIC, true);
                }
                put(&mut draft, &list, &id);
                self.pairs.ask(id, draft, out);
            }
            2 | 3 => {
                let Some(mut draft) = self.pairs.answered(&id) else { return took };
                draft.end(out.now).put(&STATUS, if class == 2 { "OK" } else { "Error" });
                draft.outcome(if class == 2 { Outcome::Success } else { Outcome::Failure });
                draft.event().destination.bytes = Some(bytes.len() as u64);
                put(&mut draft, &list, &id);
                draft.emit(out);
            }
            _ => {}
        }
        took
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.2: the mapped address of its response.
    #[test]
    fn published() {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&COOKIE);
        let value = [0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        assert_eq!(address(&value, Some(&id)), Some(("192.0.2.1".parse().unwrap(), 32853)));
    }
}
