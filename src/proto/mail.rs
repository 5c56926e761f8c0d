//! Internet messages (RFC 5322) with their parts (RFC 2045 to 2047, 2231), line by line as a protocol carries
//! them: who writes what to whom, and the files, hashed as they pass.

use super::fields as f;
use super::{Draft, Emit, base64, lines, magic};
use crate::model::{FieldRef, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Longest head of a message or part that is read, bytes.
const HEAD: usize = 32 << 10;
/// Deepest nesting of multiparts.
const DEPTH: usize = 8;
/// Files told of one mail.
const FILES: usize = 64;

/// How a part is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Plain,
    Base64,
    Quoted,
}

/// A part whose body passes.
#[derive(Debug, Default)]
struct Part {
    encoding: Encoding,
    name: Option<String>,
    declared: String,
    file: bool,
    carry: Vec<u8>,
    /// A line's end that belongs to the boundary, if one follows.
    newline: bool,
    head: Vec<u8>,
    size: u64,
    hash: Sha256,
}

/// A file.
#[derive(Debug)]
struct File {
    name: Option<String>,
    mime: Cow<'static, str>,
    size: u64,
    hash: Option<String>,
}

/// A mail being read.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// Lines of the head that is being read, unfolded; `None` in a body.
    head: Option<Vec<Vec<u8>>>,
    head_size: usize,
    top: Vec<(FieldRef, Value<'static>)>,
    begun: bool,
    boundaries: Vec<Vec<u8>>,
    part: Option<Part>,
    files: Vec<File>,
    torn: bool,
    /// Bytes of the mail.
    pub size: u64,
}

impl Mail {
    /// Bytes are missing: no hash is to be trusted.
    pub fn tear(&mut self) {
        self.torn = true;
    }

    /// The next line, without its end.
    pub fn line(&mut self, line: &[u8]) {
        self.size += line.len() as u64 + 2;
        if !self.begun {
            self.begun = true;
            self.head = Some(Vec::new());
        }
        if self.head.is_some() {
            return if line.is_empty() { self.body() } else { self.header(line) };
        }
        if self.boundary(line) {
            return;
        }
        if let Some(part) = self.part.as_mut().filter(|p| p.file) {
            part.line(line);
        }
    }

