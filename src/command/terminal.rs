//! What the outside offers: a terminal or not, its width, colours. Asked once, in main.

use crate::cli::ColorWhen;
use std::io::IsTerminal;

/// The outside.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Columns, if standard output is a terminal.
    pub width: Option<usize>,
    /// Whether standard error is a terminal: progress is drawn only there.
    pub progress: bool,
    /// Whether NO_COLOR or TERM=dumb asks for no colour.
    pub plain: bool,
}

impl Terminal {
    /// Asks the environment.
    pub fn ask() -> Terminal {
        let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let width = std::io::stdout().is_terminal().then(|| {
            terminal_size::terminal_size().map_or(80, |(terminal_size::Width(w), _)| usize::from(w))
        });
        Terminal {
            width,
            progress: std::io::stderr().is_terminal(),
            plain: set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|t| t == "dumb"),
        }
    }

    /// Whether text on standard output may be coloured.
    pub fn color(&self, when: ColorWhen) -> bool {
        match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => self.width.is_some() && !self.plain,
        }
    }
}
