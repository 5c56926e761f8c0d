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
    push_inner(out, text);
    out.push(b'"');
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
    bytes.iter().position(|b| CLASS[usize::from(*b)] != 0)
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
    fn every_character_reads_back_and_none_stays_hidden() {
        for c in (0..=0x10_ffffu32).filter_map(char::from_u32) {
            let text = format!("a{c}b");
            let json = written(&text);
            assert!(!json.chars().any(is_hidden), "{:x}", u32::from(c));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text, "{:x}", u32::from(c));
        }
    }
}
