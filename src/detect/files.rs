//! Programs that come under a false name.

use super::spelled::{Word, address, line};
use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;

/// Files and clients named in a finding.
const NAMED: usize = 12;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "files",
    doc: "Programs (of Windows, Linux, macOS and Android, and shortcuts) that a server gives out, or a client sends, as \
          something that no machine runs: a picture, a text, sound.",
    needs: "bodies of HTTP in captures",
    on: On::Others,
    ordered: false,
    rules: &["files.disguised_program"],
    concerns: |event| event.has("file.mime_type") && event.has("http.request.method"),
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let (Some(program), Some(server)) = (text("file.mime_type"), event.destination.ip) else { return };
    let called =
        text("netlog.http.response.content_type").or_else(|| text("netlog.http.request.content_type"));
    // Scripts are texts.
    let Some(called) = called.filter(|called| is_harmless(called) && program.starts_with("application/"))
    else {
        return;
    };
    let client = event.source.ip.map(|ip| Cow::Owned(address(ip)));
    let kind = called.split(';').next().unwrap_or_default().trim();
    out(Observation {
        subject: line(&[Word::Ip(server), Word::Text(program), Word::Text(kind)]).into(),
        weight: 1,
        values: [text("url.full").map(Cow::Borrowed), client, None],
        mark: false,
    });
}

/// Whether a type is one of those that are looked at, read or heard.
fn is_harmless(called: &str) -> bool {
    [
        "image/",
        "text/",
        "audio/",
        "video/",
        "font/",
        "application/json",
        "application/pdf",
        "application/javascript",
    ]
    .iter()
    .any(|kind| called.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind)))
}

fn judge(_: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(3, '\t');
    let (Some(server), Some(program), Some(called), Some((first, last))) =
        (parts.next(), parts.next(), parts.next(), cell.span)
    else {
        return Vec::new();
    };
    let clients = cell.values(1, NAMED).join(", ");
    vec![Finding {
        rule: "files.disguised_program",
        severity: Severity::High,
        attack: &["T1036.008", "T1105"],
        subject: server.to_owned(),
        title: format!("{} programs ({program}) went between {server} and {clients} as {called}", cell.count),
        advice: "Look the hash up (file.hash.sha256 of the event), and find out what the client did with the file.",
        targets: cell.values(0, NAMED),
        count: cell.count,
        first,
        last,
    }]
}
