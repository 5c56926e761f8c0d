//! Recognises Redis by its framing.

use crate::proto::{Dir, Probe};

/// Commands that begin conversations; in upper case.
const COMMANDS: &[&str] = &[
    "ACL",
    "APPEND",
    "AUTH",
    "BLPOP",
    "BRPOP",
    "CLIENT",
    "CLUSTER",
    "COMMAND",
    "CONFIG",
    "DBSIZE",
    "DEL",
    "ECHO",
    "EVAL",
    "EVALSHA",
    "EXEC",
    "EXISTS",
    "EXPIRE",
    "FLUSHALL",
    "FLUSHDB",
    "GET",
    "HELLO",
    "HGET",
    "HGETALL",
    "HMGET",
    "HMSET",
    "HSET",
    "INCR",
    "INFO",
    "KEYS",
    "LINDEX",
    "LLEN",
    "LPOP",
    "LPUSH",
    "LRANGE",
    "MGET",
    "MODULE",
    "MONITOR",
    "MSET",
    "MULTI",
    "PING",
    "PSUBSCRIBE",
    "PSYNC",
    "PUBLISH",
    "REPLCONF",
    "ROLE",
    "RPOP",
    "RPUSH",
    "SADD",
    "SAVE",
    "SCAN",
    "SCRIPT",
    "SELECT",
    "SENTINEL",
    "SET",
    "SETEX",
    "SLAVEOF",
    "SLOWLOG",
    "SMEMBERS",
    "SUBSCRIBE",
    "SYNC",
    "TIME",
    "TTL",
    "TYPE",
    "XADD",
    "XREAD",
    "ZADD",
    "ZRANGE",
];

enum Look<'a> {
    Value(u8, &'a [u8], &'a [u8]),
    Partial,
    Other,
}

/// The first line or string of `bytes`, with what follows it.
fn value(bytes: &[u8]) -> Look<'_> {
    let Some((&kind, rest)) = bytes.split_first() else { return Look::Partial };
    let Some(end) = memchr::memchr(b'\n', rest) else {
        let head = rest.strip_suffix(b"\r").unwrap_or(rest);
        let plausible = match kind {
            b'$' | b'*' | b':' => digits(head) || head.is_empty() || head == b"-",
            b'+' | b'-' => head.iter().all(|b| matches!(b, b' '..=b'~')),
            _ => false,
        };
        return if plausible && rest.len() < 512 { Look::Partial } else { Look::Other };
    };
    let (line, after) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default());
    let Some(line) = line.strip_suffix(b"\r") else { return Look::Other };
    match kind {
        b'*' | b':' if digits(line) => Look::Value(kind, line, after),
        b'$' if line == b"-1" => Look::Value(kind, line, after),
        b'+' | b'-' if line.iter().all(|b| matches!(b, b' '..=b'~')) => Look::Value(kind, line, after),
        b'$' if digits(line) => {
            let n: usize = std::str::from_utf8(line).ok().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
            let Some(text) = after.get(..n) else { return Look::Partial };
            match after.get(n..).unwrap_or_default() {
                [b'\r', b'\n', after @ ..] => Look::Value(kind, text, after),
                [] | [b'\r'] => Look::Partial,
                _ => Look::Other,
            }
        }
        _ => Look::Other,
    }
}

fn digits(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

fn is_command(word: &[u8]) -> bool {
    COMMANDS.iter().any(|c| word.eq_ignore_ascii_case(c.as_bytes()))
}

/// A command as an array of strings: its name.
pub(super) fn command(bytes: &[u8]) -> Result<&[u8], Probe> {
    let Look::Value(b'*', count, rest) = value(bytes) else {
        return Err(if matches!(value(bytes), Look::Partial) { Probe::More } else { Probe::No });
    };
    if count.starts_with(b"-") || count.len() > 7 {
        return Err(Probe::No);
    }
    match value(rest) {
        Look::Value(b'$', name, _) => {
            let wordy = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            let good = (1..=64).contains(&name.len()) && name.iter().all(wordy);
            if good { Ok(name) } else { Err(Probe::No) }
        }
        Look::Partial if rest.first().is_none_or(|b| *b == b'$') => Err(Probe::More),
        _ => Err(Probe::No),
    }
}

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if let Ok(name) = command(bytes) {
        return match dir {
            Dir::Client if name.first().is_some_and(u8::is_ascii_alphabetic) => Probe::Yes,
            Dir::Server if is_command(name) => Probe::Swapped,
            Dir::Client => Probe::No,
            Dir::Server => reply(bytes),
        };
    }
    match (bytes.first(), dir) {
        (Some(b'*'), Dir::Client) => command(bytes).err().unwrap_or(Probe::No),
        (Some(b'$' | b'+' | b'-' | b':' | b'*'), Dir::Server) => reply(bytes),
        (Some(b'$'), Dir::Client) => match value(bytes) {
            Look::Value(..) | Look::Partial => Probe::More,
            Look::Other => Probe::No,
        },
        (_, Dir::Client) => inline(bytes),
        _ => Probe::No,
    }
}

/// A line with the name of a command: the reply has to tell.
fn inline(bytes: &[u8]) -> Probe {
    let line = bytes.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or(bytes);
    let word = line.split(|b| *b == b' ').next().unwrap_or(line);
    if !line.iter().all(|b| matches!(b, b' '..=b'~')) {
        return Probe::No;
    }
    // HTTP's GET; no key is likely to begin so.
    if line.get(word.len()..).is_some_and(|rest| rest.starts_with(b" /")) {
        return Probe::No;
    }
    let whole = word.len() < bytes.len();
    let begins = |c: &&str| c.as_bytes().get(..word.len()).is_some_and(|c| word.eq_ignore_ascii_case(c));
    if (whole && is_command(word)) || (!whole && COMMANDS.iter().any(begins)) {
        Probe::More
    } else {
        Probe::No
    }
}

/// A reply alone is Redis if it holds a string or a phrase of its own: `+OK` is POP3's too.
fn reply(bytes: &[u8]) -> Probe {
    let mut rest = bytes;
    for _ in 0..8 {
        match value(rest) {
            Look::Value(b'*', count, after) if count != b"0" && !count.starts_with(b"-") => {
                return match value(after) {
                    Look::Value(b'$' | b':' | b'*', _, _) => Probe::Yes,
                    Look::Partial => Probe::More,
                    _ => Probe::No,
                };
            }
            Look::Value(b'$', text, after) if text != b"-1" || after.is_empty() => return Probe::Yes,
            Look::Value(b'+', b"PONG" | b"QUEUED", _) => return Probe::Yes,
            Look::Value(b'+', b"OK", after) => rest = after,
            Look::Value(b'-', text, after) => {
                let words: [&[u8]; 6] =
                    [b"NOAUTH ", b"WRONGPASS ", b"WRONGTYPE ", b"DENIED ", b"MOVED ", b"LOADING "];
                if words.iter().any(|w| text.starts_with(w)) {
                    return Probe::Yes;
                }
                if !text.starts_with(b"ERR ") {
                    return Probe::No;
                }
                rest = after;
            }
            Look::Value(b'+', _, _) => return Probe::No,
            Look::Value(_, _, after) => rest = after,
            Look::Partial => return Probe::More,
            Look::Other => return Probe::No,
        }
    }
    Probe::Yes
}
