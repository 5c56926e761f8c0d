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
//! - `rest`: any characters, also none, as many as possible. What follows it is matched from the end of
//!   the line backwards, so that text under an attacker's control cannot pretend to be what follows.
//!   At most one per template;
//! - `quoted`: up to the next double quote without a backslash before it;
//! - `blanks`: blanks and tabs, also none;
//! - `structured`: the structured data of RFC 5424: `-`, or elements in brackets with quoted values;
//! - for `@timestamp`, the form of the stamp (`rfc3164`, `iso8601`, `httpdate` …).
//!
//! A template matches the whole text.

use super::PatternError;
use super::draft::{Capture, Draft, Target};
use super::fields::{Table, nearest};
use super::time::Form;
use memchr::{memchr2, memmem};

/// How far a capture reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Word,
    Digits,
    Text,
    Quoted,
    Blanks,
    Structured,
    Stamp(Form),
}

#[derive(Clone, Debug)]
enum Part {
    Literal(Box<str>),
    Capture(Capture, Mode),
}

/// A compiled template.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// From the start, left to right.
    lead: Vec<Part>,
    /// What takes the rest.
    rest: Option<Capture>,
    /// From the end, right to left.
    tail: Vec<Part>,
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
        let mut left = text;
        while !left.is_empty() {
            let part = if let Some(inner) = left.strip_prefix("%{") {
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
                capture(table, format, file, place, name, mode)?
            } else {
                literal(&mut left)
            };
            if rest.is_some() { &mut tail } else { &mut lead }.push(part);
        }
        tail.reverse();
        let template = Template { lead, rest, tail };
        template.sound().map_err(|message| fail(format!("{message} in `{text}`")))?;
        Ok(template)
    }

    /// What cannot be decided in one pass is refused.
    fn sound(&self) -> Result<(), &'static str> {
        let open = |part: Option<&Part>| matches!(part, Some(Part::Capture(_, Mode::Word | Mode::Text)));
        let literal = |part: Option<&Part>| matches!(part, Some(Part::Literal(_)));
        for (i, part) in self.lead.iter().enumerate() {
            let next = self.lead.get(i + 1);
            if open(Some(part)) && next.is_some() && !literal(next) {
                return Err("a field must be followed by literal text");
            }
            if open(Some(part)) && next.is_none() && self.rest.is_some() {
                return Err("literal text must stand before `rest`");
            }
        }
        for (i, part) in self.tail.iter().enumerate() {
            if matches!(
                part,
                Part::Capture(_, Mode::Quoted | Mode::Blanks | Mode::Structured | Mode::Stamp(_))
            ) {
                return Err("only words, numbers and `text` can follow `rest`");
            }
            if matches!(part, Part::Capture(..)) && !literal(self.tail.get(i + 1)) {
                return Err("literal text must stand between `rest` and a field");
            }
        }
        Ok(())
    }

    /// The literal text every match begins with.
    pub fn prefix(&self) -> &str {
        match self.lead.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// Whether a text that begins with this byte (`None`: an empty text) can match.
    pub fn may_begin(&self, byte: Option<u8>) -> bool {
        match (self.lead.first(), byte) {
            (Some(Part::Literal(text)), _) => text.as_bytes().first().copied() == byte,
            (Some(Part::Capture(_, Mode::Stamp(form))), Some(byte)) => form.may_begin(byte),
            (Some(Part::Capture(_, Mode::Stamp(_) | Mode::Word | Mode::Digits)), None) => false,
            (Some(Part::Capture(_, Mode::Digits)), Some(byte)) => byte.is_ascii_digit() || byte == b'-',
            _ => true,
        }
    }

    /// Matches the whole text. On failure the draft holds leftovers: the caller resets it.
    pub fn apply<'a>(&self, text: &'a str, null: &[String], draft: &mut Draft<'a>) -> bool {
        let Some(begin) = forward(&self.lead, text, null, draft) else { return false };
        let Some(end) = backward(&self.tail, text, begin, null, draft) else { return false };
        match &self.rest {
            None => begin == text.len(),
            Some(capture) => text.get(begin..end).is_some_and(|value| keep(capture, value, null, draft)),
        }
    }
}

fn literal(left: &mut &str) -> Part {
    let mut out = String::new();
    while let Some(c) = left.chars().next() {
        if left.starts_with("%{") {
            break;
        }
        let step = if left.starts_with("%%") { 2 } else { c.len_utf8() };
        out.push(c);
        *left = left.get(step..).unwrap_or("");
    }
    Part::Literal(out.into_boxed_str())
}

