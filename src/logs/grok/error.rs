//! What can be wrong with a grok expression, said with the place it is wrong at.

use std::fmt;

/// Where a piece of pattern text was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Pattern file, or `expression` for the text given to [`Library::compile`](super::Library::compile).
    pub file: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The kinds of mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// `%{NAME}` where nothing of that name is defined.
    UnknownName {
        /// The name asked for.
        name: String,
        /// The defined name that is spelled most like it, if one is close.
        nearest: Option<String>,
    },
    /// A definition that leads back to itself; the names in the order they call each other.
    Recursion(Vec<String>),
    /// The regular expression is not well formed, or uses something no engine here has.
    Syntax(String),
    /// The expression grows beyond a limit when written out; which one, and how far it may go.
    TooLarge(&'static str, usize),
    /// A pattern file or directory could not be read.
    Unreadable(String),
}

/// A grok expression or pattern file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrokError {
    /// What is wrong.
    pub mistake: Mistake,
    /// Where.
    pub place: Place,
    /// The named patterns on the way from the expression to the place, outermost first.
    pub within: Vec<String>,
}

impl fmt::Display for GrokError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match &self.mistake {
            Mistake::UnknownName { name, nearest } => {
                write!(f, "no pattern is named {name}")?;
                if let Some(nearest) = nearest {
                    write!(f, "; did you mean {nearest}?")?;
                }
            }
            Mistake::Recursion(path) => write!(f, "the pattern calls itself: {}", path.join(" -> "))?,
            Mistake::Syntax(what) => f.write_str(what)?,
            Mistake::TooLarge(what, limit) => write!(f, "{what} exceeds the limit of {limit}")?,
            Mistake::Unreadable(why) => write!(f, "cannot be read: {why}")?,
        }
        if !self.within.is_empty() {
            write!(f, " (reached by {})", self.within.join(" -> "))?;
        }
        Ok(())
    }
}

impl std::error::Error for GrokError {}

/// A line on which the matcher gave up, so that a hostile line costs bounded time. To be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepLimit;

impl fmt::Display for StepLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("step limit reached")
    }
}

impl std::error::Error for StepLimit {}

/// The candidate most like `name`, if at most a third of its letters (and at least one) would have to change.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted: Vec<char> = name.chars().map(|c| c.to_ascii_uppercase()).collect();
    let limit = (wanted.len() / 3).max(1);
    candidates
        .map(|c| (distance(&wanted, c), c))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, c)| c.to_owned())
}

/// Number of letters to insert, remove, change or swap with their neighbour, letter case ignored.
fn distance(wanted: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().map(|c| c.to_ascii_uppercase()).collect();
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=wanted.len()).collect();
    for (i, c) in candidate.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, w) in wanted.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&old, j) + usize::from(w != c)).min(at(&old, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && candidate.get(i - 1) == Some(w) && wanted.get(j - 1) == Some(c);
            if swapped {
                best = best.min(at(&older, j - 1) + 1);
            }
            row.push(best);
        }
        older = std::mem::replace(&mut old, row);
    }
    old.last().copied().unwrap_or(0)
}
