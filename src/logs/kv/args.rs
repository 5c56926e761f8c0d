//! Arguments of a command as auditd numbers them: `a0="ls" a1="-l"`, a long one in parts (`a1_len=9000 a1[0]=… a1[1]=…`), and
//! what holds blanks, quotes or control characters as hexadecimal digits.

use crate::logs::draft::Draft;
use crate::model::{FieldRef, Value};

/// Arguments so far, in the order they came, which is theirs.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    all: Vec<String>,
    /// Number of the last one, which parts may follow.
    last: Option<usize>,
}

impl Arguments {
    /// Takes a pair; false if it is none of them.
    pub fn take(&mut self, key: &str, value: &str, quoted: bool) -> bool {
        let Some((number, rest)) = number(key) else { return false };
        let decoded = if quoted { None } else { unhex(value) };
        let value = decoded.unwrap_or_else(|| value.to_owned());
        match (rest, self.all.last_mut()) {
            ("_len", _) => {}
            (part, Some(last)) if part.starts_with('[') && self.last == Some(number) => last.push_str(&value),
            _ => {
                self.all.push(value);
                self.last = Some(number);
            }
        }
        true
    }

    /// Puts them into the fields: the list, and all with blanks between.
    pub fn put(self, fields: Option<[FieldRef; 2]>, draft: &mut Draft<'_>) {
        let Some([list, line]) = fields.filter(|_| !self.all.is_empty()) else { return };
        draft.fields.push((line, self.all.join(" ").into()));
        draft.fields.push((list, Value::List(self.all.into_iter().map(Value::from).collect())));
    }
}

/// The number of a key such as `a7`, and what stands behind it: nothing, `_len`, or the number of a part in brackets.
fn number(key: &str) -> Option<(usize, &str)> {
    let digits = key.strip_prefix('a')?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (number, rest) = digits.split_at(end);
    let part = rest.strip_prefix('[').and_then(|part| part.strip_suffix(']'));
    let known = rest.is_empty() || rest == "_len" || part.is_some_and(|part| part.parse::<u32>().is_ok());
    number.parse().ok().filter(|_| known).map(|number| (number, rest))
}

/// Text that auditd wrote as hexadecimal digits because it holds blanks, quotes or control characters;
/// arguments are divided by NULs there. `None` if it is something else.
pub(super) fn unhex(text: &str) -> Option<String> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !odd.is_empty() {
        return None;
    }
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?))
        .map(|byte| byte.map(|b| if b == 0 { b' ' } else { b }))
        .collect();
    Some(String::from_utf8_lossy(&bytes?).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_texts() {
        assert_eq!(unhex("2F62696E2F6C73002D6C").as_deref(), Some("/bin/ls -l"));
        assert_eq!(unhex("726F6F"), Some("roo".to_owned()));
        assert_eq!(unhex("726F6"), None);
        assert_eq!(unhex("root"), None);
        assert_eq!(unhex(""), None);
        assert_eq!(unhex("FF").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn keys_of_arguments() {
        assert_eq!(number("a0"), Some((0, "")));
        assert_eq!(number("a12[3]"), Some((12, "[3]")));
        assert_eq!(number("a1_len"), Some((1, "_len")));
        assert_eq!([number("argc"), number("a"), number("a1x"), number("auid")], [None; 4]);
        let mut arguments = Arguments::default();
        for (key, value, quoted) in [
            ("a0", "sh", true),
            ("a1", "AB", true),
            ("a2_len", "4", false),
            ("a2[0]", "6120", false),
            ("a2[1]", "62", false),
        ] {
            assert!(arguments.take(key, value, quoted), "{key}");
        }
        assert_eq!(arguments.all, ["sh", "AB", "ab"]);
    }
}
