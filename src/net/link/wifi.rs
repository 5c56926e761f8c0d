//! IEEE 802.11 (LINKTYPE 105) and the headers monitor mode puts before it: radiotap (127), Prism
//! (119), AVS (163).

use super::super::Verdict;
use super::super::dissect::Walk;
use super::llc;

/// Radiotap flags this walk needs (<https://www.radiotap.org/fields/Flags.html>).
const FLAG_FCS: u8 = 0x10;
const FLAG_PADDED: u8 = 0x20;
const FLAG_BAD_FCS: u8 = 0x40;

/// A frame; `flags` are radiotap's, 0 where there is no radiotap header.
pub(super) fn frame(w: &mut Walk<'_>, flags: u8) -> Verdict {
    if flags & FLAG_BAD_FCS != 0 {
        return Verdict::Malformed("802.11.bad_fcs");
    }
    if flags & FLAG_FCS != 0 {
        w.trim(4);
    }
    let [control, more, ..] = *w.data else {
        return Verdict::Malformed("802.11.truncated");
    };
    match control & 0x0f {
        0x00 => Verdict::Skip("802.11.management"),
        0x04 => Verdict::Skip("802.11.control"),
        0x0c => Verdict::Skip("802.11.extension"),
        0x08 => data(w, control >> 4, more, flags & FLAG_PADDED != 0),
        _ => Verdict::Malformed("802.11.version"),
    }
}

/// A data frame (IEEE 802.11-2020 §9.3.2).
fn data(w: &mut Walk<'_>, subtype: u8, more: u8, padded: bool) -> Verdict {
    if subtype & 4 != 0 {
        return Verdict::Skip("802.11.null");
    }
    if more & 0x40 != 0 {
        return Verdict::Skip("802.11.encrypted");
    }
    let Some((fixed, _)) = w.data.split_first_chunk::<24>() else {
        return Verdict::Malformed("802.11.truncated");
    };
    let [_, _, _, _, addresses @ .., sequence, _] = fixed;
    // More fragments, or a fragment number.
    if more & 0x04 != 0 || sequence & 0x0f != 0 {
        return Verdict::Skip("802.11.fragment");
    }
    let quality = subtype & 8 != 0;
    let four = more & 3 == 3;
    let before = if four { 30 } else { 24 };
    let aggregate = quality && w.data.get(before).is_some_and(|b| b & 0x80 != 0);
    let control = usize::from(quality) * 2 + usize::from(quality && more & 0x80 != 0) * 4;
    let mut header = before + control;
    if padded {
        header = header.next_multiple_of(4);
    }
    let address = |at: usize| addresses.get(at..).and_then(|a| a.first_chunk::<6>()).copied();
    let fourth = w.data.get(24..).and_then(|a| a.first_chunk::<6>()).copied();
    // Which address is the source and which the destination depends on the direction (table 9-30).
    let ends = match more & 3 {
        0 => (address(6), address(0)),
        1 => (address(6), address(12)),
        2 => (address(12), address(0)),
        _ => (fourth, address(12)),
    };
    if let (Some(src), Some(dst)) = ends {
        w.frame(src, dst);
    }
    if w.advance(header).is_none() {
        return Verdict::Malformed("802.11.truncated");
    }
    match aggregate {
        true => amsdu(w),
        false => llc::frame(w),
    }
}

/// An aggregate (A-MSDU): followed when it holds a single frame, since one captured packet has one
/// place in one flow.
fn amsdu(w: &mut Walk<'_>) -> Verdict {
    let [_, _, _, _, _, _, _, _, _, _, _, _, l0, l1, ..] = *w.data else {
        return Verdict::Malformed("802.11.truncated");
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if (length + 14).next_multiple_of(4) < w.left() {
        return Verdict::Skip("802.11.amsdu");
    }
    match w.advance(14) {
        Some(()) => {
            w.limit(length.min(w.left()));
            llc::frame(w)
        }
        None => Verdict::Malformed("802.11.truncated"),
    }
}

/// Radiotap: a length, a chain of presence words, then the fields they announce in their order.
pub(super) fn radiotap(w: &mut Walk<'_>) -> Verdict {
    let [0, _, l0, l1, ..] = *w.data else {
        return Verdict::Malformed("radiotap.header");
    };
    let flags = radiotap_flags(w.data).unwrap_or(0);
    match w.advance(usize::from(u16::from_le_bytes([l0, l1]))) {
        Some(()) => frame(w, flags),
        None => Verdict::Malformed("radiotap.truncated"),
    }
}

/// The flags field: first in the fields, but for a time of eight bytes aligned to eight.
fn radiotap_flags(header: &[u8]) -> Option<u8> {
    let mut words = header.get(4..)?.chunks_exact(4).map(|c| c.last().map_or(0, |b| b & 0x80));
    let chained = words.position(|extended| extended == 0)?;
    let first = *header.get(4)?;
    let mut at = 8 + chained * 4;
    if first & 1 != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    if first & 2 == 0 {
        return None;
    }
    header.get(at).copied()
}

/// Prism: a fixed header of 144 bytes, or AVS under the same number.
pub(super) fn prism(w: &mut Walk<'_>) -> Verdict {
    if let [0x80, 0x21, 0x10, ..] = *w.data {
        return avs(w);
    }
    match w.advance(144) {
        Some(()) => frame(w, 0),
        None => Verdict::Malformed("prism.truncated"),
    }
}

/// AVS: version, then the header's length, both in network order.
pub(super) fn avs(w: &mut Walk<'_>) -> Verdict {
    let [_, _, _, _, 0, 0, l0, l1, ..] = *w.data else {
        return Verdict::Malformed("avs.header");
    };
    match w.advance(usize::from(u16::from_be_bytes([l0, l1]))) {
        Some(()) => frame(w, 0),
        None => Verdict::Malformed("avs.truncated"),
    }
}
