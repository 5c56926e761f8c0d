//! Names that flow records give to what packets say in numbers.

use super::super::Tunnel;

/// Names of the flags that are set, first.
struct Set([&'static str; 8]);

/// By the flags' byte. Most flows have one of a dozen sets, and none costs an allocation.
static FLAGS: [Set; 256] = sets();

const fn sets() -> [Set; 256] {
    const NAMES: [&str; 8] = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];
    let mut sets = [const { Set([""; 8]) }; 256];
    let mut flags = 0;
    while flags < 256 {
        let (mut bit, mut count) = (0, 0);
        while bit < 8 {
            if flags >> bit & 1 == 1 {
                sets[flags].0[count] = NAMES[bit];
                count += 1;
            }
            bit += 1;
        }
        flags += 1;
    }
    sets
}

/// Names of the flags that are set, from the lowest bit on.
pub(super) fn flag_names(flags: u8) -> &'static [&'static str] {
    let set = FLAGS.get(usize::from(flags)).map(|set| &set.0);
    let names = set.and_then(|names| names.get(..usize::try_from(flags.count_ones()).unwrap_or(0)));
    names.unwrap_or_default()
}

/// Name and identifier of a tunnel, as flow records give them.
pub(super) const fn tunnel_name(tunnel: Tunnel) -> (&'static str, Option<u32>) {
    match tunnel {
        Tunnel::Gre(key) => ("gre", Some(key)),
        Tunnel::IpIp => ("ipip", None),
        Tunnel::Vxlan(vni) => ("vxlan", Some(vni)),
        Tunnel::Geneve(vni) => ("geneve", Some(vni)),
        Tunnel::GtpU(teid) => ("gtp", Some(teid)),
        Tunnel::Pppoe(session) => ("pppoe", Some(session as u32)),
        Tunnel::Mpls(label) => ("mpls", Some(label)),
    }
}
