//! Log messages on their way over the network. The protocols that carry them (syslog, GELF, Logstash's JSON)
//! only find out where a message begins and ends; what it says is read by the log formats, to which the
//! engine hands the text.

use super::{Dir, Emit, syslog};
use super::{gelf, logstash};
use crate::model::{Dataset, Event, Stamp, Value};
use std::fmt::Write;

crate::fields! {
    pub FIELDS;
    ORIGINAL: Text, "event.original", "The log message as sent, where no log format reads it.";
    SENDER: Keyword, "log.source.address", "Who sent the log message: address and port.";
}

/// Longest message that is kept, bytes; as long as the longest line of a log.
pub(super) const LONGEST: usize = 64 << 10;

/// Data sets of events that hold nothing but a message.
static DATASETS: &[&Dataset] = &[&syslog::DATASET, &gelf::DATASET, &logstash::DATASET];

/// Whether an event is a log message whose text is not read yet.
pub fn is_carried(event: &Event<'_>) -> bool {
    DATASETS.iter().any(|dataset| std::ptr::eq(*dataset, event.dataset))
}

/// Takes the text out of an event that [`is_carried`].
pub fn take_text(event: &mut Event<'static>) -> Option<String> {
    let at = event.fields.iter().position(|(field, _)| std::ptr::eq(*field, &ORIGINAL))?;
    match event.fields.remove(at).1 {
        Value::Str(text) => Some(text.into_owned()),
        _ => None,
    }
}

/// Puts the text back that no format reads.
pub fn put_text(event: &mut Event<'static>, text: String) {
    event.push(&ORIGINAL, text);
}

/// Emits a message that began at `start`; one without text is none.
pub(super) fn emit(dataset: &'static Dataset, bytes: &[u8], start: Stamp, out: &mut Emit<'_>) {
    let text = String::from_utf8_lossy(bytes.get(..LONGEST).unwrap_or(bytes));
    let text = text.trim_end_matches(['\r', '\n', '\0']);
    if text.trim_start().is_empty() {
        return;
    }
    let mut draft = out.draft(dataset, start);
    draft.put(&ORIGINAL, text.to_owned());
    if let Some(ip) = out.flow.client.ip {
        let mut sender = String::with_capacity(24);
        // Writing to a string cannot fail.
        let _ = match (ip.is_ipv6(), out.flow.client.port) {
            (true, Some(port)) => write!(sender, "[{ip}]:{port}"),
            (false, Some(port)) => write!(sender, "{ip}:{port}"),
            (_, None) => write!(sender, "{ip}"),
        };
        draft.put(&SENDER, sender);
    }
    draft.emit(out);
}

/// Messages that end with a byte which none of them holds, off the client's direction of a stream.
#[derive(Debug, Default)]
pub(super) struct Ended {
    start: Option<Stamp>,
    /// The rest of a message whose beginning is dealt with, or was not captured, is passed over.
    lost: bool,
}

impl Ended {
    /// Emits the messages that are complete; returns how many bytes are dealt with, and whether one was
    /// longer than is kept.
    pub(super) fn read(
        &mut self,
        dataset: &'static Dataset,
        end: u8,
        bytes: &[u8],
        out: &mut Emit<'_>,
    ) -> (usize, bool) {
        let (mut at, mut cut) = (0, false);
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let start = *self.start.get_or_insert(out.now);
            let found = memchr::memchr(end, rest);
            let Some(message) = rest.get(..found.unwrap_or(rest.len())) else { break };
            if found.is_none() && !self.lost && message.len() <= LONGEST {
                break;
            }
            if !self.lost {
                cut |= message.len() > LONGEST;
                emit(dataset, message, start, out);
            }
            self.lost = found.is_none();
            self.start = None;
            at += message.len() + usize::from(found.is_some());
        }
        (at, cut)
    }

    /// Bytes are missing.
    pub(super) fn gap(&mut self) {
        *self = Ended { start: None, lost: true };
    }

    /// Emits what stands behind the last end when the stream closes.
    pub(super) fn fin(&mut self, dataset: &'static Dataset, rest: &[u8], out: &mut Emit<'_>) {
        if !self.lost {
            let start = self.start.take().unwrap_or(out.now);
            emit(dataset, rest, start, out);
        }
    }
}

/// Whether JSON that begins with `bytes` has all of `names` as names of members, as text; `None` where more of it
/// is needed to say no.
pub(super) fn names(bytes: &[u8], names: &[&str], complete: bool) -> Option<bool> {
    if bytes.first() != Some(&b'{') {
        return Some(false);
    }
    let has = |name: &&str| memchr::memmem::find(bytes, name.as_bytes()).is_some();
    match names.iter().all(has) {
        true => Some(true),
        false if complete => Some(false),
        false => None,
    }
}

/// The direction messages travel in; the other one has nothing to say.
pub(super) fn sends(dir: Dir) -> bool {
    dir == Dir::Client
}
