//! `%{NAME:field:type}` written out into one regular expression, as Logstash does it: by text.
//!
//! The result remembers where each of its bytes was written, so that a mistake found later is reported in
//! the pattern file it is in.

use super::error::{GrokError, Mistake, Place, nearest};
use super::{CaptureType, Definition, Library};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes an expression may have when written out. The largest of the reference set has 60 KiB.
pub(super) const MAX_EXPANDED: usize = 1 << 20;
/// Depth of names calling names.
const MAX_DEPTH: usize = 100;
/// Starts a group name that is a number into [`Expanded::fields`]; private use, so no user writes it.
pub(super) const FIELD_MARK: char = '\u{E000}';

/// A field a capture group writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Groups of one key are handed out together: `PATTERN:name:type` or the inline group's name.
    pub key: String,
    pub name: String,
    pub ty: CaptureType,
}

/// The expression written out.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    pub text: String,
    /// What the marked group names stand for.
    pub fields: Vec<Field>,
    /// Where the parentheses around written-out names open and close.
    pub opens: BTreeSet<usize>,
    pub closes: BTreeSet<usize>,
    spans: Vec<Span>,
    origins: Vec<Origin>,
}

#[derive(Debug)]
struct Span {
    start: usize,
    origin: usize,
    offset: usize,
}

#[derive(Debug)]
struct Origin {
    definition: Definition,
    within: Vec<String>,
}

impl Expanded {
    /// An error at byte `at` of the written-out text, told where the user wrote it.
    pub fn error(&self, at: usize, mistake: Mistake) -> GrokError {
        let before = self.spans.partition_point(|s| s.start <= at).saturating_sub(1);
        let Some((span, origin)) =
            self.spans.get(before).and_then(|s| Some((s, self.origins.get(s.origin)?)))
        else {
            return GrokError { mistake, place: Place::default(), within: Vec::new() };
        };
        let offset = span.offset + (at - span.start);
        GrokError { mistake, place: origin.definition.place(offset), within: origin.within.clone() }
    }

    fn copy(&mut self, origin: usize, offset: usize, text: &str) {
        if !text.is_empty() {
            self.spans.push(Span { start: self.text.len(), origin, offset });
            self.text.push_str(text);
        }
    }
}

/// Writes `expression` out with the names of `library`.
pub(super) fn expand(library: &Library, expression: &str) -> Result<Expanded, GrokError> {
    let mut expander =
        Expander { library, local: BTreeMap::new(), out: Expanded::default(), path: Vec::new() };
    expander.definition(Definition::expression(expression))?;
    Ok(expander.out)
}

struct Expander<'l> {
    library: &'l Library,
    /// `%{NAME=definition}` of this expression.
    local: BTreeMap<String, Definition>,
    out: Expanded,
    path: Vec<String>,
}

