//! Linux "cooked" captures: SLL (LINKTYPE 113) and SLL2 (276).

use super::super::dissect::Walk;
use super::super::{Verdict, ip};
use super::{ethernet, llc, wifi};

/// SLL: packet type, ARPHRD type, address, protocol; 16 bytes.
pub(super) fn v1(w: &mut Walk<'_>) -> Verdict {
    let [_, _, h0, h1, _, _, _, _, _, _, _, _, _, _, p0, p1, ..] = *w.data else {
        return Verdict::Malformed("sll.truncated");
    };
    payload(w, 16, u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]))
}

/// SLL2: protocol first, then interface, ARPHRD type, packet type, address; 20 bytes.
pub(super) fn v2(w: &mut Walk<'_>) -> Verdict {
    let [p0, p1, _, _, _, _, _, _, h0, h1, ..] = *w.data else {
        return Verdict::Malformed("sll.truncated");
    };
    payload(w, 20, u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]))
}

fn payload(w: &mut Walk<'_>, header: usize, hardware: u16, protocol: u16) -> Verdict {
    if w.advance(header).is_none() {
        return Verdict::Malformed("sll.truncated");
    }
    match (hardware, protocol) {
        // ARPHRD_NETLINK, and CAN by its pseudo protocols: no network packets.
        (824, _) => Verdict::Skip("netlink"),
        (_, 0x000c..=0x000e) => Verdict::Skip("can"),
        (801, _) => wifi::frame(w, 0),
        (802, _) => wifi::prism(w),
        (803, _) => wifi::radiotap(w),
        (_, 0x0004) => llc::frame(w),
        (_, 0x0001) => Verdict::Skip("ipx"),
        // ETH_P_ALL or nothing: an IP tunnel interface that did not say.
        (_, 0x0000 | 0x0003) => match w.data.first().map(|b| b >> 4) {
            Some(4 | 6) => ip::any(w),
            _ => Verdict::Skip("sll.protocol"),
        },
        (_, 0x0005..0x0600) => Verdict::Skip("sll.protocol"),
        (_, kind) => ethernet::payload(w, kind),
    }
}
