//! Link types that put records about the packet before it: PPI (LINKTYPE 192) and NFLOG (239).

use super::super::dissect::Walk;
use super::super::{Verdict, ip};
use super::loopback;

/// The record of an NFLOG message that holds the packet.
const NFULA_PAYLOAD: u16 = 9;

/// PPI: a length and the link type of what follows.
pub(super) fn ppi(w: &mut Walk<'_>) -> Verdict {
    let [0, _, l0, l1, d0, d1, 0, 0, ..] = *w.data else {
        return Verdict::Malformed("ppi.header");
    };
    let link = u16::from_le_bytes([d0, d1]);
    let flags = ppi_flags(w.data, usize::from(u16::from_le_bytes([l0, l1])));
    if w.advance(usize::from(u16::from_le_bytes([l0, l1]))).is_none() {
        return Verdict::Malformed("ppi.truncated");
    }
    match link {
        // PPI in PPI could nest without end.
        192 => Verdict::Malformed("ppi.nested"),
        105 => super::wifi::frame(w, flags),
        other => super::dispatch(w, other),
    }
}

/// Radiotap's flags out of an 802.11-Common record (type 2), which usually comes first: whether a
/// checksum ends the frame, and whether it is wrong.
fn ppi_flags(data: &[u8], length: usize) -> u8 {
    match data.get(8..length) {
        Some([2, 0, 20, 0, _, _, _, _, _, _, _, _, flags, 0, ..]) => {
            let has_fcs = if flags & 1 != 0 { 0x10 } else { 0 };
            let bad = if flags & 4 != 0 { 0x40 } else { 0 };
            has_fcs | bad
        }
        _ => 0,
    }
}

/// NFLOG: family, version 0, resource, then records (length and type in the byte order of the machine
/// that captured, padded to four).
pub(super) fn nflog(w: &mut Walk<'_>) -> Verdict {
    let [family, 0, _, _, ..] = *w.data else {
        return Verdict::Malformed("nflog.header");
    };
    if w.advance(4).is_none() {
        return Verdict::Malformed("nflog.header");
    }
    while let [l0, l1, t0, t1, ..] = *w.data {
        let little = t1 == 0;
        let of = |bytes| if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
        let (length, kind) = (usize::from(of([l0, l1])), of([t0, t1]));
        if length < 4 {
            return Verdict::Malformed("nflog.record");
        }
        if kind == NFULA_PAYLOAD {
            w.limit(length);
            return match w.advance(4) {
                Some(()) if family == 0 => ip::any(w),
                Some(()) => loopback::by_family(w, family),
                None => Verdict::Malformed("nflog.truncated"),
            };
        }
        if w.advance(length.next_multiple_of(4)).is_none() {
            return Verdict::Malformed("nflog.truncated");
        }
    }
    Verdict::Skip("nflog.no_payload")
}
