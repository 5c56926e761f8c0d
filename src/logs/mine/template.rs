//! A template: what the lines of a statement share, and what kind of value stands between.

use super::cluster::{Cluster, Seen, Variant};
use super::mask::{Kind, MASK, TOKENS};
use super::values::Place;
use crate::logs::set::FormatSet;

/// A place of a template where lines differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// What the text around it calls it; unique in its template.
    pub name: String,
    /// `int`, `float`, `version`, `ip`, `hostname`, `address` (either), `hex`, `mac`, `uuid`, `email`,
    /// `url`, `path`, `time`, `enum`, `word` (no blanks) or `text`.
    pub kind: &'static str,
    /// Smallest and largest, of an `int`.
    pub range: Option<(i64, i64)>,
    /// All values, of an `enum`.
    pub values: Vec<String>,
    /// Nothing stood there at least once.
    pub empty: bool,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// Before token number so many (or the end) stand blanks.
    Blanks(usize),
    Variable(Variable),
}

/// Lines of one statement.
#[derive(Clone, Debug)]
pub struct Template {
    /// Number, from 1; the most frequent first.
    pub id: usize,
    /// Lines.
    pub count: u64,
    /// The format whose text it is; `None` for whole lines.
    pub over: Option<&'static str>,
    /// Programs that wrote it, where the format tells.
    pub programs: Vec<String>,
    /// Some lines name no program.
    pub nameless: bool,
    /// Formats that read lines of it already, with the number of these.
    pub readers: Vec<(&'static str, u64)>,
    /// Lines of it as they were.
    pub samples: Vec<String>,
    pub(super) parts: Vec<Part>,
    /// Ways in which blanks stand.
    pub(super) blanks: Vec<Vec<String>>,
}

impl Template {
    pub(super) fn new(
        set: &FormatSet,
        id: usize,
        cluster: &Cluster,
        key: &[Box<str>],
        variant: &Variant,
    ) -> Template {
        let mut parts = Vec::new();
        for (t, seen) in variant.tokens.iter().enumerate() {
            parts.push(Part::Blanks(t));
            match cluster.shapes.get(t).and_then(Option::as_deref) {
                Some(_) if t + 1 == TOKENS => parts.push(variable("text", None)),
                Some(shape) => shaped(shape, seen, &mut parts, |p| {
                    let at = cluster.open.iter().position(|o| *o == (t, p))?;
                    key.get(at).map(|word| word.to_string())
                }),
                None => differing(seen, &mut parts),
            }
        }
        parts.push(Part::Blanks(variant.tokens.len()));
        let owned = |list: &Vec<Box<str>>| list.iter().map(ToString::to_string).collect();
        let mut template = Template {
            id,
            count: variant.count,
            over: cluster.under.and_then(|i| set.format(i)).map(|f| f.name),
            programs: variant.programs.iter().map(ToString::to_string).collect(),
            nameless: variant.nameless > 0,
            readers: variant.readers.iter().map(|(name, n)| (*name, *n)).collect(),
            samples: variant.samples.iter().map(ToString::to_string).collect(),
            parts,
            blanks: variant.blanks.iter().map(owned).collect(),
        };
        template.name();
        template
    }

