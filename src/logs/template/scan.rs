//! Matching the parts of a template.

use super::{Misfit, Mode, Part};
use crate::logs::time::Moment;
use memchr::{memchr2, memmem};

/// What the parts of a template captured: memory to work in.
#[derive(Debug, Default)]
pub(in crate::logs) struct Walk {
    /// Begin and end of each text.
    pub spans: Vec<(usize, usize)>,
    /// The first stamp.
    pub stamp: Option<Moment>,
}

/// Matches parts from the start on; gives where they end. The first `known` parts are known to match,
/// and `walk` begins with what they captured.
pub(super) fn forward(parts: &[Part], bytes: &[u8], walk: &mut Walk, known: usize) -> Result<usize, Misfit> {
    let (mut at, known) = resume(parts, walk, known);
    for (i, part) in parts.iter().enumerate().skip(known) {
        let left = bytes.get(at..).ok_or(Misfit::LATER)?;
        let len = match part {
            Part::Literal(want) => {
                if !begins(left, want.as_bytes()) {
                    return Err(Misfit(i + 1));
                }
                at += want.len();
                continue;
            }
            Part::Capture(Mode::Stamp(form)) => {
                let (moment, len) = form.scan(left).ok_or(Misfit(i + 1))?;
                walk.stamp.get_or_insert(moment);
                len
            }
            Part::Capture(mode) => {
                let next = match parts.get(i + 1) {
                    Some(Part::Literal(next)) => next.as_bytes(),
                    _ => b"",
                };
                // How far a capture reaches depends on the part that follows, too.
                reach(*mode, left, next).ok_or(Misfit(i + 2))?
            }
        };
        walk.spans.push((at, at + len));
        at += len;
    }
    Ok(at)
}

/// Where matching goes on after `known` parts, and how many they are.
fn resume(parts: &[Part], walk: &mut Walk, known: usize) -> (usize, usize) {
    let (mut at, mut captures, mut stamped) = (0, 0, false);
    for (i, part) in parts.iter().take(known).enumerate() {
        match part {
            Part::Literal(text) => at += text.len(),
            Part::Capture(mode) => {
                let Some((_, end)) = walk.spans.get(captures) else {
                    walk.spans.truncate(captures);
                    return (at, i);
                };
                at = *end;
                captures += 1;
                stamped |= matches!(mode, Mode::Stamp(_));
            }
        }
    }
    if !stamped {
        walk.stamp = None;
    }
    walk.spans.truncate(captures);
    (at, known.min(parts.len()))
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
    let long = |bytes: Option<&[u8; 8]>| bytes.map(|b| u64::from_ne_bytes(*b));
    if want.len() < 8 {
        return left.iter().zip(want).all(|(a, b)| a == b);
    }
    // The last eight bytes may overlap those before.
    let (front, _) = left.as_chunks::<8>();
    let (wanted, _) = want.as_chunks::<8>();
    front.iter().zip(wanted).all(|(a, b)| long(Some(a)) == long(Some(b)))
        && long(left.last_chunk()) == long(want.last_chunk())
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
    let blank = |b: &u8| matches!(*b, b' ' | b'\t' | b'\n');
    match mode {
        Mode::Digits => {
            // A dash is what formats write for "none"; `keep` decides.
            let other = left.iter().position(|b| !b.is_ascii_digit() && *b != b'-');
            let len = other.unwrap_or(left.len());
            (len > 0).then_some(len)
        }
        Mode::Blanks => Some(left.iter().take_while(|b| blank(b)).count()),
        Mode::Word => {
            let Some((&first, more)) = next.split_first() else {
                let len = left.iter().position(blank).unwrap_or(left.len());
                return (len > 0).then_some(len);
            };
            let mut at = 0;
            loop {
                at += left.get(at..)?.iter().position(|b| *b == first || blank(b))?;
                let b = left.get(at)?;
                if *b == first && begins(left.get(at + 1..)?, more) {
                    return (at > 0).then_some(at);
                }
                if blank(b) {
                    return None;
                }
                at += 1;
            }
        }
        Mode::Text if next.is_empty() => Some(left.len()),
        Mode::Text => position(left, next),
        Mode::Quoted => {
            let mut at = 0;
            loop {
                at += memchr2(b'"', b'\\', left.get(at..)?)?;
                if left.get(at) == Some(&b'"') {
                    return Some(at);
                }
                at += 2;
            }
        }
        Mode::Structured => structured(left),
        Mode::Stamp(form) => form.scan(left).map(|(_, taken)| taken),
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
    for (i, part) in parts.iter().enumerate() {
        let left = bytes.get(begin..end)?;
        match part {
            Part::Literal(want) => {
                if !ends(left, want.as_bytes()) {
                    return None;
                }
                end -= want.len();
            }
            Part::Capture(mode) => {
                let Some(Part::Literal(before)) = parts.get(i + 1) else { return None };
                let from = begin + last(left, before.as_bytes(), *mode)?;
                walk.spans.push((from, end));
                end = from;
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
    let outside = |b: u8| match mode {
        Mode::Digits => !b.is_ascii_digit() && b != b'-',
        _ => matches!(b, b' ' | b'\t' | b'\n'),
    };
    let mut end = left.len();
    loop {
        let at = left.get(..end)?.iter().rposition(|b| *b == border || outside(*b))?;
        if at + 1 < left.len() && left.get(at) == Some(&border) && ends(left.get(..=at)?, before) {
            return Some(at + 1);
        }
        if outside(*left.get(at)?) {
            return None;
        }
        end = at;
    }
}
