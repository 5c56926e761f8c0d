//! The packet that an ICMP error quotes (RFC 792, RFC 4443 §2.4, RFC 4884): enough of it to find the
//! flow it belongs to.

use crate::proto::wire::Wire;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses, transport and, where enough was quoted, ports of the packet that caused the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Original {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub ports: Option<(u16, u16)>,
}

/// Reads the quoted packet; `None` if not even its IP header is whole.
pub(super) fn read(quoted: &[u8]) -> Option<Original> {
    match quoted.first()? >> 4 {
        4 => read4(quoted),
        6 => read6(quoted),
        _ => None,
    }
}

fn read4(quoted: &[u8]) -> Option<Original> {
    let mut wire = Wire::new(quoted);
    let header = usize::from(wire.u8()? & 15) * 4;
    wire.take(5)?;
    let fragment = wire.u16()? & 0x1fff;
    wire.u8()?;
    let protocol = wire.u8()?;
    wire.take(2)?;
    let source = IpAddr::V4(Ipv4Addr::from(wire.array::<4>()?));
    let destination = IpAddr::V4(Ipv4Addr::from(wire.array::<4>()?));
    wire.take(header.checked_sub(20)?)?;
    let ports = if fragment == 0 { ports(protocol, wire) } else { None };
    Some(Original { source, destination, protocol, ports })
}

fn read6(quoted: &[u8]) -> Option<Original> {
    let mut wire = Wire::new(quoted);
    wire.take(6)?;
    let mut protocol = wire.u8()?;
    wire.u8()?;
    let source = IpAddr::V6(Ipv6Addr::from(wire.array::<16>()?));
    let destination = IpAddr::V6(Ipv6Addr::from(wire.array::<16>()?));
    // Hop-by-hop, routing, fragment and destination options stand before the transport (RFC 8200 §4).
    for _ in 0..8 {
        if !matches!(protocol, 0 | 43 | 44 | 60) {
            break;
        }
        let Some(next) = extension(protocol, &mut wire) else {
            return Some(Original { source, destination, protocol, ports: None });
        };
        protocol = next;
    }
    Some(Original { source, destination, protocol, ports: ports(protocol, wire) })
}

/// Skips one extension header; `None` where it is cut, or is a fragment other than the first.
fn extension(kind: u8, wire: &mut Wire<'_>) -> Option<u8> {
    let next = wire.u8()?;
    let len = wire.u8()?;
    if kind == 44 {
        let first = wire.u16()? & 0xfff8 == 0;
        wire.take(4)?;
        return first.then_some(next);
    }
    wire.take(usize::from(len) * 8 + 6)?;
    Some(next)
}

fn ports(protocol: u8, mut wire: Wire<'_>) -> Option<(u16, u16)> {
    if !matches!(protocol, 6 | 17 | 33 | 132 | 136) {
        return None;
    }
    Some((wire.u16()?, wire.u16()?))
}

/// `network.transport` word of an IP protocol number, or the number.
pub(super) fn transport(protocol: u8) -> String {
    match protocol {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "ipv6-icmp".to_owned(),
        132 => "sctp".to_owned(),
        other => other.to_string(),
    }
}
