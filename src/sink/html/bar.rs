//! Shares of a small table as one bar, with the table itself as the legend.

use super::markup::Markup;
use crate::report::{Cell, Table, Unit, units};

/// Colours of the style sheet: `c0` to `c7`.
pub const COLORS: usize = 8;
/// Width of the drawing.
const WIDTH: u128 = 1000;

/// The rows' counts, if the table is a short list of names with counts, all of them there.
pub fn shares(table: &Table) -> Option<Vec<(&str, u64)>> {
    let fits = table.columns.len() <= 3
        && (2..=COLORS).contains(&table.rows.len())
        && table.exact
        && table.distinct == table.rows.len() as u64
        && table.columns.get(1).is_some_and(|column| column.unit == Unit::Count);
    if !fits {
        return None;
    }
    table.rows.iter().map(|row| share(row)).collect()
}

fn share(row: &[Cell]) -> Option<(&str, u64)> {
    match row {
        [Cell::Text(name), Cell::Number(count), ..] => Some((name.as_str(), *count)),
        _ => None,
    }
}

/// Draws the shares side by side.
pub fn draw(out: &mut Markup, title: &str, shares: &[(&str, u64)]) {
    let total: u128 = shares.iter().map(|(_, n)| u128::from(*n)).sum();
    if total == 0 {
        return;
    }
    out.raw("<svg class=\"share\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" role=\"img\"");
    out.attribute("aria-label", format!("Shares: {title}")).raw(">");
    let mut before = 0u128;
    for (i, (name, count)) in shares.iter().enumerate() {
        let (from, to) = (before * WIDTH / total, (before + u128::from(*count)) * WIDTH / total);
        before += u128::from(*count);
        let share = u64::try_from(u128::from(*count) * 1000 / total).unwrap_or(1000);
        out.raw("<rect y=\"0\" height=\"24\"").attribute("class", format!("c{i}"));
        out.attribute("x", from).attribute("width", to.saturating_sub(from)).raw("><title>");
        out.text(name).raw(": ").text(&units::count(*count));
        out.raw(" (").text(&units::spell(&Cell::Number(share), Unit::Permille)).raw(")</title></rect>");
    }
    out.raw("</svg>");
}
