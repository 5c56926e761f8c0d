//! The reader's questions, in order.

mod inputs;
mod protocols;
mod traffic;
mod troubles;

use super::model::{Block, Cell, Column, Facts, Section, Table};
use super::tally::Tally;

/// Rows kept of a table; a sink may show fewer.
const ROWS: usize = 50;

/// Every section that has something to say.
pub fn all(tally: &Tally, facts: &Facts) -> Vec<Section> {
    let mut sections = vec![inputs::read(tally, facts), inputs::when(tally)];
    sections.push(super::stories::section(&tally.stories, facts));
    sections.extend([traffic::hosts(tally), traffic::services(tally)]);
    sections.extend(protocols::all(tally));
    sections.extend([inputs::findings(facts), traffic::countries(tally)]);
    sections.extend([troubles::anomalies(facts), troubles::undecoded(facts)]);
    sections.retain(|section| !section.blocks.is_empty());
    sections
}

fn section(id: &'static str, title: &'static str, blocks: Vec<Block>) -> Section {
    let full = |block: &Block| match block {
        Block::Table(table) | Block::Listing(table) => !table.rows.is_empty(),
        Block::Facts(facts) => !facts.is_empty(),
        Block::Series(series) => !series.lines.series.is_empty(),
        Block::Note(_) | Block::Timeline | Block::Findings => true,
    };
    Section { id, title, blocks: blocks.into_iter().filter(full).collect() }
}

/// A table of all of `rows`, every key of which is there.
fn whole(id: &'static str, title: &'static str, columns: &[Column], rows: Vec<Vec<Cell>>) -> Block {
    let distinct = rows.len() as u64;
    Block::Table(Table { id, title, columns: columns.to_vec(), rows, distinct, exact: true })
}
