//! BSON documents (bsonspec.org, version 1.1): members as they lie in the message, and as JSON text with
//! sorted keys, which is how Packetbeat prints them.

use crate::model::rfc3339;
use crate::proto::json_text as text;
use crate::proto::wire::Wire;

/// Documents within documents that are shown.
const DEPTH: u8 = 24;
/// Members of one document that are shown.
const MEMBERS: usize = 4096;

/// A member of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub key: &'a [u8],
    pub kind: u8,
    pub value: &'a [u8],
}

impl<'a> Element<'a> {
    /// The text, if it is a string.
    pub(super) fn str(&self) -> Option<&'a [u8]> {
        if !matches!(self.kind, 0x02 | 0x0d | 0x0e) {
            return None;
        }
        self.value.get(4..)?.strip_suffix(b"\0")
    }

    /// The document, if it is one or an array.
    pub(super) fn document(&self) -> Option<&'a [u8]> {
        matches!(self.kind, 3 | 4).then_some(self.value)
    }

    /// The bytes, if it is binary.
    pub(super) fn binary(&self) -> Option<&'a [u8]> {
        if self.kind == 5 { self.value.get(5..) } else { None }
    }

    /// The number, if it is one; `true` is 1.
    pub(super) fn number(&self) -> Option<f64> {
        let mut wire = Wire::new(self.value);
        match self.kind {
            0x01 => wire.u64_le().map(f64::from_bits),
            0x08 => wire.u8().map(f64::from),
            0x10 => wire.u32_le().map(|n| f64::from(n.cast_signed())),
            // Beyond 2^53 this is near enough for what is asked of it.
            0x12 => wire.u64_le().and_then(|n| i32::try_from(n.cast_signed()).ok()).map(f64::from),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub(super) fn int(&self) -> Option<i64> {
        let mut wire = Wire::new(self.value);
        match self.kind {
            0x10 => wire.u32_le().map(|n| i64::from(n.cast_signed())),
            0x12 => wire.u64_le().map(u64::cast_signed),
            _ => None,
        }
    }
}

/// Bytes of a document that begins `bytes`, as far as they are there.
pub(super) fn document<'a>(wire: &mut Wire<'a>) -> Option<&'a [u8]> {
    let len = Wire::new(wire.rest()).u32_le()?;
    let len = usize::try_from(len).ok().filter(|len| *len >= 5)?;
    wire.take(len)
}

/// The members of a document; ends early where it is damaged.
pub(super) fn elements(document: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut wire = Wire::new(document.get(4..).unwrap_or_default());
    std::iter::from_fn(move || {
        let kind = wire.u8().filter(|kind| *kind != 0)?;
        let key = wire.cstr()?;
        let size = size(kind, wire.rest())?;
        Some(Element { key, kind, value: wire.take(size)? })
    })
}

/// The member of that name.
pub(super) fn find<'a>(document: &'a [u8], key: &str) -> Option<Element<'a>> {
    elements(document).find(|e| e.key == key.as_bytes())
}

fn size(kind: u8, rest: &[u8]) -> Option<usize> {
    let len = || Wire::new(rest).u32_le().and_then(|n| usize::try_from(n).ok());
    Some(match kind {
        0x01 | 0x09 | 0x11 | 0x12 => 8,
        0x02 | 0x0d | 0x0e => len()?.checked_add(4)?,
        0x03 | 0x04 | 0x0f => len()?,
        0x05 => len()?.checked_add(5)?,
        0x06 | 0x0a | 0x7f | 0xff => 0,
        0x07 => 12,
        0x08 => 1,
        0x0b => {
            let first = memchr::memchr(0, rest)? + 1;
            first + memchr::memchr(0, rest.get(first..)?)? + 1
        }
        0x0c => len()?.checked_add(16)?,
        0x10 => 4,
        0x13 => 16,
        _ => return None,
    })
}

/// How a document is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style<'s> {
    /// Members that are left out.
    pub without: &'s [&'s [u8]],
    /// Members whose values are masked, at any depth.
    pub masked: &'s [&'s [u8]],
    /// Bytes after which nothing is added.
    pub cap: usize,
}

/// Appends a document as JSON.
pub(super) fn show(out: &mut String, document: &[u8], style: Style<'_>) {
    members(out, document, style, DEPTH);
}

/// Appends an array as JSON.
pub(super) fn show_list(out: &mut String, document: &[u8], style: Style<'_>) {
    list(out, document, style, DEPTH);
}

fn members(out: &mut String, document: &[u8], style: Style<'_>, depth: u8) {
    let mut all: Vec<_> =
        elements(document).filter(|e| !style.without.contains(&e.key)).take(MEMBERS).collect();
    all.sort_by_key(|e| e.key);
    let inner = Style { without: &[], ..style };
    out.push('{');
    for (i, element) in all.iter().enumerate() {
        if out.len() >= style.cap {
            break;
        }
        if i > 0 {
            out.push(',');
        }
        text::string(out, element.key);
        out.push(':');
        if style.masked.contains(&element.key) {
            out.push_str("\"******\"");
        } else {
            value(out, element, inner, depth);
        }
    }
    out.push('}');
}

