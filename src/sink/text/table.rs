//! Aligned columns that fit the page.

use super::super::escape::text::{fit, push_fit, push_visible, width, wrap};
use super::super::pieces;
use super::page::Page;
use crate::report::{Cell, Column, Rows, Table, Unit, units};
use anstyle::Style;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::convert::Infallible;
use std::ops::Range;

/// Rows shown of an ordinary table.
pub const ROWS: usize = 10;
/// Pieces of a long listing that are laid out at a time.
const AT_ONCE: usize = 16;
/// Between columns.
const GAP: usize = 2;
/// Text is not cut below this while there are columns that can be spared: keys, so that an address
/// stays whole, and the rest.
const KEY: usize = 39;
const COMFORT: usize = 16;
/// Text is never cut below this.
const LEAST: usize = 6;

struct Laid {
    /// Which column of the table it is.
    nth: usize,
    title: &'static str,
    unit: Unit,
    /// Where cutting begins to hurt; `None` = half a number or instant is none.
    comfort: Option<usize>,
    spare: u8,
    /// Columns of the page that the widest cell takes.
    widest: usize,
    size: usize,
}

/// Rows of a piece of a table as text: made once, since that costs more than keeping what they come to.
#[derive(Default)]
struct Spelled {
    text: String,
    /// Where each cell ends, row by row.
    ends: Vec<usize>,
    /// Columns of the page that the widest cell of each column takes.
    widest: Vec<usize>,
}

impl Spelled {
    /// Spells some of the rows.
    fn new(table: &Table, rows: Rows<'_>, range: Range<usize>) -> Spelled {
        let mut piece = Spelled { widest: vec![0; table.columns.len()], ..Spelled::default() };
        for row in rows.some(range) {
            for (nth, (column, widest)) in table.columns.iter().zip(&mut piece.widest).enumerate() {
                let begin = piece.text.len();
                match row.get(nth) {
                    Some(Cell::Text(text)) => push_visible(&mut piece.text, text),
                    Some(cell) => units::push(&mut piece.text, cell, column.unit),
                    None => {}
                }
                *widest = width(piece.text.get(begin..).unwrap_or_default()).max(*widest);
                piece.ends.push(piece.text.len());
            }
        }
        piece
    }

    /// Its lines.
    fn lines(&self, columns: &[Laid]) -> String {
        let (mut lines, mut line) = (String::new(), String::new());
        let mut begin = 0;
        for ends in self.ends.chunks(self.widest.len().max(1)) {
            line.clear();
            let mut rest = Vec::new();
            for (i, column) in columns.iter().enumerate() {
                let from =
                    column.nth.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(begin);
                let cell = ends.get(column.nth).and_then(|end| self.text.get(from..*end)).unwrap_or_default();
                if column.unit == Unit::Prose && width(cell) > column.size {
                    rest = wrap(cell, column.size);
                    place(&mut line, i, column, &rest.remove(0));
                } else {
                    place(&mut line, i, column, cell);
                }
            }
            begin = ends.last().copied().unwrap_or(begin);
            lines.push_str(line.trim_end());
            lines.push('\n');
            below(&mut lines, columns, &rest);
        }
        lines
    }
}

/// What a sentence goes on with below its first line, at the place of its column.
fn below(lines: &mut String, columns: &[Laid], rest: &[String]) {
    let before = columns.split_last().map_or(0, |(_, before)| total(before));
    for line in rest {
        pad(lines, before + if before > 0 { GAP } else { 0 });
        lines.push_str(line);
        lines.push('\n');
    }
}

