//! A service of a host, as whom a finding about log lines is about.

use crate::model::{Event, Value};

/// Who wrote a line.
pub(super) struct Service<'e> {
    host: &'e str,
    name: &'e str,
}

impl<'e> Service<'e> {
    /// The service and the host that the line names; without a service, its data set.
    pub fn of(event: &'e Event<'_>) -> Service<'e> {
        let text = |name: &str| event.by_name(name).and_then(Value::as_str);
        let name = text("service.name").or_else(|| text("process.name")).unwrap_or(event.dataset.name);
        Service { host: text("host.name").unwrap_or_default(), name }
    }

    /// Writes the subject of what of this `kind` is counted, in place of what `out` held.
    pub fn subject(&self, kind: &str, out: &mut String) {
        out.clear();
        [kind, "\t", self.host, "\t", self.name].iter().for_each(|part| out.push_str(part));
    }
}

/// The kind of a subject, and the service as a report calls it.
pub(super) fn told(subject: &str) -> Option<(&str, String)> {
    let (kind, service) = subject.split_once('\t')?;
    let (host, name) = service.split_once('\t')?;
    Some((kind, if host.is_empty() { name.to_owned() } else { format!("{name} on {host}") }))
}
