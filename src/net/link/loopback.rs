//! BSD loopback (LINKTYPE 0 and 108) and the packet filter's log (117): an address family, then IP.

use super::super::dissect::Walk;
use super::super::{Verdict, ip};

/// Four bytes of address family, in the byte order of the machine that captured (0) or the network's
/// (108). The numbers are small, so the order shows.
pub(super) fn null(w: &mut Walk<'_>) -> Verdict {
    let (family, high) = match *w.data {
        [family, high, 0, 0, ..] | [0, 0, high, family, ..] => (family, high),
        [_, _, _, _, ..] => return Verdict::Skip("null.family"),
        _ => return Verdict::Malformed("null.truncated"),
    };
    if high != 0 || w.advance(4).is_none() {
        return Verdict::Skip("null.family");
    }
    by_family(w, family)
}

/// OpenBSD's pflog: the header says its length and the family.
pub(super) fn pflog(w: &mut Walk<'_>) -> Verdict {
    let [length, family, ..] = *w.data else {
        return Verdict::Malformed("pflog.truncated");
    };
    match w.advance(usize::from(length).next_multiple_of(4)) {
        Some(()) => by_family(w, family),
        None => Verdict::Malformed("pflog.truncated"),
    }
}

/// AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 23 on Windows, 24 on NetBSD and OpenBSD, 26 on
/// Solaris, 28 on FreeBSD, 30 on macOS.
pub(super) fn by_family(w: &mut Walk<'_>, family: u8) -> Verdict {
    match family {
        2 => ip::v4(w),
        10 | 23 | 24 | 26 | 28 | 30 => ip::v6(w),
        _ => Verdict::Skip("null.family"),
    }
}
