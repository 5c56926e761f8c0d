use super::compile;
use crate::logs::grok::{Engine, Library, Slots, StepLimit};

/// Lines that make naive engines search: long runs, near misses, nestings, at a few kilobytes.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for unit in [
        "a", "1", " ", ".", "/", ":", "-", "\"", "\\\"", "\\", "a.", "1.", "1:", "ab-", "/a", "a@", "%41",
        "1.2.3.", "::", "f:", "'x", "a b", "=\"", "[", "(", "Jan ", "2024-", "\t", "é", "&a=", "//", "1e",
    ] {
        let run = unit.repeat(4096 / unit.len());
        lines.push(run.clone());
        lines.push(format!("{run}!"));
        lines.push(format!("\"{run}"));
        lines.push(format!("10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET {run}"));
        lines.push(format!("Jan  1 00:00:00 host prog[1]: {run}\n"));
        lines.push(format!("<13>1 2003-10-11T22:14:15.003Z host app 1 ID47 [x {run}"));
    }
    lines
}

#[test]
fn shipped_patterns_stay_within_the_step_limit() {
    let library = Library::builtin();
    let mut slots = Slots::new();
    let lines = lines();
    let names: Vec<String> = library.names().map(str::to_owned).collect();
    assert!(names.len() > 80, "{}", names.len());
    let mut worst = (0, String::new());
    for name in names {
        let grok = compile(&library, &format!("%{{{name}:x}}"));
        assert_ne!(grok.engine(), Engine::Backtracking, "{name} is linear");
        let anchored = compile(&library, &format!("^%{{{name}:x}}$"));
        for line in &lines {
            for grok in [&grok, &anchored] {
                assert!(grok.matches(line.as_bytes(), &mut slots).is_ok(), "{name} on {line:.60}");
                if slots.steps() > worst.0 {
                    worst = (slots.steps(), format!("{name} on {line:.60}"));
                }
            }
        }
    }
    println!("most steps: {} for {}", worst.0, worst.1);
    assert!(worst.0 < 1_000_000, "{worst:?}");
}

#[test]
fn classic_catastrophes_take_linear_steps() {
    let library = Library::empty();
    for expression in [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+$",
        "(?:a*)*b",
        "(.*)*x=.*y",
        "(a?){30}a{30}b",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
    ] {
        let grok = compile(&library, expression);
        let mut slots = Slots::new();
        let mut steps = Vec::new();
        for length in [1000, 2000] {
            let line = "a".repeat(length) + "!";
            assert_eq!(grok.matches(line.as_bytes(), &mut slots), Ok(false), "{expression}");
            steps.push(slots.steps());
        }
        assert!(steps[1] < steps[0] * 5 / 2 + 1000, "{expression}: {steps:?}");
    }
}

#[test]
fn what_cannot_be_linear_ends_at_the_step_limit() {
    let grok = compile(&Library::empty(), "(?<x>a*)*(?<y>a*)*\\k<x>\\k<y>b");
    let mut slots = Slots::new();
    assert_eq!(grok.matches("a".repeat(2000).as_bytes(), &mut slots), Err(StepLimit));
    assert_eq!(slots.get(0), None);
}
