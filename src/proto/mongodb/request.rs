//! From messages to requests and their responses, and from these to events.

use super::bson::{self, Style};
use super::fields as f;
use super::message::{self, Body};
use super::reply::{Reply, join};
use super::{DATASET, LOGIN};
use crate::model::{FieldRef, Outcome, Stamp, Value, cut};
use crate::proto::fields::{
    ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESOURCE, RESPONSE, RESPONSE_START, STATUS,
};
use crate::proto::sasl::put_login;
use crate::proto::{Emit, json_text};

/// Commands whose documents are contents, and the member that holds them.
const CONTENTS: &[(&str, &[u8])] =
    &[("insert", b"documents"), ("update", b"updates"), ("findandmodify", b"update")];

/// A request that waits for its response.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub id: u32,
    pub start: Stamp,
    pub size: u64,
    pub compressor: Option<&'static str>,
    /// No response will come.
    pub unanswered: bool,
    method: String,
    command: String,
    resource: String,
    query: String,
    request: String,
    /// Values of fields that only some operations have.
    values: Vec<(FieldRef, Value<'static>)>,
    user: Option<String>,
    password: Option<String>,
    /// A step of a log-in; `Some(true)` if it is the only one.
    login: Option<bool>,
    mechanism: Option<String>,
    more: bool,
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Request {
    /// Reads a request; `None` for what asks nothing.
    pub(super) fn new(body: &Body<'_>, user: &mut Option<String>, out: &Emit<'_>) -> Option<Request> {
        let mut request = Request::default();
        let said = &out.options.protocols.mongodb;
        let whole = out.options.wants(said.send_request);
        match body {
            Body::Msg { more, document, sequences } => {
                let first = message::command(document)?;
                let db = bson::find(document, "$db").and_then(|e| e.str()).map(lossy).unwrap_or_default();
                request.unanswered = *more;
                request.command = lossy(first.key);
                request.method = request.command.clone();
                let about = first.str().map_or_else(|| "$cmd".to_owned(), lossy);
                request.resource = format!("{db}.{about}");
                request.values.push((&f::COLLECTION, format!("{db}.$cmd").into()));
                request.login(document, user);
                let without: [&[u8]; 2] = [first.key, b"$db"];
                let extra: Vec<_> = sequences.iter().map(|s| (s.name, s.documents)).collect();
                request.text(document, &without, &extra, (0, 0), out);
            }
            Body::Query { collection, skip, limit, query, selector } => {
                request.query(collection, query, user, (*skip, *limit), out);
                let returned = (&f::TO_RETURN, Value::from(*limit));
                request.values.extend([(&f::TO_SKIP, Value::from(*skip)), returned]);
                request.json(&f::RETURN_SELECTOR, *selector, out);
            }
            Body::GetMore { collection, limit, cursor } => {
                request.legacy("getMore", collection);
                request.values.push((&f::TO_RETURN, Value::from(*limit)));
                request.values.push((&f::CURSOR, Value::from(*cursor)));
            }
            Body::Update { collection, selector, update } => {
                request.legacy("update", collection);
                request.json(&f::SELECTOR, Some(selector).filter(|_| whole).copied(), out);
                request.json(&f::UPDATE, Some(update).filter(|_| whole).copied(), out);
            }
            Body::Insert { collection, documents } => {
                request.legacy("insert", collection);
                let cap = out.limits().body;
                if whole {
                    request.request =
                        format!("{}.insert({})", request.resource, join(documents, said, cap).0);
                }
            }
            Body::Delete { collection, selector } => {
                request.legacy("delete", collection);
                request.json(&f::SELECTOR, Some(selector).filter(|_| whole).copied(), out);
            }
            Body::KillCursors { cursor } => {
                request.legacy("killCursors", b"");
                request.values.push((&f::CURSOR, Value::from(*cursor)));
            }
            Body::Reply { .. } | Body::Other => return None,
        }
        request.unanswered |= matches!(
            body,
            Body::Update { .. } | Body::Insert { .. } | Body::Delete { .. } | Body::KillCursors { .. }
        );
        Some(request)
    }

    fn legacy(&mut self, command: &str, collection: &[u8]) {
        self.method = command.to_owned();
        self.command = command.to_owned();
        self.resource = lossy(collection);
        self.values.push((&f::COLLECTION, lossy(collection).into()));
        self.query = format!("{}.{command}()", self.resource);
        self.request.clone_from(&self.query);
    }

    fn json(&mut self, field: FieldRef, document: Option<&[u8]>, out: &Emit<'_>) {
        let Some(document) = document else { return };
        let mut text = String::new();
        bson::show(&mut text, document, Style { cap: out.limits().text, ..Style::default() });
        self.values.push((field, text.into()));
    }

    /// A legacy query: of a collection, or of `$cmd`, which is a command.
    fn query(
        &mut self,
        collection: &[u8],
        query: &[u8],
        user: &mut Option<String>,
        range: (u32, u32),
        out: &Emit<'_>,
    ) {
        let name = lossy(collection);
        self.values.push((&f::COLLECTION, name.clone().into()));
        let Some(db) = name.strip_suffix(".$cmd") else {
            self.method = "find".to_owned();
            self.command = "find".to_owned();
            self.resource = name;
            return self.text(query, &[], &[], range, out);
        };
        // Drivers may wrap the command.
        let inner = ["$query", "query"].into_iter().find_map(|key| {
            let first = message::command(query).filter(|first| first.key == key.as_bytes())?;
            first.document()
        });
        let query = inner.unwrap_or(query);
        let Some(first) = message::command(query) else {
            self.method = "otherCommand".to_owned();
            self.resource = name;
            return self.text(query, &[], &[], range, out);
        };
        self.command = lossy(first.key);
        self.login(query, user);
        // Packetbeat knows a command by its value: text, or 1 as a double. Whatever else it calls so:
        let known = first.str().is_some() || (first.kind == 1 && first.number() == Some(1.0));
        self.method = if known { self.command.clone() } else { "otherCommand".to_owned() };
        self.resource = match first.str() {
            Some(about) => format!("{db}.{}", lossy(about)),
            None => name.clone(),
        };
        let without: &[&[u8]] = if known { &[first.key] } else { &[] };
        self.text(query, without, &[], range, out);
    }

    /// The request as one line, without and with contents.
    fn text(
        &mut self,
        document: &[u8],
        without: &[&[u8]],
        more: &[(&[u8], &[u8])],
        (skip, limit): (u32, u32),
        out: &Emit<'_>,
    ) {
        let masked = self.masked(out.options.show_secrets);
        let lower = self.method.to_ascii_lowercase();
        let contents = CONTENTS.iter().find(|(name, _)| *name == lower).map(|(_, member)| *member);
        let mut tail = String::from(")");
        if (1..1 << 31).contains(&skip) {
            tail.push_str(&format!(".skip({skip})"));
        }
        if (1..0x7fff_ffff).contains(&limit) {
            tail.push_str(&format!(".limit({limit})"));
        }
        let line = |params: &str| {
            let params = if params == "{}" { "" } else { params };
            format!("{}.{}({params}{tail}", self.resource, self.method)
        };
        let mut params = String::new();
        if let Some(contents) = contents {
            let mut without = without.to_vec();
            without.push(contents);
            bson::show(&mut params, document, Style { without: &without, masked, cap: out.limits().text });
        }
        let query = line(&params);
        if out.options.wants(out.options.protocols.mongodb.send_request) {
            params.clear();
            let cap = out.limits().body;
            bson::show(&mut params, document, Style { without, masked, cap });
            for (name, documents) in more {
                params.truncate(params.len().saturating_sub(1));
                params.push_str(if params.len() > 1 { "," } else { "" });
                json_text::string(&mut params, name);
                let room = cap.saturating_sub(params.len());
                params.push_str(&format!(
                    ":[{}]}}",
                    join(documents, &out.options.protocols.mongodb, room).0.replace('\n', ",")
                ));
            }
            self.request = line(&params);
        }
        self.query = query;
    }

    fn masked(&self, show: bool) -> &'static [&'static [u8]] {
        match self.command.as_str() {
            _ if show => &[],
            "saslStart" | "saslContinue" if self.mechanism.as_deref().is_none_or(|m| m == "PLAIN") => {
                &[b"payload"]
            }
            "authenticate" => &[b"key"],
            _ => &[b"pwd"],
        }
    }

    /// Who logs in, if somebody does.
    fn login(&mut self, document: &[u8], user: &mut Option<String>) {
        let text = |name: &str| bson::find(document, name).and_then(|e| e.str()).map(lossy);
        match self.command.as_str() {
            "authenticate" => {
                self.user = text("user");
                self.mechanism = text("mechanism");
                self.login = Some(true);
            }
            "saslStart" => {
                self.mechanism = text("mechanism");
                let payload =
                    bson::find(document, "payload").and_then(|e| e.binary().or(e.str())).unwrap_or_default();
                if self.mechanism.as_deref() == Some("PLAIN") {
                    let mut parts = payload.split(|b| *b == 0).skip(1);
                    self.user = parts.next().map(lossy);
                    self.password = parts.next().map(lossy);
                } else {
                    self.user = scram(payload);
                }
                user.clone_from(&self.user);
                self.login = Some(false);
            }
            "saslContinue" => {
                self.user.clone_from(user);
                self.mechanism = Some(String::new());
                self.login = Some(false);
            }
            _ => {}
        }
    }

    /// One more response to the same request will come under another number.
    pub(super) fn again(&self, id: u32, start: Stamp) -> Request {
        Request {
            id,
            start,
            method: self.method.clone(),
            command: self.command.clone(),
            resource: self.resource.clone(),
            query: self.query.clone(),
            more: true,
            ..Request::default()
        }
    }

    /// Tells what is known.
    pub(super) fn emit(self, reply: Option<Reply>, out: &mut Emit<'_>) {
        let (text, said) = (out.limits().text, &out.options.protocols.mongodb);
        let failed = reply.as_ref().is_some_and(|r| r.error.is_some());
        let done = reply.as_ref().is_some_and(|r| r.done);
        let login = self.login.is_some_and(|only| only || failed || done);
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, self.start);
        draft.put(&METHOD, self.method).put(&f::COMMAND, self.command);
        draft.put(&RESOURCE, cut(&self.resource, text).to_owned());
        draft.put(&QUERY, cut(&self.query, text).to_owned());
        if out.options.wants(said.send_request) {
            draft.put(&REQUEST, self.request);
        }
        put_login(&mut draft, self.user.as_deref(), self.password.as_deref(), out);
        draft.put_some(&f::MECHANISM, self.mechanism.filter(|m| !m.is_empty()));
        let packed = self.compressor.or(reply.as_ref().and_then(|r| r.compressor));
        draft.put_some(&f::COMPRESSOR, packed.map(Value::text));
        if self.more {
            draft.put(&f::MORE, true);
        }
        let size = Some(self.size).filter(|size| *size > 0);
        draft.bytes(size, reply.as_ref().map(|r| r.size));
        let replaced =
            |field: FieldRef| reply.iter().any(|r| r.values.iter().any(|(f, _)| std::ptr::eq(*f, field)));
        for (field, value) in self.values.into_iter().filter(|(field, _)| !replaced(field)) {
            draft.put(field, value);
        }
        let mut status = Some("OK").filter(|_| self.unanswered || reply.is_some());
        if let Some(reply) = reply {
            draft.end(out.now);
            draft.put_some(&RESPONSE_START, reply.began(out.now));
            for (field, value) in reply.values {
                draft.put(field, value);
            }
            if let Some(error) = reply.error {
                status = Some("Error");
                draft.put(&ERROR_MESSAGE, cut(&error, text).to_owned());
                draft.put(&f::ERROR, cut(&error, text).to_owned());
                draft.put_some(&f::ERROR_CODE, reply.code);
            }
            draft.outcome(if failed { Outcome::Failure } else { Outcome::Success });
            if !reply.text.is_empty() {
                draft.put(&RESPONSE, reply.text);
            }
        }
        draft.put_some(&STATUS, status.map(Value::text));
        draft.emit(out);
    }
}

/// `n,,n=user,r=nonce`: RFC 5802 section 5.1.
fn scram(payload: &[u8]) -> Option<String> {
    let name = payload.split(|b| *b == b',').find_map(|part| part.strip_prefix(b"n="))?;
    Some(lossy(name).replace("=2C", ",").replace("=3D", "="))
}
