//! An address block in CIDR notation.

use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block such as `10.0.0.0/8` or `fd00::/8`; a bare address is a block of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    base: IpAddr,
    prefix: u8,
}

/// What is wrong with a block's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no network; write it like 10.0.0.0/8 or fd00::/8")]
pub struct NetError(String);

impl FromStr for Net {
    type Err = NetError;
    fn from_str(text: &str) -> Result<Net, NetError> {
        let wrong = || NetError(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(p) => p.trim().parse::<u8>().ok().filter(|p| *p <= width).ok_or_else(wrong)?,
            None => width,
        };
        Ok(Net { base, prefix })
    }
}

impl<'de> Deserialize<'de> for Net {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Net, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl Net {
    /// The block of `prefix` bits around `base`; `None` if the address has not as many.
    pub fn new(base: IpAddr, prefix: u8) -> Option<Net> {
        let width = if base.is_ipv4() { 32 } else { 128 };
        (prefix <= width).then_some(Net { base, prefix })
    }

    /// An address of the block, and the bits that all its addresses share. An IPv4 block in the clothes of
    /// IPv6 (`::ffff:192.0.2.0/120`) is one of IPv4.
    pub fn parts(&self) -> (IpAddr, u32) {
        let prefix = u32::from(self.prefix);
        match self.base.to_canonical() {
            IpAddr::V4(ip) if self.base.is_ipv6() && prefix >= 96 => (IpAddr::V4(ip), prefix - 96),
            IpAddr::V4(ip) if self.base.is_ipv4() => (IpAddr::V4(ip), prefix),
            _ => (self.base, prefix),
        }
    }

    /// Whether `ip` lies in the block.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.prefix);
                shift == 32 || (base.to_bits() ^ ip.to_bits()) >> shift == 0
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.prefix);
                shift == 128 || (base.to_bits() ^ ip.to_bits()) >> shift == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        let net: Net = "10.0.0.0/8".parse().unwrap();
        assert!(net.contains("10.255.0.1".parse().unwrap()));
        assert!(!net.contains("11.0.0.0".parse().unwrap()));
        assert!(!net.contains("::a00:1".parse().unwrap()));
        let all: Net = "::/0".parse().unwrap();
        assert!(all.contains("2001:db8::1".parse().unwrap()));
        let one: Net = "192.0.2.1".parse().unwrap();
        assert!(one.contains("192.0.2.1".parse().unwrap()) && !one.contains("192.0.2.2".parse().unwrap()));
        for bad in ["10.0.0.0/33", "x", "10/8", "1.2.3.4/", ""] {
            assert!(bad.parse::<Net>().is_err(), "{bad}");
        }
    }
}
