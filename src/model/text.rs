//! Texts.

/// Cuts text at a limit in bytes, at a character's boundary.
pub fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or_default()
}
