//! IP in other packets: IP in IP, GRE with its many payloads, EtherIP, MPLS, and the tunnels over UDP.

use super::dissect::{Ip, Walk};
use super::link::{ethernet, ppp};
use super::{Tunnel, Verdict, ip};

/// IP protocols 4, 41 (IP in IP), 47 (GRE), 97 (EtherIP) and 137 (MPLS). What they carry decides; when
/// that is no IP flow, the packet belongs to the flow between the tunnel's ends.
pub(super) fn over_ip(w: &mut Walk<'_>, outer: &Ip) -> Verdict {
    let inner = match outer.proto {
        4 => w.enter(Tunnel::IpIp, 0, ip::v4),
        41 => w.enter(Tunnel::IpIp, 0, ip::v6),
        // EtherIP (RFC 3378): a 16-bit header, then a frame. A bridge's GRE with another number.
        97 => w.enter(Tunnel::Gre(0), 2, ethernet::frame),
        137 => mpls(w),
        _ => gre(w).unwrap_or(Verdict::Skip("gre")),
    };
    match inner {
        Verdict::Skip(_) => w.flow(outer, (0, 0), 0, None),
        other => other,
    }
}

/// GRE (RFC 2784, 2890) and its version 1 (RFC 2637). `None`: nothing inside that is followed.
fn gre(w: &Walk<'_>) -> Option<Verdict> {
    let [f0, f1, p0, p1, ..] = *w.data else {
        return Some(Verdict::Malformed("gre.truncated"));
    };
    let flags = u16::from_be_bytes([f0, f1]);
    let (version, has) = (flags & 7, |bit: u16| usize::from(flags & bit != 0) * 4);
    // Source routing (RFC 1701) is gone from the net; its variable part is not walked.
    if version > 1 || flags & 0x4000 != 0 {
        return None;
    }
    let key_at = 4 + if version == 0 { has(0x8000) } else { 0 };
    let key = if has(0x2000) == 0 { 0 } else { be32(w.data, key_at).unwrap_or(0) };
    let mut header = key_at + has(0x2000) + has(0x1000);
    if version == 1 {
        // The upper half of the key is the payload length; without sequence number no payload.
        if flags & 0x1000 == 0 {
            return None;
        }
        header += has(0x0080);
    }
    let tunnel = Tunnel::Gre(key);
    let kind = u16::from_be_bytes([p0, p1]);
    Some(match kind {
        0x880b => w.enter(tunnel, header, ppp::ppp),
        0x6558 => w.enter(tunnel, header, ethernet::frame),
        // ERSPAN: type I has no header and no sequence number, type II eight bytes.
        0x88be => w.enter(tunnel, header + has(0x1000) * 2, ethernet::frame),
        // ERSPAN type III: twelve bytes, and eight more when the last bit says so.
        0x22eb => {
            let more = w.data.get(header + 11).is_some_and(|b| b & 1 != 0);
            w.enter(tunnel, header + 12 + usize::from(more) * 8, ethernet::frame)
        }
        // WCCP: version 2 puts a redirect header of four bytes before the IP header.
        0x883e => {
            let plain = w.data.get(header).is_some_and(|b| b >> 4 == 4);
            w.enter(tunnel, header + usize::from(!plain) * 4, ip::any)
        }
        _ => w.enter(tunnel, header, |inner| ethernet::payload(inner, kind)),
    })
}

/// An MPLS label stack (RFC 3032) and what is guessed to lie under it: MPLS does not say.
pub(super) fn mpls(w: &Walk<'_>) -> Verdict {
    let mut labels = w.data.chunks_exact(4).take(16).enumerate();
    let bottom = labels.find(|(_, label)| label.get(2).is_some_and(|b| b & 1 != 0));
    let Some((above, &[l0, l1, l2, _])) = bottom else {
        return Verdict::Malformed("mpls.stack");
    };
    let header = (above + 1) * 4;
    let tunnel = Tunnel::Mpls(u32::from_be_bytes([0, l0, l1, l2]) >> 4);
    match w.data.get(header).map(|b| b >> 4) {
        Some(4 | 6) => w.enter(tunnel, header, ip::any),
        // A pseudowire's control word (RFC 4385), then most likely a frame.
        Some(0) => w.enter(tunnel, header + 4, ethernet::frame),
        _ => Verdict::Skip("mpls.payload"),
    }
}

/// A PPPoE session packet (RFC 2516).
pub(super) fn pppoe(w: &mut Walk<'_>) -> Verdict {
    let [version, code, s0, s1, l0, l1, ..] = *w.data else {
        return Verdict::Malformed("pppoe.truncated");
    };
    if version != 0x11 {
        return Verdict::Malformed("pppoe.version");
    }
    if code != 0 {
        return Verdict::Skip("pppoe.discovery");
    }
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    w.limit(length.saturating_add(6));
    w.enter(Tunnel::Pppoe(u16::from_be_bytes([s0, s1])), 6, ppp::ppp)
}

