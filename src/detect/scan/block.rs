//! Scans that stay below the limits of one host and of one port: few ports in a moment, the same ports of several
//! hosts, and packets of several kinds that nobody sends.

use super::{Case, DYNAMIC, NAMED, SWEEP};
use crate::detect::SET_MAX;
use crate::model::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// Hosts on which a port was tried in vain that make it one of the same ports.
const COMMON: usize = 3;
/// So many of the same ports, and so many of them on all hosts together. A program knows the few ports of its service, and peers have
/// each their own.
const SAME_PORTS: usize = 8;
const PAIRS: usize = 60;
/// Different kinds of packets that no connection begins with: one fault makes one kind.
const KINDS: u64 = 2;

/// Leaves out the ports of single hosts that were few, where the whole is told.
pub(in crate::detect) fn without_parts(findings: Vec<Finding>) -> Vec<Finding> {
    let whole = |found: &&Finding| matches!(found.rule, "scan.block" | "scan.horizontal");
    let told: BTreeSet<String> = findings.iter().filter(whole).map(|found| found.subject.clone()).collect();
    let part = |found: &Finding| found.rule == "scan.vertical" && found.severity == Severity::Low;
    findings.into_iter().filter(|found| !(part(found) && told.contains(&found.subject))).collect()
}

impl Case<'_> {
    /// Fewer ports than a scan over days takes, but all in a moment and once or twice each.
    pub(super) fn quick(&self, below: u16) -> Option<Finding> {
        let ports = self.config.quick_ports;
        if self.distinct < ports || !self.is_once() {
            return None;
        }
        let known = self.cell.values(0, SET_MAX);
        let offered =
            known.iter().filter(|port| port.parse::<u16>().is_ok_and(|port| port < below)).count() as u64;
        let stray = self.cell.values(1, SET_MAX).iter().any(|how| super::STRAYS.contains(&how.as_str()));
        let count = self.cell.burst(SWEEP).count;
        if offered < ports || count < ports || stray {
            return None;
        }
        let title = format!(
            "{} probed {} ports of {} within two minutes ({} scan)",
            self.source,
            self.counted(),
            self.on,
            self.how()
        );
        Some(self.finding("scan.vertical", Severity::Low, title))
    }

    /// The same ports of several hosts. What has enough ports of one host or hosts of one port is told as that.
    pub(super) fn block(&self) -> Option<Finding> {
        if self.distinct < PAIRS as u64 || self.distinct >= SET_MAX as u64 || !self.is_once() {
            return None;
        }
        let pairs = self.cell.values(0, SET_MAX);
        let (mut ports, mut hosts): (BTreeMap<u16, BTreeSet<&str>>, BTreeMap<&str, u64>) = Default::default();
        for (host, port) in pairs.iter().filter_map(|pair| pair.split_once(' ')) {
            *hosts.entry(host).or_default() += 1;
            if let Some(port) = port.parse().ok().filter(|port| *port < DYNAMIC) {
                ports.entry(port).or_default().insert(host);
            }
        }
        let elsewhere = hosts.values().any(|count| *count >= self.config.ports)
            || ports.values().any(|hosts| hosts.len() as u64 >= self.config.hosts);
        ports.retain(|_, hosts| hosts.len() >= COMMON);
        let tried: usize = ports.values().map(BTreeSet::len).sum();
        let lasting = self.cell.burst(self.config.window).count < PAIRS as u64;
        if elsewhere || lasting || ports.len() < SAME_PORTS || tried < PAIRS {
            return None;
        }
        let whom: BTreeSet<&str> = ports.values().flatten().copied().collect();
        let title = format!(
            "{} probed the same {} ports of {} hosts, {tried} in all, each once or twice ({} scan)",
            self.source,
            ports.len(),
            whom.len(),
            self.how()
        );
        let mut finding = self.finding("scan.block", Severity::Medium, title);
        finding.targets = whom.into_iter().take(NAMED).map(str::to_owned).collect();
        Some(finding)
    }

    /// What a program sends that finds out a host's system: the answers to nonsense differ.
    pub(super) fn fingerprint(&self) -> Option<Finding> {
        let kinds = self.cell.values(0, SET_MAX);
        if (kinds.len() as u64) < KINDS {
            return None;
        }
        let title = format!(
            "{} sent packets to {} that no connection begins with, of several kinds ({}): to find out its system?",
            self.source,
            self.on,
            kinds.join(", ")
        );
        let mut finding = self.finding("scan.fingerprint", Severity::Low, title);
        finding.attack = &["T1046", "T1592.002"];
        finding.targets = vec![self.on.to_owned()];
        Some(finding)
    }
}
