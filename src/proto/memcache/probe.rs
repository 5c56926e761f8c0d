//! Recognises memcached by a whole first line, or by the head of a binary message; over UDP after the
//! frame header.

use super::binary::{REQUEST, RESPONSE};
use super::codes;
use crate::proto::wire::Wire;
use crate::proto::{Dir, Probe};

/// Longest key.
const KEY: usize = 250;

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let plain = message(dir, bytes);
    if plain != Probe::No {
        return plain;
    }
    match udp(bytes) {
        Some(payload) => message(dir, payload),
        None => Probe::No,
    }
}

/// Whether reading can go on here after a gap.
pub(super) fn resumes(dir: Dir, bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(&(REQUEST | RESPONSE)) => binary(bytes) == Probe::Yes,
        _ if dir == Dir::Client => request(bytes) == Probe::Yes,
        _ => response(bytes) != Probe::No,
    }
}

/// What follows the frame header of a datagram, if there is one.
pub(super) fn udp(bytes: &[u8]) -> Option<&[u8]> {
    let mut wire = Wire::new(bytes);
    // The last number is reserved; clients leave in it what was there.
    let (_, seq, total, _) = (wire.u16()?, wire.u16()?, wire.u16()?, wire.u16()?);
    (seq < total && total < 1024).then_some(wire.rest())
}

fn message(dir: Dir, bytes: &[u8]) -> Probe {
    let (verdict, from) = match bytes.first() {
        None => return Probe::More,
        Some(&REQUEST) => (binary(bytes), Dir::Client),
        Some(&RESPONSE) => (binary(bytes), Dir::Server),
        Some(b'a'..=b'z') => (request(bytes), Dir::Client),
        Some(b'A'..=b'Z') => (response(bytes), Dir::Server),
        Some(_) => return Probe::No,
    };
    if verdict == Probe::Yes && from != dir { Probe::Swapped } else { verdict }
}

fn binary(bytes: &[u8]) -> Probe {
    let mut wire = Wire::new(bytes);
    let (Some(magic), Some(code)) = (wire.u8(), wire.u8()) else { return Probe::More };
    let Some(op) = codes::operation(code) else { return Probe::No };
    let (Some(key), Some(extras), Some(kind)) = (wire.u16(), wire.u8(), wire.u8()) else {
        return Probe::More;
    };
    // Flags or a number stand before what is answered, if anything does.
    let fits = match magic {
        RESPONSE => extras.is_multiple_of(4),
        _ => op.extras.is_empty() || op.extras.contains(&extras),
    };
    if usize::from(key) > KEY || extras > 20 || !fits || kind > 5 {
        return Probe::No;
    }
    let (Some(_), Some(body)) = (wire.u16(), wire.u32()) else { return Probe::More };
    let least = u32::from(key) + u32::from(extras);
    // Who asks for a key, or deletes one, sends that and nothing else.
    let bare = magic == REQUEST && BARE.contains(&code);
    let whole = if bare { key > 0 && body == least } else { body >= least && body <= 1 << 27 };
    if whole { Probe::Yes } else { Probe::No }
}

/// Operations whose requests are a key alone: get and delete, quiet or not, with the key in the answer or not.
const BARE: [u8; 6] = [0x00, 0x04, 0x09, 0x0c, 0x0d, 0x14];

/// A line without its end, or how far it is.
fn line(bytes: &[u8]) -> Result<&str, Probe> {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let end = memchr::memchr(b'\n', head);
    let text = head.get(..end.unwrap_or(head.len())).unwrap_or_default();
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.iter().any(|b| !matches!(b, b' '..=b'~' | 0x80..)) {
        return Err(Probe::No);
    }
    let text = std::str::from_utf8(text).map_err(|_| Probe::No)?;
    match end {
        Some(_) => Ok(text),
        None if head.len() < 2048 => Err(Probe::More),
        // A long list of keys.
        None if text.starts_with("get ") || text.starts_with("gets ") => Ok(text),
        None => Err(Probe::No),
    }
}

/// Whether the first word may still become, or is, one of `words`.
fn begins<'a>(bytes: &[u8], mut words: impl Iterator<Item = &'a str>) -> bool {
    let word = bytes.split(|b| matches!(b, b' ' | b'\r' | b'\n')).next().unwrap_or_default();
    let whole = word.len() < bytes.len();
    words.any(|w| if whole { w.as_bytes() == word } else { w.as_bytes().starts_with(word) })
}

fn request(bytes: &[u8]) -> Probe {
    if !begins(bytes, codes::COMMANDS.iter().map(|c| c.0)) {
        return Probe::No;
    }
    let text = match line(bytes) {
        Ok(text) => text,
        Err(probe) => return probe,
    };
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).take(8).collect();
    let numbers = |from: usize, to: usize| {
        (from..to).all(|at| words.get(at).is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit() || b == b'-')))
    };
    // A request of HTTP whose method is in small letters.
    if words.last().is_some_and(|word| word.starts_with("HTTP/")) {
        return Probe::No;
    }
    let key = words.get(1).is_some_and(|w| w.len() <= KEY);
    let good = match words.first().copied().unwrap_or_default() {
        "set" | "add" | "replace" | "append" | "prepend" | "cas" => key && numbers(2, 5),
        "incr" | "decr" | "touch" => key && numbers(2, 3),
        "gat" | "gats" => numbers(1, 2) && words.len() > 2,
        "get" | "gets" => key,
        "delete" => key && words.len() <= 4,
        "ms" => key && numbers(2, 3),
        "mg" | "md" | "ma" | "me" => key && words.iter().skip(2).all(|w| w.len() < 40),
        "stats" => words.len() <= 3,
        "version" | "flush_all" | "mn" => words.len() <= 2,
        "verbosity" => numbers(1, 2),
        "slabs" => matches!(words.get(1), Some(&"reassign" | &"automove")),
        "lru_crawler" => words.len() >= 2,
        _ => false,
    };
    if good { Probe::Yes } else { Probe::No }
}

fn response(bytes: &[u8]) -> Probe {
    if !begins(bytes, codes::RESPONSES.iter().map(|c| c.0)) {
        return Probe::No;
    }
    let text = match line(bytes) {
        Ok(text) => text,
        Err(probe) => return probe,
    };
    let words: Vec<&str> = text.split(' ').take(6).collect();
    let number =
        |at: usize| words.get(at).is_some_and(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
    match words.first().copied().unwrap_or_default() {
        "VALUE" if number(2) && number(3) => Probe::Yes,
        "STORED" | "NOT_STORED" | "DELETED" | "TOUCHED" if words.len() == 1 => Probe::Yes,
        "STAT" if words.len() >= 3 => Probe::Yes,
        // Others say so too: the client tells more.
        "END" | "OK" | "ERROR" | "EXISTS" | "NOT_FOUND" | "HD" | "EN" | "NF" | "VERSION" => Probe::More,
        "CLIENT_ERROR" | "SERVER_ERROR" => Probe::More,
        _ => Probe::No,
    }
}
