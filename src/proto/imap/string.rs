//! Strings of the grammar (RFC 9051 4.3): atoms, quoted strings, literals.

use crate::proto::{Dir, lines};

/// The length of the literal a line ends with.
pub(super) fn literal(line: &[u8]) -> Option<u64> {
    let inner = line.strip_suffix(b"}")?;
    let digits = inner.get(memchr::memrchr(b'{', inner)? + 1..)?;
    let digits = digits.strip_suffix(b"+").or(digits.strip_suffix(b"-")).unwrap_or(digits);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// An astring: an atom, a quoted string, or a literal that [`Side`] left in the line.
pub(super) fn astring(text: &[u8]) -> Option<(String, &[u8])> {
    let text = text.trim_ascii_start();
    if let Some(rest) = text.strip_prefix(b"\"") {
        let end = rest
            .iter()
            .enumerate()
            .position(|(i, b)| *b == b'"' && (i == 0 || rest.get(i - 1) != Some(&b'\\')))?;
        return Some((lines::text(rest.get(..end)?, 256).replace('\\', ""), rest.get(end + 1..)?));
    }
    if text.starts_with(b"{") {
        let head = memchr::memchr(b'}', text)? + 1;
        let size = usize::try_from(literal(text.get(..head)?)?).ok()?;
        let body = text.get(head..head.checked_add(size)?)?;
        return Some((lines::text(body, 256), text.get(head + size..)?));
    }
    let (word, rest) = lines::word(text);
    (!word.is_empty()).then(|| (lines::text(word, 256), rest))
}

/// Whether the literal that follows is a mail from its head on.
pub(super) fn is_mail(dir: Dir, line: &[u8]) -> bool {
    let upper = line.to_ascii_uppercase();
    let has = |text: &[u8]| memchr::memmem::find(&upper, text).is_some();
    match dir {
        Dir::Client => has(b" APPEND "),
        Dir::Server => has(b"BODY[] {") || has(b"RFC822 {") || has(b"BODY[]<0> {") || has(b"RFC822.HEADER {"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(literal(b"a LOGIN {5+}"), Some(5));
        assert_eq!(astring(b"\"a\\\"b\" c").map(|a| a.0), Some("a\"b".to_owned()));
        assert_eq!(astring(b"{3}abc {1}d"), Some(("abc".to_owned(), &b" {1}d"[..])));
    }
}
