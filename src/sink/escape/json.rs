//! JSON strings (RFC 8259 §7). Hidden characters are written as `\uXXXX`, which any reader turns back
//! into the same text, so that a terminal or editor that shows the file is safe too.

use super::is_hidden;

/// 0: as it is. 1: must be escaped. 2: first byte of a sequence that may encode a hidden character.
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = 1;
        i += 1;
    }
    table[b'"' as usize] = 1;
    table[b'\\' as usize] = 1;
    table[0x7f] = 1;
    // C1 and soft hyphen; U+061C; U+180E; U+2000-206F; U+FExx-FFxx; tags.
    table[0xc2] = 2;
    table[0xd8] = 2;
    table[0xe1] = 2;
    table[0xe2] = 2;
    table[0xef] = 2;
    table[0xf3] = 2;
    table
}

/// Appends `text` with its quotes.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_bare(out, text);
    out.push(b'"');
}

/// Appends `text` without quotes; quick where nothing has to be escaped.
#[inline]
pub fn push_bare(out: &mut Vec<u8>, text: &str) {
    match is_clean(text.as_bytes()) {
        true => out.extend_from_slice(text.as_bytes()),
        false => push_inner(out, text),
    }
}

/// Whether nothing needs a closer look: what nearly all texts are.
#[inline]
fn is_clean(bytes: &[u8]) -> bool {
    if let Some(tail) = bytes.last_chunk::<8>() {
        let (words, _) = bytes.as_chunks::<8>();
        // The last eight overlap those before them.
        return words.iter().all(|word| is_plain(u64::from_le_bytes(*word)))
            && is_plain(u64::from_le_bytes(*tail));
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(head), Some(tail)) => {
            is_plain(u64::from(u32::from_le_bytes(*head)) << 32 | u64::from(u32::from_le_bytes(*tail)))
        }
        _ => bytes.iter().all(|b| CLASS[usize::from(*b)] == 0),
    }
}

/// Appends `text` without quotes.
pub fn push_inner(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(step) = bytes.get(at..).and_then(special) {
        at += step;
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let next = at + c.len_utf8();
        if c == '"' || c == '\\' || is_hidden(c) {
            out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
            push_char(out, c);
            from = next;
        }
        at = next;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
}

/// Position of the next byte that is not plain.
fn special(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let clean = 8 * words.iter().take_while(|word| is_plain(u64::from_le_bytes(**word))).count();
    let rest = bytes.get(clean..).unwrap_or_default();
    rest.iter().position(|b| CLASS[usize::from(*b)] != 0).map(|at| clean + at)
}

/// Whether none of eight bytes is a quote, a backslash, DEL, below 0x20 or above 0x7f: the classic test
/// for a zero byte (Mycroft 1987) on the differences. It may say no where a neighbour borrows; the
/// table then decides.
const fn is_plain(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    const fn below(word: u64, limit: u64) -> u64 {
        word.wrapping_sub(limit * ONES) & !word
    }
    let quote = below(word ^ (0x22 * ONES), 1);
    let backslash = below(word ^ (0x5c * ONES), 1);
    let delete = below(word ^ (0x7f * ONES), 1);
    (word | below(word, 0x20) | quote | backslash | delete) & HIGH == 0
}

fn push_char(out: &mut Vec<u8>, c: char) {
    let short = match c {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        _ => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(b"0123456789abcdef"[usize::from(*unit >> shift & 15)]);
                }
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn short_forms_and_separators() {
        assert_eq!(written("a\"b\\c\n\r\t\u{8}\u{c}"), r#""a\"b\\c\n\r\t\b\f""#);
        assert_eq!(written("\0\u{1b}[31m\u{7f}\u{9b}"), r#""\u0000\u001b[31m\u007f\u009b""#);
        assert_eq!(written("x\u{2028}y\u{202e}z\u{feff}"), r#""x\u2028y\u202ez\ufeff""#);
        assert_eq!(written("\u{e0041}"), r#""\udb40\udc41""#);
        assert_eq!(written("größe 東京 🦀 \u{e000}"), "\"größe 東京 🦀 \u{e000}\"");
    }

    #[test]
    fn a_special_byte_is_found_at_any_place() {
        for byte in (0..=0xffu8).filter(|b| CLASS[usize::from(*b)] != 0) {
            for (len, at) in (1..20).flat_map(|len| (0..len).map(move |at| (len, at))) {
                let mut text = vec![b'a'; len];
                assert!(is_clean(&text));
                text[at] = byte;
                assert!(!is_clean(&text), "{byte:#x} at {at} of {len}");
            }
        }
        for byte in (0..0x80u8).filter(|b| CLASS[usize::from(*b)] == 1) {
            for at in 0..24 {
                let mut text = vec![b'a'; 24];
                text[at] = byte;
                assert_eq!(special(&text), Some(at), "{byte:#x} at {at}");
            }
        }
        let plain: Vec<u8> = (0..0x80u8).filter(|b| CLASS[usize::from(*b)] == 0).collect();
        assert_eq!(special(&plain.repeat(5)), None);
    }

    #[test]
    fn every_character_reads_back_and_none_stays_hidden() {
        for c in (0..=0x10_ffffu32).filter_map(char::from_u32) {
            let text = format!("a{c}b");
            let json = written(&text);
            assert!(!json.chars().any(is_hidden), "{:x}", u32::from(c));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text, "{:x}", u32::from(c));
        }
    }
}
