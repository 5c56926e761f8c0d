//! Dashboards and alerts: what `boards.toml` lists, as the saved objects that Kibana and OpenSearch
//! Dashboards import and as the alerts of both.
//!
//! ```text
//! boards.toml ─ Panel ─┬─ query ─▶ the search behind a panel
//!                      ├─ saved ─▶ dashboards.ndjson (aggregation-based visualisations)
//!                      └─ map ───▶ a Vega drawing with the countries inside: no map service is asked
//! ```

mod alerts;
mod map;
mod query;
mod saved;
#[cfg(test)]
mod tests;

pub use alerts::alerts;
pub use query::searches;
pub use saved::objects;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;

static BOARDS: &str = include_str!("boards.toml");
/// Groups shown unless a panel says otherwise.
const TOP: u32 = 10;

/// Everything in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boards {
    /// Dashboards.
    #[serde(rename = "board")]
    pub boards: Vec<Board>,
    /// Conditions that wake somebody.
    #[serde(rename = "alert")]
    pub alerts: Vec<Alert>,
}

/// A dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Part of ids.
    pub name: String,
    /// Heading.
    pub title: String,
    /// What all its panels search, in KQL; empty = everything.
    #[serde(default, rename = "where")]
    pub filter: String,
    /// Its panels, in order.
    #[serde(rename = "panel")]
    pub panels: Vec<Panel>,
    /// Fields of a saved search that lists the documents below the panels; none without any.
    #[serde(default)]
    pub list: Vec<String>,
}

/// A drawing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Heading.
    pub title: String,
    /// How it is drawn.
    pub kind: Kind,
    /// What it searches beyond what its dashboard does, in KQL.
    #[serde(default, rename = "where")]
    pub filter: String,
    /// The number per group.
    pub measure: Measure,
    /// `time` or a field; nothing for a single number.
    pub by: Option<String>,
    /// A second field.
    pub split: Option<String>,
    /// Groups shown.
    #[serde(default = "top")]
    pub top: u32,
    /// Width of a step in time, as the engines write it (`1m`); `auto` unless given.
    pub interval: Option<String>,
}

fn top() -> u32 {
    TOP
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One large number.
    Number,
    /// Rows.
    Table,
    /// A ring; with a split, two.
    Pie,
    /// Bars on top of each other.
    Bars,
    /// A line per group.
    Lines,
    /// Countries coloured.
    Map,
}

/// A number per group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Measure {
    /// Events.
    Count,
    /// Sum of a field.
    Sum(String),
    /// Mean of a field.
    Average(String),
    /// Median, 95th and 99th percentile of a field.
    Percentile(String),
    /// Distinct values of a field.
    Distinct(String),
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Measure, String> {
        let field = |field: &str| field.to_owned();
        match text.split_once(' ') {
            None if text == "count" => Ok(Measure::Count),
            Some(("sum", name)) => Ok(Measure::Sum(field(name))),
            Some(("average", name)) => Ok(Measure::Average(field(name))),
            Some(("percentile", name)) => Ok(Measure::Percentile(field(name))),
            Some(("distinct", name)) => Ok(Measure::Distinct(field(name))),
            _ => Err(format!(
                "`{text}` is no measure: count, sum FIELD, average FIELD, percentile FIELD, distinct FIELD"
            )),
        }
    }
}

impl TryFrom<String> for Measure {
    type Error = String;

    fn try_from(text: String) -> Result<Measure, String> {
        text.parse()
    }
}

impl Measure {
    /// The field it looks at.
    pub fn field(&self) -> Option<&str> {
        match self {
            Measure::Count => None,
            Measure::Sum(field)
            | Measure::Average(field)
            | Measure::Percentile(field)
            | Measure::Distinct(field) => Some(field),
        }
    }

    /// The engines' name for it.
    pub fn aggregation(&self) -> &'static str {
        match self {
            Measure::Count => "count",
            Measure::Sum(_) => "sum",
            Measure::Average(_) => "avg",
            Measure::Percentile(_) => "percentiles",
            Measure::Distinct(_) => "cardinality",
        }
    }
}

/// A condition that wakes somebody.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Name of its file.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Fields and their values, all of which must hold.
    #[serde(rename = "where")]
    pub filter: BTreeMap<String, String>,
    /// It fires above so many events …
    pub more_than: u64,
    /// … within so many minutes.
    pub minutes: u32,
}

impl Boards {
    /// The shipped ones.
    ///
    /// # Errors
    /// Only if the program was built with a file that cannot be read, which a test finds.
    pub fn shipped() -> Result<Boards, toml::de::Error> {
        toml::from_str(BOARDS)
    }
}

/// Both conditions, where there are two.
fn both(a: &str, b: &str) -> String {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.to_owned(),
        (_, true) => a.to_owned(),
        _ => format!("({a}) and ({b})"),
    }
}
