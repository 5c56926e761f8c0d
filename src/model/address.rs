//! Addresses as text, without the machinery of the formatter: flow records and scans spell millions.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

/// Longest IPv4 address.
const V4: usize = 15;

/// Every octet in decimal, and how many digits it has.
static OCTETS: [[u8; 4]; 256] = octets();

const fn octets() -> [[u8; 4]; 256] {
    let mut table = [[0; 4]; 256];
    let mut octet = 0u8;
    loop {
        let all = [b'0' + octet / 100, b'0' + octet / 10 % 10, b'0' + octet % 10];
        table[octet as usize] = match octet {
            0..10 => [all[2], 0, 0, 1],
            10..100 => [all[1], all[2], 0, 2],
            _ => [all[0], all[1], all[2], 3],
        };
        if octet == u8::MAX {
            return table;
        }
        octet += 1;
    }
}

/// An IPv4 address as text (RFC 6943 §3.1.1, strict).
pub struct V4Text {
    bytes: [u8; V4],
    len: usize,
}

impl V4Text {
    /// Spells `ip`.
    pub fn new(ip: Ipv4Addr) -> V4Text {
        let mut text = V4Text { bytes: [b'.'; V4], len: 0 };
        for (i, octet) in ip.octets().into_iter().enumerate() {
            text.len += usize::from(i > 0);
            let [digits @ .., len] = OCTETS[usize::from(octet)];
            for (slot, digit) in text.bytes.iter_mut().skip(text.len).zip(digits).take(usize::from(len)) {
                *slot = digit;
            }
            text.len += usize::from(len);
        }
        text
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Appends `ip`; IPv6 as RFC 5952 says.
pub fn push_ip_bytes(out: &mut Vec<u8>, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => {
            // Copied as a whole and cut, which needs no call.
            let text = V4Text::new(ip);
            out.extend_from_slice(&text.bytes);
            out.truncate(out.len() - (V4 - text.len.min(V4)));
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(ip) => write!(out, "{ip}").unwrap_or_default(),
    }
}

/// Appends `ip`; IPv6 as RFC 5952 says.
pub fn push_ip(out: &mut String, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => out.push_str(std::str::from_utf8(V4Text::new(ip).as_bytes()).unwrap_or_default()),
        IpAddr::V6(ip) => {
            // Writing to a string cannot fail.
            let _ = std::fmt::Write::write_fmt(out, format_args!("{ip}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_standard_library_spells_them() {
        for ip in
            ["0.0.0.0", "255.255.255.255", "1.20.103.9", "100.10.99.101", "::", "::ffff:1.2.3.4", "fe80::1"]
        {
            let ip: IpAddr = ip.parse().unwrap();
            let (mut text, mut bytes) = (String::new(), Vec::new());
            push_ip(&mut text, ip);
            push_ip_bytes(&mut bytes, ip);
            assert_eq!(text, ip.to_string());
            assert_eq!(bytes, text.as_bytes());
        }
        for octet in 0..=255u8 {
            let ip = Ipv4Addr::new(octet, 0, 255 - octet, octet);
            assert_eq!(V4Text::new(ip).as_bytes(), ip.to_string().as_bytes());
        }
    }
}
