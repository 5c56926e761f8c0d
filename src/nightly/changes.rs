//! What is new since the last report: values never met within the baseline, findings new and gone.

use super::seen::Seen;
use super::state::{Known, State};
use crate::model::{Finding, Ts};
use crate::report::{Block, Cell, Column, Report, Section, Table, Unit, units};
use std::collections::{BTreeMap, BTreeSet};

/// New values of a kind that are named; the others are counted.
const NAMED: usize = 50;
/// Values of a kind that are remembered; those not met for longest go first.
const REMEMBERED: usize = 50_000;

/// New values of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `country`, `user`, `port` or `host`.
    pub kind: &'static str,
    /// The same for several.
    pub kinds: &'static str,
    /// The values, sorted.
    pub values: Vec<String>,
}

/// How a report differs from the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// When the report before was made; `None` if this is the first one.
    pub since: Option<Ts>,
    /// What was not met within the baseline.
    pub new: Vec<Change>,
    /// Findings that the report before did not have.
    pub appeared: Vec<Known>,
    /// Findings that only the report before had.
    pub gone: Vec<Known>,
}

impl Changes {
    /// Compares, and lets `state` remember what was met. What was not met for `baseline` nanoseconds is
    /// new when it comes again.
    pub fn between(state: &mut State, seen: &Seen, findings: &[Finding], now: Ts, baseline: Ts) -> Changes {
        let mut changes = Changes { since: state.reports.last().map(|kept| kept.at), ..Changes::default() };
        for (kind, kinds, values) in seen.kinds() {
            let known = state.known.entry(kind.to_owned()).or_default();
            known.retain(|_, met| now.saturating_sub(*met) <= baseline);
            let values: Vec<String> = values.iter().filter(|v| !known.contains_key(*v)).cloned().collect();
            if state.runs > 0 && !values.is_empty() {
                changes.new.push(Change { kind, kinds, values });
            }
        }
        for (kind, _, values) in seen.kinds() {
            let known = state.known.entry(kind.to_owned()).or_default();
            known.extend(values.iter().map(|v| (v.clone(), now)));
            forget(known);
        }
        let now: BTreeSet<Known> = findings.iter().map(known).collect();
        let before = std::mem::replace(&mut state.findings, now.iter().cloned().collect());
        if state.runs > 0 {
            let name = |f: &Known| (f.rule.clone(), f.subject.clone());
            let (had, has): (BTreeSet<_>, BTreeSet<_>) =
                (before.iter().map(name).collect(), now.iter().map(name).collect());
            changes.appeared = now.into_iter().filter(|f| !had.contains(&name(f))).collect();
            changes.gone = before.into_iter().filter(|f| !has.contains(&name(f))).collect();
        }
        changes
    }

    /// Nothing is new and nothing is gone.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.appeared.is_empty() && self.gone.is_empty()
    }

    /// The changes in a few words each: `3 new countries`, `1 new finding`.
    pub fn words(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut tell = |n: usize, before: &str, what: &str, after: &str| {
            if n > 0 {
                out.push(format!("{} {before}{what}{after}", units::count(n as u64)));
            }
        };
        for change in &self.new {
            let n = change.values.len();
            tell(n, "new ", if n == 1 { change.kind } else { change.kinds }, "");
        }
        let findings = |list: &[Known]| if list.len() == 1 { "finding" } else { "findings" };
        tell(self.appeared.len(), "new ", findings(&self.appeared), "");
        tell(self.gone.len(), "", findings(&self.gone), " gone");
        out
    }

    /// Adds a section, and a sentence to the summary.
    pub fn show_in(&self, report: &mut Report) {
        let Some(since) = self.since else {
            report
                .summary
                .push("This is the first report; the next one will be compared with it.".to_owned());
            return;
        };
        let words = self.words();
        let what = if words.is_empty() { "nothing new".to_owned() } else { words.join(", ") };
        report.summary.push(format!("Since the report of {} UTC: {what}.", units::time(since)));
        if self.is_empty() {
            return;
        }
        let column = |key, title| Column::new(key, title, Unit::Text, 0);
        let mut blocks = Vec::new();
        let all: Vec<(&str, &String)> =
            self.new.iter().flat_map(|c| c.values.iter().map(|v| (c.kind, v)).take(NAMED)).collect();
        if !all.is_empty() {
            blocks.push(Block::Listing(Table {
                id: "changes.new",
                title: "Met for the first time",
                columns: vec![column("kind", "What"), column("value", "Which")],
                rows: all.iter().map(|(kind, v)| vec![Cell::text(*kind), Cell::text(v.as_str())]).collect(),
                distinct: self.new.iter().map(|c| c.values.len() as u64).sum(),
                exact: true,
            }));
        }
        for (id, title, findings) in [
            ("changes.findings", "New findings", &self.appeared),
            ("changes.gone", "Findings that are gone", &self.gone),
        ] {
            if findings.is_empty() {
                continue;
            }
            let rows = findings.iter().take(NAMED);
            blocks.push(Block::Listing(Table {
                id,
                title,
                columns: vec![column("severity", "Severity"), column("title", "Finding")],
                rows: rows.map(|f| vec![Cell::text(&*f.severity), Cell::text(&*f.title)]).collect(),
                distinct: findings.len() as u64,
                exact: true,
            }));
        }
        report.sections.insert(0, Section { id: "changes", title: "What changed", blocks });
    }
}

fn known(finding: &Finding) -> Known {
    Known {
        rule: finding.rule.to_owned(),
        subject: finding.subject.clone(),
        severity: finding.severity.name().to_owned(),
        title: finding.title.clone(),
    }
}

fn forget(known: &mut BTreeMap<String, Ts>) {
    if known.len() > REMEMBERED {
        let mut all: Vec<(Ts, String)> = known.iter().map(|(v, met)| (*met, v.clone())).collect();
        all.sort();
        for (_, value) in all.into_iter().take(known.len() - REMEMBERED) {
            known.remove(&value);
        }
    }
}
