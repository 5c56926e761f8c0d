//! Column rules: lines of a fixed number of columns, whose order a header line tells.
//!
//! A header is a line of at least three words that are nearly all names of columns. The first one of a
//! file's sample holds from the first line on; a later header that tells another order holds for the lines
//! behind it, and is reported as anomaly `columns.changed`.
//!
//! Two columns beside each other can be one value: W3C logs have date and time apart.

use super::PatternError;
use super::draft::Draft;
use super::fields::Table;
use super::parser::Scratch;
use super::spec::ColumnsSpec;
use super::target::Capture;
use crate::model::{FieldRef, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most columns that a header may name.
const MOST: usize = 256;

/// A rule of columns.
#[derive(Debug)]
pub(super) struct Columns {
    /// Number of the rule within the set, by which its order is found.
    id: usize,
    separator: u8,
    names: BTreeMap<String, usize>,
    /// Names of two columns that are one value.
    pairs: BTreeMap<String, BTreeMap<String, usize>>,
    captures: Vec<Capture>,
    /// Fields whose columns hold lists, by number of the capture.
    lists: BTreeMap<usize, FieldRef>,
    /// `\xNN` stands for a byte.
    escapes: bool,
    /// Order where no header tells it.
    order: Vec<Column>,
    /// Where values of unknown columns go.
    other: FieldRef,
}

/// A column of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    /// Index of its capture.
    Known(usize),
    /// Two columns that are one value: index of its capture.
    Pair(usize),
    /// Its name in the header.
    Other(Box<str>),
}

/// The order of columns that a file's header tells to one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    rule: usize,
    order: Vec<Column>,
}

impl Columns {
    /// Compiles a rule of format `format`, number `id` of the set; `file` and `place` are for messages.
    pub fn new(
        table: &Table,
        format: &str,
        file: &str,
        place: &str,
        (spec, id): (&ColumnsSpec, usize),
    ) -> Result<Columns, PatternError> {
        let fail = |message: String| PatternError::format(file, place, message);
        let separator = match spec.separator.as_deref().map_or(b" " as &[u8], str::as_bytes) {
            [one] if one.is_ascii() => *one,
            _ => return Err(fail("`separator` must be one ASCII character".to_owned())),
        };
        let (mut names, mut captures) = (BTreeMap::new(), Vec::with_capacity(spec.map.len()));
        let mut pairs = BTreeMap::<String, BTreeMap<String, usize>>::new();
        for (name, field) in &spec.map {
            match name.split_once(' ') {
                Some((one, two)) => {
                    pairs.entry(one.to_owned()).or_default().insert(two.to_owned(), captures.len());
                }
                None => {
                    names.insert(name.clone(), captures.len());
                }
            }
            captures.push(Capture::named(table, format, file, place, field)?);
        }
        let mut lists = BTreeMap::new();
        for name in &spec.lists {
            let index = *names.get(name).ok_or_else(|| fail(format!("`map` has no column `{name}`")))?;
            lists.insert(index, table.need(file, place, spec.map.get(name).map_or("", String::as_str))?);
        }
        let other = table.need(file, place, "netlog.other")?;
        let mut columns = Columns {
            id,
            separator,
            names,
            pairs,
            captures,
            lists,
            escapes: spec.escapes,
            order: Vec::new(),
            other,
        };
        columns.order = columns
            .header(&spec.order)
            .ok_or_else(|| fail("`order` must name columns of `map`".to_owned()))?;
        Ok(columns)
    }

