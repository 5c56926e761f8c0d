//! Services in trouble: bursts of errors, and the message before the end.

use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;

/// Messages shown in a finding.
const NAMED: usize = 5;
/// Longest message kept, characters.
const MESSAGE: usize = 120;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "errors",
    doc: "Log lines whose `log.level` is an error or worse, per host and service: a burst of errors, and any line \
          of a level at which programs end (fatal, critical, alert, emergency, panic).",
    on: On::Others,
    rules: &["errors.fatal", "errors.burst"],
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    if event.dataset.transaction {
        return;
    }
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let Some(level) = text("log.level") else { return };
    let kind = match level.to_ascii_lowercase().as_str() {
        "error" | "err" | "severe" => "error",
        "fatal" | "critical" | "crit" | "alert" | "emergency" | "emerg" | "panic" => "fatal",
        _ => return,
    };
    let service = text("service.name").or_else(|| text("process.name")).unwrap_or(event.dataset.name);
    let host = text("host.name").unwrap_or_default();
    let message = text("error.message").or_else(|| text("message"));
    let message = message.map(|m| Cow::Owned(m.chars().take(MESSAGE).collect()));
    out(Observation {
        subject: format!("{kind}\t{host}\t{service}").into(),
        weight: 1,
        values: [message, None, None],
        mark: false,
    });
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(3, '\t');
    let (Some(kind), Some(host), Some(service)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let Some((first, last)) = cell.span else { return Vec::new() };
    let place = if host.is_empty() { service.to_owned() } else { format!("{service} on {host}") };
    let burst = cell.burst(config.window);
    let (rule, severity, title) = match kind {
        "fatal" => ("errors.fatal", Severity::Medium, format!("{place} logged {} lines at a level at which programs end", cell.count)),
        _ if burst.count >= config.errors => {
            let title = format!("{place} logged {} errors, up to {} in the window", cell.count, burst.count);
            ("errors.burst", Severity::Low, title)
        }
        _ => return Vec::new(),
    };
    vec![Finding {
        rule,
        severity,
        attack: &[],
        subject: place,
        title,
        advice: "Read the first of these lines: the others mostly follow from it.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
