//! Text inputs as chunks of whole lines.

use super::input::Total;
use super::window::{Raw, Window};
use super::{LineChunk, PROOF, Part};
use crate::model::{InputFault, Ledger, Origin};
use std::sync::Arc;

/// A chunk holds at least this many bytes, then runs on to the end of its line. Constant, so that
/// chunk boundaries depend on nothing but the content.
pub const CHUNK: usize = 1 << 20;

/// A line longer than this is cut: each piece is delivered as a line of its own, with the number of
/// the line it comes from, and counted as the cap `lines.too_long`.
pub const MAX_LINE: usize = 16 << 20;

/// So much of the text before a chunk comes with it where it was asked for: enough for the lines that a
/// server writes about one connection, few enough to be searched for every line that needs it.
pub const BEFORE: usize = 32 << 10;

/// How much is read at a time when a chunk's last line is longer than expected.
const STEP: usize = 64 << 10;

/// Whether the second line goes on with the event of the first.
pub type Continues<'c> = dyn Fn(&[u8], &[u8]) -> bool + 'c;

/// The first place behind the given one where a line ends or an event begins within it; the event's first
/// [`OVERLAP`] bytes tell.
pub type Divide<'c> = dyn Fn(&[u8], usize) -> Option<usize> + 'c;

/// See [`Divide`].
pub const OVERLAP: usize = 64;

/// Where the text may be cut, where lines are not all there is.
pub struct Borders<'c> {
    /// Where events have several lines.
    pub continues: &'c Continues<'c>,
    /// Where lines have several events.
    pub divide: Option<&'c Divide<'c>>,
}

/// Reads chunks of lines from one input.
pub struct Reader {
    path: Arc<str>,
    source: u32,
    window: Window,
    line: u64,
    caps: Ledger,
    reported: bool,
    /// The last bytes delivered, where a later run shall go on behind them.
    tail: Option<Vec<u8>>,
    /// The last bytes delivered, for [`LineChunk::before`].
    before: Option<Vec<u8>>,
    total: Option<Total>,
}

impl Reader {
    pub(super) fn new(path: Arc<str>, source: u32, input: Raw<'static>) -> Self {
        let window = Window::new(input);
        Reader {
            path,
            source,
            window,
            line: 1,
            caps: Ledger::default(),
            reported: false,
            tail: None,
            before: None,
            total: None,
        }
    }

    pub(super) fn hashed(self, total: Option<Total>) -> Self {
        Reader { total, ..self }
    }

    /// SHA-256 of the input as it is stored, once it was read to its end.
    pub fn sha256(&self) -> Option<String> {
        self.total.as_ref().and_then(|(digest, size)| digest.value(*size))
    }

    /// Reads a part; `input` begins and ends where it does, and `before` stands before it.
    pub(super) fn at(
        path: Arc<str>,
        source: u32,
        input: Raw<'static>,
        part: &Part,
        before: Option<Vec<u8>>,
    ) -> Self {
        let window = Window::at(input, part.offset);
        let (line, tail) = (part.line, Some(Vec::new()));
        Reader {
            path,
            source,
            window,
            line,
            caps: Ledger::default(),
            reported: false,
            tail,
            before,
            total: None,
        }
    }

    /// Has each chunk come with the end of the text before it.
    pub(super) fn remember(mut self) -> Self {
        self.before.get_or_insert_default();
        self
    }

    /// Puts the next chunk of whole lines into `chunk`, replacing what it held. False when there is
    /// nothing left; `chunk` is then empty.
    ///
    /// Whatever the bytes are, the chunks' `data` put together are the input: no byte is lost,
    /// altered or repeated. Only the last line of an input may lack its line end, and a line longer
    /// than [`MAX_LINE`].
    pub fn fill(&mut self, chunk: &mut LineChunk) -> bool {
        self.fill_whole(chunk, None)
    }

