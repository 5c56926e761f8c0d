//! Stories as a section of the report.

use super::Stories;
use super::ties::Skew;
use crate::model::{Evidence, Finding, HOUR, SECOND, Severity, Ts};
use crate::report::model::{Block, Cell, Column, Facts, Section, Table, Unit};
use crate::report::units;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Addresses with a story.
const ADDRESSES: usize = 15;
/// Addresses with a story where nothing was concluded of any.
const OTHERS: usize = 3;
/// Lines of all stories.
const ROWS: usize = 200;
/// A skew that lies so near to whole hours is rather a wrong zone: 90 seconds, in nanoseconds.
const NEAR: Ts = 90 * SECOND;

/// A line of a story.
struct Line {
    first: Evidence,
    last: Evidence,
    kind: String,
    text: String,
    events: u64,
    failures: u64,
}

/// All that is told of one address.
#[derive(Default)]
struct Story {
    lines: Vec<Line>,
    inputs: BTreeSet<u32>,
    worst: Option<Severity>,
    failures: u64,
    events: u64,
}

/// What several inputs tell of the same address.
pub fn section(stories: &Stories, facts: &Facts) -> Section {
    let mut blocks = Vec::new();
    let all = collect(stories, facts);
    if !all.is_empty() {
        blocks.extend(clocks(stories, facts));
        blocks.push(table(&all, facts));
    }
    Section { id: "stories", title: "The same address in several sources", blocks }
}

fn collect(stories: &Stories, facts: &Facts) -> Vec<(IpAddr, Story)> {
    let mut by_address: BTreeMap<IpAddr, Story> = BTreeMap::new();
    // Of a single input there is nothing to be put together.
    let mut sources = stories.told.rows().map(|((_, source, _), _)| *source);
    let only = sources.next();
    if sources.all(|source| Some(source) == only) {
        return Vec::new();
    }
    for ((ip, source, kind), told) in stories.told.ranked(usize::MAX, |_| ()) {
        let Some((first, last)) = told.span else { continue };
        let story = by_address.entry(*ip).or_default();
        story.inputs.insert(*source);
        story.failures += told.failures;
        story.events += told.events;
        let text = name(facts, *source).to_owned();
        let (events, failures) = (told.events, told.failures);
        story.lines.push(Line { first, last, kind: (*kind).to_owned(), text, events, failures });
    }
    by_address.retain(|_, story| story.inputs.len() > 1);
    for finding in &facts.findings {
        let address = finding.subject.parse::<IpAddr>().ok();
        if let Some(story) = address.and_then(|ip| by_address.get_mut(&ip)) {
            story.worst = story.worst.max(Some(finding.severity));
            story.lines.push(concluded(finding));
        }
    }
    let mut all: Vec<(IpAddr, Story)> = by_address.into_iter().collect();
    all.sort_by_key(|(ip, story)| (Reverse((story.worst, story.failures, story.events)), *ip));
    // Where anything was concluded, the stories of all others are no news.
    let accused = all.iter().filter(|(_, story)| story.worst.is_some()).count();
    all.truncate(if accused > 0 { accused.min(ADDRESSES) } else { OTHERS });
    for (_, story) in &mut all {
        story.lines.sort_by(|a, b| (a.first.ts, &a.text, &a.kind).cmp(&(b.first.ts, &b.text, &b.kind)));
    }
    all
}

/// The name of an input, without the folder: the paths are in the list of files.
fn name(facts: &Facts, source: u32) -> &str {
    let path = facts.sources.path(source);
    path.rsplit('/').next().unwrap_or(path)
}

fn concluded(finding: &Finding) -> Line {
    Line {
        first: finding.first,
        last: finding.last,
        kind: format!("{} ({})", finding.rule, finding.severity),
        text: finding.title.clone(),
        events: finding.count,
        failures: 0,
    }
}

fn table(all: &[(IpAddr, Story)], facts: &Facts) -> Block {
    let columns = vec![
        Column::new("address", "Address", Unit::Text, 0),
        Column::new("first", "From", Unit::Time, 0),
        Column::new("last", "To", Unit::Time, 2),
        Column::new("kind", "What", Unit::Text, 0),
        Column::new("source", "As told by", Unit::Text, 0),
        Column::new("events", "Events", Unit::Count, 1),
        Column::new("failures", "Failed", Unit::Count, 3),
        Column::new("place", "Begins at", Unit::Text, 4),
    ];
    let row = |(ip, line): (&IpAddr, &Line)| -> Vec<Cell> {
        vec![
            ip.to_string().into(),
            Cell::Time(line.first.ts),
            Cell::Time(line.last.ts),
            line.kind.as_str().into(),
            line.text.as_str().into(),
            line.events.into(),
            Cell::nonzero(line.failures),
            format!("{}:{}", name(facts, line.first.origin.source), line.first.origin.record).into(),
        ]
    };
    let lines = || all.iter().flat_map(|(ip, story)| story.lines.iter().map(move |line| (ip, line)));
    let (rows, distinct) = (lines().take(ROWS).map(row).collect(), lines().count() as u64);
    Block::Listing(Table { id: "stories", title: "One time line each", columns, rows, distinct, exact: true })
}

/// How the clocks of the logs stand to the capture's, and how many lines are tied to flows.
fn clocks(stories: &Stories, facts: &Facts) -> Vec<Block> {
    let mut notes: Vec<Block> = stories
        .ties
        .skews()
        .iter()
        .map(|skew| Block::Note(clock(skew, facts.sources.path(skew.source))))
        .collect();
    if !notes.is_empty() && stories.ties.sampled() {
        notes.push(Block::Note(
            "There were more connections than are compared: these are a sample.".to_owned(),
        ));
    }
    notes
}

fn clock(skew: &Skew, path: &str) -> String {
    let lines = units::count(skew.lines);
    let Some((from, to)) = skew.ahead else {
        return format!(
            "{path}: {lines} lines name a client's address and port that packets have too, but no skew of the clocks \
             up to 38 hours ties them: not the same connections, or too few."
        );
    };
    let tied = units::count(skew.tied);
    let stands = if from <= 0 && to >= 0 {
        "its clock agrees with the capture's".to_owned()
    } else {
        let (word, least, most) = if from > 0 { ("ahead", from, to) } else { ("behind", -to, -from) };
        let span = |ts: Ts| units::duration(u64::try_from(ts).unwrap_or(0));
        let middle = from / 2 + to / 2;
        let off = (middle.abs() + HOUR / 2).rem_euclid(HOUR) - HOUR / 2;
        let zone =
            if middle.abs() > HOUR / 2 && off.abs() < NEAR { ": rather a wrong --timezone" } else { "" };
        format!("its clock is {} to {} {word} of the capture's{zone}", span(least), span(most))
    };
    format!("{path}: {stands}, by {tied} of {lines} lines that belong to a flow by address, port and time.")
}
