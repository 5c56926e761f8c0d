//! What a detector concluded, with the evidence it rests on.

use super::{Origin, Ts};
use std::fmt;
use std::str::FromStr;

/// How bad. Ordered; `--fail-on` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Background noise of the Internet.
    Low,
    /// Deserves a look today.
    Medium,
    /// Deserves a look now.
    High,
    /// Someone got in.
    Critical,
}

impl Severity {
    /// Lower-case name, as printed and as `--fail-on` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
            .into_iter()
            .find(|x| x.name().eq_ignore_ascii_case(s))
            .ok_or_else(|| format!("'{s}' is no severity; use info, low, medium, high or critical"))
    }
}

/// One record a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// When.
    pub ts: Ts,
    /// File and packet or line.
    pub origin: Origin,
}

/// A detector's conclusion. Findings are ordered by severity (worst first), then time, then rule and
/// subject, so that their order never depends on how the input was split.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Name of the detector's rule: `ssh.bruteforce`, `scan.vertical` …
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// MITRE ATT&CK technique ids, most specific first.
    pub attack: &'static [&'static str],
    /// Who did it: an address or a name.
    pub subject: String,
    /// One sentence with the numbers.
    pub title: String,
    /// What to do next, one sentence.
    pub advice: &'static str,
    /// Whom it touched: hosts, ports, users; sorted, capped by the detector.
    pub targets: Vec<String>,
    /// Observations it rests on.
    pub count: u64,
    /// First and last observation.
    pub first: Evidence,
    /// Last observation.
    pub last: Evidence,
}

/// Findings of a rule that the configuration does not want to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The rule.
    pub rule: &'static str,
    /// The reason the configuration gives; may be empty.
    pub why: String,
    /// How many findings.
    pub findings: u64,
    /// Observations they rest on.
    pub count: u64,
    /// Whom they were about, the first ones.
    pub subjects: Vec<String>,
}

/// How a detector ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its name.
    pub name: &'static str,
    /// What it cannot do without.
    pub needs: &'static str,
    /// Events it was shown.
    pub events: u64,
    /// What it took from them.
    pub observations: u64,
    /// What it concluded, allowed ones included.
    pub findings: u64,
}
