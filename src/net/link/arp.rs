//! ARP (RFC 826) between Ethernet and IPv4 addresses.

use super::super::Verdict;
use super::super::dissect::Walk;
use std::net::Ipv4Addr;

/// Length of a message with addresses of six and four bytes; frames are padded beyond it.
const LENGTH: usize = 28;

/// A message. Its ends are the protocol addresses it names, so that question and answer are one flow.
pub(super) fn message(w: &mut Walk<'_>) -> Verdict {
    let [h0, h1, p0, p1, hardware, protocol, ..] = *w.data else {
        return Verdict::Malformed("arp.truncated");
    };
    // Ethernet, and IEEE 802 networks, which share its addresses; IPv4.
    if !matches!((h0, h1), (0, 1 | 6)) || (p0, p1) != (8, 0) || (hardware, protocol) != (6, 4) {
        return Verdict::Skip("arp.other");
    }
    let at = |from: usize| w.data.get(from..)?.first_chunk::<4>().map(|ip| Ipv4Addr::from(*ip));
    match (at(14), at(24)) {
        (Some(sender), Some(target)) => w.arp(sender, target, LENGTH),
        _ => Verdict::Malformed("arp.truncated"),
    }
}