    fn header(&mut self, line: &[u8]) {
        let Some(head) = &mut self.head else { return };
        if self.head_size + line.len() > HEAD {
            return;
        }
        self.head_size += line.len();
        match head.last_mut() {
            Some(last) if line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) => {
                last.extend_from_slice(line)
            }
            _ => head.push(line.to_vec()),
        }
    }

    /// Whether the line is a boundary.
    fn boundary(&mut self, line: &[u8]) -> bool {
        let Some(text) = line.strip_prefix(b"--") else { return false };
        let is = |b: &Vec<u8>| {
            text.strip_prefix(b.as_slice()).is_some_and(|t| matches!(t.trim_ascii(), b"" | b"--"))
        };
        let Some(depth) = self.boundaries.iter().rposition(is) else { return false };
        self.finish_part();
        let last = self
            .boundaries
            .get(depth)
            .is_some_and(|b| text.len() > b.len() && text.trim_ascii().ends_with(b"--"));
        self.boundaries.truncate(depth + usize::from(!last));
        if !last {
            (self.head, self.head_size) = (Some(Vec::new()), 0);
        }
        true
    }

    /// The head is complete: what follows?
    fn body(&mut self) {
        let head = self.head.take().unwrap_or_default();
        let find = |name: &str| {
            head.iter().find_map(|line| {
                let (key, value) = line.split_at_checked(memchr::memchr(b':', line)?)?;
                key.trim_ascii()
                    .eq_ignore_ascii_case(name.as_bytes())
                    .then(|| value.get(1..).unwrap_or_default().trim_ascii())
            })
        };
        if self.top.is_empty() && self.boundaries.is_empty() && self.part.is_none() {
            self.top = top(&head, find);
        }
        let kind = find("content-type").unwrap_or(b"text/plain");
        let mime = kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        if mime.starts_with(b"multipart/") {
            if let Some(boundary) =
                parameter(kind, "boundary").filter(|b| !b.is_empty() && self.boundaries.len() < DEPTH)
            {
                self.boundaries.push(boundary.into_bytes());
            }
            return;
        }
        let disposition = find("content-disposition").unwrap_or_default();
        let name = parameter(disposition, "filename").or_else(|| parameter(kind, "name"));
        let attached = disposition.get(..10).is_some_and(|d| d.eq_ignore_ascii_case(b"attachment"));
        let encoding = find("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
        self.part = Some(Part {
            encoding: match encoding.as_slice() {
                b"base64" => Encoding::Base64,
                b"quoted-printable" => Encoding::Quoted,
                _ => Encoding::Plain,
            },
            file: name.is_some()
                || attached
                || !(mime.starts_with(b"text/") || mime.starts_with(b"message/")),
            name,
            declared: lines::text(&mime, 128),
            ..Part::default()
        });
    }

    fn finish_part(&mut self) {
        let Some(mut part) = self.part.take().filter(|p| p.file) else { return };
        part.flush();
        if self.files.len() < FILES {
            let mime = magic::mime(&part.head).map_or(Cow::Owned(part.declared), Cow::Borrowed);
            let hash = (!self.torn).then(|| super::json_text::hex(&part.hash.finalize()));
            self.files.push(File { name: part.name, mime, size: part.size, hash });
        }
    }

    /// Puts what the mail says.
    pub fn put(mut self, draft: &mut Draft, out: &mut Emit<'_>) {
        if self.head.is_some() {
            self.body();
        }
        self.finish_part();
        for (field, value) in self.top {
            draft.put(field, value);
        }
        let text = |s: String| Value::Str(crate::model::cut(&s, out.options.limits.text).to_owned().into());
        let (mut names, mut hashes, mut list) = (Vec::new(), Vec::new(), Vec::new());
        draft.put_some(&f::FILE_TYPE, self.files.first().map(|file| file.mime.clone()));
        for file in self.files {
            let mut members: Vec<(Cow<'static, str>, Value<'static>)> = Vec::new();
            if let Some(name) = file.name {
                let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
                members.push(("file.name".into(), text(name.clone())));
                members.extend(extension.map(|e| ("file.extension".into(), text(e))));
                names.push(text(name));
            }
            members.push(("file.mime_type".into(), Value::Str(file.mime)));
            members.push(("file.size".into(), file.size.into()));
            if let Some(hash) = file.hash {
                members.push(("file.hash.sha256".into(), hash.clone().into()));
                hashes.push(hash.into());
            }
            list.push(Value::Object(members));
        }
        for (field, values) in [(&f::FILE_NAME, names), (&f::FILE_SHA256, hashes), (&f::ATTACHMENTS, list)] {
            if !values.is_empty() {
                draft.put(field, Value::List(values));
            }
        }
    }
}

