//! Aligned columns that fit the page.

use super::super::escape::text::{fit, push_visible, width};

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

/// A column with all its cells. A listing can have a hundred thousand rows, so they are one text.
struct Laid {
    title: &'static str,
    right: bool,
    /// Where cutting begins to hurt; `None` = half a number or instant is none.
    comfort: Option<usize>,
    spare: u8,
    text: String,
    /// Where in `text` each cell ends, and how many columns of the page it takes.
    cells: Vec<(usize, usize)>,
    /// Columns that the widest cell takes.
    widest: usize,
    size: usize,
}

impl Laid {
    /// A cell with the columns it takes.
    fn cell(&self, i: usize) -> (&str, usize) {
        let end = |i: usize| self.cells.get(i).copied().unwrap_or_default();
        let begin = i.checked_sub(1).map_or(0, |before| end(before).0);
        let (end, size) = end(i);
        (self.text.get(begin..end).unwrap_or(""), size)
    }
}

/// Gives the table to `line` as lines of at most `page` columns, with its heading and at most `most` rows.
pub fn draw(table: &Table, page: usize, most: usize, mut line: impl FnMut(&str, Style)) {
    let mut columns = lay(table, most);
    shrink(&mut columns, page);
    if !table.title.is_empty() {
        line(&fit(table.title, page), Style::new().bold());
    }
    let mut out = String::new();
    row(&mut out, &columns, |column| (column.title, width(column.title)));
    line(&out, Style::new().dimmed());
    for i in 0..table.rows.len().min(most) {
        out.clear();
        row(&mut out, &columns, |column| column.cell(i));
        line(&out, Style::new());
    }
    if let Some(rest) = remainder(table, most) {
        line(&fit(&rest, page), Style::new().dimmed());
    }
}

fn lay(table: &Table, most: usize) -> Vec<Laid> {
    let lay = |(i, column): (usize, &crate::report::Column)| {
        let rows = table.rows.len().min(most);
        let (mut text, mut cells) = (String::new(), Vec::with_capacity(rows));
        for row in table.rows.iter().take(most) {
            let begin = text.len();
            if let Some(cell) = row.get(i) {
                push_visible(&mut text, &units::spelled(cell, column.unit));
            }
            cells.push((text.len(), width(text.get(begin..).unwrap_or_default())));
        }
        let widest = cells.iter().map(|(_, size)| *size).max().unwrap_or(0);
        let size = if widest == 0 { 0 } else { widest.max(width(column.title)) };
        let right = !matches!(column.unit, Unit::Text | Unit::Time);
        let comfort = (column.unit == Unit::Text).then_some(if i == 0 { KEY } else { COMFORT });
        Laid { title: column.title, right, comfort, spare: column.spare, text, cells, widest, size }
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
        match columns.iter_mut().find(|c| c.widest > c.size).filter(|_| free > 0) {
            Some(column) => column.size += 1,
            None => return,
        }
    }
}

fn row<'t>(line: &mut String, columns: &'t [Laid], cell: impl Fn(&'t Laid) -> (&'t str, usize)) {
    for (i, column) in columns.iter().enumerate() {
        let (text, size) = cell(column);
        if i > 0 {
            pad(line, GAP);
        }
        if size > column.size {
            // A wide character that does not fit leaves a column free.
            let text = fit(text, column.size);
            line.push_str(&text);
            pad(line, column.size.saturating_sub(width(&text)));
        } else if column.right {
            pad(line, column.size - size);
            line.push_str(text);
        } else {
            line.push_str(text);
            pad(line, column.size - size);
        }
    }
}

fn pad(line: &mut String, columns: usize) {
    line.extend(std::iter::repeat_n(' ', columns));
}

fn remainder(table: &Table, most: usize) -> Option<String> {
    let shown = table.rows.len().min(most) as u64;
    let more = table.distinct.saturating_sub(shown);
    if !table.exact {
        return Some(format!("… and more than {} others; counts are lower bounds", units::count(more)));
    }
    (more > 0).then(|| format!("… and {} more", units::count(more)))
}
