//! Requests and responses by stream, as HTTP/1 would have written them: the events are those of `http`.

use super::super::http::{self, Call, HTTP2, Part, Request, RequestLine, Response, StatusLine};
use super::super::{Dir, Emit};
use crate::model::{Stamp, Value};

/// Headers read of one message, and bytes of them; the rest is counted and left.
const HEADERS: usize = 256;
const BYTES: usize = 1 << 16;

/// The headers of one message.
pub(super) struct Header {
    method: Vec<u8>,
    path: Vec<u8>,
    status: Vec<u8>,
    /// The others, as lines; first the authority.
    lines: Vec<u8>,
    grpc: [Option<Vec<u8>>; 2],
    /// Bytes on the wire.
    size: usize,
    count: usize,
    /// Some were left out.
    pub full: bool,
}

impl Header {
    pub fn new(size: usize) -> Header {
        let (method, path, status, lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Header { method, path, status, lines, grpc: [None, None], size, count: 0, full: false }
    }

    /// Adds a header.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        self.count += 1;
        if self.count > HEADERS || self.lines.len() + name.len() + value.len() > BYTES {
            self.full = true;
            return;
        }
        // Nothing may end a line: what looks like one was put there to be smuggled on.
        let clean = value.iter().map(|b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { *b });
        match name {
            b":method" => self.method = value.to_vec(),
            b":path" => self.path = clean.collect(),
            b":status" => self.status = value.to_vec(),
            b":authority" => self.line(b"host", clean),
            b":scheme" | b":protocol" => {}
            b"grpc-status" => self.grpc[0] = Some(value.to_vec()),
            b"grpc-message" => self.grpc[1] = Some(value.to_vec()),
            _ => self.line(name, clean),
        }
    }

    fn line(&mut self, name: &[u8], value: impl Iterator<Item = u8>) {
        self.lines.extend_from_slice(name);
        self.lines.extend_from_slice(b": ");
        self.lines.extend(value);
        self.lines.extend_from_slice(b"\r\n");
    }

    /// As HTTP/1 writes a head, with a first line.
    fn head(&self, first: &[&[u8]]) -> Vec<u8> {
        [&first.join(&b' '), b"\r\n".as_slice(), &self.lines, b"\r\n"].concat()
    }

    fn request(&self, out: &mut Emit<'_>) -> Request {
        let path: &[u8] = if self.path.is_empty() { b"*" } else { &self.path };
        let line = RequestLine { method: &self.method, target: path, minor: HTTP2 };
        let head = self.head(&[&self.method, path, b"HTTP/2"]);
        let mut request = Request::read(&head, line, out.now, out);
        request.part.bytes = self.size as u64;
        request
    }

    fn response(&self, code: u16, out: &mut Emit<'_>) -> Response {
        let line = StatusLine { minor: HTTP2, code, phrase: b"" };
        let head = self.head(&[b"HTTP/2", &self.status]);
        let mut response = Response::read(&head, line, out.now, out);
        response.part.bytes = self.size as u64;
        response
    }

    fn code(&self) -> Option<u16> {
        std::str::from_utf8(&self.status).ok()?.parse().ok().filter(|code| (100..=999).contains(code))
    }
}

#[derive(Default)]
struct Stream {
    id: u32,
    request: Option<Request>,
    response: Option<Response>,
    informational: Vec<Value<'static>>,
    call: Call,
    last: Stamp,
}

/// The streams that are open, oldest first.
#[derive(Default)]
pub(super) struct Streams {
    open: std::collections::VecDeque<Stream>,
}

impl Streams {
    fn at(&mut self, id: u32) -> Option<&mut Stream> {
        // Most recent ones are asked about most.
        self.open.iter_mut().rev().find(|s| s.id == id)
    }

    fn part(&mut self, dir: Dir, id: u32) -> Option<&mut Part> {
        let stream = self.at(id)?;
        match dir {
            Dir::Client => stream.request.as_mut().map(|r| &mut r.part),
            Dir::Server => stream.response.as_mut().map(|r| &mut r.part),
        }
    }

    /// Headers of a message, interim ones, or trailers.
    pub fn header(&mut self, dir: Dir, id: u32, header: &Header, out: &mut Emit<'_>) {
        if self.at(id).is_none() {
            if self.open.len() >= out.limits().pending.max(1) {
                out.cap("http2.pending");
                if let Some(oldest) = self.open.pop_front() {
                    emit(oldest, out);
                }
            }
            self.open.push_back(Stream { id, call: Call::on(id), ..Stream::default() });
        }
        let Some(stream) = self.at(id) else { return };
        stream.last = out.now;
        match dir {
            Dir::Client if stream.request.is_none() && !header.method.is_empty() => {
                let request = header.request(out);
                stream.call.begin(&request);
                stream.request = Some(request);
            }
            Dir::Client => {}
            Dir::Server => match header.code() {
                Some(code @ 100..=199) if stream.response.is_none() => {
                    stream.informational.push(code.into());
                    stream.informational.truncate(16);
                }
                Some(code) if stream.response.is_none() => stream.response = Some(header.response(code, out)),
                _ => {}
            },
        }
        let [status, message] = &header.grpc;
        if let (Dir::Server, Some(status)) = (dir, status) {
            stream.call.ended(status, message.as_deref());
        }
    }

    /// Bytes of a body.
    pub fn body(&mut self, dir: Dir, id: u32, bytes: &[u8], out: &Emit<'_>) {
        let now = out.now;
        if let Some(part) = self.part(dir, id) {
            part.content(bytes);
        }
        if let Some(stream) = self.at(id) {
            stream.last = now;
        }
    }

    /// Bytes of a body that were not captured.
    pub fn missing(&mut self, dir: Dir, id: u32, count: u64) {
        if let Some(part) = self.part(dir, id) {
            part.missing(count);
        }
    }

    /// A side has said all on a stream; when the server has, the event is whole.
    pub fn done(&mut self, dir: Dir, id: u32, out: &mut Emit<'_>) {
        if dir == Dir::Client {
            return;
        }
        self.close(id, out);
    }

    /// A side gives a stream up.
    pub fn reset(&mut self, dir: Dir, id: u32, code: u32, out: &mut Emit<'_>) {
        if let Some(stream) = self.at(id) {
            stream.last = out.now;
            stream.call.reset = Some((code, dir));
        }
        self.close(id, out);
    }

    fn close(&mut self, id: u32, out: &mut Emit<'_>) {
        let Some(at) = self.open.iter().position(|s| s.id == id) else { return };
        if let Some(stream) = self.open.remove(at) {
            emit(stream, out);
        }
    }

    /// Streams that are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Tells those that nothing was answered on.
    pub fn give_up(&mut self, out: &mut Emit<'_>) {
        let all = std::mem::take(&mut self.open);
        let (answered, silent) = all.into_iter().partition(|stream| stream.response.is_some());
        self.open = answered;
        let silent: std::collections::VecDeque<Stream> = silent;
        silent.into_iter().for_each(|stream| emit(stream, out));
    }

    /// Tells all that is open.
    pub fn flush(&mut self, out: &mut Emit<'_>) {
        while let Some(stream) = self.open.pop_front() {
            emit(stream, out);
        }
    }
}

fn emit(stream: Stream, out: &mut Emit<'_>) {
    let Stream { request, response, informational, call, last, .. } = stream;
    http::emit(request, response.map(|r| (r, last)), informational, call, out);
}
