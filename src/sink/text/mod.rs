//! The report for a terminal or a mail: headings and aligned columns, no boxes, never wider than the
//! page.

mod page;
mod table;

use super::output::Output;
use super::{Kind, Render, Rendered, Sink, SinkContext, SinkError};
use crate::report::Report;
use page::Page;
use std::io;

/// Columns where there is no terminal.
const WIDTH: usize = 80;

/// Descriptor.
pub static KIND: Kind =
    Kind { name: "text", doc: "The report as text for a terminal or a mail.", rows: false, open };

fn open(path: Option<&str>, context: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(Text { output: Output::open(path)?, width: page(context.width), color: context.color }))
}

/// Columns of the page for a terminal of that many, if there is one.
pub(super) fn page(terminal: Option<usize>) -> usize {
    terminal.unwrap_or(WIDTH).clamp(60, 160)
}

struct Text {
    output: Output,
    width: usize,
    color: bool,
}

impl Sink for Text {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        None
    }

    fn write(&mut self, _: Rendered) -> io::Result<()> {
        Ok(())
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        self.output.write(draw(report, self.width, self.color).as_bytes())?;
        self.output.finish()
    }
}

/// The report as text, no line of which is wider than `width` (60 to 160) columns; control sequences
/// for colours only if `color`.
pub fn draw(report: &Report, width: usize, color: bool) -> String {
    let mut page = Page::new(width, color);
    page.head(report);
    for section in &report.sections {
        page.section(section, report);
    }
    page.finish()
}

#[cfg(test)]
mod tests;
