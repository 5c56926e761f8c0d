//! Recognises PostgreSQL by its startup, or by a statement.

use crate::proto::{Dir, Probe, sql};

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let (verdict, from) = match bytes.first() {
        Some(0) => (startup(bytes), Dir::Client),
        Some(b'Q' | b'P') => (statement(bytes), Dir::Client),
        Some(b'R' | b'E' | b'S' | b'N' | b'T' | b'C' | b'1' | b'2' | b'Z' | b'K') => {
            (answer(bytes), Dir::Server)
        }
        _ => (Probe::No, dir),
    };
    match verdict {
        Probe::Yes if dir != from => Probe::Swapped,
        Probe::More if dir != from && bytes.len() > 8 => Probe::No,
        other => other,
    }
}

/// `u32` of the first four bytes, if there are so many.
fn int(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<4>().map(|b| u32::from_be_bytes(*b))
}

fn startup(bytes: &[u8]) -> Probe {
    let plausible = bytes.get(1).is_none_or(|b| *b == 0);
    let (Some(len), Some(code)) = (int(bytes), bytes.get(4..).and_then(int)) else {
        return if plausible { Probe::More } else { Probe::No };
    };
    match (code, len) {
        (80_877_102, 16) | (80_877_103 | 80_877_104, 8) => Probe::Yes,
        (0x3_0000..=0x3_0002, 14..=10_000) => {
            let name = bytes.get(8..).unwrap_or_default();
            let name = name.get(..5).unwrap_or(name);
            match name.iter().position(|b| !(b.is_ascii_lowercase() || *b == b'_')) {
                None if name.len() < 5 => Probe::More,
                Some(0) => Probe::No,
                Some(at) if name.get(at) != Some(&0) => Probe::No,
                _ => Probe::Yes,
            }
        }
        _ => Probe::No,
    }
}

fn statement(bytes: &[u8]) -> Probe {
    let Some(len) = bytes.get(1..).and_then(int) else {
        return if bytes.get(1).is_none_or(|b| *b == 0) { Probe::More } else { Probe::No };
    };
    let Ok(len) = usize::try_from(len) else { return Probe::No };
    if !(6..=1 << 24).contains(&len) {
        return Probe::No;
    }
    let rest = bytes.get(5..).unwrap_or_default();
    let rest = rest.get(..len - 4).unwrap_or(rest);
    let text = match (bytes.first(), memchr::memchr(0, rest)) {
        (Some(b'P'), Some(end)) if end < 64 && sql::is_text(rest.get(..end).unwrap_or_default()) => {
            rest.get(end + 1..).unwrap_or_default()
        }
        (Some(b'P'), None) if rest.len() < 64 && sql::is_text(rest) => return Probe::More,
        (Some(b'P'), _) => return Probe::No,
        _ => rest,
    };
    let whole = memchr::memchr(0, text);
    let text = text.get(..whole.unwrap_or(text.len())).unwrap_or_default();
    let head = text.get(..1024).unwrap_or(text);
    if !sql::is_text(head) {
        Probe::No
    } else if whole.is_none() && text.len() < 16 {
        Probe::More
    } else if sql::is_statement(text) {
        Probe::Yes
    } else {
        Probe::No
    }
}

/// Answers are only clear if they are about the log-in or errors; others wait for the client's word.
fn answer(bytes: &[u8]) -> Probe {
    let Some(len) = bytes.get(1..).and_then(int) else {
        let zeros = bytes.get(1..).unwrap_or_default();
        return if zeros.iter().take(2).all(|b| *b == 0) { Probe::More } else { Probe::No };
    };
    let rest = bytes.get(5..).unwrap_or_default();
    let kind = bytes.first().copied().unwrap_or_default();
    match kind {
        // The byte that answers SSLRequest, and the first of what follows.
        b'R' if (8..=256).contains(&len) => match int(rest) {
            None => Probe::More,
            Some(0 | 2 | 3 | 7) if len == 8 => Probe::Yes,
            Some(5) if len == 12 => Probe::Yes,
            Some(10) if len > 12 => Probe::Yes,
            _ => Probe::No,
        },
        b'E' if (16..=4096).contains(&len) => {
            let head = rest.get(..6).unwrap_or(rest);
            match head.len() {
                6 if [&b"SERROR"[..], b"SFATAL", b"SPANIC"].contains(&head) => Probe::Yes,
                6 => Probe::No,
                _ if head.first().is_none_or(|b| *b == b'S') => Probe::More,
                _ => Probe::No,
            }
        }
        b'1' | b'2' if len == 4 => Probe::More,
        b'Z' if len == 5 => Probe::More,
        b'T' | b'C' | b'S' | b'K' if (5..=1 << 16).contains(&len) => Probe::More,
        _ => Probe::No,
    }
}

/// Whether bytes after a gap begin with a message of the client that ends with them or another one.
pub(super) fn is_request(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(b'Q' | b'P')) && statement(bytes) == Probe::Yes
}
