//! Weak protection: old versions, certificates with a fault.

use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;

/// Clients named in a finding.
const NAMED: usize = 20;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "tls",
    doc: "Versions below TLS 1.2 agreed on, and server certificates that are expired, self-signed, weak or not for \
          the name asked for, per server and port; of logs, as far as they tell version, checks, validity or both \
          names of a certificate. In TLS 1.3 certificates are encrypted and not seen.",
    needs: "the beginning of TLS sessions in captures or logs (Zeek, Suricata)",
    on: On::Others,
    ordered: false,
    rules: &["tls.old_version", "tls.certificate"],
    concerns: |event| {
        let fields = ["tls.version", "tls.server.certificate_issues", "tls.server.subject"];
        event.dataset.name == "tls" || !event.dataset.transaction && fields.iter().any(|name| event.has(name))
    },
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(server), Some(port)) = (event.destination.ip, event.destination.port) else { return };
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let client = event.source.ip.map(|ip| Cow::Owned(ip.to_string()));
    let mut tell = |kind: &str, what: &str| {
        out(Observation {
            subject: format!("{kind}\t{server}\t{port}\t{what}").into(),
            weight: 1,
            values: [client.clone(), text("tls.client.server_name").map(Cow::Borrowed), None],
            mark: false,
        });
    };
    let agreed = match event.by_name("tls.established") {
        Some(Value::Bool(agreed)) => *agreed,
        // A log that does not say so tells what was agreed on.
        _ => !event.dataset.transaction,
    };
    if let Some(version @ ("2.0" | "3.0" | "1.0" | "1.1")) = text("tls.version")
        && agreed
        && text("tls.version_protocol") != Some("dtls")
    {
        tell("version", version);
    }
    match event.by_name("tls.server.certificate_issues") {
        Some(Value::List(issues)) => {
            issues.iter().filter_map(Value::as_str).for_each(|issue| tell("certificate", issue))
        }
        Some(Value::Words(issues)) => issues.iter().for_each(|issue| tell("certificate", issue)),
        Some(Value::Str(issue)) => tell("certificate", issue),
        _ if !event.dataset.transaction => faults(event).for_each(|issue| tell("certificate", issue)),
        _ => {}
    }
}

/// What is wrong with a certificate whose log does not judge it.
fn faults<'e>(event: &'e Event<'_>) -> impl Iterator<Item = &'static str> + use<'e> {
    let time = |name: &str| match event.by_name(name) {
        Some(Value::Time(ts)) => Some(*ts),
        _ => None,
    };
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let expired = time("tls.server.not_after").is_some_and(|end| end < event.ts);
    let early = time("tls.server.not_before").is_some_and(|begin| begin > event.ts);
    let own = text("tls.server.subject").is_some_and(|subject| text("tls.server.issuer") == Some(subject));
    let all = [(expired, "expired"), (early, "not_yet_valid"), (own, "self_signed")];
    all.into_iter().filter_map(|(is, issue)| is.then_some(issue))
}

fn judge(_: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(4, '\t');
    let (Some(kind), Some(server), Some(port), Some(what)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Vec::new();
    };
    let Some((first, last)) = cell.span else { return Vec::new() };
    let name = cell.values(1, 1).into_iter().next().map_or_else(String::new, |name| format!(" ({name})"));
    let (rule, severity, title) = match kind {
        "version" => {
            let version = if what < "2.0" { format!("TLS {what}") } else { format!("SSL {what}") };
            ("tls.old_version", Severity::Low, format!("{server} port {port}{name} agrees on {version}"))
        }
        _ => {
            let fault = what.replace('_', " ");
            // A self-signed certificate is what appliances come with; an expired one is a fault somebody missed.
            let severity = if what == "self_signed" { Severity::Info } else { Severity::Low };
            (
                "tls.certificate",
                severity,
                format!("{server} port {port}{name} shows a certificate that is faulty: {fault}"),
            )
        }
    };
    vec![Finding {
        rule,
        severity,
        attack: &["T1557", "T1040"],
        subject: server.to_owned(),
        title,
        advice: "Renew the certificate or switch the old version off, if the server is yours.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
