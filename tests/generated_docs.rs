//! The reference pages in docs/ are what the code says. `UPDATE=1 cargo test` rewrites them with all
//! other generated files, `NETLOG_UPDATE_DOCS=1` them alone.

use netlog::detect;
use netlog::logs::FormatSet;
use netlog::proto;
use netlog::schema::{self, docs};

fn path(name: &str) -> String {
    format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str, text: &str) {
    if ["UPDATE", "NETLOG_UPDATE_DOCS"].iter().any(|name| std::env::var_os(name).is_some()) {
        std::fs::write(path(name), text).unwrap();
    }
    let committed = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(committed == text, "docs/{name} is stale: run UPDATE=1 cargo test generated_docs");
}

#[test]
fn pages_are_current() {
    let formats = FormatSet::builtin().unwrap();
    let schema = schema::all(&formats).unwrap();
    let mut text = String::new();
    docs::fields(&mut text, &schema).unwrap();
    page("fields.md", &text);
    text.clear();
    docs::protocols(&mut text, proto::ALL).unwrap();
    page("protocols.md", &text);
    text.clear();
    docs::formats(&mut text, &formats).unwrap();
    page("formats.md", &text);
}

/// `text` with `made` between the markers of the generated part `name`.
fn filled(text: &str, name: &str, made: &str) -> String {
    let begin = format!("<!-- generated: {name} -->\n");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no part '{name}'"));
    let (_, after) = rest.split_once("<!-- end -->").expect("the part ends");
    format!("{before}{begin}{made}<!-- end -->{after}")
}

#[test]
fn detections_are_current() {
    let committed = std::fs::read_to_string(path("detections.md")).unwrap();
    let mut made = String::new();
    detect::docs::detectors(&mut made).unwrap();
    let text = filled(&committed, "detectors", &made);
    made.clear();
    detect::docs::thresholds(&mut made, &detect::Config::default()).unwrap();
    page("detections.md", &filled(&text, "thresholds", &made));
}

/// Every rule a detector's code names has its paragraph.
#[test]
fn every_rule_is_argued() {
    let text = std::fs::read_to_string(path("detections.md")).unwrap();
    for rule in detect::ALL.iter().flat_map(|detector| detector.rules) {
        assert!(text.contains(&format!("**`{rule}`**")), "docs/detections.md does not argue {rule}");
    }
    // And nothing is argued that does not exist.
    for name in text.split("**`").skip(1).filter_map(|rest| rest.split("`**").next()) {
        let detector =
            detect::ALL.iter().any(|detector| detector.name == name || detector.rules.contains(&name));
        assert!(detector, "docs/detections.md argues {name}, which is no rule");
    }
}
