//! The report for a terminal or a mail: headings and aligned columns, no boxes, never wider than the
//! page.

mod page;
mod table;

use super::{Kind, Needs, Sink, SinkContext, SinkError, drawn};
use crate::report::{MadeRows, NoRows, Report};
use page::Page;
use std::io::{self, Write};

/// Columns where there is no terminal.
const WIDTH: usize = 80;

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "text",
    doc: "The report as text for a terminal or a mail.",
    rows: false,
    needs: Needs::Report,
    hashes: true,
    open,
};

fn open(path: Option<&str>, context: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    let (width, color) = (page(context.width), context.color);
    drawn::open(path, move |report| {
        let mut text = Vec::new();
        write(report, &NoRows, width, color, &mut text)?;
        Ok(text)
    })
}

/// Columns of the page for a terminal of that many, if there is one.
pub(super) fn page(terminal: Option<usize>) -> usize {
    terminal.unwrap_or(WIDTH).clamp(60, 160)
}

/// Writes the report as text, no line of which is wider than `width` (60 to 160) columns; control sequences
/// for colours only if `color`. `made` has the rows of listings that the report leaves out.
///
/// # Errors
/// What `to` says.
pub(super) fn write(
    report: &Report,
    made: &dyn MadeRows,
    width: usize,
    color: bool,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(width, color, to);
    page.head(report);
    for section in &report.sections {
        page.section(section, report, made);
    }
    page.finish()
}

#[cfg(test)]
mod tests;
