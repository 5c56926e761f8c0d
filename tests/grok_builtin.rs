//! The shipped patterns beside the reference set, on the lines of its tests.

use netlog::logs::grok::{Grok, Library, Slots};
use serde_json::Value;
use std::path::Path;

/// Names whose shipped pattern differs from the reference on purpose, and in what.
const DIFFERENT: &[(&str, &str)] = &[
    ("LOGLEVEL", "er, inf and the like are no levels"),
    ("MONTHNUM", "two digits before one, where nothing follows that would decide"),
    ("QUOTEDSTRING", "a quoted text may hold newlines and end in an escaped backslash"),
    ("QS", "as QUOTEDSTRING"),
    ("SYSLOG5424SD", "the parameters have names and quoted values"),
    ("SYSLOGBASE2", "the program is required"),
    ("SYSLOGLINE", "as SYSLOGBASE2"),
    ("IPV6", "the zone is a name, not the rest of the line"),
];

fn whole(grok: &Grok, line: &str, slots: &mut Slots) -> Option<String> {
    let found = grok.matches(line.as_bytes(), slots).expect("within the step limit");
    let index = grok.captures().iter().position(|c| c.name == "whole")?;
    found.then(|| slots.get(index).map_or_else(String::new, |range| line[range].to_owned()))
}

#[test]
fn shipped_patterns_find_what_the_reference_finds() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/grok"));
    let Ok(cases) = std::fs::read_to_string(corpus.join("cases.jsonl")) else {
        crate::skipped(format_args!("{} is missing", corpus.display()));
        return;
    };
    let ours = Library::builtin();
    let mut reference = Library::empty();
    reference.add_dir(&corpus.join("patterns/ecs-v1")).expect("the reference loads");
    let lines: Vec<String> = cases
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).expect("a case")["line"].as_str().expect("text").to_owned())
        .collect();
    let mut slots = Slots::new();
    let (mut same, mut all) = (0u32, 0u32);
    let mut unexpected: Vec<&str> = Vec::new();
    let names: Vec<&str> = ours.names().filter(|n| reference.definition(n).is_some()).collect();
    assert!(names.len() > 75, "{}", names.len());
    for name in names {
        let (mut equal, mut different) = (0u32, Vec::new());
        let [our, their] =
            [&ours, &reference].map(|l| l.compile(&format!("%{{{name}:whole}}")).expect("compiles"));
        for line in &lines {
            let (a, b) = (whole(&our, line, &mut slots), whole(&their, line, &mut slots));
            if a == b {
                equal += 1;
            } else {
                different.push((line, a, b));
            }
        }
        let expected = DIFFERENT.iter().any(|(n, _)| *n == name);
        if !expected {
            same += equal;
            all += equal + u32::try_from(different.len()).expect("few");
        }
        if let Some((line, ours, reference)) = different.first() {
            println!("{name}: {} differ; {line:?}: {ours:?} / {reference:?}", different.len());
            if !expected && different.len() * 50 > lines.len() {
                unexpected.push(name);
            }
        }
    }
    println!("shipped patterns: {same} of {all} results as the reference, besides those meant to differ");
    assert!(unexpected.is_empty(), "differ on more than 2 % of the lines: {unexpected:?}");
    assert!(f64::from(same) / f64::from(all) > 0.999);
}

#[test]
fn a_combined_access_log_line_gives_the_fields_of_the_reference() {
    let ours = Library::builtin();
    let line = r#"198.51.100.7 - frank [10/Oct/2000:13:55:36 -0700] "GET /a?b=\"c\" HTTP/1.0" 200 2326 "-" "Mozilla/4.08 \"x\" (Win98)""#;
    let grok = ours.compile("%{COMBINEDAPACHELOG}").expect("compiles");
    let mut slots = Slots::new();
    assert_eq!(grok.matches(line.as_bytes(), &mut slots), Ok(true));
    let found: Vec<(&str, &str)> = grok
        .captures()
        .iter()
        .enumerate()
        .filter_map(|(i, c)| Some((c.name.as_str(), &line[slots.get(i)?])))
        .collect();
    assert_eq!(
        found,
        [
            ("source.address", "198.51.100.7"),
            ("user.name", "frank"),
            ("timestamp", "10/Oct/2000:13:55:36 -0700"),
            ("http.request.method", "GET"),
            ("url.original", r#"/a?b=\"c\""#),
            ("http.version", "1.0"),
            ("http.response.status_code", "200"),
            ("http.response.body.bytes", "2326"),
            ("user_agent.original", r#"Mozilla/4.08 \"x\" (Win98)"#),
        ]
    );
}
