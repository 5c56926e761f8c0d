//! Who asks for an address in the name of clients that do not exist, until the server has none left.

use super::NAMED;
use crate::detect::{Cell, Config, Observation, SET_MAX, arp};
use crate::model::{Event, Evidence, Finding, MINUTE, Severity, Value};
use std::borrow::Cow;

/// Kinds of subjects: the clients of one network, and those behind one Ethernet address.
pub(super) const NEW: &str = "s";
pub(super) const BEHIND: &str = "e";

/// A client that asks everybody, so not by a relay.
pub(super) fn observe(event: &Event<'_>, asked: &str, out: &mut dyn FnMut(Observation<'_>)) {
    if event.source.ip.is_some_and(|ip| !ip.is_unspecified()) || event.has("dhcpv4.relay_ip") {
        return;
    }
    let Some(client) = event.by_name("dhcpv4.client_mac").and_then(Value::as_str) else { return };
    let new = asked == "discover";
    let mut tell = |subject: String, values| {
        out(Observation { subject: subject.into(), weight: u64::from(new), values, mark: false });
    };
    let name = || Some(Cow::Borrowed(client));
    let values = if new { [name(), None, None] } else { [None, name(), None] };
    tell(format!("{NEW}\t{}", arp::vlan(event)), values);
    let Some(mac) = event.source.mac.filter(|_| new) else { return };
    let own = mac.map(|byte| format!("{byte:02x}")).join(":");
    if !own.eq_ignore_ascii_case(client) {
        tell(format!("{BEHIND}\t{own}"), [name(), None, None]);
    }
}

pub(super) fn judge(
    config: &Config,
    (kind, whom): (&str, &str),
    cell: &Cell,
    (first, last): (Evidence, Evidence),
) -> Option<Finding> {
    let (clients, burst) = (cell.distinct(0), cell.burst(MINUTE).count);
    if clients.min(burst) < config.starved {
        return None;
    }
    let more = if clients >= SET_MAX as u64 { "at least " } else { "" };
    let title = if kind == BEHIND {
        format!(
            "{whom} asked for addresses in the name of {more}{clients} clients, up to {burst} in a minute"
        )
    } else {
        // Clients of a server that is gone ask again and again, and those of one that is there take what they get.
        let taken = cell.values(1, SET_MAX);
        let asked = cell.values(0, SET_MAX);
        let took = asked.iter().filter(|client| taken.binary_search(client).is_ok()).count() as u64;
        let again = clients < SET_MAX as u64 && cell.count.saturating_mul(2) > clients.saturating_mul(3);
        if again || took.saturating_mul(10) > clients {
            return None;
        }
        let network = if whom.is_empty() { String::new() } else { format!(" on VLAN {whom}") };
        format!(
            "{more}{clients} clients{network} asked for an address once, up to {burst} in a minute, and {took} of them took one"
        )
    };
    Some(Finding {
        rule: "dhcp.starvation",
        severity: Severity::Medium,
        attack: &["T1499.002", "T1557.003"],
        subject: if whom.is_empty() { "255.255.255.255".to_owned() } else { whom.to_owned() },
        title,
        advice: "Find the switch port that these Ethernet addresses come from, and whether another server answered afterwards.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    })
}
