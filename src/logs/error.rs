//! What can be wrong with a format file.

use std::path::PathBuf;

/// A format file that cannot be used; said before any input is read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The file or folder cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of the wrong kind; the message has line and column.
    #[error("{file}: {message}")]
    Syntax {
        /// Which.
        file: String,
        /// The TOML reader's message.
        message: String,
    },
    /// A mistake in a format's content.
    #[error("{file}: {place}: {message}")]
    Format {
        /// Which.
        file: String,
        /// Rule, field or key.
        place: String,
        /// What is wrong, with a suggestion where there is one.
        message: String,
    },
}

impl PatternError {
    /// A mistake in an expression that the user typed.
    pub fn expression(message: &str) -> Self {
        PatternError::Syntax { file: "expression".to_owned(), message: message.to_owned() }
    }

    pub(in crate::logs) fn format(file: &str, place: impl Into<String>, message: impl Into<String>) -> Self {
        PatternError::Format { file: file.to_owned(), place: place.into(), message: message.into() }
    }
}
