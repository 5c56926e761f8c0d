//! What counts as one log-in, the same for detectors and reports.

use super::{Event, Ts, Value};
use serde::{Deserialize, Serialize};

/// Failed log-ins of one source at one service since it last got in, as they are carried from run to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// How many.
    pub failures: u64,
    /// When the last one was.
    pub last: Ts,
    /// When the run was that saw it.
    #[serde(default)]
    pub met: Ts,
}

/// How many credentials were refused or accepted in what an event tells. sshd tells one refusal in
/// several lines (PAM's, `Invalid user`, the disconnect, the session): only the line that names the
/// credential counts, the others stand for 0. `netlog.count` is honoured ("message repeated 5 times").
pub fn login_attempts(event: &Event<'_>) -> u64 {
    let kind = event.by_name("netlog.auth.kind").and_then(Value::as_str);
    let told_elsewhere = |kind: &str| match kind {
        "failed" | "accepted" => false,
        "pam" | "pam_more" => event.dataset.name == "sshd",
        _ => true,
    };
    if kind.is_some_and(told_elsewhere) {
        return 0;
    }
    times(event.by_name("netlog.count"))
}

/// Most happenings that a line is believed to stand for: the range of `netlog.count`. Whoever writes a larger number
/// into a log may not make sums overflow.
pub const MOST_TIMES: i64 = 1_000_000;

/// How many happenings a line stands for, by its `netlog.count`.
pub fn times(count: Option<&Value<'_>>) -> u64 {
    count.and_then(Value::as_int).filter(|n| *n >= 0).map_or(1, |n| n.min(MOST_TIMES).unsigned_abs())
}
