//! Who else speaks in a connection: segments that came twice, with other data each time.

use super::spelled::address;
use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Endpoint, Event, Finding, Severity, Value};
use std::borrow::Cow;

/// Receivers and services named in a finding.
const NAMED: usize = 20;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "tcp",
    doc: "Segments with the sequence number of one before and other data, per host in whose name they were sent: one \
          of the two is somebody else's, or a middlebox changed it. Keep-alives and segments that were cut are not compared.",
    needs: "captures with TCP",
    on: On::Flows,
    ordered: false,
    rules: &["tcp.injection"],
    concerns: |event| event.has(OF_SOURCE) || event.has(OF_DESTINATION),
    observe,
    judge,
};

const OF_SOURCE: &str = "netlog.flow.source.inconsistent_retransmissions";
const OF_DESTINATION: &str = "netlog.flow.destination.inconsistent_retransmissions";

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    // Records of a flow count from its beginning.
    if matches!(event.by_name("flow.final"), Some(Value::Bool(false))) {
        return;
    }
    let port = event.destination.port.unwrap_or(0);
    let protocol = event.by_name("network.protocol").and_then(Value::as_str).unwrap_or("tcp");
    let mut tell = |count: &str, from: &Endpoint, to: &Endpoint| {
        let segments = event.by_name(count).and_then(Value::as_int).map_or(0, i64::unsigned_abs);
        let (Some(from), Some(to), true) = (from.ip, to.ip, segments > 0) else { return };
        out(Observation {
            subject: address(from).into(),
            weight: segments,
            values: [Some(address(to).into()), Some(Cow::Owned(format!("{port}/{protocol}"))), None],
            mark: false,
        });
    };
    tell(OF_SOURCE, &event.source, &event.destination);
    tell(OF_DESTINATION, &event.destination, &event.source);
}

fn judge(_: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let Some((first, last)) = cell.span else { return Vec::new() };
    let services = cell.values(1, NAMED).join(", ");
    vec![Finding {
        rule: "tcp.injection",
        severity: Severity::Medium,
        attack: &["T1557"],
        subject: subject.to_owned(),
        title: format!(
            "{} TCP segments in the name of {subject} came twice with different data, to {} hosts ({services})",
            cell.count,
            cell.distinct(0)
        ),
        advice: "Compare both in the capture: other TTLs or Ethernet addresses tell who sent which; what the receiver took is what came first.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
