//! RESP2 and RESP3 (redis.io, protocol specification), one value at a time, from bytes that come in any
//! pieces. Nothing is buffered but a header line; of values only what fits the caps is kept.

use crate::model::Stamp;
use crate::proto::Limits;

/// Longest header, inline command or simple string (Redis: `PROTO_INLINE_MAX_SIZE`).
const LINE: usize = 64 << 10;
/// Longest string (Redis: `proto-max-bulk-len`).
const BULK: u64 = 512 << 20;
/// Most members of an aggregate that are believed.
const MEMBERS: u64 = 1 << 30;
/// Deepest nesting that is read.
const DEPTH: usize = 32;

/// One value.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Type byte of the value; 0 for an inline command.
    pub kind: u8,
    /// Scalar members of a top-level aggregate, or the words of an inline command, as far as kept.
    pub args: Vec<Vec<u8>>,
    /// Members of the top level, kept or not.
    pub count: u64,
    /// The value in one line, as Packetbeat writes it; replies only.
    pub text: Vec<u8>,
    /// Bytes on the wire.
    pub size: u64,
    /// First byte.
    pub start: Stamp,
    /// Bytes of a string in it were not captured; the string is kept up to there.
    pub torn: bool,
}

#[derive(Debug)]
struct Open {
    left: u64,
    kind: u8,
    first: bool,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Reader {
    open: Vec<Open>,
    /// Bytes of the current string that are to come, CR LF included.
    bulk: Option<u64>,
    /// Bytes of the current string were not captured.
    cut: bool,
    message: Message,
    begun: bool,
    /// Requests: inline commands are allowed, and members are kept instead of text.
    request: bool,
}

type Read = Result<(usize, Option<Message>), &'static str>;

impl Reader {
    pub(super) fn new(request: bool) -> Reader {
        Reader { request, ..Reader::default() }
    }

    /// Takes at most one message off `bytes`; says how many bytes are dealt with.
    pub(super) fn read(&mut self, bytes: &[u8], now: Stamp, limits: &Limits) -> Read {
        if !self.begun && !bytes.is_empty() {
            self.begun = true;
            self.message.start = now;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, done) = match self.bulk {
                Some(left) => match self.string(left, rest, limits) {
                    (used, false) => return Ok((at + used, None)),
                    (used, true) => (used, self.member(limits)),
                },
                None => match memchr::memchr(b'\n', rest) {
                    None if rest.len() > LINE => return Err("redis.line"),
                    None => return Ok((at, None)),
                    Some(end) => {
                        let line = rest.get(..end).unwrap_or_default();
                        self.message.size += end as u64 + 1;
                        let done = self.line(line.strip_suffix(b"\r").unwrap_or(line), limits)?;
                        (end + 1, done)
                    }
                },
            };
            at += used;
            if done {
                let message = std::mem::take(&mut self.message);
                *self = Reader::new(self.request);
                return Ok((at, Some(message)));
            }
        }
    }

    /// Skips bytes that were not captured, if they lie within one string.
    pub(super) fn skip(&mut self, missing: u64) -> bool {
        match &mut self.bulk {
            Some(left) if *left > missing => {
                *left -= missing;
                self.message.size += missing;
                // What follows does not belong to what is kept.
                (self.cut, self.message.torn) = (true, true);
                true
            }
            _ => false,
        }
    }

    /// Bytes of a string; whether it is complete.
    fn string(&mut self, left: u64, rest: &[u8], limits: &Limits) -> (usize, bool) {
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        let text = usize::try_from(left.saturating_sub(2)).unwrap_or(usize::MAX).min(used);
        if !self.cut {
            self.add(rest.get(..text).unwrap_or_default(), limits);
        }
        self.message.size += used as u64;
        let left = left - used as u64;
        self.bulk = (left > 0).then_some(left);
        self.cut &= left > 0;
        (used, left == 0)
    }

