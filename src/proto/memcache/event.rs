//! From requests and their responses to events.

use super::codes;
use super::fields as f;
use super::message::Message;
use super::{DATASET, LOGIN};
use crate::model::{Outcome, Stamp, Value, cut};
use crate::proto::fields::{
    ACTION, ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESOURCE, RESPONSE, RESPONSE_START, STATUS,
};
use crate::proto::sasl::put_login;
use crate::proto::{Draft, Emit};

/// Packetbeat's word for how it went.
fn status(request: &Message, response: &Message) -> &'static str {
    if request.binary {
        return match response.status {
            0 => "OK",
            0x81.. => "Server Error",
            _ => "Error",
        };
    }
    match response.command.as_str() {
        _ if response.kind != codes::FAIL => "OK",
        "CLIENT_ERROR" | "SAME" => "Client Error",
        "ERROR" | "NOT_FOUND" | "NOT_STORED" | "NS" | "NF" | "EX" => "Error",
        _ => "Server Error",
    }
}

/// Tells a request and what is known of its response, which was complete at `end`.
pub(super) fn emit(request: Message, response: Option<(Message, Stamp)>, out: &mut Emit<'_>) {
    let (list, text) = (out.limits().list, out.limits().text);
    let values = out.options.protocols.memcache.maxvalues.unwrap_or(0);
    // Any number below zero is all.
    let values = usize::try_from(values).unwrap_or(list).min(list);
    let login = request.user.is_some();
    let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, request.start);
    draft.bytes(Some(request.size), response.as_ref().map(|(r, _)| r.size));
    draft.put(&ACTION, format!("memcache.{}", request.kind.to_lowercase()));
    draft.put(&METHOD, request.command.clone());
    let keys = request.keys.iter().take(list).map(String::as_str).collect::<Vec<_>>().join(" ");
    let query = format!("{} {keys}", request.command);
    draft.put(&QUERY, cut(query.trim_end(), text).to_owned());
    if let Some(key) = request.keys.first() {
        draft.put(&RESOURCE, cut(key, text).to_owned());
    }
    draft.put(&f::PROTOCOL_TYPE, Value::text(if request.binary { "binary" } else { "text" }));
    draft.put_some(&f::UDP_ID, request.udp);
    if let Some((response, end)) = &response {
        let status = status(&request, response);
        draft.put(&STATUS, Value::text(status));
        draft.outcome(if status == "OK" { Outcome::Success } else { Outcome::Failure });
        draft.end(*end);
        let began = (response.start.ts != end.ts).then_some(Value::Time(response.start.ts));
        draft.put_some(&RESPONSE_START, began);
        draft.put_some(&ERROR_MESSAGE, response.error.clone());
    } else if request.noreply || request.quiet || request.command == "quit" {
        draft.put(&STATUS, Value::text("OK"));
    }
    put_login(&mut draft, request.user.as_deref(), request.password.as_deref(), out);
    if !request.text.is_empty() {
        draft.put(&REQUEST, request.text.clone());
    }
    draft.put(&f::Q_COMMAND, request.command).put(&f::Q_TYPE, Value::text(request.kind));
    if !request.keys.is_empty() {
        draft.put(&f::Q_KEYS, Value::texts(request.keys.into_iter().take(list)));
    }
    if !request.shown.is_empty() {
        draft.put(&f::Q_VALUES, Value::texts(request.shown.into_iter().take(values)));
    }
    for (field, value) in request.fields {
        draft.put(field, value);
    }
    if let Some((response, _)) = response {
        respond(&mut draft, response, list, values);
    }
    draft.emit(out);
}

fn respond(draft: &mut Draft, response: Message, list: usize, values: usize) {
    draft.put(&f::R_COMMAND, response.command).put(&f::R_TYPE, Value::text(response.kind));
    if !response.keys.is_empty() {
        draft.put(&f::R_KEYS, Value::texts(response.keys.into_iter().take(list)));
    }
    for (field, value) in response.fields {
        draft.put(field, value);
    }
    if !response.shown.is_empty() {
        draft.put(&f::R_VALUES, Value::texts(response.shown.into_iter().take(values)));
    }
    if response.values > 0 {
        draft.put(&f::R_COUNT, response.values).put(&f::R_BYTES, response.bytes);
    }
    if !response.stats.is_empty() {
        let stats = response.stats.into_iter().take(list).map(|(name, value)| {
            Value::Object(vec![("name".into(), Value::from(name)), ("value".into(), Value::from(value))])
        });
        draft.put(&f::R_STATS, Value::List(stats.collect()));
    }
    if !response.text.is_empty() {
        draft.put(&RESPONSE, response.text);
    }
}
