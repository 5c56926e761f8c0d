//! What earlier lines of the same process tell: a server names its client on one line, and its process on
//! all of them.
//!
//! Nothing is remembered. A line that needs an address looks back in the text before it, no further than
//! [`BEFORE`] bytes, so chunks can be read in any order, and the answer does not depend on where they end.

use super::draft::Draft;
use super::line::{Fate, Line};
use super::parser::{Parser, Scratch};
use super::physical::unended;
use super::rule::Format;
use crate::model::{Endpoint, Event, Ledger, Origin, Value, scattered};
use crate::source::LineChunk;
use crate::source::lines::BEFORE;
use hashbrown::HashMap;

/// The process id is looked for in so many bytes at the start of a line.
const HEAD: usize = 256;
/// So many bytes are searched at a time: what is sought is mostly near.
const BLOCK: usize = 4 << 10;
/// Ends of process ids that are told apart.
const SLOTS: usize = 4096;
/// Earlier lines that are read: of the process, or that may be what a line repeats.
pub(super) const TRIES: usize = 8;
/// Earlier lines that are looked at for the beginning of an event inside wrappers, or for what a line repeats.
pub(super) const BACK: usize = 64;

/// Earlier lines of which is remembered what they wrap.
const HELD: usize = 4096;

/// Which formats know what an earlier line wraps as a beginning, by the line's byte offset in the file; `None` if it wraps
/// nothing. The lines before one that goes on are those before the next one, too: it changes the time, never the answer.
pub(super) type Held = HashMap<u64, Option<Vec<usize>>>;

/// The text before a line: the end of the chunk before its own, and its own up to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before<'c> {
    earlier: &'c [u8],
    own: &'c [u8],
    /// Byte offset in the file of the end of `earlier`, where `own` begins.
    border: u64,
}