fn list(out: &mut String, document: &[u8], style: Style<'_>, depth: u8) {
    out.push('[');
    for (i, element) in elements(document).take(MEMBERS).enumerate() {
        if out.len() >= style.cap {
            break;
        }
        if i > 0 {
            out.push(',');
        }
        value(out, &element, style, depth);
    }
    out.push(']');
}

fn value(out: &mut String, element: &Element<'_>, style: Style<'_>, depth: u8) {
    let Some(depth) = depth.checked_sub(1) else { return out.push_str("\"...\"") };
    let mut wire = Wire::new(element.value);
    match element.kind {
        0x01 => out.push_str(&text::number(element.number().unwrap_or_default())),
        0x02 | 0x0e => text::string(out, element.str().unwrap_or_default()),
        0x03 => members(out, element.value, style, depth),
        0x04 => list(out, element.value, style, depth),
        0x05 => binary(out, element.value),
        0x06 => out.push_str("{}"),
        0x07 => {
            out.push('"');
            out.push_str(&text::hex(element.value));
            out.push('"');
        }
        0x08 => out.push_str(if element.value == [0] { "false" } else { "true" }),
        0x09 => out.push_str(&time(wire.u64_le().unwrap_or_default().cast_signed())),
        0x0b => {
            let (pattern, options) = (wire.cstr().unwrap_or_default(), wire.cstr().unwrap_or_default());
            out.push_str("{\"Pattern\":");
            text::string(out, pattern);
            out.push_str(",\"Options\":");
            text::string(out, options);
            out.push('}');
        }
        0x0d => {
            out.push_str("{\"Code\":");
            text::string(out, element.str().unwrap_or_default());
            out.push_str(",\"Scope\":null}");
        }
        0x10 | 0x12 => out.push_str(&element.int().unwrap_or_default().to_string()),
        0x11 => out.push_str(&wire.u64_le().unwrap_or_default().to_string()),
        0x13 => {
            out.push('"');
            out.push_str(&text::hex(element.value));
            out.push('"');
        }
        _ => out.push_str("null"),
    }
}

fn binary(out: &mut String, value: &[u8]) {
    let (kind, bytes) = (value.get(4).copied().unwrap_or(0), value.get(5..).unwrap_or_default());
    if kind == 0 {
        return quoted(out, bytes);
    }
    out.push_str(&format!("{{\"Kind\":{kind},\"Data\":"));
    quoted(out, bytes);
    out.push('}');
}

fn quoted(out: &mut String, bytes: &[u8]) {
    out.push('"');
    crate::proto::base64::push(out, bytes, true);
    out.push('"');
}

/// Milliseconds since the epoch as RFC 3339 without needless zeros.
fn time(millis: i64) -> String {
    let Some(ts) = millis.checked_mul(1_000_000) else { return millis.to_string() };
    let text = rfc3339(ts);
    let text = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("\"{text}Z\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::rig::hex;

    fn shown(document: &[u8], cap: usize) -> String {
        let mut out = String::new();
        show(&mut out, document, Style { cap, masked: &[b"pwd"], ..Style::default() });
        out
    }

    /// The examples of bsonspec.org, and one of each kind of our own.
    #[test]
    fn documents_as_json() {
        let hello = hex("16000000 02 68656c6c6f00 06000000 776f726c6400 00");
        assert_eq!(shown(&hello, 1000), "{\"hello\":\"world\"}");
        let list =
            hex("31000000 04 42534f4e00 26000000 02 3000 08000000 617765736f6d6500 01 3100 333333333333 1440
             10 3200 c2070000 00 00");
        assert_eq!(shown(&list, 1000), "{\"BSON\":[\"awesome\",5.05,1986]}");
        let kinds = hex("00000000 09 6400 80d5c4a3 4a010000 08 6200 01 0a 6e00 12 6c00 ffffffffffffffff
             07 6900 000102030405060708090a0b 0b 7200 612b00 6900 05 7800 02000000 04 abcd
             02 70776400 02000000 7300 00");
        assert_eq!(
            shown(&kinds, 1000),
            "{\"b\":true,\"d\":\"2015-01-01T04:33:13.6Z\",\"i\":\"000102030405060708090a0b\",\"l\":-1,\"n\":null,\
             \"pwd\":\"******\",\"r\":{\"Pattern\":\"a+\",\"Options\":\"i\"},\"x\":{\"Kind\":4,\"Data\":\"q80=\"}}"
        );
    }

    #[test]
    fn damaged_ones_end() {
        let mut nested = Vec::new();
        for _ in 0..100 {
            nested.extend(hex("ff000000 03 6100"));
        }
        assert!(shown(&nested, 1000).len() < 300);
        assert_eq!(shown(b"", 10), "{}");
        assert_eq!(shown(&hex("ffffffff 02 6100 ffffffff 61"), 10), "{}");
    }
}
