//! Floods of half-open connections.

use super::spelled::{Word, address, line};
use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Transport, Value};

/// Sources named in a finding.
const NAMED: usize = 20;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "flood",
    doc: "TCP flows that stay half open (a SYN, and no end of the handshake), per server and port: so many that \
          the server's own clients suffer.",
    needs: "captures with TCP",
    on: On::Flows,
    rules: &["flood.syn"],
    concerns: |event| event.has("netlog.flow.state"),
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    if event.transport != Some(Transport::Tcp) {
        return;
    }
    if event.by_name("netlog.flow.state").and_then(Value::as_str) != Some("half_open") {
        return;
    }
    let (Some(source), Some(server), Some(port)) = (event.source.ip, event.destination.ip, event.destination.port)
    else {
        return;
    };
    out(Observation {
        subject: line(&[Word::Ip(server), Word::Port(port)]).into(),
        weight: 1,
        values: [Some(address(source).into()), None, None],
        mark: false,
    });
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let burst = cell.burst(config.window);
    let (Some((server, port)), Some((first, last))) = (subject.split_once('\t'), cell.span) else {
        return Vec::new();
    };
    if burst.count < config.half_open {
        return Vec::new();
    }
    let title = format!(
        "{} half-open connections to {server} port {port}, up to {} in the window, from {} sources or more",
        cell.count,
        burst.count,
        cell.distinct(0)
    );
    vec![Finding {
        rule: "flood.syn",
        severity: Severity::Medium,
        attack: &["T1499.001", "T1498.001"],
        subject: server.to_owned(),
        title,
        advice: "See whether the server still answered others; SYN cookies help it to.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
