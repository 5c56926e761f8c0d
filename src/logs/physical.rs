//! Physical lines, where events have several: each is counted once, whatever became of the event.

use super::consumer::Consumer;
use super::continuity::Start;
use super::draft::Draft;
use super::joins::{Joins, blank, indented};
use super::journal;
use super::multi::Joining;
use super::parser::{LINE, OBJECT, Parsed, Parser, Read, Scratch};
use super::time::{Pending, Zone};
use crate::model::{Ledger, Origin, Value, cut};
use crate::source::LineChunk;
use std::borrow::Cow;
use std::sync::Arc;

/// A line without its end, and without the carriage returns that stand for what separates it from the one before.
pub(super) fn unended(line: &str) -> &str {
    let end = line.bytes().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
    let line = line.get(..end).unwrap_or_default();
    if line.starts_with('\r') { line.trim_start_matches('\r') } else { line }
}

/// Lines in a text; the last one may lack its end.
#[inline]
pub(super) fn count(raw: &[u8]) -> u64 {
    ends(raw) + u64::from(raw.last().is_some_and(|last| *last != b'\n'))
}

/// Line ends in a text.
fn ends(raw: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', raw).count() as u64
}

/// Where `lines` lines of a text end.
fn behind(text: &[u8], lines: u64) -> usize {
    let nth = usize::try_from(lines).unwrap_or(usize::MAX).saturating_sub(1);
    memchr::memchr_iter(b'\n', text).nth(nth).map_or(text.len(), |at| at + 1)
}

