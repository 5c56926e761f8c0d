//! Events of several lines: which physical lines belong together.
//!
//! Whether a line goes on with the event before it is told by that line and the one before it alone, so
//! that a file can be cut between events without knowing anything of what came earlier, and its pieces
//! read in any order.

use super::spec::MultiSpec;
use super::{PatternError, journal};
use regex::bytes::{Regex, RegexBuilder};

/// So much of a line is looked at to tell whether it goes on.
const LOOK: usize = 4096;
/// Most lines of an event unless the format says otherwise.
const LINES: usize = 1000;
/// Most bytes of an event: longer texts are not looked at anyway.
const BYTES: usize = super::parser::LINE;

/// How the lines of a format are joined.
#[derive(Clone, Debug)]
pub struct Joining {
    start: Option<Regex>,
    goes_on: Option<Regex>,
    follows: Option<Regex>,
    never: Option<Regex>,
    /// What stands between two events is of no other format, whatever it looks like.
    pub(super) alone: bool,
    division: Option<Division>,
    lines: usize,
    bytes: usize,
}

/// Where events begin if lines do not tell.
#[derive(Clone, Debug)]
pub enum Division {
    /// In the middle of a line: an expression that finds that, or a line's end.
    Within(Regex),
    /// Where the lengths of values tell that an entry ends.
    Counted,
}

impl Division {
    /// The first place behind `from` where a line ends or an event begins within it; where values are counted, where
    /// an entry ends of a text that begins with one.
    pub fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let Division::Within(begins) = self else { return journal::next(text, from) };
        let found = begins.find_at(text, from.checked_add(1).filter(|at| *at <= text.len())?)?;
        let ends = text.get(found.start()) == Some(&b'\n');
        Some(found.start() + usize::from(ends))
    }
}

/// Lines that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Bytes, line ends included, up to the limits.
    pub bytes: usize,
    /// Bytes of lines beyond the limits that go on with the same event.
    pub beyond: usize,
}

impl Joining {
    pub(super) fn new(file: &str, spec: &MultiSpec) -> Result<Joining, PatternError> {
        let compile = |name: &str, text: &Option<String>| {
            let text = text.as_ref().map(|text| format!("^(?:{text})"));
            let regex = text.map(|text| RegexBuilder::new(&text).size_limit(1 << 20).build()).transpose();
            regex.map_err(|e| PatternError::format(file, format!("multiline.{name}"), e.to_string()))
        };
        let joining = Joining {
            start: compile("start", &spec.start)?,
            goes_on: compile("continues", &spec.continues)?,
            follows: compile("follows", &spec.follows)?,
            never: compile("never", &spec.never)?,
            alone: spec.alone,
            division: None,
            lines: spec.lines.unwrap_or(LINES),
            bytes: spec.bytes.unwrap_or(BYTES).min(BYTES),
        };
        let fail = |message: &str| Err(PatternError::format(file, "multiline", message));
        let division = spec.divide.as_ref().map(|text| Regex::new(&format!("\n|(?:{text})"))).transpose();
        let division = division.map_err(|e| PatternError::format(file, "multiline.divide", e.to_string()))?;
        let division = division.map(Division::Within).or(spec.counted.then_some(Division::Counted));
        let joining = Joining { division, ..joining };
        match (&joining.start, &joining.goes_on) {
            (None, None) => fail("needs `start` or `continues`"),
            (Some(_), Some(_)) => fail("has both `start` and `continues`; one of them decides"),
            _ if joining.lines < 2 || joining.bytes == 0 => fail("the limits leave no room for two lines"),
            _ => Ok(joining),
        }
    }

    /// Whether `line` goes on with the event that the line before it is part of.
    pub fn continues(&self, before: &[u8], line: &[u8]) -> bool {
        self.claims(before, line) || holds(&self.start, line) == Some(false)
    }

    /// Whether the format says so by what continuations look like, not by what beginnings do.
    pub(super) fn claims(&self, before: &[u8], line: &[u8]) -> bool {
        let claims = holds(&self.follows, before) == Some(true) || holds(&self.goes_on, line) == Some(true);
        claims && holds(&self.never, line) != Some(true)
    }

    /// Whether the format knows a line as the first of an event.
    pub(super) fn starts(&self, line: &[u8]) -> bool {
        holds(&self.start, line) == Some(true)
    }

