//! What the user does not want to hear of, and how bad the user thinks it is.

use super::ALL;
use crate::model::{Allowed, Finding, Net, Severity};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whom an account of allowed findings names.
const NAMED: usize = 5;
/// A finding that names as many targets may have had more, which nobody compared.
const CUT: usize = 20;

/// `[[detect.allow]]`: findings about these are counted, not told. A finding is allowed if its subject is
/// on a list, or if all that it names as targets are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allow {
    /// Rules, or detectors for all of theirs; empty = every rule.
    #[serde(deserialize_with = "rules")]
    pub rules: Vec<String>,
    /// Addresses and networks.
    pub addresses: Vec<Net>,
    /// Users.
    pub users: Vec<String>,
    /// Names of hosts, services and domains; one that begins with a dot is a domain with all below it.
    pub hosts: Vec<String>,
    /// Why, for the report.
    pub why: String,
}

/// `[detect.severity]`: how bad the findings of a rule are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Severities(BTreeMap<String, Severity>);

impl<'de> Deserialize<'de> for Severities {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Severities, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(input)?;
        let one = |(rule, text): (String, String)| {
            known::<D::Error>(&rule, false)?;
            Ok((rule, text.parse().map_err(D::Error::custom)?))
        };
        texts.into_iter().map(one).collect::<Result<_, _>>().map(Severities)
    }
}

fn rules<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(input)?;
    names.iter().try_for_each(|name| known::<D::Error>(name, true))?;
    Ok(names)
}

/// Refuses a name that no rule has (and no detector, where those may stand).
fn known<E: Error>(name: &str, detectors: bool) -> Result<(), E> {
    let all = || ALL.iter().flat_map(|d| d.rules.iter().copied().chain(detectors.then_some(d.name)));
    if all().any(|known| known == name) {
        return Ok(());
    }
    // As serde words it, so that the reader of the file finds what is likely meant.
    let all: Vec<&str> = all().collect();
    Err(E::custom(format!("unknown field `{name}`, expected one of `{}`", all.join("`, `"))))
}

impl Severities {
    /// The severity of a rule's findings, where the user gave one.
    fn of(&self, rule: &str) -> Option<Severity> {
        self.0.get(rule).copied()
    }
}

impl Allow {
    fn concerns(&self, rule: &str) -> bool {
        let named =
            |name: &String| rule == name || rule.strip_prefix(name).is_some_and(|r| r.starts_with('.'));
        self.rules.is_empty() || self.rules.iter().any(named)
    }

    /// Whether the finding is one that the user does not want to hear of.
    fn covers(&self, finding: &Finding) -> bool {
        if !self.concerns(finding.rule) {
            return false;
        }
        if self.addresses.is_empty() && self.users.is_empty() && self.hosts.is_empty() {
            return !self.rules.is_empty();
        }
        // All names of a tunnel lie below one domain; other lists that may have been cut prove nothing.
        let whole = finding.targets.len() < CUT || finding.rule == "dns.tunnel";
        self.lists(&finding.subject)
            || (whole && !finding.targets.is_empty() && finding.targets.iter().all(|t| self.lists(t)))
    }

    /// Whether a subject or target is on a list, as a whole or by one of its words (`192.0.2.1 port 443`).
    fn lists(&self, text: &str) -> bool {
        let words = || text.split([' ', ',', '\t']).map(|word| word.trim_end_matches(':'));
        let user = |name: &String| name == text;
        let host = |word: &str| self.hosts.iter().any(|host| is_below(word, host));
        let inside = |ip: IpAddr| self.addresses.iter().any(|net| net.contains(ip));
        self.users.iter().any(user) || words().any(|word| host(word) || word.parse().is_ok_and(inside))
    }
}

fn is_below(name: &str, host: &str) -> bool {
    match host.strip_prefix('.') {
        None => name.eq_ignore_ascii_case(host),
        Some(domain) => {
            let head = name.len().checked_sub(domain.len());
            let tail = head.and_then(|at| name.get(at..));
            let border = head.is_some_and(|at| at == 0 || name.get(..at).is_some_and(|h| h.ends_with('.')));
            border && tail.is_some_and(|tail| tail.eq_ignore_ascii_case(domain))
        }
    }
}

/// Gives findings the user's severities and takes out those that are allowed.
pub(super) fn sift(
    found: Vec<Finding>,
    allow: &[Allow],
    severities: &Severities,
) -> (Vec<Finding>, Vec<Allowed>) {
    let mut told = Vec::with_capacity(found.len());
    let mut accounts: BTreeMap<(&'static str, usize), Allowed> = BTreeMap::new();
    for mut finding in found {
        finding.severity = severities.of(finding.rule).unwrap_or(finding.severity);
        let Some((at, entry)) = allow.iter().enumerate().find(|(_, entry)| entry.covers(&finding)) else {
            told.push(finding);
            continue;
        };
        let account = accounts.entry((finding.rule, at)).or_insert_with(|| Allowed {
            rule: finding.rule,
            why: entry.why.clone(),
            findings: 0,
            count: 0,
            subjects: Vec::new(),
        });
        account.findings += 1;
        account.count = account.count.saturating_add(finding.count);
        // Findings come in the order of their subjects.
        if account.subjects.len() < NAMED && account.subjects.last() != Some(&finding.subject) {
            account.subjects.push(finding.subject);
        }
    }
    (told, accounts.into_values().collect())
}
