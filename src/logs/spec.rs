//! A format file as it is written: TOML to plain structures, nothing resolved yet.

use super::{PatternError, toml_mistake};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One file of `patterns/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormatSpec {
    /// Name; also `event.dataset` unless `dataset` says otherwise.
    pub name: String,
    /// What it is, for docs/formats.md.
    pub doc: String,
    /// The parent, whose `from` field holds what this format reads.
    pub over: Option<String>,
    /// Field of the parent that holds the text.
    #[serde(default = "message")]
    pub from: String,
    /// `event.dataset`, where several formats feed one.
    pub dataset: Option<String>,
    /// `network.protocol`.
    pub protocol: Option<String>,
    /// Conditions on the parent's fields; all must hold.
    #[serde(default)]
    pub when: BTreeMap<String, CondSpec>,
    /// Captured texts that mean "no value".
    #[serde(default)]
    pub null: Vec<String>,
    /// Texts in a line that speak for the format when formats are told apart, with what they add to
    /// the line's score; negative numbers speak against it.
    #[serde(default)]
    pub hints: BTreeMap<String, f64>,
    /// A format that reads many of the same lines to the same fields: where both fit, the path of the file decides,
    /// and nothing is said of the other one.
    pub twin: Option<String>,
    /// Zone of stamps without one in a file of this format, where the user names none.
    pub zone: Option<String>,
    /// Its lines carry a message of somebody else: one that no other format reads is counted as such.
    #[serde(default)]
    pub frame: bool,
    /// A line that names no client gets the one that an earlier line of the same process names.
    #[serde(default)]
    pub client_by_process: bool,
    /// Another format, whose children read this one's message too.
    pub family: Option<String>,
    /// Constants that depend on captured values, for every rule.
    #[serde(default)]
    pub case: Vec<CaseSpec>,
    /// Constants for every event of the format.
    #[serde(default)]
    pub set: BTreeMap<String, toml::Value>,
    /// Column, path of a member or key to field, for every rule of columns, members or pairs that does not say otherwise.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// Field to members that can fill it, the best one first, for every rule of members that does not say otherwise.
    #[serde(default)]
    pub best: BTreeMap<String, Vec<String>>,
    /// Fields that this format declares.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldSpec>,
    /// Fields that get another name (or place), before the constants.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// What is made of fields, in order.
    #[serde(default)]
    pub step: Vec<StepSpec>,
    /// Fields that are left out.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Which lines belong together.
    pub multiline: Option<MultiSpec>,
    /// Rules, tried in order.
    #[serde(default)]
    pub rule: Vec<RuleSpec>,
    /// Lines with what must come out.
    #[serde(default)]
    pub test: Vec<TestSpec>,
}

fn message() -> String {
    "message".to_owned()
}

/// A condition on one field.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum CondSpec {
    /// Equal to this.
    One(String),
    /// Equal to one of these.
    Many(Vec<String>),
    /// Another test.
    Test(CondTest),
}

/// Tests beyond equality; exactly one of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum CondTest {
    /// Begins with this or one of these.
    Prefix(OneOrMany),
    /// Ends with this or one of these.
    Suffix(OneOrMany),
    /// Contains this or one of these.
    Contains(OneOrMany),
    /// Matches this regular expression somewhere.
    Regex(String),
}

/// A string or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// As a slice.
    pub fn all(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

/// Declaration of a field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldSpec {
    /// Type, by the names of Elasticsearch mappings.
    #[serde(rename = "type")]
    pub ty: String,
    /// One sentence.
    pub doc: String,
    /// Allowed values of a text.
    #[serde(default)]
    pub values: Vec<String>,
    /// Allowed range of a number, both ends included.
    pub range: Option<(f64, f64)>,
}

/// One rule: how the text is matched and what follows from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleSpec {
    /// Templates; see [`super::template`].
    pub delimited: Option<OneOrMany>,
    /// Grok expressions.
    pub grok: Option<OneOrMany>,
    /// Forms of the stamp that a grok expression captures as `@timestamp`, tried in order.
    pub time: Option<OneOrMany>,
    /// Columns, their order read from a header line.
    pub columns: Option<ColumnsSpec>,
    /// Members of a JSON object.
    pub json: Option<JsonSpec>,
    /// Pairs of key and value.
    pub kv: Option<KvSpec>,
    /// Constants.
    #[serde(default)]
    pub set: BTreeMap<String, toml::Value>,
    /// Fields that get another name (or place), before the constants.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// What is made of fields, in order.
    #[serde(default)]
    pub step: Vec<StepSpec>,
    /// Fields that are left out.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Second events from the same line.
    #[serde(default)]
    pub also: Vec<AlsoSpec>,
    /// Constants that depend on captured values.
    #[serde(default)]
    pub case: Vec<CaseSpec>,
    /// Field whose text is a line of its own, in whatever format without a parent reads it.
    pub inside: Option<String>,
    /// The captured `message` is read again by the same format.
    #[serde(default)]
    pub again: bool,
    /// The line says that the nearest earlier one of its host came `netlog.count` times more: it becomes an event like
    /// that one.
    #[serde(default)]
    pub like_before: bool,
    /// The line is understood, and of no interest: no event, counted as `dropped`.
    #[serde(default)]
    pub drop: bool,
}

/// Constants under conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseSpec {
    /// All must hold, for captured fields.
    pub when: BTreeMap<String, CondSpec>,
    /// Constants.
    pub set: BTreeMap<String, toml::Value>,
}

/// A rule of columns; see [`super::columns`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnsSpec {
    /// Order of the columns where no header tells it.
    pub order: String,
    /// What stands between two columns, one byte; a blank unless given.
    pub separator: Option<String>,
    /// `\xNN` stands for a byte, as Zeek writes what would be taken for something else.
    #[serde(default)]
    pub escapes: bool,
    /// Columns that hold any number of values with commas between.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Column to field, with the form of a stamp after a colon.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
}

/// A rule of JSON members; see [`super::json`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonSpec {
    /// Members that must be there, by dotted path; of those with a bar between one.
    #[serde(default)]
    pub need: Vec<String>,
    /// Members that must not be there.
    #[serde(default)]
    pub lack: Vec<String>,
    /// Members named like a declared field go to it.
    #[serde(default)]
    pub ecs: bool,
    /// Dotted path to field, with the form of a stamp after a colon.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// Field (with the form of a stamp after a colon) to members by dotted path, of which the first that is there and of
    /// its type fills it, wherever it stands.
    #[serde(default)]
    pub best: BTreeMap<String, Vec<String>>,
    /// What follows the object is not looked at.
    #[serde(default)]
    pub tail: bool,
}

/// A rule of pairs of key and value; see [`super::kv`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KvSpec {
    /// Keys alone on a line may have a value in the journal's binary form behind them.
    #[serde(default)]
    pub binary: bool,
    /// Templates of what stands before the pairs, the first that fits counts.
    pub prefix: Option<OneOrMany>,
    /// Characters that divide pairs; blank and tab unless given.
    pub separators: Option<String>,
    /// Character between key and value; `=` unless given.
    pub assign: Option<String>,
    /// Characters that values may stand in; `"` and `'` unless given.
    pub quotes: Option<String>,
    /// Characters taken off both ends of keys and of values without quotes.
    #[serde(default)]
    pub trim: String,
    /// Where a word begins with this, it and what is behind it tell of something else, and fill no field.
    pub aside: Option<char>,
    /// Keys that must be there.
    #[serde(default)]
    pub need: Vec<String>,
    /// Keys whose quoted value holds pairs itself.
    #[serde(default)]
    pub nested: Vec<String>,
    /// Quoted values have escapes as programming languages write them.
    #[serde(default)]
    pub escapes: bool,
    /// Keys whose value without quotes is text as hexadecimal digits.
    #[serde(default)]
    pub hex: Vec<String>,
    /// The keys `a0`, `a1` … are arguments of a command, for `process.args` and `process.command_line`.
    #[serde(default)]
    pub arguments: bool,
    /// Field of the words that have no value.
    pub words: Option<String>,
    /// Key to field, with the form of a stamp after a colon.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
}