/// Lays the table out on the page, with its heading.
pub fn draw(table: &Table, rows: Rows<'_>, page: &mut Page<'_>) {
    let mut spelled = Vec::new();
    let Ok(()) = pieces::in_order(
        rows.count(),
        |range| Spelled::new(table, rows, range),
        |piece| {
            spelled.push(piece);
            Ok::<(), Infallible>(())
        },
    );
    let mut columns = lay(table, &spelled);
    shrink(&mut columns, page.width());
    if !table.title.is_empty() {
        page.line(&fit(table.title, page.width()), Style::new().bold());
    }
    let mut out = String::new();
    for (i, column) in columns.iter().enumerate() {
        place(&mut out, i, column, column.title);
    }
    page.line(&out, Style::new().dimmed());
    for some in spelled.chunks(AT_ONCE) {
        let lines: Vec<String> = some.par_iter().map(|piece| piece.lines(&columns)).collect();
        lines.iter().for_each(|lines| page.push(lines));
    }
    if let Some(rest) = remainder(table, rows.count() as u64) {
        page.line(&fit(&rest, page.width()), Style::new().dimmed());
    }
}

/// The columns, as wide as they would like to be.
fn lay(table: &Table, spelled: &[Spelled]) -> Vec<Laid> {
    let lay = |(nth, column): (usize, &Column)| {
        let comfort =
            matches!(column.unit, Unit::Text | Unit::Prose).then_some(if nth == 0 { KEY } else { COMFORT });
        let Column { title, unit, spare, .. } = *column;
        let widest = spelled.iter().filter_map(|piece| piece.widest.get(nth)).max().copied().unwrap_or(0);
        Laid { nth, title, unit, comfort, spare, widest, size: widest.max(width(title)) }
    };
    // A column without a value says nothing.
    table.columns.iter().enumerate().map(lay).filter(|column| column.widest > 0).collect()
}

fn total(columns: &[Laid]) -> usize {
    columns.iter().map(|c| c.size).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// Cuts long text, then leaves columns out, then cuts harder.
fn shrink(columns: &mut Vec<Laid>, page: usize) {
    cut(columns, page, |comfort| comfort);
    while total(columns) > page {
        let most = columns.iter().enumerate().max_by_key(|(i, c)| (c.spare, *i));
        match most.filter(|(_, c)| c.spare > 0).map(|(i, _)| i) {
            Some(i) => drop(columns.remove(i)),
            None => break,
        }
    }
    cut(columns, page, |_| LEAST);
    widen(columns, page);
    while total(columns) > page && columns.len() > 1 {
        columns.pop();
    }
    if let [only] = columns.as_mut_slice() {
        only.size = only.size.min(page);
    }
}

/// Takes columns from the widest text until the table fits or none is above its least width.
fn cut(columns: &mut [Laid], page: usize, least: impl Fn(usize) -> usize) {
    while total(columns) > page {
        let can = |c: &&mut Laid| c.comfort.is_some_and(|comfort| c.size > least(comfort));
        match columns.iter_mut().filter(can).max_by_key(|c| c.size) {
            Some(column) => column.size -= 1,
            None => break,
        }
    }
}

/// Gives back what the left-out columns freed.
fn widen(columns: &mut [Laid], page: usize) {
    loop {
        let free = page.saturating_sub(total(columns));
        match columns.iter_mut().find(|c| c.widest > c.size).filter(|_| free > 0) {
            Some(column) => column.size += 1,
            None => return,
        }
    }
}

/// Appends a cell, the `nth` of its line.
fn place(line: &mut String, nth: usize, column: &Laid, text: &str) {
    if nth > 0 {
        pad(line, GAP);
    }
    let leads = column.unit.leads();
    if !leads {
        pad(line, column.size.saturating_sub(width(text)));
    }
    let used = push_fit(line, text, column.size);
    if leads {
        pad(line, column.size - used);
    }
}

fn pad(line: &mut String, columns: usize) {
    const BLANKS: &str = "                                ";
    let mut left = columns;
    while left > 0 {
        let some = left.min(BLANKS.len());
        line.push_str(BLANKS.get(..some).unwrap_or_default());
        left -= some;
    }
}

fn remainder(table: &Table, shown: u64) -> Option<String> {
    let more = table.distinct.saturating_sub(shown);
    if !table.exact {
        return Some(format!("… and more than {} others; counts are lower bounds", units::count(more)));
    }
    (more > 0).then(|| format!("… and {} more", units::count(more)))
}
