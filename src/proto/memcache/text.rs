//! The text protocol (memcached doc/protocol.txt), with the meta commands.

use super::codes;
use super::fields as f;
use super::message::{Keep, Message};
use crate::model::{Stamp, Value};
use crate::proto::Limits;

/// Longest line: a key has at most 250 bytes, but many may be asked for.
pub(super) const LINE: usize = 64 << 10;

/// Reads one direction.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// A message whose data is to come: bytes left, CR LF included.
    open: Option<(u64, Message)>,
    /// The beginning of that data, if values are wanted.
    value: Vec<u8>,
    start: Option<Stamp>,
}

type Read = Result<(usize, Option<Message>), &'static str>;

impl Reader {
    /// Takes at most one message off `bytes`; says how many bytes are dealt with.
    pub(super) fn read(
        &mut self,
        request: bool,
        bytes: &[u8],
        now: Stamp,
        limits: &Limits,
        keep: Keep,
    ) -> Read {
        if let Some((left, mut message)) = self.open.take() {
            let used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let part = bytes.get(..used).unwrap_or_default();
            let room = keep.text.saturating_sub(message.text.len());
            message.text.push_str(&String::from_utf8_lossy(part.get(..room).unwrap_or(part)));
            let room = keep.value.saturating_sub(self.value.len());
            self.value.extend_from_slice(part.get(..room).unwrap_or(part));
            let left = left - used as u64;
            if left == 0 && keep.value > 0 {
                // What is kept may be shorter than the value, or hold the line's end.
                let whole = usize::try_from(message.bytes).unwrap_or(usize::MAX);
                message.show(self.value.get(..whole).unwrap_or(&self.value));
                self.value.clear();
            }
            if left > 0 {
                self.open = Some((left, message));
                return Ok((used, None));
            }
            self.start = None;
            return Ok((used, Some(message)));
        }
        if bytes.is_empty() {
            return Ok((0, None));
        }
        let start = *self.start.get_or_insert(now);
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            return if bytes.len() > LINE { Err("memcache.line") } else { Ok((0, None)) };
        };
        let line = bytes.get(..end).unwrap_or_default();
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
        let parsed = if request { command(&line, limits) } else { response(&line) };
        let (mut message, data) = parsed?;
        message.start = start;
        message.size = end as u64 + 1;
        if keep.text > 0 {
            message.text = line.get(..line.len().min(keep.text)).unwrap_or_default().to_owned();
            message.text.push('\n');
        }
        if let Some(data) = data {
            message.size += data + 2;
            (message.bytes, message.values) = (data, 1);
            self.open = Some((data + 2, message));
            return Ok((end + 1, None));
        }
        self.start = None;
        Ok((end + 1, Some(message)))
    }

    /// Whether data of a message is to come.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Goes on after bytes that were not captured, if they lie within data.
    pub(super) fn skip(&mut self, missing: u64) -> bool {
        match &mut self.open {
            Some((left, _)) if *left > missing => {
                *left -= missing;
                true
            }
            _ => {
                *self = Reader::default();
                false
            }
        }
    }
}

fn number(word: Option<&&str>) -> Option<u64> {
    word.and_then(|w| w.parse().ok())
}

/// A request, and the length of its data.
fn command(line: &str, limits: &Limits) -> Result<(Message, Option<u64>), &'static str> {
    let words: Vec<&str> = line.split(' ').filter(|w| !w.is_empty()).take(limits.list).collect();
    let name = words.first().copied().unwrap_or_default();
    let Some((kind, least)) = codes::command(name) else { return unknown(line, name) };
    let mut message = Message { command: name.to_owned(), kind, ..Message::default() };
    if words.len() < least {
        // The server refuses it with an error: a request all the same.
        message.put(&f::Q_RAW, arguments(line));
        return Ok((message, None));
    }
    let word = |at: usize| words.get(at);
    let noreply = words.last() == Some(&"noreply");
    let mut data = None;
    let key = |message: &mut Message, at: usize| message.keys.extend(word(at).map(|w| (*w).to_owned()));
    match name {
        "get" | "gets" => message.keys = words.iter().skip(1).map(|w| (*w).to_owned()).collect(),
        "gat" | "gats" => {
            message.put(&f::Q_EXPTIME, number(word(1)).unwrap_or_default());
            message.keys = words.iter().skip(2).map(|w| (*w).to_owned()).collect();
        }
        "set" | "add" | "replace" | "append" | "prepend" | "cas" => {
            key(&mut message, 1);
            let Some(bytes) = store(&mut message, &words) else {
                message.put(&f::Q_RAW, arguments(line));
                return Ok((message, None));
            };
            message.noreply = noreply;
            data = Some(bytes);
        }
        "incr" | "decr" | "touch" => {
            key(&mut message, 1);
            let field = if name == "touch" { &f::Q_EXPTIME } else { &f::Q_DELTA };
            message.put(field, number(word(2)).unwrap_or_default());
            message.noreply = noreply;
        }
        "delete" => {
            key(&mut message, 1);
            message.noreply = noreply;
        }
        "flush_all" => {
            message.noreply = noreply;
            // Without a delay it is at once.
            message.put(&f::Q_EXPTIME, number(word(1)).unwrap_or_default());
        }
        "mg" | "md" | "ma" | "me" | "ms" => {
            key(&mut message, 1);
            data = meta(&mut message, &words);
        }
        "mn" => {}
        _ => others(&mut message, line, &words),
    }
    if matches!(kind, codes::STORE | codes::COUNTER | codes::DELETE) && !name.starts_with('m')
        || name == "quit"
    {
        message.put(&f::Q_NOREPLY, message.noreply);
    }
    if let Some(bytes) = data {
        message.put(&f::Q_BYTES, bytes);
        message.put(&f::Q_COUNT, 1u64);
    }
    Ok((message, data))
}

