//! Community ID flow hashing, version 1, seed 0 (specification by Corelight, "Community ID Flow
//! Hashing"): the same text for both directions of a flow in every tool that knows it.

use crate::model::Transport;
use sha1::{Digest, Sha1};
use std::net::IpAddr;

/// `1:` and the base64 of the SHA-1 over the ordered flow tuple. For ICMP, `src.1` and `dst.1` are the
/// message type and code; where the type has a counterpart (echo and reply …) the counterpart
/// stands in for the other port, as the specification asks.
pub fn community_id(transport: Transport, src: (IpAddr, u16), dst: (IpAddr, u16)) -> String {
    let proto = transport.number();
    let (src_port, dst_port, one_way) = match transport {
        Transport::Icmp => icmp_ports(src.1, dst.1, &ICMP_PAIRS),
        Transport::Icmp6 => icmp_ports(src.1, dst.1, &ICMP6_PAIRS),
        _ => (src.1, dst.1, false),
    };
    let (s, d) = (octets(src.0), octets(dst.0));
    let keep = one_way || (s.as_slice(), src_port) < (d.as_slice(), dst_port);
    let ((a, ap), (b, bp)) =
        if keep { ((s, src_port), (d, dst_port)) } else { ((d, dst_port), (s, src_port)) };
    let ports = [ap.to_be_bytes(), bp.to_be_bytes()];
    let ports = if matches!(proto, 1 | 6 | 17 | 58 | 132) { ports.as_flattened() } else { &[] };
    let mut tuple = Tuple { bytes: [0; 40], len: 2 };
    for part in [a.as_slice(), b.as_slice(), &[proto, 0], ports] {
        tuple.push(part);
    }
    spelled(Sha1::digest(tuple.bytes.get(..tuple.len).unwrap_or_default()).into())
}

/// What is hashed, in one piece: seed, addresses, protocol, padding, ports.
struct Tuple {
    bytes: [u8; 40],
    len: usize,
}

impl Tuple {
    fn push(&mut self, part: &[u8]) {
        if let Some(to) = self.bytes.get_mut(self.len..self.len + part.len()) {
            to.copy_from_slice(part);
            self.len += part.len();
        }
    }
}

struct Octets {
    bytes: [u8; 16],
    len: usize,
}

impl Octets {
    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

fn octets(ip: IpAddr) -> Octets {
    match ip {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes.iter_mut().zip(v4.octets()).for_each(|(o, i)| *o = i);
            Octets { bytes, len: 4 }
        }
        IpAddr::V6(v6) => Octets { bytes: v6.octets(), len: 16 },
    }
}

/// ICMP types that answer each other (RFC 792, 950, 1256).
static ICMP_PAIRS: [(u16, u16); 8] =
    [(8, 0), (0, 8), (13, 14), (14, 13), (15, 16), (16, 15), (17, 18), (18, 17)];
/// ICMPv6 types that answer each other (RFC 4443, 4861, 4620, 2710, 3122, 4065, 6275).
static ICMP6_PAIRS: [(u16, u16); 14] = [
    (128, 129),
    (129, 128),
    (133, 134),
    (134, 133),
    (135, 136),
    (136, 135),
    (130, 131),
    (131, 130),
    (139, 140),
    (140, 139),
    (144, 145),
    (145, 144),
    (146, 147),
    (147, 146),
];
/// RFC 1256: solicitation 10 pairs with advertisement 9.
static ROUTER: [(u16, u16); 2] = [(10, 9), (9, 10)];

fn icmp_ports(kind: u16, code: u16, pairs: &[(u16, u16)]) -> (u16, u16, bool) {
    let router = if pairs.len() == ICMP_PAIRS.len() { &ROUTER[..] } else { &[] };
    match pairs.iter().chain(router).find(|(from, _)| *from == kind) {
        Some((_, answer)) => (kind, *answer, false),
        None => (kind, code, true),
    }
}

static ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 (RFC 4648) of the 20 bytes behind the version's prefix.
fn spelled(hash: [u8; 20]) -> String {
    let mut text = *b"1:==============================";
    let mut last = [0; 3];
    let (threes, rest) = hash.as_chunks::<3>();
    last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
    let fours = text.iter_mut().skip(2);
    let letters = threes.iter().chain([&last]).flat_map(|[a, b, c]| {
        let word = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
        [18, 12, 6, 0].map(|shift| ALPHABET[(word >> shift & 63) as usize])
    });
    // The last letter stands for no byte of the hash: it stays padding.
    fours.zip(letters.take(27)).for_each(|(to, letter)| *to = letter);
    text.get(..30).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that Packetbeat prints for the same flows, and the specification's baseline vectors.
    #[test]
    fn known_flows() {
        let id =
            |t, s: &str, sp, d: &str, dp| community_id(t, (s.parse().unwrap(), sp), (d.parse().unwrap(), dp));
        let udp = id(Transport::Udp, "192.168.238.68", 52602, "192.168.238.1", 53);
        assert_eq!(udp, "1:T3jwZF/3t/vvdgrVwdxagCf5Azo=");
        assert_eq!(udp, id(Transport::Udp, "192.168.238.1", 53, "192.168.238.68", 52602));
        let tcp = id(Transport::Tcp, "128.232.110.120", 34855, "66.35.250.204", 80);
        assert_eq!(tcp, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(id(Transport::Icmp, "10.0.0.1", 8, "10.0.0.2", 0), "1:YcMyyWJfhc95EW1GfXt6jlZ3DiQ=");
        assert_eq!(id(Transport::Icmp, "10.0.0.2", 0, "10.0.0.1", 0), "1:YcMyyWJfhc95EW1GfXt6jlZ3DiQ=");
    }
}
