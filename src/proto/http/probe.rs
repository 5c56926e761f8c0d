//! Is it HTTP/1? And, after lost bytes: where does a message begin?

use super::head::{request_line, status_line};
use crate::proto::{Dir, Probe};
use memchr::{memchr, memmem};

/// Methods of RFC 9110, 5789 and WebDAV; others are taken when the whole line is there.
static METHODS: [&[u8]; 22] = [
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"CONNECT",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"REPORT",
    b"SEARCH",
    b"MERGE",
    b"PURGE",
    b"SUBSCRIBE",
    b"NOTIFY",
];

/// Without a line end in so many bytes, a known method and a path decide.
const ENOUGH: usize = 2048;

pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let bytes = bytes.get(blank..).unwrap_or_default();
    if bytes.is_empty() {
        return if blank < 8 { Probe::More } else { Probe::No };
    }
    let by = |from: Dir| Probe::by(from, dir);
    let response = b"HTTP/1.";
    let shared = bytes.iter().zip(response).take_while(|(a, b)| a == b).count();
    if shared == response.len() {
        return match bytes.get(..12) {
            Some(start) if status_line(start).is_some() => by(Dir::Server),
            Some(_) => Probe::No,
            None => Probe::More,
        };
    }
    if shared == bytes.len() {
        return Probe::More;
    }
    match memchr(b'\n', bytes) {
        Some(end) => match bytes.get(..end).and_then(request_line) {
            Some(line) if line.method.iter().all(|b| !b.is_ascii_lowercase()) => by(Dir::Client),
            _ => Probe::No,
        },
        None => partial(bytes).map_or(Probe::No, |sure| if sure { by(Dir::Client) } else { Probe::More }),
    }
}

/// A request line whose end is not there yet: `None` = impossible, else whether that is enough.
fn partial(bytes: &[u8]) -> Option<bool> {
    let method = memchr(b' ', bytes).map_or(bytes, |at| bytes.get(..at).unwrap_or(bytes));
    if method.len() == bytes.len() {
        let upper = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'-' | b'_');
        return (method.len() <= 20 && method.iter().all(upper)).then_some(false);
    }
    let target = bytes.get(method.len() + 1..).unwrap_or_default();
    let known = METHODS.contains(&method);
    let path = target.starts_with(b"/") || target.starts_with(b"http://");
    let open = target.len() < 8 || path || method == b"CONNECT" || method == b"OPTIONS";
    let clean = !target.iter().any(|b| b.is_ascii_control() && *b != b'\r');
    (open && clean).then_some(known && path && bytes.len() >= ENOUGH)
}

/// Where in this line a message of `dir` begins, if it does. What stands before may be the rest of a
/// body.
pub(super) fn start(dir: Dir, line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    if dir == Dir::Server {
        let at = memmem::rfind(line, b"HTTP/1.")?;
        return status_line(line.get(at..)?).map(|_| at);
    }
    memmem::rfind(line, b" HTTP/1.")?;
    METHODS
        .iter()
        .filter_map(|method| {
            let at = memmem::rfind(line, method)?;
            let found = request_line(line.get(at..)?)?;
            let one = found.method == *method && !found.target.contains(&b' ');
            let open = matches!(found.target.first(), Some(b'/' | b'*' | b'h')) || *method == b"CONNECT";
            (one && open).then_some(at)
        })
        .min()
}
