//! Findings, one card each.

use super::markup::Markup;
use crate::model::{Evidence, Finding, Sources, rfc3339};
use crate::report::{DETAILED, evidence, units};

/// Targets named.
const TARGETS: usize = 12;

/// Draws the findings.
pub fn draw(out: &mut Markup, findings: &[Finding], sources: &Sources) {
    for finding in findings.iter().take(DETAILED) {
        card(out, finding, sources);
    }
    if findings.len() > DETAILED {
        let left = units::count((findings.len() - DETAILED) as u64);
        out.raw("<p class=\"more\">… and ")
            .text(&left)
            .raw(" more, none of them graver: -o json has them all</p>");
    }
}

fn card(out: &mut Markup, finding: &Finding, sources: &Sources) {
    let severity = finding.severity.name();
    out.raw("<article").attribute("class", format!("finding {severity}")).raw("><h3><span class=\"tag\">");
    out.text(&severity.to_uppercase()).raw("</span> ").text(&finding.title).raw("</h3><dl>");
    term(out, "Rule", finding.rule);
    if !finding.attack.is_empty() {
        term(out, "ATT&CK", &finding.attack.join(", "));
    }
    if !finding.targets.is_empty() {
        let mut targets: Vec<&str> = finding.targets.iter().take(TARGETS).map(String::as_str).collect();
        let more = format!("and {} more", finding.targets.len().saturating_sub(TARGETS));
        if finding.targets.len() > TARGETS {
            targets.push(&more);
        }
        term(out, "Targets", &targets.join(", "));
    }
    out.raw("<dt>Seen</dt><dd>").text(&units::count(finding.count)).raw(" observations, ");
    time(out, finding.first);
    out.raw(" to ");
    time(out, finding.last);
    out.raw("</dd><dt>Evidence</dt><dd><bdi>").text(&evidence::place(finding.first, sources));
    if finding.first.origin != finding.last.origin {
        out.raw("</bdi> to <bdi>").text(&evidence::place(finding.last, sources));
    }
    out.raw("</bdi></dd>");
    let commands = evidence::commands(finding, sources);
    if !commands.is_empty() {
        out.raw("<dt>Look</dt><dd>");
        for command in commands {
            out.raw("<code class=\"command\">").text(&command).raw("</code>");
        }
        out.raw("</dd>");
    }
    term(out, "Next", finding.advice);
    out.raw("</dl></article>");
}

fn term(out: &mut Markup, name: &'static str, value: &str) {
    out.element("dt", name).raw("<dd><bdi>").text(value).raw("</bdi></dd>");
}

fn time(out: &mut Markup, evidence: Evidence) {
    out.raw("<time").attribute("datetime", rfc3339(evidence.ts)).raw(">");
    out.text(&units::time(evidence.ts)).raw("</time>");
}
