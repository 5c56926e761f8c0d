//! The identity of a flow: both ends and the protocol, the same for both directions.

use super::transport;
use crate::model::Transport;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as a number, upper and lower half; IPv4 as an IPv4-mapped IPv6 address. Numbers are compared
/// and hashed in registers, which bytes are not, and every packet is.
type Number = (u64, u64);

/// Stands where ARP has neither: a protocol number that is reserved, and as the port of `a` the EtherType. IP packets of that
/// protocol have no ports.
const ARP: (u8, u16) = (255, 0x0806);

/// Where the IPv4 addresses are: `::ffff:0:0/96`.
const MAPPED: u64 = 0xffff << 32;

/// Direction-independent flow key. `a` is the smaller end (address, then port), so that both
/// directions give the same key; [`FlowKey::new`] says which way round a packet was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowKey {
    a: Number,
    b: Number,
    a_port: u16,
    b_port: u16,
    proto: u8,
    v4: bool,
}

impl FlowKey {
    /// Key of a packet from `src` to `dst`, and whether it travels from `b` to `a`. For ICMP the ports
    /// carry what tells conversations apart (echo identifier on both sides, else 0).
    pub fn new(src: (IpAddr, u16), dst: (IpAddr, u16), proto: u8) -> (FlowKey, bool) {
        let (s, d) = ((number(src.0), src.1), (number(dst.0), dst.1));
        let reverse = s > d;
        let ((a, a_port), (b, b_port)) = if reverse { (d, s) } else { (s, d) };
        (FlowKey { a, b, a_port, b_port, proto, v4: src.0.is_ipv4() }, reverse)
    }

    /// Key of an ARP message: who asks or tells, whom, and on which VLAN (outer and inner identifier, 0 = none): the
    /// same addresses on two of them are two networks. Question and answer have the same.
    pub fn arp(sender: Ipv4Addr, target: Ipv4Addr, [outer, inner]: [u16; 2]) -> (FlowKey, bool) {
        let (proto, port) = ARP;
        let (key, reverse) = FlowKey::new((sender.into(), port), (target.into(), port), proto);
        // The upper half of an IPv4 address says nothing.
        (FlowKey { b: (inner.into(), key.b.1), b_port: outer, ..key }, reverse)
    }

    /// What its packets are, as `network.transport` names it.
    pub const fn transport(&self) -> Transport {
        if self.is_arp() { Transport::Arp } else { transport(self.proto) }
    }

    /// Whether its packets are no IP packets but ask for addresses.
    pub const fn is_arp(&self) -> bool {
        self.proto == ARP.0 && self.a_port == ARP.1
    }

    /// The smaller end.
    pub fn a(&self) -> (IpAddr, u16) {
        (self.ip(self.a), self.a_port)
    }

    /// The larger end.
    pub fn b(&self) -> (IpAddr, u16) {
        (self.ip(self.b), self.b_port)
    }

    /// IP protocol number; see also [`FlowKey::is_arp`].
    pub const fn proto(&self) -> u8 {
        self.proto
    }

    /// Whether the addresses are IPv4.
    pub const fn is_v4(&self) -> bool {
        self.v4
    }

    /// Which shard owns the flow. Depends on the key only.
    pub fn shard(&self) -> usize {
        let mut h = 0x9e37_79b9_7f4a_7c15u64;
        let ports = u64::from(self.a_port) << 16 | u64::from(self.b_port) | u64::from(self.proto) << 32;
        // As the bytes of the addresses are read on most machines: which shard a flow is in decides which
        // packet's place its record gets, so this function never changes.
        let [a, b, c, d] = [self.a.0, self.a.1, self.b.0, self.b.1].map(u64::swap_bytes);
        for w in [a, b, c, d, ports] {
            h = (h ^ w).wrapping_mul(0xff51_afd7_ed55_8ccd);
            h ^= h >> 32;
        }
        usize::try_from(h % super::SHARDS as u64).unwrap_or(0)
    }

    fn ip(&self, (high, low): Number) -> IpAddr {
        match u32::try_from(low ^ MAPPED) {
            Ok(v4) if self.v4 => IpAddr::V4(Ipv4Addr::from_bits(v4)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low))),
        }
    }
}

impl Hash for FlowKey {
    /// Fewer and wider writes than a derived implementation: the flow table is looked up per packet.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from(self.a.0) << 64 | u128::from(self.a.1));
        state.write_u128(u128::from(self.b.0) << 64 | u128::from(self.b.1));
        let ports = u64::from(self.a_port) << 16 | u64::from(self.b_port);
        state.write_u64(ports | u64::from(self.proto) << 32 | u64::from(self.v4) << 40);
    }
}

fn number(ip: IpAddr) -> Number {
    match ip {
        IpAddr::V4(v4) => (0, MAPPED | u64::from(v4.to_bits())),
        IpAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h] = v6.segments().map(u64::from);
            (a << 48 | b << 32 | c << 16 | d, e << 48 | f << 32 | g << 16 | h)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_one_flow() {
        let x = ("192.0.2.7".parse().unwrap(), 40000);
        let y = ("198.51.100.1".parse().unwrap(), 80);
        let (k1, r1) = FlowKey::new(x, y, 6);
        let (k2, r2) = FlowKey::new(y, x, 6);
        assert_eq!(k1, k2);
        assert_ne!(r1, r2);
        assert_eq!(k1.shard(), k2.shard());
        assert_eq!((k1.a(), k1.b()), (x, y));
    }

    /// Values of the first release: another assignment would put records at other places.
    #[test]
    fn the_shard_of_a_flow_stays() {
        let shard = |s: &str, d: &str, proto| {
            let end = |s: &str| s.parse::<std::net::SocketAddr>().map(|e| (e.ip(), e.port())).unwrap();
            FlowKey::new(end(s), end(d), proto).0.shard()
        };
        assert_eq!(shard("192.0.2.7:40000", "198.51.100.1:80", 6), 5);
        assert_eq!(shard("[2001:db8::1]:5353", "[ff02::fb]:5353", 17), 10);
    }

    #[test]
    fn addresses_come_back_as_they_were() {
        for ip in [
            "0.0.0.0",
            "255.255.255.255",
            "10.1.2.3",
            "::",
            "::ffff:10.1.2.3",
            "2001:db8::1:2:3",
            "ffff::ffff",
        ] {
            let ip: IpAddr = ip.parse().unwrap();
            let (key, reverse) = FlowKey::new((ip, 7), (ip, 9), 17);
            assert!(!reverse);
            assert_eq!((key.a(), key.b()), ((ip, 7), (ip, 9)));
        }
    }

    /// One tag, two tags, none: other networks each, whatever bits the identifiers share.
    #[test]
    fn arp_on_other_vlans_is_another_flow() {
        let (x, y) = (Ipv4Addr::new(192, 0, 2, 7), Ipv4Addr::new(192, 0, 2, 8));
        let networks = [[0, 0], [257, 0], [1, 16], [16, 1], [0, 257], [4095, 4095], [4095, 0]];
        let keys = networks.map(|vlans| FlowKey::arp(x, y, vlans).0);
        for (i, key) in keys.iter().enumerate() {
            assert!(key.is_arp() && keys.iter().skip(i + 1).all(|other| other != key), "{:?}", networks[i]);
            assert_eq!((key.a().0, key.b().0), (x.into(), y.into()));
            assert_eq!(*key, FlowKey::arp(y, x, networks[i]).0);
        }
    }
}
