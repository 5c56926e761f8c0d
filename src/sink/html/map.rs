//! The world map: countries coloured by one of several measures, dots for countries too small to be
//! seen and for cities. The measure is chosen by radio buttons and style rules alone.

use super::markup::Markup;
use crate::report::{CountryPoint, Report, SpotPoint, units};

/// Code, outline and, for a country without a visible outline, the place of its dot; by `data/world.py`.
static WORLD: &str = include_str!("data/world.tsv");
/// Steps of colour.
const STEPS: u32 = 6;
/// Cities drawn.
const CITIES: usize = 200;

/// A way to colour the map.
struct Measure {
    /// Part of ids and classes.
    id: &'static str,
    title: &'static str,
    of: fn(&CountryPoint) -> u64,
    spell: fn(u64) -> String,
}

static MEASURES: [Measure; 5] = [
    Measure { id: "q", title: "Requests", of: |c| c.requests, spell: units::count },
    Measure { id: "w", title: "Flows", of: |c| c.flows, spell: units::count },
    Measure { id: "b", title: "Bytes", of: |c| c.bytes, spell: units::bytes },
    Measure { id: "f", title: "Failures", of: |c| c.failures, spell: units::count },
    Measure { id: "h", title: "Hosts", of: |c| c.hosts, spell: units::count },
];

/// Draws the map; nothing if no country is known.
pub fn draw(out: &mut Markup, report: &Report) {
    let most = |m: &Measure| report.countries.iter().map(m.of).max().unwrap_or(0);
    let used: Vec<(&Measure, u64)> =
        MEASURES.iter().map(|m| (m, most(m))).filter(|(_, most)| *most > 0).collect();
    if used.is_empty() {
        return;
    }
    out.raw(
        "<div class=\"map\" role=\"group\" aria-label=\"World map\"><span class=\"by\">Coloured by</span>",
    );
    for (i, (measure, _)) in used.iter().enumerate() {
        out.raw("<input type=\"radio\" name=\"measure\"").attribute("id", format!("m-{}", measure.id));
        out.raw(if i == 0 { " checked>" } else { ">" });
        out.raw("<label").attribute("for", format!("m-{}", measure.id)).raw(">");
        out.text(measure.title).raw("</label>");
    }
    out.raw("<svg viewBox=\"0 0 2000 870\" role=\"img\" aria-labelledby=\"map-title\">");
    out.element_with_id("title", "map-title", &described(report));
    for line in WORLD.lines() {
        country(out, line, report, &used);
    }
    // The busiest last, so that it lies on top.
    let cities: Vec<&SpotPoint> =
        report.spots.iter().filter(|spot| !spot.city.is_empty()).take(CITIES).collect();
    cities.into_iter().rev().for_each(|spot| city(out, spot));
    out.raw("</svg>");
    for (measure, most) in &used {
        legend(out, measure, *most);
    }
    out.raw("</div>");
}

/// What the map shows, for those who do not see it.
fn described(report: &Report) -> String {
    let first: Vec<String> = report
        .countries
        .iter()
        .take(5)
        .map(|c| {
            format!("{} ({} requests, {} flows)", c.name, units::count(c.requests), units::count(c.flows))
        })
        .collect();
    format!("World map of {} countries, most active first: {}", report.countries.len(), first.join(", "))
}

fn country(out: &mut Markup, line: &'static str, report: &Report, used: &[(&Measure, u64)]) {
    let mut parts = line.split('\t');
    let (code, outline, dot) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
    let point = report.countries.iter().find(|c| c.code == code);
    let place = dot.and_then(|dot| dot.split_once(' ')).filter(|_| point.is_some());
    if outline.is_empty() && place.is_none() {
        return;
    }
    match place {
        Some((x, y)) => out.raw("<circle r=\"9\" cx=\"").raw(x).raw("\" cy=\"").raw(y).raw("\""),
        None => out.raw("<path d=\"").raw(outline).raw("\""),
    };
    let Some(point) = point else {
        out.raw("/>");
        return;
    };
    let class = |(measure, most): &(&Measure, u64)| {
        let step = step((measure.of)(point), *most);
        (step > 0).then(|| format!("{}{step}", measure.id))
    };
    let classes: Vec<String> = used.iter().filter_map(class).collect();
    out.attribute("class", classes.join(" ")).raw("><title>").text(&point.name);
    for (measure, _) in used {
        out.raw("\n").text(measure.title).raw(": ").text(&(measure.spell)((measure.of)(point)));
    }
    out.raw(if place.is_some() { "</title></circle>" } else { "</title></path>" });
}

