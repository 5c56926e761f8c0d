//! Applications in trouble, from what their logs say in words: ends nobody asked for, WebSocket connections
//! lost, heartbeats without an answer.

use super::service::{self, Service};
use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Messages shown in a finding.
const NAMED: usize = 5;
/// Longest message kept, and how much of one is looked at, characters and bytes.
const MESSAGE: usize = 120;
const LOOKED: usize = 400;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "application",
    doc: "Log lines, per host and service, whose message or action tells of a program that ended unasked (an exit \
          status other than 0, a signal, an exception nobody caught, memory gone; systemd's failed units), of \
          WebSocket connections lost, or of a ping without its pong. English words only.",
    needs: "logs of programs with a message",
    on: On::Others,
    ordered: false,
    rules: &["application.exit", "application.websocket", "application.heartbeat"],
    concerns: |event| {
        let log = !event.dataset.transaction && event.dataset.name != "flow";
        log && (event.has("message") || event.has("event.action"))
    },
    observe,
    judge,
};

const EXIT: &str = "exit";
const SOCKET: &str = "websocket";
const PONG: &str = "heartbeat";

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let (action, message) = (text("event.action"), text("message"));
    let kind = match action {
        Some("unit_failed") => Some(EXIT),
        _ => kind(message.unwrap_or_default()).or_else(|| kind(action.unwrap_or_default())),
    };
    let Some(kind) = kind else { return };
    let words = message.or_else(|| text("event.reason")).or(action);
    let words = words.map(|m| Cow::Owned(m.chars().take(MESSAGE).collect()));
    let mut subject = String::with_capacity(64);
    Service::of(event).subject(kind, &mut subject);
    out(Observation { subject: subject.into(), weight: 1, values: [words, None, None], mark: false });
}

/// Words of which a message that tells anything has one at least.
static TELLING: [&[&str]; 4] = [BEATS, SOCKETS, ENDS, EXITS];
static BEATS: &[&str] = &["pong", "heartbeat"];
static SOCKETS: &[&str] = &["websocket", "web socket", "ws connection", "ws client", "ws_"];
static ENDS: &[&str] = &[
    "uncaught exception",
    "uncaughtexception",
    "unhandled rejection",
    "unhandledrejection",
    "panicked at",
    "segmentation fault",
    "core dumped",
    "out of memory",
    "oom-kill",
    "killed by signal",
    "terminated by signal",
    "unexpectedly",
];
/// A number follows.
static EXITS: &[&str] = &[
    "exited with code ",
    "exited with status ",
    "exit status ",
    "exit code: ",
    "exit code ",
    "exited, status ",
];
/// What makes it a fault.
static LOST: &[&str] =
    &["timeout", "timed out", "missing", "missed", "not received", "no pong", "no heartbeat", "without"];
static CLOSED: &[&str] =
    &["closed", "close code", "disconnect", "dropped", "lost", "terminated", "reset", "hang up"];
static ORDERLY: &[&str] = &["1000", "1001", "normal closure", "going away", "gracefully"];
static PROCESS: &[&str] = &[
    "exception",
    "rejection",
    "exit",
    "died",
    "kill",
    "memory",
    "panic",
    "fault",
    "signal",
    "process",
    "worker",
    "dumped",
    "terminat",
];

/// Finds any of [`TELLING`]: every message is read by it, one step a byte, and hardly any goes further.
static TELLS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let builder = &mut AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA));
    builder.build(TELLING.iter().copied().flatten()).ok()
});

/// Whether the text has one of the words, whatever its letters' case.
fn any(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| text.windows(word.len()).any(|at| at.eq_ignore_ascii_case(word.as_bytes())))
}

/// What a message is about, if it is about any of it.
fn kind(message: &str) -> Option<&'static str> {
    let bytes = message.as_bytes();
    let text = bytes.get(..LOOKED).unwrap_or(bytes);
    if TELLS.as_ref().is_some_and(|tells| !tells.is_match(text)) {
        return None;
    }
    if any(text, BEATS) && any(text, LOST) {
        return Some(PONG);
    }
    if any(text, SOCKETS) && any(text, CLOSED) && !any(text, ORDERLY) {
        return Some(SOCKET);
    }
    let ended = any(text, ENDS) && any(text, PROCESS);
    (ended || exited(text)).then_some(EXIT)
}

/// `exited with code 1`, `exit status 137`, but not 0.
fn exited(text: &[u8]) -> bool {
    EXITS.iter().any(|words| {
        let after = text.windows(words.len()).position(|at| at.eq_ignore_ascii_case(words.as_bytes()));
        let digits = after.and_then(|at| text.get(at + words.len()..)).unwrap_or_default();
        let number = digits.strip_prefix(b"-").unwrap_or(digits);
        number.first().is_some_and(|b| (b'1'..=b'9').contains(b))
    })
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((kind, place)), Some((first, last))) = (service::told(subject), cell.span) else {
        return Vec::new();
    };
    let (burst, count) = (cell.burst(config.window).count, cell.count);
    let (rule, severity, what) = match kind {
        EXIT if burst >= config.restarts => ("application.exit", Severity::Medium, "ended unexpectedly"),
        EXIT => ("application.exit", Severity::Low, "ended unexpectedly"),
        SOCKET if burst >= config.drops => {
            ("application.websocket", Severity::Low, "lost WebSocket connections")
        }
        PONG if burst >= config.pongs => {
            ("application.heartbeat", Severity::Low, "missed answers to its heartbeats")
        }
        _ => return Vec::new(),
    };
    vec![Finding {
        rule,
        severity,
        attack: &[],
        subject: place.clone(),
        title: format!("{place} {what}: {count} lines say so, up to {burst} in the window"),
        advice: "Read the lines before the first of these, and see what else happened at that time.",
        targets: cell.values(0, NAMED),
        count,
        first,
        last,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_tell_and_words_that_do_not() {
        for (message, want) in [
            ("worker 7 exited with code 1", Some(EXIT)),
            ("worker 7 exited with code 0", None),
            ("child exited with code -9 (SIGKILL)", Some(EXIT)),
            ("Process exited, exit status 137", Some(EXIT)),
            ("uncaughtException: TypeError: x is undefined", Some(EXIT)),
            ("Out of memory: Killed process 731 (node)", Some(EXIT)),
            ("unexpectedly fast answer", None),
            ("memory usage 40 %", None),
            ("WebSocket closed abnormally (1006)", Some(SOCKET)),
            ("websocket client disconnected: transport close", Some(SOCKET)),
            ("WebSocket closed 1000 normal closure", None),
            ("WebSocket connected", None),
            ("pong timeout, terminating client 7", Some(PONG)),
            ("Heartbeat missed for worker 3", Some(PONG)),
            ("pong received in 12 ms", None),
            ("", None),
        ] {
            assert_eq!(kind(message), want, "{message}");
        }
    }
}
