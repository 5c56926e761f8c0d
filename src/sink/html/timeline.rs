//! Events over time: stacked bars, one colour per kind, with the failures below.

use super::bar::COLORS;
use super::markup::Markup;
use crate::model::Ts;
use crate::report::{Timeline, units};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most bars.
const STEPS: i128 = 120;
/// Height of the drawing.
const HEIGHT: u128 = 200;

/// Bars by their start; counts by kind, and failures.
struct Bars<'r> {
    step: Ts,
    kinds: Vec<&'r str>,
    bars: BTreeMap<Ts, (Vec<u64>, u64)>,
}

/// Draws the time line of `what`; nothing if there is none.
pub fn draw(out: &mut Markup, what: &'static str, timeline: &Timeline) {
    let Some(bars) = regroup(timeline) else { return };
    let most = bars.bars.values().map(|(counts, _)| counts.iter().sum::<u64>()).max().unwrap_or(0).max(1);
    let step = units::duration(u64::try_from(bars.step).unwrap_or(u64::MAX)).replace(".0 ", " ");
    out.raw("<figure class=\"timeline\"><figcaption>").text(what).raw(" per ").text(&step);
    out.raw(" (UTC), at most ").text(&units::count(most)).raw("</figcaption>");
    let width = bars.bars.len() * 10;
    out.raw("<svg preserveAspectRatio=\"none\" role=\"img\"");
    out.attribute("aria-label", format!("{what} over time, by kind"));
    out.attribute("viewBox", format!("0 0 {width} {HEIGHT}")).raw(">");
    for (at, (start, (counts, failures))) in bars.bars.iter().enumerate() {
        if counts.iter().sum::<u64>() > 0 {
            bar(out, &bars, at * 10, (*start, counts, *failures), most);
        }
    }
    out.raw("</svg><div class=\"axis\">");
    let starts: Vec<Ts> = bars.bars.keys().copied().collect();
    let marks = [0, starts.len() / 2, starts.len().saturating_sub(1)];
    for mark in marks.into_iter().filter_map(|at| starts.get(at)) {
        out.raw("<span>").text(&units::time(*mark)).raw("</span>");
    }
    out.raw("</div><ul class=\"legend\">");
    for (i, kind) in bars.kinds.iter().enumerate() {
        out.raw("<li>").swatch(&format!("c{i}")).text(kind).raw("</li>");
    }
    out.raw("</ul></figure>");
}

fn bar(out: &mut Markup, bars: &Bars<'_>, x: usize, (start, counts, failures): (Ts, &[u64], u64), most: u64) {
    out.raw("<g><title>").text(&units::time(start));
    for (kind, count) in bars.kinds.iter().zip(counts).filter(|(_, count)| **count > 0) {
        out.raw("\n").text(kind).raw(": ").text(&units::count(*count));
    }
    if failures > 0 {
        out.raw("\nfailed: ").text(&units::count(failures));
    }
    out.raw("</title>");
    let mut below = 0u128;
    for (i, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let low = below * HEIGHT / u128::from(most);
        below += u128::from(*count);
        // At least one unit for anything, so that a single event is seen beside a flood.
        let height = (below * HEIGHT / u128::from(most) - low).max(1);
        out.raw("<rect width=\"9\"").attribute("class", format!("c{i}")).attribute("x", x);
        out.attribute("y", HEIGHT.saturating_sub(low + height)).attribute("height", height).raw("/>");
    }
    out.raw("</g>");
}

/// At most [`STEPS`] bars without holes; the most frequent kinds by name, the others together.
fn regroup(timeline: &Timeline) -> Option<Bars<'_>> {
    let steps = timeline.steps(STEPS)?;
    let mut kinds: Vec<(&str, u64)> = timeline
        .series
        .iter()
        .map(|(name, bins)| (name.as_str(), bins.iter().map(|b| b.count).sum()))
        .collect();
    kinds.sort_by_key(|(name, count)| (Reverse(*count), *name));
    let named = if kinds.len() > COLORS { COLORS - 1 } else { kinds.len() };
    let mut names: Vec<&str> = kinds.iter().take(named).map(|(name, _)| *name).collect();
    if kinds.len() > named {
        names.push("others");
    }
    let mut bars: BTreeMap<Ts, (Vec<u64>, u64)> =
        steps.starts().map(|start| (start, (vec![0; names.len()], 0))).collect();
    for (name, bins) in &timeline.series {
        let place = names.iter().position(|n| n == name).unwrap_or(names.len() - 1);
        for bin in bins {
            if let Some((counts, failures)) = bars.get_mut(&steps.start(bin.start)) {
                if let Some(count) = counts.get_mut(place) {
                    *count += bin.count;
                }
                *failures += bin.failures;
            }
        }
    }
    Some(Bars { step: steps.length(), kinds: names, bars })
}
