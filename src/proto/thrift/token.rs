//! Single tokens of the binary and the compact coding (Apache Thrift: doc/specs/thrift-binary-protocol.md
//! and thrift-compact-protocol.md).

use crate::proto::json_text::hex;
use crate::proto::wire::Wire;

pub(super) const BOOL: u8 = 2;
pub(super) const BYTE: u8 = 3;
pub(super) const DOUBLE: u8 = 4;
pub(super) const I16: u8 = 6;
pub(super) const I32: u8 = 8;
pub(super) const I64: u8 = 10;
pub(super) const STRING: u8 = 11;
pub(super) const STRUCT: u8 = 12;
pub(super) const MAP: u8 = 13;
pub(super) const SET: u8 = 14;
pub(super) const LIST: u8 = 15;
pub(super) const UUID: u8 = 16;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Binary,
    Compact,
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Need {
    /// It is not complete.
    More,
    /// It is none; the anomaly to count.
    Bad(&'static str),
}

pub(super) type Read<T> = Result<T, Need>;

fn more<T>(value: Option<T>) -> Read<T> {
    value.ok_or(Need::More)
}

/// A number of at most ten bytes, seven bits each.
pub(super) fn varint(wire: &mut Wire<'_>) -> Read<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = more(wire.u8())?;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Need::Bad("thrift.varint"))
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// Kinds of the compact coding in the numbers of the binary one.
fn kind(compact: u8) -> Read<u8> {
    Ok(match compact {
        1 | 2 => BOOL,
        3 => BYTE,
        4 => I16,
        5 => I32,
        6 => I64,
        7 => DOUBLE,
        8 => STRING,
        9 => LIST,
        10 => SET,
        11 => MAP,
        12 => STRUCT,
        13 => UUID,
        _ => return Err(Need::Bad("thrift.kind")),
    })
}

fn known(kind: u8) -> Read<u8> {
    match kind {
        BOOL | BYTE | DOUBLE | I16 | I32 | I64 | STRING..=UUID => Ok(kind),
        _ => Err(Need::Bad("thrift.kind")),
    }
}

/// Head of a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub kind: u8,
    pub id: i16,
    /// The value, where it is part of the head.
    pub value: Option<bool>,
}

impl Coding {
    /// Head of a field; `None` at the end of the struct.
    pub(super) fn field(self, wire: &mut Wire<'_>, last: i16) -> Read<Option<Field>> {
        let first = more(wire.u8())?;
        if first == 0 {
            return Ok(None);
        }
        if self == Coding::Binary {
            let id = more(wire.u16())?.cast_signed();
            return Ok(Some(Field { kind: known(first)?, id, value: None }));
        }
        let id = match first >> 4 {
            0 => i16::try_from(zigzag(varint(wire)?)).map_err(|_| Need::Bad("thrift.varint"))?,
            delta => last.wrapping_add(i16::from(delta)),
        };
        let value = match first & 15 {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        };
        Ok(Some(Field { kind: kind(first & 15)?, id, value }))
    }

    /// Length of a string.
    pub(super) fn length(self, wire: &mut Wire<'_>) -> Read<u64> {
        let len = match self {
            Coding::Binary => u64::from(more(wire.u32())?),
            Coding::Compact => varint(wire)?,
        };
        if len > i32::MAX.unsigned_abs().into() { Err(Need::Bad("thrift.length")) } else { Ok(len) }
    }

    /// Kinds of the members (key and value for maps) and their number.
    pub(super) fn collection(self, wire: &mut Wire<'_>, of: u8) -> Read<(u8, u8, u32)> {
        let (key, value, count) = match (self, of) {
            (Coding::Binary, MAP) => {
                let (key, value) = (more(wire.u8())?, more(wire.u8())?);
                let count = more(wire.u32())?;
                // The kinds of an empty map may be anything.
                if count == 0 { (BOOL, BOOL, 0) } else { (known(key)?, known(value)?, u64::from(count)) }
            }
            (Coding::Binary, _) => {
                let key = more(wire.u8())?;
                let count = more(wire.u32())?;
                if count == 0 { (BOOL, BOOL, 0) } else { (known(key)?, BOOL, u64::from(count)) }
            }
            (Coding::Compact, MAP) => match varint(wire)? {
                0 => (BOOL, BOOL, 0),
                count => {
                    let kinds = more(wire.u8())?;
                    (kind(kinds >> 4)?, kind(kinds & 15)?, count)
                }
            },
            (Coding::Compact, _) => {
                let head = more(wire.u8())?;
                let count = if head >> 4 == 15 { varint(wire)? } else { u64::from(head >> 4) };
                (if count == 0 { BOOL } else { kind(head & 15)? }, BOOL, count)
            }
        };
        let count = u32::try_from(count).ok().filter(|n| *n <= i32::MAX.unsigned_abs());
        Ok((key, value, count.ok_or(Need::Bad("thrift.length"))?))
    }

    /// A value of fixed size, as text.
    pub(super) fn scalar(self, wire: &mut Wire<'_>, kind: u8) -> Read<String> {
        Ok(match (self, kind) {
            (_, BOOL) => (if more(wire.u8())? == 1 { "true" } else { "false" }).to_owned(),
            (_, BYTE) => more(wire.u8())?.cast_signed().to_string(),
            (_, UUID) => hex(more(wire.take(16))?),
            (Coding::Binary, DOUBLE) => f64::from_bits(more(wire.u64())?).to_string(),
            (Coding::Binary, I16) => more(wire.u16())?.cast_signed().to_string(),
            (Coding::Binary, I32) => more(wire.u32())?.cast_signed().to_string(),
            (Coding::Binary, _) => more(wire.u64())?.cast_signed().to_string(),
            (Coding::Compact, DOUBLE) => f64::from_bits(more(wire.u64_le())?).to_string(),
            (Coding::Compact, _) => zigzag(varint(wire)?).to_string(),
        })
    }
}
