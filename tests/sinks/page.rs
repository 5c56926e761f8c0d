//! The HTML report: well formed, closed to the outside, bounded.

use super::{HOSTILE, PLAIN, case, context, written};
use netlog::model::SourceInfo;
use netlog::report::Report;
use netlog::sink;
use std::fs;
use std::process::Command;

/// Elements that have no end tag (HTML Living Standard, §13.1.2).
const VOID: &[&str] = &["meta", "input"];
/// Every element the page may hold.
const KNOWN: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "h3",
    "p",
    "code",
    "nav",
    "ul",
    "li",
    "main",
    "section",
    "dl",
    "div",
    "dt",
    "dd",
    "span",
    "input",
    "label",
    "svg",
    "path",
    "circle",
    "rect",
    "g",
    "article",
    "time",
    "bdi",
    "figure",
    "figcaption",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "footer",
    "script",
];

fn page(report: &Report) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    sink::open("html", path.to_str(), &context(None, false)).unwrap().close(report).unwrap();
    fs::read_to_string(path).unwrap()
}

/// The start tags of the page outside of its style and script, each closed where it must be.
fn tags(page: &str) -> Vec<String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    let (mut open, mut tags): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        let name: String = tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_owned();
        assert!(KNOWN.contains(&name.as_str()), "<{tag}>");
        if tag.starts_with('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(&*name),
                "before {}",
                rest.chars().take(80).collect::<String>()
            );
            continue;
        }
        tags.push(tag.to_owned());
        if !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        if name == "style" || name == "script" {
            rest = &rest[rest.find(&format!("</{name}>")).unwrap()..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
    tags
}

#[test]
fn well_formed_and_nothing_from_outside_whatever_the_text() {
    let plain = tags(&page(&case::report(PLAIN)));
    let names = |tags: &[String]| -> Vec<String> {
        let mut names: Vec<String> = tags.iter().map(|t| t.split(' ').next().unwrap().to_owned()).collect();
        names.sort();
        names.dedup();
        names
    };
    for text in HOSTILE {
        let got = tags(&page(&case::report(text)));
        assert_eq!(got.iter().filter(|t| t.starts_with("script")).count(), 1, "{text:?}");
        assert!(names(&got).iter().all(|name| names(&plain).contains(name)), "{text:?}");
        for tag in &got {
            let attributes: Vec<&str> = tag.split('"').step_by(2).collect();
            assert!(
                !attributes.iter().any(|a| a.contains(" on") || a.contains("src=") || a.contains("style=")),
                "{tag}"
            );
            assert!(!tag.contains("href=") || tag.contains("href=\"#"), "{tag}");
        }
    }
}

#[test]
fn only_its_own_style_and_script_may_run() {
    let page = page(&case::report(PLAIN));
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.starts_with("default-src &#39;none&#39;; style-src &#39;sha256-"), "{policy}");
    assert!(policy.contains("script-src &#39;sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("url("));
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let page = page(&case::report(PLAIN));
    let after = |mark: &str| -> Vec<String> {
        page.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let mut ids = after(" id=\"");
    for target in after(" href=\"#").iter().chain(&after(" aria-labelledby=\"")).chain(&after(" for=\"")) {
        assert!(ids.contains(target), "{target}");
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn small_whatever_was_read() {
    let mut report = case::report(HOSTILE[10]);
    let source = SourceInfo { notes: vec!["x".repeat(500); 3], ..report.sources.0[0].clone() };
    report.sources.0 = vec![source; 2000];
    let finding = report.findings[0].clone();
    report.findings = vec![finding; 20_000];
    for section in &mut report.sections {
        for block in &mut section.blocks {
            if let netlog::report::Block::Table(table) = block {
                let rows: Vec<_> = table.rows.iter().cycle().take(5000).cloned().collect();
                table.rows = rows;
            }
        }
    }
    let size = page(&report).len();
    assert!(size < 1_000_000, "{size}");
}

#[test]
fn a_browser_runs_nothing_of_the_input() {
    let Some(chromium) = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
    else {
        crate::skipped("no Chromium here, the page is not opened in a browser");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let fire = "</title></td></script><script>document.title='fired'</script><img src=x onerror=\"document.title='fired'\"><svg onload=\"document.title='fired'\">";
    fs::write(&path, written("html", &case::events(fire), 9, fire, &context(None, false))).unwrap();
    let arguments =
        ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"];
    let mut command = Command::new(chromium);
    command.args(arguments).arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    let output = command.arg(format!("file://{}", path.display())).output().unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("<title>netlog report</title>"), "{dom}");
    assert!(!dom.contains("<img") && !dom.contains("<svg onload"), "markup of the input became elements");
    // Our own script did run: headings became buttons.
    assert!(dom.contains("<button type=\"button\">Host</button>"));
}
