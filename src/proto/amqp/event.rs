//! From methods and messages to events.

use super::content::Content;
use super::fields as f;
use super::method::Method;
use super::{DATASET, LOGIN};
use crate::model::{Dataset, FieldRef, Outcome, Stamp, Value};
use crate::proto::fields::{ACTION, ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESOURCE, RESPONSE, STATUS};
use crate::proto::sasl::put_login;
use crate::proto::{Dir, Draft, Emit, config};

/// A method that waits for its answer, or that is one.
#[derive(Debug)]
pub(super) struct Request {
    pub method: Method,
    pub dir: Dir,
    pub channel: u16,
    pub start: Stamp,
    pub size: u64,
}

fn is_error(method: &Method) -> bool {
    let refused = method.reply.as_ref().is_some_and(|(code, _)| *code >= 300);
    method.name == "basic.reject" || method.name == "basic.return" || refused
}

fn begin(dataset: &'static Dataset, start: Stamp, method: &Method, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(dataset, start);
    let query = if method.about.is_empty() {
        method.name.to_owned()
    } else {
        format!("{} {}", method.name, method.about)
    };
    draft.put(&ACTION, format!("amqp.{}", method.name));
    draft.put(&METHOD, Value::text(method.name)).put(&QUERY, query);
    if !method.resource.is_empty() {
        draft.put(&RESOURCE, method.resource.clone());
    }
    let failed = is_error(method);
    draft.put(&STATUS, Value::text(if failed { "Error" } else { "OK" }));
    if let Some((_, text)) = method.reply.as_ref().filter(|_| failed) {
        draft.put(&ERROR_MESSAGE, text.clone());
    }
    draft
}

/// What the configuration says.
fn said<'a>(out: &'a Emit<'_>) -> &'a config::Amqp {
    &out.options.protocols.amqp
}

/// Adds fields; those of an answer replace those of the method.
fn fill(draft: &mut Draft, first: Vec<(FieldRef, Value<'static>)>, then: Vec<(FieldRef, Value<'static>)>) {
    for (field, value) in first {
        if !then.iter().any(|(other, _)| std::ptr::eq(*other, field)) {
            draft.put(field, value);
        }
    }
    for (field, value) in then {
        draft.put(field, value);
    }
}

impl Request {
    /// Tells a method and what is known of its answer.
    pub(super) fn emit(self, answer: Option<Request>, out: &mut Emit<'_>) {
        let mut method = self.method;
        if method.name.starts_with("connection.") && said(out).hide_connection_information == Some(true) {
            return;
        }
        if said(out).parse_arguments == Some(false) {
            method.fields.retain(|(field, _)| !std::ptr::eq(*field, &f::ARGUMENTS));
        }
        let failed = is_error(&method);
        let text = if method.about.is_empty() {
            method.name.to_owned()
        } else {
            format!("{} {}", method.name, method.about)
        };
        let empty = answer.as_ref().is_some_and(|a| a.method.name == "basic.get-empty");
        if empty {
            method.name = "basic.get-empty";
        }
        let mut draft = begin(&DATASET, self.start, &method, out);
        if out.options.wants(said(out).send_request) {
            draft.put(&REQUEST, text);
        }
        draft.put(&f::CHANNEL, self.channel);
        draft.bytes(Some(self.size), answer.as_ref().map(|a| a.size));
        if self.dir == Dir::Server {
            let event = draft.event();
            let (source, destination) = (event.source, event.destination);
            (event.source.ip, event.source.port, event.source.mac) =
                (destination.ip, destination.port, destination.mac);
            (event.destination.ip, event.destination.port, event.destination.mac) =
                (source.ip, source.port, source.mac);
        }
        if failed {
            draft.outcome(Outcome::Failure);
        }
        let mut then = Vec::new();
        if let Some(answer) = answer {
            draft.end(out.now);
            if !failed {
                draft.outcome(Outcome::Success);
            }
            if out.options.wants(said(out).send_response) {
                draft.put(&RESPONSE, Value::text("OK"));
            }
            then = answer.method.fields;
        }
        fill(&mut draft, method.fields, then);
        draft.emit(out);
    }
}

/// Tells a message; `asked` is the basic.get it answers.
pub(super) fn message(content: Content, asked: Option<Request>, channel: u16, out: &mut Emit<'_>) {
    let publish = content.method.name == "basic.publish";
    let shown = out.options.wants(if publish { said(out).send_request } else { said(out).send_response });
    let text = if shown { content.text() } else { String::new() };
    let size = content.size.unwrap_or(content.got);
    let mut method = content.method;
    let mut first = content.properties;
    if said(out).parse_headers == Some(false) {
        first.clear();
    }
    let mut start = content.start;
    if method.name == "basic.get-ok" {
        method.name = "basic.get";
    }
    let answered = asked.is_some();
    if let Some(asked) = asked {
        (start, method.about) = (asked.start, asked.method.about);
        method.resource = asked.method.resource;
        first.extend(asked.method.fields);
    }
    let failed = is_error(&method);
    let mut draft = begin(&DATASET, start, &method, out);
    draft.put(&f::CHANNEL, channel).put(&f::BODY_SIZE, size);
    if publish {
        draft.bytes(Some(size), None)
    } else {
        draft.bytes(None, Some(size))
    };
    if answered {
        draft.end(out.now);
    }
    if content.size.is_some() && content.got >= size {
        draft.outcome(if failed { Outcome::Failure } else { Outcome::Success });
    }
    if shown {
        draft.put(if publish { &REQUEST } else { &RESPONSE }, text);
    }
    let user =
        first.iter().find(|(field, _)| std::ptr::eq(*field, &f::USER_ID)).map(|(_, user)| user.clone());
    draft.put_some(&f::SENDER, user);
    fill(&mut draft, first, method.fields);
    draft.emit(out);
}

/// Tells a log-in.
pub(super) fn login(
    method: Method,
    (start, size): (Stamp, u64),
    outcome: Outcome,
    reason: Option<String>,
    out: &mut Emit<'_>,
) {
    if said(out).hide_connection_information == Some(true) {
        return;
    }
    let mut draft = begin(&LOGIN, start, &method, out);
    draft.bytes(Some(size), None).outcome(outcome);
    if outcome != Outcome::Unknown {
        draft.end(out.now);
    }
    draft.put_some(&ERROR_MESSAGE, reason);
    put_login(&mut draft, method.user.as_deref(), method.password.as_deref(), out);
    fill(&mut draft, method.fields, Vec::new());
    draft.emit(out);
}
