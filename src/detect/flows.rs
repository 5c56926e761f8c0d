//! What tells of flows and of packets that a firewall judged: captures, and logs whose events have the same fields.

use crate::model::{Event, Value};

/// From here on ports are those that systems give to clients (RFC 6335 §6 says 49152, Linux 32768), and those that
/// traceroute knocks at: what goes there may be an answer.
const CLIENTS: u16 = 32_768;
/// Below are servers' ports: what comes from there may be an answer.
const SERVERS: u16 = 1024;

/// Whether it is a record of a flow: a capture's, or a log's that says whether it is the last one.
pub(super) fn is_flow(event: &Event<'_>) -> bool {
    event.dataset.name == "flow" || event.has("flow.final")
}

/// Who tells it, of logs: what a capture and a log, or two logs, tell of the same is judged apart, so that it neither adds
/// up nor hides that it is regular. Of a capture nobody.
pub(super) fn teller(event: &Event<'_>) -> Option<&'static str> {
    let set = event.dataset;
    match set.transaction || set.name == "flow" {
        true => None,
        false if is_one_way(event) => Some("halves"),
        false => Some(set.name),
    }
}

/// What a firewall did with a packet or connection, by the words of `event.type`.
pub(super) const DENIED: &str = "denied";
pub(super) const ALLOWED: &str = "allowed";

/// Whether a firewall did that, by what is known of the data set. What a rule against intrusions says of a packet says
/// nothing of its connection.
pub(super) fn is_judged(event: &Event<'_>, how: &str) -> bool {
    let set = event.dataset;
    let category = |word| set.category.contains(&word);
    !set.transaction && set.types.contains(&how) && category("network") && !category("intrusion_detection")
}

/// Whether a value is a word, or a list that holds it.
pub(super) fn names(value: &Value<'_>, word: &str) -> bool {
    match value {
        Value::Str(text) => text == word,
        Value::Words(words) => words.contains(&word),
        Value::List(items) => items.iter().any(|item| names(item, word)),
        _ => false,
    }
}

/// Whether that protocol was spoken.
pub(super) fn speaks(event: &Event<'_>, protocol: &str) -> bool {
    event.by_name("network.protocol").is_some_and(|value| names(value, protocol))
}

/// Whether another record tells what the other side sent.
pub(super) fn is_one_way(event: &Event<'_>) -> bool {
    matches!(event.by_name("netlog.flow.one_way"), Some(Value::Bool(true)))
}

/// Whether ports leave no doubt that it is no answer.
pub(super) fn is_to_a_server(event: &Event<'_>) -> bool {
    event.source.port.is_some_and(|port| port >= SERVERS)
        && event.destination.port.is_some_and(|port| port < CLIENTS)
}

/// Flags that one side set, as far as they are known.
pub(super) struct Flags<'e>(Option<&'e Value<'e>>);

impl<'e> Flags<'e> {
    /// Those of the source.
    pub fn of_source(event: &'e Event<'_>) -> Flags<'e> {
        Flags(event.by_name("netlog.flow.source.tcp_flags"))
    }

    /// Those of the destination.
    pub fn of_destination(event: &'e Event<'_>) -> Flags<'e> {
        Flags(event.by_name("netlog.flow.destination.tcp_flags"))
    }

    /// Whether none are known: in a capture there were none.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether this one is set.
    pub fn has(&self, flag: &str) -> bool {
        self.0.is_some_and(|value| names(value, flag))
    }

    /// Whether all of these are set, and none of those.
    pub fn are(&self, set: &[&str], unset: &[&str]) -> bool {
        set.iter().all(|flag| self.has(flag)) && !unset.iter().any(|flag| self.has(flag))
    }

    /// Whether a connection may begin so.
    pub fn begin(&self) -> bool {
        self.is_none() || self.are(&["syn"], &["ack"])
    }
}
