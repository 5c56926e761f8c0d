//! Shapes of datagrams.

use super::{Over, Shape, Sight, shapes};

/// Head of an RTP packet (RFC 3550 §5.1): payload type, sequence number, source.
fn media(bytes: &[u8]) -> Option<(u8, u16, &[u8])> {
    let [first, second, a, b, rest @ ..] = bytes else { return None };
    let kind = second & 0x7f;
    // 72 to 76 would be RTCP's types.
    let good = first >> 6 == 2 && !(72..=76).contains(&kind);
    good.then(|| rest.get(4..8)).flatten().map(|source| (kind, u16::from(*a) << 8 | u16::from(*b), source))
}

/// Two packets of one source in a row.
fn rtp(s: &Sight<'_>) -> bool {
    let (Some((kind, seq, source)), Some((before, last, same))) = (media(s.bytes), media(s.before)) else {
        return false;
    };
    // Codecs may change between the two, sources may not.
    let near = seq.wrapping_sub(last) <= 4;
    source == same && near && source != [0; 4] && (kind == before || seq != last)
}

/// The first packet of a compound (RFC 3550 §6): reports are as long as their number says; others end with the
/// datagram, or with what SRTCP adds (RFC 3711 §3.4).
fn rtcp(s: &Sight<'_>) -> bool {
    let (Some(first), Some(kind), Some(words)) = (s.u8(0), s.u8(1), s.u16(2)) else { return false };
    let (reports, length) = (u16::from(first & 31), (usize::from(words) + 1) * 4);
    let fits = match kind {
        200 => words == 6 + 6 * reports,
        201 => words == 1 + 6 * reports,
        202..=207 => words >= 1 && matches!(s.bytes.len().checked_sub(length), Some(0 | 14 | 18)),
        _ => false,
    };
    first >> 6 == 2 && first & 0x20 == 0 && fits && length <= s.bytes.len()
}

/// A record of DTLS after the handshake: type, version, length of the rest or less (RFC 6347 §4.1).
fn dtls(s: &Sight<'_>) -> bool {
    let version = s.has(1, &[0xfe, 0xff]) || s.has(1, &[0xfe, 0xfd]) || s.has(1, &[1, 0]);
    let length = s.u16(11).map(|n| usize::from(n) + 13);
    matches!(s.u8(0), Some(20..=25))
        && version
        && length.is_some_and(|n| n <= s.bytes.len() && n > 13)
        && (s.u8(1) != Some(1) || length == Some(s.bytes.len()))
}

/// Data of WireGuard, its handshake not captured: type 4, a counter that is not long yet.
fn wireguard(s: &Sight<'_>) -> bool {
    s.has(0, &[4, 0, 0, 0])
        && s.bytes.len() >= 32
        && s.bytes.len().is_multiple_of(16)
        && s.has(13, &[0, 0, 0])
}

/// Two datagrams of one connection of uTP (BEP 29): the same identifier, times (microseconds) and numbers that go on.
fn utp(s: &Sight<'_>) -> bool {
    let head = |b: &[u8]| match b {
        [kind, 0..=2, a, b, t0, t1, t2, t3, _, _, _, _, _, _, _, _, n0, n1, ..]
            if kind & 15 == 1 && kind >> 4 <= 4 =>
        {
            Some(([*a, *b], u32::from_be_bytes([*t0, *t1, *t2, *t3]), u16::from_be_bytes([*n0, *n1])))
        }
        _ => None,
    };
    let (Some((id, time, number)), Some((same, last, before))) = (head(s.bytes), head(s.before)) else {
        return false;
    };
    id == same && (1..20_000_000).contains(&time.wrapping_sub(last)) && number.wrapping_sub(before) <= 16
}

fn raknet(s: &Sight<'_>) -> bool {
    const MAGIC: &[u8] =
        &[0, 0xff, 0xff, 0, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78];
    [1, 9, 17].iter().any(|at| s.has(*at, MAGIC))
}

/// NetFlow 1, 5, 7, 9 and IPFIX: version, and a count or the length.
fn netflow(s: &Sight<'_>) -> bool {
    match s.u16(0) {
        Some(1 | 5 | 7) => s.u16(2).is_some_and(|n| (1..=30).contains(&n)),
        Some(9) => s.u16(2).is_some_and(|n| (1..=200).contains(&n)) && s.bytes.len() >= 24,
        Some(10) => s.long(s.u16(2).map(u32::from), 0),
        _ => false,
    }
}

