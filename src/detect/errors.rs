//! Services in trouble: bursts of errors, and the message before the end.

use super::service::{self, Service};
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
    doc: "Log lines with a `log.level`, per host and service: a burst of errors, errors of a service that had \
          none for long, and any line of a level at which programs end (fatal, critical, alert, emergency, \
          panic).",
    needs: "logs whose lines have a level",
    on: On::Others,
    ordered: false,
    rules: &["errors.fatal", "errors.burst", "errors.level_change"],
    concerns: |event| !event.dataset.transaction && event.has("log.level"),
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let Some(level) = text("log.level") else { return };
    let is = |names: &[&str]| names.iter().any(|name| level.eq_ignore_ascii_case(name));
    // PostgreSQL calls it fatal when a stranger's password is wrong: it is the stranger's session that ends.
    let kind = if text("netlog.auth.kind").is_some() {
        None
    } else if is(&["error", "err", "severe"]) {
        Some(ERROR)
    } else {
        is(&["fatal", "critical", "crit", "alert", "emergency", "emerg", "panic"]).then_some(FATAL)
    };
    let service = Service::of(event);
    let mut subject = String::with_capacity(64);
    let mut tell = |kind: &str, message: Option<&str>, mark| {
        service.subject(kind, &mut subject);
        let message = message.map(|m| Cow::Owned(m.chars().take(MESSAGE).collect()));
        out(Observation { subject: Cow::Borrowed(&subject), weight: 1, values: [message, None, None], mark });
    };
    // Every line with a level is a beat of the service; errors are what stands out.
    tell(LEVELS, None, false);
    if let Some(kind) = kind {
        let message = text("error.message").or_else(|| text("message"));
        tell(kind, message, false);
        tell(LEVELS, message, true);
    }
}

const LEVELS: &str = "levels";
const ERROR: &str = "error";
const FATAL: &str = "fatal";
/// Errors in the window with which a quiet time ends.
const BEGIN: usize = 10;

/// A service that ran long without an error, and then had several at once.
fn change(config: &Config, place: String, cell: &Cell) -> Option<Finding> {
    let first = cell.marks.first()?.at;
    let soon = cell.marks.iter().take_while(|mark| mark.at.ts < first.ts.saturating_add(config.window));
    let (errors, quiet) = (soon.clone().count(), cell.before(first.ts));
    let last = soon.last()?.at;
    let began = cell.span?.0;
    if errors < BEGIN || quiet < config.quiet_lines || first.ts.saturating_sub(began.ts) < config.window {
        return None;
    }
    let targets = cell.marks.iter().take(NAMED).map(|mark| mark.value.clone()).collect();
    let title =
        format!("{place} logged {quiet} lines without an error, then {errors} errors or more in the window");
    Some(Finding {
        rule: "errors.level_change",
        severity: Severity::Low,
        attack: &[],
        subject: place,
        title,
        advice: "See what changed at that time: a release, a certificate, a neighbour.",
        targets,
        count: errors as u64,
        first,
        last,
    })
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((kind, place)), Some((first, last))) = (service::told(subject), cell.span) else {
        return Vec::new();
    };
    let burst = cell.burst(config.window);
    if kind == LEVELS {
        return change(config, place, cell).into_iter().collect();
    }
    let (rule, severity, title) = match kind {
        FATAL => (
            "errors.fatal",
            Severity::Medium,
            format!("{place} logged {} lines at a level at which programs end", cell.count),
        ),
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
