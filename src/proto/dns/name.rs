//! Domain names on the wire (RFC 1035 §3.1, §4.1.4).

use super::message::Fault;

/// Longest name on the wire, with its length bytes (RFC 1035 §2.3.4).
const MAX: usize = 255;
/// Pointers followed in one name: as many as it can have labels. A longer chain is made to cost time.
const POINTERS: usize = 127;

/// Appends the name at `at` to `out`, without the final dot (the root is `.`), and returns where what
/// follows it begins. Bytes that are not printable ASCII become `\DDD`, dots and backslashes inside a
/// label are escaped (RFC 1035 §5.1). `lower` turns upper case to lower, as names compare.
pub(super) fn read(message: &[u8], at: usize, lower: bool, out: &mut String) -> Result<usize, Fault> {
    let from = out.len();
    let mut length = 0;
    let end = walk(message, at, |label| {
        length += label.len() + 1;
        if out.len() > from {
            out.push('.');
        }
        label.iter().for_each(|byte| push(*byte, lower, out));
        if length < MAX { Ok(()) } else { Err(Fault::NameLong) }
    })?;
    if out.len() == from {
        out.push('.');
    }
    Ok(end)
}

/// Where what follows the name at `at` begins; the name's form is checked as in [`read`].
pub(super) fn skip(message: &[u8], at: usize) -> Result<usize, Fault> {
    let mut length = 0;
    walk(message, at, |label| {
        length += label.len() + 1;
        if length < MAX { Ok(()) } else { Err(Fault::NameLong) }
    })
}

/// Calls `each` for every label. A pointer has to point before the part of the name it stands in, so
/// the walk ends.
fn walk<'m>(
    message: &'m [u8],
    at: usize,
    mut each: impl FnMut(&'m [u8]) -> Result<(), Fault>,
) -> Result<usize, Fault> {
    let mut at = at;
    let mut part = at;
    let mut end = None;
    let mut pointers = 0;
    loop {
        let len = usize::from(*message.get(at).ok_or(Fault::Truncated)?);
        match len >> 6 {
            0 if len == 0 => return Ok(end.unwrap_or(at + 1)),
            0 => {
                let label = message.get(at + 1..at + 1 + len).ok_or(Fault::Truncated)?;
                each(label)?;
                at += 1 + len;
            }
            3 => {
                let low = usize::from(*message.get(at + 1).ok_or(Fault::Truncated)?);
                let target = (len & 0x3f) << 8 | low;
                pointers += 1;
                if target >= part || pointers > POINTERS {
                    return Err(Fault::NameLoop);
                }
                end.get_or_insert(at + 2);
                at = target;
                part = target;
            }
            _ => return Err(Fault::LabelType),
        }
    }
}

fn push(byte: u8, lower: bool, out: &mut String) {
    match byte {
        b'.' | b'\\' => {
            out.push('\\');
            out.push(char::from(byte));
        }
        0x21..=0x7e if lower => out.push(char::from(byte.to_ascii_lowercase())),
        0x21..=0x7e => out.push(char::from(byte)),
        _ => {
            out.push('\\');
            for digit in [byte / 100, byte / 10 % 10, byte % 10] {
                out.push(char::from(b'0' + digit));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(message: &[u8], at: usize) -> Result<(String, usize), Fault> {
        let mut out = String::new();
        read(message, at, true, &mut out).map(|end| (out, end))
    }

    #[test]
    fn chains_of_pointers_end() {
        // A name at 0, and behind it pointers, each to the one before.
        let mut message = b"\x01a\x00".to_vec();
        for nth in 0..=POINTERS {
            let before = if nth == 0 { 0 } else { message.len() - 2 };
            message.extend([0xc0 | (before >> 8) as u8, before as u8]);
        }
        let last = message.len() - 2;
        assert_eq!(name(&message, last - 2), Ok(("a".to_owned(), last)));
        assert_eq!(name(&message, last), Err(Fault::NameLoop));
    }

    /// RFC 1035 §4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92.
    #[test]
    fn compression() {
        let mut message = vec![0u8; 93];
        message[20..32].copy_from_slice(b"\x01F\x03ISI\x04ARPA\x00");
        message[40..46].copy_from_slice(b"\x03FOO\xc0\x14");
        message[64..66].copy_from_slice(b"\xc0\x1a");
        assert_eq!(name(&message, 20), Ok(("f.isi.arpa".to_owned(), 32)));
        assert_eq!(name(&message, 40), Ok(("foo.f.isi.arpa".to_owned(), 46)));
        assert_eq!(name(&message, 64), Ok(("arpa".to_owned(), 66)));
        assert_eq!(name(&message, 92), Ok((".".to_owned(), 93)));
    }

    #[test]
    fn faults() {
        assert_eq!(name(b"\xc0\x00", 0), Err(Fault::NameLoop));
        assert_eq!(name(b"\x01a\xc0\x00", 0), Err(Fault::NameLoop));
        assert_eq!(name(b"\x01a\xc0\x04\xc0\x02", 4), Err(Fault::NameLoop));
        assert_eq!(name(b"\x05ab", 0), Err(Fault::Truncated));
        assert_eq!(name(b"\x80", 0), Err(Fault::LabelType));
        let long: Vec<u8> = std::iter::repeat_n(*b"\x01a", 130).flatten().chain([0]).collect();
        assert_eq!(name(&long, 0), Err(Fault::NameLong));
        assert_eq!(skip(&long, 0), Err(Fault::NameLong));
    }

    #[test]
    fn odd_bytes_are_escaped() {
        assert_eq!(name(b"\x05a.\\\x07\xff\x00", 0), Ok(("a\\.\\\\\\007\\255".to_owned(), 7)));
    }
}
