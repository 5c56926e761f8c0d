//! Answers that nobody asked for: who forges one has to guess the id of the question, and sends many.

use super::finding;
use crate::detect::spelled::{Word, line};
use crate::detect::{Cell, Config, Observation};
use crate::model::{Event, Finding, MINUTE, Severity, Value};
use std::net::IpAddr;

/// Kind of subject: the name, and the port that was sent to.
pub(super) const KIND: &str = "v";

/// An answer without a question. That questions were not captured, or answers were twice, is another matter: then no two ids go to
/// one port for one name, or they are the same.
pub(super) fn observe(event: &Event<'_>, asked: IpAddr, name: &str, out: &mut dyn FnMut(Observation<'_>)) {
    let alone = event.source.bytes.is_none() && event.dataset.transaction && event.has("error.message");
    let (Some(id), Some(port), true) =
        (event.by_name("dns.id").and_then(Value::as_int), event.source.port, alone)
    else {
        return;
    };
    let on = [name, " to port "].concat();
    out(Observation {
        subject: line(&[Word::Text(KIND), Word::Ip(asked), Word::Text(&on), Word::Port(port)]).into(),
        weight: 1,
        values: [Some(itoa::Buffer::new().format(id).to_owned().into()), None, None],
        mark: false,
    });
}

pub(super) fn judge(config: &Config, asked: &str, on: &str, cell: &Cell) -> Option<Finding> {
    let (ids, burst) = (cell.distinct(0), cell.burst(MINUTE).count);
    if ids.min(burst) < config.dns_forged {
        return None;
    }
    let name = on.trim_end_matches(" to port ");
    let title = format!(
        "{asked} got {} answers for {name} at one port that nobody asked for, with {ids} different ids: somebody guesses ids to forge an answer",
        cell.count
    );
    let mut found = finding("dns.forged_answers", Severity::High, asked, title, cell)?;
    found.attack = &["T1557"];
    found.targets = vec![name.to_owned()];
    found.advice =
        "See what the resolver has for this name, and let it validate (DNSSEC) and use random ports.";
    Some(found)
}
