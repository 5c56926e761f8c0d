//! The words of a filter: cutting the text, names, and the forms of addresses and ports.

use super::services;
use std::net::Ipv4Addr;

/// Words with their position in bytes. Parentheses and operators stand for themselves.
pub(super) fn words(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return out };
        let length = match first {
            '(' | ')' | '!' => 1,
            '&' | '|' => rest.len() - rest.trim_start_matches(first).len(),
            _ => rest.find(|c: char| c.is_whitespace() || "()!&|".contains(c)).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        out.push((at, word));
        rest = after;
    }
}

/// A protocol name, alone or as a qualifier.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Ip(bool),
    Transport(u8),
    Ether,
    Arp,
    Never,
}

/// The protocol name `word` is.
pub(super) fn family(word: &str) -> Option<Family> {
    Some(match word {
        "ip" => Family::Ip(true),
        "ip6" => Family::Ip(false),
        "ether" => Family::Ether,
        "arp" => Family::Arp,
        "rarp" | "stp" | "ipx" | "iso" | "atalk" | "decnet" => Family::Never,
        other => Family::Transport(protocol(other)?),
    })
}

/// Number of an IP protocol by name.
pub(super) fn protocol(word: &str) -> Option<u8> {
    Some(match word {
        "icmp" => 1,
        "igmp" => 2,
        "tcp" => 6,
        "udp" => 17,
        "gre" => 47,
        "esp" => 50,
        "icmp6" => 58,
        "ospf" => 89,
        "pim" => 103,
        "vrrp" => 112,
        "sctp" => 132,
        _ => return None,
    })
}

/// Whether a word may be an address, a port or the like: it has no meaning of its own.
pub(super) fn is_identifier(word: &str) -> bool {
    !matches!(word, "and" | "or" | "not" | "&&" | "||" | "!" | "(" | ")" | "vlan" | "less" | "greater")
        && !word.starts_with(['&', '|'])
        && (family(word).is_none() && !matches!(word, "src" | "dst" | "host" | "net" | "port" | "portrange"))
}

/// `10`, `10.1`, `10.1.2`: the network of that many octets.
pub(super) fn prefix(text: &str) -> Option<(Ipv4Addr, u32)> {
    let mut octets = [0u8; 4];
    let mut bits = 0;
    let mut slots = octets.iter_mut();
    for part in text.split('.') {
        *slots.next()? = part.parse().ok()?;
        bits += 8;
    }
    Some((Ipv4Addr::from(octets), bits))
}

/// Two ports, in either order.
pub(super) fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (services::port(first)?, services::port(last)?);
    Some((first.min(last), first.max(last)))
}

/// Six octets in hexadecimal.
pub(super) fn mac(text: &str) -> Option<[u8; 6]> {
    let mut octets = [0u8; 6];
    let mut slots = octets.iter_mut();
    for part in text.split([':', '-']) {
        *slots.next()? = u8::from_str_radix(part, 16).ok()?;
    }
    slots.next().is_none().then_some(octets)
}
