//! From requests and their responses to events.

use super::fields as f;
use super::message::Said;
use super::names;
use super::wire::Head;
use super::{DATASET, LOGIN};
use crate::model::{Outcome, Stamp, Value, cut};
use crate::proto::fields::{
    ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESOURCE, RESPONSE, RESPONSE_START, STATUS,
};
use crate::proto::sasl::put_login;
use crate::proto::{Draft, Emit, config, sql};

/// Whether the configuration does not want to hear of an operation.
fn ignored(said: &config::Cassandra, name: &str) -> bool {
    said.ignored_ops.iter().flatten().any(|op| op.eq_ignore_ascii_case(name))
}

/// Takes out the fields that the configuration does not want.
fn withhold(draft: &mut Draft, said: &config::Cassandra) {
    let parts = [
        (said.send_request, "cassandra.request."),
        (said.send_request_header, "cassandra.request.headers."),
        (said.send_response, "cassandra.response."),
        (said.send_response_header, "cassandra.response.headers."),
    ];
    for (_, prefix) in parts.iter().filter(|(send, _)| *send == Some(false)) {
        draft.event().fields.retain(|(field, _)| !field.name.starts_with(prefix));
    }
}

/// A message: a request that waits, or a response.
#[derive(Debug)]
pub(super) struct Request {
    pub head: Head,
    pub said: Said,
    pub start: Stamp,
    pub size: u64,
}

impl Request {
    /// Tells a request and what is known of its response.
    pub(super) fn emit(self, response: Option<Request>, compression: Option<&str>, out: &mut Emit<'_>) {
        let (text, said) = (out.limits().text, &out.options.protocols.cassandra);
        let full = out.options.wants(said.send_response);
        let op = self.head.op;
        // Who logged in is known when the server has decided.
        let login = op == 0x0f && response.as_ref().is_none_or(|r| r.head.op != 0x0e);
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, self.start);
        draft.bytes(Some(self.size), response.as_ref().map(|r| r.size));
        let name = names::op(op).unwrap_or_default();
        if ignored(said, name) {
            return;
        }
        let verb =
            self.said.statement.as_deref().filter(|_| matches!(op, 0x07 | 0x09 | 0x0a)).map(sql::method);
        draft.put(&METHOD, verb.filter(|v| !v.is_empty()).unwrap_or_else(|| name.to_owned()));
        if let Some(statement) = &self.said.statement {
            draft.put(&QUERY, cut(statement.trim(), text).to_owned());
            draft.put(&f::Q_QUERY, statement.clone());
            if out.options.wants(said.send_request) {
                draft.put(&REQUEST, statement.clone());
            }
        }
        draft.put_some(&f::COMPRESSION, compression.map(str::to_owned));
        draft
            .put(&f::Q_VERSION, self.head.version.to_string())
            .put(&f::Q_FLAGS, names::flags(self.head.flags));
        draft.put(&f::Q_STREAM, i64::from(self.head.stream)).put(&f::Q_OP, Value::text(name));
        draft.put(&f::Q_LENGTH, self.head.len);
        put_login(&mut draft, self.said.user.as_deref(), self.said.password.as_deref(), out);
        for (field, value) in self.said.fields {
            draft.put(field, value);
        }
        if let Some(response) = response {
            let failed = response.head.op == 0;
            draft.end(out.now).outcome(if failed { Outcome::Failure } else { Outcome::Success });
            let began = (response.start.ts != out.now.ts).then_some(Value::Time(response.start.ts));
            draft.put_some(&RESPONSE_START, began);
            draft.put(&STATUS, Value::text(if failed { "Error" } else { "OK" }));
            response.describe(&mut draft, full);
        }
        withhold(&mut draft, said);
        draft.emit(out);
    }

    /// Tells what the server pushed.
    pub(super) fn push(self, out: &mut Emit<'_>) {
        let mut draft = out.draft(&DATASET, self.start);
        draft.bytes(None, Some(self.size)).end(out.now).outcome(Outcome::Success);
        draft.put(&METHOD, Value::text("EVENT")).put(&STATUS, Value::text("OK")).put(&f::NO_REQUEST, true);
        let said = &out.options.protocols.cassandra;
        if ignored(said, "EVENT") {
            return;
        }
        self.describe(&mut draft, out.options.wants(said.send_response));
        withhold(&mut draft, said);
        draft.emit(out);
    }

    /// The fields of a response.
    fn describe(self, draft: &mut Draft, full: bool) {
        let (head, said) = (self.head, self.said);
        draft.put(&f::R_VERSION, head.version.to_string()).put(&f::R_FLAGS, names::flags(head.flags));
        draft.put(&f::R_STREAM, i64::from(head.stream)).put(&f::R_LENGTH, head.len);
        draft.put(&f::R_OP, Value::text(names::op(head.op).unwrap_or_default()));
        let text = |name: &str| {
            let value = said.fields.iter().find(|(field, _)| field.name == name).map(|(_, value)| value);
            value.and_then(Value::as_str)
        };
        if let (Some(keyspace), Some(table)) = (text(f::META_KEYSPACE.name), text(f::META_TABLE.name)) {
            draft.put(&RESOURCE, format!("{keyspace}.{table}"));
        }
        draft.put_some(&ERROR_MESSAGE, said.error);
        if full && !said.text.is_empty() {
            draft.put(&RESPONSE, said.text);
        }
        for (field, value) in said.fields {
            draft.put(field, value);
        }
    }
}
