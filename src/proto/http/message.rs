//! A request or response as far as it has been seen.

use super::body::Frame;
use super::credentials::{Credentials, masked, secret};
use super::head::{self, Line, RequestLine, StatusLine};
use super::program::Program;
use crate::model::{Stamp, Value};
use crate::proto::{Emit, Options};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

/// Header lines read of one message; the rest is counted and left.
const HEADERS: usize = 256;

/// Bytes of a message that are kept at most, whatever the configuration says.
const MESSAGE: usize = 10 << 20;

/// Headers kept that hold an expression, bytes of each, and of a challenge.
const SUSPICIOUS: usize = 8;
const SHORT: usize = 512;

/// Stands for the minor version where HTTP/2 is spoken.
pub(in crate::proto) const HTTP2: u8 = u8::MAX;

/// What requests and responses share.
#[derive(Debug, Default)]
pub(in crate::proto) struct Part {
    pub start: Stamp,
    /// As sent, with head and framing.
    pub bytes: u64,
    /// Without framing.
    pub body_bytes: u64,
    /// The beginning of the body, with --detail full.
    pub body: Vec<u8>,
    /// The head, with --detail full.
    pub head: Vec<u8>,
    pub headers: Vec<(Cow<'static, str>, Value<'static>)>,
    pub content_type: Option<String>,
    pub encoding: Option<String>,
    /// Bytes of it are missing in the capture.
    pub lost: bool,
    /// The connection ended before it did.
    pub cut: bool,
    /// What the body may be.
    program: Option<Box<Program>>,
    /// Where it ends is not to be told from what was sent.
    pub broken: bool,
    /// Bytes of the body that are kept, as soon as its type is known.
    room: usize,
    length: Option<u64>,
    chunked: bool,
    coded: bool,
}

#[derive(Debug)]
pub(in crate::proto) struct Request {
    pub part: Part,
    pub method: String,
    pub target: String,
    pub minor: u8,
    pub host: Option<String>,
    pub agent: Option<String>,
    pub referrer: Option<String>,
    pub credentials: Option<Credentials>,
    pub forwarded: Option<IpAddr>,
    /// Headers with an expression, from it on.
    pub suspicious: Vec<String>,
}

#[derive(Debug)]
pub(in crate::proto) struct Response {
    pub part: Part,
    pub minor: u8,
    pub code: u16,
    pub phrase: String,
    pub server: Option<String>,
    pub location: Option<String>,
    /// What it asks for as a proof of who asks.
    pub challenge: Option<String>,
}

impl Request {
    /// From a whole head that began at `start`.
    pub fn read(head: &[u8], line: RequestLine<'_>, start: Stamp, out: &mut Emit<'_>) -> Request {
        let text = |bytes| text(bytes, out.limits().text);
        let mut request = Request {
            part: Part { start, bytes: head.len() as u64, ..Part::default() },
            method: text(line.method),
            target: text(line.target),
            minor: line.minor,
            host: None,
            agent: None,
            referrer: None,
            credentials: None,
            forwarded: None,
            suspicious: Vec::new(),
        };
        let mut part = std::mem::take(&mut request.part);
        let options = out.options;
        part.read(true, head, out, |name, value, limit| request.header(name, value, options, limit));
        request.part = part;
        request
    }

    fn header(&mut self, name: &[u8], value: &[u8], options: &Options, limit: usize) {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("host") {
            self.host.get_or_insert_with(|| text(value, limit));
        } else if is("user-agent") {
            self.agent.get_or_insert_with(|| text(value, limit));
        } else if is("referer") {
            self.referrer.get_or_insert_with(|| text(value, limit));
        } else if is("authorization") || (is("proxy-authorization") && self.credentials.is_none()) {
            self.credentials = Credentials::read(value, limit);
        }
        let real = options.protocols.http.real_ip_header.as_deref();
        let usual = || is("x-forwarded-for") || is("x-real-ip") || is("forwarded");
        if real.map_or_else(usual, is) {
            // The first one in the list is the client, the others are proxies.
            self.forwarded = self.forwarded.or_else(|| forwarded(value));
        }
        if let Some(from) = expression(value).filter(|_| self.suspicious.len() < SUSPICIOUS) {
            let name = text(name, SHORT).to_ascii_lowercase();
            let shown = if redacted(&name, options) { REDACTED.to_owned() } else { text(from, SHORT) };
            self.suspicious.push(format!("{name}: {shown}"));
        }
    }

    /// How the end of its body is known (RFC 9112 §6.3).
    pub(super) fn frame(&self) -> Frame {
        match (self.part.chunked, self.part.length) {
            (true, _) => Frame::Chunked,
            (false, Some(length)) => Frame::Length(length),
            (false, None) => Frame::None,
        }
    }
}