impl Parser<'_> {
    /// The zone that the format names where the user names none, for the notes of the report.
    pub fn zone_note(&self, user: &Zone) -> Option<String> {
        let zone = &self.context.zone;
        let note = || {
            format!(
                "stamps without a zone are taken as {}, as the format says; --timezone decides",
                zone.name()
            )
        };
        (zone.is_given() && !user.is_given()).then(note)
    }

    /// Parses line by line; events stay in `parsed` where nobody takes them.
    pub(super) fn lines<'a>(
        &self,
        chunk: &'a LineChunk,
        scratch: &mut Scratch,
        parsed: &mut Parsed<'a>,
        start: &Start,
        mut consumer: Option<&mut impl Consumer<'a>>,
    ) {
        scratch.layouts = Arc::clone(&start.layouts);
        scratch.held.clear();
        let whole = std::str::from_utf8(&chunk.data).ok();
        if let (Some(whole), Some(quick), Some(consumer)) = (whole, &self.quick, &mut consumer) {
            return self.quick_lines(quick, chunk, whole, scratch, parsed, start.year, *consumer);
        }
        scratch.recent.stop();
        let mut draft = Draft::default();
        let mut origin =
            Origin { source: self.context.source, record: chunk.first_line, offset: chunk.offset };
        let mut at = 0;
        while at < chunk.data.len() {
            let len = self.group(chunk, whole, at, &mut origin, &mut draft, parsed, scratch);
            if let Some(consumer) = &mut consumer {
                self.hand_over(parsed, start.year, &mut draft, scratch, *consumer);
            }
            at += len;
        }
        if !Arc::ptr_eq(&scratch.layouts, &start.layouts) {
            parsed.layouts = Some(Arc::clone(&scratch.layouts));
        }
    }

    /// Reads the lines that belong together from the place `at` of a chunk, and counts them; gives their bytes.
    #[allow(clippy::too_many_arguments, reason = "the state of the loop over the lines")]
    pub(super) fn group<'a>(
        &self,
        chunk: &'a LineChunk,
        whole: Option<&'a str>,
        at: usize,
        origin: &mut Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) -> usize {
        let rest = chunk.data.get(at..).unwrap_or_default();
        let mut group = self.joins().group(rest, scratch);
        if group.beyond > 0 && matches!(self.joins(), Joins::Loose) {
            // Of these lines none was looked at yet.
            let beyond = rest.get(group.bytes..group.bytes + group.beyond).unwrap_or_default();
            let strange = self.strange(&String::from_utf8_lossy(beyond), scratch);
            group.beyond = if strange == 0 { 0 } else { behind(beyond, strange) };
        }
        let raw = rest.get(..group.bytes).unwrap_or(rest);
        let text =
            whole.filter(|_| !self.joins().is_counted()).and_then(|text| text.get(at..at + group.bytes));
        // Nearly every line is one by itself: it is not searched for line ends again.
        let single = memchr::memchr(b'\n', raw).is_none_or(|at| at + 1 == raw.len());
        let ended = raw.last() == Some(&b'\n');
        let (lines, last) = if single { (1, u64::from(ended)) } else { (count(raw), ends(raw)) };
        parsed.ledger.lines.read += lines;
        parsed.ledger.lines.bytes += raw.len() as u64;
        match text {
            Some(text) if lines == 1 && !self.joins().any() => {
                self.line(text, raw, *origin, draft, parsed, scratch);
            }
            Some(text) => self.record(text, raw, *origin, draft, parsed, scratch),
            None => self.broken(raw, *origin, parsed, scratch),
        }
        origin.record += last;
        origin.offset += raw.len() as u64;
        if group.beyond > 0 {
            let beyond = rest.get(group.bytes..group.bytes + group.beyond).unwrap_or_default();
            parsed.ledger.cap("multiline.limit", *origin);
            parsed.ledger.lines.read += count(beyond);
            parsed.ledger.lines.bytes += group.beyond as u64;
            skip(&mut parsed.ledger, "multiline.limit", *origin, beyond);
            origin.record += ends(beyond);
            origin.offset += group.beyond as u64;
        }
        group.bytes + group.beyond
    }

    /// Lines that are not UTF-8, or not text as they stand: replaced characters, and an event of its own memory.
    fn broken(&self, raw: &[u8], origin: Origin, parsed: &mut Parsed<'_>, scratch: &mut Scratch) {
        let (text, replaced) = if self.joins().is_counted() {
            let (text, replaced) = journal::text(raw);
            (Cow::Owned(text), replaced)
        } else {
            let text = String::from_utf8_lossy(raw);
            let replaced = matches!(text, Cow::Owned(_));
            (text, replaced)
        };
        if replaced {
            parsed.ledger.anomaly("text.not_utf8", origin);
        }
        let mut own =
            Parsed { turns: parsed.turns, chunk: parsed.chunk, latest: parsed.latest, ..Parsed::default() };
        self.record(&text, raw, origin, &mut Draft::default(), &mut own, scratch);
        (parsed.turns, parsed.latest) = (own.turns, own.latest);
        let shift = parsed.events.len();
        parsed.pending.extend(own.pending.into_iter().map(|p| Pending { event: p.event + shift, ..p }));
        parsed.events.extend(own.events.into_iter().map(|event| event.into_owned()));
        parsed.ledger.merge(own.ledger);
        parsed.lengths.extend(own.lengths);
        parsed.framed.extend(own.framed);
    }

    /// Reads lines that belong together.
    fn record<'a>(
        &self,
        text: &'a str,
        raw: &[u8],
        origin: Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) {
        match self.joins() {
            Joins::One(_) => match self.line_as(&self.roots, text, raw, origin, draft, parsed, scratch) {
                read @ (Read::Event | Read::Frame) => self.decoded(parsed, read, origin, count(raw)),
                Read::Not => self.apart(text, raw, origin, draft, parsed, scratch),
                Read::Nothing => {}
            },
            Joins::Loose if count(raw) <= 1 => self.line(text, raw, origin, draft, parsed, scratch),
            _ => self.mixed(text, raw, origin, draft, parsed, scratch),
        }
    }

    /// Reads one line; what no format reads is counted as such.
    pub(super) fn line<'a>(
        &self,
        text: &'a str,
        raw: &[u8],
        origin: Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) {
        match self.line_as(&self.roots, text, raw, origin, draft, parsed, scratch) {
            Read::Event => parsed.ledger.lines.decoded += 1,
            Read::Frame => self.decoded(parsed, Read::Frame, origin, 1),
            Read::Not => skip(&mut parsed.ledger, "unmatched", origin, raw),
            Read::Nothing => {}
        }
    }

    /// Lines that no rule reads together: each on its own.
    fn apart<'a>(
        &self,
        text: &'a str,
        raw: &[u8],
        mut origin: Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) {
        let mut texts = text.split_inclusive('\n');
        for raw in raw.split_inclusive(|b| *b == b'\n') {
            self.line(texts.next().unwrap_or_default(), raw, origin, draft, parsed, scratch);
            origin.record += ends(raw);
            origin.offset += raw.len() as u64;
        }
    }

    /// Lines of which only the first begins something: an event of a format that has several lines, or a
    /// line that is an event and text that goes on with it.
    fn mixed<'a>(
        &self,
        mut text: &'a str,
        mut raw: &[u8],
        mut origin: Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) {
        while !raw.is_empty() {
            let (root, lines) = self.first(text, scratch);
            let roots = root.as_ref().map_or(&*self.roots, std::slice::from_ref);
            let (one, own) = split(&mut text, &mut raw, lines);
            let read = self.line_as(roots, one, own, origin, draft, parsed, scratch);
            match read {
                Read::Event | Read::Frame => self.decoded(parsed, read, origin, lines),
                Read::Not => skip(&mut parsed.ledger, "unmatched", origin, own),
                Read::Nothing => {}
            }
            let first = origin;
            origin.record += ends(own);
            origin.offset += own.len() as u64;
            if blank(raw) {
                continue;
            }
            let more = self.strange(text, scratch);
            let (goes_on, own) = split(&mut text, &mut raw, more);
            if own.is_empty() {
                continue;
            }
            match read {
                Read::Event | Read::Frame => self.go_on(first, goes_on, own, read, parsed),
                _ => skip(&mut parsed.ledger, "continuation", origin, own),
            }
            origin.record += ends(own);
            origin.offset += own.len() as u64;
        }
    }

    /// The format whose hints speak loudest of those that read what `text` begins with, and how many lines of it.
    fn first(&self, text: &str, scratch: &mut Scratch) -> (Option<usize>, u64) {
        let head = behind(text.as_bytes(), 1);
        let mut best: Option<(f64, usize, u64)> = None;
        for root in &self.roots {
            let Some(format) = self.set.format(*root) else { continue };
            let joined = |joining: &Joining| joining.group(text.as_bytes()).bytes.max(head);
            let own = text.get(..format.joining.as_ref().map_or(head, joined)).unwrap_or(text);
            let score = format.score(unended(own));
            if best.is_none_or(|(most, ..)| score > most) && self.set.reads(*root, unended(own), scratch) {
                best = Some((score, *root, count(own.as_bytes())));
            }
        }
        best.map_or((None, 1), |(_, root, lines)| (Some(root), lines))
    }

    /// Lines at the start of `text` that no format knows as the beginning of something.
    fn strange(&self, text: &str, scratch: &mut Scratch) -> u64 {
        let strange = |line: &&str| match self.joins() {
            Joins::Loose => {
                indented(line.as_bytes()) && !self.set.begins(&self.roots, line.as_bytes(), scratch)
            }
            _ => !self.set.begins(&self.roots, line.as_bytes(), scratch),
        };
        text.split_inclusive('\n').take_while(strange).count() as u64
    }

    /// Counts the lines of an event.
    fn decoded(&self, parsed: &mut Parsed<'_>, read: Read, origin: Origin, lines: u64) {
        parsed.ledger.lines.decoded += lines;
        if lines > 1 {
            parsed.lengths.insert(origin.record, lines);
        }
        if read == Read::Frame {
            parsed.ledger.lines.framed += lines;
            if self.context.window != (None, None) {
                parsed.framed.insert(origin.record);
            }
        }
    }

    /// Ties lines to the event that was just made of the line before them.
    fn go_on(&self, first: Origin, text: &str, raw: &[u8], read: Read, parsed: &mut Parsed<'_>) {
        let lines = count(raw);
        parsed.ledger.lines.decoded += lines;
        parsed.ledger.lines.framed += if read == Read::Frame { lines } else { 0 };
        *parsed.lengths.entry(first.record).or_insert(1) += lines;
        let event = parsed.events.iter_mut().rev().find(|e| e.origin == first && e.seq.sub == 0);
        if let Some(event) = event.filter(|_| !self.set.narrowed) {
            event.push(self.set.goes_on, Value::Str(Cow::Owned(unended(text).to_owned())));
        }
    }
}

