//! How the usual line begins.

use super::super::swar::{self, Eight};
use super::super::template::begins;
use super::super::time::{Stamps, Yearless};
use crate::model::scattered;
use std::ops::Range;

/// Beginnings that are remembered.
const SLOTS: usize = 256;
/// Bytes that one may have.
const LONGEST: usize = 40;

/// Stamp, program, pid and message of `Nov 21 09:07:01 host program[pid]: message`, where `[pid]` may be
/// missing.
pub(super) struct Header<'t> {
    pub when: Yearless,
    pub program: Name<'t>,
    pub pid: &'t [u8],
    pub message: &'t str,
}

/// A program.
pub(super) enum Name<'t> {
    /// By its number.
    Known(usize),
    /// As it stands in the text, with the place where what stands between it and the stamp can be remembered.
    New(&'t str, Range<usize>),
}

/// How the last lines began: memory to work in.
#[derive(Debug)]
pub(in crate::logs) struct Heads {
    stamps: Stamps,
    known: Vec<Known>,
}

/// ` host program[` or ` host program:`, as it was read before.
#[derive(Clone, Copy, Debug)]
struct Known {
    text: [u8; LONGEST],
    /// 0 if there is none.
    len: usize,
    /// Number of the program.
    program: usize,
}

impl Default for Heads {
    fn default() -> Self {
        let none = Known { text: [0; LONGEST], len: 0, program: 0 };
        Heads { stamps: Stamps::default(), known: vec![none; SLOTS] }
    }
}

impl Heads {
    /// Forgets what the numbers of programs stood for.
    pub fn begin(&mut self) {
        self.known.iter_mut().for_each(|known| known.len = 0);
    }

    /// Reads a line.
    /// Says no to lines that another template could read in another way.
    #[inline]
    pub(super) fn read<'t>(&mut self, text: &'t str) -> Option<Header<'t>> {
        let bytes = text.as_bytes();
        let (when, stamp) = self.stamps.scan(bytes)?;
        // Where a name ends that holds neither: what decides how the bytes before it are read is among them, but for
        // the blank behind a colon.
        let mark = swar::first(bytes, stamp + 1, |bytes| bytes.are(b'[').or(bytes.are(b':')));
        let known =
            self.known.get(slot(bytes, stamp..mark + 1)).filter(|known| known.is(bytes, stamp..mark + 1));
        let known = known.filter(|_| bytes.get(mark) == Some(&b'[') || bytes.get(mark + 1) == Some(&b' '));
        let (program, end) = match known {
            Some(known) => (Name::Known(known.program), mark),
            None => {
                let name = name(bytes, stamp)?;
                let end = name.end;
                (Name::New(text.get(name)?, stamp..end + 1), end)
            }
        };
        let (pid, message) = if bytes.get(end) == Some(&b'[') {
            let pid = swar::first_near(bytes, end + 1, Eight::other_than_digits);
            // A longer number may not fit.
            if !(2..=19).contains(&(pid - end)) || bytes.get(pid..)?.first_chunk() != Some(b"]: ") {
                return None;
            }
            (bytes.get(end + 1..pid)?, pid + 3)
        } else {
            (&[] as &[u8], end + 2)
        };
        let message = text.get(message..).filter(|message| !message.is_empty() && *message != "-")?;
        Some(Header { when, program, pid, message })
    }

    /// Remembers the number of the program that stands at the end of a part of a line.
    pub(super) fn enter(&mut self, line: &str, part: Range<usize>, program: usize) {
        let bytes = line.as_bytes();
        let place = slot(bytes, part.clone());
        let Some((known, part)) = self.known.get_mut(place).zip(bytes.get(part)) else { return };
        if let Some(text) = known.text.get_mut(..part.len()) {
            text.copy_from_slice(part);
            (known.len, known.program) = (part.len(), program);
        }
    }
}

impl Known {
    #[inline]
    fn is(&self, bytes: &[u8], part: Range<usize>) -> bool {
        let text = self.text.get(..self.len).unwrap_or_default();
        self.len == part.len() && bytes.get(part.start..).is_some_and(|left| begins(left, text))
    }
}

/// Where a part of a line is remembered: the host is told by its first bytes, the program by its last ones.
#[inline]
fn slot(bytes: &[u8], part: Range<usize>) -> usize {
    let first = bytes.get(part.start + 1..).and_then(|behind| behind.first_chunk::<8>());
    let last = bytes.get(..part.end - 1).and_then(|before| before.last_chunk::<8>());
    let number = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
    scattered(number(first).rotate_left(21) ^ number(last), SLOTS)
}

/// Where the name of the program stands in a line that has a stamp up to `stamp`: `[` or `: ` follows.
fn name(bytes: &[u8], stamp: usize) -> Option<Range<usize>> {
    let host = swar::first(bytes, stamp + 1, Eight::low);
    let end = swar::first(bytes, host + 1, |bytes| bytes.are(b'[').or(bytes.low()));
    let blanks = bytes.get(stamp) == Some(&b' ') && bytes.get(host) == Some(&b' ');
    // A colon ends the mark of a program, where no host is named.
    if bytes.get(host.wrapping_sub(1)) == Some(&b':') {
        return None;
    }
    if !blanks || host == stamp + 1 || end == host + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'[') {
        return Some(host + 1..end);
    }
    (end > host + 2 && bytes.get(end - 1..)?.first_chunk() == Some(b": ")).then_some(host + 1..end - 1)
}
