//! Where a text leaves an alternative of a rule.

use super::parts::parts;
use crate::logs::draft::Draft;
use crate::logs::grok::{Library, Slots};
use crate::logs::rule::Matcher;
use crate::logs::spec::RuleSpec;
use crate::logs::template::Template;
use crate::logs::template::progress::Stop as At;

/// Name of the capture around a prefix; nobody's own is called so.
const END: &str = "netlog\u{E001}";

/// Where a text leaves an alternative, and what would have had to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// Byte of the text.
    pub at: usize,
    /// The part that matched last, as written.
    pub matched: Option<String>,
    /// What was expected there.
    pub expected: String,
    /// Bytes that are known to be right: of literal text, or all up to the place.
    pub right: usize,
}

/// What the alternatives of a rule look like in its file, in the order in which they are tried.
pub(super) fn sources(rule: &RuleSpec) -> Vec<String> {
    let texts = rule.delimited.iter().flat_map(|d| d.all()).chain(rule.grok.iter().flat_map(|g| g.all()));
    let mut out: Vec<String> = texts.cloned().collect();
    out.extend(rule.columns.iter().map(|c| format!("columns: {}", c.order)));
    let need = |list: &[String]| if list.is_empty() { "any".to_owned() } else { list.join(", ") };
    out.extend(rule.json.iter().map(|j| format!("JSON object with: {}", need(&j.need))));
    out.extend(rule.kv.iter().map(|k| format!("key=value pairs with: {}", need(&k.need))));
    out
}

/// Where `text` leaves a matcher that it does not match.
pub(super) fn stop(
    matcher: &Matcher,
    source: &str,
    rule: &RuleSpec,
    text: &str,
    null: &[String],
    library: &Library,
) -> Stop {
    match matcher {
        Matcher::Delimited(template) => delimited(template, source, text, null),
        Matcher::Grok(_) => grok(source, text, library),
        Matcher::Columns(_) => {
            let separator = rule.columns.as_ref().and_then(|c| c.separator.as_deref()).unwrap_or(" ");
            let names =
                rule.columns.as_ref().map_or("", |c| c.order.as_str()).split(separator).collect::<Vec<_>>();
            let captures = matcher.captures().collect::<Vec<_>>();
            let of = |name: &str| {
                let keys = rule.columns.iter().flat_map(|c| c.map.keys());
                keys.zip(&captures).find(|(key, _)| *key == name).map(|(_, capture)| *capture)
            };
            columns(&names, separator, text, |name, value| {
                let none = null.iter().any(|n| n == value);
                none || of(name).is_none_or(|capture| Draft::default().put(capture, value))
            })
        }
        Matcher::Json(_) => json(rule, text),
        Matcher::Kv(_) => pairs(rule, text),
    }
}

fn delimited(template: &Template, source: &str, text: &str, null: &[String]) -> Stop {
    let parts = parts(source);
    let wording = |n: usize| parts.get(n).map_or(String::new(), |part| worded(part));
    let before = |n: usize| n.checked_sub(1).map(wording);
    let stop = template.stop(text, null).unwrap_or(At::Left(text.len()));
    let at = stop.at();
    let rest = parts.iter().position(|p| p.ends_with(":rest}"));
    let (matched, expected, missing) = match stop {
        // What follows the rest is looked for from the end on.
        At::Part(n, _) if rest.is_some_and(|rest| n > rest) => {
            let behind = (n + 1 < parts.len()).then(|| format!("{} at the end", wording(n + 1)));
            let place = behind.as_ref().map_or(" at the end", |_| " before it");
            (behind, format!("{}{place}", wording(n)), rest.unwrap_or(n)..n + 1)
        }
        At::Part(n, _) => (before(n), wording(n), n..parts.len()),
        At::Type(n, _) => (before(n), format!("a value of the type of {}", wording(n)), 0..0),
        At::Left(_) => (parts.len().checked_sub(1).map(wording), "the end of the text".to_owned(), 0..0),
    };
    let literal = |(n, part): (usize, &&str)| {
        if part.starts_with("%{") || missing.contains(&n) { 0 } else { part.len() }
    };
    let right = parts.iter().enumerate().map(literal).sum();
    Stop { at, matched, expected, right }
}

/// A part, as it is told.
fn worded(part: &str) -> String {
    match part.starts_with("%{") {
        true => part.to_owned(),
        false => format!("\"{}\"", part.replace("%%", "%")),
    }
}

