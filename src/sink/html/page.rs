//! The document: head, navigation, summary, sections.

use super::markup::Markup;
use super::{finding, map, policy, table, timeline};
use crate::model::Severity;
use crate::report::{Block, Cell, Report, Section, Unit, units};

/// Notes shown per section.
const NOTES: usize = 60;

/// The whole document.
pub fn draw(report: &Report) -> String {
    let mut out = Markup::default();
    out.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    out.raw("<meta http-equiv=\"Content-Security-Policy\"").attribute("content", policy::value());
    out.raw("><meta name=\"referrer\" content=\"no-referrer\"><title>netlog report</title><style>");
    out.raw(policy::STYLE).raw("</style></head>\n<body><a class=\"skip\" href=\"#main\">To the report</a>");
    header(&mut out, report);
    navigation(&mut out, report);
    out.raw("<main id=\"main\">");
    summary(&mut out, report);
    let (findings, others): (Vec<&Section>, Vec<&Section>) =
        report.sections.iter().partition(|section| section.id == "findings");
    for one in findings.into_iter().chain(others) {
        section(&mut out, one, report);
    }
    out.raw("</main><footer><p>Made by netlog ").text(&report.version);
    for database in &report.databases {
        out.raw(" · ").text(database);
    }
    out.raw("</p></footer><script>").raw(policy::SCRIPT).raw("</script></body></html>\n");
    out.finish()
}

fn header(out: &mut Markup, report: &Report) {
    out.raw("<header><h1>netlog report</h1>");
    if !report.command.is_empty() {
        out.raw("<p><code>").text(&report.command).raw("</code></p>");
    }
    out.raw("</header>");
}

fn navigation(out: &mut Markup, report: &Report) {
    out.raw("<nav aria-label=\"Sections\"><ul><li><a href=\"#summary\">Summary</a></li>");
    for section in &report.sections {
        out.raw("<li><a").attribute("href", format!("#{}", section.id)).raw(">");
        out.text(section.title).raw("</a></li>");
    }
    out.raw("</ul></nav>");
}

fn summary(out: &mut Markup, report: &Report) {
    out.raw("<section id=\"summary\" aria-labelledby=\"h-summary\"><h2 id=\"h-summary\">What happened</h2>");
    out.raw("<p class=\"story\">");
    for sentence in &report.summary {
        out.text(sentence).raw(" ");
    }
    out.raw("</p><dl class=\"tiles\">");
    let serious = report.findings.iter().filter(|f| f.severity >= Severity::High).count() as u64;
    let failures: u64 =
        report.timeline.series.iter().flat_map(|(_, bins)| bins).map(|bin| bin.failures).sum();
    tile(out, "Events", &units::count(report.events));
    tile(out, "Failed", &units::count(failures));
    tile(out, "Countries", &units::count(report.countries.len() as u64));
    tile(out, "Findings", &units::count(report.findings.len() as u64));
    tile(out, "High or critical", &units::count(serious));
    out.raw("</dl>");
    map::draw(out, report);
    out.raw("</section>");
}

fn tile(out: &mut Markup, name: &'static str, value: &str) {
    out.raw("<div>").element("dt", name).element("dd", value).raw("</div>");
}

fn section(out: &mut Markup, section: &Section, report: &Report) {
    let heading = format!("h-{}", section.id);
    out.raw("<section").attribute("id", section.id).attribute("aria-labelledby", &heading).raw(">");
    out.element_with_id("h2", &heading, section.title);
    let mut notes = 0;
    for (at, block) in section.blocks.iter().enumerate() {
        let after_note = at.checked_sub(1).and_then(|i| section.blocks.get(i));
        let listed = matches!(after_note, Some(Block::Note(_)));
        if matches!(block, Block::Note(_)) != listed {
            out.raw(if listed { "</ul>" } else { "<ul class=\"notes\">" });
        }
        match block {
            Block::Note(text) => {
                notes += 1;
                if notes <= NOTES {
                    out.element("li", text);
                }
            }
            Block::Facts(facts) => list(out, facts),
            Block::Table(rows) => table::draw(out, rows, None),
            Block::Listing(rows) => table::draw(out, rows, Some(usize::MAX)),
            Block::Timeline => timeline::draw(out, "Events", &report.timeline),
            Block::Series(series) => timeline::draw(out, series.title, &series.lines),
            Block::Findings => finding::draw(out, &report.findings, &report.sources),
        }
    }
    if matches!(section.blocks.last(), Some(Block::Note(_))) {
        out.raw("</ul>");
    }
    if notes > NOTES {
        let left = units::count((notes - NOTES) as u64);
        out.raw("<p class=\"more\">… and ").text(&left).raw(" more notes: -o json has them all</p>");
    }
    out.raw("</section>");
}

fn list(out: &mut Markup, facts: &[(&'static str, Unit, Cell)]) {
    out.raw("<dl class=\"facts\">");
    for (name, unit, cell) in facts {
        out.raw("<div>").element("dt", name).raw("<dd>").text(&units::spell(cell, *unit)).raw("</dd></div>");
    }
    out.raw("</dl>");
}
