//! PPP (RFC 1661, RFC 1662) and Cisco HDLC.

use super::super::dissect::Walk;
use super::super::{Verdict, ip, tunnel};
use super::{ethernet, names};

/// PPP, with or without address and control bytes, the protocol in one byte or two.
pub(in super::super) fn ppp(w: &mut Walk<'_>) -> Verdict {
    if let [0xff, 0x03, ..] = *w.data
        && w.advance(2).is_none()
    {
        return Verdict::Malformed("ppp.truncated");
    }
    let (protocol, length) = match *w.data {
        [low, ..] if low & 1 != 0 => (u16::from(low), 1),
        [high, low, ..] => (u16::from_be_bytes([high, low]), 2),
        _ => return Verdict::Malformed("ppp.truncated"),
    };
    if w.advance(length).is_none() {
        return Verdict::Malformed("ppp.truncated");
    }
    match protocol {
        0x0021 => ip::v4(w),
        0x0057 => ip::v6(w),
        0x0281 | 0x0283 => tunnel::mpls(w),
        other => Verdict::Skip(names::ppp(other)),
    }
}

/// PPP in HDLC framing (LINKTYPE 50); the address byte tells Cisco HDLC apart.
pub(super) fn serial(w: &mut Walk<'_>) -> Verdict {
    match *w.data {
        [0x0f | 0x8f, 0, ..] => cisco_hdlc(w),
        _ => ppp(w),
    }
}

/// PPP behind one byte for the direction (LINKTYPE 204).
pub(super) fn with_direction(w: &mut Walk<'_>) -> Verdict {
    match w.advance(1) {
        Some(()) => ppp(w),
        None => Verdict::Malformed("ppp.truncated"),
    }
}

/// Cisco HDLC (LINKTYPE 104): address, control, EtherType.
pub(super) fn cisco_hdlc(w: &mut Walk<'_>) -> Verdict {
    let [_, _, t0, t1, ..] = *w.data else {
        return Verdict::Malformed("chdlc.truncated");
    };
    if w.advance(4).is_none() {
        return Verdict::Malformed("chdlc.truncated");
    }
    match u16::from_be_bytes([t0, t1]) {
        0x8035 => Verdict::Skip("slarp"),
        0x2000 => Verdict::Skip("cdp"),
        0xfefe => Verdict::Skip("osi"),
        0..0x0600 => Verdict::Skip("chdlc.protocol"),
        kind => ethernet::payload(w, kind),
    }
}
