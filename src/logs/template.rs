//! Delimited rules: literal text with fields between, matched without a regular expression.
//!
//! ```text
//! Failed %{sshd.method} for %{user.name:rest} from %{source.ip} port %{source.port} ssh2
//! ```
//!
//! `%{field}` takes one or more characters other than blank and tab, up to the literal that follows;
//! a field whose type is a number or an address must read as one, or the rule does not match.
//! `%{}` takes the same and keeps nothing; `%%` is a percent sign. After a colon:
//! - `text`: any characters, also none, up to the first occurrence of what follows;
//! - `list`: the same, but up to the first that no comma stands before: items with a comma and a blank between;
//! - `rest`: any characters, also none, as many as possible. What follows it is matched from the end of
//!   the line backwards, so that text under an attacker's control cannot pretend to be what follows.
//!   At most one per template;
//! - `unquoted`: any characters, also none, up to the last occurrence of what follows before the next double
//!   quote without a backslash before it: a text in which quotes are escaped, and nothing else;
//! - `host`: a word that does not end in a colon, which is a program's mark in a system log and no host;
//! - `name`: a word that is the name of a host, or an address; `source.address` takes one with a port, too;
//! - `quoted`: up to the next double quote without a backslash before it;
//! - `blanks`: blanks and tabs, also none;
//! - `structured`: the structured data of RFC 5424: `-`, or elements in brackets with quoted values;
//! - for `@timestamp`, the form of the stamp (`rfc3164`, `iso8601`, `httpdate` …).
//!
//! A template matches the whole text.

pub(super) mod progress;

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::target::{Capture, Target};
use super::time::Form;
use parts::{capture, literal};
pub(super) use scan::{Walk, begins};
use scan::{backward, forward};

/// So many parts of which nothing is kept are worth remembering.
const DULL: usize = 4;

/// How far a capture reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Up to what follows, which stands before the next blank.
    Word,
    /// Up to the next blank: a word that a blank follows.
    ToBlank,
    Digits,
    Text,
    /// Up to the first of what follows that no comma stands before.
    List,
    /// Up to the last of what follows before the next quote.
    Unquoted,
    /// A word without a colon at its end, up to the last of what follows.
    Host,
    Quoted,
    Blanks,
    Structured,
    Stamp(Form),
}

#[derive(Clone, Debug)]
enum Part {
    Literal(Box<str>),
    /// Where its text goes is the next of [`Template::captures`].
    Capture(Mode),
}

/// Why a template does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// How many of its first parts are enough to say so, whatever follows.
    pub within: usize,
    /// How many of its first parts match.
    pub matched: usize,
}

impl Misfit {
    /// Something after the lead, or the type of a value: all parts of the lead match.
    pub const LATER: Misfit = Misfit { within: usize::MAX, matched: usize::MAX };
}

impl Part {
    fn begins_blank(&self) -> bool {
        matches!(self, Part::Literal(text) if text.starts_with([' ', '\t']))
    }
}

/// What a text ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Any,
    Byte(u8),
    /// A digit, or a dash for "none".
    Digit,
}

impl End {
    /// Whether a text may end so whose last byte this is.
    #[inline]
    pub fn may_be(self, last: Option<u8>) -> bool {
        match self {
            End::Any => true,
            End::Byte(byte) => last == Some(byte),
            End::Digit => last.is_some_and(|last| last.is_ascii_digit() || last == b'-'),
        }
    }
}

/// Where a [`Walk`] tells what a capture took.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A part of the lead.
    Part(usize),
    /// One of the captures behind it.
    Behind(usize),
}

/// A compiled template.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// From the start, left to right.
    lead: Vec<Part>,
    /// Whether something takes the rest.
    rest: bool,
    /// From the end, right to left.
    tail: Vec<Part>,
    /// Where captured texts go: those of `lead`, of `tail`, then the rest.
    captures: Vec<Capture>,
    /// Parts of `lead` that capture, in order.
    capturing: Vec<usize>,
    /// Captures of which something is kept, or looked at, and where their texts are found.
    kept: Vec<(usize, Place)>,
    /// First parts of `lead` of which nothing is kept: [`Walk`] remembers the last text that matched them.
    dull: usize,
    /// As it was written.
    source: Box<str>,
}

