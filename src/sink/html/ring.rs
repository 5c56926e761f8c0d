//! Shares within shares: a table of two names and a count as two rings, the second name outside.

use super::markup::Markup;
use crate::report::{Cell, Table, Unit, units};
use std::f64::consts::TAU;

/// First names that can be told apart by colour.
const INNER: usize = 4;
/// Arcs of the outer ring; the rest is left open.
const OUTER: usize = 64;
/// Radii: hole, border between the rings, edge.
const RADII: [f64; 3] = [45.0, 80.0, 120.0];

/// One first name: its count, and the counts of its second names.
struct Slice<'t> {
    name: &'t str,
    count: u64,
    parts: Vec<(&'t str, u64)>,
}

/// Draws the rings, if the table is of that kind and has few first names.
pub fn draw(out: &mut Markup, table: &Table) {
    let Some(slices) = slices(table) else { return };
    let total: u64 = slices.iter().map(|slice| slice.count).sum();
    if total == 0 {
        return;
    }
    out.raw("<svg class=\"ring\" viewBox=\"-125 -125 250 250\" role=\"img\"");
    out.attribute("aria-label", format!("Shares: {}", table.title)).raw(">");
    let mut before = 0;
    let mut arcs = 0;
    for (color, slice) in slices.iter().enumerate() {
        arc(out, (before, before + slice.count, total), (RADII[0], RADII[1]), color, 0);
        label(out, &[slice.name], slice.count);
        let mut from = before;
        for (i, (part, count)) in slice.parts.iter().enumerate().take(OUTER.saturating_sub(arcs)) {
            arc(out, (from, from + count, total), (RADII[1] + 2.0, RADII[2]), color, 1 + i % 3);
            label(out, &[slice.name, part], *count);
            from += count;
        }
        arcs += slice.parts.len();
        before += slice.count;
    }
    out.raw("</svg>");
}

fn slices(table: &Table) -> Option<Vec<Slice<'_>>> {
    let fits = table.exact
        && table.distinct == table.rows.len() as u64
        && table.rows.len() >= 2
        && table.columns.get(2).is_some_and(|column| column.unit == Unit::Count);
    let mut slices: Vec<Slice<'_>> = Vec::new();
    for row in table.rows.iter().filter(|_| fits) {
        let [Cell::Text(first), Cell::Text(second), Cell::Number(count), ..] = row.as_slice() else {
            return None;
        };
        match slices.iter_mut().find(|slice| slice.name == first) {
            Some(slice) => {
                slice.count += count;
                slice.parts.push((second, *count));
            }
            None => slices.push(Slice { name: first, count: *count, parts: vec![(second, *count)] }),
        }
    }
    let told = slices.len() <= INNER && slices.iter().any(|slice| slice.parts.len() > 1);
    (fits && told).then_some(slices)
}

/// Opens the path of an arc between two shares of the whole.
fn arc(
    out: &mut Markup,
    (from, to, total): (u64, u64, u64),
    (inner, outer): (f64, f64),
    color: usize,
    shade: usize,
) {
    let share = |n: u64| n as f64 / total as f64;
    // A full circle would begin where it ends and be seen as none.
    let (a, b) = (share(from) * TAU, (share(to) * TAU).min(share(from) * TAU + TAU * 0.9999));
    let point = |radius: f64, angle: f64| format!("{:.1} {:.1}", radius * angle.sin(), -radius * angle.cos());
    let large = u8::from(b - a > TAU / 2.0);
    let path = format!(
        "M{}A{outer} {outer} 0 {large} 1 {}L{}A{inner} {inner} 0 {large} 0 {}Z",
        point(outer, a),
        point(outer, b),
        point(inner, b),
        point(inner, a)
    );
    out.raw("<path").attribute("class", format!("c{color} f{shade}")).attribute("d", path).raw(">");
}

/// The title of an arc, and its end.
fn label(out: &mut Markup, names: &[&str], count: u64) {
    out.raw("<title>").text(&names.join(", ")).raw(": ").text(&units::count(count)).raw("</title></path>");
}