/// The tunnels over UDP, by port. `None`, an ordinary UDP packet, unless the content is a consistent
/// IP packet. `w` stands at the UDP header.
pub(super) fn over_udp(w: &Walk<'_>, src: u16, dst: u16) -> Option<Verdict> {
    let find = match (src, dst) {
        (_, 4789 | 8472) => vxlan,
        (_, 4790) => vxlan_gpe,
        (_, 6081) => geneve,
        (2152, _) | (_, 2152) => gtp_u,
        (3544, _) | (_, 3544) => teredo,
        _ => return None,
    };
    let mut inside = *w;
    inside.strict = true;
    inside.advance(8)?;
    match find(&inside)? {
        Verdict::Skip(_) => None,
        Verdict::Malformed(reason) if reason != "tunnel.depth" => None,
        inner => Some(inner),
    }
}

/// RFC 7348. Of the flags only the one for a valid identifier, and Cisco's group policy, are known.
fn vxlan(w: &Walk<'_>) -> Option<Verdict> {
    let [flags, _, _, _, v0, v1, v2, 0, ..] = *w.data else { return None };
    if flags & 0x7f != 0x08 {
        return None;
    }
    let id = u32::from_be_bytes([0, v0, v1, v2]);
    Some(w.enter(Tunnel::Vxlan(id), 8, ethernet::frame))
}

/// draft-ietf-nvo3-vxlan-gpe: version 0, a valid identifier; what follows is named only where the P bit says so. The
/// network's own messages (O bit) are left alone.
fn vxlan_gpe(w: &Walk<'_>) -> Option<Verdict> {
    let [flags, 0, 0, kind, v0, v1, v2, 0, ..] = *w.data else { return None };
    let kind = match flags & !0x02 {
        0x08 => 3,
        0x0c => kind,
        _ => return None,
    };
    let id = u32::from_be_bytes([0, v0, v1, v2]);
    Some(w.enter(Tunnel::Vxlan(id), 8, |inner| next_protocol(inner, kind)))
}

/// What a number means to VXLAN-GPE and NSH.
fn next_protocol(w: &mut Walk<'_>, kind: u8) -> Verdict {
    match kind {
        1 => ip::v4(w),
        2 => ip::v6(w),
        3 => ethernet::frame(w),
        4 => nsh(w),
        5 => mpls(w),
        _ => Verdict::Skip("tunnel.next_protocol"),
    }
}

/// RFC 8300: one header; a chain of them, or version 1, is not followed.
fn nsh(w: &mut Walk<'_>) -> Verdict {
    let [version, length, _, kind, ..] = *w.data else { return Verdict::Malformed("tunnel.truncated") };
    // In four-byte words, with the base and the service path headers.
    let words = usize::from(length & 0x3f);
    if version & 0xc0 != 0 || words < 2 || kind == 4 {
        return Verdict::Skip("tunnel.next_protocol");
    }
    match w.advance(words * 4) {
        Some(()) => next_protocol(w, kind),
        None => Verdict::Malformed("tunnel.truncated"),
    }
}

/// RFC 8926.
fn geneve(w: &Walk<'_>) -> Option<Verdict> {
    let [options, _, p0, p1, v0, v1, v2, 0, ..] = *w.data else { return None };
    if options >> 6 != 0 {
        return None;
    }
    let header = 8 + usize::from(options & 0x3f) * 4;
    let tunnel = Tunnel::Geneve(u32::from_be_bytes([0, v0, v1, v2]));
    let kind = u16::from_be_bytes([p0, p1]);
    Some(match kind {
        0x6558 => w.enter(tunnel, header, ethernet::frame),
        _ => w.enter(tunnel, header, |inner| ethernet::payload(inner, kind)),
    })
}

/// 3GPP TS 29.281 §5: version 1, a user packet (type 255), optional fields, extension headers.
fn gtp_u(w: &Walk<'_>) -> Option<Verdict> {
    let [flags, 0xff, l0, l1, t0, t1, t2, t3, ..] = *w.data else { return None };
    if flags & 0xf0 != 0x30 || usize::from(u16::from_be_bytes([l0, l1])) + 8 > w.left() {
        return None;
    }
    let mut header = 8;
    if flags & 7 != 0 {
        header = 12;
        let mut extension = if flags & 4 == 0 { 0 } else { *w.data.get(11)? };
        while extension != 0 {
            match usize::from(*w.data.get(header)?) {
                0 => return None,
                words => header += words * 4,
            }
            extension = *w.data.get(header - 1)?;
        }
    }
    Some(w.enter(Tunnel::GtpU(u32::from_be_bytes([t0, t1, t2, t3])), header, ip::any))
}

/// RFC 4380 §5.1.1: IPv6 in UDP, after an optional authentication and an optional origin indication.
fn teredo(w: &Walk<'_>) -> Option<Verdict> {
    let mut header = 0;
    if let [0, 1, client, auth, ..] = *w.data {
        header = 13 + usize::from(client) + usize::from(auth);
    }
    if let [0, 0, ..] = *w.data.get(header..)? {
        header += 8;
    }
    (w.data.get(header)? >> 4 == 6).then(|| w.enter(Tunnel::IpIp, header, ip::v6))
}

fn be32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}
