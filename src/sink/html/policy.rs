//! The content security policy of the page: nothing but its own style and script, named by hash
//! (Content Security Policy Level 3, §2.3.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The page's style sheet.
pub const STYLE: &str = include_str!("data/style.css");
/// The page's script.
pub const SCRIPT: &str = include_str!("data/script.js");

/// The value of the policy.
pub fn value() -> String {
    let (style, script) = (source(STYLE), source(SCRIPT));
    format!(
        "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
    )
}

fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::{Engine, STANDARD};

    #[test]
    fn vectors_of_rfc_4648() {
        assert_eq!(STANDARD.encode(b""), "");
        assert_eq!(STANDARD.encode(b"f"), "Zg==");
        assert_eq!(STANDARD.encode(b"fo"), "Zm8=");
        assert_eq!(STANDARD.encode(b"foobar"), "Zm9vYmFy");
    }
}
