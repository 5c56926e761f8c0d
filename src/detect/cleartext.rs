//! Passwords that anyone on the way could read.

use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;

/// Users named in a finding.
const NAMED: usize = 20;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "cleartext",
    doc: "Transactions whose credentials were readable in the capture (`netlog.user.clear_password`, or HTTP with the \
          scheme Basic, also where Zeek's log tells of it), per protocol and server; those of anonymous FTP are left out, and so are questions by SNMP without an answer. Inside TLS nothing of this is seen.",
    needs: "captures with log-ins that nothing encrypts, or Zeek's log of HTTP",
    on: On::Others,
    ordered: false,
    rules: &["cleartext.credentials"],
    concerns: |event| {
        let told = event.has("netlog.user.clear_password") && event.dataset.transaction;
        told || event.has("netlog.http.request.authorization")
    },
    observe,
    judge,
};

/// Whether a name is FTP's for everybody.
fn is_anonymous(user: &str) -> bool {
    user.eq_ignore_ascii_case("anonymous") || user.eq_ignore_ascii_case("ftp")
}

/// Whether it is a question by SNMP that nobody answered: an agent is silent about a community that is none, and who
/// searches for agents tries one that everybody knows.
fn is_unproven(event: &Event<'_>) -> bool {
    let action = || event.by_name("event.action").and_then(Value::as_str).unwrap_or_default();
    event.dataset.name == "snmp"
        && event.destination.bytes.is_none()
        && ["snmp.Get", "snmp.Set"].iter().any(|asks| action().starts_with(asks))
}

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let told = matches!(event.by_name("netlog.user.clear_password"), Some(Value::Bool(true)));
    let basic =
        || event.by_name("netlog.http.request.authorization").and_then(Value::as_str) == Some("Basic");
    if !told && !basic() {
        return;
    }
    let (Some(server), Some(client)) = (event.destination.ip, event.source.ip) else { return };
    if is_unproven(event) {
        return;
    }
    let user = event.by_name("user.name").and_then(Value::as_str);
    // Names that are no secret, with a password that is none (RFC 1635).
    if event.dataset.name == "ftp" && user.is_some_and(is_anonymous) {
        return;
    }
    out(Observation {
        subject: format!("{}\t{server}", event.dataset.name).into(),
        weight: 1,
        values: [user.map(Cow::Borrowed), Some(client.to_string().into()), None],
        mark: false,
    });
}

fn judge(_: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let (Some((protocol, server)), Some((first, last))) = (subject.split_once('\t'), cell.span) else {
        return Vec::new();
    };
    let title = format!(
        "{} credentials went to {server} in clear text by {protocol}, from {} hosts, of {} users",
        cell.count,
        cell.distinct(1),
        cell.distinct(0)
    );
    vec![Finding {
        rule: "cleartext.credentials",
        severity: Severity::Low,
        attack: &["T1040", "T1552"],
        subject: server.to_owned(),
        title,
        advice: "Change these passwords, and let the service speak TLS only.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
