//! What the user's lists know to be bad.

use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Outcome, Severity, Value, push_ip};
use std::borrow::Cow;

/// Hosts named in a finding.
const NAMED: usize = 30;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "indicator",
    doc: "Events that match an indicator of --indicators in an address, a network, a name asked for, answered or \
          called (DNS, TLS, HTTP), a fingerprint (JA3, JA3S, JA4, HASSH) or the hash of a file, per indicator. \
          Silent without a list.",
    needs: "a list given with --indicators",
    on: On::All,
    ordered: false,
    rules: &["indicator.match"],
    // What is listed is appended last.
    concerns: |event| event.fields.last().is_some_and(|(field, _)| field.name == "netlog.threat.field"),
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let list = |name: &str| match event.by_name(name) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let text = |name: &str, at: usize| list(name).get(at).and_then(Value::as_str).unwrap_or_default();
    for (at, name) in list("threat.indicator.name").iter().filter_map(Value::as_str).enumerate() {
        let field = text("netlog.threat.field", at);
        let mut host = String::new();
        // The other end of a listed one; of names and digests the end that acted.
        let listed_acted = field.starts_with("source.");
        let other = if listed_acted { event.destination.ip } else { event.source.ip };
        if let Some(ip) = other {
            push_ip(&mut host, ip);
        }
        let kind = text("threat.indicator.type", at);
        let about = text("threat.indicator.description", at);
        let feed = text("threat.feed.name", at);
        let mut tell = |mark| {
            out(Observation {
                subject: format!("{kind}\t{name}\t{feed}\t{about}").into(),
                weight: 1,
                values: [Some(Cow::Borrowed(&*host)).filter(|h| !h.is_empty()), Some(field.into()), None],
                mark,
            });
        };
        tell(false);
        if grave(event, listed_acted) {
            tell(true);
        }
    }
}

/// Something of ours went there, or it got in: more than a knock at the door.
fn grave(event: &Event<'_>, listed_acted: bool) -> bool {
    let direction = event.by_name("network.direction").and_then(Value::as_str);
    if !listed_acted {
        return direction.is_none_or(|d| d == "outbound" || d == "internal");
    }
    let login = event.dataset.category.contains(&"authentication");
    login && event.outcome == Outcome::Success
}

fn judge(_: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(4, '\t');
    let (Some(kind), Some(name), Some(feed), Some(about)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Vec::new();
    };
    let Some((first, last)) = cell.span else { return Vec::new() };
    let contacted = !cell.marks.is_empty();
    let severity = if contacted { Severity::High } else { Severity::Medium };
    let about = if about.is_empty() { String::new() } else { format!(" ({about})") };
    let places = cell.values(1, 4).join(", ");
    let how = if contacted { "; something of yours went there or let it in" } else { "" };
    let title =
        format!("{name}{about}, {kind} listed in {feed}, was met {} times in {places}{how}", cell.count);
    vec![Finding {
        rule: "indicator.match",
        severity,
        attack: &["T1071"],
        subject: name.to_owned(),
        title,
        advice: "Look at the hosts that had to do with it: what ran there at that time, and what it got.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