    /// Whether the lengths of values tell where an event ends.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.division, Some(Division::Counted))
    }

    /// Where events can begin in the middle of a line, or if lines do not tell.
    pub fn division(&self) -> Option<&Division> {
        self.division.as_ref()
    }

    /// The lines at the start of `text` that belong together; at least one.
    pub(super) fn group(&self, text: &[u8]) -> Group {
        if self.is_counted() {
            return Group { bytes: journal::next(text, 0).unwrap_or(text.len()), beyond: 0 };
        }
        if let Some(division) = &self.division
            && let Some(bytes) = division.next(text, 0)
            && text.get(bytes.saturating_sub(1)) != Some(&b'\n')
        {
            return Group { bytes, beyond: 0 };
        }
        Group::of(text, (self.lines, self.bytes), |before, line| self.continues(before, line))
    }
}

impl Group {
    /// The lines at the start of `text` that go on with the first one, of which so many lines and bytes belong to the
    /// event.
    pub(super) fn of(
        text: &[u8],
        (lines, bytes): (usize, usize),
        mut continues: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> Group {
        let mut group = Group { bytes: 0, beyond: 0 };
        let mut before: Option<&[u8]> = None;
        for (count, line) in text.split_inclusive(|b| *b == b'\n').enumerate() {
            if before.is_some_and(|before| !continues(before, line)) {
                break;
            }
            let full = count >= lines || group.bytes + line.len() > bytes;
            if before.is_some() && (full || group.beyond > 0) {
                group.beyond += line.len();
            } else {
                group.bytes += line.len();
            }
            before = Some(line);
        }
        group
    }
}

/// Whether a line begins so; `None` without an expression.
fn holds(regex: &Option<Regex>, line: &[u8]) -> Option<bool> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    regex.as_ref().map(|regex| regex.is_match(line.get(..LOOK).unwrap_or(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joining(spec: &str) -> Result<Joining, String> {
        let spec: MultiSpec = toml::from_str(spec).map_err(|e| e.to_string())?;
        Joining::new("x.toml", &spec).map_err(|e| e.to_string())
    }

    #[test]
    fn continuation_and_start_say_the_same_of_indented_lines() {
        let text = b"one\n two\n\tthree\nfour\n";
        for spec in ["continues = '[ \\t]'", "start = '\\S'"] {
            let joining = joining(spec).unwrap();
            assert_eq!(joining.group(text), Group { bytes: 16, beyond: 0 }, "{spec}");
            assert_eq!(joining.group(&text[16..]), Group { bytes: 5, beyond: 0 }, "{spec}");
        }
    }

    #[test]
    fn a_line_can_hold_on_to_the_next() {
        let joining = joining("start = '# (Time|User)'\nfollows = '# Time'").unwrap();
        assert_eq!(joining.group(b"# Time 1\n# User a\nx\n# User b\n").bytes, 20);
    }

    #[test]
    fn a_line_can_be_kept_from_going_on() {
        let joining = joining("continues = '[a-z]'\nnever = '[a-z]+!$'").unwrap();
        assert_eq!(joining.group(b"One\ntwo\nthree!\nfour\n").bytes, 8);
    }

    #[test]
    fn limits_keep_the_rest_apart() {
        let three = joining("continues = ' '\nlines = 3").unwrap();
        assert_eq!(three.group(b"a\n b\n c\n d\n e\nf\n"), Group { bytes: 8, beyond: 6 });
        let bytes = joining("continues = ' '\nbytes = 6").unwrap();
        assert_eq!(bytes.group(b"a\n b\n long\n d\nf\n"), Group { bytes: 5, beyond: 9 });
        // The first line is an event whatever its length.
        assert_eq!(bytes.group(b"longer than six\n b\n"), Group { bytes: 16, beyond: 3 });
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        assert_eq!(joining("").unwrap_err(), "x.toml: multiline: needs `start` or `continues`");
        assert!(joining("start = 'a'\ncontinues = 'b'").unwrap_err().contains("both"));
        assert!(joining("start = '('").unwrap_err().starts_with("x.toml: multiline.start: "));
        assert!(joining("start = 'a'\nlines = 1").unwrap_err().contains("limits"));
        assert!(joining("begin = 'a'").unwrap_err().contains("begin"));
    }
}