impl Template {
    /// Compiles a template of format `format`; `file` and `place` are for messages.
    pub fn new(
        table: &Table,
        format: &str,
        file: &str,
        place: &str,
        text: &str,
    ) -> Result<Template, PatternError> {
        let fail = |message: String| PatternError::format(file, place, message);
        let (mut lead, mut tail, mut rest) = (Vec::new(), Vec::new(), None);
        let (mut captures, mut behind) = (Vec::new(), Vec::new());
        let mut left = text;
        while !left.is_empty() {
            let Some(inner) = left.strip_prefix("%{") else {
                let part = literal(&mut left);
                if rest.is_some() { &mut tail } else { &mut lead }.push(part);
                continue;
            };
            let (name, after) =
                inner.split_once('}').ok_or_else(|| fail(format!("`%{{` without `}}` in `{text}`")))?;
            left = after;
            let (name, mode) = name.split_once(':').map_or((name, None), |(n, m)| (n, Some(m)));
            if mode == Some("rest") {
                let target = Target::of(table, file, place, name)?;
                if rest.replace(Capture { target, check: table.check(format, name) }).is_some() {
                    return Err(fail("more than one `rest` in a template".to_owned()));
                }
                continue;
            }
            let (capture, mode) = capture(table, format, file, place, name, mode)?;
            if rest.is_some() {
                tail.push(Part::Capture(mode));
                behind.push(capture);
            } else {
                lead.push(Part::Capture(mode));
                captures.push(capture);
            }
        }
        for i in 0..lead.len() {
            let followed = lead.get(i + 1).map_or(rest.is_none(), Part::begins_blank);
            if let Some(Part::Capture(mode @ Mode::Word)) = lead.get_mut(i).filter(|_| followed) {
                *mode = Mode::ToBlank;
            }
        }
        tail.reverse();
        captures.extend(behind.into_iter().rev());
        let has_rest = rest.is_some();
        captures.extend(rest);
        let capturing = lead.iter().enumerate().filter(|(_, part)| matches!(part, Part::Capture(_)));
        let capturing = capturing.map(|(i, _)| i).collect();
        let (source, kept) = (text.into(), Vec::new());
        let mut template =
            Template { lead, rest: has_rest, tail, captures, capturing, kept, dull: 0, source };
        template.keep_what_is_wanted();
        template.sound().map_err(|message| fail(format!("{message} in `{text}`")))?;
        Ok(template)
    }

