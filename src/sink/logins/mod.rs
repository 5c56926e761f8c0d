//! The outputs of `grep-auth`: the same words as the sinks of events and reports, one host a row.

mod json;
mod sheet;

use super::output::Output;
use super::{SinkError, markdown, text};
use crate::report::logins::Logins;
use std::io;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text { width: Option<usize>, color: bool },
    Json,
    Ndjson,
    Csv,
    Markdown,
}

/// An output that waits for the answer.
pub struct Opened {
    form: Form,
    output: Output,
}

/// Outputs that the answer can be written to.
const NAMES: [&str; 5] = ["text", "json", "ndjson", "csv", "markdown"];

/// Opens the output `name` on `path`; `None` and `-` are standard output, for whose `width` (columns)
/// and `color` text is laid out.
///
/// # Errors
/// If there is no such output or its file cannot be made.
pub fn open(name: &str, path: Option<&str>, width: Option<usize>, color: bool) -> Result<Opened, SinkError> {
    let path = path.filter(|p| *p != "-");
    let form = match name {
        "text" => Form::Text { width: width.filter(|_| path.is_none()), color: color && path.is_none() },
        "json" => Form::Json,
        "ndjson" => Form::Ndjson,
        "csv" => Form::Csv,
        "markdown" => Form::Markdown,
        _ => return Err(SinkError::unknown(name, NAMES.into_iter())),
    };
    Ok(Opened { form, output: Output::open(path)? })
}

impl Opened {
    /// Writes the answer and closes.
    ///
    /// # Errors
    /// Whatever the file or pipe says.
    pub fn close(mut self, logins: &Logins<'_>) -> io::Result<()> {
        let out = &mut self.output;
        match self.form {
            Form::Text { width, color } => {
                text::write(&logins.report(), logins, text::page(width), color, out.writer())?;
            }
            Form::Json => json::document(out, logins)?,
            Form::Ndjson => json::lines(out, logins)?,
            Form::Csv => sheet::write(out, logins)?,
            Form::Markdown => {
                out.write(
                    markdown::draw_made(&logins.report(), logins).map_err(io::Error::other)?.as_bytes(),
                )?;
            }
        }
        self.output.finish()
    }
}
