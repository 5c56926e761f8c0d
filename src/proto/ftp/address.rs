//! Addresses of data connections: PORT and PASV (RFC 959 4.1.2), EPRT and EPSV (RFC 2428).

use std::net::{IpAddr, Ipv4Addr};

/// `h1,h2,h3,h4,p1,p2` wherever it begins in `text`.
pub(super) fn six(text: &[u8]) -> Option<(IpAddr, u16)> {
    let from = text.iter().position(u8::is_ascii_digit)?;
    let end = text
        .iter()
        .skip(from)
        .position(|b| !b.is_ascii_digit() && *b != b',')
        .map_or(text.len(), |n| from + n);
    let mut numbers = [0u8; 6];
    let mut parts = text.get(from..end)?.split(|b| *b == b',');
    for number in &mut numbers {
        *number = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    }
    let [a, b, c, d, high, low] = numbers;
    Some((Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low])))
}

/// `|1|192.0.2.1|6275|` (RFC 2428 §2) or `|||6446|` (§3), the delimiter any character.
pub(super) fn extended(text: &[u8]) -> Option<(Option<IpAddr>, u16)> {
    let text = std::str::from_utf8(text).ok()?;
    let mark = text.chars().next()?;
    let mut parts = text.split(mark).skip(2);
    let ip = parts.next()?;
    let ip = if ip.is_empty() { None } else { Some(ip.parse().ok()?) };
    Some((ip, parts.next()?.parse().ok()?))
}
