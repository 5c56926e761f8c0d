//! Log-ins after failures: whose failures they were, and whether the password was guessed.

use super::{Case, NAMED};
use crate::detect::{Mark, SET_MAX};
use crate::model::{Finding, Severity};

/// A log-in after failures.
struct Guess<'c> {
    mark: &'c Mark,
    severity: Severity,
    /// Failures since the source last got in, and those of them that earlier runs saw.
    failures: u64,
    before: u64,
    /// Whether as many of them may have been of the name that got in.
    own: bool,
}

impl Case<'_> {
    /// The worst log-in after failures, the first of equals.
    pub(super) fn success_after_failures(&self) -> Option<Finding> {
        let (first, mut known, mut earlier) = (self.span.0, 0, self.earlier.failures);
        // Since it last got in: a person mistypes now and then, and each time gets in.
        let guesses = self.cell.marks.iter().filter_map(|mark| {
            let all = self.cell.before(mark.at.ts);
            let before = if mark.at.ts >= self.earlier.last { std::mem::take(&mut earlier) } else { 0 };
            let failures = (all - std::mem::replace(&mut known, all)).saturating_add(before);
            let late = mark.at > first || before > 0;
            if late { self.guess(mark, failures, before) } else { None }
        });
        let worst =
            guesses.reduce(|worst, next| if next.severity > worst.severity { next } else { worst })?;
        Some(self.got_in_after(&worst))
    }

    /// How bad a log-in is after so many failures.
    fn guess<'c>(&self, mark: &'c Mark, failures: u64, before: u64) -> Option<Guess<'c>> {
        let (enough, names) = (self.config.failures_before_success, self.cell.distinct(0));
        if failures < enough {
            return None;
        }
        let here = failures - before;
        let own = self.may_be_of(&mark.value).min(here).saturating_add(before) >= enough;
        let start = mark.at.ts.saturating_sub(self.config.window);
        let burst = (self.cell.before(mark.at.ts) - self.cell.before(start)).min(here);
        let severity = match () {
            () if own => Severity::Critical,
            // Many names in a short time, and the next one's password was right: each may have been tried once.
            () if names >= self.config.users && burst >= self.config.users => Severity::Critical,
            () if burst >= self.config.failures => Severity::High,
            () if names >= enough && burst >= enough => Severity::High,
            () if names >= self.config.users || burst >= enough => Severity::Medium,
            // Several people behind one address, each of whom mistypes now and then.
            () => return None,
        };
        Some(Guess { mark, severity, failures, before, own })
    }

    /// How many of the failures may have been of this name: each other name has had one at least.
    fn may_be_of(&self, name: &str) -> u64 {
        let names = self.cell.values(0, SET_MAX);
        let known = !name.is_empty() && !names.is_empty() && names.len() < SET_MAX;
        match known && !names.iter().any(|other| other == name) {
            true => 0,
            false if known => self.cell.count.saturating_sub(names.len() as u64 - 1),
            false => self.cell.count,
        }
    }

    fn got_in_after(&self, guess: &Guess<'_>) -> Finding {
        let Guess { mark, failures, before, .. } = guess;
        let before = if *before > 0 { format!(", {before} of them before this run") } else { String::new() };
        let whose = if guess.own { "" } else { ", most or all of them of other names" };
        let title = format!(
            "{} logged in to {}{} after {failures} failures{before}{whose}: the password may have been guessed",
            self.who,
            self.service,
            if mark.value.is_empty() { String::new() } else { format!(" as {}", mark.value) },
        );
        let mut finding = self.finding("login.success_after_failures", guess.severity, title);
        finding.attack = &["T1078", "T1110.001"];
        finding.advice =
            "Treat the account as taken: end its sessions, change its secrets, look at what it did.";
        finding.count = finding.count.max(*failures);
        finding.first = finding.first.min(mark.at);
        finding.last = mark.at;
        finding.targets =
            if mark.value.is_empty() { self.cell.values(1, NAMED) } else { vec![mark.value.clone()] };
        finding
    }
}
