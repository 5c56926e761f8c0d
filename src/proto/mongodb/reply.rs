//! Responses.

use super::bson::{self, Style};
use super::fields as f;
use super::message::{self, Body};
use crate::model::{FieldRef, Stamp, Value, cut};
use crate::proto::{Emit, config, json_text};

/// Documents of a response that are shown, and bytes of each: what Packetbeat does unless told otherwise.
const DOCUMENTS: usize = 10;
const DOCUMENT: usize = 5000;

/// Bytes of a document that are shown, out of `cap` for all.
fn longest(said: &config::Mongodb, cap: usize) -> usize {
    match said.max_doc_length {
        None => DOCUMENT.min(cap),
        Some(0) => cap,
        Some(length) => length.min(cap),
    }
}

/// Documents as JSON, one a line, as many as the configuration says, and how many there are.
pub(super) fn join(bytes: &[u8], said: &config::Mongodb, cap: usize) -> (String, usize) {
    let (most, longest) = (said.max_docs.unwrap_or(DOCUMENTS), longest(said, cap));
    let (mut out, mut count) = (String::new(), 0);
    for document in message::documents(bytes) {
        count += 1;
        if count > most || out.len() >= cap {
            continue;
        }
        if count > 1 {
            out.push('\n');
        }
        let begin = out.len();
        bson::show(&mut out, document, Style { cap: begin + longest + 64, ..Style::default() });
        if out.len() - begin > longest {
            let end = begin + cut(out.get(begin..).unwrap_or_default(), longest).len();
            out.truncate(end);
            out.push_str(" ...");
        }
    }
    if count > most {
        out.push_str("\n[...]");
    }
    (out, count)
}

/// A response.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub size: u64,
    pub start: Stamp,
    pub compressor: Option<&'static str>,
    /// Further responses will come without being asked for.
    pub more: bool,
    pub values: Vec<(FieldRef, Value<'static>)>,
    pub error: Option<String>,
    pub code: Option<i64>,
    pub text: String,
    /// A log-in is complete.
    pub done: bool,
}

impl Reply {
    /// When it began, if that was not with its last packet.
    pub(super) fn began(&self, now: Stamp) -> Option<Value<'static>> {
        (self.start.ts != now.ts).then_some(Value::Time(self.start.ts))
    }

    /// Reads a response; `None` for what is none.
    pub(super) fn new(body: &Body<'_>, out: &Emit<'_>) -> Option<Reply> {
        let mut reply = Reply::default();
        let said = &out.options.protocols.mongodb;
        match body {
            Body::Reply { flags, cursor, from, count, documents } => {
                reply.values.push((&f::CURSOR, Value::from(*cursor)));
                reply.values.push((&f::STARTING, Value::from(*from)));
                reply.values.push((&f::RETURNED, Value::from(*count)));
                if flags & 1 == 1 {
                    reply.error = Some("cursor not found".to_owned());
                }
                if let Some(first) = message::documents(documents).next() {
                    reply.judge(first);
                }
                if out.options.wants(said.send_response) {
                    reply.text = join(documents, said, out.limits().body).0;
                }
            }
            Body::Msg { more, document, .. } => {
                reply.more = *more;
                reply.judge(document);
                if let Some(cursor) = bson::find(document, "cursor").and_then(|e| e.document()) {
                    let id = bson::find(cursor, "id").and_then(|e| e.int());
                    reply.values.extend(id.map(|id| (&f::CURSOR, Value::from(id))));
                    let batch = |e: &bson::Element<'_>| matches!(e.key, b"firstBatch" | b"nextBatch");
                    let batch = bson::elements(cursor).find(batch).and_then(|e| e.document());
                    let count = batch.map(|batch| bson::elements(batch).count());
                    reply.values.extend(count.map(|n| (&f::RETURNED, Value::from(n))));
                }
                if out.options.wants(said.send_response) {
                    let most = longest(said, out.limits().body);
                    bson::show(&mut reply.text, document, Style { cap: most + 64, ..Style::default() });
                    if reply.text.len() > most {
                        reply.text = format!("{} ...", cut(&reply.text, most));
                    }
                }
            }
            _ => return None,
        }
        Some(reply)
    }

    /// Whether the request failed.
    fn judge(&mut self, document: &[u8]) {
        let mut ok = None;
        let (mut message, mut write, mut fault) = (None, None, None);
        for element in bson::elements(document) {
            match element.key {
                b"ok" => ok = element.number(),
                b"errmsg" => message = element.str().map(super::request::lossy),
                b"code" => self.code = element.int(),
                b"$err" => fault = element.str().map(super::request::lossy),
                b"done" => self.done = element.number() == Some(1.0),
                b"writeErrors" => write = element.document(),
                _ => {}
            }
        }
        if let Some(errors) = write {
            let mut text = String::new();
            bson::show_list(&mut text, errors, Style { cap: DOCUMENT, ..Style::default() });
            self.error = Some(text);
        }
        // Packetbeat prints `$err` as JSON.
        if let Some(fault) = fault {
            let mut text = String::new();
            json_text::string(&mut text, fault.as_bytes());
            self.error = Some(text);
        } else if ok == Some(0.0) && self.error.is_none() {
            self.error = Some(message.unwrap_or_else(|| "command failed".to_owned()));
        }
        if self.error.is_none() {
            self.code = None;
        }
    }
}
