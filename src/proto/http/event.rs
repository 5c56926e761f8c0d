//! From requests and responses to event fields.

use super::call::Call;
use super::credentials::{masked, secret};
use super::fields as f;
use super::message::{self, HTTP2, Part, REDACTED, Request, Response, redacted};
use super::url::{self, Hidden, Url};
use crate::model::{FieldRef, Outcome, Stamp, Value};
use crate::proto::fields as shared;
use crate::proto::{Draft, Emit, Options};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::Read;

/// Emits one transaction. At least one of the two is there.
pub(in crate::proto) fn emit(
    request: Option<Request>,
    response: Option<(Response, Stamp)>,
    informational: Vec<Value<'static>>,
    call: Call,
    out: &mut Emit<'_>,
) {
    let start = match (&request, &response) {
        (Some(request), _) => request.part.start,
        (None, Some((response, _))) => response.part.start,
        (None, None) => return,
    };
    let mut draft = out.draft(&super::DATASET, start);
    let sizes = [request.as_ref().map(|r| r.part.bytes), response.as_ref().map(|(r, _)| r.part.bytes)];
    draft.bytes(sizes[0], sizes[1]);
    let matched = request.is_some() || call.upgraded();
    let trouble = trouble((request.as_ref(), matched), response.as_ref().map(|(r, _)| r));
    draft.put_some(&shared::ERROR_MESSAGE, trouble);
    let minor = request.as_ref().map(|r| r.minor).or(response.as_ref().map(|(r, _)| r.minor));
    draft.put_some(&f::VERSION, minor.map(version));
    if let Some(request) = request {
        put_request(&mut draft, request, out);
    }
    let mut good = false;
    if let Some((response, end)) = response {
        draft.put_some(&f::RESPONSE_START, matched.then_some(Value::Time(response.part.start.ts)));
        let failed = response.code >= 400 || call.failed();
        good = matched && !failed;
        draft.end(end).outcome(if failed { Outcome::Failure } else { Outcome::Success });
        put_response(&mut draft, response, out);
    }
    if !informational.is_empty() {
        draft.put(&f::INFORMATIONAL, Value::List(informational));
    }
    if call.failed() {
        draft.outcome(Outcome::Failure);
    }
    call.put(&mut draft);
    draft.put(&shared::STATUS, if good { "OK" } else { "Error" });
    draft.emit(out);
}

fn version(minor: u8) -> Cow<'static, str> {
    match minor {
        0 => "1.0".into(),
        HTTP2 => "2".into(),
        _ => format!("1.{minor}").into(),
    }
}

fn trouble(
    (request, matched): (Option<&Request>, bool),
    response: Option<&Response>,
) -> Option<&'static str> {
    let of = |part: Option<&Part>| part.map(|p| (p.lost, p.cut)).unwrap_or_default();
    match (of(request.map(|r| &r.part)), of(response.map(|r| &r.part))) {
        _ if response.is_none() => Some("Unmatched request"),
        _ if !matched => Some("Unmatched response"),
        _ if request.is_some_and(|r| r.part.broken) => Some("The request's body has no valid framing"),
        _ if response.is_some_and(|r| r.part.broken) => Some("The response's body has no valid framing"),
        ((true, _), _) => Some("Packet loss while capturing the request"),
        (_, (true, _)) => Some("Packet loss while capturing the response"),
        (_, (_, true)) => Some("The connection ended before the response did"),
        ((_, true), _) => Some("The connection ended before the request did"),
        _ => None,
    }
}

fn put_request(draft: &mut Draft, mut request: Request, out: &mut Emit<'_>) {
    let server = (out.flow.server.ip, out.flow.server.port);
    let mut address = Url::new(&request.method, &request.target, request.host.as_deref(), server);
    let hidden = Hidden::new(out.options);
    if !hidden.nothing() {
        address.query = address.query.map(|query| url::mask(&query, hidden).into_owned());
    }
    let path = if request.method == "CONNECT" { &request.target } else { &address.path };
    draft.put(&shared::QUERY, format!("{} {path}", request.method));
    draft.put(&shared::METHOD, request.method.to_ascii_lowercase());
    put_url(draft, address);
    if let Some(credentials) = request.credentials.take() {
        credentials.put(draft, out.options.show_secrets);
    }
    draft.put_some(&shared::FORWARDED_IP, request.forwarded);
    let content = content(&request.part, out);
    let content = content.map(|text| hide(&request.part, text, out.options));
    if out.options.wants(out.options.protocols.http.send_request) {
        draft.put(&shared::REQUEST, dialogue(&request.part, content.as_deref(), out.options));
    }
    draft.put_some(&f::REQUEST_BODY, content);
    draft.put(&f::REQUEST_METHOD, request.method);
    draft.put_some(&shared::USER_AGENT, request.agent);
    draft.put_some(&f::REFERRER, request.referrer);
    if !request.suspicious.is_empty() {
        draft.put(&f::SUSPICIOUS_HEADER, Value::texts(request.suspicious));
    }
    let fields = [&f::REQUEST_BYTES, &f::REQUEST_BODY_BYTES, &f::REQUEST_TYPE, &f::REQUEST_HEADERS];
    put_part(draft, request.part, fields);
}

