//! CSV cells. Quoting is the writer's business (RFC 4180); here a spreadsheet is kept from taking
//! text for a formula, and one record is kept on one line.

use super::{is_hidden, text};
use std::borrow::Cow;

/// Text as a cell: hidden characters spelled out, and an apostrophe before what would begin a formula
/// (`=`, `+`, `-`, `@`, tab, carriage return; OWASP "CSV Injection", with their fullwidth forms).
pub fn cell(value: &str) -> Cow<'_, str> {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if !formula && !value.chars().any(is_hidden) {
        return Cow::Borrowed(value);
    }
    let visible = text::visible(value);
    Cow::Owned(if formula { format!("'{visible}") } else { visible })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("\t=1"), "'\\t=1");
        assert_eq!(cell("\r=1"), "'\\r=1");
        assert_eq!(cell("a=1"), "a=1");
        assert_eq!(cell("a\nb\x1b"), "a\\nb\\x1b");
        assert_eq!(cell(""), "");
    }
}