impl Response {
    /// From a whole head that began at `start`.
    pub fn read(head: &[u8], line: StatusLine<'_>, start: Stamp, out: &mut Emit<'_>) -> Response {
        let mut response = Response {
            part: Part { start, bytes: head.len() as u64, ..Part::default() },
            minor: line.minor,
            code: line.code,
            phrase: text(line.phrase, out.limits().text),
            server: None,
            location: None,
            challenge: None,
        };
        let mut part = std::mem::take(&mut response.part);
        part.read(false, head, out, |name, value, limit| {
            let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
            if is("server") {
                response.server.get_or_insert_with(|| text(value, limit));
            } else if is("location") {
                response.location.get_or_insert_with(|| text(value, limit));
            } else if is("www-authenticate") || is("proxy-authenticate") {
                // Each scheme may have a header of its own.
                let before = response.challenge.take().map(|before| before + ", ").unwrap_or_default();
                response.challenge = Some(text((before + &text(value, SHORT)).as_bytes(), SHORT));
            }
        });
        response.part = part;
        response
    }

    /// How the end of its body is known, given the method it answers (RFC 9112 §6.3).
    pub(super) fn frame(&self, method: Option<&str>) -> Frame {
        let none = method == Some("HEAD") || matches!(self.code, 100..=199 | 204 | 304);
        match (self.part.chunked, self.part.length) {
            _ if none => Frame::None,
            (true, _) => Frame::Chunked,
            (false, Some(length)) if !self.part.coded => Frame::Length(length),
            _ => Frame::Close,
        }
    }
}

impl Part {
    fn read(
        &mut self,
        request: bool,
        head: &[u8],
        out: &mut Emit<'_>,
        mut each: impl FnMut(&[u8], &[u8], usize),
    ) {
        let limit = out.limits().text;
        let said = &out.options.protocols.http;
        let dialogue = out.options.wants(if request { said.send_request } else { said.send_response });
        let (_, rest) = head::split(head);
        if !head.ends_with(b"\r\n") {
            out.anomaly("http.bare_lf");
        }
        for (count, line) in head::lines(rest).enumerate() {
            if count >= HEADERS {
                out.cap("http.headers");
                break;
            }
            let Line::Field { name, value, folded } = line else {
                out.anomaly("http.bad_header");
                continue;
            };
            if folded {
                out.anomaly("http.folded_header");
            }
            self.framing(name, &value, out);
            if name.eq_ignore_ascii_case(b"content-type") {
                self.content_type.get_or_insert_with(|| text(&value, limit));
            } else if name.eq_ignore_ascii_case(b"content-encoding") {
                self.encoding.get_or_insert_with(|| text(&value, limit).to_ascii_lowercase());
            }
            each(name, &value, limit);
            self.keep(name, &value, out);
        }
        if self.length.is_some() && (self.chunked || self.coded) {
            out.anomaly("http.length_and_encoding");
        }
        if dialogue {
            self.head = head.get(..limit).unwrap_or(head).to_vec();
        }
        self.room = if self.wanted(request, out.options) { longest(out.options) } else { 0 };
    }

