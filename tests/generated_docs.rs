//! The reference pages in docs/ are what the code says. `UPDATE=1 cargo test generated_docs` rewrites
//! them.

use netlog::logs::FormatSet;
use netlog::proto;
use netlog::schema::{self, docs};

fn page(name: &str, text: &str) {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
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
