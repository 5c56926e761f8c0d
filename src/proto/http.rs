//! HTTP/1.0 and 1.1 (RFC 9110, 9112): requests paired with responses in order, bodies passed over
//! without being kept.

mod body;
mod call;
mod credentials;
mod event;
mod fields;
mod head;
mod message;
mod over;
mod probe;
mod program;
#[cfg(test)]
mod tests;
mod url;

pub(super) use call::Call;
pub(super) use event::emit;
pub(super) use fields::FIELDS;
pub(super) use head::{RequestLine, StatusLine};
pub(super) use message::{HTTP2, Part, Request, Response};

use super::{Dir, Emit, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Stamp, Value};
use body::{Piece, State};
use std::collections::VecDeque;

/// Registry entry.
pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    doc: "HTTP/1.0 and 1.1 (RFC 9110, 9112). A request and its response are one event, paired in order over \
          persistent and pipelined connections; interim 1xx responses are noted. Bodies with a length, in \
          chunks, or up to the end of the connection are passed over; with --detail full those that are text \
          are kept up to a cap, gzip and deflate removed. After CONNECT and 101 the connection is looked at \
          anew, so TLS through a proxy is found; after an upgrade to WebSocket that is read. Lost bytes inside a body cost nothing but that part of it; \
          elsewhere the next message is looked for. User names of Basic, Digest and NTLM credentials are shown; \
          passwords in credentials, parameters and JSON are masked. Of any request header that holds `${`, or that \
          begins with `() {`, name and expression are kept. HTTP/0.9 is not decoded.",
    over: Over::Tcp,
    ports: &[80, 8080, 8000, 8008, 8081, 8888, 3128, 5985],
    probe: probe::probe,
    start: |_| Box::new(Http::default()),
    datasets: &[&DATASET],
    fields: fields::FIELDS,
    anomalies: &[
        ("http.not_http", "Something else where a message has to begin; the next message is looked for."),
        ("http.head_long", "A head of more than 64 KiB."),
        ("http.head_cut", "The connection ended inside a head."),
        ("http.body_cut", "The connection ended inside a body."),
        ("http.bare_lf", "A head whose lines do not end in CR LF."),
        ("http.bad_header", "A header line without a colon or with a name that is none."),
        ("http.folded_header", "A header that goes on over several lines."),
        ("http.content_length", "A Content-Length that is no number, or two that differ."),
        (
            "http.length_and_encoding",
            "Both Content-Length and Transfer-Encoding: request smuggling looks so.",
        ),
        ("http.chunk", "A chunk without a size, or longer than its size."),
        ("http.body_encoding", "A compressed body that cannot be uncompressed."),
        ("http.lost", "Bytes were not captured where a message begins."),
    ],
};

/// Requests with their responses, of HTTP/2 too.
pub static DATASET: Dataset = Dataset {
    name: "http",
    category: &["network", "web"],
    types: &["connection", "protocol", "access"],
    protocol: Some("http"),
    transaction: true,
    doc: "An HTTP request with its response, or either alone.",
};

/// Longest head, and longest line searched for the beginning of a message.
const HEAD: usize = 1 << 16;
const LINE: usize = 1 << 13;

/// One direction.
#[derive(Default)]
struct Side {
    state: State,
    /// When the head that is not whole yet began.
    begun: Option<Stamp>,
    /// Bytes of that head that hold no end.
    scanned: usize,
    /// When bytes of the current body came last.
    last: Stamp,
    /// What is searched through may begin in the middle of a line, since bytes before it lack.
    torn: bool,
}

/// State of one connection.
#[derive(Default)]
struct Http {
    client: Side,
    server: Side,
    requests: VecDeque<Request>,
    /// Requests before those, told as unanswered, whose responses are still to come.
    gone: u64,
    /// The body of the last of `requests` is still coming.
    uploading: bool,
    // Boxed, as most connections that are remembered wait for nothing.
    response: Option<Box<Response>>,
    informational: Vec<Value<'static>>,
    /// A response may have been among the bytes that were lost.
    lost_response: bool,
}

