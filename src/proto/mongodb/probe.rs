//! Recognises MongoDB by the head of a message and what must follow it.

use super::message::{self, Head};
use crate::proto::wire::Wire;
use crate::proto::{Dir, Probe};

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let mut wire = Wire::new(bytes);
    let Some(head) = Head::read(&mut wire) else {
        let len = Wire::new(bytes).u32_le();
        return if len.is_none_or(|len| (16..1 << 26).contains(&len)) { Probe::More } else { Probe::No };
    };
    if !head.is_plausible() {
        return Probe::No;
    }
    let verdict = match head.op {
        message::MSG => msg(&head, wire),
        message::COMPRESSED => compressed(wire),
        message::REPLY => reply(&head, wire),
        _ => legacy(&head, wire),
    };
    let from = if is_response(&head) { Dir::Server } else { Dir::Client };
    if verdict == Probe::Yes && from != dir { Probe::Swapped } else { verdict }
}

/// Whether bytes after a gap begin with a message.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(probe(Dir::Client, bytes), Probe::Yes | Probe::Swapped)
}

/// Whether a message answers another.
pub(super) const fn is_response(head: &Head) -> bool {
    head.op == message::REPLY || (head.to != 0 && matches!(head.op, message::MSG | message::COMPRESSED))
}

fn msg(head: &Head, mut wire: Wire<'_>) -> Probe {
    let (Some(flags), kind, len) = (wire.u32_le(), wire.u8(), wire.u32_le()) else { return Probe::More };
    match (flags & 0xfffe_fffc, kind, len) {
        (0, Some(0 | 1), Some(len)) if (5..=head.len.saturating_sub(21)).contains(&len) => Probe::Yes,
        (0, Some(0 | 1) | None, None) => Probe::More,
        _ => Probe::No,
    }
}

fn compressed(mut wire: Wire<'_>) -> Probe {
    match (wire.u32_le(), wire.u32_le(), wire.u8()) {
        (Some(op), Some(size), Some(0..=3)) if message::is_operation(op) && size < 1 << 26 => Probe::Yes,
        (Some(op), Some(_), Some(_)) | (Some(op), _, None) if !message::is_operation(op) => Probe::No,
        (_, _, None) => Probe::More,
        _ => Probe::No,
    }
}

fn reply(head: &Head, mut wire: Wire<'_>) -> Probe {
    let (Some(flags), _, from, count) = (wire.u32_le(), wire.u64_le(), wire.u32_le(), wire.u32_le()) else {
        return Probe::More;
    };
    let Some(count) = count else { return if flags < 16 { Probe::More } else { Probe::No } };
    let fits = u64::from(count) * 5 + 36 <= u64::from(head.len) && from < Some(1 << 31);
    if flags < 16 && head.to != 0 && fits && (count > 0 || head.len == 36) { Probe::Yes } else { Probe::No }
}

/// Four bytes of flags or zeros, then a collection; for kill cursors their count.
fn legacy(head: &Head, mut wire: Wire<'_>) -> Probe {
    let Some(flags) = wire.u32_le() else { return Probe::More };
    if flags > 0xff {
        return Probe::No;
    }
    if head.op == message::KILL_CURSORS {
        return match wire.u32_le() {
            None => Probe::More,
            Some(n) if flags == 0 && u64::from(n) * 8 + 24 == u64::from(head.len) => Probe::Yes,
            Some(_) => Probe::No,
        };
    }
    let rest = wire.rest();
    let name = rest.split(|b| *b == 0).next().unwrap_or_default();
    let good = name.len() < 256 && name.iter().all(|b| matches!(b, b' '..=b'~' | 0x80..));
    match name.len() < rest.len() {
        _ if !good => Probe::No,
        false => Probe::More,
        true if name.contains(&b'.') && matches!(head.op, 2001..=2006) => Probe::Yes,
        true => Probe::No,
    }
}
