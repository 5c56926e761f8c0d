//! Packet filters in the everyday subset of pcap-filter(7): `host`, `net`, `port`, `portrange`,
//! `proto`, `vlan`, `less`, `greater`, protocol names, `src` and `dst`, `and`, `or`, `not`, parentheses.
//!
//! A filter sees the flow's packet: the innermost addresses and ports, whole datagrams. So `port 53`
//! also matches behind a VLAN tag or inside GRE, where a capture filter would not look.

mod parse;
mod services;
#[cfg(test)]
mod tests;
mod words;

use super::Packet;
use std::fmt;
use std::net::IpAddr;

/// A packet filter.
#[derive(Clone, Debug)]
pub struct Filter(Option<Expr>);

/// A filter that cannot be read: where and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    text: String,
    /// Position in characters.
    column: usize,
    problem: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, column, problem } = self;
        write!(f, "{problem}\n  {text}\n  {:column$}^", "")
    }
}

impl Filter {
    /// Reads a filter. The empty text matches every packet.
    ///
    /// # Errors
    /// What is expected where, with the position marked in the text.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        parse::parse(text).map(Filter)
    }

    /// Whether the packet passes.
    pub fn matches(&self, packet: &Packet) -> bool {
        let Some(expr) = &self.0 else { return true };
        let (a, b) = (packet.key.a(), packet.key.b());
        let (src, dst) = if packet.reverse { (b, a) } else { (a, b) };
        expr.matches(packet, src, dst)
    }
}

#[derive(Clone, Debug)]
enum Expr {
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    /// `ip`, `ip6`.
    V4(bool),
    /// `arp`.
    Arp,
    /// An IP protocol.
    Proto(u8),
    /// TCP, UDP or SCTP, the protocols with ports.
    Ported,
    Net(Side, Net),
    /// First and last port.
    Port(Side, u16, u16),
    Mac(Side, [u8; 6]),
    /// Any tag, or this one.
    Vlan(Option<u16>),
    /// At most this long on the wire.
    Less(u32),
    /// At least this long on the wire.
    Greater(u32),
    /// `rarp` and the like: no flow has such packets.
    Never,
}

/// Which end of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Src,
    Dst,
    Either,
    Both,
}

impl Side {
    fn of<T>(self, src: T, dst: T, test: impl Fn(T) -> bool) -> bool {
        match self {
            Side::Src => test(src),
            Side::Dst => test(dst),
            Side::Either => test(src) || test(dst),
            Side::Both => test(src) && test(dst),
        }
    }
}

/// An address and its mask, both as numbers of the address's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Net {
    v4: bool,
    bits: u128,
    mask: u128,
}

impl Net {
    fn contains(self, ip: IpAddr) -> bool {
        self.v4 == ip.is_ipv4() && number(ip) & self.mask == self.bits
    }
}

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Expr {
    /// `src` and `dst` are the packet's ends.
    fn matches(&self, p: &Packet, src: (IpAddr, u16), dst: (IpAddr, u16)) -> bool {
        match self {
            Expr::And(x, y) => x.matches(p, src, dst) && y.matches(p, src, dst),
            Expr::Or(x, y) => x.matches(p, src, dst) || y.matches(p, src, dst),
            Expr::Not(x) => !x.matches(p, src, dst),
            Expr::V4(v4) => p.key.is_v4() == *v4 && !p.key.is_arp(),
            Expr::Arp => p.key.is_arp(),
            Expr::Proto(proto) => p.key.proto() == *proto && !p.key.is_arp(),
            Expr::Ported => matches!(p.key.proto(), 6 | 17 | 132),
            Expr::Net(side, net) => side.of(src.0, dst.0, |ip| net.contains(ip)),
            Expr::Port(side, first, last) => side.of(src.1, dst.1, |port| (*first..=*last).contains(&port)),
            Expr::Mac(side, mac) => p.macs.is_some_and(|(s, d)| side.of(s, d, |m| m == *mac)),
            Expr::Vlan(None) => p.vlans != [0; 2],
            Expr::Vlan(Some(id)) => *id != 0 && p.vlans.contains(id),
            Expr::Less(n) => p.wire_len <= *n,
            Expr::Greater(n) => p.wire_len >= *n,
            Expr::Never => false,
        }
    }
}
