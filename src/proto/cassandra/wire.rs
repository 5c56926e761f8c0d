//! Notations of the native protocol (section 3), and its frames.

use crate::proto::json_text::hex;
use crate::proto::wire::Wire;
use std::net::{IpAddr, Ipv6Addr};

/// Bytes of a frame's head.
pub(super) const HEAD: usize = 9;
/// Longest body: what servers allow.
pub(super) const BODY: u32 = 256 << 20;

/// Head of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub version: u8,
    pub response: bool,
    pub flags: u8,
    pub stream: i16,
    pub op: u8,
    pub len: u32,
}

impl Head {
    pub(super) fn read(wire: &mut Wire<'_>) -> Option<Head> {
        let version = wire.u8()?;
        Some(Head {
            version: version & 0x7f,
            response: version & 0x80 != 0,
            flags: wire.u8()?,
            stream: wire.u16()?.cast_signed(),
            op: wire.u8()?,
            len: wire.u32()?,
        })
    }

    /// Whether it can be one; requests and responses have operations of their own.
    pub(super) const fn is_plausible(&self) -> bool {
        let fits = match self.op {
            0x01 | 0x05 | 0x07 | 0x09 | 0x0a | 0x0b | 0x0d | 0x0f => !self.response,
            0x00 | 0x02 | 0x03 | 0x06 | 0x08 | 0x0c | 0x0e | 0x10 => self.response,
            _ => false,
        };
        fits && matches!(self.version, 3..=5) && self.flags < 0x20 && self.len <= BODY
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `[string]`.
pub(super) fn string(wire: &mut Wire<'_>) -> Option<String> {
    let len = wire.u16()?;
    wire.take(len.into()).map(lossy)
}

/// `[long string]`; as far as it is there.
pub(super) fn long_string(wire: &mut Wire<'_>) -> Option<String> {
    let len = usize::try_from(wire.u32()?).ok()?;
    let there = len.min(wire.rest().len());
    wire.take(there).map(lossy)
}

/// `[string list]`, at most `cap` of them.
pub(super) fn strings(wire: &mut Wire<'_>, cap: usize) -> Option<Vec<String>> {
    let count = wire.u16()?;
    let mut all = Vec::new();
    for _ in 0..count {
        let text = string(wire)?;
        if all.len() < cap {
            all.push(text);
        }
    }
    Some(all)
}

/// `[bytes]`; `None` inside for null.
pub(super) fn bytes<'a>(wire: &mut Wire<'a>) -> Option<Option<&'a [u8]>> {
    match wire.u32()?.cast_signed() {
        ..0 => Some(None),
        len => wire.take(usize::try_from(len).ok()?).map(Some),
    }
}

/// `[short bytes]` in hexadecimal.
pub(super) fn short_hex(wire: &mut Wire<'_>) -> Option<String> {
    let len = wire.u16()?;
    wire.take(len.into()).map(hex)
}

/// `[inet]`.
pub(super) fn inet(wire: &mut Wire<'_>) -> Option<(IpAddr, u32)> {
    let ip = match wire.u8()? {
        4 => IpAddr::from(wire.array::<4>()?),
        16 => IpAddr::from(Ipv6Addr::from(wire.array::<16>()?)),
        _ => return None,
    };
    Some((ip, wire.u32()?))
}

/// Skips a column's type.
pub(super) fn skip_type(wire: &mut Wire<'_>, depth: u8) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match wire.u16()? {
        0x00 => string(wire).map(drop),
        0x20 | 0x22 => skip_type(wire, depth),
        0x21 => {
            skip_type(wire, depth)?;
            skip_type(wire, depth)
        }
        0x30 => {
            string(wire)?;
            string(wire)?;
            for _ in 0..wire.u16()? {
                string(wire)?;
                skip_type(wire, depth)?;
            }
            Some(())
        }
        0x31 => {
            for _ in 0..wire.u16()? {
                skip_type(wire, depth)?;
            }
            Some(())
        }
        _ => Some(()),
    }
}
