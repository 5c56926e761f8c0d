//! What events say about one address, or when something of interest happened: notes that renderers take
//! beside each other and that are counted in order, within caps.

use super::{Render, Rendered, Sink};
use crate::model::{Event, Evidence, Origin, Ts};
use crate::report::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Kinds of notes have at most this many lines each; what comes later is only counted.
const MOST: usize = 20_000;
/// Longest text of a note, in characters.
const TEXT: usize = 300;

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What kind of thing it is; lines of a kind are listed together.
    pub kind: String,
    /// What it is: notes with the same text are one line with a count.
    pub text: String,
    /// Notes with the same text are one line only within this; 0 = always.
    pub slot: i64,
    /// When.
    pub ts: Ts,
    /// File, record, offset.
    pub origin: (u32, u64, u64),
    /// How many it stands for.
    pub weight: u64,
}

impl Note {
    /// A note of `event`.
    pub fn of(event: &Event<'_>, kind: &str, text: &str) -> Note {
        let Origin { source, record, offset } = event.origin;
        Note {
            kind: kind.to_owned(),
            text: text.chars().take(TEXT).collect(),
            slot: 0,
            ts: event.ts,
            origin: (source, record, offset),
            weight: 1,
        }
    }
}

/// Notes with the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// How many.
    pub count: u64,
    /// The first one.
    pub first: Evidence,
    /// The last one.
    pub last: Evidence,
}

/// What was noted of a kind, by text and slot.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// The lines.
    pub lines: BTreeMap<(String, i64), Line>,
    /// Notes beyond the cap.
    pub dropped: u64,
}

/// Everything noted, by kind.
pub type Noted = BTreeMap<String, Lines>;

/// What to note of an event. The result may depend on nothing but the event.
pub type Take = dyn Fn(&Event<'_>, &mut Vec<Note>) + Send + Sync;
/// What to do with the notes at the end: the report of the run is there, too.
pub type Finish = dyn FnOnce(&Report, Noted) -> io::Result<()> + Send;

/// A sink that takes notes.
pub struct Notes {
    take: Arc<Take>,
    finish: Box<Finish>,
    noted: Noted,
}

impl Notes {
    /// A sink that notes what `take` says and gives it to `finish`.
    pub fn new(take: Arc<Take>, finish: Box<Finish>) -> Notes {
        Notes { take, finish, noted: Noted::new() }
    }
}

struct Taking(Arc<Take>);

impl Render for Taking {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        let mut notes = Vec::new();
        for event in events {
            (self.0)(event, &mut notes);
        }
        // A list of plain values always has a form.
        Rendered { parts: vec![(0, serde_json::to_vec(&notes).unwrap_or_default())] }
    }
}

impl Sink for Notes {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Taking(self.take.clone())))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        for (_, bytes) in rendered.parts {
            let notes: Vec<Note> = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
            for note in notes {
                add(&mut self.noted, note);
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>, report: &Report) -> io::Result<()> {
        (self.finish)(report, self.noted)
    }
}

/// Counts a note.
pub fn add(noted: &mut Noted, note: Note) {
    let (source, record, offset) = note.origin;
    let at = Evidence { ts: note.ts, origin: Origin { source, record, offset } };
    let kind = noted.entry(note.kind).or_default();
    let key = (note.text, note.slot);
    if kind.lines.len() >= MOST && !kind.lines.contains_key(&key) {
        kind.dropped += note.weight;
        return;
    }
    let line = kind.lines.entry(key).or_insert(Line { count: 0, first: at, last: at });
    line.count += note.weight;
    line.first = line.first.min(at);
    line.last = line.last.max(at);
}
