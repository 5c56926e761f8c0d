//! What a sink draws.

use crate::model::{Allowed, Event, Finding, Ledger, Ran, Sources, Ts};
use std::borrow::Cow;
use std::ops::Range;

/// Findings that are told one by one; the worst come first. Of more there is a table by rule, and `-o json` has them all.
pub const DETAILED: usize = 150;

/// What only the run knows, handed to [`Tally::finish`](super::Tally::finish).
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Inputs, with what was inferred about them.
    pub sources: Sources,
    /// The accounts.
    pub ledger: Ledger,
    /// Conclusions; the report sorts them.
    pub findings: Vec<Finding>,
    /// The findings as events.
    pub alerts: Vec<Event<'static>>,
    /// What the configuration does not want to hear of.
    pub allowed: Vec<Allowed>,
    /// How the detectors ran.
    pub ran: Vec<Ran>,
    /// The command line as the user gave it.
    pub command: String,
    /// netlog's own version.
    pub version: String,
    /// Databases used, with their dates, as `Enricher::origins` gives them.
    pub databases: Vec<String>,
    /// Settings that shape the result (time window, filter, internal networks), label and value.
    pub settings: Vec<(String, String)>,
    /// Sentences the reader must know: a detector that could not run, an assumption made.
    pub notes: Vec<String>,
}

/// Unit of a column or cell; a sink spells the number accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Text.
    Text,
    /// A sentence of netlog's own in the last column: it goes on below rather than being cut.
    Prose,
    /// A plain count.
    Count,
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Duration,
    /// An instant.
    Time,
    /// Tenths of a percent, 0 to 1000.
    Permille,
}

impl Unit {
    /// Whether its cells begin at the left edge; numbers end at the right one.
    pub fn leads(self) -> bool {
        matches!(self, Unit::Text | Unit::Prose | Unit::Time)
    }
}

/// One value of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Text, possibly hostile: from the input.
    Text(String),
    /// A number in its column's unit.
    Number(u64),
    /// An instant.
    Time(Ts),
}

impl Cell {
    /// Text.
    pub fn text(s: impl Into<String>) -> Cell {
        Cell::Text(s.into())
    }

    /// A number, or nothing where it is zero and zero says nothing.
    pub fn nonzero(n: u64) -> Cell {
        if n == 0 { Cell::Empty } else { Cell::Number(n) }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Empty, Into::into)
    }
}
impl From<u64> for Cell {
    fn from(n: u64) -> Self {
        Cell::Number(n)
    }
}
impl From<String> for Cell {
    fn from(s: String) -> Self {
        Cell::Text(s)
    }
}
impl From<&str> for Cell {
    fn from(s: &str) -> Self {
        Cell::Text(s.to_owned())
    }
}

/// Head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Key in JSON.
    pub key: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Unit of its cells.
    pub unit: Unit,
    /// 0 = never left out; a narrow output leaves out the highest first.
    pub spare: u8,
}

impl Column {
    /// A column; `spare` as the member says.
    pub const fn new(key: &'static str, title: &'static str, unit: Unit, spare: u8) -> Column {
        Column { key, title, unit, spare }
    }
}

/// Rows, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Name in JSON, unique in the report: `dns.names`.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, as many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Distinct keys seen, of which the rows are the first; at least this many where not `exact`.
    pub distinct: u64,
    /// Whether every key was counted. Beyond the cap rare keys are dropped, and counts are lower bounds.
    pub exact: bool,
}

/// Rows of listings that are too many to be kept: they are made as they are drawn.
pub trait MadeRows: Sync {
    /// How many there are of the listing `id`; `None` if it has its own.
    fn rows(&self, id: &str) -> Option<usize>;

    /// Looks at what some of them are made of, which lies anywhere in memory.
    fn look_ahead(&self, id: &str, range: Range<usize>);

    /// One of them, by its number.
    fn row(&self, id: &str, nth: usize) -> Vec<Cell>;
}

/// Of a report whose listings all have their own.
#[derive(Clone, Copy, Debug)]
pub struct NoRows;

impl MadeRows for NoRows {
    fn rows(&self, _: &str) -> Option<usize> {
        None
    }

    fn look_ahead(&self, _: &str, _: Range<usize>) {}

    fn row(&self, _: &str, _: usize) -> Vec<Cell> {
        Vec::new()
    }
}

/// The rows of a table that are drawn.
#[derive(Clone, Copy)]
pub struct Rows<'t> {
    table: &'t Table,
    /// Who makes them, where they are not the table's own.
    made: Option<&'t dyn MadeRows>,
    len: usize,
}

impl Table {
    /// Its own rows, the first so many.
    pub fn first(&self, most: usize) -> Rows<'_> {
        Rows { table: self, made: None, len: self.rows.len().min(most) }
    }

    /// All rows of a listing: those that `made` has for it, else its own.
    pub fn listed<'t>(&'t self, made: &'t dyn MadeRows) -> Rows<'t> {
        let rows = made.rows(self.id);
        Rows { table: self, made: rows.map(|_| made), len: rows.unwrap_or(self.rows.len()) }
    }
}

