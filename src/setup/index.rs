//! Names of indices: `netlog-{dataset}-{+yyyy.MM}`, filled in for each event.

use crate::model::{Event, Ts, Value, rfc3339};
use std::str::FromStr;

/// Longest name of an index, bytes.
const LONGEST: usize = 255;
/// Stands for a field the event does not have.
const MISSING: &str = "none";

/// A pattern for names of indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexName {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Dataset,
    Date(Vec<Piece>),
    Field(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(char),
    /// Slice of `2026-11-21T10`.
    Digits(usize, usize),
}

/// Why a pattern is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IndexNameError {
    /// A brace without its counterpart.
    #[error("the brace at column {0} has no counterpart")]
    Brace(usize),
    /// Not a date's letters.
    #[error("{{+{0}}}: write a date with yyyy, yy, MM, dd, HH and . - _ between them")]
    Date(String),
    /// The servers refuse it.
    #[error(
        "an index name is lower case, begins with a letter or digit and has none of \\ / * ? \" < > | , # : or blanks"
    )]
    Name,
    /// A template for such a pattern would catch every index of the server.
    #[error("the name must begin with a fixed word of at least two letters, as in netlog-{{dataset}}")]
    Prefix,
}

impl Default for IndexName {
    /// One index per data set and month: few enough for a case that spans years, small enough to expire.
    fn default() -> Self {
        let date = vec![Piece::Digits(0, 4), Piece::Text('.'), Piece::Digits(5, 7)];
        let text = |text: &str| Part::Text(text.to_owned());
        IndexName { parts: vec![text("netlog-"), Part::Dataset, text("-"), Part::Date(date)] }
    }
}

impl FromStr for IndexName {
    type Err = IndexNameError;
    fn from_str(text: &str) -> Result<IndexName, IndexNameError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let column = text.len() - rest.len() + at + 1;
            let (before, brace) = rest.split_at(at);
            let inner = brace.strip_prefix('{').ok_or(IndexNameError::Brace(column))?;
            let (name, after) = inner.split_once('}').ok_or(IndexNameError::Brace(column))?;
            push_text(&mut parts, before)?;
            parts.push(match (name, name.strip_prefix('+')) {
                (_, Some(format)) => Part::Date(date(format)?),
                ("dataset" | "event.dataset", None) => Part::Dataset,
                ("host", None) => Part::Field("host.name".to_owned()),
                ("env", None) => Part::Field("labels.env".to_owned()),
                (field, None) => Part::Field(field.to_owned()),
            });
            rest = after;
        }
        push_text(&mut parts, rest)?;
        match parts.first() {
            Some(Part::Text(first)) if first.len() >= 2 => Ok(IndexName { parts }),
            _ => Err(IndexNameError::Prefix),
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) -> Result<(), IndexNameError> {
    let good = |c: char| !c.is_uppercase() && !c.is_whitespace() && !"\\/*?\"<>|,#:".contains(c);
    let first = parts.is_empty() && text.starts_with(['-', '_', '+', '.']);
    if first || !text.chars().all(good) {
        return Err(IndexNameError::Name);
    }
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
    Ok(())
}

fn date(format: &str) -> Result<Vec<Piece>, IndexNameError> {
    let mut pieces = Vec::new();
    let mut rest = format;
    let words = [("yyyy", (0, 4)), ("yy", (2, 4)), ("MM", (5, 7)), ("dd", (8, 10)), ("HH", (11, 13))];
    while let Some(c) = rest.chars().next() {
        if let Some((word, (from, to))) = words.iter().find(|(word, _)| rest.starts_with(word)) {
            pieces.push(Piece::Digits(*from, *to));
            rest = rest.get(word.len()..).unwrap_or_default();
        } else if matches!(c, '.' | '-' | '_') {
            pieces.push(Piece::Text(c));
            rest = rest.get(1..).unwrap_or_default();
        } else {
            return Err(IndexNameError::Date(format.to_owned()));
        }
    }
    if pieces.is_empty() { Err(IndexNameError::Date(format.to_owned())) } else { Ok(pieces) }
}

impl IndexName {
    /// The expression that every name fits: what stands before the first variable, then `*`.
    pub fn glob(&self) -> String {
        let fixed = match self.parts.as_slice() {
            [Part::Text(all)] => return all.clone(),
            [Part::Text(first), ..] => first.as_str(),
            _ => "",
        };
        format!("{fixed}*")
    }

    /// Whether names depend on nothing but the data set and the hour.
    pub fn is_regular(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Field(_)))
    }

    /// Appends the name of the index an event belongs to.
    pub fn push(&self, out: &mut String, event: &Event<'_>) {
        let start = out.len();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Dataset => push_clean(out, event.dataset.name),
                Part::Date(pieces) => push_date(out, pieces, event.ts),
                Part::Field(name) => {
                    let found = event.fields.iter().rev().find(|(field, _)| field.name == name);
                    push_clean(out, found.and_then(|(_, value)| Value::as_str(value)).unwrap_or(MISSING));
                }
            }
        }
        while out.len() > start + LONGEST {
            out.pop();
        }
    }
}

/// What the input says, as far as an index may be called so.
fn push_clean(out: &mut String, text: &str) {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    out.extend(text.chars().map(|c| if good(c) { c.to_ascii_lowercase() } else { '_' }));
}

fn push_date(out: &mut String, pieces: &[Piece], ts: Ts) {
    let full = rfc3339(ts);
    for piece in pieces {
        match piece {
            Piece::Text(c) => out.push(*c),
            Piece::Digits(from, to) => out.push_str(full.get(*from..*to).unwrap_or_default()),
        }
    }
}
