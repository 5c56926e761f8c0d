//! Matching the parts of a template.

use super::{Misfit, Mode, Part};
use crate::logs::swar::{self, Eight};
use crate::logs::time::Moment;
use memchr::{memchr2, memmem};

/// What the parts of a template captured: memory to work in.
#[derive(Debug, Default)]
pub(in crate::logs) struct Walk {
    /// Where each part of the lead ends.
    ends: Vec<usize>,
    /// Begin and end of what the captures behind the lead took.
    pub spans: Vec<(usize, usize)>,
    /// The first stamp.
    pub stamp: Option<Moment>,
    /// Number of the part that gave it.
    stamped: usize,
    /// How the last texts began.
    beginnings: [Beginning; BEGINNINGS],
}

/// Longest beginning that is remembered, bytes.
const REMEMBERED: usize = 512;

/// Templates whose last text is remembered; those that meet here forget each other's.
const BEGINNINGS: usize = 16;

/// The beginning of a text that matched the first parts of a template, the last of them literal. A text
/// that begins alike matches them alike: where a capture ends is decided by the text up to the end of the
/// literal behind it.
#[derive(Debug, Default)]
struct Beginning {
    /// Address of the template's source.
    template: usize,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Walk {
    /// Begin and end of what a part of the lead took.
    #[inline]
    pub fn part(&self, part: usize) -> Option<(usize, usize)> {
        let begin = part.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        Some((begin, *self.ends.get(part)?))
    }

    /// Whether a text begins as the last one that matched this template: how many parts are known then.
    pub fn recall(&mut self, template: usize, text: &[u8]) -> Option<usize> {
        let last = self.beginnings.get(template / 16 % BEGINNINGS)?;
        if last.template != template || !text.starts_with(&last.text) {
            return None;
        }
        if self.ends.len() < last.ends.len() {
            self.ends.resize(last.ends.len(), 0);
        }
        self.ends.get_mut(..last.ends.len())?.copy_from_slice(&last.ends);
        self.stamp = None;
        Some(last.ends.len())
    }

    /// Remembers how a text begins that just matched the first `parts` of a template.
    pub fn remember(&mut self, template: usize, text: &[u8], parts: usize) {
        let Some(last) = self.beginnings.get_mut(template / 16 % BEGINNINGS) else { return };
        let end = parts.checked_sub(1).and_then(|last| self.ends.get(last));
        let Some(text) = end.and_then(|end| text.get(..*end)) else { return };
        if text.len() <= REMEMBERED {
            last.template = template;
            last.text.clear();
            last.text.extend_from_slice(text);
            last.ends.clear();
            last.ends.extend(self.ends.iter().take(parts));
        }
    }

    #[inline]
    fn set(&mut self, part: usize, end: usize) {
        if let Some(place) = self.ends.get_mut(part) {
            *place = end;
        }
    }

    /// Where matching goes on after `known` parts, and how many they are.
    #[inline]
    fn resume(&mut self, parts: &[Part], known: usize) -> (usize, usize) {
        if self.ends.len() < parts.len() {
            self.ends.resize(parts.len(), 0);
        }
        let known = known.min(parts.len());
        if self.stamped >= known {
            self.stamp = None;
        }
        match (known, parts.first()) {
            (0, _) => (0, 0),
            // Known by how the text begins; perhaps nothing was walked yet.
            (1, Some(Part::Literal(text))) => {
                self.set(0, text.len());
                self.stamp = None;
                (text.len(), 1)
            }
            _ => self.ends.get(known - 1).map_or((0, 0), |end| (*end, known)),
        }
    }
}

impl Mode {
    /// Whether [`reach`] makes sure of the literal text that follows.
    pub fn sees_next(self) -> bool {
        matches!(self, Mode::Word | Mode::Text | Mode::List | Mode::Unquoted | Mode::Host)
    }
}

/// Matches parts from the start on; gives where they end. The first `known` parts are known to match,
/// and `walk` tells where they end.
#[inline]
pub(super) fn forward(parts: &[Part], bytes: &[u8], walk: &mut Walk, known: usize) -> Result<usize, Misfit> {
    let (mut at, mut i) = walk.resume(parts, known);
    while let Some(part) = parts.get(i) {
        let left = bytes.get(at..).ok_or(Misfit::LATER)?;
        let misfit = Misfit { within: i + 1, matched: i };
        match part {
            Part::Literal(want) => {
                if !begins(left, want.as_bytes()) {
                    return Err(misfit);
                }
                at += want.len();
            }
            Part::Capture(Mode::Stamp(form)) => {
                let (moment, len) = form.scan(left).ok_or(misfit)?;
                if walk.stamp.is_none() {
                    (walk.stamp, walk.stamped) = (Some(moment), i);
                }
                at += len;
            }
            Part::Capture(Mode::ToBlank) => at += to_blank(left).ok_or(misfit)?,
            Part::Capture(mode) => {
                let next = match parts.get(i + 1) {
                    Some(Part::Literal(next)) => next.as_bytes(),
                    _ => b"",
                };
                let sees_next = mode.sees_next();
                let within = misfit.within + usize::from(sees_next);
                at += reach(*mode, left, next).ok_or(Misfit { within, ..misfit })?;
                if sees_next && !next.is_empty() {
                    walk.set(i, at);
                    at += next.len();
                    i += 1;
                }
            }
        }
        walk.set(i, at);
        i += 1;
    }
    Ok(at)
}

/// Whether `left` begins with `want`. Literals are short: comparing eight bytes at a time here is faster
/// than calling for a comparison of memory.
#[inline]
pub(in crate::logs) fn begins(left: &[u8], want: &[u8]) -> bool {
    left.get(..want.len()).is_some_and(|left| same(left, want))
}

/// Whether `left` ends with `want`.
#[inline]
fn ends(left: &[u8], want: &[u8]) -> bool {
    let from = left.len().checked_sub(want.len());
    from.and_then(|from| left.get(from..)).is_some_and(|left| same(left, want))
}

#[inline]
fn same(left: &[u8], want: &[u8]) -> bool {
    // First and last bytes may overlap in the middle.
    if want.len() >= 8 {
        let (front, _) = left.as_chunks::<8>();
        let (wanted, _) = want.as_chunks::<8>();
        return front.iter().zip(wanted).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
            && last_of::<8>(left).map(u64::from_ne_bytes) == last_of::<8>(want).map(u64::from_ne_bytes);
    }
    if want.len() >= 4 {
        let front = |bytes: &[u8]| bytes.first_chunk::<4>().map(|b| u32::from_ne_bytes(*b));
        return front(left) == front(want)
            && last_of::<4>(left).map(u32::from_ne_bytes) == last_of::<4>(want).map(u32::from_ne_bytes);
    }
    left.iter().zip(want).all(|(a, b)| a == b)
}

#[inline]
fn last_of<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.last_chunk::<N>().copied()
}

