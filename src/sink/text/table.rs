//! Aligned columns that fit the page.

use super::super::escape::text::{fit, visible, width};

use crate::report::{Table, Unit, units};
use anstyle::Style;

/// Rows shown of an ordinary table.
pub const ROWS: usize = 10;
/// Between columns.
const GAP: usize = 2;
/// Text is not cut below this while there are columns that can be spared: keys, so that an address
/// stays whole, and the rest.
const KEY: usize = 39;
const COMFORT: usize = 16;
/// Text is never cut below this.
const LEAST: usize = 6;

struct Laid {
    title: &'static str,
    right: bool,
    /// Where cutting begins to hurt; `None` = half a number or instant is none.
    comfort: Option<usize>,
    spare: u8,
    cells: Vec<String>,
    size: usize,
}

/// The table as lines of at most `page` columns, with its heading and at most `most` rows.
pub fn lines(table: &Table, page: usize, most: usize) -> Vec<(String, Style)> {
    let mut columns = lay(table, most);
    shrink(&mut columns, page);
    let mut out = Vec::new();
    if !table.title.is_empty() {
        out.push((fit(table.title, page), Style::new().bold()));
    }
    let head = row(&columns, |column| column.title);
    out.push((head, Style::new().dimmed()));
    for i in 0..table.rows.len().min(most) {
        out.push((row(&columns, |column| column.cells.get(i).map_or("", String::as_str)), Style::new()));
    }
    if let Some(rest) = remainder(table, most) {
        out.push((fit(&rest, page), Style::new().dimmed()));
    }
    out
}

fn lay(table: &Table, most: usize) -> Vec<Laid> {
    let lay = |(i, column): (usize, &crate::report::Column)| {
        let spell = |row: &Vec<crate::report::Cell>| {
            row.get(i).map(|cell| visible(&units::spell(cell, column.unit))).unwrap_or_default()
        };
        let cells: Vec<String> = table.rows.iter().take(most).map(spell).collect();
        let size = cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
        let size = if size == 0 { 0 } else { size.max(width(column.title)) };
        let right = !matches!(column.unit, Unit::Text | Unit::Time);
        let comfort = (column.unit == Unit::Text).then_some(if i == 0 { KEY } else { COMFORT });
        Laid { title: column.title, right, comfort, spare: column.spare, cells, size }
    };
    // A column without a value says nothing.
    table.columns.iter().enumerate().map(lay).filter(|column| column.size > 0).collect()
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
        let wish = |c: &Laid| c.cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
        match columns.iter_mut().find(|c| wish(c) > c.size).filter(|_| free > 0) {
            Some(column) => column.size += 1,
            None => return,
        }
    }
}

fn row<'t>(columns: &'t [Laid], text: impl Fn(&'t Laid) -> &'t str) -> String {
    let mut line = String::new();
    for (i, column) in columns.iter().enumerate() {
        let cell = fit(text(column), column.size);
        let pad = " ".repeat(column.size.saturating_sub(width(&cell)));
        if i > 0 {
            line.push_str("  ");
        }
        if column.right {
            line.push_str(&pad);
            line.push_str(&cell);
        } else {
            line.push_str(&cell);
            line.push_str(&pad);
        }
    }
    line
}

fn remainder(table: &Table, most: usize) -> Option<String> {
    let shown = table.rows.len().min(most) as u64;
    let more = table.distinct.saturating_sub(shown);
    if !table.exact {
        return Some(format!("… and more than {} others; counts are lower bounds", units::count(more)));
    }
    (more > 0).then(|| format!("… and {} more", units::count(more)))
}
