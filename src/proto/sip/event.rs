//! From messages to events.

use super::fields as f;
use super::message::{Message, authorization};
use super::uri::{Party, Uri};
use super::{DATASET, LOGIN};
use crate::model::{FieldRef, Outcome, Stamp, Value, cut};
use crate::proto::fields::{ACTION, ERROR_MESSAGE, METHOD, QUERY, RESOURCE, STATUS};
use crate::proto::sasl::put_login;
use crate::proto::{Dir, Draft, Emit, base64};

/// Fields of one address.
struct Parts([FieldRef; 5]);

macro_rules! parts {
    ($name:ident, $original:ident, $scheme:ident, $user:ident, $host:ident, $port:ident) => {
        static $name: Parts = Parts([&f::$original, &f::$scheme, &f::$user, &f::$host, &f::$port]);
    };
}

parts!(URI, URI_ORIGINAL, URI_SCHEME, URI_USERNAME, URI_HOST, URI_PORT);
parts!(PRIVATE, PRIVATE_ORIGINAL, PRIVATE_SCHEME, PRIVATE_USERNAME, PRIVATE_HOST, PRIVATE_PORT);
parts!(TO, TO_ORIGINAL, TO_SCHEME, TO_USERNAME, TO_HOST, TO_PORT);
parts!(FROM, FROM_ORIGINAL, FROM_SCHEME, FROM_USERNAME, FROM_HOST, FROM_PORT);
parts!(CONTACT, CONTACT_ORIGINAL, CONTACT_SCHEME, CONTACT_USERNAME, CONTACT_HOST, CONTACT_PORT);
parts!(AUTH, AUTH_ORIGINAL, AUTH_SCHEME_OF_URI, AUTH_USERNAME, AUTH_HOST, AUTH_PORT);

fn address(draft: &mut Draft, uri: Uri, Parts([original, scheme, user, host, port]): &Parts) {
    for (field, text) in [(original, uri.original), (scheme, uri.scheme), (user, uri.user), (host, uri.host)]
    {
        if !text.is_empty() {
            draft.put(field, text);
        }
    }
    draft.put_some(port, uri.port);
}

/// Everything known of one message.
pub(super) struct Told<'a> {
    pub message: &'a Message,
    pub raw: &'a [u8],
    pub body: &'a [u8],
    pub size: u64,
    pub start: Stamp,
    /// When its request came.
    pub asked: Option<Stamp>,
}

/// Who the sender says it is, unless the configuration does not want to know.
fn credentials<'m>(message: &'m Message, out: &Emit<'_>) -> Option<&'m str> {
    let header = message.header("authorization").or(message.header("proxy-authorization"));
    header.filter(|_| out.options.protocols.sip.parse_authorization != Some(false))
}

/// Whether the answer to a request says if its credentials are right. Other requests repeat those of the log-in.
pub(super) fn is_login(message: &Message, out: &Emit<'_>) -> bool {
    let asks =
        message.request.as_ref().is_some_and(|(method, _)| matches!(method.as_str(), "REGISTER" | "INVITE"));
    asks && credentials(message, out).is_some()
}

