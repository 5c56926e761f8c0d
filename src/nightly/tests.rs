//! Kills at every step of a run, what is forgotten, and what is called new.

use super::*;
use crate::model::{Evidence, Finding, InputFault, Severity};
use std::fs;

const DAY: i64 = 86_400_000_000_000;

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What a run does at its end, up to the step in which it is killed.
fn night(folder: &std::path::Path, at: i64, killed_before: usize) {
    let mut state = State::load(folder).unwrap();
    reports::publish(&state).unwrap();
    state.pending.clear();
    reports::sweep(folder).unwrap();
    let file = format!("{}.json", reports::name(at));
    let steps: [&mut dyn FnMut(&mut State); 4] = [
        &mut |state| reports::lay(state, &folder.join(&file), b"report").unwrap(),
        &mut |state| {
            state.reports.push(Kept { at, files: vec![file.clone()], lines: 10, ..Kept::default() });
            state.runs += 1;
        },
        &mut |state| state.save(folder, at).unwrap(),
        &mut |state| reports::publish(state).unwrap(),
    ];
    for step in steps.into_iter().take(killed_before) {
        step(&mut state);
    }
}

#[test]
fn a_kill_at_any_step_leaves_all_or_nothing() {
    for killed_before in 0..=4 {
        let folder = tempfile::tempdir().unwrap();
        night(folder.path(), DAY, 4);
        night(folder.path(), 2 * DAY, killed_before);
        let counted = State::load(folder.path()).unwrap().runs;
        // The state is the third step: from then on the night counts.
        assert_eq!(counted, if killed_before >= 3 { 2 } else { 1 }, "{killed_before}");
        night(folder.path(), 3 * DAY, 4);
        let state = State::load(folder.path()).unwrap();
        let files: Vec<String> = state.reports.iter().flat_map(|r| r.files.clone()).collect();
        let there: Vec<String> =
            names(folder.path()).into_iter().filter(|name| name.contains("netlog-")).collect();
        assert_eq!(files, there, "{killed_before}: what counts is visible, and nothing else");
    }
}

#[test]
fn a_state_that_is_cut_short_is_none() {
    let folder = tempfile::tempdir().unwrap();
    State::default().save(folder.path(), 0).unwrap();
    let path = folder.path().join("state.json");
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let error = State::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("state.json") && error.contains("move it away"), "{error}");
    fs::write(&path, "{\"version\": 99}").unwrap();
    assert!(State::load(folder.path()).unwrap_err().to_string().contains("version 99"));
}

#[test]
fn one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let lock = Lock::take(folder.path()).unwrap();
    assert!(Lock::take(folder.path()).unwrap_err().to_string().contains("another run is at work"));
    drop(lock);
    Lock::take(folder.path()).unwrap();
}

#[test]
fn reports_are_kept_as_long_as_wanted_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::default();
    for day in 1..=5 {
        let file = format!("{}.html", reports::name(day * DAY));
        fs::write(folder.path().join(&file), "").unwrap();
        state.reports.push(Kept { at: day * DAY, files: vec![file], ..Kept::default() });
    }
    fs::write(folder.path().join("mine.html"), "").unwrap();
    state.reports[0].files.extend(["mine.html".to_owned(), "netlog-/../../x".to_owned()]);
    let files = reports::expire(&mut state, 6 * DAY, 2 * DAY);
    reports::remove(folder.path(), &files).unwrap();
    assert_eq!(
        names(folder.path()),
        ["mine.html", "netlog-19700105T000000Z.html", "netlog-19700106T000000Z.html"]
    );
    // The last one stays, however old.
    assert!(reports::expire(&mut state, 900 * DAY, DAY).len() == 1 && state.reports.len() == 1);
}

fn finding(rule: &'static str, subject: &str) -> Finding {
    let at = Evidence { ts: 0, origin: Default::default() };
    Finding {
        rule,
        severity: Severity::High,
        attack: &[],
        subject: subject.to_owned(),
        title: format!("{subject} did it"),
        advice: "",
        targets: Vec::new(),
        count: 1,
        first: at,
        last: at,
    }
}

#[test]
fn new_is_what_the_baseline_does_not_have() {
    let mut state = State::default();
    let seen =
        |users: &[&str]| Seen { users: users.iter().map(|u| (*u).to_owned()).collect(), ..Seen::default() };
    let mut night = |day: i64, users: &[&str], findings: &[Finding]| {
        let changes = Changes::between(&mut state, &seen(users), findings, day * DAY, 30 * DAY);
        state.reports.push(Kept { at: day * DAY, ..Kept::default() });
        state.runs += 1;
        changes
    };
    assert!(night(1, &["root"], &[finding("a", "x")]).is_empty(), "nothing to compare with");
    let second = night(2, &["deploy", "root"], &[finding("a", "x"), finding("b", "x")]);
    assert_eq!(second.new[0].values, ["deploy"]);
    assert_eq!(second.words(), ["1 new user", "1 new finding"]);
    let third = night(3, &["root"], &[finding("b", "x")]);
    assert_eq!((third.new.len(), third.gone.len()), (0, 1));
    assert!(night(10, &["deploy"], &[finding("b", "x")]).is_empty(), "deploy is within the baseline");
    assert_eq!(night(50, &["deploy"], &[]).words(), ["1 new user", "1 finding gone"]);
}

#[test]
fn a_fault_is_told_once_until_it_is_mended() {
    let mut state = State::default();
    let fault = || InputFault { path: "x".into(), offset: None, reason: "denied".into() };
    let mut told = |faults: Vec<InputFault>, now| {
        let mut faults = faults;
        let before = state.told(&mut faults, now).len();
        (faults.len(), before)
    };
    assert_eq!(told(vec![fault()], 1), (1, 0));
    assert_eq!(told(vec![fault()], 2), (0, 1));
    assert_eq!(told(vec![], 3), (0, 0));
    assert_eq!(told(vec![fault()], 4), (1, 0));
}
