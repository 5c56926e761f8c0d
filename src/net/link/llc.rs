//! IEEE 802.2 LLC and SNAP.

use super::super::dissect::Walk;
use super::super::{Verdict, ip};
use super::ethernet;

/// An LLC frame: service access points, control, payload.
pub(super) fn frame(w: &mut Walk<'_>) -> Verdict {
    let [dsap, ssap, control, ..] = *w.data else {
        return Verdict::Malformed("llc.truncated");
    };
    match (dsap, ssap) {
        (0xaa | 0xab, 0xaa | 0xab) if control == 3 => snap(w),
        (0x06, 0x06) if control == 3 => match w.advance(3) {
            Some(()) => ip::v4(w),
            None => Verdict::Malformed("llc.truncated"),
        },
        (0x42, 0x42) => Verdict::Skip("stp"),
        (0xe0, 0xe0) | (0xff, 0xff) => Verdict::Skip("ipx"),
        (0xf0, 0xf0 | 0xf1) => Verdict::Skip("netbios"),
        (0xfe, 0xfe) => Verdict::Skip("osi"),
        _ => Verdict::Skip("llc"),
    }
}

/// SNAP (RFC 1042): an organisation and, for the ones that matter, an EtherType.
fn snap(w: &mut Walk<'_>) -> Verdict {
    let [_, _, _, o0, o1, o2, p0, p1, ..] = *w.data else {
        return Verdict::Malformed("llc.truncated");
    };
    let kind = u16::from_be_bytes([p0, p1]);
    match ([o0, o1, o2], kind) {
        // RFC 1042 and its bridge variant (802.1H). A number below 0x600 is no EtherType.
        ([0, 0, 0] | [0, 0, 0xf8], 0x0600..) => match w.advance(8) {
            Some(()) => ethernet::payload(w, kind),
            None => Verdict::Malformed("llc.truncated"),
        },
        ([0, 0, 0x0c], 0x2000) => Verdict::Skip("cdp"),
        ([0, 0, 0x0c], 0x2003) => Verdict::Skip("vtp"),
        ([0, 0, 0x0c], 0x2004) => Verdict::Skip("dtp"),
        ([0, 0, 0x0c], 0x0104) => Verdict::Skip("pagp"),
        ([0, 0, 0x0c], 0x0111) => Verdict::Skip("udld"),
        ([0, 0, 0x0c], 0x010b | 0x010c) => Verdict::Skip("stp"),
        ([8, 0, 7], _) => Verdict::Skip("appletalk"),
        _ => Verdict::Skip("llc.snap"),
    }
}
