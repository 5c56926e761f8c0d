//! HTML and SVG text and attribute values: the five characters with a meaning become references, and
//! hidden characters are spelled out, so that neither markup nor the direction of text can change.

use super::text::visible;

/// Appends `text` so that a browser shows it as it is, in text and in quoted attribute values.
pub fn push(out: &mut String, text: &str) {
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_direction_are_shown_not_followed() {
        let mut out = String::new();
        push(&mut out, "<b a='1'>&\"\u{202e}x\0");
        assert_eq!(out, "&lt;b a=&#39;1&#39;&gt;&amp;&quot;\\u{202e}x\\x00");
    }
}
