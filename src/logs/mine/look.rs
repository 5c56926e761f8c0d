//! A line as the formats see it: which one reads all of it, and what text they leave.

use super::cluster::Fact;
use crate::logs::detect::Detection;
use crate::logs::draft::Draft;
use crate::logs::line::Line;
use crate::logs::parser::Scratch;
use crate::logs::set::FormatSet;
use crate::model::{FieldRef, Ledger, Origin, cut};
use crate::source::LineChunk;
use std::sync::Arc;

/// Longest text that is looked at, bytes.
const TEXT: usize = 1 << 14;

/// Reads the lines of one file.
pub(super) struct Look<'f> {
    set: &'f FormatSet,
    roots: Vec<usize>,
    scratch: Scratch,
    program: Option<FieldRef>,
    /// Number of the file.
    file: usize,
}

impl<'f> Look<'f> {
    /// For the file of number `file` that begins with `sample`; `format` is the user's choice.
    pub fn new(set: &'f FormatSet, sample: &[u8], format: Option<&str>, file: usize) -> Look<'f> {
        let detection: Detection = set.detect(sample);
        let roots = match format.and_then(|name| set.index(name)) {
            Some(index) => vec![index],
            None => detection.formats().collect(),
        };
        let scratch = Scratch {
            layouts: Arc::clone(&detection.layouts),
            trace: Some(Vec::new()),
            ..Scratch::default()
        };
        let program = set.fields().iter().copied().find(|f| f.name == "process.name");
        Look { set, roots, scratch, program, file }
    }

    /// Gives each line that holds something: the format that leaves the text, the text, the facts.
    pub fn lines(&mut self, chunk: &LineChunk, mut each: impl FnMut(Option<usize>, &str, &Fact<'_>)) {
        let lines = chunk.data.split_inclusive(|b| *b == b'\n');
        for (number, raw) in (chunk.first_line..).zip(lines) {
            let text = String::from_utf8_lossy(raw);
            let line = text.trim_end_matches(['\n', '\r']).trim_start_matches('\0');
            let line = cut(line, TEXT);
            if !line.trim().is_empty() {
                self.line(line, number, &mut each);
            }
        }
    }

    fn line(&mut self, line: &str, number: u64, each: &mut impl FnMut(Option<usize>, &str, &Fact<'_>)) {
        let mut draft = Draft::default();
        let mut ledger = Ledger::default();
        let mut reading = Line {
            set: self.set,
            origin: Origin::default(),
            ledger: &mut ledger,
            scratch: &mut self.scratch,
        };
        if let Some(trace) = &mut reading.scratch.trace {
            trace.clear();
        }
        for root in &self.roots {
            let format = self.set.format(*root);
            if format.is_some_and(|format| reading.read(format, line, &mut draft, 0).is_some()) {
                break;
            }
        }
        let trace = self.scratch.trace.as_deref().unwrap_or_default();
        let program = self.program.and_then(|f| draft.get(f)).and_then(|v| v.as_str());
        let fact = Fact { line, at: (self.file, number), program, reader: None };
        let Some((last, _)) = trace.last() else { return each(None, line, &fact) };
        let index = self.set.index(last);
        let open = index.and_then(|i| self.set.format(i)).is_some_and(|f| f.is_parent());
        let left = draft.get(self.set.message).and_then(|v| v.as_str());
        if open && let Some(text) = left {
            return each(index, text, &fact);
        }
        // What the first format of the way left, before its children read that.
        let first = trace.first().and_then(|(name, _)| self.set.index(name));
        let given = draft.fields.iter().find(|(f, _)| std::ptr::eq(*f, self.set.message));
        let text = given.and_then(|(_, v)| v.as_str());
        let fact = Fact { reader: Some(last), ..fact };
        match text {
            Some(text) => each(first, text, &fact),
            None => each(None, line, &fact),
        }
    }
}
