//! From commands and replies to events.

use super::fields as f;
use super::reader::Message;
use super::{DATASET, LOGIN};
use crate::model::{Outcome, Stamp, Value};
use crate::proto::Emit;
use crate::proto::fields::{
    ACTION, CLEAR_PASSWORD, ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESOURCE, RESPONSE, STATUS,
};
use crate::proto::sasl::put_login;

const MASK: &str = "******";

/// Commands with secrets: their first words, the word before a secret, and how far behind it the secret stands.
const SECRETS: &[(&[&str], &str, usize)] = &[
    (&["HELLO"], "AUTH", 2),
    (&["MIGRATE"], "AUTH", 1),
    (&["MIGRATE"], "AUTH2", 2),
    (&["CONFIG", "SET"], "requirepass", 1),
    (&["CONFIG", "SET"], "masterauth", 1),
    (&["CONFIG", "SET"], "primaryauth", 1),
    (&["CONFIG", "SET"], "tls-key-file-pass", 1),
    (&["CONFIG", "SET"], "tls-client-key-file-pass", 1),
    (&["SENTINEL", "SET"], "auth-pass", 1),
    (&["SENTINEL", "SET"], "requirepass", 1),
    (&["SENTINEL", "CONFIG", "SET"], "sentinel-pass", 1),
    (&["SENTINEL", "CONFIG", "SET"], "requirepass", 1),
];
/// Commands whose arguments are all hidden where some of their bytes are missing: the word before a secret may be
/// among these.
const SECRETIVE: &[&str] = &["AUTH", "HELLO", "MIGRATE", "CONFIG", "SENTINEL", "ACL"];

/// A command that waits for its reply.
pub(super) struct Request {
    method: String,
    args: Vec<Vec<u8>>,
    count: u64,
    size: u64,
    start: Stamp,
    /// Replies that are still to come.
    replies: u64,
    size_back: u64,
    user: Option<String>,
    password: Option<String>,
    /// It sets or asks for a password.
    secret: bool,
    /// What it is answered with has one, which is not to be shown.
    hide: bool,
}

impl Request {
    /// `None` for an empty line or array, which Redis ignores.
    pub(super) fn new(message: Message, out: &Emit<'_>) -> Option<Request> {
        let name = message.args.first()?;
        let mut request = Request {
            method: String::from_utf8_lossy(name).to_uppercase(),
            count: message.count,
            size: message.size,
            start: message.start,
            replies: 1,
            size_back: 0,
            user: None,
            password: None,
            secret: false,
            hide: false,
            args: message.args,
        };
        if matches!(
            request.method.as_str(),
            "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE" | "UNSUBSCRIBE" | "PUNSUBSCRIBE" | "SUNSUBSCRIBE"
        ) {
            request.replies = request.count.saturating_sub(1).max(1);
        }
        request.mask(out.options.show_secrets, message.torn);
        let room = out.limits().text;
        let mut used = 0;
        request.args.retain(|arg| {
            let keep = used < room;
            used += arg.len();
            keep
        });
        Some(request)
    }