/// What a final response says of the credentials it answers (RFC 3261 section 22): those with a nonce that is too old
/// are asked for again, right or wrong (RFC 7616 section 3.3).
pub(super) fn verdict(message: &Message) -> Outcome {
    let challenges =
        ["www-authenticate", "proxy-authenticate"].into_iter().flat_map(|name| message.all(name));
    let mut params = challenges.filter_map(authorization).flat_map(|(_, params)| params);
    match message.response {
        Some((200..300, _)) => Outcome::Success,
        Some((401 | 407, _))
            if params.any(|(key, value)| key == "stale" && value.eq_ignore_ascii_case("true")) =>
        {
            Outcome::Unknown
        }
        Some((401 | 403 | 407, _)) => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

/// The event of one message.
pub(super) fn draft(told: &Told<'_>, dir: Dir, out: &Emit<'_>) -> Draft {
    let message = told.message;
    let (options, said) = (out.options, &out.options.protocols.sip);
    let credentials = credentials(message, out);
    let mut draft = out.draft(if credentials.is_some() { &LOGIN } else { &DATASET }, told.start);
    if dir == Dir::Server {
        let event = draft.event();
        std::mem::swap(&mut event.source, &mut event.destination);
    }
    draft.bytes(Some(told.size), None).end(told.start);
    let cseq = message.cseq();
    let method = match (&message.request, &cseq) {
        (Some((method, _)), _) => method.to_ascii_uppercase(),
        (None, Some((_, method))) => method.clone(),
        _ => String::new(),
    };
    draft.put(&ACTION, format!("sip-{}", method.to_ascii_lowercase())).put(&METHOD, method.clone());
    draft.put(&f::VERSION, message.version.clone());
    if let Some((_, uri)) = &message.request {
        let uri = Uri::parse(uri);
        draft.put(&f::TYPE, Value::text("request")).put(&f::SIP_METHOD, method.clone());
        draft.put(&STATUS, Value::text("OK"));
        draft.put(&QUERY, format!("{method} {}", uri.original)).put(&RESOURCE, uri.original.clone());
        address(&mut draft, uri, &URI);
    }
    if let Some((code, phrase)) = &message.response {
        draft.put(&f::TYPE, Value::text("response")).put(&f::CODE, *code).put(&f::SIP_STATUS, phrase.clone());
        draft.put(&f::REASON, phrase.clone());
        // 401 and 407 ask who it is: what was asked for was not done.
        draft.outcome(match code {
            ..200 => Outcome::Unknown,
            200..300 => Outcome::Success,
            _ => Outcome::Failure,
        });
        draft.put(&STATUS, Value::text(if *code >= 400 { "Error" } else { "OK" }));
        if *code >= 400 {
            draft.put(&ERROR_MESSAGE, format!("{code} {phrase}"));
        }
        draft.put_some(&f::REQUEST_START, told.asked.map(|asked| Value::Time(asked.ts)));
    }
    if let Some((code, method)) = cseq {
        draft.put(&f::SEQUENCE, code).put(&f::CSEQ_CODE, code).put(&f::CSEQ_METHOD, method);
    }
    headers(&mut draft, message, out.limits().list);
    if let Some(value) = credentials {
        authenticate(&mut draft, value, out);
    }
    let kind = message.header("content-type").filter(|_| said.parse_body != Some(false));
    if kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/sdp")) {
        session(&mut draft, told.body, options.full);
    }
    if options.wants(said.keep_original) {
        let text = String::from_utf8_lossy(told.raw);
        let text = if out.options.show_secrets { text.into_owned() } else { masked(&text) };
        draft.put(&f::ORIGINAL, cut(&text, out.limits().body).to_owned());
    }
    draft
}

/// Basic credentials hold the password; a Digest does not.
fn masked(text: &str) -> String {
    let line = |line: &str| {
        let lower = line.to_ascii_lowercase();
        let secret = lower.starts_with("authorization:") || lower.starts_with("proxy-authorization:");
        match lower.find("basic ") {
            Some(at) if secret => format!("{}******", line.get(..at + 6).unwrap_or_default()),
            _ => line.to_owned(),
        }
    };
    text.split("\r\n").map(line).collect::<Vec<_>>().join("\r\n")
}

fn headers(draft: &mut Draft, message: &Message, list: usize) {
    draft.put_some(&f::CALL_ID, message.header("call-id").map(str::to_owned));
    draft.put_some(&f::MAX_FORWARDS, message.number("max-forwards"));
    draft.put_some(&f::CONTENT_LENGTH, message.number("content-length").filter(|n| *n > 0));
    draft.put_some(&f::CONTENT_TYPE, message.header("content-type").map(str::to_ascii_lowercase));
    draft.put_some(&f::USER_AGENT, message.header("user-agent").map(str::to_owned));
    draft.put_some(&f::ACCEPT, message.header("accept").map(str::to_ascii_lowercase));
    let vias: Vec<_> = message.all("via").take(list).map(str::to_owned).collect();
    if !vias.is_empty() {
        draft.put(&f::VIA, Value::texts(vias));
    }
    for (field, name) in [(&f::ALLOW, "allow"), (&f::SUPPORTED, "supported")] {
        let mut all = message.list(name);
        all.truncate(list);
        if !all.is_empty() {
            draft.put(field, Value::texts(all));
        }
    }
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    if let Some(party) = message.header("from").map(Party::parse) {
        draft.put_some(&f::FROM_DISPLAY, text(&party.display)).put_some(&f::FROM_TAG, party.param("tag"));
        address(draft, party.uri, &FROM);
    }
    if let Some(party) = message.header("to").map(Party::parse) {
        draft.put_some(&f::TO_DISPLAY, text(&party.display)).put_some(&f::TO_TAG, party.param("tag"));
        address(draft, party.uri, &TO);
    }
    if let Some(party) = message.header("contact").map(Party::parse) {
        draft.put_some(&f::CONTACT_DISPLAY, text(&party.display));
        draft.put_some(&f::CONTACT_EXPIRES, party.param("expires").and_then(|v| v.parse::<u32>().ok()));
        let q = party.param("q").and_then(|v| v.parse::<f64>().ok()).filter(|q| q.is_finite());
        draft.put_some(&f::CONTACT_Q, q);
        draft.put_some(&f::CONTACT_LINE, party.uri.param("line"));
        draft.put_some(&f::CONTACT_TRANSPORT, party.uri.param("transport").map(|v| v.to_ascii_lowercase()));
        address(draft, party.uri, &CONTACT);
    }
    if let Some(party) = message.header("p-associated-uri").map(Party::parse) {
        address(draft, party.uri, &PRIVATE);
    }
}

fn authenticate(draft: &mut Draft, value: &str, out: &Emit<'_>) {
    let Some((scheme, params)) = authorization(value) else { return };
    let param = |key: &str| params.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let (mut user, mut password) = (param("username"), None);
    if scheme.eq_ignore_ascii_case("basic") {
        let word = value.trim().split_once(' ').map(|(_, word)| word.trim()).unwrap_or_default();
        let plain = base64::decode(word.as_bytes()).unwrap_or_default();
        let mut parts =
            plain.splitn(2, |b| *b == b':').map(|part| String::from_utf8_lossy(part).into_owned());
        (user, password) = (parts.next(), parts.next());
    }
    draft.put(&f::AUTH_SCHEME, scheme).put_some(&f::AUTH_REALM, param("realm"));
    put_login(draft, user.as_deref(), password.as_deref(), out);
    if let Some(uri) = param("uri") {
        address(draft, Uri::parse(&uri), &AUTH);
    }
}

/// A session description (RFC 8866).
fn session(draft: &mut Draft, body: &[u8], full: bool) {
    let text = String::from_utf8_lossy(body);
    let mut media = Vec::new();
    let mut seen = Vec::new();
    for (key, value) in text.lines().filter_map(|line| line.trim().split_once('=')) {
        let value = value.trim();
        if key == "m" {
            if media.len() < 64 {
                media.push(value.to_owned());
            }
            continue;
        }
        if !media.is_empty() || seen.contains(&key) {
            continue;
        }
        let last = value.rsplit(' ').next().unwrap_or_default().to_owned();
        match key {
            "v" => drop(draft.put(&f::SDP_VERSION, value.to_owned())),
            "o" => {
                let parts: Vec<&str> = value.split_ascii_whitespace().collect();
                let fields = [&f::SDP_USERNAME, &f::SDP_ID, &f::SDP_OWNER_VERSION];
                for (field, part) in fields.into_iter().zip(&parts).filter(|(_, part)| **part != "-") {
                    draft.put(field, (*part).to_owned());
                }
                draft.put(&f::SDP_IP, last);
            }
            "s" if value != "-" && !value.is_empty() => drop(draft.put(&f::SDP_NAME, value.to_owned())),
            "c" => drop(draft.put(&f::SDP_CONNECTION, value.to_owned()).put(&f::SDP_ADDRESS, last)),
            _ => {}
        }
        seen.push(key);
    }
    if !media.is_empty() {
        draft.put(&f::SDP_MEDIA, Value::texts(media));
    }
    if full {
        draft.put(&f::SDP_BODY, text.into_owned());
    }
}