/// A call of ONC RPC version 2, or its reply (RFC 5531 §9).
fn rpc(s: &Sight<'_>) -> bool {
    let call = s.u32(4) == Some(0)
        && s.u32(8) == Some(2)
        && s.u32(12).is_some_and(|p| (100_000..200_000).contains(&p));
    let reply = s.u32(4) == Some(1)
        && s.u32(8) == Some(0)
        && s.bytes.len() >= 24
        && s.u32(16) == Some(0)
        && s.u32(20) == Some(0);
    call || reply
}

/// A head of CAPWAP, or DTLS in its wrapper (RFC 5415 §4.2).
fn capwap(s: &Sight<'_>) -> bool {
    matches!(s.u8(0), Some(0 | 1))
        && s.bytes.len() >= 8
        && (s.u8(0) == Some(1) || s.u8(1).is_some_and(|b| b >> 3 >= 2))
}

/// The first part of a collectd packet: type 0 (host), its length, text that ends in a zero; or anything of its types.
fn collectd(s: &Sight<'_>) -> bool {
    let length = s.u16(2).map(usize::from);
    matches!(s.u16(0), Some(0..=9 | 0x100 | 0x101 | 0x200 | 0x210))
        && (length.is_some_and(|n| n >= 5) || s.bytes.len() > 8)
}

/// GTP version 1 or 2: length of what follows the first eight or four bytes.
fn gtp(s: &Sight<'_>) -> bool {
    let version = s.u8(0).map(|b| b >> 5);
    let rest = s.u16(2).map(usize::from);
    match version {
        Some(1) => {
            s.u8(0).is_some_and(|b| b & 0x10 != 0) && rest.is_some_and(|n| n + 8 <= s.bytes.len().max(8))
        }
        Some(2) => rest.is_some_and(|n| n + 4 == s.bytes.len()),
        _ => false,
    }
}

