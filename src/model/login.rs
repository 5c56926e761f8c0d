//! What counts as one log-in, the same for detectors and reports.

use super::{Event, Value};

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
    let count = event.by_name("netlog.count").and_then(Value::as_int);
    count.and_then(|n| u64::try_from(n).ok()).unwrap_or(1)
}
