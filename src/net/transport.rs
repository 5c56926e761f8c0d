//! From the IP payload to ports: TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ICMP (RFC 792) and
//! ICMPv6 (RFC 4443). Encapsulations are passed on to [`tunnel`].

use super::dissect::{Ip, Walk};
use super::{TcpHeader, Verdict, tunnel};

/// Whatever the IP header says comes next.
pub(super) fn upper(w: &mut Walk<'_>, ip: &Ip) -> Verdict {
    match ip.proto {
        6 => tcp(w, ip),
        17 => udp(w, ip),
        1 | 58 => icmp(w, ip),
        132 => sctp(w, ip),
        4 | 41 | 47 | 97 | 137 => tunnel::over_ip(w, ip),
        _ => w.flow(ip, (0, 0), 0, None),
    }
}

fn tcp(w: &Walk<'_>, ip: &Ip) -> Verdict {
    let [s0, s1, d0, d1, rest @ ..] = w.data else {
        return Verdict::Malformed("tcp.truncated");
    };
    let ports = (u16::from_be_bytes([*s0, *s1]), u16::from_be_bytes([*d0, *d1]));
    let [q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, w0, w1, ..] = *rest else {
        return match w.is_cut() {
            true => w.flow(ip, ports, 20, None),
            false => Verdict::Malformed("tcp.truncated"),
        };
    };
    let header = usize::from(offset >> 4) * 4;
    if header < 20 || header > w.left() {
        return Verdict::Malformed("tcp.header_length");
    }
    let tcp = TcpHeader {
        seq: u32::from_be_bytes([q0, q1, q2, q3]),
        ack: u32::from_be_bytes([a0, a1, a2, a3]),
        flags,
        window: u16::from_be_bytes([w0, w1]),
    };
    w.flow(ip, ports, header, Some(tcp))
}

fn udp(w: &mut Walk<'_>, ip: &Ip) -> Verdict {
    let [s0, s1, d0, d1, rest @ ..] = w.data else {
        return Verdict::Malformed("udp.truncated");
    };
    let (src, dst) = (u16::from_be_bytes([*s0, *s1]), u16::from_be_bytes([*d0, *d1]));
    let [l0, l1, _, _, ..] = *rest else {
        return match w.is_cut() {
            true => w.flow(ip, (src, dst), 8, None),
            false => Verdict::Malformed("udp.truncated"),
        };
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    match length {
        // A jumbogram, or segmentation offload.
        0 => {}
        1..8 => return Verdict::Malformed("udp.length"),
        // Beyond the IP payload: the datagram cannot be longer than what carries it.
        _ => w.limit(length.min(w.left())),
    }
    match tunnel::over_udp(w, src, dst) {
        Some(inner) => inner,
        None => w.flow(ip, (src, dst), 8, None),
    }
}

fn sctp(w: &Walk<'_>, ip: &Ip) -> Verdict {
    let [s0, s1, d0, d1, ..] = *w.data else {
        return Verdict::Malformed("sctp.truncated");
    };
    if w.left() < 12 {
        return Verdict::Malformed("sctp.truncated");
    }
    w.flow(ip, (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1])), 12, None)
}

/// Queries and their answers carry an identifier, which stands in for both ports. The payload begins
/// with the ICMP header.
fn icmp(w: &Walk<'_>, ip: &Ip) -> Verdict {
    if w.left() < 4 {
        return Verdict::Malformed("icmp.truncated");
    }
    let id = match (w.data, ip.proto) {
        // Echo, timestamp, information, address mask, extended echo.
        ([0 | 8 | 13..=18 | 42 | 43, _, _, _, i0, i1, ..], 1) => u16::from_be_bytes([*i0, *i1]),
        // Echo, extended echo.
        ([128 | 129 | 160 | 161, _, _, _, i0, i1, ..], 58) => u16::from_be_bytes([*i0, *i1]),
        _ => 0,
    };
    w.flow(ip, (id, id), 0, None)
}
