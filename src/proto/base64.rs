//! Base64 (RFC 4648 §4) for fingerprints, PEM, DNS and HTTP; base32 with the extended hex alphabet (§7)
//! for NSEC3.

const ALPHABET32: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
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

/// The encoding of `bytes`, padded.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    push(&mut out, bytes, true);
    out
}

/// Bytes of `text`; padding may be missing. `None` if it holds anything else.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.get(..end)?.chunks(4) {
        let mut word = 0u32;
        for byte in chunk {
            word = word << 6 | u32::from(digit(*byte)?);
        }
        word <<= 6 * (4 - chunk.len());
        let [_, bytes @ ..] = word.to_be_bytes();
        // A lone last character holds no whole byte.
        let whole = chunk.len().checked_sub(1).filter(|n| *n > 0)?;
        out.extend_from_slice(bytes.get(..whole)?);
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Base32hex without padding, as NSEC3 owner names are written (RFC 5155 §3.3).
pub(super) fn base32hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let word = chunk.iter().fold(0u64, |w, b| w << 8 | u64::from(*b)) << (8 * (5 - chunk.len()));
        for i in 0..(chunk.len() * 8).div_ceil(5) {
            let letter = ALPHABET32.get((word >> (35 - 5 * i) & 31) as usize).copied().unwrap_or(b'0');
            out.push(char::from(letter));
        }
    }
    out
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

    /// RFC 4648 §10, with base32hex.
    #[test]
    fn vectors() {
        let cases = [
            ("", "", ""),
            ("f", "Zg==", "CO"),
            ("fo", "Zm8=", "CPNG"),
            ("foo", "Zm9v", "CPNMU"),
            ("foob", "Zm9vYg==", "CPNMUOG"),
            ("fooba", "Zm9vYmE=", "CPNMUOJ1"),
            ("foobar", "Zm9vYmFy", "CPNMUOJ1E8"),
        ];
        for (plain, text, text32) in cases {
            assert_eq!(super::encode(plain.as_bytes()), text);
            assert_eq!(super::decode(text.as_bytes()).unwrap(), plain.as_bytes());
            assert_eq!(super::base32hex(plain.as_bytes()), text32);
        }
        assert_eq!(super::decode(b"Z"), None);
        assert_eq!(super::decode(b"Zm 9v"), None);
    }
}
