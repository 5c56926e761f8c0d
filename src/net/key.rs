//! The identity of a flow: both ends and the protocol, the same for both directions.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Direction-independent flow key. `a` is the smaller end (address, then port), so that both
/// directions give the same key; [`FlowKey::new`] says which way round a packet was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowKey {
    a: [u8; 16],
    b: [u8; 16],
    a_port: u16,
    b_port: u16,
    proto: u8,
    v4: bool,
}

impl FlowKey {
    /// Key of a packet from `src` to `dst`, and whether it travels from `b` to `a`. For ICMP the ports
    /// carry what tells conversations apart (echo identifier on both sides, else 0).
    pub fn new(src: (IpAddr, u16), dst: (IpAddr, u16), proto: u8) -> (FlowKey, bool) {
        let (s, d) = ((octets(src.0), src.1), (octets(dst.0), dst.1));
        let reverse = s > d;
        let ((a, a_port), (b, b_port)) = if reverse { (d, s) } else { (s, d) };
        (FlowKey { a, b, a_port, b_port, proto, v4: src.0.is_ipv4() }, reverse)
    }

    /// The smaller end.
    pub fn a(&self) -> (IpAddr, u16) {
        (self.ip(self.a), self.a_port)
    }

    /// The larger end.
    pub fn b(&self) -> (IpAddr, u16) {
        (self.ip(self.b), self.b_port)
    }

    /// IP protocol number.
    pub const fn proto(&self) -> u8 {
        self.proto
    }

    /// Whether the addresses are IPv4.
    pub const fn is_v4(&self) -> bool {
        self.v4
    }

    /// Which shard owns the flow. Depends on the key only.
    pub fn shard(&self) -> usize {
        let word = |x: &[u8; 16], at: usize| {
            let mut w = [0u8; 8];
            w.iter_mut().zip(x.iter().skip(at)).for_each(|(o, i)| *o = *i);
            u64::from_le_bytes(w)
        };
        let mut h = 0x9e37_79b9_7f4a_7c15u64;
        let ports = u64::from(self.a_port) << 16 | u64::from(self.b_port) | u64::from(self.proto) << 32;
        for w in [word(&self.a, 0), word(&self.a, 8), word(&self.b, 0), word(&self.b, 8), ports] {
            h = (h ^ w).wrapping_mul(0xff51_afd7_ed55_8ccd);
            h ^= h >> 32;
        }
        usize::try_from(h % super::SHARDS as u64).unwrap_or(0)
    }

    fn ip(&self, octets: [u8; 16]) -> IpAddr {
        let v6 = Ipv6Addr::from(octets);
        match v6.to_ipv4_mapped() {
            Some(v4) if self.v4 => IpAddr::V4(v4),
            _ => IpAddr::V6(v6),
        }
    }
}

impl Hash for FlowKey {
    /// Fewer and wider writes than a derived implementation: the flow table is looked up per packet.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.a));
        state.write_u128(u128::from_ne_bytes(self.b));
        let ports = u64::from(self.a_port) << 16 | u64::from(self.b_port);
        state.write_u64(ports | u64::from(self.proto) << 32 | u64::from(self.v4) << 40);
    }
}

fn octets(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => Ipv4Addr::to_ipv6_mapped(&v4).octets(),
        IpAddr::V6(v6) => v6.octets(),
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
}