    /// The places where lines differ, from left to right.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(variable) => Some(variable),
            _ => None,
        })
    }

    /// The text, with `<name>` where lines differ.
    pub fn text(&self) -> String {
        self.render(self.blanks.first().map_or(&[], Vec::as_slice), str::to_owned, |v| {
            format!("<{}>", v.name)
        })
    }

    /// The text with these blanks; how text and variables are written is the caller's choice.
    pub(super) fn render(
        &self,
        blanks: &[String],
        text: impl Fn(&str) -> String,
        variable: impl Fn(&Variable) -> String,
    ) -> String {
        let one = |part: &Part| match part {
            Part::Text(words) => text(words),
            Part::Blanks(at) => blanks.get(*at).cloned().unwrap_or_default(),
            Part::Variable(v) => variable(v),
        };
        self.parts.iter().map(one).collect()
    }

    /// Bytes of text that are the same in every line.
    pub(super) fn constant(&self) -> usize {
        let len = |part: &Part| match part {
            Part::Text(text) => text.chars().filter(|c| c.is_alphanumeric()).count(),
            _ => 0,
        };
        self.parts.iter().map(len).sum()
    }

    /// Names the variables by the words around them.
    fn name(&mut self) {
        let mut before = String::new();
        let mut names: Vec<String> = Vec::new();
        for part in &mut self.parts {
            match part {
                Part::Text(text) => before.push_str(text),
                Part::Blanks(_) => before.push(' '),
                Part::Variable(variable) => {
                    let base = hint(&before).unwrap_or_else(|| variable.kind.to_owned());
                    let free = |n: usize| if n == 1 { base.clone() } else { format!("{base}_{n}") };
                    variable.name = (1..).map(free).find(|n| !names.contains(n)).unwrap_or_default();
                    names.push(variable.name.clone());
                    before.clear();
                }
            }
        }
    }
}

/// The name that the text before a variable gives it: its key, or the last word.
fn hint(before: &str) -> Option<String> {
    let word = |text: &str| {
        let end = text.rfind(|c: char| c.is_ascii_alphanumeric())?;
        let text = text.get(..=end)?;
        let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let word = text.get(start..)?.trim_matches('_').to_ascii_lowercase();
        // A word that begins with a digit would read like a value.
        (word.len() <= 24 && word.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(word)
    };
    word(before)
}

fn variable(kind: &'static str, place: Option<&Place>) -> Part {
    let range = place.and_then(|p| p.range).filter(|_| kind == "int");
    let empty = place.is_some_and(|p| p.empty);
    Part::Variable(Variable { name: String::new(), kind, range, values: Vec::new(), empty })
}

/// A token whose values are at the same places in every line.
fn shaped(shape: &str, seen: &Seen, parts: &mut Vec<Part>, fixed: impl Fn(usize) -> Option<String>) {
    for (i, text) in shape.split(MASK).enumerate() {
        if let Some(p) = i.checked_sub(1) {
            match (fixed(p), seen.pieces.get(p)) {
                (Some(word), _) => parts.push(Part::Text(word)),
                (None, Some(place)) => parts.push(valued(place)),
                (None, None) => {}
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
    }
}

/// A masked value.
fn valued(place: &Place) -> Part {
    let kinds: Vec<Kind> = place.kinds.iter().copied().collect();
    if let Some(word) = place.values.only().filter(|_| kinds == [Kind::Word]) {
        return Part::Text(word.to_owned());
    }
    let kind = match kinds.as_slice() {
        [Kind::Word] => return few(&place.values, "word", place.empty),
        [one] => one.name(),
        [Kind::Int, Kind::Float] => "float",
        [Kind::Ip, Kind::Host] => "address",
        _ if kinds.contains(&Kind::Time) || kinds.contains(&Kind::Quoted) => "text",
        // Where hosts stand, a word is one without a domain.
        _ if kinds.contains(&Kind::Host) => "address",
        _ => "word",
    };
    variable(kind, Some(place))
}

/// Words, or an enumeration of a few.
fn few(values: &super::values::Values, kind: &'static str, empty: bool) -> Part {
    let list = values.few();
    let kind = if list.is_some() { "enum" } else { kind };
    let values = list.unwrap_or_default();
    Part::Variable(Variable { name: String::new(), kind, range: None, values, empty })
}

/// A token that differs from line to line.
fn differing(seen: &Seen, parts: &mut Vec<Part>) {
    let (lead, tail) = seen.whole.around();
    if !lead.is_empty() {
        parts.push(Part::Text(lead.to_owned()));
    }
    // A value with blanks inside may have been one of them.
    let blanks = seen.pieces.iter().any(|p| p.kinds.contains(&Kind::Time) || p.kinds.contains(&Kind::Quoted));
    parts.push(few(&seen.whole, if blanks { "text" } else { "word" }, false));
    if !tail.is_empty() {
        parts.push(Part::Text(tail.to_owned()));
    }
}
