//! The binary protocol (memcached: protocol_binary.h).

use super::codes::{self, Operation};
use super::fields as f;
use super::message::{Keep, Message};
use crate::model::Value;
use crate::proto::frame::{Frame, Length};
use crate::proto::wire::Wire;

pub(super) const REQUEST: u8 = 0x80;
pub(super) const RESPONSE: u8 = 0x81;
const HEAD: usize = 24;
/// Servers take values of up to 1 GiB.
const BODY: u32 = (1 << 30) + 1024;

static UNKNOWN: Operation = Operation {
    code: 0xff,
    name: "",
    command: codes::UNKNOWN,
    kind: codes::UNKNOWN,
    quiet: false,
    extras: &[],
};

/// For [`crate::proto::frame::Frames`].
pub(super) fn length(bytes: &[u8]) -> Length {
    let mut wire = Wire::new(bytes);
    let (Some(magic), Some(_), Some(key), Some(extras), _, Some(_), Some(body)) =
        (wire.u8(), wire.u8(), wire.u16(), wire.u8(), wire.u8(), wire.u16(), wire.u32())
    else {
        return Length::More;
    };
    let least = u32::from(key) + u32::from(extras);
    if !matches!(magic, REQUEST | RESPONSE) || body < least || body > BODY {
        return Length::Bad("memcache.binary");
    }
    Length::Is(HEAD as u64 + u64::from(body))
}

/// Reads a message; `None` if it is damaged.
pub(super) fn message(frame: &Frame<'_>, keep: Keep) -> Option<Message> {
    let mut wire = Wire::new(&frame.bytes);
    let (magic, code, key, extras) = (wire.u8()?, wire.u8()?, wire.u16()?, wire.u8()?);
    let (_kind, status, body, opaque, cas) = (wire.u8()?, wire.u16()?, wire.u32()?, wire.u32()?, wire.u64()?);
    let extra = wire.take(usize::from(extras))?;
    let key = wire.take(usize::from(key))?;
    let value = wire.rest();
    let size = u64::from(body) - extra.len() as u64 - key.len() as u64;
    let op = codes::operation(code).unwrap_or(&UNKNOWN);
    let mut message = Message {
        binary: true,
        command: op.command.to_owned(),
        kind: op.kind,
        quiet: op.quiet,
        size: frame.size,
        start: frame.start,
        code,
        opaque,
        ..Message::default()
    };
    if !key.is_empty() {
        message.keys.push(String::from_utf8_lossy(key).into_owned());
    }
    message.text = String::from_utf8_lossy(value.get(..keep.text).unwrap_or(value)).into_owned();
    if keep.value > 0 && size > 0 && matches!(op.kind, codes::LOAD | codes::STORE) && status == 0 {
        message.show(value.get(..keep.value).unwrap_or(value));
    }
    if magic == REQUEST {
        request(&mut message, op, (status, cas, size), extra, value);
    } else {
        response(&mut message, op, (status, cas, size), extra, value);
    }
    Some(message)
}

fn request(
    m: &mut Message,
    op: &Operation,
    (vbucket, cas, size): (u16, u64, u64),
    extra: &[u8],
    value: &[u8],
) {
    m.put(&f::Q_OPCODE, Value::text(op.name));
    m.put(&f::Q_OPCODE_VALUE, m.code);
    m.put(&f::Q_OPAQUE, m.opaque);
    m.put(&f::Q_VBUCKET, vbucket);
    m.put(&f::Q_QUIET, m.quiet);
    if cas != 0 {
        m.put(&f::Q_CAS, cas);
    }
    let mut extra = Wire::new(extra);
    match op.code {
        0x01..=0x03 | 0x11..=0x13 => {
            let (flags, exptime) = (extra.u32(), extra.u32());
            m.put(&f::Q_FLAGS, flags.unwrap_or_default());
            m.put(&f::Q_EXPTIME, exptime.unwrap_or_default());
        }
        0x05 | 0x06 | 0x15 | 0x16 => {
            let (delta, initial, exptime) = (extra.u64(), extra.u64(), extra.u32());
            m.put(&f::Q_DELTA, delta.unwrap_or_default());
            m.put(&f::Q_INITIAL, initial.unwrap_or_default());
            m.put(&f::Q_EXPTIME, exptime.unwrap_or_default());
        }
        0x08 | 0x18 | 0x1c..=0x1e | 0x23 | 0x24 => {
            if let Some(exptime) = extra.u32() {
                m.put(&f::Q_EXPTIME, exptime);
            }
        }
        0x1b => m.put(&f::Q_VERBOSITY, extra.u32().unwrap_or_default()),
        0x21 if m.keys.first().is_some_and(|mechanism| mechanism == "PLAIN") => {
            let mut parts = value.split(|b| *b == 0).skip(1).map(|p| String::from_utf8_lossy(p).into_owned());
            m.user = parts.next();
            m.password = parts.next();
            m.text.clear();
        }
        _ => {}
    }
    if size > 0 && op.kind != codes::AUTH {
        m.put(&f::Q_BYTES, size);
        m.put(&f::Q_COUNT, 1u64);
    }
}

fn response(
    m: &mut Message,
    op: &Operation,
    (status, cas, size): (u16, u64, u64),
    extra: &[u8],
    value: &[u8],
) {
    m.status = status;
    m.put(&f::R_OPCODE, Value::text(op.name));
    m.put(&f::R_OPCODE_VALUE, m.code);
    m.put(&f::R_OPAQUE, m.opaque);
    m.put(&f::R_STATUS_CODE, status);
    if let Some(name) = codes::status(status) {
        m.put(&f::R_STATUS, Value::text(name));
    }
    if cas != 0 {
        m.put(&f::R_CAS, cas);
    }
    if status != 0 && status != 0x21 {
        let reason =
            String::from_utf8_lossy(value.get(..value.len().min(200)).unwrap_or_default()).into_owned();
        let named = codes::status(status).unwrap_or("unknown status").to_owned();
        m.error = Some(if reason.is_empty() { named } else { reason });
        if op.kind == codes::LOAD {
            m.put(&f::R_FLAGS, 0u64);
        }
        return;
    }
    match op.kind {
        codes::LOAD => {
            m.put(&f::R_FLAGS, Wire::new(extra).u32().unwrap_or_default());
            (m.bytes, m.values) = (size, u64::from(size > 0));
        }
        codes::COUNTER => m.put(&f::R_VALUE, Wire::new(value).u64().unwrap_or_default()),
        codes::STATS => {
            m.more = !m.keys.is_empty();
            if let Some(name) = m.keys.first() {
                m.stats.push((name.clone(), String::from_utf8_lossy(value).into_owned()));
            }
        }
        _ if op.code == 0x0b => m.put(&f::R_VERSION, String::from_utf8_lossy(value).into_owned()),
        _ if op.code == 0x1d || op.code == 0x23 => (m.bytes, m.values) = (size, 1),
        _ => {}
    }
}