/// Takes so many lines off the front of a text and of the bytes that it is of.
fn split<'t, 'r>(text: &mut &'t str, raw: &mut &'r [u8], lines: u64) -> (&'t str, &'r [u8]) {
    let at = if lines == 0 { (0, 0) } else { (behind(text.as_bytes(), lines), behind(raw, lines)) };
    let (mine, rest) = text.split_at_checked(at.0).unwrap_or((text, ""));
    let (own, after) = raw.split_at_checked(at.1).unwrap_or((raw, &[]));
    (*text, *raw) = (rest, after);
    (mine, own)
}

/// The byte order mark that some programs begin a file with (RFC 3629 6): no part of the first line.
pub(super) const MARK: char = '\u{feff}';

/// The text of a line without its end; `None` for lines that hold nothing, which are counted.
pub(super) fn clean<'a>(text: &'a str, raw: &[u8], origin: Origin, ledger: &mut Ledger) -> Option<&'a str> {
    let mut text = unended(text);
    if origin.offset == 0 {
        text = text.strip_prefix(MARK).unwrap_or(text);
    }
    // A log truncated while its writer kept the old position begins with a hole of NULs.
    if text.starts_with('\0') {
        ledger.anomaly("text.nul", origin);
        text = text.trim_start_matches('\0');
        if text.is_empty() {
            for nth in 0..count(raw) {
                ledger.lines.malformed("nul", Origin { record: origin.record + nth, ..origin }, &[]);
            }
            return None;
        }
    }
    if blank(text.as_bytes()) {
        skip(ledger, "blank", origin, raw);
        return None;
    }
    let most = if text.trim_start().starts_with('{') { OBJECT } else { LINE };
    if text.len() > most {
        ledger.cap("line.length", origin);
        text = cut(text, most);
    }
    Some(text)
}

/// Counts every line of a text as skipped.
pub(super) fn skip(ledger: &mut Ledger, reason: &'static str, mut origin: Origin, raw: &[u8]) {
    for line in raw.split_inclusive(|b| *b == b'\n') {
        ledger.lines.skip(reason, origin, line);
        origin.record += 1;
        origin.offset += line.len() as u64;
    }
}