    /// Fields it can fill.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.captures.iter()
    }

    /// The order that a header among the lines tells.
    pub fn layout<'l>(&self, mut lines: impl Iterator<Item = &'l str>) -> Option<Layout> {
        lines.find_map(|line| self.order(line)).map(|order| Layout { rule: self.id, order })
    }

    /// The order that a header tells: of columns that this rule does not know it is one that no line has.
    fn order(&self, line: &str) -> Option<Vec<Column>> {
        let foreign = || line.starts_with("#fields\t").then(Vec::new);
        self.header(line).or_else(foreign)
    }

    fn header(&self, line: &str) -> Option<Vec<Column>> {
        // W3C says `#Fields:`, and has blanks between the names whatever stands between the values; Zeek says
        // `#fields`, others begin at once.
        let w3c = line.strip_prefix("#Fields:");
        // Zeek's logs have their first columns in common.
        let (most, of) = if line.starts_with("#fields\t") { (4, 5) } else { (3, 4) };
        let line = line.strip_prefix("#fields").or_else(|| line.strip_prefix('#')).unwrap_or(line);
        let separator = if w3c.is_some() { ' ' } else { char::from(self.separator) };
        let words = w3c.unwrap_or(line).trim().split(separator);
        let words = words.map(str::trim).filter(|word| !word.is_empty()).take(MOST);
        let (mut order, mut known, mut count) = (Vec::new(), 0, 0);
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            count += 1;
            let pair = words.peek().and_then(|next| self.pairs.get(word)?.get(*next));
            if let Some(&index) = pair {
                words.next();
                (count, known) = (count + 1, known + 2);
                order.push(Column::Pair(index));
                continue;
            }
            match self.names.get(word) {
                Some(&index) => {
                    known += 1;
                    order.push(Column::Known(index));
                }
                None if order.is_empty() => return None,
                None => order.push(Column::Other(word.into())),
            }
        }
        (count >= 3 && known * of >= count * most).then_some(order)
    }

    /// Matches a line with a value in every column, or a header; on failure the draft is as before.
    pub fn apply<'a>(
        &self,
        text: &'a str,
        null: &[String],
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> bool {
        let order = scratch.layouts.iter().find(|l| l.rule == self.id).map_or(&self.order, |l| &l.order);
        let begins = text.as_bytes().first().is_some_and(|b| b.is_ascii_lowercase() || *b == b'#');
        if begins && let Some(header) = self.order(text) {
            // Whose it is tells another rule.
            scratch.header = !header.is_empty();
            if header != *order {
                scratch.header_changed |= scratch.header;
                let others = scratch.layouts.iter().filter(|layout| layout.rule != self.id).cloned();
                scratch.layouts = others.chain([Layout { rule: self.id, order: header }]).collect();
            }
            return scratch.header;
        }
        let mark = draft.mark();
        let good = self.columns(order, text.trim_end_matches(' '), null, draft);
        if !good {
            draft.reset(&mark);
        }
        good
    }

    fn columns<'a>(&self, order: &[Column], text: &'a str, null: &[String], draft: &mut Draft<'a>) -> bool {
        let (mut left, mut others) = (Some(text), Vec::new());
        // Few lines have one: looked for once.
        let escapes = self.escapes && memchr::memchr(b'\\', text.as_bytes()).is_some();
        for column in order {
            let Some(rest) = left else { return false };
            let mut ends = memchr::memchr_iter(self.separator, rest.as_bytes());
            let end = if matches!(column, Column::Pair(_)) { ends.nth(1) } else { ends.next() };
            let value = match end {
                Some(at) => {
                    left = rest.get(at + 1..);
                    rest.get(..at).unwrap_or_default()
                }
                None => {
                    left = None;
                    rest
                }
            };
            if null.iter().any(|n| n == value) {
                continue;
            }
            let good = match column {
                Column::Known(index) | Column::Pair(index) => self.put(*index, value, escapes, draft),
                Column::Other(name) => {
                    others.push((Cow::Owned(name.to_string()), Value::from(value)));
                    true
                }
            };
            if !good {
                return false;
            }
        }
        if !others.is_empty() {
            draft.fields.push((self.other, Value::Object(others)));
        }
        left.is_none()
    }

    /// Puts a value where its column belongs.
    fn put<'a>(&self, index: usize, value: &'a str, escapes: bool, draft: &mut Draft<'a>) -> bool {
        if let Some(field) = self.lists.get(&index) {
            // A comma within a value is escaped.
            let items = value.split(',').map(|item| match escapes {
                true => unescaped(item),
                false => Cow::Borrowed(item),
            });
            draft.fields.push((field, Value::texts(items)));
            return true;
        }
        let Some(capture) = self.captures.get(index) else { return false };
        match if escapes { unescaped(value) } else { Cow::Borrowed(value) } {
            Cow::Borrowed(value) => draft.put(capture, value),
            // What is not a part of the line has a draft of its own.
            Cow::Owned(value) => {
                let mut own = Draft::default();
                let good = own.put(capture, &value);
                draft.merge(own);
                good
            }
        }
    }
}

/// A value with its bytes for `\xNN`; what is then not UTF-8 is replaced.
fn unescaped(value: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memmem::find(value.as_bytes(), b"\\x") else { return Cow::Borrowed(value) };
    let (before, mut rest) = value.as_bytes().split_at(first);
    let mut out = before.to_vec();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some((byte, after)) = rest.split_first() {
        let escaped = match rest {
            [b'\\', b'x', high, low, tail @ ..] => digit(*high).zip(digit(*low)).map(|digits| (digits, tail)),
            _ => None,
        };
        match escaped {
            Some(((high, low), tail)) => {
                out.push(high << 4 | low);
                rest = tail;
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}
