//! What tshark reads in a capture, and what we do: what the tests beside this one compare.

use crate::packetbeat::events;
use netlog::model::{Event, Value};
use std::path::Path;
use std::process::Command;

/// Values of fields in the packets that `filter` lets through, in their order, of each packet the first alone if
/// `first`; what `decode` says is decoded so. `None`, and said so, without tshark.
pub fn values(
    capture: &Path,
    decode: &[&str],
    filter: &str,
    fields: &[&str],
    first: bool,
) -> Option<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(decode.iter().flat_map(|d| ["-d", d])).args(["-Y", filter]);
    command.args(["-T", "fields", "-E", "aggregator=\u{1}"]);
    command.args(["-E", if first { "occurrence=f" } else { "occurrence=a" }]);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let Ok(output) = command.output() else {
        crate::skipped("no tshark");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // A tab stands between fields; in a value it is written as `\\t`.
    let values = text.lines().flat_map(|line| line.split(['\u{1}', '\t'])).filter(|v| !v.is_empty());
    Some(values.map(str::to_owned).collect())
}

/// Our events of a data set, in the order of time.
pub fn ours(capture: &Path, dataset: &str) -> Vec<Event<'static>> {
    let (mut events, _) = events(capture);
    events.retain(|e| e.dataset.name == dataset);
    events.sort_by_key(|e| (e.ts, e.seq));
    events
}

/// The text of a field; empty where there is none.
pub fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