/// Where `want` (not empty) first stands in `text`.
fn position(text: &[u8], want: &[u8]) -> Option<usize> {
    // What may be empty mostly is.
    if begins(text, want) {
        return Some(0);
    }
    let first = *want.first()?;
    memchr::memchr_iter(first, text).find(|at| text.get(*at..).is_some_and(|left| begins(left, want)))
}

/// Length of a capture at the start of `left` when `next` must follow (empty: nothing need follow).
pub(super) fn reach(mode: Mode, left: &[u8], next: &[u8]) -> Option<usize> {
    match mode {
        Mode::Digits => {
            // `keep` decides what a dash is.
            let len = swar::first_near(left, 0, Eight::other_than_numbers);
            (len > 0).then_some(len)
        }
        Mode::Blanks => Some(left.iter().take_while(|b| blank(**b)).count()),
        Mode::Word => word(left, next),
        Mode::ToBlank => to_blank(left),
        Mode::Text | Mode::List if next.is_empty() => Some(left.len()),
        Mode::Text => position(left, next),
        Mode::List => {
            let item = |at: &usize| at.checked_sub(1).and_then(|before| left.get(before)) != Some(&b',');
            memmem::find_iter(left, next).find(item)
        }
        Mode::Unquoted => {
            let text = left.get(..quote(left).unwrap_or(left.len()))?;
            if next.is_empty() { Some(text.len()) } else { memmem::rfind(text, next) }
        }
        Mode::Host => host(left, next),
        Mode::Quoted => quote(left),
        Mode::Structured => structured(left),
        Mode::Stamp(form) => form.scan(left).map(|(_, taken)| taken),
    }
}

