//! The report as one HTML file: no network, no script needed, nothing from the input interpreted.
//! A little script, named by its hash in the content security policy, adds sorting and filtering.
//!
//! ```text
//! Report ─ page ─▶ head, summary, sections ─┬─ table, finding
//!                                           └─ map, timeline, bar, ring: inline SVG
//! ```

mod bar;
mod finding;
pub mod index;
mod map;
mod markup;
mod page;
mod policy;
mod ring;
mod table;
mod timeline;

use super::output::Output;
use super::{Kind, Render, Rendered, Sink, SinkContext, SinkError};
use crate::report::Report;
use std::io;

/// Descriptor.
pub static KIND: Kind =
    Kind { name: "html", doc: "The report as one HTML file with a map.", rows: false, open };

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(Html { output: Output::open(path)? }))
}

struct Html {
    output: Output,
}

impl Sink for Html {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        None
    }

    fn write(&mut self, _: Rendered) -> io::Result<()> {
        Ok(())
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        self.output.write(page::draw(report).as_bytes())?;
        self.output.finish()
    }
}