    /// Whether the connection is something else once this is accepted.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.method.as_str(), "SYNC" | "PSYNC" | "MONITOR")
    }

    /// The word after `CLIENT REPLY`.
    pub(super) fn reply_mode(&self) -> Option<&'static [u8]> {
        let word = |at: usize| self.args.get(at).map(Vec::as_slice).unwrap_or_default();
        if self.method != "CLIENT" || !word(1).eq_ignore_ascii_case(b"REPLY") {
            return None;
        }
        [&b"ON"[..], b"OFF", b"SKIP"].into_iter().find(|w| word(2).eq_ignore_ascii_case(w))
    }

    /// Counts one of several replies; whether more are to come.
    pub(super) fn more(&mut self, reply: &Message) -> bool {
        let more = self.replies > 1 && !matches!(reply.kind, b'-' | b'!');
        if more {
            self.replies -= 1;
            self.size_back += reply.size;
        }
        more
    }

    /// Takes credentials out of the arguments.
    fn mask(&mut self, show: bool, torn: bool) {
        let login = match self.method.as_str() {
            "AUTH" => true,
            "HELLO" => self.args.iter().skip(1).any(|arg| arg.eq_ignore_ascii_case(b"AUTH")),
            _ => false,
        };
        let secrets = self.secrets(torn);
        let asks = self.asks();
        (self.secret, self.hide) = (asks || !secrets.is_empty(), asks && !show);
        if login {
            let before = secrets.first().and_then(|at| at.checked_sub(1)).filter(|at| *at > 0);
            let name = before.and_then(|at| self.args.get(at)).filter(|_| !torn);
            self.user = Some(name.map_or("default".into(), |u| String::from_utf8_lossy(u)).into_owned());
        }
        for at in secrets {
            let Some(arg) = self.args.get_mut(at) else { continue };
            if login {
                self.password.get_or_insert_with(|| String::from_utf8_lossy(arg).into_owned());
            }
            if !show {
                *arg = MASK.into();
            }
        }
    }

    /// Where the credentials stand. What is named as the word before one may be one itself, and is looked at too.
    fn secrets(&self, torn: bool) -> Vec<usize> {
        let len = self.args.len();
        let is = |at: usize, word: &str| {
            self.args.get(at).is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()))
        };
        // The name of the command may be what is torn.
        if torn && SECRETIVE.iter().any(|name| name.starts_with(&self.method)) {
            return (1..len).collect();
        }
        match self.method.as_str() {
            "AUTH" if len >= 3 => return (2..len).collect(),
            "AUTH" => return (1..len).collect(),
            // Rules are readable, only passwords and their hashes are not.
            "ACL" if is(1, "SETUSER") => {
                let secret = |arg: &Vec<u8>| matches!(arg.first(), Some(b'>' | b'<' | b'#' | b'!'));
                return (3..len).filter(|at| self.args.get(*at).is_some_and(secret)).collect();
            }
            _ => {}
        }
        let mut found = Vec::new();
        for (words, before, distance) in SECRETS {
            if words.iter().enumerate().all(|(at, word)| is(at, word)) {
                found.extend((words.len()..len).filter(|at| is(*at, before)).map(|at| at + distance));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether the answer holds a password: of the server's settings, `*` and its like asking for all of them.
    fn asks(&self) -> bool {
        let word = |at: usize| self.args.get(at).map(Vec::as_slice).unwrap_or_default();
        let (sentinel, config) = (self.method == "SENTINEL", self.method == "CONFIG");
        let first = match (config, sentinel && word(1).eq_ignore_ascii_case(b"CONFIG")) {
            (true, _) => 1,
            (_, true) => 2,
            _ => return false,
        };
        let named = |arg: &Vec<u8>| {
            let arg = arg.to_ascii_lowercase();
            let has = |part: &[u8]| memchr::memmem::find(&arg, part).is_some();
            has(b"pass") || has(b"auth") || arg.iter().any(|b| matches!(b, b'*' | b'?' | b'['))
        };
        word(first).eq_ignore_ascii_case(b"GET") && self.args.iter().skip(first + 1).any(named)
    }

    /// Tells what is known; `None` if no reply came.
    pub(super) fn emit(self, mut reply: Option<Message>, out: &mut Emit<'_>) {
        let refused = |reply: &Message| matches!(reply.kind, b'-' | b'!');
        if let Some(reply) = reply.as_mut().filter(|reply| self.hide && !refused(reply)) {
            reply.text = MASK.into();
        }
        let told = self.secret && self.user.is_none() && reply.as_ref().is_some_and(|reply| !refused(reply));
        let (text, said) = (out.limits().text, &out.options.protocols.redis);
        let shown = out.options.wants(said.send_response);
        let mut draft = out.draft(if self.user.is_some() { &LOGIN } else { &DATASET }, self.start);
        let query = self.args.join(&b' ');
        draft.put(&ACTION, format!("redis.{}", self.method.to_lowercase()));
        draft.put(&METHOD, self.method);
        draft.put_text(&QUERY, &query, text);
        if let Some(resource) = self.args.get(1).filter(|_| self.user.is_none()) {
            draft.put_text(&RESOURCE, resource, text);
        }
        put_login(&mut draft, self.user.as_deref(), self.password.as_deref(), out);
        if told {
            draft.put(&CLEAR_PASSWORD, true);
        }
        draft.put(&f::ARGUMENTS, self.count.saturating_sub(1));
        if out.options.wants(said.send_request) {
            draft.put_text(&REQUEST, &query, text);
        }
        draft.bytes(Some(self.size), reply.as_ref().map(|r| r.size + self.size_back));
        if let Some(reply) = reply {
            let error = matches!(reply.kind, b'-' | b'!');
            draft.end(out.now).outcome(if error { Outcome::Failure } else { Outcome::Success });
            draft.put(&STATUS, Value::text(if error { "Error" } else { "OK" }));
            if error {
                draft.put_text(&f::ERROR, &reply.text, text).put_text(&ERROR_MESSAGE, &reply.text, text);
            } else if shown || plain(&reply) {
                draft.put_text(&f::RETURN_VALUE, &reply.text, out.limits().body);
            }
            if shown {
                draft.put_text(&RESPONSE, &reply.text, out.limits().body);
            }
        }
        draft.emit(out);
    }
}

/// Whether a reply tells how it went rather than what is stored.
fn plain(reply: &Message) -> bool {
    matches!(reply.kind, b'+' | b':' | b'_' | b'#') || (reply.text == b"nil" && reply.size == 5)
}

/// Messages of channels come without being asked for.
pub(super) fn is_push(message: &Message) -> bool {
    let word = message.args.first().map(Vec::as_slice).unwrap_or_default();
    match message.kind {
        b'>' => !word.ends_with(b"subscribe"),
        b'*' => match word {
            b"message" | b"smessage" => message.count == 3,
            b"pmessage" => message.count == 4,
            _ => false,
        },
        _ => false,
    }
}

/// The event of such a message.
pub(super) fn push(message: Message, out: &mut Emit<'_>) {
    let mut draft = out.draft(&DATASET, message.start);
    let text = out.limits().text;
    let word = message.args.first().map(Vec::as_slice).unwrap_or_default();
    draft.put(&METHOD, String::from_utf8_lossy(word).to_uppercase());
    if let Some(channel) = message.args.len().checked_sub(2).and_then(|at| message.args.get(at.max(1))) {
        draft.put_text(&RESOURCE, channel, text);
    }
    draft.put(&f::PUSHED, true).put(&STATUS, Value::text("OK"));
    if out.options.wants(out.options.protocols.redis.send_response) {
        draft.put_text(&RESPONSE, &message.text, out.limits().body);
    }
    draft.outcome(Outcome::Success).bytes(None, Some(message.size)).end(out.now);
    draft.emit(out);
}