/// Where the next double quote stands that no backslash stands before.
fn quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Length of the word at the start of `left`, up to the last `next` in it where that begins with no blank: a host
/// may be an address with colons in it, but no name ends in one.
fn host(left: &[u8], next: &[u8]) -> Option<usize> {
    let word = to_blank(left)?;
    let len = match next.first() {
        Some(first) if !blank(*first) => memmem::rfind(left.get(..word)?, next)?,
        _ => word,
    };
    let fits = len > 0 && left.get(len - 1) != Some(&b':') && begins(left.get(len..)?, next);
    fits.then_some(len)
}

/// What ends a word.
fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

/// Length of the word at the start of `left` up to the next blank.
#[inline]
fn to_blank(left: &[u8]) -> Option<usize> {
    let mut at = swar::first(left, 0, Eight::low);
    // Other control characters than those that end it are part of a word.
    while left.get(at).is_some_and(|byte| !blank(*byte)) {
        at = swar::first(left, at + 1, Eight::low);
    }
    (at > 0).then_some(at)
}

/// Length of the word at the start of `left` up to `next`.
fn word(left: &[u8], next: &[u8]) -> Option<usize> {
    let Some((first, more)) = next.split_first() else { return to_blank(left) };
    let mut at = 0;
    loop {
        at = swar::first(left, at, |bytes| bytes.are(*first).or(bytes.low()));
        let border = left.get(at)?;
        if border == first && begins(left.get(at + 1..)?, more) {
            return (at > 0).then_some(at);
        }
        if blank(*border) {
            return None;
        }
        at += 1;
    }
}

/// Length of RFC 5424 structured data at the start of `left` (6.3: `\`, `"` and `]` are escaped in values).
fn structured(left: &[u8]) -> Option<usize> {
    if left.first() == Some(&b'-') {
        return Some(1);
    }
    let mut at = 0;
    while left.get(at) == Some(&b'[') {
        let mut quoted = false;
        loop {
            at += 1;
            match left.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
        }
        at += 1;
    }
    (at > 0).then_some(at)
}

/// Matches parts (in reverse) from the end back to no further than `begin`; gives where they start.
pub(super) fn backward(parts: &[Part], bytes: &[u8], begin: usize, walk: &mut Walk) -> Option<usize> {
    let mut end = bytes.len();
    let mut parts = parts.iter();
    while let Some(part) = parts.next() {
        let left = bytes.get(begin..end)?;
        match part {
            Part::Literal(want) => {
                if !ends(left, want.as_bytes()) {
                    return None;
                }
                end -= want.len();
            }
            Part::Capture(mode) => {
                // It is looked for together with the text before it.
                let Some(Part::Literal(before)) = parts.next() else { return None };
                let from = begin + last(left, before.as_bytes(), *mode)?;
                walk.spans.push((from, end));
                end = from - before.len();
            }
        }
    }
    Some(end)
}

/// Where a capture at the end of `left` begins when `before` must stand before it.
pub(super) fn last(left: &[u8], before: &[u8], mode: Mode) -> Option<usize> {
    if mode == Mode::Text {
        return memmem::rfind(left, before).map(|at| at + before.len());
    }
    let border = *before.last()?;
    let outside = |byte: u8| match mode {
        Mode::Digits => !(byte.is_ascii_digit() || byte == b'-'),
        _ => blank(byte),
    };
    let mut end = left.len();
    loop {
        let at = match mode {
            Mode::Digits if outside(border) => swar::last_near(left, end, Eight::other_than_numbers),
            Mode::Digits => {
                swar::last_near(left, end, |bytes| bytes.other_than_numbers().or(bytes.are(border)))
            }
            _ if blank(border) => swar::last(left, end, Eight::low),
            _ => swar::last(left, end, |bytes| bytes.low().or(bytes.are(border))),
        }?;
        let found = *left.get(at)?;
        if at + 1 < left.len() && found == border && ends(left.get(..=at)?, before) {
            return Some(at + 1);
        }
        if outside(found) {
            return None;
        }
        end = at;
    }
}