fn capture(
    table: &Table,
    format: &str,
    file: &str,
    place: &str,
    name: &str,
    mode: Option<&str>,
) -> Result<Part, PatternError> {
    if name == "@timestamp" {
        let forms = || Form::ALL.iter().map(|(n, _)| *n);
        let form = mode.and_then(Form::by_name).ok_or_else(|| {
            let near = nearest(mode.unwrap_or(""), forms()).map_or_else(
                || format!("one of {}", forms().collect::<Vec<_>>().join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            PatternError::format(file, place, format!("`@timestamp` needs the form of the stamp: {near}"))
        })?;
        return Ok(Part::Capture(Capture { target: Target::Time(form), check: None }, Mode::Stamp(form)));
    }
    let target = Target::of(table, file, place, name)?;
    let mode = match mode {
        None if target.numeric() => Mode::Digits,
        None => Mode::Word,
        Some("text") => Mode::Text,
        Some("quoted") => Mode::Quoted,
        Some("blanks") => Mode::Blanks,
        Some("structured") => Mode::Structured,
        Some(other) => {
            let near = nearest(other, ["text", "rest", "quoted", "blanks", "structured"].into_iter());
            let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            return Err(PatternError::format(file, place, format!("unknown mode `{other}`{hint}")));
        }
    };
    Ok(Part::Capture(Capture { target, check: table.check(format, name) }, mode))
}

/// Keeps a value unless it is one of the format's words for "none".
#[inline]
fn keep<'a>(capture: &Capture, value: &'a str, null: &[String], draft: &mut Draft<'a>) -> bool {
    null.iter().any(|n| n == value) || draft.put(capture, value)
}

/// Matches parts from the start on; gives where they end.
fn forward<'a>(parts: &[Part], text: &'a str, null: &[String], draft: &mut Draft<'a>) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    for (i, part) in parts.iter().enumerate() {
        let left = bytes.get(at..)?;
        match part {
            Part::Literal(want) => {
                if !left.starts_with(want.as_bytes()) {
                    return None;
                }
                at += want.len();
            }
            Part::Capture(_, Mode::Stamp(form)) => {
                let (moment, taken) = form.scan(left)?;
                draft.time = Some(moment);
                at += taken;
            }
            Part::Capture(capture, mode) => {
                let next = match parts.get(i + 1) {
                    Some(Part::Literal(next)) => next.as_bytes(),
                    _ => b"",
                };
                let len = reach(*mode, left, next)?;
                if !keep(capture, text.get(at..at + len)?, null, draft) {
                    return None;
                }
                at += len;
            }
        }
    }
    Some(at)
}

/// Length of a capture at the start of `left` when `next` must follow (empty: nothing need follow).
fn reach(mode: Mode, left: &[u8], next: &[u8]) -> Option<usize> {
    let blank = |b: &u8| matches!(*b, b' ' | b'\t');
    match mode {
        Mode::Digits => {
            // A dash is what formats write for "none"; `keep` decides.
            let len = left.iter().take_while(|b| b.is_ascii_digit() || **b == b'-').count();
            (len > 0).then_some(len)
        }
        Mode::Blanks => Some(left.iter().take_while(|b| blank(b)).count()),
        Mode::Word => {
            let Some((&first, _)) = next.split_first() else {
                let len = left.iter().position(|b| blank(b)).unwrap_or(left.len());
                return (len > 0).then_some(len);
            };
            let mut at = 0;
            loop {
                let b = *left.get(at)?;
                if b == first && left.get(at..)?.starts_with(next) {
                    return (at > 0).then_some(at);
                }
                if blank(&b) {
                    return None;
                }
                at += 1;
            }
        }
        Mode::Text if next.is_empty() => Some(left.len()),
        Mode::Text => memmem::find(left, next),
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
fn backward<'a>(
    parts: &[Part],
    text: &'a str,
    begin: usize,
    null: &[String],
    draft: &mut Draft<'a>,
) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = text.len();
    for (i, part) in parts.iter().enumerate() {
        let left = bytes.get(begin..end)?;
        match part {
            Part::Literal(want) => {
                if !left.ends_with(want.as_bytes()) {
                    return None;
                }
                end -= want.len();
            }
            Part::Capture(capture, mode) => {
                let Some(Part::Literal(before)) = parts.get(i + 1) else { return None };
                let from = begin + last(left, before.as_bytes(), *mode)?;
                if !keep(capture, text.get(from..end)?, null, draft) {
                    return None;
                }
                end = from;
            }
        }
    }
    Some(end)
}

/// Where a capture at the end of `left` begins when `before` must stand before it.
fn last(left: &[u8], before: &[u8], mode: Mode) -> Option<usize> {
    if mode == Mode::Text {
        return memmem::rfind(left, before).map(|at| at + before.len());
    }
    let mut at = left.len();
    loop {
        if at < left.len() && left.get(..at)?.ends_with(before) {
            return Some(at);
        }
        at = at.checked_sub(1)?;
        let b = *left.get(at)?;
        if matches!(b, b' ' | b'\t') || (mode == Mode::Digits && !b.is_ascii_digit() && b != b'-') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests;
