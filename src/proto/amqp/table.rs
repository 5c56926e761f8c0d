//! Field tables (AMQP 0-9-1 section 4.2.5, in RabbitMQ's reading of the types).

use crate::model::{Value, rfc3339};
use crate::proto::json_text::hex;
use crate::proto::wire::Wire;

/// Tables within tables.
const DEPTH: u8 = 8;
/// Members of one table that are kept.
const MEMBERS: usize = 256;

/// A short string.
pub(super) fn short(wire: &mut Wire<'_>) -> Option<String> {
    let len = wire.u8()?;
    wire.take(len.into()).map(lossy)
}

/// A long string.
pub(super) fn long<'a>(wire: &mut Wire<'a>) -> Option<&'a [u8]> {
    let len = usize::try_from(wire.u32()?).ok()?;
    wire.take(len)
}

/// Text that is cut if it is long.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or_default()).into_owned()
}

/// A table; `None` if it is damaged.
pub(super) fn table(wire: &mut Wire<'_>) -> Option<Value<'static>> {
    inner(wire, DEPTH)
}

/// Whether there is nothing in it.
pub(super) fn is_empty(table: &Value<'_>) -> bool {
    matches!(table, Value::Object(members) if members.is_empty())
}

fn inner(wire: &mut Wire<'_>, depth: u8) -> Option<Value<'static>> {
    let depth = depth.checked_sub(1)?;
    let mut bytes = Wire::new(long(wire)?);
    let mut members = Vec::new();
    while !bytes.rest().is_empty() {
        let name = short(&mut bytes)?;
        let value = value(&mut bytes, depth)?;
        if let Some(value) = value
            && members.len() < MEMBERS
        {
            members.push((name.into(), value));
        }
    }
    Some(Value::Object(members))
}

/// Seconds since the epoch as RFC 3339.
pub(super) fn time(seconds: u64) -> String {
    let ts = i64::try_from(seconds).ok().and_then(|s| s.checked_mul(1_000_000_000));
    match ts.map(rfc3339) {
        Some(text) => format!("{}Z", text.get(..19).unwrap_or_default()),
        None => seconds.to_string(),
    }
}

/// A value; `Some(None)` for the one that is none.
fn value(wire: &mut Wire<'_>, depth: u8) -> Option<Option<Value<'static>>> {
    Some(Some(match wire.u8()? {
        b't' => Value::Bool(wire.u8()? != 0),
        b'b' => Value::Int(wire.u8()?.cast_signed().into()),
        b'B' => wire.u8()?.into(),
        b's' => Value::Int(wire.u16()?.cast_signed().into()),
        b'u' => wire.u16()?.into(),
        b'I' => Value::Int(wire.u32()?.cast_signed().into()),
        b'i' => wire.u32()?.into(),
        b'l' | b'L' => Value::Int(wire.u64()?.cast_signed()),
        b'f' => f64::from(f32::from_bits(wire.u32()?)).into(),
        b'd' => f64::from_bits(wire.u64()?).into(),
        b'D' => decimal(wire.u8()?, wire.u32()?).into(),
        b'S' => lossy(long(wire)?).into(),
        b'x' => hex(long(wire)?.get(..256).unwrap_or_default()).into(),
        b'T' => time(wire.u64()?).into(),
        b'F' => inner(wire, depth)?,
        b'A' => {
            let mut bytes = Wire::new(long(wire)?);
            let (mut items, depth) = (Vec::new(), depth.checked_sub(1)?);
            while !bytes.rest().is_empty() {
                let item = value(&mut bytes, depth)?;
                items.extend(item.filter(|_| items.len() < MEMBERS));
            }
            Value::List(items)
        }
        b'V' => return Some(None),
        _ => return None,
    }))
}

/// A number with `scale` digits after the point.
fn decimal(scale: u8, number: u32) -> String {
    let scale = usize::from(scale);
    if scale == 0 {
        return number.to_string();
    }
    let digits = format!("{number:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at_checked(digits.len() - scale).unwrap_or_default();
    format!("{whole}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::rig::{hex, show};

    #[test]
    fn every_type_is_read() {
        let bytes = hex(
            "00000041 01 61 74 01 01 62 62 ff 01 63 49 fffffffe 01 64 44 02 0000007b 01 65 53 00000002 6869
             01 66 54 0000000000000000 01 67 41 00000004 74 00 42 07 01 68 56 01 69 46 00000004 01 7a 73 00",
        );
        // The length is put right, and the last table completed.
        let mut bytes = bytes;
        bytes.push(5);
        let len = u32::try_from(bytes.len() - 4).unwrap();
        bytes[..4].copy_from_slice(&len.to_be_bytes());
        let at = bytes.len() - 9;
        bytes[at + 3] = 5;
        let read = table(&mut Wire::new(&bytes)).unwrap();
        assert_eq!(
            show(&read),
            "a=true; b=-1; c=-2; d=1.23; e=hi; f=1970-01-01T00:00:00Z; g=false | 7; i=z=5"
        );
        assert_eq!(table(&mut Wire::new(&bytes[..40])), None);
        assert_eq!(decimal(3, 5), "0.005");
        assert!(table(&mut Wire::new(&hex("00000003 01 61 3f"))).is_none());
    }
}
