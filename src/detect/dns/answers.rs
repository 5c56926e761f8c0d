//! Commands in the answers to one question that is asked again and again.

use super::below;
use crate::detect::spelled::{Word, line};
use crate::detect::{Cell, Config, Observation, SET_MAX};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;
use std::net::IpAddr;

/// Kind of subject: the texts under one domain.
pub(super) const KIND: &str = "z";
/// Names under one domain that are still one question.
const NAMES: u64 = 3;
/// Characters that tell one answer from another.
const HEAD: usize = 48;

/// The answer to a question for text. The order of several says nothing, so the first by letter stands for all.
pub(super) fn observe(
    event: &Event<'_>,
    (source, kind): (IpAddr, &str),
    (name, domain): (&str, &str),
    by: &str,
    out: &mut dyn FnMut(Observation<'_>),
) {
    // Keys and policies (RFC 8552), and lists of addresses, are asked for by name.
    if !matches!(kind, "TXT" | "NULL") || name.starts_with('_') || super::is_reversed_address(name) {
        return;
    }
    let Some(Value::List(answers)) = event.by_name("dns.answers") else { return };
    let texts = answers.iter().filter_map(|answer| {
        let Value::Object(parts) = answer else { return None };
        let part =
            |name: &str| parts.iter().find(|(part, _)| part == name).and_then(|(_, value)| value.as_str());
        part("data").filter(|_| part("type") == Some(kind))
    });
    let Some(text) = texts.min() else { return };
    let head = text.char_indices().nth(HEAD).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    out(Observation {
        subject: line(&[Word::Text(KIND), Word::Ip(source), Word::Text(domain), Word::Text(by)]).into(),
        weight: 1,
        values: [Some(Cow::Borrowed(name)), Some(Cow::Borrowed(head)), None],
        mark: false,
    });
}

/// Who asks for the number of a version gets the same for hours.
pub(super) fn judge(config: &Config, source: &str, domain: &str, cell: &Cell) -> Option<Finding> {
    let (names, texts) = (cell.distinct(0), cell.distinct(1));
    if names > NAMES || texts < config.dns_labels || texts.saturating_mul(2) < cell.count.min(SET_MAX as u64)
    {
        return None;
    }
    let title = format!(
        "{source} asked {} times for the text of {names} names under {domain}, and was told {texts} different ones",
        cell.count
    );
    below("dns.tunnel", Severity::Medium, source, domain, title, cell)
}