/// What is made of a field; see [`super::step`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepSpec {
    /// Which field.
    pub field: String,
    /// What is done.
    #[serde(rename = "do")]
    pub does: String,
    /// Factor.
    pub by: Option<f64>,
    /// What stands between parts.
    pub at: Option<String>,
    /// Field that a copy goes to.
    pub to: Option<String>,
    /// Texts and what they become.
    #[serde(default)]
    pub table: BTreeMap<String, String>,
}

/// A second event from the same line; see [`super::after`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlsoSpec {
    /// All must hold.
    #[serde(default)]
    pub when: BTreeMap<String, CondSpec>,
    /// Its data set; the first event's unless given.
    pub dataset: Option<String>,
    /// Its constants, over those of the first event.
    #[serde(default)]
    pub set: BTreeMap<String, toml::Value>,
    /// Fields of the first event that it lacks.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Events of several lines; see [`super::multi`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MultiSpec {
    /// What the first line of an event begins with, a regular expression.
    pub start: Option<String>,
    /// What every other line of an event begins with.
    pub continues: Option<String>,
    /// What a line begins with that is never the last of its event.
    pub follows: Option<String>,
    /// What a line that goes on with no event begins with, whatever `continues` says.
    pub never: Option<String>,
    /// A file that is in this format most of all is in no other: lines within its events may look like anything.
    #[serde(default)]
    pub alone: bool,
    /// Where a new event begins in the middle of a line.
    pub divide: Option<String>,
    /// Events are entries of the journal's export format, which tells the lengths of values.
    #[serde(default)]
    pub counted: bool,
    /// Most lines of an event.
    pub lines: Option<usize>,
    /// Most bytes of an event.
    pub bytes: Option<usize>,
}

/// A line and what must come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestSpec {
    /// The line.
    pub line: String,
    /// Fields with their values.
    #[serde(default)]
    pub want: BTreeMap<String, toml::Value>,
    /// Fields that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
}

impl FormatSpec {
    /// Reads a format file.
    pub fn read(file: &str, text: &str) -> Result<FormatSpec, PatternError> {
        let mut spec: FormatSpec = toml::from_str(text).map_err(|error| {
            let (line, column, message) = toml_mistake(text, &error);
            PatternError::Syntax { file: format!("{file}:{line}:{column}"), message }
        })?;
        for rule in &mut spec.rule {
            if let Some(json) = &mut rule.json {
                for (field, members) in &spec.best {
                    json.best.entry(field.clone()).or_insert_with(|| members.clone());
                }
            }
            let columns = rule.columns.as_mut().map(|rule| &mut rule.map);
            let members = rule.json.as_mut().map(|rule| &mut rule.map);
            let pairs = rule.kv.as_mut().map(|rule| &mut rule.map);
            for map in [columns, members, pairs].into_iter().flatten() {
                for (name, field) in &spec.map {
                    map.entry(name.clone()).or_insert_with(|| field.clone());
                }
            }
        }
        Ok(spec)
    }
}