shapes! {
    Udp;
    "bacnet" at [47808], "BACnet/IP.", |s| s.u8(0) == Some(0x81) && s.u8(1).is_some_and(|f| f <= 12) && s.long(s.u16(2).map(u32::from), 0);
    "bittorrent" near [6881], "BitTorrent: distributed hash table, uTP, search in the local network.", |s| s.begins(&["d1:ad2:id20:", "d1:rd2:id20:", "d2:ip6:", "d1:eli2", "BT-SEARCH * HTTP"]) || utp(s);
    "bjnp" near [8612, 8611], "Canon printers: BJNP.", |s| s.begins(&["BJNP", "MFNP", "BNJB", "BJNB"]) && s.bytes.len() >= 16;
    "c1222" at [1153], "ANSI C12.22: meters.", |s| s.has(0, &[0x60]) && s.has(2, &[0xa2]);
    "can" near [11898], "CAN frames in UDP.", |s| s.begins(&["ISO11898"]);
    "capwap" at [5246, 5247], "CAPWAP: access points and their controllers (RFC 5415).", capwap;
    "coap" at [5683], "Constrained Application Protocol (RFC 7252).", |s| s.u8(0).is_some_and(|b| b >> 6 == 1 && b & 15 <= 8) && s.u8(1).is_some_and(|c| matches!(c >> 5, 0 | 2 | 4 | 5));
    "collectd" at [25826], "collectd's measurements.", collectd;
    "cip_io" at [2222], "EtherNet/IP implicit messages.", |s| s.has(0, &[2, 0, 2, 0x80, 8, 0]);
    "corba" near [], "CORBA multicast: MIOP.", |s| s.begins(&["MIOP"]);
    "cpha" at [8116], "Check Point's cluster control.", |s| s.has(0, &[0x1a, 0x90]);
    "dhcpv4" at [67, 68], "DHCP behind another header.", |s| s.has(236, &[0x63, 0x82, 0x53, 0x63]);
    "dlep" at [854], "Dynamic Link Exchange Protocol (RFC 8175), discovery.", |s| s.begins(&["DLEP"]);
    "dropbox" at [17500], "Dropbox looking for others in the local network.", |s| s.begins(&["{\"host_int\""]) || (s.within("{\"host_int\"") || s.u8(0).is_some_and(|b| b >> 6 == 1));
    "egd" at [18246], "Ethernet Global Data of GE's controllers.", |s| s.has(0, &[0x0d, 1]);
    "enip" at [44818], "EtherNet/IP.", |s| s.bytes.len() >= 24 && s.u16(0).is_some_and(|c| matches!(c.swap_bytes(), 0..=0x72));
    "esio" near [6060], "Ether-S-I/O.", |s| s.begins(&["ESIO"]);
    "gtp" at [2123, 2152, 3386], "GTP: mobile networks' control (what it carries is looked at by itself).", gtp;
    "h225" at [1719, 1718], "H.323 gatekeepers: H.225 RAS.", |s| s.bytes.len() >= 4;
    "hart_ip" at [5094, 5095], "HART-IP: field devices.", |s| s.u8(0) == Some(1) && matches!(s.u8(1), Some(0 | 1 | 2 | 15));
    "hsrp" at [1985], "Hot Standby Router Protocol (RFC 2281).", |s| matches!(s.u8(0), Some(0 | 1)) && s.bytes.len() >= 20;
    "ldp" at [646], "Label Distribution Protocol (RFC 5036), hellos.", |s| s.u16(0) == Some(1) && s.long(s.u16(2).map(u32::from), 4);
    "lisp" at [4341, 4342], "LISP: routing by locator and identifier (RFC 9300).", |s| s.bytes.len() >= 8;
    "megaco" at [2944, 2945], "Megaco, H.248: media gateways.", |s| s.begins(&["!/", "MEGACO/"]) || s.u8(0) == Some(0x30);
    "mndp" at [5678], "MikroTik's neighbour discovery.", |s| s.bytes.len() >= 4;
    "nat_pmp" at [5350, 5351], "NAT-PMP and PCP: ports opened in a router (RFC 6886, 6887).", |s| matches!(s.u8(0), Some(0 | 2)) && s.bytes.len() >= 2;
    "nbdgm" at [138], "NetBIOS datagrams (RFC 1002 §4.4).", |s| matches!(s.u8(0), Some(0x10..=0x16)) && s.bytes.len() >= 14;
    "netflow" at [2055, 2056, 2057, 4432, 4739, 9995, 9996], "NetFlow and IPFIX exports.", netflow;
    "ptp" at [319, 320], "Precision Time Protocol (IEEE 1588).", |s| s.u8(1).is_some_and(|v| v & 15 == 2) && s.bytes.len() >= 34;
    "raknet" near [19132], "RakNet: games.", raknet;
    "rip" at [520], "Routing Information Protocol (RFC 2453).", |s| matches!(s.u8(0), Some(1 | 2)) && matches!(s.u8(1), Some(1 | 2)) && s.bytes.len() % 20 == 4;
    "rmcp" at [623, 664], "Remote management of hosts: RMCP, IPMI.", |s| s.u8(0) == Some(6) && s.u8(3).is_some_and(|c| c & 0x1f == 6 || c & 0x1f == 7);
    "rpc" near [111], "ONC RPC over UDP other than NFS: portmapper, mount, lock manager.", rpc;
    "rtcp" near [], "Reports on media (RFC 3550 §6), also encrypted ones.", rtcp;
    "rtp" near [], "Media (RFC 3550), also encrypted: two packets of one source in a row.", rtp;
    "rtps" near [7400], "DDS between its participants: RTPS.", |s| s.begins(&["RTPS\x01", "RTPS\x02"]);
    "rx" at [7000, 7001, 7002, 7003, 7004, 7005, 7007, 7008, 7009], "AFS: Rx.", |s| s.bytes.len() >= 28 && s.u8(20).is_some_and(|kind| (1..=13).contains(&kind));
    "srvloc" at [427], "Service Location Protocol (RFC 2608).", |s| matches!(s.u8(0), Some(1 | 2)) && s.u8(1).is_some_and(|f| (1..=15).contains(&f));
    "steam" near [27036], "Steam looking for others in the local network.", |s| s.has(0, &[0xff, 0xff, 0xff, 0xff, 0x21, 0x4c, 0x5f, 0xa0]);
    "tailscale" near [41641], "Tailscale finding paths between its peers.", |s| s.has(0, b"TS\xf0\x9f\x92\xac");
    "teredo" at [3544], "Teredo's authentication and bubbles.", |s| s.has(0, &[0, 1]) || s.has(0, &[0, 0]) || s.u8(0) == Some(0x60);
    "tls" near [443], "DTLS that was captured from the middle on.", dtls;
    "wireguard" near [51820], "WireGuard that was captured after its handshake.", wireguard;
}