/// What a whole head asks of the connection.
enum After {
    Go,
    Switch,
    WebSocket,
}

impl Parser for Http {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        while let Some(rest @ [_, ..]) = bytes.get(at..) {
            let before = self.side(dir).state;
            let used = match before {
                State::Head => match self.head(dir, rest, out) {
                    (used, After::Switch) => return Step::Switch(at + used),
                    (used, After::WebSocket) => return Step::Become(at + used, "websocket"),
                    (used, After::Go) => used,
                },
                State::Lost => self.search(dir, rest, out),
                _ => self.body(dir, rest, out),
            };
            if used == 0 && self.side(dir).state == before {
                break;
            }
            at += used;
        }
        Step::Took(at)
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let side = self.side(dir);
        side.begun = None;
        side.scanned = 0;
        side.torn = true;
        let inside = match &mut side.state {
            State::Length(left) | State::ChunkData(left) if *left > missing => {
                *left -= missing;
                missing
            }
            State::Length(left) => std::mem::take(left),
            State::Close => missing,
            _ => 0,
        };
        let state = side.state;
        if let Some(part) = self.part(dir) {
            part.missing(inside);
        }
        match state {
            State::Length(0) => {
                self.complete(dir, out.now, out);
                self.side(dir).state = if inside == missing { State::Head } else { State::Lost };
            }
            State::Length(_) | State::ChunkData(_) if inside > 0 => return Step::Took(0),
            State::Close => return Step::Took(0),
            _ => self.lose(dir, out),
        }
        if self.side(dir).state == State::Lost {
            self.lost_response |= dir == Dir::Server;
            out.anomaly("http.lost");
        }
        Step::Took(0)
    }

    fn fin(&mut self, dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        match self.side(dir).state {
            State::Head if rest.iter().any(|b| !matches!(b, b'\r' | b'\n')) => out.anomaly("http.head_cut"),
            State::Head | State::Lost => {}
            _ => self.cut(dir, out),
        }
    }

    fn idle(&mut self) {
        self.requests.shrink_to_fit();
        self.informational.shrink_to_fit();
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        if self.response.is_some() {
            self.cut(Dir::Server, out);
        }
        while let Some(request) = self.requests.pop_front() {
            emit(Some(request), None, std::mem::take(&mut self.informational), Call::default(), out);
        }
    }

    fn waiting(&self) -> usize {
        self.requests.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        // What is being answered is the first.
        let left = usize::from(self.uploading);
        while self.response.is_none() && self.requests.len() > left {
            self.unanswered(out);
        }
    }
}

impl Http {
    fn side(&mut self, dir: Dir) -> &mut Side {
        match dir {
            Dir::Client => &mut self.client,
            Dir::Server => &mut self.server,
        }
    }

    /// The message whose body is coming.
    fn part(&mut self, dir: Dir) -> Option<&mut Part> {
        match dir {
            Dir::Client if self.uploading => self.requests.back_mut().map(|r| &mut r.part),
            Dir::Client => None,
            Dir::Server => self.response.as_mut().map(|r| &mut r.part),
        }
    }

