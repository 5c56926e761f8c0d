//! Floods: half-open connections, datagrams of next to nothing, pings without a pause.

use super::spelled::{Word, address, line};
use super::{Cell, Config, Detector, Observation, On, flows};
use crate::model::{Event, Finding, MINUTE, Severity, Transport, Value};

/// Sources named in a finding.
const NAMED: usize = 20;
/// Pings a second from which nobody waits for answers.
const RATE: u64 = 200;
/// Bytes of a packet of UDP with a payload of next to nothing: the shortest frame of Ethernet.
const EMPTY: u64 = 60;

/// What a subject is about.
const SYN: &str = "tcp";
const UDP: &str = "udp";
const PINGS: &str = "icmp";

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "flood",
    doc: "Per server and port: TCP flows that stay half open (a SYN, and no end of the handshake), and UDP flows of a few \
          next to empty packets without an answer; per host: pings at more than two hundred a second.",
    needs: "flows in captures or logs (Zeek, Suricata)",
    on: On::Flows,
    ordered: false,
    rules: &["flood.syn", "flood.udp", "flood.icmp"],
    concerns: |_| true,
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(source), Some(server)) = (event.source.ip, event.destination.ip) else { return };
    // What was answered is told elsewhere.
    if flows::is_one_way(event) {
        return;
    }
    let (kind, weight) = match event.transport {
        Some(Transport::Tcp) if is_half_open(event) => (SYN, 1),
        Some(Transport::Udp) if is_empty(event) => (UDP, 1),
        Some(Transport::Icmp | Transport::Icmp6) => match pings(event) {
            Some(pings) => (PINGS, pings),
            None => return,
        },
        _ => return,
    };
    let port = event.destination.port.filter(|_| kind != PINGS);
    if port.is_none() && kind != PINGS {
        return;
    }
    out(Observation {
        subject: line(&[
            Word::Ip(server),
            Word::Text(kind),
            Word::Port(port.unwrap_or(0)),
            Word::Text(flows::teller(event).unwrap_or_default()),
        ])
        .into(),
        weight,
        values: [Some(address(source).into()), None, None],
        mark: false,
    });
}

fn is_half_open(event: &Event<'_>) -> bool {
    event.by_name("netlog.flow.state").and_then(Value::as_str) == Some("half_open")
}

/// Whether next to nothing was sent, no program is known that sends it, and nobody answered.
fn is_empty(event: &Event<'_>) -> bool {
    let sent = event.source.packets.unwrap_or(0);
    let small = event.source.bytes.unwrap_or(0) <= sent.saturating_mul(EMPTY);
    let alone = event.destination.packets.unwrap_or(0) == 0;
    (1..=3).contains(&sent) && small && alone && !event.has("network.protocol")
}

/// Pings of a flow, if there was no pause between them.
fn pings(event: &Event<'_>) -> Option<u64> {
    let asked = event.by_name("icmp.request.type").and_then(Value::as_int);
    let ended = !matches!(event.by_name("flow.final"), Some(Value::Bool(false)));
    let sent = event.source.packets.filter(|_| ended && matches!(asked, Some(8 | 128)))?;
    let millis = event.end.unwrap_or(event.ts).saturating_sub(event.ts).max(0).unsigned_abs() / 1_000_000;
    (sent.saturating_mul(1000) >= RATE.saturating_mul(millis.max(1000))).then_some(sent)
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(4, '\t');
    let (Some(server), Some(kind), Some(port), Some((first, last))) =
        (parts.next(), parts.next(), parts.next(), cell.span)
    else {
        return Vec::new();
    };
    let (window, most) =
        if kind == SYN { (config.window, config.half_open) } else { (MINUTE, config.flood_packets) };
    let (burst, sources) = (cell.burst(window), cell.distinct(0));
    if burst.count < most {
        return Vec::new();
    }
    let (rule, severity, what) = match kind {
        SYN => (
            "flood.syn",
            Severity::Medium,
            format!("half-open connections to {server} port {port}, up to {} in the window", burst.count),
        ),
        UDP => (
            "flood.udp",
            Severity::Low,
            format!("next to empty datagrams to {server} port {port}, up to {} in a minute", burst.count),
        ),
        _ => ("flood.icmp", Severity::Low, format!("pings to {server} at more than {RATE} a second")),
    };
    let advice = match kind {
        SYN => "See whether the server still answered others; SYN cookies help it to.",
        _ => "See whether the host still answered others, and whether the sources are real.",
    };
    vec![Finding {
        rule,
        severity,
        attack: if kind == SYN { &["T1499.001", "T1498.001"] } else { &["T1498.001"] },
        subject: server.to_owned(),
        title: format!("{} {what}, from {sources} sources or more", cell.count),
        advice,
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
