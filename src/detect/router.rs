//! Who tells machines where to send their packets: routers that advertise themselves, and redirects.

use super::{Cell, Config, Detector, Observation, On, SET_MAX, arp};
use crate::model::{Event, Evidence, Finding, HOUR, Severity, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Routers and machines named in a finding.
const NAMED: usize = 20;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "router",
    doc: "Advertisements of IPv6 routers that offer to be the way out, per VLAN: two of different Ethernet addresses within an \
          hour that announce different networks. Redirects of ICMP and ICMPv6, per router and the router that it points to.",
    needs: "captures with router advertisements or redirects",
    on: On::Others,
    ordered: false,
    rules: &["ndp.rogue_router", "icmp.redirect"],
    concerns: |event| {
        let told = || event.has("netlog.icmp.router_lifetime") || event.has("netlog.icmp.gateway");
        event.dataset.name == "icmp" && told()
    },
    observe,
    judge,
};

/// Kinds of subjects.
const ADVERTISED: &str = "a";
const REDIRECT: &str = "r";

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let Some(router) = event.source.ip else { return };
    if let Some(gateway) = event.by_name("netlog.icmp.gateway").and_then(Value::as_ip) {
        let (Some(told), original) = (event.destination.ip, original(event)) else { return };
        // What is reached without a router is told with its own address (RFC 4861 §4.5).
        if original.as_deref() == Some(&gateway.to_string()) {
            return;
        }
        return out(Observation {
            subject: format!("{REDIRECT}\t{router}\t{gateway}").into(),
            weight: 1,
            values: [Some(told.to_string().into()), original.map(Cow::Owned), None],
            mark: false,
        });
    }
    let lifetime = event.by_name("netlog.icmp.router_lifetime").and_then(Value::as_int);
    // Those of no lifetime do not offer to be a way out: hubs of a home that know a network of their own.
    let (Some(mac), true) = (event.source.mac, lifetime.is_some_and(|seconds| seconds > 0)) else { return };
    let mac = mac.map(|byte| format!("{byte:02X}")).join("-");
    let networks: BTreeSet<&str> = event
        .by_name("netlog.icmp.prefixes")
        .map(|prefixes| prefixes.items().iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let networks = networks.into_iter().collect::<Vec<_>>().join(" ");
    let hour = event.ts.div_euclid(HOUR).wrapping_sub(i64::MIN).cast_unsigned();
    out(Observation {
        subject: format!("{ADVERTISED}\t{}", arp::vlan(event)).into(),
        weight: 1,
        values: [
            Some(Cow::Owned(format!("{router} ({mac})"))),
            Some(Cow::Owned(format!("{hour:016x}\t{mac}\t{networks}"))),
            None,
        ],
        mark: false,
    });
}

/// Where the packet went that a redirect is about.
fn original(event: &Event<'_>) -> Option<String> {
    let ip = event.by_name("netlog.icmp.original.destination.ip").and_then(Value::as_ip);
    ip.map(|ip| ip.to_string())
}

/// The networks that routers announce which speak in one hour, if they do not agree.
fn disputed(cell: &Cell) -> Option<BTreeSet<String>> {
    let mut hours: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for told in cell.values(1, SET_MAX) {
        let mut parts = told.splitn(3, '\t').map(str::to_owned);
        if let (Some(hour), Some(mac), Some(networks)) = (parts.next(), parts.next(), parts.next()) {
            hours.entry(hour).or_default().entry(mac).or_default().insert(networks);
        }
    }
    // A router that is given another network announces both for a while: they agree if they have one list in common.
    let agree = |routers: &BTreeMap<String, BTreeSet<String>>| {
        let mut lists = routers.values();
        let first = lists.next().cloned().unwrap_or_default();
        lists.all(|list| !list.is_disjoint(&first))
    };
    let routers = hours.into_values().find(|routers| routers.len() > 1 && !agree(routers))?;
    Some(routers.into_values().flatten().collect())
}

fn judge(_: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((kind, whom)), Some(span)) = (subject.split_once('\t'), cell.span) else { return Vec::new() };
    let found = if kind == ADVERTISED { rogue(whom, cell, span) } else { redirect(whom, cell, span) };
    found.into_iter().collect()
}

fn rogue(vlan: &str, cell: &Cell, (first, last): (Evidence, Evidence)) -> Option<Finding> {
    let networks = disputed(cell)?;
    let routers = cell.values(0, NAMED);
    let networks: Vec<&str> = networks.iter().map(|n| if n.is_empty() { "none" } else { n }).collect();
    let network = if vlan.is_empty() { String::new() } else { format!(" on VLAN {vlan}") };
    Some(Finding {
        rule: "ndp.rogue_router",
        severity: Severity::Medium,
        attack: &["T1557"],
        subject: routers.last().cloned().unwrap_or_default(),
        title: format!(
            "{} offer themselves{network} as way out of different networks: {}",
            routers.join(" and "),
            networks.join(", ")
        ),
        advice: "Find the router that is not yours by its Ethernet address; machines take an address of its network and send through it.",
        targets: routers,
        count: cell.count,
        first,
        last,
    })
}

fn redirect(whom: &str, cell: &Cell, (first, last): (Evidence, Evidence)) -> Option<Finding> {
    let (router, gateway) = whom.split_once('\t')?;
    // A router that is the better way itself would not have to say so (RFC 1812 §5.2.7.2).
    let (severity, how) = match router == gateway {
        true => (Severity::Medium, "itself"),
        false => (Severity::Low, gateway),
    };
    let places = cell.values(1, 4).join(", ");
    Some(Finding {
        rule: "icmp.redirect",
        severity,
        attack: &["T1557"],
        subject: router.to_owned(),
        title: format!(
            "{router} told {} hosts to send by {how} what goes to {places}{}",
            cell.distinct(0),
            if cell.distinct(1) > 4 { " and elsewhere" } else { "" }
        ),
        advice: "See whether both are routers of this network; let machines ignore redirects.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    })
}
