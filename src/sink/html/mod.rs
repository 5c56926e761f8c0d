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

use super::{Kind, Needs, Sink, SinkContext, SinkError, drawn};

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "html",
    doc: "The report as one HTML file with a map.",
    rows: false,
    needs: Needs::Report,
    hashes: true,
    open,
};

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    drawn::open(path, |report| Ok(page::draw(report).into_bytes()))
}
