//! Requests by HTTP: regular ones of a connection that stays open, and what systems and browsers ask their vendor every few
//! minutes: whether there is a network, or somebody who wants a log-in first.

use super::{Observation, Padded, Word, line};
use crate::detect::Cell;
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;

/// Hosts that are there for nothing else.
const HOSTS: [&str; 14] = [
    "connectivity-check.ubuntu.com",
    "nmcheck.gnome.org",
    "network-test.debian.org",
    "conncheck.opensuse.org",
    "ping.archlinux.org",
    "detectportal.firefox.com",
    "captive.apple.com",
    "connectivitycheck.gstatic.com",
    "connectivitycheck.android.com",
    "connectivitycheck.platform.hicloud.com",
    "www.msftconnecttest.com",
    "ipv6.msftconnecttest.com",
    "www.msftncsi.com",
    "network-test.lineageos.org",
];
/// Marks that a cell is sure to keep.
const KEPT: usize = 250;

/// Whether events may be such requests.
pub(super) fn concerns(event: &Event<'_>) -> bool {
    event.dataset.name == "http" && event.has("url.domain")
}

/// Stands for who tells it, in the subject of requests.
pub(super) const REQUESTS: &str = "requests";

/// A request: a mark of what is called if it is to one of these hosts, else a call by itself.
pub(super) fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let (Some(asked), Some("outbound")) = (text("url.domain"), text("network.direction")) else { return };
    let (Some(source), Some(server), Some(port)) =
        (event.source.ip, event.destination.ip, event.destination.port)
    else {
        return;
    };
    let subject = |by| line(&[Word::Ip(source), Word::Ip(server), Word::Port(port), Word::Text(by)]).into();
    if let Some(host) = HOSTS.iter().find(|host| host.eq_ignore_ascii_case(asked)) {
        let values = [Some(Cow::Borrowed(*host)), None, None];
        return out(Observation { subject: subject(""), weight: 0, values, mark: true });
    }
    let sent = i64::try_from(event.source.bytes.unwrap_or(0)).unwrap_or(i64::MAX);
    let [call, size] = [event.ts, sent].map(Padded::new);
    let values = [Some(call.as_str().into()), Some(size.as_str().into()), None];
    out(Observation { subject: subject(REQUESTS), weight: 0, values, mark: false });
}

/// Leaves out requests where the connections are told: then each had one.
pub(in crate::detect) fn without_repeated(findings: Vec<Finding>) -> Vec<Finding> {
    let is_request = |found: &Finding| found.rule == "outbound.beacon" && found.severity == Severity::Low;
    let told: Vec<(String, Vec<String>)> = findings
        .iter()
        .filter(|found| found.rule == "outbound.beacon" && !is_request(found))
        .map(|found| (found.subject.clone(), found.targets.clone()))
        .collect();
    let again = |found: &Finding| {
        told.iter().any(|(subject, targets)| *subject == found.subject && *targets == found.targets)
    };
    findings.into_iter().filter(|found| !(is_request(found) && again(found))).collect()
}

/// The host that was asked, if so many calls were nothing else.
pub(super) fn asked(cell: &Cell, calls: usize) -> Option<&str> {
    let enough = cell.marks.len() >= KEPT || cell.marks.len().saturating_mul(10) >= calls.saturating_mul(9);
    cell.marks.first().filter(|_| enough).map(|mark| mark.value.as_str())
}
