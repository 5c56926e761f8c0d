//! Markdown (CommonMark 0.31, GitHub's tables and bare links): what the input says is shown, never
//! interpreted as markup, HTML, link or table cell.

use super::text::visible;

/// `text` so that a viewer shows it as it is.
pub fn plain(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let before = out.as_str();
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '|' | '~' | '@' | '$' => true,
            // A bare link: `http://`, `www.`.
            ':' => rest.as_str().starts_with("//") || before.ends_with("mailto") || before.ends_with("xmpp"),
            '.' if ends_with_www(before) => true,
            // A numbered list, where a line begins.
            '.' | ')' => all_digits(before) && !rest.as_str().starts_with(|next: char| next != ' '),
            // Lists, rules and headings, where a line begins.
            '-' | '+' | '=' => before.is_empty(),
            _ => false,
        };
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ if special => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    text.get(text.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown() {
        assert_eq!(plain("a|b`c`"), "a\\|b\\`c\\`");
        assert_eq!(plain("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(plain("[x](javascript:1)"), "\\[x\\](javascript:1)");
        assert_eq!(plain("![i](http://h/)"), "\\!\\[i\\](http\\://h/)");
        assert_eq!(plain("WWW.evil.example a@b.c"), "WWW\\.evil.example a\\@b.c");
        assert_eq!(plain("- item"), "\\- item");
        assert_eq!(plain("1. item"), "1\\. item");
        assert_eq!(plain("12) item"), "12\\) item");
        assert_eq!(plain("0.1.0"), "0.1.0");
        assert_eq!(plain("a\nb\u{202e}&lt;"), "a\\\\nb\\\\u{202e}&amp;lt;");
        assert_eq!(plain("203.0.113.7 web-1 /a/b?c=d"), "203.0.113.7 web-1 /a/b?c=d");
    }
}
