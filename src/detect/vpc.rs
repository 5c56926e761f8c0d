//! What a cloud's firewall let through after it had said no.

use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value, push_ip};
use std::borrow::Cow;

/// Ports named in a finding.
const NAMED: usize = 30;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "vpc",
    doc: "Records of VPC flow logs, per pair of source and destination: an ACCEPT after many REJECTs. Records that \
          begin in the same minute count as before.",
    needs: "VPC flow logs",
    on: On::Others,
    ordered: false,
    rules: &["vpc.accept_after_reject"],
    concerns: |event| event.dataset.name == "aws.vpcflow",
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let action = event.by_name("aws.vpcflow.action").and_then(Value::as_str);
    let mark = match action {
        Some("REJECT") => false,
        Some("ACCEPT") => true,
        _ => return,
    };
    let (Some(source), Some(target)) = (event.source.ip, event.destination.ip) else { return };
    let mut subject = String::with_capacity(64);
    push_ip(&mut subject, source);
    subject.push('\t');
    push_ip(&mut subject, target);
    let mut digits = itoa::Buffer::new();
    let port = event.destination.port.map(|port| Cow::Borrowed(digits.format(port)));
    out(Observation { subject: Cow::Borrowed(&subject), weight: 1, values: [port, None, None], mark });
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((source, target)), Some((first, _))) = (subject.split_once('\t'), cell.span) else {
        return Vec::new();
    };
    // Only the first one tells: who is let in all the time and refused now and then is a customer.
    let Some(accepted) = cell.marks.first() else { return Vec::new() };
    let before = cell.before(accepted.at.ts);
    if before < config.rejected {
        return Vec::new();
    }
    let port = if accepted.value.is_empty() { String::new() } else { format!(" on port {}", accepted.value) };
    let title = format!(
        "{source} was let through to {target}{port} after {before} refusals on {} ports or more",
        cell.distinct(0)
    );
    vec![Finding {
        rule: "vpc.accept_after_reject",
        severity: Severity::Medium,
        attack: &["T1046", "T1190"],
        subject: source.to_owned(),
        title,
        advice: "See whether the port that answered should be open to this source, and what it got there.",
        targets: std::iter::once(target.to_owned()).chain(cell.values(0, NAMED)).take(NAMED).collect(),
        count: cell.count,
        first: first.min(accepted.at),
        last: accepted.at,
    }]
}
