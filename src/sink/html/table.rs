//! Tables: a caption, heads, rows, and what was left out.

use super::markup::Markup;
use super::{bar, ring};
use crate::model::rfc3339;
use crate::report::{Cell, Table, Unit, units};

/// Rows shown of a table, so that the file stays small whatever was read.
const ROWS: usize = 25;
/// Longest text of a cell that is not broken into lines, characters.
const SHORT: usize = 24;
/// Longest text of a cell, characters.
const TEXT: usize = 160;

/// Draws a table with at most `most` rows; `ROWS` where `None`.
pub fn draw(out: &mut Markup, table: &Table, most: Option<usize>) {
    let most = most.unwrap_or(ROWS);
    let shares = bar::shares(table);
    out.raw("<div class=\"table\">");
    if let Some(shares) = &shares {
        bar::draw(out, table.title, shares);
    }
    ring::draw(out, table);
    out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\"");
    let name = if table.title.is_empty() { table.id } else { table.title };
    out.attribute("aria-label", name).raw("><table");
    out.attribute("id", format!("t-{}", table.id)).raw(">");
    if !table.title.is_empty() {
        out.element("caption", table.title);
    }
    head(out, table);
    out.raw("<tbody>");
    for (i, row) in table.rows.iter().take(most).enumerate() {
        out.raw("<tr>");
        for (at, (column, value)) in table.columns.iter().zip(row).enumerate() {
            let color = shares.as_ref().filter(|_| at == 0).map(|_| i);
            cell(out, column.unit, value, color);
        }
        out.raw("</tr>");
    }
    out.raw("</tbody></table></div>");
    more(out, table, most);
    out.raw("</div>");
}

fn head(out: &mut Markup, table: &Table) {
    out.raw("<thead><tr>");
    for column in &table.columns {
        out.raw("<th scope=\"col\"").raw(if numeric(column.unit) { " class=\"n\">" } else { ">" });
        out.text(column.title).raw("</th>");
    }
    out.raw("</tr></thead>");
}

fn numeric(unit: Unit) -> bool {
    !unit.leads()
}

fn cell(out: &mut Markup, unit: Unit, value: &Cell, color: Option<usize>) {
    match value {
        Cell::Empty => {
            out.raw(if numeric(unit) { "<td class=\"n\"></td>" } else { "<td></td>" });
        }
        Cell::Text(text) => {
            // Addresses and names stay in one piece; longer texts may break anywhere.
            let short = text.chars().nth(SHORT).is_none();
            out.raw(if short { "<td class=\"t\">" } else { "<td class=\"l\">" });
            if let Some(color) = color {
                out.swatch(&format!("c{color}"));
            }
            out.raw("<bdi>").text(&cut(text)).raw("</bdi></td>");
        }
        Cell::Time(ts) => {
            out.raw("<td class=\"t\"><time").attribute("datetime", rfc3339(*ts)).raw(">");
            out.text(&units::time(*ts)).raw("</time></td>");
        }
        Cell::Number(number) => {
            out.raw("<td class=\"n\"").attribute("data-v", number).raw(">");
            out.text(&units::spell(value, unit)).raw("</td>");
        }
    }
}

fn cut(text: &str) -> String {
    let mut chars = text.chars();
    let mut out: String = chars.by_ref().take(TEXT).collect();
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

fn more(out: &mut Markup, table: &Table, most: usize) {
    let left = table.distinct.saturating_sub(table.rows.len().min(most) as u64);
    if left == 0 && table.exact {
        return;
    }
    out.raw("<p class=\"more\">… and ");
    if table.exact {
        out.text(&units::count(left)).raw(" more");
    } else {
        out.raw("more than ").text(&units::count(left)).raw(" others; counts are lower bounds");
    }
    out.raw("</p>");
}