impl Expander<'_> {
    fn definition(&mut self, definition: Definition) -> Result<(), GrokError> {
        let origin = self.out.origins.len();
        self.out.origins.push(Origin { definition: definition.clone(), within: self.path.clone() });
        let text = definition.expression.as_str();
        let mut done = 0;
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|t| t.find("%{")).map(|i| i + from) {
            let Some(reference) = Reference::parse(text, at) else {
                from = at + 2;
                continue;
            };
            self.out.copy(origin, done, text.get(done..at).unwrap_or_default());
            self.reference(&definition, origin, at, &reference)?;
            done = reference.end;
            from = done;
            if self.out.text.len() > MAX_EXPANDED {
                return Err(self.fail(
                    &definition,
                    at,
                    Mistake::TooLarge("the written-out expression", MAX_EXPANDED),
                ));
            }
        }
        self.out.copy(origin, done, text.get(done..).unwrap_or_default());
        Ok(())
    }

    fn reference(
        &mut self,
        from: &Definition,
        origin: usize,
        at: usize,
        r: &Reference<'_>,
    ) -> Result<(), GrokError> {
        if let Some((offset, text)) = r.definition {
            let mut place = from.clone();
            let at = from.place(offset);
            (place.line, place.column, place.expression) = (at.line, at.column, text.to_owned());
            self.local.insert(r.name.to_owned(), place);
        }
        let found = self.local.get(r.name).or_else(|| self.library.definitions.get(r.name)).cloned();
        let Some(definition) = found else {
            let names = self.library.names().chain(self.local.keys().map(String::as_str));
            let nearest = nearest(r.name, names);
            return Err(self.fail(from, at, Mistake::UnknownName { name: r.name.to_owned(), nearest }));
        };
        if let Some(first) = self.path.iter().position(|p| p == r.name) {
            let mut path: Vec<String> = self.path.iter().skip(first).cloned().collect();
            path.push(r.name.to_owned());
            return Err(self.fail(from, at, Mistake::Recursion(path)));
        }
        if self.path.len() >= MAX_DEPTH {
            return Err(self.fail(
                from,
                at,
                Mistake::TooLarge("the depth of names calling names", MAX_DEPTH),
            ));
        }
        self.out.spans.push(Span { start: self.out.text.len(), origin, offset: at });
        self.out.opens.insert(self.out.text.len());
        match r.field() {
            Some(field) => {
                let open = format!("(?<{FIELD_MARK}{}>", self.out.fields.len());
                self.out.fields.push(field);
                self.out.text.push_str(&open);
            }
            None => self.out.text.push_str("(?:"),
        }
        self.path.push(r.name.to_owned());
        self.definition(definition)?;
        self.path.pop();
        self.out.closes.insert(self.out.text.len());
        self.out.text.push(')');
        Ok(())
    }

    fn fail(&self, definition: &Definition, at: usize, mistake: Mistake) -> GrokError {
        GrokError { mistake, place: definition.place(at), within: self.path.clone() }
    }
}

/// One `%{…}`.
struct Reference<'t> {
    name: &'t str,
    /// What follows the name, without the colon: `field` or `field:type`.
    field: Option<&'t str>,
    /// `=definition` and where it starts.
    definition: Option<(usize, &'t str)>,
    /// Byte after the closing brace.
    end: usize,
}

impl<'t> Reference<'t> {
    /// Reads the reference at `text[at..]`; `None` where it is only a percent sign and a brace.
    fn parse(text: &'t str, at: usize) -> Option<Reference<'t>> {
        let name_at = at + 2;
        let rest = text.get(name_at..)?;
        let name = prefix(rest, is_name)?;
        let mut pos = name_at + name.len();
        let mut field = None;
        if let Some(f) = text.get(pos..)?.strip_prefix(':').and_then(|f| prefix(f, is_field)) {
            field = Some(f);
            pos += 1 + f.len();
        }
        if text.get(pos..)?.starts_with('=')
            && let Some(len) = balanced(text.get(pos + 1..)?)
        {
            let definition = Some((pos + 1, text.get(pos + 1..pos + 1 + len)?));
            return Some(Reference { name, field, definition, end: pos + len + 2 });
        }
        // Text between the name and the brace means nothing.
        let end = pos + text.get(pos..)?.find('}')? + 1;
        Some(Reference { name, field, definition: None, end })
    }

    fn field(&self) -> Option<Field> {
        let written = self.field?;
        let mut parts = written.split(':');
        let name = parts.next().filter(|n| !n.is_empty()).unwrap_or(self.name).to_owned();
        let ty = parts.next().map_or(CaptureType::Text, CaptureType::named);
        Some(Field { key: format!("{}:{written}", self.name), name, ty })
    }
}

fn prefix(text: &str, accept: fn(char) -> bool) -> Option<&str> {
    let end = text.find(|c| !accept(c)).unwrap_or(text.len());
    text.get(..end).filter(|p| !p.is_empty())
}

/// Letters a pattern name may have: what `[A-z0-9]` holds in ASCII, as Logstash has it.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']' | '\\' | '^' | '`')
}

fn is_field(c: char) -> bool {
    is_name(c) || matches!(c, '@' | ':' | '.' | '-')
}

/// Length of the text up to the brace that closes what is already open.
fn balanced(text: &str) -> Option<usize> {
    let mut open = 0usize;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => open += 1,
            '}' if open == 0 => return (i > 0).then_some(i),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}
