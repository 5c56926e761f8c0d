//! Texts that were cut in the middle of a character.

/// A text in which halves of surrogate pairs that stand alone (`\ud83d`), which are no characters (RFC 8259 8.2) and yet
/// what programs write that cut texts, are U+FFFD; `None` if there is none.
pub(super) fn without_halves(text: &str) -> Option<String> {
    let unit = |rest: &str| {
        let digits = rest.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut out, mut kept, mut at) = (String::new(), 0, 0);
    while let Some(found) = text.get(at..)?.find('\\') {
        at += found;
        let rest = text.get(at..)?;
        let len = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                out.push_str(text.get(kept..at)?);
                out.push_str("\\ufffd");
                kept = at + 6;
                6
            }
            // The character behind it is escaped, whatever it is.
            _ => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
        };
        at += len;
    }
    out.push_str(text.get(kept..)?);
    (kept > 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_pairs_are_replaced_and_nothing_else() {
        let alone = without_halves(r#"{"a":"\ud83d b","c":"\uDC00\ud83d\ude00\\ud83d"}"#);
        assert_eq!(alone.as_deref(), Some(r#"{"a":"\ufffd b","c":"\ufffd\ud83d\ude00\\ud83d"}"#));
        for whole in [r#"{"a":"\ud83d\ude00 \\ud83d \n"}"#, "", "\\", "\\u", r"\ud8", "\\ü"] {
            assert_eq!(without_halves(whole), None, "{whole}");
        }
    }
}
