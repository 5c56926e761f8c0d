//! Recognises MySQL by its greeting, or by a statement.

use crate::proto::{Dir, Probe, sql};

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let &[a, b, c, seq, ref rest @ ..] = bytes else {
        return if bytes.len() == 3 && bytes.ends_with(&[0xff]) { Probe::No } else { Probe::More };
    };
    let len = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    let Some((&kind, body)) = rest.split_first() else {
        return if seq <= 2 && len > 0 { Probe::More } else { Probe::No };
    };
    let verdict = match (seq, kind) {
        (0, 10) => greeting(len, body),
        (0, 0xff) => refusal(len, body),
        (0, 3 | 22) => statement(len, body),
        // An answer, to a greeting or a statement: the other side tells more.
        (1, _) if len > 0 && rest.len() < 4096 => Probe::More,
        _ => Probe::No,
    };
    let from = if kind == 3 || kind == 22 { Dir::Client } else { Dir::Server };
    if verdict == Probe::Yes && dir != from { Probe::Swapped } else { verdict }
}

/// Version 10: a printable version, then connection, challenge and a zero byte.
fn greeting(len: usize, body: &[u8]) -> Probe {
    if !(30..=512).contains(&len) {
        return Probe::No;
    }
    let Some(end) = memchr::memchr(0, body) else {
        let plausible = body.len() < 128 && body.iter().all(u8::is_ascii_graphic);
        return if plausible { Probe::More } else { Probe::No };
    };
    let version = body.get(..end).unwrap_or_default();
    let good = version.first().is_some_and(u8::is_ascii_digit)
        && version.contains(&b'.')
        && version.iter().all(|b| matches!(b, b' '..=b'~'));
    match body.get(end + 13) {
        None if good && end < 128 => Probe::More,
        Some(0) if good => Probe::Yes,
        _ => Probe::No,
    }
}

/// An error instead of a greeting: `Host … is not allowed to connect`.
fn refusal(len: usize, body: &[u8]) -> Probe {
    let Some((code, text)) = body.split_at_checked(2) else { return Probe::More };
    let code = code.iter().rev().fold(0u16, |n, b| n << 8 | u16::from(*b));
    if !(1000..5000).contains(&code) || !(8..=600).contains(&len) {
        return Probe::No;
    }
    match text.get(..len.saturating_sub(3)) {
        Some(text) if sql::is_text(text) => Probe::Yes,
        None if sql::is_text(text) => Probe::More,
        _ => Probe::No,
    }
}

fn statement(len: usize, body: &[u8]) -> Probe {
    let text = body.get(..len.saturating_sub(1)).unwrap_or(body);
    let text = text.strip_prefix(&[0, 1]).unwrap_or(text);
    if text == [0] || (text.len() < 12 && sql::is_text(text) && text.len() + 1 < len) {
        return Probe::More;
    }
    let head = text.get(..text.len().min(1024)).unwrap_or_default();
    if sql::is_text(head) && sql::is_statement(text) { Probe::Yes } else { Probe::No }
}

/// Whether bytes after a gap begin with a command that ends with them.
pub(super) fn is_command(bytes: &[u8]) -> bool {
    let &[a, b, c, 0, kind, ..] = bytes else { return false };
    let len = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    len + 4 == bytes.len() && super::request::command(kind).is_some()
}
