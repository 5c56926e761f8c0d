//! Headings, sentences, facts, findings and the time line.

use super::super::escape::text::{fit, visible, width, wrap};

use super::table;
use crate::model::{Finding, Severity, Sources, Ts};
use crate::report::evidence::{commands, place};
use crate::report::{Bin, Block, Cell, DETAILED, MadeRows, Report, Section, Series, Timeline, Unit, units};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Rows the time line may have.
const STEPS: i128 = 20;
/// Targets of a finding that are named.
const TARGETS: usize = 8;

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// So much text is kept before it is written, bytes.
const KEPT: usize = 1 << 16;

/// Text being laid out.
pub struct Page<'w> {
    out: String,
    width: usize,
    color: bool,
    to: &'w mut dyn Write,
    failed: io::Result<()>,
}

impl Page<'_> {
    /// An empty one that is written to `to`.
    pub fn new(width: usize, color: bool, to: &mut dyn Write) -> Page<'_> {
        Page { out: String::new(), width, color, to, failed: Ok(()) }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first of what was written to says.
    pub fn finish(mut self) -> io::Result<()> {
        self.write();
        self.failed
    }

    fn write(&mut self) {
        if self.failed.is_ok() {
            self.failed = self.to.write_all(self.out.as_bytes());
        }
        self.out.clear();
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds lines that are laid out.
    pub fn push(&mut self, lines: &str) {
        self.out.push_str(lines);
        if self.out.len() >= KEPT {
            self.write();
        }
    }

    /// One line without trailing spaces; `style` only where colours are on.
    pub fn line(&mut self, text: &str, style: Style) {
        let text = text.trim_end();
        if self.color && style != Style::new() && !text.is_empty() {
            self.out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.out.push_str(text);
        }
        self.out.push('\n');
    }

    /// A paragraph with a hanging indent: `first` before the first line, spaces before the others.
    fn paragraph(&mut self, first: &str, text: &str) {
        let indent = width(first);
        for (i, line) in wrap(&visible(text), self.width - indent).iter().enumerate() {
            let lead = if i == 0 { first.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{lead}{line}"), Style::new());
        }
    }

    fn heading(&mut self, text: &str, under: char) {
        self.line(text, TITLE);
        self.line(&under.to_string().repeat(width(text)), FAINT);
    }

    /// Title, command line, versions.
    pub fn head(&mut self, report: &Report) {
        let version = visible(&report.version);
        self.heading(format!("netlog {version} report").replace("  ", " ").as_str(), '=');
        if !report.command.is_empty() {
            self.paragraph("", &report.command);
        }
        for database in &report.databases {
            self.paragraph("", database);
        }
        if !report.summary.is_empty() {
            self.out.push('\n');
            self.paragraph("", &report.summary.join(" "));
        }
    }

    /// A section with its heading.
    pub fn section(&mut self, section: &Section, report: &Report, made: &dyn MadeRows) {
        self.out.push('\n');
        self.heading(section.title, '-');
        let mut before: Option<&Block> = None;
        for block in &section.blocks {
            let notes = matches!((before, block), (Some(Block::Note(_)), Block::Note(_)));
            if before.is_some() && !notes {
                self.out.push('\n');
            }
            before = Some(block);
            match block {
                Block::Note(text) => self.paragraph("", text),
                Block::Facts(facts) => self.facts(facts),
                Block::Table(table) => table::draw(table, table.first(table::ROWS), self),
                Block::Listing(table) => table::draw(table, table.listed(made), self),
                Block::Timeline => self.timeline("Events", &report.timeline),
                Block::Series(series) => self.series(series),
                Block::Findings => self.findings(&report.findings, &report.sources),
            }
        }
    }

    fn facts(&mut self, facts: &[(&'static str, Unit, Cell)]) {
        let label = facts.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
        for (name, unit, cell) in facts {
            let value = visible(&units::spell(cell, *unit));
            let text = format!("{name}{}  {value}", " ".repeat(label - width(name)));
            self.line(&fit(&text, self.width), Style::new());
        }
    }

    /// Each line by itself, where they matter one by one.
    fn series(&mut self, series: &Series) {
        let all = || series.lines.series.iter().flat_map(|(_, bins)| bins).map(|bin| bin.start);
        let ends = [all().min(), all().max()].into_iter().flatten();
        // All over the same time.
        let ends: Vec<Bin> = ends.map(|start| Bin { start, ..Bin::default() }).collect();
        for (name, bins) in &series.lines.series {
            let lines = vec![(name.clone(), [bins.as_slice(), &ends].concat())];
            let one = Timeline { step: series.lines.step, series: lines };
            self.timeline(&format!("{}: {name}", series.title), &one);
        }
    }

    fn timeline(&mut self, what: &str, timeline: &Timeline) {
        let Some((step, bins)) = regroup(timeline) else { return };
        let most = bins.values().copied().max().unwrap_or(1).max(1);
        let digits = width(&units::count(most)).max(6);
        let bar = self.width.saturating_sub(19 + 2 + digits + 2);
        let length = units::duration(u64::try_from(step).unwrap_or(u64::MAX)).replace(".0 ", " ");
        self.line(&format!("{what} per {length} (UTC)"), TITLE);
        for (start, count) in bins {
            // At least one mark for anything, none for nothing.
            let marks = (u128::from(count) * bar as u128).div_ceil(u128::from(most));
            let bar = "#".repeat(usize::try_from(marks).unwrap_or(bar));
            let line = format!("{:<19}  {:>digits$}  {bar}", units::time(start), units::count(count));
            self.line(&line, Style::new());
        }
    }

    fn findings(&mut self, findings: &[Finding], sources: &Sources) {
        for (i, finding) in findings.iter().take(DETAILED).enumerate() {
            if i > 0 {
                self.out.push('\n');
            }
            self.finding(finding, sources);
        }
        if findings.len() > DETAILED {
            let left = units::count((findings.len() - DETAILED) as u64);
            self.out.push('\n');
            self.paragraph("", &format!("… and {left} more, none of them graver: -o json has them all"));
        }
    }

    fn finding(&mut self, finding: &Finding, sources: &Sources) {
        let tag = finding.severity.name().to_uppercase();
        self.line(&format!("{tag}  {}", finding.rule), severity_style(finding.severity));
        self.paragraph("  ", &finding.title);
        let mut targets: Vec<String> = finding.targets.iter().take(TARGETS).cloned().collect();
        if finding.targets.len() > TARGETS {
            targets.push(format!("and {} more", units::count((finding.targets.len() - TARGETS) as u64)));
        }
        if !targets.is_empty() {
            self.paragraph("  Targets:  ", &targets.join(", "));
        }
        let (first, last) = (finding.first, finding.last);
        let span = format!(
            "{} observations, {} to {}",
            units::count(finding.count),
            units::time(first.ts),
            units::time(last.ts)
        );
        self.paragraph("  Seen:     ", &span);
        let evidence = if first.origin == last.origin {
            place(first, sources)
        } else {
            format!("{} to {}", place(first, sources), place(last, sources))
        };
        self.paragraph("  Evidence: ", &evidence);
        for command in commands(finding, sources) {
            self.paragraph("  Look:     ", &command);
        }
        if !finding.attack.is_empty() {
            self.paragraph("  ATT&CK:   ", &finding.attack.join(", "));
        }
        self.paragraph("  Next:     ", finding.advice);
    }
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default().bold(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => TITLE,
    }
}

/// All kinds together in at most [`STEPS`] steps without holes.
fn regroup(timeline: &Timeline) -> Option<(Ts, BTreeMap<Ts, u64>)> {
    let steps = timeline.steps(STEPS)?;
    let mut out: BTreeMap<Ts, u64> = steps.starts().map(|start| (start, 0)).collect();
    for bin in timeline.series.iter().flat_map(|(_, bins)| bins) {
        *out.entry(steps.start(bin.start)).or_default() += bin.count;
    }
    Some((steps.length(), out))
}
