//! Guesses below the limits of a window: one by one over hours, or each from another address for another name.

use super::{Case, NAMED, counted};
use crate::detect::{SET_MAX, docs::spelled};
use crate::model::{Finding, HOUR, Severity};

/// Shortest time over which guesses are slow.
const LASTING: i64 = HOUR;

impl Case<'_> {
    /// Failures that go on for hours, without a single success of the source. A program that kept an old password does
    /// the same, so it is told as something to look at.
    pub(super) fn slow(&self) -> Option<Finding> {
        let lasted = self.span.1.ts.saturating_sub(self.span.0.ts);
        if self.cell.count < self.config.slow_failures || !self.cell.marks.is_empty() || lasted < LASTING {
            return None;
        }
        let title = format!(
            "{} failed {} log-ins from {} over {}, never more than {} in {}{}, and never got in: slow guesses, or a program with an old password",
            self.cell.count,
            self.service,
            self.who,
            spelled(lasted - lasted % LASTING),
            self.cell.burst(self.config.window).count,
            spelled(self.config.window),
            self.on_users(),
        );
        let mut finding = self.finding("login.slow_bruteforce", Severity::Low, title);
        finding.advice =
            "Ask the users whether a device of theirs has an old password; if not, block the source.";
        Some(finding)
    }

    /// Many names from as many addresses, hardly any of either twice, and hardly any that got in: people who mistype try
    /// again, and get in.
    pub(super) fn distributed_spray(&self) -> Option<Finding> {
        let (users, sources) = (self.cell.distinct(0), self.cell.distinct(1));
        let few = users.min(sources);
        let burst = self.cell.burst(self.config.window).count;
        let once = few >= SET_MAX as u64 || self.cell.count.saturating_mul(2) <= few.saturating_mul(3);
        if few.min(burst) < self.config.spray_sources || !once {
            return None;
        }
        let failed = self.cell.values(0, SET_MAX);
        let mut got_in: Vec<&String> = self.cell.marks.iter().map(|mark| &mark.value).collect();
        got_in.retain(|user| failed.binary_search(*user).is_ok());
        got_in.sort();
        got_in.dedup();
        if got_in.len() as u64 * 10 > users {
            return None;
        }
        let title = format!(
            "{} sources failed {} log-ins as {} users on {} of {}, up to {burst} in {}: hardly any of them twice",
            counted(sources),
            self.cell.count,
            counted(users),
            self.service,
            self.who,
            spelled(self.config.window),
        );
        let mut finding = self.finding("login.distributed_spray", Severity::Low, title);
        finding.attack = &["T1110.003", "T1110"];
        finding.targets = self.cell.values(0, NAMED);
        finding.advice = "See whether the names exist, and whether one of these sources got in.";
        Some(finding)
    }
}
