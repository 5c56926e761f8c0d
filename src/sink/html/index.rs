//! The list of the reports that are kept: one page, newest first.

use super::markup::Markup;
use super::policy;

/// A line of the list.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// When, as people read it.
    pub time: String,
    /// Its files, relative to the page.
    pub files: Vec<String>,
    /// Lines and packets, spelled.
    pub read: String,
    /// Findings, spelled.
    pub findings: String,
    /// Name of the worst severity; empty if nothing was found.
    pub worst: &'static str,
    /// What was new.
    pub changes: String,
}

/// Draws the page.
pub fn draw(entries: &[Entry]) -> String {
    let mut out = Markup::default();
    out.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    out.raw("<meta http-equiv=\"Content-Security-Policy\"").attribute("content", policy::value());
    out.raw("><meta name=\"referrer\" content=\"no-referrer\"><title>netlog reports</title><style>");
    out.raw(policy::STYLE).raw("</style></head>\n<body><header><h1>netlog reports</h1></header>");
    out.raw("<main id=\"main\"><section><div class=\"scroll\"><table><thead><tr>");
    for title in ["When (UTC)", "Report", "Read", "Findings", "What changed"] {
        out.raw("<th scope=\"col\">").text(title).raw("</th>");
    }
    out.raw("</tr></thead><tbody>");
    for entry in entries.iter().rev() {
        out.raw("<tr><td>").text(&entry.time).raw("</td><td>");
        for file in &entry.files {
            let ending = file.rsplit('.').next().unwrap_or(file);
            out.raw("<a").attribute("href", file).raw(">").text(ending).raw("</a> ");
        }
        out.raw("</td><td>").text(&entry.read).raw("</td><td>");
        if !entry.worst.is_empty() {
            out.raw("<span class=\"").raw(entry.worst).raw("\"><span class=\"tag\">");
            out.text(&entry.worst.to_uppercase()).raw("</span></span> ");
        }
        out.text(&entry.findings).raw("</td><td>").text(&entry.changes).raw("</td></tr>");
    }
    out.raw("</tbody></table></div></section></main></body></html>\n");
    out.finish()
}