fn put_url(draft: &mut Draft, address: Url) {
    draft.put(&shared::URL_FULL, address.full());
    draft.put_some(&shared::URL_EXTENSION, address.extension().map(str::to_owned));
    if !address.domain.is_empty() && address.domain.parse::<std::net::IpAddr>().is_err() {
        draft.put(&shared::DESTINATION_DOMAIN, address.domain.clone());
        draft.put(&shared::SERVER_DOMAIN, address.domain.clone());
    }
    draft.put_some(&shared::URL_SCHEME, address.scheme).put(&shared::URL_DOMAIN, address.domain);
    draft.put_some(&shared::URL_PORT, address.port);
    if !address.path.is_empty() {
        draft.put(&shared::URL_PATH, address.path);
    }
    draft.put_some(&shared::URL_QUERY, address.query);
}

fn put_response(draft: &mut Draft, response: Response, out: &mut Emit<'_>) {
    draft.put(&f::STATUS_CODE, response.code);
    if !response.phrase.is_empty() {
        draft.put(&f::STATUS_PHRASE, response.phrase.to_lowercase());
    }
    draft.put_some(&f::SERVER, response.server).put_some(&f::LOCATION, response.location);
    draft.put_some(&f::CHALLENGE, response.challenge);
    let content = content(&response.part, out);
    if out.options.wants(out.options.protocols.http.send_response) {
        draft.put(&shared::RESPONSE, dialogue(&response.part, content.as_deref(), out.options));
    }
    draft.put_some(&f::RESPONSE_BODY, content);
    let fields = [&f::RESPONSE_BYTES, &f::RESPONSE_BODY_BYTES, &f::RESPONSE_TYPE, &f::RESPONSE_HEADERS];
    put_part(draft, response.part, fields);
}

fn put_part(draft: &mut Draft, mut part: Part, [bytes, body, kind, headers]: [FieldRef; 4]) {
    draft.put(bytes, part.bytes);
    draft.put_some(body, Some(part.body_bytes).filter(|n| *n > 0));
    if let Some((program, hash)) = part.program() {
        draft.put(&shared::FILE_TYPE, program).put_some(&shared::FILE_SHA256, hash);
    }
    draft.put_some(kind, part.content_type);
    if !part.headers.is_empty() {
        draft.put(headers, Value::Object(part.headers));
    }
}

/// Head and body as text.
fn dialogue(part: &Part, content: Option<&str>, options: &Options) -> String {
    let (secrets, hidden) = (options.show_secrets, Hidden::new(options));
    let head = String::from_utf8_lossy(&part.head);
    let mut text = String::with_capacity(head.len());
    for (number, line) in head.split_inclusive('\n').enumerate() {
        let end = line.get(line.trim_end_matches(['\r', '\n']).len()..).unwrap_or_default();
        match line.split_once(':') {
            _ if number == 0 => text.push_str(&mask_line(line, hidden)),
            Some((name, _)) if redacted(name.trim(), options) => text.extend([name, ": ", REDACTED, end]),
            Some((name, value)) if !secrets && secret(name.trim()) => {
                text.extend([name, ": ", &masked(value.trim().as_bytes()), end]);
            }
            _ => text.push_str(line),
        }
    }
    text.push_str(content.unwrap_or_default());
    text
}

/// A request line with the secrets of its target masked.
fn mask_line(line: &str, hidden: Hidden<'_>) -> String {
    let parts = line.split(' ').map(|part| url::mask_target(part, hidden));
    parts.collect::<Vec<_>>().join(" ")
}

/// The body's text without its secrets.
fn hide(part: &Part, text: String, options: &Options) -> String {
    let kind = part.content_type.as_deref().unwrap_or_default();
    let hidden = Hidden::new(options);
    if hidden.nothing() {
        text
    } else if kind.contains("json") {
        url::mask_json(&text, hidden).into_owned()
    } else if kind.contains("urlencoded") {
        url::mask(&text, hidden).into_owned()
    } else {
        text
    }
}

/// The body as text, uncompressed; `None` where it is none.
fn content(part: &Part, out: &mut Emit<'_>) -> Option<String> {
    if part.body.is_empty() {
        return None;
    }
    let said = &out.options.protocols.http;
    let cap = message::longest(out.options) as u64;
    let body = part.body.as_slice();
    let mut plain = Vec::new();
    let read = match part.encoding.as_deref() {
        None | Some("" | "identity") => return Some(String::from_utf8_lossy(body).into_owned()),
        Some(_) if said.decode_body == Some(false) => {
            return Some(String::from_utf8_lossy(body).into_owned());
        }
        Some("gzip" | "x-gzip") => MultiGzDecoder::new(body).take(cap).read_to_end(&mut plain),
        // Some servers leave out the zlib header (RFC 9110 §8.4.1.2).
        Some("deflate") if zlib(body) => ZlibDecoder::new(body).take(cap).read_to_end(&mut plain),
        Some("deflate") => DeflateDecoder::new(body).take(cap).read_to_end(&mut plain),
        Some(_) => return None,
    };
    let whole = part.body_bytes == body.len() as u64 && !part.cut && !part.lost && !part.broken;
    if read.is_err() && whole {
        out.anomaly("http.body_encoding");
    }
    (!plain.is_empty()).then(|| String::from_utf8_lossy(&plain).into_owned())
}

/// RFC 1950 §2.2: method 8, and a check that makes the two bytes divisible by 31.
fn zlib(body: &[u8]) -> bool {
    matches!(body, [a, b, ..] if a & 15 == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0)
}
