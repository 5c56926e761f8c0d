//! Recognises AMQP 0-9-1 by the client's first words, or by a frame that holds a method.

use super::names::{self, Role};
use super::{END, METHOD};
use crate::proto::wire::Wire;
use crate::proto::{Dir, Probe};

const GREETING: &[u8] = b"AMQP\0\0\x09\x01";

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if bytes.first() == Some(&b'A') {
        let head = bytes.get(..bytes.len().min(GREETING.len())).unwrap_or_default();
        return match GREETING.strip_prefix(head) {
            None => Probe::No,
            // A server that refuses sends the same.
            Some([]) => Probe::Yes,
            Some(_) => Probe::More,
        };
    }
    let mut wire = Wire::new(bytes);
    let (kind, channel, len) = (wire.u8(), wire.u16(), wire.u32());
    if kind.is_some_and(|kind| kind != METHOD) || len.is_some_and(|len| !(4..=1 << 17).contains(&len)) {
        return Probe::No;
    }
    let (Some(channel), Some(len)) = (channel, len) else { return Probe::More };
    let (Some(class), Some(method)) = (wire.u16(), wire.u16()) else { return Probe::More };
    let Some((name, role)) = names::known(class, method) else { return Probe::No };
    let end = usize::try_from(len).ok().and_then(|len| bytes.get(7 + len));
    if (class == 10) != (channel == 0) || end.is_some_and(|end| *end != END) {
        return Probe::No;
    }
    if end.is_none() && bytes.len() < 64 {
        return Probe::More;
    }
    let from = match (name, role) {
        ("connection.start" | "connection.tune" | "connection.open-ok", _) => Dir::Server,
        ("basic.deliver" | "basic.return" | "basic.get-ok" | "basic.get-empty", _) => Dir::Server,
        ("connection.start-ok" | "connection.tune-ok", _) => Dir::Client,
        (_, Role::Request) if !name.ends_with("close") && !name.ends_with("flow") => Dir::Client,
        (_, Role::Response) if !name.starts_with("connection.close") && !name.starts_with("channel") => {
            Dir::Server
        }
        _ => dir,
    };
    Probe::by(from, dir)
}

/// Whether bytes after a gap begin with a frame.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(probe(Dir::Client, bytes), Probe::Yes | Probe::Swapped)
}
