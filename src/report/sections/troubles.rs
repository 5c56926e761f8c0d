//! What was odd, what hit a cap, and what could not be decoded, with the first examples.

use super::{section, whole};
use crate::model::{Reasons, Sources};
use crate::report::model::{Block, Cell, Column, Facts, Section, Unit};
use crate::report::summary::in_part;

const COLUMNS: [Column; 6] = [
    Column::new("account", "Of", Unit::Text, 0),
    Column::new("reason", "Reason", Unit::Text, 0),
    Column::new("count", "Count", Unit::Count, 0),
    Column::new("bytes", "Bytes", Unit::Bytes, 2),
    Column::new("first", "First at", Unit::Text, 0),
    Column::new("sample", "Begins", Unit::Text, 1),
];

/// Named anomalies of records that were decoded, and caps.
pub fn anomalies(facts: &Facts) -> Section {
    let mut rows = Vec::new();
    fill(&mut rows, "anomaly", &facts.ledger.anomalies, &facts.sources);
    fill(&mut rows, "cap reached", &facts.ledger.caps, &facts.sources);
    section("anomalies", "Anomalies and caps", vec![whole("anomalies", "", &COLUMNS, rows)])
}

/// Everything else the ledger knows.
pub fn undecoded(facts: &Facts) -> Section {
    let ledger = &facts.ledger;
    let accounts: [(&str, &Reasons); 5] = [
        ("packets, broken", &ledger.packets.malformed),
        ("packets, skipped", &ledger.packets.skipped),
        ("lines, broken", &ledger.lines.malformed),
        ("lines, skipped", &ledger.lines.skipped),
        ("blocks", &ledger.blocks),
    ];
    let mut rows = Vec::new();
    for (name, reasons) in accounts {
        fill(&mut rows, name, reasons, &facts.sources);
    }
    let mut blocks = vec![whole("undecoded", "", &COLUMNS, rows)];
    if blocks.iter().all(|block| matches!(block, Block::Table(table) if table.rows.is_empty())) {
        let note = match ledger.faults.len() {
            0 => "Everything that was read was decoded.",
            _ => "What was read was decoded; what could not be read is named under What was read.",
        };
        blocks.push(Block::Note(note.to_owned()));
        blocks.extend(ledger.in_part().map(|part| Block::Note(in_part(part))));
    }
    section("undecoded", "What could not be decoded", blocks)
}

fn fill(rows: &mut Vec<Vec<Cell>>, account: &str, reasons: &Reasons, sources: &Sources) {
    let mut sorted: Vec<_> = reasons.iter().collect();
    sorted.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.count));
    for (name, reason) in sorted {
        let sample = reason.samples.first();
        let place = sample.map(|s| format!("{}:{}", sources.path(s.origin.source), s.origin.record));
        let text = sample.map(|s| s.text.as_str()).filter(|text| !text.is_empty());
        rows.push(vec![
            account.into(),
            (*name).into(),
            reason.count.into(),
            Cell::nonzero(reason.bytes),
            place.into(),
            text.into(),
        ]);
    }
}
