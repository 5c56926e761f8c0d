//! Addresses that two machines of one network claim at the same time.

use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Evidence, Finding, Severity, Ts, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Ethernet addresses named in a finding.
const NAMED: usize = 8;
/// Behind an address that was given in answer to a question, and behind one that was told to somebody who had not asked.
const ANSWER: &str = "?";
const UNASKED: &str = "!";
/// Behind one that was told so again and again.
const REPEATED: &str = "!!";
/// Replies that nobody asked for from which they are repeated.
const AGAIN: i64 = 10;
/// Kind of subject: an Ethernet address that says it is both ends of a conversation.
const BETWEEN: &str = "between";
/// Width of a window, nanoseconds: ten minutes.
const GRAIN: Ts = 600_000_000_000;
/// Windows between the first and last message of one event; the parser closes events long before.
const WINDOWS: i64 = 16;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "arp",
    doc: "Ethernet addresses that ARP messages, and the advertisements of IPv6 neighbours, give for each IP address: \
          several on one VLAN within one window are a machine that claims what is another's. The addresses of VRRP, HSRP and \
          GLBP are left out, and so are answers of several routers for an address that nobody speaks as (proxy ARP). A change that is announced (gratuitous \
          ARP, an advertisement to everybody), as when a standby takes over, is left out unless it comes again and again. An \
          Ethernet address that tells each of two machines, unasked and again and again, that it is the other. \
          Silent on captures that hold none of these messages.",
    needs: "captures with ARP or IPv6 neighbour discovery",
    on: On::Others,
    ordered: false,
    rules: &["arp.spoofing", "ndp.spoofing"],
    concerns: |event| matches!(event.dataset.name, "arp" | "icmp"),
    observe,
    judge,
};

/// `02-00-00-00-00-0A`, as neighbour discovery's events have it too.
fn spelled(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02X}")).join("-")
}

/// The standard's addresses of routers that stand for each other: VRRP, HSRP and GLBP. Several of them for one
/// address are what these are for.
fn is_virtual(mac: &str) -> bool {
    [
        "00-00-5E-00-01-",
        "00-00-5E-00-02-",
        "00-00-0C-07-AC-",
        "00-00-0C-9F-F",
        "00-05-73-A0-0",
        "00-07-B4-00-",
    ]
    .iter()
    .any(|prefix| mac.starts_with(prefix))
}

/// The VLAN that an event was seen on; empty if none.
pub(super) fn vlan(event: &Event<'_>) -> String {
    let ids =
        ["network.vlan.id", "network.inner.vlan.id"].map(|name| event.by_name(name).and_then(Value::as_str));
    ids.into_iter().flatten().collect::<Vec<_>>().join(".")
}

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    match event.dataset.name {
        "arp" => arp(event, out),
        "icmp" => neighbour(event, out),
        _ => {}
    }
}

fn is(event: &Event<'_>, name: &str) -> bool {
    matches!(event.by_name(name), Some(Value::Bool(true)))
}

fn arp(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let last = match event.by_name("arp.last_seen") {
        Some(Value::Time(ts)) => *ts,
        _ => event.ts,
    };
    let announced = is(event, "arp.gratuitous");
    let changed = event.by_name("arp.changed.ip").and_then(Value::as_ip);
    let number = |name: &str| event.by_name(name).and_then(Value::as_int).unwrap_or(0);
    let asked = number("arp.requests") > 0;
    let unasked = is(event, "arp.unsolicited");
    let repeated = unasked && !asked && !announced && number("arp.replies") >= AGAIN;
    let network = vlan(event);
    if repeated {
        between(event, &network, number("arp.replies").unsigned_abs(), out);
    }
    for (end, answers) in [(&event.source, false), (&event.destination, asked && !announced)] {
        let Some((ip, mac)) = end.ip.zip(end.mac).filter(|(ip, _)| !ip.is_unspecified()) else { continue };
        let flips = u64::from(changed == Some(ip) && !announced);
        let how = match () {
            () if answers => ANSWER,
            () if repeated => REPEATED,
            () if unasked => UNASKED,
            () => "",
        };
        claim(out, ("arp", ip, &network), (spelled(mac), how), (event.ts, last), (announced, flips));
    }
}

