//! Outputs, one file each and one word in [`sinks!`]. A row sink renders blocks of events in
//! parallel and writes the results in order; a report sink draws the finished report.

use crate::model::Event;
use crate::report::Report;
use std::io;

/// What a block of events became: bytes for each file of the sink, by the sink's own numbering.
#[derive(Debug, Default)]
pub struct Rendered {
    /// (file number, bytes to append).
    pub parts: Vec<(u32, Vec<u8>)>,
}

/// Turns events into bytes; one per worker, so that it may keep caches. The bytes may depend on
/// nothing but the events.
pub trait Render: Send {
    /// Renders a block of completed events.
    fn render(&mut self, events: &[Event<'_>]) -> Rendered;
}

/// An output being written.
pub trait Sink: Send {
    /// A renderer for one worker; `None` for sinks that only draw the report.
    fn renderer(&self) -> Option<Box<dyn Render>>;

    /// Appends what a block became. Called in output order.
    ///
    /// # Errors
    /// Whatever the file or pipe says; `BrokenPipe` ends the run quietly.
    fn write(&mut self, rendered: Rendered) -> io::Result<()>;

    /// The run is over; draw the report, flush, close.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn close(self: Box<Self>, report: &Report) -> io::Result<()>;
}
