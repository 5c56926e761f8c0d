//! The report as Markdown, for mails, tickets and repositories.

use super::escape::markdown::plain;
use super::{Kind, Needs, Sink, SinkContext, SinkError, drawn, pieces};
use crate::model::{Evidence, Finding, Sources};
use crate::report::{
    Bin, Block, Cell, DETAILED, MadeRows, NoRows, Report, Rows, Series, Table, Timeline, Unit, evidence,
    units,
};
use std::fmt::Write;
use std::io;

/// Rows shown of a table.
const ROWS: usize = 20;

/// Rows of lines over time.
const SERIES: i128 = 24;

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "markdown",
    doc: "The report as Markdown.",
    rows: false,
    needs: Needs::Report,
    hashes: true,
    open,
};

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    // Writing to a string cannot fail; anything else has no way to happen here.
    drawn::open(path, |report| Ok(draw(report).map_err(io::Error::other)?.into_bytes()))
}

/// The report as Markdown.
///
/// # Errors
/// None in practice: a string takes everything.
pub fn draw(report: &Report) -> Result<String, std::fmt::Error> {
    draw_made(report, &NoRows)
}

/// The same; `made` has the rows of listings that the report leaves out.
pub(super) fn draw_made(report: &Report, made: &dyn MadeRows) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "# netlog report\n")?;
    writeln!(out, "- netlog {}", plain(&report.version))?;
    if !report.command.is_empty() {
        writeln!(out, "- {}", plain(&report.command))?;
    }
    for database in &report.databases {
        writeln!(out, "- {}", plain(database))?;
    }
    if !report.summary.is_empty() {
        writeln!(out, "\n{}", plain(&report.summary.join(" ")))?;
    }
    for section in &report.sections {
        writeln!(out, "\n## {}\n", section.title)?;
        let mut listing = false;
        for (i, block) in section.blocks.iter().enumerate() {
            let list = matches!(block, Block::Note(_) | Block::Facts(_));
            if i > 0 && !(list && listing) {
                out.push('\n');
            }
            listing = list;
            match block {
                Block::Note(text) => writeln!(out, "- {}", plain(text))?,
                Block::Facts(facts) => push_facts(&mut out, facts)?,
                Block::Table(table) => push_table(&mut out, table, table.first(ROWS))?,
                Block::Listing(table) => push_table(&mut out, table, table.listed(made))?,
                Block::Timeline => push_timeline(&mut out, &report.timeline)?,
                Block::Series(series) => push_series(&mut out, series)?,
                Block::Findings => push_findings(&mut out, &report.findings, &report.sources)?,
            }
        }
    }
    Ok(out)
}

fn push_facts(out: &mut String, facts: &[(&'static str, Unit, Cell)]) -> std::fmt::Result {
    facts.iter().try_for_each(|(name, unit, cell)| writeln!(out, "- {name}: {}", spell(cell, *unit)))
}

/// Only what comes from the input is escaped: numbers and times are ours.
fn spell(cell: &Cell, unit: Unit) -> String {
    match cell {
        Cell::Text(text) => plain(text),
        _ => units::spell(cell, unit),
    }
}

fn push_table(out: &mut String, table: &Table, rows: Rows<'_>) -> std::fmt::Result {
    if !table.title.is_empty() {
        writeln!(out, "### {}\n", table.title)?;
    }
    for column in &table.columns {
        write!(out, "| {} ", column.title)?;
    }
    writeln!(out, "|")?;
    for column in &table.columns {
        let rule = if column.unit.leads() { "| --- " } else { "| ---: " };
        out.push_str(rule);
    }
    writeln!(out, "|")?;
    let piece = |range| {
        let mut out = String::new();
        for row in rows.some(range) {
            for (column, cell) in table.columns.iter().zip(row.iter()) {
                write!(out, "| {} ", spell(cell, column.unit))?;
            }
            writeln!(out, "|")?;
        }
        Ok(out)
    };
    pieces::in_order(rows.count(), piece, |piece| out.write_str(&piece?))?;
    let more = table.distinct.saturating_sub(rows.count() as u64);
    match (table.exact, more) {
        (true, 0) => Ok(()),
        (true, _) => writeln!(out, "\n… and {} more", units::count(more)),
        (false, _) => {
            writeln!(out, "\n… and more than {} others; counts are lower bounds", units::count(more))
        }
    }
}

fn push_series(out: &mut String, series: &Series) -> std::fmt::Result {
    let Some(steps) = series.lines.steps(SERIES) else { return Ok(()) };
    let step = units::duration(u64::try_from(steps.length()).unwrap_or(0)).replace(".0 ", " ");
    let lines = &series.lines.series;
    let names: Vec<String> = lines.iter().map(|(name, _)| plain(name)).collect();
    writeln!(out, "\n| {} per {step} from | {} |", series.title, names.join(" | "))?;
    writeln!(out, "| --- |{}", " ---: |".repeat(names.len()))?;
    for start in steps.starts() {
        let count = |bins: &Vec<Bin>| -> u64 {
            bins.iter().filter(|bin| steps.start(bin.start) == start).map(|bin| bin.count).sum()
        };
        let cells: Vec<String> = lines.iter().map(|(_, bins)| units::count(count(bins))).collect();
        writeln!(out, "| {} | {} |", units::time(start), cells.join(" | "))?;
    }
    writeln!(out)
}

fn push_timeline(out: &mut String, timeline: &Timeline) -> std::fmt::Result {
    let mut rows = std::collections::BTreeMap::new();
    for bin in timeline.series.iter().flat_map(|(_, bins)| bins) {
        *rows.entry(bin.start).or_insert(0u64) += bin.count;
    }
    let step = units::duration(u64::try_from(timeline.step).unwrap_or(0)).replace(".0 ", " ");
    let busiest = rows.iter().max_by_key(|(start, count)| (**count, std::cmp::Reverse(**start)));
    let Some((start, count)) = busiest else { return Ok(()) };
    writeln!(
        out,
        "- Steps of {step} with events: {}; busiest: {} ({} events)",
        units::count(rows.len() as u64),
        units::time(*start),
        units::count(*count)
    )
}

fn push_findings(out: &mut String, findings: &[Finding], sources: &Sources) -> std::fmt::Result {
    let place = |e: Evidence| {
        format!("{}, record {}, {}", plain(sources.path(e.origin.source)), e.origin.record, units::time(e.ts))
    };
    for (i, finding) in findings.iter().take(DETAILED).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        writeln!(out, "### {}: {}\n", finding.severity.name().to_uppercase(), plain(&finding.title))?;
        writeln!(out, "- Rule: {}", plain(finding.rule))?;
        if !finding.attack.is_empty() {
            writeln!(out, "- ATT&CK: {}", plain(&finding.attack.join(", ")))?;
        }
        writeln!(out, "- Subject: {}", plain(&finding.subject))?;
        if !finding.targets.is_empty() {
            writeln!(out, "- Targets: {}", plain(&finding.targets.join(", ")))?;
        }
        writeln!(out, "- Observations: {}", units::count(finding.count))?;
        writeln!(out, "- First: {}", place(finding.first))?;
        writeln!(out, "- Last: {}", place(finding.last))?;
        for command in evidence::commands(finding, sources) {
            writeln!(out, "- Look: {}", plain(&command))?;
        }
        writeln!(out, "- Next: {}", plain(finding.advice))?;
    }
    if findings.len() > DETAILED {
        let left = units::count((findings.len() - DETAILED) as u64);
        writeln!(out, "\n… and {left} more, none of them graver: `-o json` has them all")?;
    }
    Ok(())
}