    /// One line; whether it completed the message.
    fn line(&mut self, line: &[u8], limits: &Limits) -> Result<bool, &'static str> {
        let top = self.open.is_empty();
        let Some((&kind, rest)) = line.split_first() else {
            return if top && self.request { Ok(true) } else { Err("redis.type") };
        };
        if self.request && top && kind != b'*' {
            self.inline(line, limits);
            return Ok(true);
        }
        if self.request && (top != (kind == b'*') || !matches!(kind, b'*' | b'$')) {
            return Err("redis.request");
        }
        if top {
            self.message.kind = kind;
        }
        match kind {
            b'$' | b'!' | b'=' => match number(rest)? {
                -1 => self.scalar(b"nil", limits),
                n => {
                    let n = u64::try_from(n).ok().filter(|n| *n <= BULK).ok_or("redis.length")?;
                    self.begin(limits);
                    self.bulk = Some(n + 2);
                    return Ok(false);
                }
            },
            b'*' | b'~' | b'>' | b'%' | b'|' => match number(rest)? {
                -1 => self.scalar(b"nil", limits),
                n => {
                    let n = u64::try_from(n).ok().filter(|n| *n <= MEMBERS).ok_or("redis.length")?;
                    return self.aggregate(kind, n, limits);
                }
            },
            b'_' => self.scalar(b"nil", limits),
            b'#' => self.scalar(if rest == b"t" { b"true" } else { b"false" }, limits),
            b'+' | b'-' | b':' | b',' | b'(' => self.scalar(rest, limits),
            _ => return Err("redis.type"),
        }
        Ok(self.member(limits))
    }

    fn aggregate(&mut self, kind: u8, n: u64, limits: &Limits) -> Result<bool, &'static str> {
        let members = if matches!(kind, b'%' | b'|') { n * 2 } else { n };
        if self.open.is_empty() {
            self.message.count = members;
        }
        self.separate(limits);
        self.put(b"[", limits);
        if members == 0 {
            self.put(b"]", limits);
            return Ok(kind != b'|' && self.member(limits));
        }
        if self.open.len() >= DEPTH {
            return Err("redis.depth");
        }
        self.open.push(Open { left: members, kind, first: true });
        Ok(false)
    }

    /// A member of the innermost aggregate is complete; whether the message is.
    fn member(&mut self, limits: &Limits) -> bool {
        while let Some(open) = self.open.last_mut() {
            open.left -= 1;
            if open.left > 0 {
                return false;
            }
            let kind = open.kind;
            self.open.pop();
            self.put(b"]", limits);
            if kind == b'|' {
                // Attributes precede the value they belong to.
                if self.open.is_empty() {
                    self.message.text.clear();
                    self.message.args.clear();
                }
                return false;
            }
        }
        true
    }

    fn separate(&mut self, limits: &Limits) {
        let first = self.open.last_mut().is_none_or(|open| std::mem::replace(&mut open.first, false));
        if !first {
            self.put(b", ", limits);
        }
    }

    fn begin(&mut self, limits: &Limits) {
        self.separate(limits);
        if self.open.len() == 1 && self.message.args.len() < limits.list {
            self.message.args.push(Vec::new());
        }
    }

    fn scalar(&mut self, text: &[u8], limits: &Limits) {
        self.begin(limits);
        self.add(text, limits);
    }

    /// More of the current scalar.
    fn add(&mut self, bytes: &[u8], limits: &Limits) {
        let whole =
            self.open.last().is_some_and(|o| self.message.count.saturating_sub(o.left) >= limits.list as u64);
        if let Some(arg) = self.message.args.last_mut().filter(|_| self.open.len() == 1 && !whole) {
            let room = limits.text.saturating_sub(arg.len());
            arg.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
        self.put(bytes, limits);
    }

    fn put(&mut self, bytes: &[u8], limits: &Limits) {
        if !self.request {
            let room = limits.body.saturating_sub(self.message.text.len());
            self.message.text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    fn inline(&mut self, line: &[u8], limits: &Limits) {
        let mut rest = line.trim_ascii_start();
        while !rest.is_empty() {
            let (word, after) = inline_word(rest);
            self.message.count += 1;
            if self.message.args.len() < limits.list {
                self.message.args.push(word.get(..limits.text).unwrap_or(&word).to_vec());
            }
            rest = after.trim_ascii_start();
        }
    }
}

/// The first word of a line and what follows. Quoted as Redis reads it (`sdssplitargs`): a password of several words
/// is one word.
fn inline_word(line: &[u8]) -> (Vec<u8>, &[u8]) {
    let (mut word, mut quote, mut at) = (Vec::new(), None, 0);
    while let Some(&byte) = line.get(at) {
        at += 1;
        match quote {
            None if byte.is_ascii_whitespace() => break,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            Some(mark) if byte == mark => quote = None,
            // Spelled bytes (`\x41`, `\n`) stay as they are written, only a quote does not end the word.
            Some(_) if byte == b'\\' => {
                word.push(byte);
                word.extend(line.get(at));
                at += 1;
            }
            _ => word.push(byte),
        }
    }
    (word, line.get(at..).unwrap_or_default())
}

/// A count or length; -1 is null.
pub(super) fn number(digits: &[u8]) -> Result<i64, &'static str> {
    let text = std::str::from_utf8(digits).map_err(|_| "redis.length")?;
    text.parse::<i64>().ok().filter(|n| *n >= -1).ok_or("redis.length")
}
