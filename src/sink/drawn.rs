//! Outputs that draw the finished report and have no rows: all of them are one function from a report
//! to bytes.

use super::output::Output;
use super::{Render, Rendered, Sink, SinkError};
use crate::report::Report;
use std::io;

/// Draws a report.
type Draw = Box<dyn Fn(&Report) -> io::Result<Vec<u8>> + Send>;

struct Drawn {
    output: Output,
    draw: Draw,
}

/// Opens the file, or standard output, that the drawing goes to at the end.
pub(super) fn open(
    path: Option<&str>,
    draw: impl Fn(&Report) -> io::Result<Vec<u8>> + Send + 'static,
) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(Drawn { output: Output::open(path)?, draw: Box::new(draw) }))
}

impl Sink for Drawn {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        None
    }

    fn write(&mut self, _: Rendered) -> io::Result<()> {
        Ok(())
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        self.output.write(&(self.draw)(report)?)?;
        self.output.finish()
    }
}