fn city(out: &mut Markup, spot: &SpotPoint) {
    let (x, y) = project(f64::from(spot.lat) / 1e4, f64::from(spot.lon) / 1e4);
    let radius = 5 + spot.events.max(1).ilog2().min(20);
    out.raw("<circle class=\"city\"").attribute("cx", format!("{x:.0}")).attribute("cy", format!("{y:.0}"));
    out.attribute("r", radius).raw("><title>").text(&spot.city).raw("\nEvents: ");
    out.text(&units::count(spot.events)).raw("</title></circle>");
}

/// 0 for none, else 1 to [`STEPS`] by the logarithm.
fn step(value: u64, most: u64) -> u32 {
    if value == 0 {
        return 0;
    }
    (1..=STEPS).rev().find(|step| value >= least(*step, most)).unwrap_or(1)
}

/// The smallest value of a step.
fn least(step: u32, most: u64) -> u64 {
    let share = f64::from(step - 1) / f64::from(STEPS);
    let value = ((most as f64 + 1.0).ln() * share).exp().ceil();
    // Far below 2^64 and not negative: at most `most` rounded.
    (value as u64).clamp(1, most.max(1))
}

fn legend(out: &mut Markup, measure: &Measure, most: u64) {
    out.raw("<ul").attribute("class", format!("legend l-{}", measure.id)).raw(">");
    for at in 1..=STEPS {
        let low = least(at, most);
        let high = if at == STEPS { most } else { least(at + 1, most).saturating_sub(1) };
        if high < low {
            continue;
        }
        out.raw("<li>").swatch(&format!("s{at}")).text(&(measure.spell)(low));
        if high > low {
            out.raw(" – ").text(&(measure.spell)(high));
        }
        out.raw("</li>");
    }
    out.raw("</ul>");
}

/// Map units of a place in degrees: the Equal Earth projection (Šavrič, Patterson, Jenny 2018, doi
/// 10.1080/13658816.2018.1504949), 2000 units from edge to edge, 84° north at the top.
fn project(lat: f64, lon: f64) -> (f64, f64) {
    const A: [f64; 4] = [1.340_264, -0.081_106, 0.000_893, 0.003_796];
    let m = 3f64.sqrt() / 2.0;
    let raw = |lat: f64, lon: f64| {
        let t = (m * lat.to_radians().sin()).asin();
        let t2 = t * t;
        let t6 = t2 * t2 * t2;
        let slope = A[0] + 3.0 * A[1] * t2 + t6 * (7.0 * A[2] + 9.0 * A[3] * t2);
        (lon.to_radians() * t.cos() / (m * slope), t * (A[0] + A[1] * t2 + t6 * (A[2] + A[3] * t2)))
    };
    let edge = raw(0.0, 180.0).0;
    let scale = 1000.0 / edge;
    let (x, y) = raw(lat, lon);
    ((x + edge) * scale, (raw(84.0, 0.0).1 - y) * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_outlines_share_one_projection() {
        for line in WORLD.lines() {
            let mut parts = line.split('\t');
            let (code, outline, dot) = (parts.next().unwrap(), parts.next().unwrap(), parts.next());
            assert_eq!(code.len(), 2);
            assert!(outline.is_empty() == dot.is_some(), "{code} has an outline or a dot");
        }
        // Andorra's dot as data/world.py computed it, from 42.54 north, 1.56 east.
        assert!(WORLD.lines().any(|line| line == "AD\t\t1008 180"));
        let (x, y) = project(42.54, 1.56);
        assert_eq!((x.round(), y.round()), (1008.0, 180.0));
    }

    #[test]
    fn steps_cover_every_value_once() {
        for most in [1u64, 2, 5, 6, 7, 100, 12_345, u64::MAX / 2] {
            assert_eq!(step(0, most), 0);
            assert_eq!(step(1, most), (1..=STEPS).rev().find(|s| least(*s, most) == 1).unwrap());
            assert!((1..STEPS).all(|s| least(s, most) <= least(s + 1, most)));
            assert_eq!(step(most, most), STEPS, "{most}");
        }
    }
}