/// The longest beginning of the expression that matches, part by part and then letter by letter.
fn grok(source: &str, text: &str, library: &Library) -> Stop {
    let parts = parts(source);
    let mut slots = Slots::new();
    let mut end = |prefix: &str| -> Option<Option<usize>> {
        let grok = library.compile(&format!("(?<{END}>{prefix})")).ok()?;
        let at = grok.captures().iter().position(|c| c.name == END)?;
        let found = grok.matches(text.as_bytes(), &mut slots).unwrap_or(false);
        Some(found.then(|| slots.get(at).map_or(0, |range| range.end)))
    };
    let (mut good, mut at) = (0, 0);
    for n in 1..=parts.len() {
        match end(&parts.get(..n).unwrap_or_default().concat()) {
            Some(Some(reached)) => (good, at) = (n, reached),
            Some(None) => break,
            // A group that is still open: longer beginnings tell.
            None => {}
        }
    }
    let matched = good.checked_sub(1).and_then(|n| parts.get(n)).map(|p| worded(p));
    let Some(next) = parts.get(good) else {
        let expected = "a value of its field's type: the expression itself matches".to_owned();
        return Stop { at, matched, expected, right: at };
    };
    let whole = parts.get(good..).unwrap_or_default().concat();
    if next.starts_with("%{") {
        return Stop { at, matched, expected: (*next).to_owned(), right: at };
    }
    let before = parts.get(..good).unwrap_or_default().concat();
    let mut taken = 0;
    for (n, c) in next.char_indices().take(200) {
        let n = n + c.len_utf8();
        if let Some(Some(reached)) = end(&format!("{before}{}", next.get(..n).unwrap_or_default())) {
            (taken, at) = (n, reached);
        }
    }
    let left = whole.get(taken..).unwrap_or_default();
    let left: String = left.chars().take(40).collect();
    let matched = if taken > 0 { next.get(..taken).map(worded) } else { matched };
    Stop { at, matched, expected: format!("something that matches {left}"), right: at }
}

fn columns(names: &[&str], separator: &str, text: &str, fits: impl Fn(&str, &str) -> bool) -> Stop {
    let (mut at, mut before, mut right) = (0, None, 0);
    let mut words = text.split(separator);
    for name in names {
        let expected = format!("column {name}");
        let Some(word) = words.next() else {
            return Stop { at: text.len(), matched: before, expected, right };
        };
        if !fits(name, word) {
            return Stop { at, matched: before, expected: format!("{expected}, a value of its type"), right };
        }
        right += 1;
        before = Some((*name).to_owned());
        at = (at + word.len() + separator.len()).min(text.len());
    }
    Stop {
        at,
        matched: before,
        expected: format!("the end of the text: there are {} columns", names.len()),
        right,
    }
}

fn json(rule: &RuleSpec, text: &str) -> Stop {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let at = text.char_indices().map(|(i, _)| i).nth(error.column().saturating_sub(1));
            let at = at.unwrap_or(text.len());
            return Stop { at, matched: None, expected: format!("JSON ({error})"), right: 0 };
        }
    };
    let one = |path: &str| {
        value.get(path).is_some() || path.split('.').try_fold(&value, |v, name| v.get(name)).is_some()
    };
    let has = |paths: &String| paths.split('|').any(one);
    let lists = rule.json.as_ref().map(|j| (j.need.as_slice(), j.lack.as_slice())).unwrap_or_default();
    let expected = match (lists.0.iter().find(|p| !has(p)), lists.1.iter().find(|p| has(p))) {
        (Some(paths), _) => format!("a member {}", paths.replace('|', " or ")),
        (None, Some(path)) => format!("no member {path}"),
        (None, None) => "an object".to_owned(),
    };
    Stop { at: text.len(), matched: None, expected, right: 1 }
}

fn pairs(rule: &RuleSpec, text: &str) -> Stop {
    let assign = rule.kv.as_ref().and_then(|k| k.assign.as_deref()).unwrap_or("=");
    let need = rule.kv.iter().flat_map(|k| &k.need);
    let missing = need.into_iter().find(|key| !text.contains(&format!("{key}{assign}")));
    let expected = missing.map_or("the text before the pairs".to_owned(), |key| format!("a key {key}"));
    let at = if missing.is_some() { text.len() } else { 0 };
    Stop { at, matched: None, expected, right: usize::from(missing.is_none()) }
}