/// One Ethernet address that says to either of two machines that it is the other.
fn between(event: &Event<'_>, network: &str, weight: u64, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(mac), Some(a), Some(b)) = (event.source.mac, event.source.ip, event.destination.ip) else {
        return;
    };
    if event.destination.mac != Some(mac) || a == b || is_virtual(&spelled(mac)) {
        return;
    }
    for (weight, ip) in [(weight, a), (0, b)] {
        out(Observation {
            subject: format!("{BETWEEN}\t{}\t{network}", spelled(mac)).into(),
            weight,
            values: [Some(Cow::Owned(ip.to_string())), None, None],
            mark: false,
        });
    }
}

/// A neighbour advertisement (RFC 4861 §4.4).
fn neighbour(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    if event.by_name("icmp.response.type").and_then(Value::as_int) != Some(136) {
        return;
    }
    let (Some(ip), Some(mac)) = (
        event.by_name("netlog.icmp.target").and_then(Value::as_ip),
        event.by_name("netlog.icmp.link_address").and_then(Value::as_str),
    ) else {
        return;
    };
    // The event's source is who was told.
    let announced = event.source.ip.is_some_and(|ip| ip.is_multicast());
    let at = event.end.unwrap_or(event.ts);
    claim(out, ("ndp", ip, &vlan(event)), (mac.to_owned(), ""), (at, at), (announced, 0));
}

