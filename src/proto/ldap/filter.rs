//! Search filters as text (RFC 4515), and names of result codes (RFC 4511 §4.1.9).

use crate::proto::ber::Ber;
use crate::proto::lines;
use crate::proto::numbers::find;

/// Deepest nesting shown.
const DEPTH: usize = 16;
/// Longest text.
const LONGEST: usize = 4096;

include!(concat!(env!("OUT_DIR"), "/ldap_numbers.rs"));

/// Name of a result code.
pub(super) fn result(code: usize) -> Option<&'static str> {
    find(RESULTS, code)
}

/// The filter whose tag and contents these are.
pub(super) fn text(tag: u8, contents: &[u8]) -> String {
    let mut out = String::new();
    write(&mut out, tag, contents, 0);
    out
}

fn value(out: &mut String, bytes: &[u8]) {
    for c in lines::text(bytes, 512).chars() {
        match c {
            '*' => out.push_str("\\2a"),
            '(' => out.push_str("\\28"),
            ')' => out.push_str("\\29"),
            '\\' => out.push_str("\\5c"),
            c if c.is_control() => out.push_str(&format!("\\{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

fn write(out: &mut String, tag: u8, contents: &[u8], depth: usize) {
    if depth > DEPTH || out.len() > LONGEST {
        return out.push_str("(…)");
    }
    out.push('(');
    let mut parts = Ber(contents);
    match tag {
        0xa0..=0xa2 => {
            out.push(match tag {
                0xa0 => '&',
                0xa1 => '|',
                _ => '!',
            });
            while let Some((tag, contents)) = parts.next().filter(|_| out.len() <= LONGEST) {
                write(out, tag, contents, depth + 1);
            }
        }
        0xa3 | 0xa5 | 0xa6 | 0xa8 => {
            value(out, parts.tagged(4).unwrap_or_default());
            out.push_str(match tag {
                0xa3 => "=",
                0xa5 => ">=",
                0xa6 => "<=",
                _ => "~=",
            });
            value(out, parts.tagged(4).unwrap_or_default());
        }
        0xa4 => {
            value(out, parts.tagged(4).unwrap_or_default());
            out.push('=');
            let mut pieces = Ber(parts.tagged(0x30).unwrap_or_default());
            let mut last = 0;
            while let Some((kind, piece)) = pieces.next() {
                if kind != 0x80 {
                    out.push('*');
                }
                value(out, piece);
                last = kind;
            }
            if last != 0x82 {
                out.push('*');
            }
        }
        0x87 => {
            value(out, contents);
            out.push_str("=*");
        }
        // extensibleMatch: rule, attribute, value.
        0xa9 => {
            let rule = parts.tagged(0x81);
            value(out, parts.tagged(0x82).unwrap_or_default());
            if let Some(rule) = rule {
                out.push(':');
                value(out, rule);
            }
            out.push_str(":=");
            value(out, parts.tagged(0x83).unwrap_or_default());
        }
        _ => out.push('?'),
    }
    out.push(')');
}

#[cfg(test)]
mod tests {
    #[test]
    fn notation() {
        let filter = b"\x87\x02cn\xa4\x0b\x04\x02cn\x30\x05\x80\x01a\x82\x00\xa3\x08\x04\x01a\x04\x03b*c";
        assert_eq!(super::text(0xa0, filter), "(&(cn=*)(cn=a*)(a=b\\2ac))");
    }
}
