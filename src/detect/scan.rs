//! Port scans: TCP connections that never became conversations, on many ports or many hosts.

use super::{Cell, Config, Detector, Observation, SET_MAX};
use crate::model::{Event, Evidence, Finding, Severity, Transport, Value};
use std::borrow::Cow;

/// Targets named in a finding.
const NAMED: usize = 30;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "scan",
    doc: "TCP flows without a conversation (SYN unanswered, refused or torn down, and packets with flags that \
          no connection begins with), per source: many ports of one host, or one port of many hosts.",
    observe,
    judge,
};

fn observe<'e>(event: &'e Event<'_>, out: &mut dyn FnMut(Observation<'e>)) {
    if event.dataset.name != "flow" || event.transport != Some(Transport::Tcp) {
        return;
    }
    let (Some(source), Some(target), Some(port)) =
        (event.source.ip, event.destination.ip, event.destination.port)
    else {
        return;
    };
    let Some(how) = probe(event) else { return };
    let (target, port) = (Cow::Owned(target.to_string()), Cow::Owned(port.to_string()));
    let mut tell = |kind: char, on: &str, value: &Cow<'e, str>| {
        out(Observation {
            subject: format!("{kind}\t{source}\t{on}").into(),
            weight: 1,
            values: [Some(value.clone()), Some(Cow::Borrowed(how)), None],
            mark: false,
        });
    };
    tell('v', &target, &port);
    tell('h', &port, &target);
    if how != "SYN" {
        tell('x', how, &target);
    }
}

/// Kind of probe a flow is, if it is one.
fn probe(event: &Event<'_>) -> Option<&'static str> {
    let flags = event.by_name("netlog.flow.source.tcp_flags");
    let has = |flag: &str| match flags {
        Some(Value::List(items)) => items.iter().any(|v| v.as_str() == Some(flag)),
        Some(Value::Str(s)) => s == flag,
        _ => false,
    };
    let small = event.source.packets.is_none_or(|n| n <= 3);
    if has("syn") {
        let state = event.by_name("netlog.flow.state").and_then(Value::as_str)?;
        return (matches!(state, "half_open" | "refused" | "aborted") && small).then_some("SYN");
    }
    if !small || has("ack") || has("rst") {
        return None;
    }
    match (has("fin"), has("psh") && has("urg")) {
        (true, true) => Some("Xmas"),
        (true, false) => Some("FIN"),
        (false, _) => flags.is_none().then_some("NULL"),
    }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(3, '\t');
    let (Some(kind), Some(source), Some(on)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let Some(span) = cell.span else { return Vec::new() };
    let distinct = cell.distinct(0);
    let more = if distinct >= SET_MAX as u64 { "at least " } else { "" };
    let how = cell.values(1, 4).join(", ");
    let found = match kind {
        "v" if distinct >= config.ports => Some((
            "scan.vertical",
            Severity::Medium,
            format!("{source} probed {more}{distinct} ports of {on} ({how} scan)"),
        )),
        "h" if distinct >= config.hosts => Some((
            "scan.horizontal",
            Severity::Medium,
            format!("{source} probed port {on} of {more}{distinct} hosts ({how} scan)"),
        )),
        "x" if cell.count >= config.stealth => Some((
            "scan.stealth",
            Severity::Medium,
            format!("{source} sent {} {on} probes to {more}{distinct} hosts: packets no connection begins with", cell.count),
        )),
        _ => None,
    };
    found.map(|(rule, severity, title)| finding(rule, severity, title, source, cell, span)).into_iter().collect()
}

fn finding(
    rule: &'static str,
    severity: Severity,
    title: String,
    source: &str,
    cell: &Cell,
    span: (Evidence, Evidence),
) -> Finding {
    Finding {
        rule,
        severity,
        attack: &["T1046", "T1595.001"],
        subject: source.to_owned(),
        title,
        advice: "See which of the probed ports answered, and whether the source came back to them.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first: span.0,
        last: span.1,
    }
}
