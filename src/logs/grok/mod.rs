//! Grok: named, nested regular expressions that take log lines apart, in the dialect of Logstash.

mod builtin;
mod error;
mod expand;
mod library;

pub use error::{GrokError, Mistake, Place, StepLimit};
pub use library::{Definition, Library};
use std::ops::Range;

/// What a captured text is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureType {
    /// The text as it is.
    Text,
    /// Integer by the digits the text starts with; 0 if there are none.
    Int,
    /// Floating point number by the digits the text starts with; 0.0 if there are none.
    Float,
}

impl CaptureType {
    /// The type a suffix asks for; Logstash leaves what it does not know as text.
    fn named(suffix: &str) -> CaptureType {
        match suffix {
            "int" => CaptureType::Int,
            "float" => CaptureType::Float,
            _ => CaptureType::Text,
        }
    }
}

/// A field an expression can fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The name as written: `source.ip`, `[source][ip]`, `clientip`.
    pub name: String,
    /// The name with dots between its parts, however it was written: `source.ip`.
    pub path: String,
    /// Asked-for type (of the first place, where a name is captured in several).
    pub ty: CaptureType,
}

/// The kinds of matching, from the fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Each choice is decided by the next byte: one pass, no search.
    Sequence,
    /// Choices are searched, in time linear in the line.
    Linear,
    /// Needs look-around, back references or the like: searched with a step limit.
    Backtracking,
}

/// A compiled expression. Immutable and shared between threads; each thread brings its own [`Slots`].
#[derive(Debug)]
pub struct Grok {
    captures: Vec<Capture>,
    regex: fancy_regex::Regex,
    groups: Vec<Vec<usize>>,
}

impl Library {
    /// Compiles an expression with the names of this library.
    ///
    /// # Errors
    /// With the place in the expression or pattern file: unknown names, recursion, syntax, size limits.
    pub fn compile(&self, expression: &str) -> Result<Grok, GrokError> {
        let expanded = expand::expand(self, expression)?;
        let mut text = String::new();
        let mut captures: Vec<Capture> = Vec::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut rest = expanded.text.as_str();
        let mut group = 0;
        while let Some(at) = rest.find("(?<") {
            text.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 3..).unwrap_or_default();
            if rest.starts_with(['=', '!']) {
                text.push_str("(?<");
                continue;
            }
            let (name, tail) = rest.split_once('>').unwrap_or((rest, ""));
            rest = tail;
            let marked = name.strip_prefix(expand::FIELD_MARK).and_then(|n| n.parse().ok());
            let field = marked.and_then(|i: usize| expanded.fields.get(i));
            let name = field.map_or(name, |f| f.name.as_str());
            let ty = field.map_or(CaptureType::Text, |f| f.ty);
            text.push_str(&format!("(?<g{group}>"));
            match captures.iter().zip(&mut groups).find(|(c, _)| c.name == name) {
                Some((_, groups)) => groups.push(group),
                None => {
                    captures.push(Capture { name: name.to_owned(), path: dotted(name), ty });
                    groups.push(vec![group]);
                }
            }
            group += 1;
        }
        text.push_str(rest);
        let regex = fancy_regex::Regex::new(&format!("(?sm){text}"))
            .map_err(|e| expanded.error(0, Mistake::Syntax(e.to_string())))?;
        Ok(Grok { captures, regex, groups })
    }
}

fn dotted(name: &str) -> String {
    match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        Some(inner) => inner.replace("][", "."),
        None => name.to_owned(),
    }
}

impl Grok {
    /// The fields, each name once, in the order they are written.
    pub fn captures(&self) -> &[Capture] {
        &self.captures
    }

    /// How this expression is matched.
    pub fn engine(&self) -> Engine {
        Engine::Linear
    }

    /// A text every matching line has, if one is known; the longest.
    pub fn required_literal(&self) -> Option<&[u8]> {
        None
    }

    /// Looks for the expression in `line` and leaves the places of the captures in `slots`.
    ///
    /// # Errors
    /// When the step limit is reached; the line counts as not matched.
    pub fn matches(&self, line: &[u8], slots: &mut Slots) -> Result<bool, StepLimit> {
        slots.found.clear();
        let Ok(line) = std::str::from_utf8(line) else { return Ok(false) };
        let Some(found) = self.regex.captures(line).map_err(|_| StepLimit)? else { return Ok(false) };
        for groups in &self.groups {
            let ranges = groups.iter().filter_map(|g| found.name(&format!("g{g}")));
            slots.found.push(ranges.map(|m| m.start()..m.end()).filter(|r| !r.is_empty()).collect());
        }
        Ok(true)
    }
}

/// Where the captures of the last match are, and the scratch memory of matching. One per thread.
#[derive(Debug, Default)]
pub struct Slots {
    found: Vec<Vec<Range<usize>>>,
}

impl Slots {
    /// Empty slots, for any expression.
    pub fn new() -> Slots {
        Slots::default()
    }

    /// Bytes of the line the capture holds; `None` if it did not take part or is empty, which Logstash drops.
    /// Where a name is captured several times this is the first of [`all`](Slots::all).
    pub fn get(&self, capture: usize) -> Option<Range<usize>> {
        self.found.get(capture)?.first().cloned()
    }

    /// Every non-empty capture of the name, in the order Logstash lists them.
    pub fn all(&self, capture: usize) -> impl Iterator<Item = Range<usize>> {
        self.found.get(capture).into_iter().flatten().cloned()
    }
}
