//! The report's numbers as lines of Graphite's plaintext protocol (`path value time`): time lines at
//! their own times, everything else at the time of the last event.

use super::{Kind, Needs, Sink, SinkContext, SinkError, drawn};
use crate::model::{Counts, Severity, Ts};
use crate::report::{Block, Cell, Report, Table, Unit};
use std::fmt::Write;

/// Rows of a table that become paths: a metric store must not grow with what attackers make up.
const ROWS: usize = 20;
/// Longest part of a path that comes from the input, characters.
const PART: usize = 64;

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "graphite",
    doc: "The report's numbers as Graphite lines.",
    rows: false,
    needs: Needs::Report,
    hashes: false,
    open,
};

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    drawn::open(path, |report| Ok(draw(report).into_bytes()))
}

/// The lines; none if there was no event, as then there is no time.
pub fn draw(report: &Report) -> String {
    let mut lines = Lines { out: String::new() };
    let Some((_, now)) = report.span else { return lines.out };
    lines.push(&["events"], report.events, now);
    lines.counts("packets", &report.ledger.packets, now);
    lines.counts("lines", &report.ledger.lines, now);
    lines.push(&["faults"], report.ledger.faults.len() as u64, now);
    for level in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info] {
        let count = report.findings.iter().filter(|f| f.severity == level).count() as u64;
        lines.push(&["findings", level.name()], count, now);
    }
    for table in report.sections.iter().flat_map(|section| &section.blocks).filter_map(table) {
        lines.table(table, now);
    }
    for (kind, bins) in &report.timeline.series {
        for bin in bins {
            lines.push(&["timeline", kind, "events"], bin.count, bin.start);
            lines.push(&["timeline", kind, "failures"], bin.failures, bin.start);
        }
    }
    lines.out
}

fn table(block: &Block) -> Option<&Table> {
    match block {
        // Files and samples are no numbers to follow over time.
        Block::Table(table) if !matches!(table.id, "inputs" | "anomalies" | "undecoded") => Some(table),
        _ => None,
    }
}

struct Lines {
    out: String,
}

impl Lines {
    fn push(&mut self, path: &[&str], value: u64, at: Ts) {
        self.out.push_str("netlog");
        for part in path {
            self.out.push('.');
            let good = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
            self.out.extend(part.chars().take(PART).map(good));
        }
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, " {value} {}", at.div_euclid(1_000_000_000));
    }

    fn counts(&mut self, name: &str, counts: &Counts, at: Ts) {
        let sum = |reasons: &crate::model::Reasons| reasons.values().map(|reason| reason.count).sum();
        self.push(&[name, "read"], counts.read, at);
        self.push(&[name, "decoded"], counts.decoded, at);
        if counts.framed > 0 {
            self.push(&[name, "frame_only"], counts.framed, at);
        }
        self.push(&[name, "skipped"], sum(&counts.skipped), at);
        self.push(&[name, "malformed"], sum(&counts.malformed), at);
    }

    /// One path per row and column: the texts of the row, then the column's key.
    fn table(&mut self, table: &Table, at: Ts) {
        for row in table.rows.iter().take(ROWS) {
            let mut path: Vec<&str> = table.id.split('.').collect();
            for (column, cell) in table.columns.iter().zip(row) {
                if let (Unit::Text, Cell::Text(text)) = (column.unit, cell) {
                    path.push(if text.is_empty() { "_" } else { text });
                }
            }
            for (column, cell) in table.columns.iter().zip(row) {
                if let (Unit::Count | Unit::Bytes | Unit::Duration, Cell::Number(number)) =
                    (column.unit, cell)
                {
                    path.push(column.key);
                    self.push(&path, *number, at);
                    path.pop();
                }
            }
        }
    }
}
