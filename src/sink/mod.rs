//! Outputs, one file each and one word in `sinks!`. A row sink renders blocks of events in
//! parallel and writes the results in order; a report sink draws the finished report.
//!
//! Everything from the input is hostile text: [`escape`] makes it harmless, one way per format.

pub mod dossier;
mod drawn;
pub mod escape;
pub mod logins;
mod members;
pub mod notes;
mod output;
pub mod packets;
mod pieces;
pub mod spare;
pub mod story;

use crate::model::Event;
use crate::report::Report;
use crate::schema::Schema;
use crate::setup;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What a block of events became: bytes for each file of the sink, by the sink's own numbering.
#[derive(Debug, Default)]
pub struct Rendered {
    /// (file number, bytes to append).
    pub parts: Vec<(u32, Vec<u8>)>,
}

/// Turns events into bytes; one per worker, so that it may keep caches. The bytes may depend on
/// nothing but the events.
pub trait Render: Send {
    /// Renders some completed events of a block.
    fn render(&mut self, events: &[Event<'_>]) -> Rendered;

    /// The block is over: renders what was kept of its events.
    fn end(&mut self) -> Rendered {
        Rendered::default()
    }
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

    /// No more rows come: what needs no report may begin, beside the drawing of it.
    fn rest(&mut self) {}

    /// The run is over; draw the report, flush, close.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn close(self: Box<Self>, report: &Report) -> io::Result<()>;
}

/// What sinks need to know of the run.
#[derive(Clone, Debug)]
pub struct SinkContext {
    /// All fields, for sinks with fixed columns.
    pub schema: Arc<Schema>,
    /// Columns of the terminal that text goes to; `None` where there is none (then 80).
    pub width: Option<usize>,
    /// Whether text may carry colours.
    pub color: bool,
    /// For search engines: product, names of indices.
    pub setup: setup::Options,
    /// How bulk files are cut.
    pub bulk: setup::Bulk,
    /// Whether the hashes of inputs are wanted.
    pub hash: bool,
}

/// Why an output could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// There is no such sink.
    #[error("'{name}' is no output; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What could have been.
        known: String,
    },
    /// The sink cannot write there.
    #[error("-o {name}: {reason}")]
    Target {
        /// The sink.
        name: &'static str,
        /// Why not, and what would be right.
        reason: &'static str,
    },
    /// The file could not be made.
    #[error("cannot write {}: {source}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Descriptor of one sink.
#[derive(Debug)]
pub struct Kind {
    /// The word after `-o`.
    pub name: &'static str,
    /// One sentence for the help.
    pub doc: &'static str,
    /// Whether it writes events (and then has a renderer) or draws the report.
    pub rows: bool,
    /// What it tells beside them.
    pub needs: Needs,
    /// Whether it tells the hash of every input, which costs as much as telling the flows.
    pub hashes: bool,
    /// Opens it.
    pub open: Open,
}

/// What an output tells beside events; what none of them tells is not worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Nothing: events only.
    Events,
    /// Findings.
    Findings,
    /// Those, and totals.
    Report,
}

/// Opens a sink on a path; `None` is standard output.
pub type Open = fn(Option<&str>, &SinkContext) -> Result<Box<dyn Sink>, SinkError>;

/// Declares the modules and the registry: the one word a new sink adds.
macro_rules! sinks {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every sink, in the order the help lists them.
        pub static ALL: &[&Kind] = &[$(&$module::KIND),*];
    };
}

sinks![text, json, ndjson, csv, markdown, html, bulk, case, mongo, graphite];

/// Opens the sink `name`, writing to `path`; `None` and `-` are standard output.
///
/// # Errors
/// If there is no such sink or its file cannot be made.
pub fn open(name: &str, path: Option<&str>, context: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    let kind = kind(name).ok_or_else(|| SinkError::unknown(name, names()))?;
    (kind.open)(path.filter(|p| *p != "-"), context)
}

/// The words `-o` knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|kind| kind.name)
}

/// The descriptor of an output.
pub fn kind(name: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.name == name)
}

impl SinkError {
    /// There is no output of this name; there are `known`.
    pub(crate) fn unknown<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> SinkError {
        SinkError::Unknown { name: name.to_owned(), known: known.collect::<Vec<_>>().join(", ") }
    }
}