    fn framing(&mut self, name: &[u8], value: &[u8], out: &mut Emit<'_>) {
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let last = value.rsplit(|b| *b == b',').next().unwrap_or(value).trim_ascii();
            self.chunked = last.eq_ignore_ascii_case(b"chunked");
            self.coded = !self.chunked && !last.eq_ignore_ascii_case(b"identity");
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let number = |v: &[u8]| -> Option<u64> {
                let digits = v.iter().all(u8::is_ascii_digit);
                std::str::from_utf8(v).ok().filter(|_| digits)?.parse().ok()
            };
            for item in value.split(|b| *b == b',') {
                match (number(item.trim_ascii()), self.length) {
                    (Some(new), Some(old)) if new != old => out.anomaly("http.content_length"),
                    (Some(new), _) => self.length = Some(new),
                    (None, _) => out.anomaly("http.content_length"),
                }
            }
        }
    }

    /// Whether the body is told, by its type.
    pub(super) fn wanted(&self, request: bool, options: &Options) -> bool {
        const TEXTUAL: [&str; 7] =
            ["text/", "json", "xml", "urlencoded", "javascript", "ecmascript", "graphql"];
        let Some(kind) = self.content_type.as_deref().map(str::to_ascii_lowercase) else { return false };
        let said = &options.protocols.http;
        let special = if request { &said.include_request_body_for } else { &said.include_response_body_for };
        let lists = [said.include_body_for.as_ref(), special.as_ref()];
        if lists.iter().all(Option::is_none) {
            return options.full && TEXTUAL.iter().any(|word| kind.contains(word));
        }
        lists.into_iter().flatten().flatten().any(|word| kind.contains(&word.to_ascii_lowercase()))
    }

    fn keep(&mut self, name: &[u8], value: &[u8], out: &Emit<'_>) {
        let said = &out.options.protocols.http;
        let named = |list: &Vec<String>| list.iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes()));
        let all = || out.options.wants(said.send_all_headers);
        if !said
            .send_headers
            .as_ref()
            .map_or_else(all, |list| named(list) || said.send_all_headers == Some(true))
        {
            return;
        }
        let limit = out.limits().text;
        let name = text(name, limit).to_ascii_lowercase();
        if redacted(&name, out.options) {
            self.headers.retain(|(n, _)| *n != name);
            return self.headers.push((Cow::Owned(name), Value::text(REDACTED)));
        }
        if said.split_cookie == Some(true) && matches!(name.as_str(), "cookie" | "set-cookie") {
            return self.headers.push((Cow::Owned(name), cookies(&text(value, limit))));
        }
        let shown =
            if secret(&name) && !out.options.show_secrets { masked(value) } else { text(value, limit) };
        match self.headers.iter_mut().find(|(n, _)| *n == name) {
            Some((_, Value::Str(old))) => {
                let whole = old.to_mut();
                whole.push_str(", ");
                whole.push_str(&shown);
            }
            _ => self.headers.push((Cow::Owned(name), shown.into())),
        }
    }

    /// Adds bytes of the body.
    pub fn content(&mut self, bytes: &[u8]) {
        if self.body_bytes == 0 && self.encoding.is_none() && !self.lost {
            self.program = Program::begin(bytes);
        } else if let Some(program) = &mut self.program {
            program.content(bytes);
        }
        self.program.take_if(|program| program.is_none());
        self.bytes += bytes.len() as u64;
        self.body_bytes += bytes.len() as u64;
        if !self.lost {
            let room = self.room.saturating_sub(self.body.len());
            self.body.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    /// The type of the body if it is a program, and its hash if all of it is there.
    pub fn program(&mut self) -> Option<(&'static str, Option<String>)> {
        let program = self.program.take()?;
        let whole = !self.lost && !self.cut && !self.broken;
        Some((program.kind()?, whole.then(|| program.sha256())))
    }

    /// Counts bytes of the body that were not captured.
    pub fn missing(&mut self, count: u64) {
        self.bytes = self.bytes.saturating_add(count);
        self.body_bytes = self.body_bytes.saturating_add(count);
        self.lost = true;
    }
}

/// What stands in the place of a value that the configuration withholds.
pub(super) const REDACTED: &str = "REDACTED";

/// Whether the configuration withholds the value of a header.
pub(super) fn redacted(name: &str, options: &Options) -> bool {
    options.protocols.http.redact_headers.iter().flatten().any(|n| name.eq_ignore_ascii_case(n))
}

/// Bytes of a message that are kept.
pub(super) fn longest(options: &Options) -> usize {
    options.protocols.http.max_message_size.map_or(options.limits.body, |most| most.min(MESSAGE))
}

/// Cookies by name; the attributes of one that is set stand beside it.
fn cookies(value: &str) -> Value<'static> {
    let pairs = value.split(';').filter_map(|pair| pair.trim().split_once('='));
    let member = |(name, value): (&str, &str)| (Cow::Owned(name.to_owned()), Value::from(value.to_owned()));
    Value::Object(pairs.map(member).collect())
}

/// Text of bytes, cut.
pub(super) fn text(bytes: &[u8], limit: usize) -> String {
    String::from_utf8_lossy(bytes.get(..limit).unwrap_or(bytes)).into_owned()
}

/// From where on a header's value is an expression for whoever logs or runs it: Log4j's look-ups (CVE-2021-44228), OGNL
/// (CVE-2017-5638), or a function for a shell (CVE-2014-6271).
fn expression(value: &[u8]) -> Option<&[u8]> {
    if value.starts_with(b"() {") {
        return Some(value);
    }
    let begin = memchr::memmem::find(value, b"${").or_else(|| memchr::memmem::find(value, b"%{("));
    value.get(begin?..)
}

/// The first address of a list, in any of the usual spellings (RFC 7239 §6).
fn forwarded(value: &[u8]) -> Option<IpAddr> {
    let value = std::str::from_utf8(value).ok()?;
    let first = value.split([',', ';']).find_map(|item| {
        let item = item.trim();
        match item.split_once('=') {
            Some((key, value)) => key.eq_ignore_ascii_case("for").then_some(value),
            None => Some(item),
        }
    })?;
    let bare = first.trim_matches('"');
    let ip = bare.trim_start_matches('[').split(']').next().unwrap_or(bare);
    ip.parse().ok().or_else(|| bare.parse::<SocketAddr>().ok().map(|s| s.ip()))
}