/// Length of data; more than the protocol can tell is as much as it can.
fn length(word: Option<&&str>) -> Option<u64> {
    number(word).map(|n| n.min(u64::from(u32::MAX)))
}

/// What stands behind the key of a command that stores; gives the length of its data.
fn store(message: &mut Message, words: &[&str]) -> Option<u64> {
    let flags = number(words.get(2))?;
    let exptime = words.get(3)?.parse::<i64>().ok()?;
    let bytes = length(words.get(4))?;
    message.put(&f::Q_FLAGS, flags);
    message.put(&f::Q_EXPTIME, exptime);
    if message.command == "cas" {
        message.put(&f::Q_CAS, number(words.get(5)).unwrap_or_default());
    }
    Some(bytes)
}

/// What stands behind the key of a meta command; gives the length of the data of one that stores.
fn meta(message: &mut Message, words: &[&str]) -> Option<u64> {
    let stores = message.command == "ms";
    message.quiet = words.iter().skip(if stores { 3 } else { 2 }).any(|w| *w == "q");
    message.put(&f::Q_RAW, words.get(2..).unwrap_or_default().join(" "));
    length(words.get(2)).filter(|_| stores)
}

/// A word that may be a command of another server or of a later version; the server answers as it sees fit.
fn unknown(line: &str, name: &str) -> Result<(Message, Option<u64>), &'static str> {
    let word = (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !word || !line.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return Err("memcache.command");
    }
    let mut message =
        Message { command: codes::UNKNOWN.to_owned(), kind: codes::UNKNOWN, ..Message::default() };
    message.put(&f::Q_LINE, line.to_owned());
    Ok((message, None))
}

/// Commands about the server.
fn others(message: &mut Message, line: &str, words: &[&str]) {
    let number_at = |at: usize| words.get(at).and_then(|w| w.parse::<i64>().ok());
    match (words.first().copied().unwrap_or_default(), words.get(1).copied().unwrap_or_default()) {
        ("stats" | "watch" | "lru" | "shutdown" | "cache_memlimit", _) => {
            message.put(&f::Q_RAW, arguments(line));
        }
        ("verbosity", _) => {
            message.noreply = words.last() == Some(&"noreply");
            if let Some(n) = number_at(1) {
                message.put(&f::Q_VERBOSITY, n);
            }
        }
        (word @ ("slabs" | "lru_crawler"), sub) => {
            message.command = format!("{word} {sub}");
            let fields: &[_] = match sub {
                "reassign" => &[(2, &f::Q_SOURCE_CLASS), (3, &f::Q_DEST_CLASS)],
                "automove" => {
                    let known = number_at(2).and_then(|n| usize::try_from(n).ok());
                    let name = known.and_then(|n| ["standby", "slow", "aggressive"].get(n)).copied();
                    if let Some(mode) = name.or(words.get(2).copied()) {
                        message.put(&f::Q_AUTOMOVE, mode.to_owned());
                    }
                    &[]
                }
                "sleep" => &[(2, &f::Q_SLEEP)],
                _ => &[],
            };
            for (at, field) in fields {
                if let Some(n) = number_at(*at) {
                    message.put(field, n);
                }
            }
            if fields.is_empty() && words.len() > 2 {
                message.put(&f::Q_RAW, words.get(2..).unwrap_or_default().join(" "));
            }
        }
        _ => {}
    }
}

/// What follows the first word.
fn arguments(line: &str) -> String {
    line.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

/// A response, and the length of its data.
fn response(line: &str) -> Result<(Message, Option<u64>), &'static str> {
    let mut words = line.split(' ');
    let first = words.next().unwrap_or_default();
    if !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit()) {
        let mut message =
            Message { command: "<counter_op_res>".to_owned(), kind: codes::COUNTER, ..Message::default() };
        message.put(&f::R_VALUE, first.parse::<u64>().unwrap_or(u64::MAX));
        return Ok((message, None));
    }
    let Some((name, kind)) = codes::response(first) else {
        // `lru_crawler metadump` and `watch` answer in lines of their own.
        let known = line.starts_with("key=") || line.starts_with("ts=");
        let message =
            Message { command: "UNKNOWN".to_owned(), kind: codes::LRU, more: true, ..Message::default() };
        return if known { Ok((message, None)) } else { Err("memcache.response") };
    };
    let mut message = Message { command: name.to_owned(), kind, ..Message::default() };
    let mut data = None;
    match name {
        "VALUE" => {
            message.keys.extend(words.next().map(str::to_owned));
            let (flags, bytes) = (words.next(), words.next());
            let bytes = bytes.and_then(|w| w.parse::<u32>().ok()).ok_or("memcache.response")?;
            message.put(&f::R_FLAGS, flags.and_then(|w| w.parse::<u32>().ok()).unwrap_or_default());
            message.put(&f::R_CAS, words.next().and_then(|w| w.parse::<u64>().ok()).unwrap_or_default());
            data = Some(u64::from(bytes));
            message.more = true;
        }
        "VA" => {
            let bytes = words.next().and_then(|w| w.parse::<u32>().ok()).ok_or("memcache.response")?;
            data = Some(u64::from(bytes));
        }
        "STAT" => {
            let name = words.next().unwrap_or_default().to_owned();
            message.stats.push((name, words.collect::<Vec<_>>().join(" ")));
            message.more = true;
        }
        "VERSION" => message.put(&f::R_VERSION, arguments(line)),
        _ => {}
    }
    if kind == codes::FAIL {
        message.error = Some(line.to_owned());
        let reason = arguments(line);
        if !reason.is_empty() {
            message.put(&f::R_ERROR, Value::from(reason));
        }
    }
    Ok((message, data))
}
