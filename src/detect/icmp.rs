//! Data in the echoes of ping, and in messages that have no room for any.

use super::{Cell, Config, Detector, Observation, On, SET_MAX};
use crate::model::{Event, Finding, Severity, Value, push_ip};
use std::borrow::Cow;

/// Replies with other data than was sent that leave no doubt.
const CHANGED: usize = 5;

/// Data that is shorter holds next to nothing behind the time stamp: then so many times as much has to differ, by so many bits a
/// byte. A counter has less.
const SHORT: u64 = 32;
const TIMES: u64 = 10;
const RANDOM: f64 = 2.3;
/// What a time stamp, an address mask or a router has to say is no longer than this, bytes behind the header.
const ASKED: u64 = 24;
/// Behind the pair of hosts: messages that are too long, and errors about packets of no known protocol.
const LONG: &str = "long";
const UNKNOWN: &str = "unknown";

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "icmp",
    doc: "Echo requests (ping, ICMP and ICMPv6), and replies nobody asked for, with 24 bytes of data or more, per \
          pair of hosts: data that differs each time behind the time stamp, and replies that bring back something \
          else. Requests for the time, an address mask or information that are longer than these are, and errors about packets of protocols that have no name.",
    needs: "captures with pings that carry data",
    on: On::Others,
    ordered: false,
    rules: &["icmp.tunnel"],
    concerns: |event| {
        let asked = || event.has("icmp.request.type") || event.has("netlog.icmp.original.transport");
        event.dataset.name == "icmp" && (event.has("netlog.icmp.payload.fingerprint") || asked())
    },
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let Some(Value::Str(print)) = event.by_name("netlog.icmp.payload.fingerprint") else {
        return misused(event, out);
    };
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

/// Messages that carry what is none of theirs.
fn misused(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(source), Some(target)) = (event.source.ip, event.destination.ip) else { return };
    let bytes = event.source.bytes.unwrap_or(0);
    let asked = event.by_name("icmp.request.type").and_then(Value::as_int);
    let (how, size) = match asked {
        Some(13 | 15 | 17) if source.is_ipv4() && bytes > ASKED => (LONG, bytes),
        None if is_about_nothing(event) => (UNKNOWN, bytes),
        _ => return,
    };
    let mut subject = String::with_capacity(64);
    push_ip(&mut subject, source);
    subject.push('\t');
    push_ip(&mut subject, target);
    subject.push('\t');
    subject.push_str(how);
    let values = [Some(format!("{size:05}").into()), None, None];
    out(Observation { subject: Cow::Borrowed(&subject), weight: 1, values, mark: false });
}

/// Whether an error quotes a packet of a protocol that has a number and no name.
fn is_about_nothing(event: &Event<'_>) -> bool {
    let quoted = event.by_name("netlog.icmp.original.transport").and_then(Value::as_str);
    quoted.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The finding of messages that carry what is none of theirs.
fn carried(config: &Config, (source, target, how): (&str, &str, &str), cell: &Cell) -> Option<Finding> {
    let (first, last) = cell.span?;
    if cell.count < config.icmp_payloads {
        return None;
    }
    let what = match how {
        LONG => "requests for the time or a mask that are longer than these are",
        _ => "errors about packets of protocols that have no name",
    };
    Some(Finding {
        rule: "icmp.tunnel",
        severity: Severity::Medium,
        attack: &["T1095", "T1048.003"],
        subject: source.to_owned(),
        title: format!("{source} sent {target} {} ICMP {what}", cell.count),
        advice: "Find the program on the source that sends them, and look at what the data is.",
        targets: vec![target.to_owned()],
        count: cell.count,
        first,
        last,
    })
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((source, target)), Some((first, last))) = (subject.split_once('\t'), cell.span) else {
        return Vec::new();
    };
    if let Some((target, how)) = target.split_once('\t') {
        return carried(config, (source, target, how), cell).into_iter().collect();
    }
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
    let short = size(sizes.last()) < SHORT;
    if short && (different < config.icmp_payloads.saturating_mul(TIMES) || mean < RANDOM) {
        return Vec::new();
    }
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
