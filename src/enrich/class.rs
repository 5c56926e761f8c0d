//! What kind of address it is. Only global unicast addresses are ever looked up.
//! Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and successors).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Class of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Global unicast: belongs to somebody on the Internet.
    Public,
    /// RFC 1918, RFC 4193.
    Private,
    /// 127.0.0.0/8, ::1.
    Loopback,
    /// RFC 3927, fe80::/10.
    LinkLocal,
    /// RFC 6598, 100.64.0.0/10: carrier-grade NAT.
    SharedNat,
    /// RFC 5771, ff00::/8.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// RFC 5737, RFC 3849, RFC 9637: documentation.
    Documentation,
    /// 0.0.0.0/8 and ::, RFC 2544 benchmarking, 240.0.0.0/4, and the other special blocks.
    Reserved,
}

impl Class {
    /// Word for reports and events.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Public => "public",
            Class::Private => "private",
            Class::Loopback => "loopback",
            Class::LinkLocal => "link-local",
            Class::SharedNat => "cgnat",
            Class::Multicast => "multicast",
            Class::Broadcast => "broadcast",
            Class::Documentation => "documentation",
            Class::Reserved => "reserved",
        }
    }

    /// Class of `ip`. IPv4 inside IPv6 (mapped, 6to4 and NAT64 aside) is classed as IPv4.
    pub fn of(ip: IpAddr) -> Class {
        match ip {
            IpAddr::V4(v4) => v4_class(v4),
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| v6_class(v6), v4_class),
        }
    }
}

fn v4_class(ip: Ipv4Addr) -> Class {
    match ip.octets() {
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => Class::Private,
        [127, ..] => Class::Loopback,
        [169, 254, ..] => Class::LinkLocal,
        [100, 64..=127, ..] => Class::SharedNat,
        [224..=239, ..] => Class::Multicast,
        [255, 255, 255, 255] => Class::Broadcast,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Documentation,
        [0, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] | [240..=255, ..] => Class::Reserved,
        _ => Class::Public,
    }
}

fn v6_class(ip: Ipv6Addr) -> Class {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
        [0xfe80..=0xfebf, ..] => Class::LinkLocal,
        [0xfc00..=0xfdff, ..] => Class::Private,
        [0xff00..=0xffff, ..] => Class::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Documentation,
        [0x2001, 0..=0x1ff, ..] => Class::Reserved,
        [0x2000..=0x3fff, ..] | [0x64, 0xff9b, ..] => Class::Public,
        _ => Class::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let of = |s: &str| Class::of(s.parse().unwrap()).name();
        let cases = [
            ("8.8.8.8", "public"),
            ("172.32.0.1", "public"),
            ("172.31.255.255", "private"),
            ("100.127.0.1", "cgnat"),
            ("100.128.0.1", "public"),
            ("203.0.113.9", "documentation"),
            ("255.255.255.255", "broadcast"),
            ("250.0.0.1", "reserved"),
            ("::", "reserved"),
            ("::1", "loopback"),
            ("::ffff:10.0.0.1", "private"),
            ("fd00::1", "private"),
            ("fe80::1", "link-local"),
            ("ff02::fb", "multicast"),
            ("2001:db8::1", "documentation"),
            ("2a00:1450:4001::1", "public"),
        ];
        for (ip, class) in cases {
            assert_eq!(of(ip), class, "{ip}");
        }
    }
}