impl<'c> Before<'c> {
    /// What stands before the line at this byte offset in the file; nothing if that is before the chunk.
    pub fn line(chunk: &'c LineChunk, offset: u64) -> Option<Before<'c>> {
        Some(Before::new(chunk, usize::try_from(offset.checked_sub(chunk.offset)?).ok()?))
    }

    /// What stands before the place `at` of a chunk.
    fn new(chunk: &'c LineChunk, at: usize) -> Before<'c> {
        let from = at.saturating_sub(BEFORE);
        let own = chunk.data.get(from..at).unwrap_or_default();
        let room = BEFORE - own.len();
        let earlier = chunk.before.get(chunk.before.len().saturating_sub(room)..).unwrap_or_default();
        Before { earlier, own, border: chunk.offset + from as u64 }
    }

    /// The texts, the nearer one first, with the byte offsets where they begin.
    fn texts(self) -> [(&'c [u8], u64); 2] {
        [(self.own, self.border), (self.earlier, self.border - self.earlier.len() as u64)]
    }

    /// All lines, the nearest first, with their byte offsets; one that the text begins within is left out.
    pub fn nearest(self) -> impl Iterator<Item = (&'c [u8], u64)> {
        self.texts().into_iter().flat_map(|(text, base)| {
            let mut end = text.len();
            std::iter::from_fn(move || {
                let whole = text.get(..end.checked_sub(1)?)?;
                let start = memchr::memrchr(b'\n', whole).map_or(0, |n| n + 1);
                let line = whole.get(start..)?;
                end = start;
                Some((line, base + start as u64))
            })
        })
    }

    /// Lines in which `key` stands behind a blank, the nearest first, with their byte offsets.
    fn lines(self, key: &str) -> impl Iterator<Item = (&'c [u8], u64)> {
        let finder = memchr::memmem::Finder::new(key.as_bytes());
        let blocks = self.texts().into_iter().flat_map(|(text, base)| {
            let starts = (0..text.len()).step_by(BLOCK).rev();
            starts.map(move |start| (text, base, start))
        });
        blocks.flat_map(move |(text, base, start)| {
            let end = text.len().min(start + BLOCK + finder.needle().len() - 1);
            let block = text.get(start..end).unwrap_or_default();
            let hits: Vec<usize> = finder.find_iter(block).map(|at| start + at).collect();
            hits.into_iter().rev().filter_map(move |at| {
                if !at.checked_sub(1).and_then(|i| text.get(i)).is_some_and(|b| b.is_ascii_whitespace()) {
                    return None;
                }
                let start = memchr::memrchr(b'\n', text.get(..at)?).map_or(0, |n| n + 1);
                let rest = text.get(start..)?;
                let line = rest.get(..memchr::memchr(b'\n', rest)?)?;
                Some((line, base + start as u64))
            })
        })
    }
}

/// Which processes wrote the lines of a chunk so far, as far as that tells that a search is in vain: most
/// processes that name no client are not in the text before at all. Numbers that end alike fall together.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// Behind the start of the last line, by the end of the process id; 0 if there is none. Empty as long as no
    /// lines are entered: many readings need none.
    last: Vec<u32>,
    /// Behind the start of the last line that was not entered.
    blind: usize,
    /// Lines are entered.
    on: bool,
    /// The line being read, and what was known before it.
    place: usize,
    before: Option<u32>,
}

impl Recent {
    /// A chunk begins whose lines will be entered.
    pub fn begin(&mut self) {
        self.last.clear();
        self.last.resize(SLOTS, 0);
        (self.blind, self.place, self.before, self.on) = (0, 0, Some(0), true);
    }

    /// Lines that follow are not entered.
    pub fn stop(&mut self) {
        self.on = false;
    }

    /// A line begins at this place of the chunk.
    #[inline]
    pub fn line(&mut self, place: usize) {
        if self.before.is_none() {
            self.blind = self.place + 1;
        }
        (self.place, self.before) = (place, None);
    }

    /// The process that wrote it; no digits where it tells none.
    #[inline]
    pub fn enter(&mut self, pid: &[u8]) {
        let end = match pid.last_chunk::<4>() {
            Some(end) => u32::from_le_bytes(*end),
            None => pid.iter().fold(0, |all, digit| all << 8 | u32::from(*digit)),
        };
        let slot = scattered(end.into(), SLOTS);
        let place = u32::try_from(self.place + 1).unwrap_or(u32::MAX);
        self.before = match self.last.get_mut(slot) {
            Some(last) if !pid.is_empty() => Some(std::mem::replace(last, place)),
            _ => Some(0),
        };
    }

    /// Whether the line being read can have an earlier one of its process near by.
    fn may_find(&self) -> bool {
        // In a chunk larger than that places cannot be told.
        let Some(before) = self.before.filter(|before| self.on && *before < u32::MAX) else { return true };
        self.place < BEFORE || self.blind.max(before as usize) > self.place - BEFORE
    }
}

/// What a line has in common with all others of its process: `host program[pid]` of a system log, `[pid]`
/// where no program is named.
fn key(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let mut brackets = memchr::memchr_iter(b'[', head);
    let (open, close) = brackets.find_map(|open| {
        let digits = head.get(open + 1..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        let close = open + 1 + digits;
        (digits > 0 && head.get(close) == Some(&b']')).then_some((open, close))
    })?;
    let word = |end: usize| memchr::memrchr(b' ', head.get(..end)?).map(|blank| blank + 1);
    let program = word(open)?;
    let from = if program < open { word(program.checked_sub(1)?)? } else { program };
    line.get(from..=close)
}

impl Parser<'_> {
    /// Whether a line may need the text before its chunk.
    pub fn looks_back(&self) -> bool {
        let inside = |index: &usize| self.set.format(*index).is_some_and(|f| f.unwraps());
        if self.roots.iter().any(inside) {
            return true;
        }
        let parent = |index: &usize| self.set.format(*index).and_then(|format| format.parent);
        let needs =
            |format: &Format| format.client_by_process || format.rules.iter().any(|rule| rule.like_before);
        let mut all = self.set.formats.iter().enumerate().filter(|(_, format)| needs(format));
        all.any(|(index, _)| std::iter::successors(Some(index), parent).any(|i| self.roots.contains(&i)))
    }

    /// Gives an event the client that the nearest earlier line of the same process names, if one does.
    pub(super) fn find_client(
        &self,
        event: &mut Event<'_>,
        line: &str,
        chunk: Option<&LineChunk>,
        scratch: &mut Scratch,
    ) {
        let Some(chunk) = chunk.filter(|_| scratch.recent.may_find()) else { return };
        let before = Before::line(chunk, event.origin.offset);
        if let Some((client, offset)) = before.and_then(|before| self.client(line, before, scratch)) {
            event.source.ip = client.ip;
            event.source.port = event.source.port.or(client.port);
            event.push(self.set.client_line, Value::Int(i64::try_from(offset).unwrap_or(i64::MAX)));
        }
    }

    /// Ties a line whose wrapper holds a text that no format knows to the earlier line in whose event it goes
    /// on: its wrapper holds the first line of an event that can have several.
    pub(super) fn find_beginning(
        &self,
        event: &mut Event<'_>,
        chunk: Option<&LineChunk>,
        scratch: &mut Scratch,
    ) -> Option<()> {
        let before = Before::line(chunk?, event.origin.offset)?;
        let text = event.by_name(self.set.message.name)?.as_str()?.to_owned();
        let mut offset = None;
        for (line, place) in before.nearest().take(BACK) {
            if !scratch.held.contains_key(&place) {
                let known = self.beginnings(line, scratch);
                if scratch.held.len() >= HELD {
                    scratch.held.clear();
                }
                scratch.held.insert(place, known);
            }
            let known = scratch.held.get(&place)?.as_ref()?;
            if known.is_empty() {
                continue;
            }
            let mut joinings = known.iter().filter_map(|root| self.set.format(*root)?.joining.as_ref());
            offset = joinings.any(|joining| joining.continues(b"", text.as_bytes())).then_some(place);
            break;
        }
        event.push(self.set.begun, Value::Int(i64::try_from(offset?).ok()?));
        Some(())
    }

    /// The formats that know what an earlier line wraps as the beginning of an event. What is strange about it was counted
    /// when it was read itself.
    fn beginnings(&self, line: &[u8], scratch: &mut Scratch) -> Option<Vec<usize>> {
        let line = unended(std::str::from_utf8(line).ok()?);
        let inner = self.roots.iter().find_map(|root| self.unwrapped(*root, line, scratch))?;
        let known = self.set.roots.iter().filter(|root| self.set.knows(**root, unended(&inner), scratch));
        let known = known.copied().collect();
        scratch.step_limit = false;
        Some(known)
    }

    /// The text inside a line's wrapper.
    fn unwrapped(&self, root: usize, line: &str, scratch: &mut Scratch) -> Option<String> {
        let format = self.set.format(root)?;
        let mut draft = Draft::default();
        let rule = format.dispatch.apply(format, line, &mut draft, scratch)?;
        Some(draft.get(rule.inside?)?.as_str()?.to_owned())
    }

    /// The client, and the byte offset of the line that names it.
    fn client(&self, text: &str, before: Before<'_>, scratch: &mut Scratch) -> Option<(Endpoint, u64)> {
        let own = key(text)?;
        before.lines(own).take(TRIES).find_map(|(line, offset)| {
            let line = unended(std::str::from_utf8(line).ok()?);
            // What a client had written into a line, its user name perhaps, is no process.
            if key(line) != Some(own) {
                return None;
            }
            let (_, draft) = self.reread(line, scratch)?;
            draft.source.ip.map(|_| (draft.source, offset))
        })
    }

    /// Reads an earlier line once more, by the formats of the file. What is strange about it was counted when it was
    /// read itself.
    pub(super) fn reread<'t>(&self, line: &'t str, scratch: &mut Scratch) -> Option<(Fate, Draft<'t>)> {
        let trace = scratch.trace.take();
        let (mut draft, mut accounts) = (Draft::default(), Ledger::default());
        let (set, origin) = (self.set, Origin::default());
        let mut reading = Line { set, origin, ledger: &mut accounts, scratch: &mut *scratch };
        let mut roots = self.roots.iter().filter_map(|root| set.format(*root));
        let fate = roots.find_map(|root| reading.read(root, line, &mut draft, 0));
        (scratch.trace, scratch.step_limit, scratch.header_changed) = (trace, false, false);
        Some((fate?, draft))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_host_program_and_number_or_the_number_alone() {
        let line = "Jan  1 00:00:45 combo sshd[24236]: pam_unix(sshd:session): session opened [9]";
        assert_eq!(key(line), Some("combo sshd[24236]"));
        assert_eq!(key("2026-01-01 00:00:45.001 UTC [77] FATAL:  no"), Some("[77]"));
        assert_eq!(key("Jan  1 00:00:45 combo sudo: pam_unix"), None);
        assert_eq!(key("[12] at the start of a line stands no host"), None);
        assert_eq!(key("a b[] c [x] d[1"), None);
    }

    #[test]
    fn what_was_not_seen_is_not_sought() {
        let mut recent = Recent::default();
        let mut may_find = |place: usize, pid: Option<&str>| {
            match place {
                0 => recent.begin(),
                1 => recent.stop(),
                _ => {}
            }
            recent.line(place);
            if let Some(pid) = pid {
                recent.enter(pid.as_bytes());
            }
            recent.may_find()
        };
        assert!(may_find(0, Some("7")), "the chunk before is near");
        assert!(!may_find(BEFORE + 1, Some("7")), "too far");
        assert!(may_find(BEFORE + 9, Some("7")));
        assert!(!may_find(BEFORE + 19, Some("10007")));
        assert!(may_find(BEFORE + 24, Some("20007")), "ends alike");
        assert!(!may_find(BEFORE + 29, Some("")));
        assert!(may_find(BEFORE + 39, None), "who knows");
        assert!(may_find(BEFORE + 49, Some("9")), "the line before may be of anybody");
        assert!(!may_find(3 * BEFORE, Some("9")));
        assert!(may_find(1, Some("9")), "nothing is entered any more");
    }

    #[test]
    fn the_nearest_line_comes_first_and_knows_its_place() {
        let chunk = LineChunk {
            before: b"x h p[1]: zero\n".to_vec(),
            data: b"x h p[1]: one\nx h p[11]: two\nx h p[1]: three\nx h p[1]: four\n".to_vec(),
            offset: 100,
            ..LineChunk::default()
        };
        let at = chunk.data.len() - 15;
        let lines: Vec<_> = Before::new(&chunk, at).lines("h p[1]").collect();
        assert_eq!(lines, [(&b"x h p[1]: three"[..], 129), (b"x h p[1]: one", 100), (b"x h p[1]: zero", 85)]);
    }
}