/// One claim in every window it lasted for: a set of windows is small, however long the capture is.
fn claim(
    out: &mut dyn FnMut(Observation<'_>),
    (kind, ip, network): (&str, IpAddr, &str),
    (mac, how): (String, &str),
    (first, last): (Ts, Ts),
    (announced, flips): (bool, u64),
) {
    if is_virtual(&mac) {
        return;
    }
    let subject = format!("{kind}\t{ip}\t{network}");
    let (from, to) = (first.div_euclid(GRAIN), last.div_euclid(GRAIN));
    for window in from..=to.min(from + WINDOWS) {
        // Offset and padded, so that the order of text is that of time.
        let at = format!("{:016x}\t{mac}{how}", window.wrapping_sub(i64::MIN).cast_unsigned());
        let (plain, told) = if announced { (None, Some(at)) } else { (Some(at), None) };
        out(Observation {
            subject: Cow::Borrowed(&subject),
            weight: u64::from(window == from),
            values: [Some(Cow::Borrowed(&mac)), plain.map(Cow::Owned), told.map(Cow::Owned)],
            mark: false,
        });
    }
    if flips > 0 {
        out(Observation {
            subject: Cow::Borrowed(&subject),
            weight: 1,
            values: [Some(Cow::Owned(mac)), None, None],
            mark: true,
        });
    }
}

/// Addresses by window.
fn windows(claims: &[String]) -> BTreeMap<u64, BTreeSet<&str>> {
    let mut all: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for (window, mac) in claims.iter().filter_map(|claim| claim.split_once('\t')) {
        if let Ok(window) = u64::from_str_radix(window, 16) {
            all.entry(window).or_default().insert(mac.trim_end_matches(['?', '!']));
        }
    }
    all
}

/// Whether two Ethernet addresses follow each other, as those of a card with two ports do.
fn are_neighbours(a: &str, b: &str) -> bool {
    let number = |mac: &str| u64::from_str_radix(&mac.replace('-', ""), 16).ok();
    number(a).zip(number(b)).is_some_and(|(a, b)| a.abs_diff(b) == 1)
}

/// Leaves out addresses that the same machines share: a machine with two cards in one network answers with both for each
/// of its addresses, and whoever takes an address that is another's has one of their own, too.
pub(super) fn without_shared(findings: Vec<Finding>) -> Vec<Finding> {
    let mut known: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for found in &findings {
        known.entry(found.targets.clone()).or_default().insert(found.subject.clone());
    }
    let shared = |found: &Finding| known.get(&found.targets).is_some_and(|subjects| subjects.len() > 1);
    findings.into_iter().filter(|found| !(found.rule == "arp.spoofing" && shared(found))).collect()
}

/// Whether one Ethernet address says again and again, unasked, what another was given in answers before or after. Where all
/// answers seem unasked, the questions were not captured.
fn is_poisoned(claims: &[String]) -> bool {
    let of = |claim: &String, mark: &str| {
        claim.ends_with(mark).then(|| claim.split('\t').nth(1).unwrap_or_default().replace('!', ""))
    };
    let unasked: BTreeSet<String> = claims.iter().filter_map(|claim| of(claim, UNASKED)).collect();
    let repeated: BTreeSet<String> = claims.iter().filter_map(|claim| of(claim, REPEATED)).collect();
    let plain: BTreeSet<String> = claims.iter().filter_map(|claim| of(claim, "")).collect();
    let plain = plain.iter().any(|mac| !unasked.contains(mac.trim_end_matches(ANSWER)));
    unasked.len() == 1 && !repeated.is_empty() && plain
}

/// The finding of an Ethernet address that puts itself between two machines.
fn in_between(mac: &str, cell: &Cell, (first, last): (Evidence, Evidence)) -> Finding {
    let targets = cell.values(0, NAMED);
    Finding {
        rule: "arp.spoofing",
        severity: Severity::High,
        attack: &["T1557.002"],
        subject: mac.to_owned(),
        title: format!(
            "{mac} told machines {} times, unasked, that it is the other one: {}",
            cell.count,
            targets.join(", ")
        ),
        advice: "Find the switch port of this Ethernet address: what these machines say to each other goes through it.",
        targets,
        count: cell.count,
        first,
        last,
    }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.split('\t');
    let (Some(kind), Some(ip), Some(network)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let Some((first, last)) = cell.span else { return Vec::new() };
    if cell.distinct(0) < 2 {
        return Vec::new();
    }
    if kind == BETWEEN {
        return vec![in_between(ip, cell, (first, last))];
    }
    let (plain, told) = (cell.values(1, super::SET_MAX), cell.values(2, super::SET_MAX));
    // Two routers that answer for machines elsewhere (proxy ARP): nobody ever speaks as the address itself.
    if told.is_empty() && cell.marks.is_empty() && plain.iter().all(|claim| claim.ends_with(ANSWER)) {
        return Vec::new();
    }
    let unasked = plain.iter().any(|claim| claim.ends_with(UNASKED));
    let poisoned = is_poisoned(&plain);
    let (plain, told) = (windows(&plain), windows(&told));
    // Who takes over says so; the old owner may have been heard just before.
    let announced = |window: &u64| told.contains_key(window) || told.contains_key(&window.wrapping_sub(1));
    let contested = plain.iter().filter(|(window, macs)| macs.len() > 1 && !announced(window)).count();
    let mut both = plain;
    told.into_iter().for_each(|(window, macs)| both.entry(window).or_default().extend(macs));
    let shared = both.values().filter(|macs| macs.len() > 1).count() as u64;
    let changes = shared.max(cell.marks.len() as u64);
    if contested == 0 && changes < config.arp_changes && !poisoned {
        return Vec::new();
    }
    let rule = if kind == "ndp" { "ndp.spoofing" } else { "arp.spoofing" };
    let targets = cell.values(0, NAMED);
    // Poisoning has to be repeated while the owner speaks, too: one change that nobody was told of without asking is none.
    let moved = kind == "arp" && changes < 2 && !unasked;
    let (severity, how) = match &*targets {
        _ if moved => (Severity::Low, ", one after the other"),
        [a, b] if are_neighbours(a, b) => {
            (Severity::Low, " at the same time, which may be two ports of one machine")
        }
        _ if poisoned && contested == 0 && shared == 0 => {
            (Severity::High, ", one of which says so again and again without being asked")
        }
        _ => (Severity::High, " at the same time"),
    };
    vec![Finding {
        rule,
        severity,
        attack: if kind == "ndp" { &["T1557"] } else { &["T1557.002"] },
        subject: ip.to_owned(),
        title: format!(
            "{ip}{} is claimed by {} Ethernet addresses{how}: {}",
            if network.is_empty() { String::new() } else { format!(" on VLAN {network}") },
            cell.distinct(0),
            targets.join(", ")
        ),
        advice: "Find the switch ports of these Ethernet addresses; the one the machine does not have reads along.",
        targets,
        count: cell.count,
        first,
        last,
    }]
}
