//! The reference pattern set and the cases of its own tests.

use netlog::logs::grok::{Library, Slots, json};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn corpus() -> Option<PathBuf> {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/grok")).to_path_buf();
    if dir.is_dir() {
        return Some(dir);
    }
    crate::skipped(format_args!("{} is missing", dir.display()));
    None
}

fn library(corpus: &Path, set: &str) -> Library {
    let mut library = Library::empty();
    library.add_dir(&corpus.join("patterns").join(set)).expect("the pattern set loads");
    library
}

#[test]
fn every_definition_of_the_reference_sets_compiles() {
    let Some(corpus) = corpus() else { return };
    for set in ["legacy", "ecs-v1"] {
        let checked = json::check(&library(&corpus, set));
        assert!(checked.len() > 250, "{set}: {}", checked.len());
        for pattern in checked {
            if let Err(error) = pattern.engine {
                panic!("{set} {}: {error}", pattern.name);
            }
        }
    }
}

#[test]
fn the_cases_of_the_reference_set_give_the_expected_captures() {
    let Some(corpus) = corpus() else { return };
    let libraries = [("legacy", library(&corpus, "legacy")), ("ecs-v1", library(&corpus, "ecs-v1"))];
    let cases = std::fs::read_to_string(corpus.join("cases.jsonl")).expect("cases");
    let mut slots = Slots::new();
    let (mut good, mut all) = (0, 0);
    for case in cases.lines().map(|l| serde_json::from_str::<Value>(l).expect("a case")) {
        let text = |key: &str| case[key].as_str().expect("text");
        let library = libraries.iter().find(|(set, _)| *set == text("ecs")).map(|(_, l)| l).expect("a set");
        let grok = library.compile(text("pattern")).expect("compiles");
        let found = json::capture(&grok, text("line").as_bytes(), &mut slots).expect("within the step limit");
        let want = case["match"].as_bool().expect("match").then(|| case["captures"].clone());
        let found = found.map(Value::Object);
        all += 1;
        if found == want {
            good += 1;
        } else {
            println!(
                "{} {} {:?}\n   want {want:?}\n  found {found:?}",
                case["id"],
                text("pattern"),
                text("line")
            );
        }
    }
    let rate = f64::from(good) / f64::from(all);
    println!("grok conformance: {good} of {all} cases, {:.2} %", rate * 100.0);
    assert!(rate >= 0.99, "{rate}");
}
