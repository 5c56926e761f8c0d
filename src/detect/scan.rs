//! Port scans: TCP connections that never became conversations, on many ports or many hosts.

use super::spelled::{Word, address, push_line};
use super::{Cell, Config, Detector, Observation, On, SET_MAX};
use crate::model::{Event, Evidence, Finding, Severity, Transport, Value};
use std::borrow::Cow;

/// Targets named in a finding.
const NAMED: usize = 30;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "scan",
    doc: "TCP flows without a conversation (SYN unanswered, refused or torn down, and packets with flags that \
          no connection begins with), and records of VPC flow logs with the action REJECT, per source: many ports \
          of one host, or one port of many hosts.",
    needs: "captures with TCP, or VPC flow logs",
    on: On::All,
    rules: &["scan.vertical", "scan.horizontal", "scan.stealth"],
    concerns: |event| matches!(event.dataset.name, "flow" | "aws.vpcflow"),
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let seen_by_packets = event.dataset.name == "flow" && event.transport == Some(Transport::Tcp);
    if event.dataset.name == "flow" && !seen_by_packets {
        return;
    }
    let (Some(source), Some(target), Some(port)) =
        (event.source.ip, event.destination.ip, event.destination.port)
    else {
        return;
    };
    let how = if seen_by_packets { probe(event) } else { rejected(event) };
    let Some(how) = how else { return };
    let text = address(target);
    let mut digits = itoa::Buffer::new();
    let port = digits.format(port);
    // A scan has as many of these as it has probes.
    let mut subject = String::with_capacity(64);
    let mut tell = |kind: &str, on: &str, value: &str| {
        subject.clear();
        push_line(&mut subject, &[Word::Text(kind), Word::Ip(source), Word::Text(on)]);
        out(Observation {
            subject: Cow::Borrowed(&subject),
            weight: 1,
            values: [Some(Cow::Borrowed(value)), Some(Cow::Borrowed(how)), None],
            mark: false,
        });
    };
    tell("v", &text, port);
    tell("h", port, &text);
    if !matches!(how, "SYN" | REJECTED) {
        tell("x", how, &text);
    }
}

/// What the firewall of a cloud kept away.
const REJECTED: &str = "rejected";

fn rejected(event: &Event<'_>) -> Option<&'static str> {
    let action = event.by_name("aws.vpcflow.action").and_then(Value::as_str);
    (action == Some("REJECT")).then_some(REJECTED)
}

/// Kind of probe a flow is, if it is one.
fn probe(event: &Event<'_>) -> Option<&'static str> {
    // Looked at first: most flows are conversations. Of some only the answers were captured.
    if !event.source.packets.is_some_and(|sent| (1..=3).contains(&sent)) {
        return None;
    }
    let flags = event.by_name("netlog.flow.source.tcp_flags");
    let has = |flag: &str| match flags {
        Some(Value::Words(words)) => words.contains(&flag),
        Some(Value::List(items)) => items.iter().any(|v| v.as_str() == Some(flag)),
        Some(Value::Str(s)) => s == flag,
        _ => false,
    };
    if has("syn") {
        let state = event.by_name("netlog.flow.state").and_then(Value::as_str)?;
        return matches!(state, "half_open" | "refused" | "aborted").then_some("SYN");
    }
    if has("ack") || has("rst") {
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
