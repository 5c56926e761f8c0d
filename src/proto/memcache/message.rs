//! Messages of either protocol.

use crate::model::{FieldRef, Stamp, Value};
use crate::proto::{Options, base64};

/// What of a message is kept besides its fields.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keep {
    /// Bytes of its text.
    pub text: usize,
    /// Bytes of each value.
    pub value: usize,
}

impl Keep {
    /// What the configuration says of one direction.
    pub(super) fn new(request: bool, options: &Options) -> Keep {
        let said = &options.protocols.memcache;
        let text = options.wants(if request { said.send_request } else { said.send_response });
        let (most, value) = (options.limits.text, said.maxbytespervalue.unwrap_or(usize::MAX));
        let values = said.maxvalues.unwrap_or(0) != 0;
        Keep { text: if text { most } else { 0 }, value: if values { value.min(most) } else { 0 } }
    }
}

/// A request or a response.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub binary: bool,
    /// The command, or the response's first word.
    pub command: String,
    pub kind: &'static str,
    pub keys: Vec<String>,
    /// Fields that only some have.
    pub fields: Vec<(FieldRef, Value<'static>)>,
    pub start: Stamp,
    pub size: u64,
    /// Bytes and number of values.
    pub bytes: u64,
    pub values: u64,
    pub stats: Vec<(String, String)>,
    /// No response is wanted.
    pub noreply: bool,
    /// A response comes only if there is something to say.
    pub quiet: bool,
    /// More of the same response follows.
    pub more: bool,
    pub code: u8,
    pub opaque: u32,
    pub status: u16,
    pub error: Option<String>,
    /// As text, if that is wanted.
    pub text: String,
    /// Values in base64, if they are wanted.
    pub shown: Vec<String>,
    pub udp: Option<u16>,
    pub user: Option<String>,
    pub password: Option<String>,
}

impl Message {
    /// Adds a field.
    pub(super) fn put(&mut self, field: FieldRef, value: impl Into<Value<'static>>) {
        self.fields.push((field, value.into()));
    }

    /// Keeps a value.
    pub(super) fn show(&mut self, value: &[u8]) {
        let mut text = String::new();
        base64::push(&mut text, value, true);
        self.shown.push(text);
    }

    /// Takes in one more part of the same response.
    pub(super) fn join(&mut self, part: Message, list: usize, text: usize) {
        self.size += part.size;
        self.bytes += part.bytes;
        self.values += part.values;
        self.more = part.more;
        if self.keys.len() < list && self.stats.is_empty() {
            self.keys.extend(part.keys);
        }
        if self.stats.len() < list {
            self.stats.extend(part.stats);
        }
        if self.shown.len() < list {
            self.shown.extend(part.shown);
        }
        if self.text.len() < text {
            self.text.push_str(&part.text);
        }
        if part.error.is_some() || part.status != 0 {
            (self.command, self.kind) = (part.command, part.kind);
            (self.error, self.status) = (part.error, part.status);
        }
    }
}
