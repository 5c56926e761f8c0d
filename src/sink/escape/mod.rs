//! Making text from the input harmless, one module per kind of output. An attacker chooses host
//! names, paths, user agents, user names and file names; nothing of it may be interpreted by a
//! terminal, a Markdown viewer, a spreadsheet or a JSON reader.

pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
pub mod text;

/// Characters that change how the text around them is shown without being seen themselves: control
/// characters (C0, DEL, C1), line and paragraph separators, bidirectional controls (Unicode UAX #9),
/// zero-width characters, tags and the byte order mark.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