impl<'t> Rows<'t> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.len
    }

    /// Some of them, by their numbers.
    pub fn some(self, range: Range<usize>) -> impl Iterator<Item = Cow<'t, [Cell]>> {
        self.made.iter().for_each(|made| made.look_ahead(self.table.id, range.clone()));
        range.map(move |nth| match self.made {
            None => self.table.rows.get(nth).map_or_else(Cow::default, |row| row.as_slice().into()),
            Some(made) => made.row(self.table.id, nth).into(),
        })
    }
}

/// One step of a [`Timeline`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Where it begins.
    pub start: Ts,
    /// Events in it.
    pub count: u64,
    /// Of these, failed.
    pub failures: u64,
}

/// Events over time, per kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Length of a step, nanoseconds.
    pub step: Ts,
    /// Kind of event and its bins, in time order, empty ones left out.
    pub series: Vec<(String, Vec<Bin>)>,
}

/// A time line of something particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Name in JSON, unique in the report.
    pub id: &'static str,
    /// What is counted: `Records`.
    pub title: &'static str,
    /// The lines.
    pub lines: Timeline,
}

/// Longer steps of a [`Timeline`], without holes.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    length: i128,
    first: i128,
    last: i128,
}

/// Lengths of steps that people count in, nanoseconds.
static NICE: [i128; 24] = {
    let mut seconds: [i128; 24] = [
        1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
        172_800, 604_800, 864_000, 1_728_000, 2_592_000, 8_640_000,
    ];
    let mut at = 0;
    while at < seconds.len() {
        seconds[at] *= 1_000_000_000;
        at += 1;
    }
    seconds
};

impl Timeline {
    /// At most `most` (at least 2) steps that cover every bin; `None` without a bin.
    pub fn steps(&self, most: i128) -> Option<Steps> {
        let bins = || self.series.iter().flat_map(|(_, bins)| bins);
        let first = i128::from(bins().map(|bin| bin.start).min()?);
        let last = i128::from(bins().map(|bin| bin.start).max()?);
        let fine = i128::from(self.step.max(1));
        let steps = (last - first) / fine + 1;
        // One more than the quotient, as the first step may begin before the first bin.
        let length = fine * if steps > most { (steps + most - 2) / (most - 1) } else { 1 };
        let round = |nice: &&i128| **nice >= length && **nice % fine == 0;
        let length = if steps > most { NICE.iter().find(round).copied().unwrap_or(length) } else { length };
        Some(Steps { length, first: first.div_euclid(length), last: last.div_euclid(length) })
    }
}

impl Steps {
    /// Length of a step, nanoseconds.
    pub fn length(&self) -> Ts {
        clamp(self.length)
    }

    /// Where the step begins that an instant lies in.
    pub fn start(&self, ts: Ts) -> Ts {
        clamp(i128::from(ts).div_euclid(self.length) * self.length)
    }

    /// Where each step begins.
    pub fn starts(&self) -> impl Iterator<Item = Ts> {
        let length = self.length;
        (self.first..=self.last).map(move |at| clamp(at * length))
    }
}

fn clamp(ts: i128) -> Ts {
    Ts::try_from(ts).unwrap_or(if ts < 0 { Ts::MIN } else { Ts::MAX })
}

/// A country on the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountryPoint {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// English name.
    pub name: String,
    /// Events other than flows.
    pub requests: u64,
    /// Flows.
    pub flows: u64,
    /// Bytes in both directions.
    pub bytes: u64,
    /// Failed events.
    pub failures: u64,
    /// Distinct addresses seen there (among those counted).
    pub hosts: u64,
}

/// A place on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotPoint {
    /// Latitude, 1e-4 degrees.
    pub lat: i32,
    /// Longitude, 1e-4 degrees.
    pub lon: i32,
    /// City, where the database says.
    pub city: String,
    /// Events there.
    pub events: u64,
}

/// Part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A sentence.
    Note(String),
    /// Labels with values.
    Facts(Vec<(&'static str, Unit, Cell)>),
    /// A table.
    Table(Table),
    /// A table that is shown to its last row.
    Listing(Table),
    /// The report's time line goes here.
    Timeline,
    /// Lines over time of their own.
    Series(Series),
    /// The report's findings go here.
    Findings,
}

/// One question of the reader's, answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Name: `dns`, `inputs` …
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// The answer.
    pub blocks: Vec<Block>,
}

/// Everything a report sink draws.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Inputs, with what was inferred about them.
    pub sources: Sources,
    /// The accounts.
    pub ledger: Ledger,
    /// Conclusions, worst first.
    pub findings: Vec<Finding>,
    /// The findings as events, for outputs that hold documents.
    pub alerts: Vec<Event<'static>>,
    /// The command line.
    pub command: String,
    /// netlog's own version.
    pub version: String,
    /// Databases used, with their dates, as `Enricher::origins` gives them.
    pub databases: Vec<String>,
    /// Settings that shape the result.
    pub settings: Vec<(String, String)>,
    /// Sentences the reader must know.
    pub notes: Vec<String>,
    /// What happened, in plain sentences.
    pub summary: Vec<String>,
    /// Events in all.
    pub events: u64,
    /// First and last event.
    pub span: Option<(Ts, Ts)>,
    /// Events over time.
    pub timeline: Timeline,
    /// Countries of remote addresses, by requests and flows.
    pub countries: Vec<CountryPoint>,
    /// Places of remote addresses.
    pub spots: Vec<SpotPoint>,
    /// The questions in reading order; those without data are left out.
    pub sections: Vec<Section>,
}
