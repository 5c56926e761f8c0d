//! What was read, when it happened, and the findings.

use super::{section, whole};
use crate::model::{Allowed, Counts, Ran, Severity, SourceInfo};
use crate::report::model::{Block, Cell, Column, DETAILED, Facts, Section, Table, Unit};
use crate::report::tally::Tally;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Files and how much of them was understood.
pub fn read(tally: &Tally, facts: &Facts) -> Section {
    let mut list: Vec<(&'static str, Unit, Cell)> = Vec::new();
    account(
        &mut list,
        &facts.ledger.packets,
        ["Packets read", "Packets decoded", "Share of packets decoded"],
    );
    if let Some((packets, missing)) = facts.ledger.in_part() {
        list.push(("Packets captured only in part", Unit::Count, packets.into()));
        list.push(("Bytes that were not captured", Unit::Bytes, missing.into()));
    }
    account(&mut list, &facts.ledger.lines, ["Lines read", "Lines understood", "Share of lines understood"]);
    if facts.ledger.lines.framed > 0 {
        list.push(("Lines of which only the frame was read", Unit::Count, facts.ledger.lines.framed.into()));
    }
    if facts.ledger.lines.formal() > 0 {
        list.push(("Headers, and lines dropped by rules", Unit::Count, facts.ledger.lines.formal().into()));
    }
    list.push(("Events", Unit::Count, tally.events.into()));
    let mut blocks = vec![Block::Facts(list)];
    let columns = [
        Column::new("path", "File", Unit::Text, 0),
        Column::new("kind", "Kind", Unit::Text, 0),
        Column::new("codec", "Packed", Unit::Text, 3),
        Column::new("size", "Size", Unit::Bytes, 2),
        Column::new("records", "Records", Unit::Count, 0),
        Column::new("first", "First", Unit::Time, 1),
        Column::new("last", "Last", Unit::Time, 4),
        Column::new("sha256", "SHA-256", Unit::Text, 5),
    ];
    let rows = facts.sources.0.iter().map(row).collect();
    blocks.push(whole("inputs", "Files", &columns, rows));
    blocks.extend(notes(&facts.sources.0).into_iter().map(Block::Note));
    blocks.extend(twice(&facts.sources.0).into_iter().map(Block::Note));
    for fault in &facts.ledger.faults {
        let at = fault.offset.map(|o| format!(" (at byte {o})")).unwrap_or_default();
        blocks
            .push(Block::Note(format!("{} could not be read to its end: {}{at}", fault.path, fault.reason)));
    }
    blocks.extend(facts.settings.iter().map(|(name, value)| Block::Note(format!("{name}: {value}"))));
    blocks.extend(facts.notes.iter().cloned().map(Block::Note));
    section("inputs", "What was read", blocks)
}

/// What was inferred about files, once for those of which the same is to be said.
fn notes(sources: &[SourceInfo]) -> Vec<String> {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for source in sources {
        for note in &source.notes {
            match told.iter_mut().find(|(text, _)| *text == &**note) {
                Some((_, paths)) => paths.push(&source.path),
                None => told.push((note, vec![&source.path])),
            }
        }
    }
    let named = |paths: &[&str]| match paths {
        [first, second, third, _, ..] => {
            format!("{first}, {second}, {third} and {} more", paths.len().saturating_sub(3))
        }
        _ => paths.join(", "),
    };
    told.iter().map(|(text, paths)| format!("{}: {text}", named(paths))).collect()
}

/// Files that are the same byte for byte: each was counted.
fn twice(sources: &[SourceInfo]) -> Vec<String> {
    let mut met: HashMap<&str, &str> = HashMap::new();
    let mut notes = Vec::new();
    for source in sources {
        let Some(hash) = source.sha256.as_deref().filter(|_| source.records > 0) else { continue };
        match met.entry(hash) {
            Entry::Occupied(first) => notes.push(format!(
                "{} has the same bytes as {}: what it tells was counted twice",
                source.path,
                first.get()
            )),
            Entry::Vacant(place) => drop(place.insert(&source.path)),
        }
    }
    notes
}

fn account(list: &mut Vec<(&'static str, Unit, Cell)>, counts: &Counts, names: [&'static str; 3]) {
    if counts.read == 0 {
        return;
    }
    list.push((names[0], Unit::Count, counts.read.into()));
    list.push((names[1], Unit::Count, counts.whole().into()));
    list.push((names[2], Unit::Permille, counts.understood().into()));
}

fn row(source: &SourceInfo) -> Vec<Cell> {
    let time = |t: Option<i64>| t.map_or(Cell::Empty, Cell::Time);
    vec![
        (&*source.path).into(),
        source.kind.as_str().into(),
        if source.codec.is_empty() { Cell::Empty } else { source.codec.join("+").into() },
        source.size.into(),
        source.records.into(),
        time(source.span.map(|s| s.0)),
        time(source.span.map(|s| s.1)),
        source.sha256.as_deref().into(),
    ]
}

/// The span of all events, and how they are spread over it.
pub fn when(tally: &Tally) -> Section {
    let Some((first, last)) = tally.span else { return section("when", "When", Vec::new()) };
    let facts = vec![
        ("First event", Unit::Time, Cell::Time(first)),
        ("Last event", Unit::Time, Cell::Time(last)),
        ("Span", Unit::Duration, last.abs_diff(first).into()),
    ];
    section("when", "When", vec![Block::Facts(facts), Block::Timeline])
}

/// The findings, or that there are none; those that were not wanted; and who looked at what.
pub fn findings(facts: &Facts) -> Section {
    let first = match (facts.findings.is_empty(), facts.ran.iter().any(|ran| ran.observations > 0)) {
        (false, _) => Block::Findings,
        (true, true) => Block::Note("No detector found anything.".to_owned()),
        (true, false) => Block::Note("No detector found anything, nor took anything from what was read; the table tells what each needs.".to_owned()),
    };
    section("findings", "Findings", vec![first, by_rule(facts), allowed(facts), detectors(facts)])
}

/// How many there are of each kind, where not all are told one by one.
fn by_rule(facts: &Facts) -> Block {
    let columns = [
        Column::new("rule", "Rule", Unit::Text, 0),
        Column::new("severity", "Severity", Unit::Text, 0),
        Column::new("findings", "Findings", Unit::Count, 0),
        Column::new("observations", "Observations", Unit::Count, 1),
    ];
    let mut kinds: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for finding in facts.findings.iter().filter(|_| facts.findings.len() > DETAILED) {
        let (findings, observations) = kinds.entry((Reverse(finding.severity), finding.rule)).or_default();
        *findings += 1;
        *observations = observations.saturating_add(finding.count);
    }
    let row = |((Reverse(severity), rule), (findings, observations)): (_, (u64, u64))| {
        let severity: Severity = severity;
        let rule: &str = rule;
        vec![rule.into(), severity.name().into(), findings.into(), observations.into()]
    };
    let rows: Vec<_> = kinds.into_iter().map(row).collect();
    let distinct = rows.len() as u64;
    let (id, title) = ("findings_by_rule", "All findings by rule");
    Block::Listing(Table { id, title, columns: columns.to_vec(), rows, distinct, exact: true })
}

fn allowed(facts: &Facts) -> Block {
    let columns = [
        Column::new("rule", "Rule", Unit::Text, 0),
        Column::new("findings", "Findings", Unit::Count, 0),
        Column::new("observations", "Observations", Unit::Count, 1),
        Column::new("subjects", "About", Unit::Text, 0),
        Column::new("why", "Why", Unit::Text, 0),
    ];
    let row = |a: &Allowed| {
        let more = if a.findings > a.subjects.len() as u64 { " …" } else { "" };
        let why = Some(a.why.as_str()).filter(|why| !why.is_empty());
        vec![
            a.rule.into(),
            a.findings.into(),
            a.count.into(),
            format!("{}{more}", a.subjects.join(", ")).into(),
            why.into(),
        ]
    };
    whole(
        "allowed",
        "Left out, as the configuration allows it",
        &columns,
        facts.allowed.iter().map(row).collect(),
    )
}

fn detectors(facts: &Facts) -> Block {
    let columns = [
        Column::new("detector", "Detector", Unit::Text, 0),
        Column::new("events", "Events looked at", Unit::Count, 0),
        Column::new("observations", "Taken from them", Unit::Count, 0),
        Column::new("findings", "Findings", Unit::Count, 0),
        Column::new("silent", "Would have needed", Unit::Prose, 0),
    ];
    let row = |ran: &Ran| {
        let silent = (ran.observations == 0).then_some(ran.needs);
        vec![ran.name.into(), ran.events.into(), ran.observations.into(), ran.findings.into(), silent.into()]
    };
    whole("detectors", "What looked for them", &columns, facts.ran.iter().map(row).collect())
}
