//! Messages of the MongoDB wire protocol: OP_MSG, OP_COMPRESSED and the legacy operations.

use super::bson::{self, Element};
use crate::proto::frame::Length;
use crate::proto::wire::Wire;
use std::io::Read;

/// Largest message taken: what servers allow (48,000,000) and some.
const LONGEST: u32 = 64 << 20;
/// A compressed message is unpacked up to here.
const UNPACKED: usize = 1 << 20;

pub(super) const REPLY: u32 = 1;
pub(super) const UPDATE: u32 = 2001;
pub(super) const INSERT: u32 = 2002;
pub(super) const QUERY: u32 = 2004;
pub(super) const GET_MORE: u32 = 2005;
pub(super) const DELETE: u32 = 2006;
pub(super) const KILL_CURSORS: u32 = 2007;
pub(super) const COMPRESSED: u32 = 2012;
pub(super) const MSG: u32 = 2013;

/// Whether an operation has this number; 1000 is the message that nobody sends.
pub(super) fn is_operation(op: u32) -> bool {
    matches!(op, REPLY | 1000 | UPDATE..=KILL_CURSORS | COMPRESSED | MSG)
}

/// The head that all messages have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub len: u32,
    pub id: u32,
    pub to: u32,
    pub op: u32,
}

impl Head {
    pub(super) fn read(wire: &mut Wire<'_>) -> Option<Head> {
        Some(Head { len: wire.u32_le()?, id: wire.u32_le()?, to: wire.u32_le()?, op: wire.u32_le()? })
    }

    /// Whether it can be one.
    pub(super) fn is_plausible(&self) -> bool {
        (16..=LONGEST).contains(&self.len) && is_operation(self.op)
    }
}

/// For [`crate::proto::frame::Frames`].
pub(super) fn length(bytes: &[u8]) -> Length {
    let mut wire = Wire::new(bytes);
    match (wire.u32_le(), Head::read(&mut Wire::new(bytes))) {
        (Some(len), _) if !(16..=LONGEST).contains(&len) => Length::Bad("mongodb.length"),
        (_, Some(head)) if !is_operation(head.op) => Length::Bad("mongodb.operation"),
        (_, Some(head)) => Length::Is(u64::from(head.len)),
        _ => Length::More,
    }
}

/// A list of documents under a name, beside an OP_MSG's body.
#[derive(Debug)]
pub(super) struct Sequence<'a> {
    pub name: &'a [u8],
    /// The documents one after the other.
    pub documents: &'a [u8],
}

