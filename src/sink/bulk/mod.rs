//! Files for the bulk interface of Elasticsearch and OpenSearch: parts of NDJSON with action lines,
//! findings behind the events, what the server needs first, a manifest, and a script that loads all of it with curl. The id of a
//! document comes from the evidence, so that loading twice adds nothing.
//!
//! ```text
//! DIR/part-000001.ndjson …   manifest.json   load.sh   setup/
//! ```

mod folder;
mod manifest;
mod part;
mod setup;

pub use manifest::{Manifest, NAME as MANIFEST, is_bulk};
pub use part::hex;
pub use setup::write_setup;

use super::ndjson::Lines;
use super::spare::Spare;
use super::{Kind, Needs, Render, Rendered, Sink, SinkContext, SinkError};
use crate::model::{Event, HOUR, Value};
use crate::report::Report;
use crate::setup::IndexName;
use folder::Folder;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes after which a piece of a block ends; a part takes whole pieces.
const PIECE: usize = 256 << 10;

/// Indices that a renderer remembers.
const KNOWN: usize = 32;

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "bulk",
    doc: "A folder to load into Elasticsearch or OpenSearch: parts, templates, dashboards, load.sh.",
    rows: true,
    needs: Needs::Findings,
    hashes: false,
    open,
};

/// Documents by index, counted by all renderers.
pub type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

/// What all renderers of an output share.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// What they have made.
    pub counts: Counts,
    /// Buffers for more of it.
    pub spare: Spare,
}

fn open(path: Option<&str>, context: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    let path = path.ok_or(SinkError::Target { name: KIND.name, reason: "needs a folder: -o bulk=DIR" })?;
    let folder = Folder::create(Path::new(path), context)
        .map_err(|source| SinkError::Create { path: path.into(), source })?;
    Ok(Box::new(Bulk { folder, index: context.setup.index.clone(), made: Made::default() }))
}

struct Bulk {
    folder: Folder,
    index: IndexName,
    made: Made,
}

impl Sink for Bulk {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Documents::new(self.index.clone(), self.made.clone())))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        for (documents, bytes) in rendered.parts {
            self.folder.write(documents, &bytes)?;
            self.made.spare.give(bytes);
        }
        Ok(())
    }

    fn close(mut self: Box<Self>, report: &Report) -> io::Result<()> {
        let findings = Documents::new(self.index.clone(), self.made.clone()).block(&report.alerts);
        self.write(findings)?;
        let counts = std::mem::take(&mut *self.made.counts.lock().unwrap_or_else(PoisonError::into_inner));
        self.folder.finish(&counts, report)
    }
}

/// Turns events into pairs of an action line and a document.
pub struct Documents {
    index: IndexName,
    made: Made,
    lines: Lines,
    /// Indices met lately, the last of them at the end.
    known: Vec<Known>,
    /// Room for a name.
    name: String,
    /// What is not enough for a piece yet, and how many documents that is.
    piece: Vec<u8>,
    documents: u32,
}

/// An index.
struct Known {
    /// Data set, by its address, and hour: a regular name says no more.
    of: (usize, i64),
    name: String,
    /// Documents that are not in the shared counts yet.
    documents: u64,
}

impl Documents {
    /// For indices of this name, counted there.
    pub fn new(index: IndexName, made: Made) -> Documents {
        let (lines, known, name) = (Lines::default(), Vec::new(), String::new());
        Documents { index, made, lines, known, name, piece: Vec::new(), documents: 0 }
    }

    /// All of a block at once.
    pub fn block(mut self, events: &[Event<'_>]) -> Rendered {
        let mut rendered = self.render(events);
        rendered.parts.append(&mut self.end().parts);
        rendered
    }

    /// The index of an event.
    fn known(&mut self, event: &Event<'_>) -> Option<&mut Known> {
        // No name of an index tells a shorter time.
        let of = (std::ptr::from_ref(event.dataset).addr(), event.ts.div_euclid(HOUR));
        let regular = self.index.is_regular();
        if !regular {
            self.spell(event);
        }
        let is = |known: &Known| if regular { known.of == of } else { known.name == self.name };
        if let Some(at) = self.known.iter().rposition(is) {
            return self.known.get_mut(at);
        }
        if self.known.len() >= KNOWN {
            self.tell();
            self.known.clear();
        }
        self.spell(event);
        self.known.push(Known { of, name: self.name.clone(), documents: 0 });
        self.known.last_mut()
    }

    /// Works out the name of the index of an event.
    fn spell(&mut self, event: &Event<'_>) {
        self.name.clear();
        self.index.push(&mut self.name, event);
    }

    /// Adds the documents to the shared counts.
    fn tell(&mut self) {
        let mut all = self.made.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for Known { name, documents, .. } in self.known.iter_mut().filter(|known| known.documents > 0) {
            let documents = std::mem::take(documents);
            match all.get_mut(name) {
                Some(count) => *count += documents,
                None => drop(all.insert(name.clone(), documents)),
            }
        }
    }

    /// Appends one event.
    fn push(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        out.extend_from_slice(b"{\"create\":{\"_index\":\"");
        if let Some(known) = self.known(event) {
            known.documents += 1;
            out.extend_from_slice(known.name.as_bytes());
        }
        // Names of indices and ids have only characters that JSON takes as they are.
        if let Some(id) = event.fields.iter().rev().find(|(f, _)| f.name == "event.id").map(|(_, v)| v) {
            out.extend_from_slice(b"\",\"_id\":\"");
            out.extend_from_slice(Value::as_str(id).unwrap_or_default().as_bytes());
        }
        out.extend_from_slice(b"\"}}\n");
        self.lines.push(out, event);
    }
}

impl Render for Documents {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        let mut rendered = Rendered::default();
        let mut piece = std::mem::take(&mut self.piece);
        for event in events {
            if self.documents == 0 {
                piece = self.made.spare.take(PIECE + (PIECE >> 2));
            }
            self.push(&mut piece, event);
            self.documents += 1;
            if piece.len() >= PIECE {
                rendered.parts.push((std::mem::take(&mut self.documents), std::mem::take(&mut piece)));
            }
        }
        self.piece = piece;
        rendered
    }

    fn end(&mut self) -> Rendered {
        self.tell();
        let rest = (std::mem::take(&mut self.documents), std::mem::take(&mut self.piece));
        Rendered { parts: (rest.0 > 0).then_some(rest).into_iter().collect() }
    }
}
