//! Ethernet II, IEEE 802.3, VLAN tags (802.1Q, 802.1ad) and the EtherTypes; FDDI.

use super::super::dissect::Walk;
use super::super::{Verdict, ip, tunnel};
use super::{arp, llc, names};

/// VLAN tags followed before a frame is given up as `vlan.depth`.
const MAX_TAGS: usize = 8;

/// An Ethernet frame.
pub(in super::super) fn frame(w: &mut Walk<'_>) -> Verdict {
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1, ..] = *w.data else {
        return Verdict::Malformed("eth.truncated");
    };
    w.frame([s0, s1, s2, s3, s4, s5], [d0, d1, d2, d3, d4, d5]);
    if w.advance(14).is_none() {
        return Verdict::Malformed("eth.truncated");
    }
    payload(w, u16::from_be_bytes([t0, t1]))
}

/// What an EtherType, or an 802.3 length in its place, announces.
pub(in super::super) fn payload(w: &mut Walk<'_>, mut kind: u16) -> Verdict {
    for _ in 0..=MAX_TAGS {
        match kind {
            0x0800 => return ip::v4(w),
            0x86dd => return ip::v6(w),
            // 802.1Q, 802.1ad, and the numbers vendors used before it.
            0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => {
                let [t0, t1, e0, e1, ..] = *w.data else {
                    return Verdict::Malformed("vlan.truncated");
                };
                w.vlan(u16::from_be_bytes([t0 & 0x0f, t1]));
                if w.advance(4).is_none() {
                    return Verdict::Malformed("vlan.truncated");
                }
                kind = u16::from_be_bytes([e0, e1]);
            }
            0..=1500 => {
                w.limit(usize::from(kind));
                return llc::frame(w);
            }
            // A frame of more than 1500 bytes whose payload is LLC all the same.
            0x8870 => return llc::frame(w),
            0x0806 => return arp::message(w),
            0x8847 | 0x8848 => return tunnel::mpls(w),
            0x8864 => return tunnel::pppoe(w),
            other => return Verdict::Skip(names::ethertype(other)),
        }
    }
    Verdict::Malformed("vlan.depth")
}

/// FDDI (LINKTYPE 10): a frame control byte, addresses, LLC.
pub(super) fn fddi(w: &mut Walk<'_>) -> Verdict {
    let [control, d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, ..] = *w.data else {
        return Verdict::Malformed("fddi.truncated");
    };
    // Long addresses and the LLC format; the other frames are the ring's own.
    if control & 0x70 != 0x50 {
        return Verdict::Skip("fddi.management");
    }
    w.frame([s0, s1, s2, s3, s4, s5], [d0, d1, d2, d3, d4, d5]);
    match w.advance(13) {
        Some(()) => llc::frame(w),
        None => Verdict::Malformed("fddi.truncated"),
    }
}
