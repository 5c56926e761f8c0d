//! A second DHCP server on the network, and who takes all the addresses of the first.

mod starved;

use super::{Cell, Config, Detector, Observation, On, SET_MAX};
use crate::model::{Event, Finding, Severity, Ts, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// Width of a window, nanoseconds: ten minutes. Servers count as concurrent that answer within one.
const GRAIN: Ts = 600_000_000_000;
/// Servers named in a finding.
const NAMED: usize = 8;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "dhcp",
    doc: "DHCP servers that give addresses of the same network to clients within ten minutes, and servers that give the \
          same client addresses of different networks. Servers that agree about routers and name servers may be a \
          redundant pair, which is told as such. Clients, without a relay between, that ask for an address: very many in a minute that all are new and take none, \
          and very many behind one Ethernet address.",
    needs: "captures with DHCP",
    on: On::Others,
    ordered: false,
    rules: &["dhcp.rogue_server", "dhcp.starvation"],
    concerns: |event| event.dataset.name == "dhcpv4",
    observe,
    judge,
};

fn network(ip: IpAddr, mask: Option<IpAddr>) -> Option<String> {
    let (IpAddr::V4(ip), Some(IpAddr::V4(mask))) = (ip, mask) else { return None };
    let network = Ipv4Addr::from_bits(ip.to_bits() & mask.to_bits());
    Some(format!("{network}/{}", mask.to_bits().leading_ones()))
}

/// The addresses of an option, sorted: servers that share the work name themselves first.
fn list(event: &Event<'_>, name: &str) -> String {
    match event.by_name(name) {
        Some(Value::List(items)) => {
            let addresses: BTreeSet<IpAddr> = items.iter().filter_map(Value::as_ip).collect();
            addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(",")
        }
        _ => String::new(),
    }
}

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let address = |name: &str| event.by_name(name).and_then(Value::as_ip);
    match text("dhcpv4.option.message_type") {
        Some("offer" | "ack") => {}
        Some(asked @ ("discover" | "request")) => return starved::observe(event, asked, out),
        _ => return,
    }
    let server = address("dhcpv4.option.server_identifier").or(event.source.ip);
    let (Some(server), Some(assigned), Some(client)) =
        (server, address("dhcpv4.assigned_ip"), text("dhcpv4.client_mac"))
    else {
        return;
    };
    let network = network(assigned, address("dhcpv4.option.subnet_mask")).unwrap_or_default();
    let window = event.ts.div_euclid(GRAIN).wrapping_sub(i64::MIN).cast_unsigned();
    let (routers, names) = (list(event, "dhcpv4.option.router"), list(event, "dhcpv4.option.dns_servers"));
    let mut tell = |subject: String, what: String| {
        out(Observation {
            subject: subject.into(),
            weight: 1,
            values: [
                Some(Cow::Owned(server.to_string())),
                Some(Cow::Owned(format!("{window:016x}\t{server}"))),
                Some(Cow::Owned(format!("{server}\t{what}"))),
            ],
            mark: false,
        });
    };
    if !network.is_empty() {
        tell(format!("n\t{network}"), format!("routers {routers}; name servers {names}"));
    }
    tell(format!("c\t{client}"), network);
}

/// Whether two servers answered in one window.
fn concurrent(cell: &Cell) -> bool {
    let mut servers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for at in cell.values(1, SET_MAX) {
        if let Some((window, server)) = at.split_once('\t') {
            servers.entry(window.to_owned()).or_default().insert(server.to_owned());
        }
    }
    servers.values().any(|servers| servers.len() > 1)
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((kind, whom)), Some((first, last))) = (subject.split_once('\t'), cell.span) else {
        return Vec::new();
    };
    if matches!(kind, starved::NEW | starved::BEHIND) {
        return starved::judge(config, (kind, whom), cell, (first, last)).into_iter().collect();
    }
    if cell.distinct(0) < 2 || !concurrent(cell) {
        return Vec::new();
    }
    let given = cell.values(2, SET_MAX);
    let what: BTreeSet<&str> =
        given.iter().filter_map(|g| g.split_once('\t')).map(|(_, what)| what).collect();
    let servers = cell.values(0, NAMED);
    let named = servers.join(" and ");
    let (severity, title) = match (kind, what.len()) {
        // The network's own finding tells of it.
        ("c", 0 | 1) => return Vec::new(),
        ("c", _) => (
            Severity::High,
            format!("{named} give the client {whom} addresses of different networks: {}", list_of(&what)),
        ),
        (_, 0 | 1) => (
            Severity::Low,
            format!("{named} give addresses of {whom}, with the same routers and name servers"),
        ),
        _ => (
            Severity::High,
            format!("{named} give addresses of {whom}, with different routers or name servers"),
        ),
    };
    vec![Finding {
        rule: "dhcp.rogue_server",
        severity,
        attack: &["T1557.003"],
        subject: whom.to_owned(),
        title,
        advice: "Find the server that is not yours by its switch port; who took its answer sends everything through it.",
        targets: servers,
        count: cell.count,
        first,
        last,
    }]
}

fn list_of(what: &BTreeSet<&str>) -> String {
    what.iter().copied().filter(|w| !w.is_empty()).take(NAMED).collect::<Vec<_>>().join(", ")
}