    /// Deals with the head at the start of `bytes`; 0 = not whole yet.
    fn head(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> (usize, After) {
        // Empty lines before a message are passed over (RFC 9112 §2.2).
        let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let side = self.side(dir);
        if blank > 0 && side.begun.is_none() {
            return (blank, After::Go);
        }
        let start = *side.begun.get_or_insert(out.now);
        let Some(end) = head::end(bytes, side.scanned) else {
            // The line end found last may be the first half of the end.
            side.scanned = bytes.len().saturating_sub(3);
            if bytes.len() <= HEAD {
                return (0, After::Go);
            }
            out.anomaly("http.head_long");
            self.puzzled(dir, out);
            return (bytes.len(), After::Go);
        };
        side.begun = None;
        side.scanned = 0;
        let head = bytes.get(..end).unwrap_or(bytes);
        let after = match dir {
            Dir::Client => self.request(head, start, out).then_some(After::Go),
            Dir::Server => self.status(head, start, out),
        };
        match after {
            Some(after) => (end, after),
            None => {
                out.anomaly("http.not_http");
                self.puzzled(dir, out);
                // The line that is no start line is passed; a message may begin behind it.
                (memchr::memchr(b'\n', head).map_or(end, |at| at + 1), After::Go)
            }
        }
    }

    fn request(&mut self, head: &[u8], start: Stamp, out: &mut Emit<'_>) -> bool {
        let (line, _) = head::split(head);
        let Some(line) = head::request_line(line) else { return false };
        let request = Request::read(head, line, start, out);
        if self.requests.len() >= out.limits().pending.max(1) {
            out.cap("http.pending");
            self.unanswered(out);
        }
        self.client.state = State::from(request.frame());
        self.uploading = self.client.state != State::Head;
        self.requests.push_back(request);
        true
    }

    /// `None`: not a response.
    fn status(&mut self, head: &[u8], start: Stamp, out: &mut Emit<'_>) -> Option<After> {
        let (line, _) = head::split(head);
        let line = head::status_line(line)?;
        if std::mem::take(&mut self.lost_response) {
            // Without pipelining this is the answer to the last request; those before lost theirs.
            while self.requests.len() > 1 {
                self.unanswered(out);
            }
            self.gone = 0;
        }
        if (100..200).contains(&line.code) && line.code != 101 {
            if self.informational.len() < 16 {
                self.informational.push(line.code.into());
            }
            return Some(After::Go);
        }
        let response = Response::read(head, line, start, out);
        let request = self.requests.front().filter(|_| self.gone == 0);
        let method = request.map(|r| r.method.as_str());
        let tunnel = method == Some("CONNECT") && (200..300).contains(&line.code);
        let switch = tunnel || line.code == 101;
        self.server.state = if switch { State::Head } else { State::from(response.frame(method)) };
        self.server.last = out.now;
        self.response = Some(Box::new(response));
        if self.server.state == State::Head {
            self.complete(Dir::Server, out.now, out);
        }
        Some(match switch {
            true if head::upgrades(head, b"websocket") => After::WebSocket,
            true => After::Switch,
            false => After::Go,
        })
    }

    /// Deals with a piece of a body; 0 = more bytes are needed.
    fn body(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> usize {
        let side = self.side(dir);
        let piece = body::step(&mut side.state, bytes);
        let over = side.state == State::Head;
        side.last = out.now;
        let used = match piece {
            Piece::Wait => return 0,
            Piece::Bad => {
                out.anomaly("http.chunk");
                self.puzzled(dir, out);
                return 0;
            }
            Piece::Content(content) => {
                if let Some(part) = self.part(dir) {
                    part.content(content);
                }
                content.len()
            }
            Piece::Framing(len) => {
                if let Some(part) = self.part(dir) {
                    part.bytes += len as u64;
                }
                len
            }
        };
        if over {
            self.complete(dir, out.now, out);
        }
        used
    }

    /// Looks line by line for the next message; 0 = more bytes are needed.
    fn search(&mut self, dir: Dir, bytes: &[u8], out: &Emit<'_>) -> usize {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            return if bytes.len() > LINE { bytes.len() } else { 0 };
        };
        // Where nothing lacks, requests begin at the beginning of a line: what looks like one within it is a client's text.
        let may_be = |at: &usize| *at == 0 || dir == Dir::Server || self.client.torn;
        match probe::start(dir, bytes.get(..end).unwrap_or_default()).filter(may_be) {
            Some(at) => {
                let side = self.side(dir);
                side.state = State::Head;
                side.begun = Some(out.now);
                at
            }
            None => end + 1,
        }
    }
}
