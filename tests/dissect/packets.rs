//! Packets made by hand, layer by layer.

use netlog::model::Stamp;
use netlog::net::{Packet, Verdict, dissect};

pub const A: [u8; 4] = [192, 0, 2, 1];
pub const B: [u8; 4] = [198, 51, 100, 2];
pub const MAC_A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
pub const MAC_B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];

/// Joins layers.
pub fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn be16(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap().to_be_bytes()
}

/// A TCP segment from port 40000 to 80: sequence 7, SYN and ACK, one option word, `data`.
pub fn tcp(data: &[u8]) -> Vec<u8> {
    let header = [0x9c, 0x40, 0, 80, 0, 0, 0, 7, 0, 0, 0, 9, 0x60, 0x12, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0];
    cat(&[&header, data])
}

pub fn udp(src: u16, dst: u16, data: &[u8]) -> Vec<u8> {
    cat(&[&src.to_be_bytes(), &dst.to_be_bytes(), &be16(data.len() + 8), &[0, 0], data])
}

/// From `A` to `B`.
pub fn ip4(proto: u8, data: &[u8]) -> Vec<u8> {
    let length = be16(data.len() + 20);
    cat(&[&[0x45, 0], &length, &[0, 1, 0x40, 0, 61, proto, 0, 0], &A, &B, data])
}

/// From 2001:db8::1 to 2001:db8::2.
pub fn ip6(next: u8, data: &[u8]) -> Vec<u8> {
    let prefix = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    cat(&[&[0x60, 0, 0, 0], &be16(data.len()), &[next, 60], &prefix, &[1], &prefix, &[2], data])
}

/// A frame from `MAC_A` to `MAC_B`.
pub fn ether(kind: u16, data: &[u8]) -> Vec<u8> {
    cat(&[&MAC_B, &MAC_A, &kind.to_be_bytes(), data])
}

/// What is known of a packet, on one line.
pub fn told(link: u16, bytes: &[u8]) -> String {
    cut(link, bytes, bytes.len())
}

/// The same for a packet of which `caught` bytes were captured.
pub fn cut(link: u16, bytes: &[u8], caught: usize) -> String {
    let wire = u32::try_from(bytes.len()).unwrap();
    match dissect(link, &bytes[..caught], wire, Stamp::default()) {
        Verdict::Flow(p) => line(&p, &bytes[..caught]),
        Verdict::Fragment(range) => format!("fragment {range:?}"),
        Verdict::Skip(name) => format!("skip {name}"),
        Verdict::Malformed(name) => format!("malformed {name}"),
    }
}

fn line(p: &Packet, bytes: &[u8]) -> String {
    let (src, dst) = if p.reverse { (p.key.b(), p.key.a()) } else { (p.key.a(), p.key.b()) };
    let payload = &bytes[p.payload.start as usize..p.payload.end as usize];
    let text = String::from_utf8_lossy(payload);
    let mut out = format!("{} {}#{} {}#{} {text:?}", p.key.proto(), src.0, src.1, dst.0, dst.1);
    if p.payload_len as usize != payload.len() {
        out += &format!(" of {}", p.payload_len);
    }
    if p.vlans != [0; 2] {
        out += &format!(" vlans {:?}", p.vlans);
    }
    if let Some(tunnel) = p.tunnel {
        out += &format!(" {tunnel:?}");
    }
    out
}

pub const TCP4: &str = "6 192.0.2.1#40000 198.51.100.2#80 \"hello\"";
pub const TCP6: &str = "6 2001:db8::1#40000 2001:db8::2#80 \"hello\"";

/// TCP over IPv4 with "hello".
pub fn tcp4() -> Vec<u8> {
    ip4(6, &tcp(b"hello"))
}

/// TCP over IPv6 with "hello".
pub fn tcp6() -> Vec<u8> {
    ip6(6, &tcp(b"hello"))
}