    /// What cannot be decided in one pass is refused.
    fn sound(&self) -> Result<(), &'static str> {
        let open = |part: Option<&Part>| {
            matches!(
                part,
                Some(Part::Capture(
                    Mode::Word | Mode::ToBlank | Mode::Text | Mode::List | Mode::Unquoted | Mode::Host
                ))
            )
        };
        let literal = |part: Option<&Part>| matches!(part, Some(Part::Literal(_)));
        for (i, part) in self.lead.iter().enumerate() {
            let next = self.lead.get(i + 1);
            if open(Some(part)) && next.is_some() && !literal(next) {
                return Err("a field must be followed by literal text");
            }
            if open(Some(part)) && next.is_none() && self.rest {
                return Err("literal text must stand before `rest`");
            }
        }
        for (i, part) in self.tail.iter().enumerate() {
            if let Part::Capture(mode) = part
                && !matches!(mode, Mode::Word | Mode::ToBlank | Mode::Digits | Mode::Text)
            {
                return Err("only words, numbers and `text` can follow `rest`");
            }
            if matches!(part, Part::Capture(..)) && !literal(self.tail.get(i + 1)) {
                return Err("literal text must stand between `rest` and a field");
            }
        }
        Ok(())
    }

    /// Whether a text that begins with this byte (`None`: an empty text) can match.
    pub fn may_begin(&self, byte: Option<u8>) -> bool {
        match (self.lead.first(), byte) {
            (Some(Part::Literal(text)), _) => text.as_bytes().first().copied() == byte,
            (Some(Part::Capture(Mode::Stamp(form))), Some(byte)) => form.may_begin(byte),
            (
                Some(Part::Capture(Mode::Stamp(_) | Mode::Word | Mode::ToBlank | Mode::Host | Mode::Digits)),
                None,
            ) => false,
            (Some(Part::Capture(Mode::Digits)), Some(byte)) => byte.is_ascii_digit() || byte == b'-',
            _ => true,
        }
    }

    /// What texts that match end with.
    pub fn end(&self) -> End {
        let part = if self.rest { self.tail.first() } else { self.lead.last() };
        match part {
            Some(Part::Literal(text)) => text.as_bytes().last().map_or(End::Any, |last| End::Byte(*last)),
            Some(Part::Capture(Mode::Digits)) => End::Digit,
            _ => End::Any,
        }
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text that it begins with.
    pub fn literal(&self) -> Option<&[u8]> {
        match self.lead.first()? {
            Part::Literal(text) => Some(text.as_bytes()),
            Part::Capture(_) => None,
        }
    }

    /// Fields it can fill.
    pub fn captures(&self) -> &[Capture] {
        &self.captures
    }

    /// Changes captures, so that less is kept.
    pub fn change_captures(&mut self, change: impl FnMut(&mut Capture)) {
        self.captures.iter_mut().for_each(change);
        self.keep_what_is_wanted();
        let kept = |capture: &Capture| !matches!(capture.target, Target::Skip | Target::Whole);
        let first = self.captures.iter().zip(&self.capturing).find(|(capture, _)| kept(capture));
        let dull = first.map_or(0, |(_, part)| *part);
        // How far this reaches is decided by more than the text that is remembered.
        let looks_far = self.lead.iter().position(|part| matches!(part, Part::Capture(Mode::Unquoted)));
        let dull = dull.min(looks_far.unwrap_or(dull));
        let literal = dull.checked_sub(1).and_then(|last| self.lead.get(last));
        self.dull = if matches!(literal, Some(Part::Literal(_))) { dull } else { 0 };
    }

    fn keep_what_is_wanted(&mut self) {
        let parts = self.capturing.iter().map(|part| Place::Part(*part));
        let places = parts.chain((0..).map(Place::Behind));
        let kept = self.captures.iter().zip(places).enumerate();
        let kept = kept.filter(|(_, (capture, _))| !matches!(capture.target, Target::Skip));
        self.kept = kept.map(|(nth, (_, place))| (nth, place)).collect();
    }

    /// Matches the whole text; on failure the draft is as before. The first `known` parts are known to
    /// match; of what they captured `walk` still tells, unless they are literal text.
    pub fn apply<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        walk: &mut Walk,
        known: usize,
    ) -> Result<(), Misfit> {
        let bytes = text.as_bytes();
        let dull = (self.dull >= DULL && known < self.dull).then(|| self.source.as_ptr().addr());
        let known = dull.and_then(|key| walk.recall(key, bytes)).unwrap_or(known);
        let begin = forward(&self.lead, bytes, walk, known)?;
        if let Some(key) = dull.filter(|_| known < self.dull) {
            walk.remember(key, bytes, self.dull);
        }
        walk.spans.clear();
        if self.rest {
            let end = backward(&self.tail, bytes, begin, walk).ok_or(Misfit::LATER)?;
            walk.spans.push((begin, end));
        } else if begin != bytes.len() {
            return Err(Misfit::LATER);
        }
        // Only now that the literals fit are texts converted: most templates fail before.
        if self.put(text, null, draft, walk) { Ok(()) } else { Err(Misfit::LATER) }
    }

    /// Converts what was captured; on failure the draft is as before.
    fn put<'a>(&self, text: &'a str, null: &[String], draft: &mut Draft<'a>, walk: &Walk) -> bool {
        let mark = draft.mark();
        let mut stamp = walk.stamp;
        let good = self.kept.iter().all(|(nth, place)| {
            let Some(capture) = self.captures.get(*nth) else { return false };
            if matches!(capture.target, Target::Time(_)) && stamp.is_some() {
                draft.time = stamp.take();
                return true;
            }
            let span = match place {
                Place::Part(part) => walk.part(*part),
                Place::Behind(nth) => walk.spans.get(*nth).copied(),
            };
            let (begin, end) = span.unwrap_or_default();
            text.get(begin..end).is_some_and(|value| keep(capture, value, null, draft))
        });
        if !good {
            draft.reset(&mark);
        }
        good
    }

    /// How many of the first parts are those of `other`, and how many of these reach as far whatever follows.
    pub fn common(&self, other: &Template) -> (usize, usize) {
        let same = |(a, b): &(&Part, &Part)| match (a, b) {
            (Part::Literal(a), Part::Literal(b)) => a == b,
            (Part::Capture(a), Part::Capture(b)) => a == b,
            _ => false,
        };
        let common = self.lead.iter().zip(&other.lead).take_while(same).count();
        let last = common.checked_sub(1).and_then(|last| self.lead.get(last));
        let looks_on = matches!(last, Some(Part::Capture(mode)) if mode.sees_next());
        (common, common - usize::from(looks_on))
    }
}

/// Keeps a value unless it is one of the format's words for "none".
#[inline]
fn keep<'a>(capture: &Capture, value: &'a str, null: &[String], draft: &mut Draft<'a>) -> bool {
    (!null.is_empty() && null.iter().any(|n| n == value)) || draft.put(capture, value)
}

mod parts;
mod scan;
#[cfg(test)]
mod tests;
