//! Link layers, one small file per family, and the dispatch by `LINKTYPE_` number.

mod arp;
pub(super) mod ethernet;
mod llc;
mod loopback;
mod metadata;
mod names;
pub(super) mod ppp;
mod sll;
mod wifi;

use super::dissect::Walk;
use super::{Verdict, ip};

/// Walks the link header of type `link` and what it carries. Numbers:
/// <https://www.tcpdump.org/linktypes.html>.
pub(super) fn dispatch(w: &mut Walk<'_>, link: u16) -> Verdict {
    match link {
        1 => ethernet::frame(w),
        12 | 14 | 101 => ip::any(w),
        228 => ip::v4(w),
        229 => ip::v6(w),
        0 | 108 => loopback::null(w),
        117 => loopback::pflog(w),
        113 => sll::v1(w),
        276 => sll::v2(w),
        9 => ppp::ppp(w),
        50 => ppp::serial(w),
        51 => super::tunnel::pppoe(w),
        204 => ppp::with_direction(w),
        104 => ppp::cisco_hdlc(w),
        10 => ethernet::fddi(w),
        105 => wifi::frame(w, 0),
        119 => wifi::prism(w),
        127 => wifi::radiotap(w),
        163 => wifi::avs(w),
        192 => metadata::ppi(w),
        239 => metadata::nflog(w),
        other => Verdict::Skip(names::name(other)),
    }
}
