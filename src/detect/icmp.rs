//! Data in the echoes of ping.

use super::{Cell, Config, Detector, Observation, On, SET_MAX};
use crate::model::{Event, Finding, Severity, Value, push_ip};
use std::borrow::Cow;

/// Replies with other data than was sent that leave no doubt.
const CHANGED: usize = 5;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "icmp",
    doc: "Echo requests (ping, ICMP and ICMPv6), and replies nobody asked for, with 32 bytes of data or more, per \
          pair of hosts: data that differs each time behind the time stamp, and replies that bring back something \
          else.",
    needs: "captures with pings that carry data",
    on: On::Others,
    ordered: false,
    rules: &["icmp.tunnel"],
    concerns: |event| event.dataset.name == "icmp" && event.has("netlog.icmp.payload.fingerprint"),
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let Some(Value::Str(print)) = event.by_name("netlog.icmp.payload.fingerprint") else { return };
    let (Some(source), Some(target)) = (event.source.ip, event.destination.ip) else { return };
    let mut subject = String::with_capacity(64);
    push_ip(&mut subject, source);
    subject.push('\t');
    push_ip(&mut subject, target);
    let size = event.source.bytes.or(event.destination.bytes).map(|bytes| format!("{bytes:05}").into());
    let entropy = match event.by_name("netlog.icmp.payload.entropy") {
        Some(Value::Float(bits)) => Some(format!("{bits:.2}").into()),
        _ => None,
    };
    let returned = event.by_name("netlog.icmp.payload.returned");
    let mut tell = |values, mark| {
        out(Observation { subject: Cow::Borrowed(&subject), weight: 1, values, mark });
    };
    tell([Some(Cow::Borrowed(&**print)), size, entropy], false);
    if returned == Some(&Value::Bool(false)) {
        tell([None, None, None], true);
    }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((source, target)), Some((first, last))) = (subject.split_once('\t'), cell.span) else {
        return Vec::new();
    };
    let different = cell.distinct(0);
    // A search for the largest packet varies the size a few times; a tunnel hardly ever repeats itself.
    let fresh = different.saturating_mul(2) >= cell.count.min(SET_MAX as u64);
    if different < config.icmp_payloads || !fresh {
        return Vec::new();
    }
    let sizes = cell.values(1, SET_MAX);
    let size = |text: Option<&String>| text.and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
    let bits: Vec<f64> = cell.values(2, SET_MAX).iter().filter_map(|text| text.parse().ok()).collect();
    let mean = bits.iter().sum::<f64>() / bits.len().max(1) as f64;
    let changed = cell.marks.len();
    let more = if different >= SET_MAX as u64 { "at least " } else { "" };
    let replies = match changed {
        0 => String::new(),
        n => format!("; {n} or more replies brought back other data than was sent"),
    };
    let title = format!(
        "{source} exchanged {} pings with {target}, {more}{different} different contents of {} to {} bytes, {mean:.1} bits a byte, up to {} in the window{replies}",
        cell.count,
        size(sizes.first()),
        size(sizes.last()),
        cell.burst(config.window).count,
    );
    vec![Finding {
        rule: "icmp.tunnel",
        severity: if changed >= CHANGED { Severity::High } else { Severity::Medium },
        attack: &["T1095", "T1048.003"],
        subject: source.to_owned(),
        title,
        advice: "Find the program on the source that sends them, and look at what the data is.",
        targets: vec![target.to_owned()],
        count: cell.count,
        first,
        last,
    }]
}
