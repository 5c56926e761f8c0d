//! IPv4 (RFC 791), IPv6 (RFC 8200) and the headers between them and the transport.

use super::dissect::{Ip, Walk, position};
use super::{Verdict, transport};
use etherparse::{IpAuthHeaderSlice, Ipv6FragmentHeaderSlice, Ipv6RawExtHeaderSlice};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Extension headers followed before a packet is given up as `ip.extension_headers`.
const MAX_EXTENSIONS: usize = 16;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const NO_NEXT: u8 = 59;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

/// Length of the fixed IPv6 header.
pub(super) const V6_HEADER: usize = 40;

/// An IP packet of the version its first nibble says.
pub(super) fn any(w: &mut Walk<'_>) -> Verdict {
    match w.data.first().map(|b| b >> 4) {
        Some(4) => v4(w),
        Some(6) => v6(w),
        Some(_) => Verdict::Malformed("ip.version"),
        None => Verdict::Malformed("ip.truncated"),
    }
}

/// An IPv4 packet.
pub(super) fn v4(w: &mut Walk<'_>) -> Verdict {
    let [vihl, _, t0, t1, i0, i1, f0, f1, ttl, proto, _, _, s0, s1, s2, s3, d0, d1, d2, d3, ..] = *w.data
    else {
        return Verdict::Malformed("ip.truncated");
    };
    if vihl >> 4 != 4 {
        return Verdict::Malformed("ip.version");
    }
    let header = usize::from(vihl & 0x0f) * 4;
    if header < 20 {
        return Verdict::Malformed("ip.header_length");
    }
    let total = usize::from(u16::from_be_bytes([t0, t1]));
    // Zero: captured before segmentation offload filled it in; the packet fills what carries it.
    if total != 0 {
        if total < header || w.strict && total > w.left() {
            return Verdict::Malformed("ip.total_length");
        }
        w.limit(total);
    }
    // More fragments, or a fragment offset.
    if u16::from_be_bytes([f0, f1]) & 0x3fff != 0 {
        let offset = u16::from_be_bytes([f0 & 0x1f, f1]);
        if offset != 0 || !w.is_cut() {
            return Verdict::Fragment(position(w.at)..position(w.at + w.data.len()));
        }
    }
    if w.advance(header).is_none() {
        return Verdict::Malformed("ip.truncated");
    }
    let src = IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3));
    let dst = IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3));
    let mut ip = Ip { src, dst, ttl, id: u16::from_be_bytes([i0, i1]), proto };
    if proto == AUTHENTICATION {
        match extensions(w.data, proto) {
            Ok(chain) if w.advance(chain.len).is_some() => ip.proto = chain.next,
            Ok(_) => return Verdict::Malformed("ip.truncated"),
            Err(reason) => return Verdict::Malformed(reason),
        }
    }
    transport::upper(w, &ip)
}

/// An IPv6 packet.
pub(super) fn v6(w: &mut Walk<'_>) -> Verdict {
    let Some((fixed, rest)) = w.data.split_first_chunk::<V6_HEADER>() else {
        return Verdict::Malformed("ip.truncated");
    };
    let [version, _, _, _, p0, p1, next, ttl, addresses @ ..] = fixed;
    if version >> 4 != 6 {
        return Verdict::Malformed("ip.version");
    }
    let (src, dst) = addresses.split_at(16);
    let payload = usize::from(u16::from_be_bytes([*p0, *p1]));
    // Zero: a jumbogram (RFC 2675) or segmentation offload; the packet fills what carries it.
    if payload != 0 || *next == NO_NEXT {
        if w.strict && V6_HEADER + payload > w.left() {
            return Verdict::Malformed("ip.total_length");
        }
        w.limit(V6_HEADER + payload);
    }
    let whole = position(w.at)..position(w.at + w.data.len());
    let rest = rest.get(..w.data.len() - V6_HEADER).unwrap_or(rest);
    let chain = match extensions(rest, *next) {
        Ok(chain) => chain,
        Err(reason) => return Verdict::Malformed(reason),
    };
    if let Some(fragment) = chain.fragment
        && (fragment.offset != 0 || !w.is_cut())
    {
        return Verdict::Fragment(whole);
    }
    if w.advance(V6_HEADER + chain.len).is_none() {
        return Verdict::Malformed("ip.truncated");
    }
    let ip = Ip { src: address(src), dst: address(dst), ttl: *ttl, id: 0, proto: chain.next };
    transport::upper(w, &ip)
}

fn address(octets: &[u8]) -> IpAddr {
    IpAddr::V6(<[u8; 16]>::try_from(octets).map_or(Ipv6Addr::UNSPECIFIED, Ipv6Addr::from))
}

/// The headers between the IPv6 header and the transport. RFC 8200 §4.
pub(super) struct Chain {
    /// Protocol that follows.
    pub next: u8,
    /// Bytes of the headers, with the fragment header if there is one.
    pub len: usize,
    /// The fragment header, when the packet is not whole; the chain ends there.
    pub fragment: Option<Fragment>,
}

/// What a fragment header says. RFC 8200 §4.5.
pub(super) struct Fragment {
    /// Bytes of the datagram before this fragment.
    pub offset: usize,
    /// More fragments follow.
    pub more: bool,
    /// Identification.
    pub id: u32,
}

/// Walks extension headers from protocol `next` on. An atomic fragment (RFC 6946) is a whole packet
/// and its header is stepped over. A mobility, HIP or SHIM6 header with nothing behind it is the
/// packet's protocol itself.
pub(super) fn extensions(data: &[u8], mut next: u8) -> Result<Chain, &'static str> {
    let mut rest = data;
    for _ in 0..=MAX_EXTENSIONS {
        let (after, len) = match next {
            HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HIP | SHIM6 => {
                let h = Ipv6RawExtHeaderSlice::from_slice(rest).map_err(|_| "ip.truncated")?;
                (h.next_header().0, h.slice().len())
            }
            AUTHENTICATION => {
                let h = IpAuthHeaderSlice::from_slice(rest).map_err(|_| "ip.authentication_header")?;
                (h.next_header().0, h.slice().len())
            }
            FRAGMENT => {
                let h = Ipv6FragmentHeaderSlice::from_slice(rest).map_err(|_| "ip.truncated")?;
                let offset = usize::from(h.fragment_offset().value()) * 8;
                if h.is_fragmenting_payload() {
                    let fragment = Fragment { offset, more: h.more_fragments(), id: h.identification() };
                    let len = data.len() - rest.len() + h.slice().len();
                    return Ok(Chain { next: h.next_header().0, len, fragment: Some(fragment) });
                }
                (h.next_header().0, h.slice().len())
            }
            _ => return Ok(Chain { next, len: data.len() - rest.len(), fragment: None }),
        };
        if after == NO_NEXT && matches!(next, MOBILITY | HIP | SHIM6) {
            return Ok(Chain { next, len: data.len() - rest.len(), fragment: None });
        }
        rest = rest.get(len..).ok_or("ip.truncated")?;
        next = after;
    }
    Err("ip.extension_headers")
}