impl Part {
    fn line(&mut self, line: &[u8]) {
        match self.encoding {
            Encoding::Plain => {
                if std::mem::replace(&mut self.newline, true) {
                    self.push(b"\r\n");
                }
                self.push(line);
            }
            Encoding::Base64 => {
                self.carry
                    .extend(line.iter().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')));
                let whole = self.carry.len() / 4 * 4;
                let rest = self.carry.split_off(whole);
                let text = std::mem::replace(&mut self.carry, rest);
                self.push(&base64::decode(&text).unwrap_or_default());
            }
            Encoding::Quoted => {
                if std::mem::take(&mut self.newline) {
                    self.push(b"\r\n");
                }
                let line = line.trim_ascii_end();
                let soft = line.strip_suffix(b"=");
                self.newline = soft.is_none();
                let bytes = quoted(soft.unwrap_or(line), b'=');
                self.push(&bytes);
            }
        }
    }

    fn flush(&mut self) {
        let rest = std::mem::take(&mut self.carry);
        self.push(&base64::decode(&rest).unwrap_or_default());
    }

    fn push(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
        let room = magic::HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

/// Fields of the mail's own head.
fn top<'a>(head: &[Vec<u8>], find: impl Fn(&str) -> Option<&'a [u8]>) -> Vec<(FieldRef, Value<'static>)> {
    let mut all: Vec<(FieldRef, Value<'static>)> = Vec::new();
    for (name, field) in [
        ("from", &f::EMAIL_FROM),
        ("to", &f::EMAIL_TO),
        ("cc", &f::EMAIL_CC),
        ("sender", &f::EMAIL_SENDER),
        ("reply-to", &f::EMAIL_REPLY_TO),
    ] {
        let list = find(name).map(addresses).unwrap_or_default();
        if !list.is_empty() {
            all.push((field, Value::texts(list)));
        }
    }
    let mut text = |field: FieldRef, value: Option<&[u8]>| {
        all.extend(value.map(|v| (field, Value::from(words(v)))));
    };
    text(&f::EMAIL_SUBJECT, find("subject"));
    let bare = |v: &'a [u8]| v.strip_prefix(b"<").and_then(|v| v.strip_suffix(b">")).unwrap_or(v);
    text(&f::EMAIL_ID, find("message-id").map(bare));
    text(&f::EMAIL_DATE, find("date"));
    text(&f::EMAIL_MAILER, find("x-mailer").or_else(|| find("user-agent")));
    text(&f::EMAIL_ORIGIN, find("x-originating-ip"));
    let kind = find("content-type").and_then(|t| t.split(|b| *b == b';').next());
    text(&f::EMAIL_CONTENT, kind.map(<[u8]>::trim_ascii));
    let hops =
        head.iter().filter(|l| l.get(..9).is_some_and(|n| n.eq_ignore_ascii_case(b"received:"))).count();
    if hops > 0 {
        all.push((&f::EMAIL_RECEIVED, hops.into()));
    }
    all
}

/// Addresses of a header: what stands between brackets, else the bare words.
fn addresses(value: &[u8]) -> Vec<String> {
    let (mut list, mut quoted, mut from) = (Vec::new(), false, 0);
    let mut add = |part: &[u8]| {
        let inner = memchr::memrchr(b'<', part).and_then(|a| part.get(a + 1..));
        let inner = inner.map_or(part, |p| p.split(|b| *b == b'>').next().unwrap_or_default()).trim_ascii();
        if !inner.is_empty() && list.len() < 256 {
            list.push(lines::text(inner, 320));
        }
    };
    for (at, b) in value.iter().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                add(value.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    add(value.get(from..).unwrap_or_default());
    list
}

/// A parameter of a structured header, of the simple, quoted or RFC 2231 form.
fn parameter(value: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(value);
    for part in text.split(';').skip(1) {
        let Some((key, value)) = part.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if key.eq_ignore_ascii_case(name) || key.eq_ignore_ascii_case(&format!("{name}*0")) {
            return Some(words(value.as_bytes()));
        }
        let extended = [format!("{name}*"), format!("{name}*0*")].iter().any(|n| key.eq_ignore_ascii_case(n));
        if extended {
            let bytes = value.splitn(3, '\'').nth(2).unwrap_or(value).as_bytes();
            return Some(String::from_utf8_lossy(&quoted(bytes, b'%')).into_owned());
        }
    }
    None
}

/// Bytes of text with two-digit escapes.
fn quoted(text: &[u8], mark: u8) -> Vec<u8> {
    let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = match tail {
            [a, b, after @ ..] if *first == mark && hex(a).is_some() && hex(b).is_some() => {
                out.push(hex(a).unwrap_or(0) << 4 | hex(b).unwrap_or(0));
                after
            }
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    out
}

/// Text with its encoded words (RFC 2047) decoded; character sets other than UTF-8 and Latin-1 stay lossy.
fn words(value: &[u8]) -> String {
    let text = lines::text(value, 4096);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut encoded = false;
    while let Some((before, after)) = rest.split_once("=?") {
        let mut parts = after.splitn(4, '?');
        let (Some(set), Some(kind), Some(body), Some(tail)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            break;
        };
        let Some(tail) = tail.strip_prefix('=') else { break };
        if !(encoded && before.trim().is_empty()) {
            out.push_str(before);
        }
        let bytes = match kind {
            "B" | "b" => base64::decode(body.as_bytes()).unwrap_or_default(),
            _ => quoted(body.replace('_', " ").as_bytes(), b'='),
        };
        if set.to_ascii_lowercase().starts_with("iso-8859-1") {
            out.extend(bytes.iter().map(|b| char::from(*b)));
        } else {
            out.push_str(&String::from_utf8_lossy(&bytes));
        }
        (rest, encoded) = (tail, true);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
