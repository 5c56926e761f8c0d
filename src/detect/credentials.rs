//! Credentials in the head of an HTTP request, of captures and of logs that tell their scheme, and what the answer says
//! of them (RFC 9110 section 11).

use crate::model::{Event, Outcome, Value};

fn text<'e>(event: &'e Event<'_>, name: &str) -> Option<&'e str> {
    event.by_name(name).and_then(Value::as_str)
}

fn status(event: &Event<'_>) -> Option<i64> {
    event.by_name("http.response.status_code").and_then(Value::as_int)
}

/// The scheme of the credentials sent, where it is told.
fn scheme<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    text(event, "netlog.http.request.authorization")
}

/// Whether events with such fields may carry a log-in.
pub(super) fn concerns(event: &Event<'_>) -> bool {
    event.has("netlog.http.request.authorization") && event.has("user.name")
}

/// How a request that names its user fared as a log-in; `None` if it is none. A browser sends the same credentials with
/// every page, so what fails otherwise says nothing of them.
pub(super) fn login(event: &Event<'_>) -> Option<Outcome> {
    scheme(event)?;
    text(event, "user.name")?;
    let stale = || {
        text(event, "netlog.http.response.challenge")
            .is_some_and(|c| c.to_ascii_lowercase().contains("stale=true"))
    };
    Some(match status(event) {
        // Right or wrong: the nonce was too old (RFC 7616 section 3.3).
        Some(401 | 407) if stale() => Outcome::Unknown,
        Some(401 | 407) => Outcome::Failure,
        Some(200..300) => Outcome::Success,
        _ => Outcome::Unknown,
    })
}

/// Whether a 401 or 403 refuses credentials, where the request can be seen, or its log tells: one that has none yet is
/// asked for them. 401 to those that name a user is a log-in, and counted there.
pub(super) fn refused(event: &Event<'_>) -> bool {
    let challenged = || event.has("netlog.http.response.challenge");
    match scheme(event) {
        None if !event.dataset.transaction => text(event, "event.reason") != Some("challenge"),
        // A form has them in its body, and nobody challenges it.
        None => !challenged() && text(event, "http.request.method") == Some("POST"),
        Some(_) if event.has("user.name") => status(event) == Some(403),
        // NTLM's first message, or a ticket: no password is tried.
        Some(scheme) => !["NTLM", "Negotiate"].iter().any(|known| scheme.eq_ignore_ascii_case(known)),
    }
}
