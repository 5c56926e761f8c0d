//! Base64 (RFC 4648 §4), for fingerprints and PEM.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the encoding of `bytes`, with `=` at the end if `pad`.
pub(super) fn push(out: &mut String, bytes: &[u8], pad: bool) {
    for group in bytes.chunks(3) {
        let v = group.iter().zip([16, 8, 0]).fold(0, |v, (b, shift)| v | usize::from(*b) << shift);
        for (i, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            if i <= group.len() {
                out.extend(ALPHABET.get(v >> shift & 63).map(|b| char::from(*b)));
            } else if pad {
                out.push('=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    /// RFC 4648 §10.
    #[test]
    fn published() {
        for (bytes, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            let mut out = String::new();
            super::push(&mut out, bytes.as_bytes(), true);
            assert_eq!(out, want);
        }
        let mut out = String::new();
        super::push(&mut out, b"fo", false);
        assert_eq!(out, "Zm8");
    }
}