    /// The same, where events can have several lines, or lines several events: no chunk ends before a line that goes on with the
    /// event of the line before it, unless the event has more than [`MAX_LINE`] bytes.
    pub fn fill_whole(&mut self, chunk: &mut LineChunk, borders: Option<&Borders<'_>>) -> bool {
        chunk.offset = self.window.base();
        chunk.first_line = self.line;
        self.window.load(&mut chunk.data, CHUNK + STEP);
        let mut end = self.chunk_end(&mut chunk.data, borders.and_then(|borders| borders.divide));
        if let Some(borders) = borders {
            end = self.event_end(&mut chunk.data, end, borders.continues);
        }
        self.window.keep(&mut chunk.data, end);
        let lines = memchr::memchr_iter(b'\n', &chunk.data).count();
        self.line += lines as u64;
        chunk.before.clear();
        if let Some(before) = &mut self.before {
            chunk.before.extend_from_slice(before);
            keep_last(before, &chunk.data, BEFORE);
        }
        if let Some(tail) = &mut self.tail {
            keep_last(tail, &chunk.data, PROOF);
        }
        !chunk.data.is_empty()
    }

    /// Where the chunk at the front of `data` ends: behind the first line end from [`CHUNK`] on.
    fn chunk_end(&mut self, data: &mut Vec<u8>, divide: Option<&Divide<'_>>) -> usize {
        let mut from = CHUNK - 1;
        loop {
            let rest = data.get(from..).unwrap_or_default();
            let end = match divide {
                Some(divide) => divide(data, from.saturating_sub(OVERLAP).max(CHUNK - 1)),
                None => memchr::memchr(b'\n', rest).map(|at| from + at + 1),
            };
            if let Some(end) = end {
                return end;
            }
            if data.len() >= CHUNK + MAX_LINE {
                return self.cut_line(data);
            }
            if self.window.ended() {
                return data.len();
            }
            from = from.max(data.len());
            let want = (data.len() + STEP.max(data.len() / 2)).min(CHUNK + MAX_LINE);
            self.window.extend(data, want);
        }
    }

    /// Where the event ends that the line before `end` is part of.
    fn event_end(&mut self, data: &mut Vec<u8>, mut end: usize, continues: &Continues<'_>) -> usize {
        loop {
            let (head, rest) = data.split_at_checked(end).unwrap_or((data, &[]));
            let len = match memchr::memchr(b'\n', rest) {
                Some(at) => at + 1,
                None if self.window.ended() => rest.len(),
                None if data.len() >= CHUNK + MAX_LINE => return end,
                None => {
                    let want = (data.len() + STEP.max(data.len() / 2)).min(CHUNK + MAX_LINE);
                    self.window.extend(data, want);
                    continue;
                }
            };
            let Some(whole) = head.strip_suffix(b"\n") else { return end };
            let before = memchr::memrchr(b'\n', whole).map_or(0, |at| at + 1);
            let line = rest.get(..len).unwrap_or_default();
            if line.is_empty() || !continues(whole.get(before..).unwrap_or_default(), line) {
                return end;
            }
            end += len;
        }
    }

    /// The chunk's last line is too long. The lines before it go out first, so that it starts its
    /// own chunk; then it goes in pieces of [`MAX_LINE`].
    fn cut_line(&mut self, data: &[u8]) -> usize {
        let head = data.get(..CHUNK).unwrap_or_default();
        if let Some(at) = memchr::memrchr(b'\n', head) {
            return at + 1;
        }
        let lines = Origin { source: self.source, record: self.line, offset: self.window.base() };
        self.caps.cap("lines.too_long", lines);
        MAX_LINE
    }

    /// Where reading stands: the number of the line that would come next, and the last bytes delivered, at
    /// most [`PROOF`]; nothing unless a part is read.
    pub fn reached(&mut self) -> Option<(u64, Vec<u8>)> {
        self.tail.take().map(|tail| (self.line, tail))
    }

    /// Bytes taken from the input so far, after decompression.
    pub fn bytes_read(&self) -> u64 {
        self.window.bytes_read()
    }

    /// Why the input ended before its time, once: a read error or broken compression.
    pub fn fault(&mut self) -> Option<InputFault> {
        let reason = self.window.error().filter(|_| !self.reported)?.to_owned();
        self.reported = true;
        Some(InputFault { path: self.path.to_string(), offset: Some(self.window.bytes_read()), reason })
    }

    /// Caps reached since the last call: `lines.too_long`. Empty for nearly every input.
    pub fn take_ledger(&mut self) -> Ledger {
        std::mem::take(&mut self.caps)
    }
}

/// Appends `more`, and keeps no more than the last `most` bytes.
fn keep_last(kept: &mut Vec<u8>, more: &[u8], most: usize) {
    let last = more.get(more.len().saturating_sub(most)..).unwrap_or_default();
    kept.drain(..(kept.len() + last.len()).saturating_sub(most).min(kept.len()));
    kept.extend_from_slice(last);
}