/// What a message holds.
#[derive(Debug)]
pub(super) enum Body<'a> {
    Msg { more: bool, document: &'a [u8], sequences: Vec<Sequence<'a>> },
    Reply { flags: u32, cursor: i64, from: u32, count: u32, documents: &'a [u8] },
    Query { collection: &'a [u8], skip: u32, limit: u32, query: &'a [u8], selector: Option<&'a [u8]> },
    GetMore { collection: &'a [u8], limit: u32, cursor: i64 },
    Update { collection: &'a [u8], selector: &'a [u8], update: &'a [u8] },
    Insert { collection: &'a [u8], documents: &'a [u8] },
    Delete { collection: &'a [u8], selector: &'a [u8] },
    KillCursors { cursor: i64 },
    Other,
}

/// Reads what follows the head. `None` if it is damaged. Documents that are cut short because the
/// message is longer than is kept are shown as far as they go.
pub(super) fn body(op: u32, bytes: &[u8]) -> Option<Body<'_>> {
    let mut wire = Wire::new(bytes);
    match op {
        MSG => msg(wire),
        REPLY => {
            let (flags, cursor) = (wire.u32_le()?, wire.u64_le()?.cast_signed());
            let (from, count) = (wire.u32_le()?, wire.u32_le()?);
            Some(Body::Reply { flags, cursor, from, count, documents: wire.rest() })
        }
        QUERY => {
            wire.u32_le()?;
            let collection = wire.cstr()?;
            let (skip, limit) = (wire.u32_le()?, wire.u32_le()?);
            let query = bson::document(&mut wire).unwrap_or(wire.rest());
            Some(Body::Query { collection, skip, limit, query, selector: bson::document(&mut wire) })
        }
        GET_MORE => {
            wire.u32_le()?;
            let collection = wire.cstr()?;
            Some(Body::GetMore { collection, limit: wire.u32_le()?, cursor: wire.u64_le()?.cast_signed() })
        }
        UPDATE => {
            wire.u32_le()?;
            let collection = wire.cstr()?;
            wire.u32_le()?;
            let selector = bson::document(&mut wire).unwrap_or(wire.rest());
            Some(Body::Update { collection, selector, update: bson::document(&mut wire).unwrap_or_default() })
        }
        INSERT => {
            wire.u32_le()?;
            Some(Body::Insert { collection: wire.cstr()?, documents: wire.rest() })
        }
        DELETE => {
            wire.u32_le()?;
            let collection = wire.cstr()?;
            wire.u32_le()?;
            Some(Body::Delete { collection, selector: bson::document(&mut wire).unwrap_or(wire.rest()) })
        }
        KILL_CURSORS => {
            wire.u64_le()?;
            Some(Body::KillCursors { cursor: wire.u64_le()?.cast_signed() })
        }
        _ => Some(Body::Other),
    }
}

fn msg(mut wire: Wire<'_>) -> Option<Body<'_>> {
    let flags = wire.u32_le()?;
    let checksum = if flags & 1 == 1 { 4 } else { 0 };
    let (mut document, mut sequences) = (None, Vec::new());
    while wire.rest().len() > checksum {
        match wire.u8()? {
            0 => {
                document = Some(
                    bson::document(&mut wire)
                        .unwrap_or_else(|| wire.take(wire.rest().len()).unwrap_or_default()),
                )
            }
            1 => {
                let len = usize::try_from(wire.u32_le()?).ok()?.checked_sub(4)?;
                let mut part = Wire::new(wire.take(len.min(wire.rest().len()))?);
                let name = part.cstr()?;
                if sequences.len() < 16 {
                    sequences.push(Sequence { name, documents: part.rest() });
                }
            }
            _ => return None,
        }
    }
    Some(Body::Msg { more: flags & 2 != 0, document: document?, sequences })
}

/// Documents one after the other.
pub(super) fn documents(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut wire = Wire::new(bytes);
    std::iter::from_fn(move || bson::document(&mut wire))
}

/// The original operation of an OP_COMPRESSED, its compressor and its body, unpacked up to a cap.
pub(super) fn unpack(bytes: &[u8]) -> Option<(u32, &'static str, Vec<u8>)> {
    let mut wire = Wire::new(bytes);
    let (op, _size, compressor) = (wire.u32_le()?, wire.u32_le()?, wire.u8()?);
    let packed = wire.rest();
    let limited = |reader: &mut dyn Read| {
        let mut out = Vec::new();
        let read = reader.take(UNPACKED as u64).read_to_end(&mut out);
        (read.is_ok() || !out.is_empty()).then_some(out)
    };
    match compressor {
        0 => Some((op, "noop", packed.get(..packed.len().min(UNPACKED))?.to_vec())),
        1 => {
            let size = snap::raw::decompress_len(packed).ok().filter(|size| *size <= UNPACKED)?;
            // A byte of Snappy becomes at most 64: nothing is sized by a claim alone.
            let plausible = size <= packed.len().saturating_mul(64);
            let out = plausible.then(|| snap::raw::Decoder::new().decompress_vec(packed).ok())??;
            Some((op, "snappy", out))
        }
        2 => Some((op, "zlib", limited(&mut flate2::read::ZlibDecoder::new(packed))?)),
        3 => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).ok()?;
            decoder.window_log_max(23).ok()?;
            Some((op, "zstd", limited(&mut decoder)?))
        }
        _ => None,
    }
}

/// The command of a document, which is its first member.
pub(super) fn command(document: &[u8]) -> Option<Element<'_>> {
    bson::elements(document).next()
}
