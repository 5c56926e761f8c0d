//! The pattern files that ship inside the program.

use super::Library;

/// Name and text of each file of `patterns/grok`.
pub(super) const FILES: &[(&str, &str)] = &[
    ("patterns/grok/base.grok", include_str!("../../../patterns/grok/base.grok")),
    ("patterns/grok/net.grok", include_str!("../../../patterns/grok/net.grok")),
    ("patterns/grok/syslog.grok", include_str!("../../../patterns/grok/syslog.grok")),
    ("patterns/grok/time.grok", include_str!("../../../patterns/grok/time.grok")),
    ("patterns/grok/web.grok", include_str!("../../../patterns/grok/web.grok")),
];

impl Library {
    /// The patterns netlog ships with (`patterns/grok`).
    pub fn builtin() -> Library {
        let mut library = Library::empty();
        for (file, text) in FILES {
            let added = library.add_text(file, text);
            debug_assert!(added.is_ok(), "{added:?}");
        }
        library
    }
}
