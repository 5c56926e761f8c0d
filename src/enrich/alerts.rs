//! Findings as events of their own, for outputs that hold documents beside each other: `event.kind` is
//! `alert`, and the id comes from the rule, the subject and the first record that the finding rests on, so that
//! the same finding is the same document however often it is loaded.

use super::fields::{EVENT_KIND, RELATED_IP, SOURCE_IP};
use super::{Cache, Enricher};
use crate::model::{Dataset, Event, Finding, Severity, Value, fnv1a};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Data set of findings.
pub static FINDING: Dataset = Dataset {
    name: "finding",
    category: &["intrusion_detection"],
    types: &["info"],
    protocol: None,
    transaction: false,
    doc: "What a detection concluded; in `-o bulk`, `-o mongo` and `load` only. Its file and record are those of the first evidence.",
};

crate::fields! {
    pub FIELDS;
    RULE: Keyword, "rule.name", "Name of the rule, as docs/detections.md lists them.";
    DETECTOR: Keyword, "rule.category", "Detector that the rule belongs to.";
    MESSAGE: Text, "message", "The finding in one sentence.";
    FRAMEWORK: Keyword, "threat.framework", "`MITRE ATT&CK`.";
    TECHNIQUE: Keyword, "threat.technique.id", "Techniques of ATT&CK, without their parts.";
    SUBTECHNIQUE: Keyword, "threat.technique.subtechnique.id", "Sub-techniques of ATT&CK, where the rule names one.";
    SEVERITY_NUMBER: Long, "event.severity", "Severity of a finding as a number to sort by: 1 (info), 21, 47, 73, 99 (critical).";
    SEVERITY: Keyword, "netlog.finding.severity", "`info`, `low`, `medium`, `high` or `critical`.";
    SUBJECT: Keyword, "netlog.finding.subject", "Whom the finding is about: an address or a name.";
    TARGETS: Keyword, "netlog.finding.targets", "Whom it touched: hosts, ports, users; the first ones.";
    COUNT: Long, "netlog.finding.count", "Observations that it rests on.";
    ADVICE: Text, "netlog.finding.advice", "What to do next.";
}

/// The numbers that Elastic's own alerts have.
fn number(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 1,
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}

/// What tells a finding from others of the same record.
fn identity(finding: &Finding) -> u64 {
    fnv1a(finding.rule.bytes().chain([0]).chain(finding.subject.bytes()))
}

impl Enricher {
    /// One completed event per finding, in their order.
    pub fn alerts(&self, findings: &[Finding]) -> Vec<Event<'static>> {
        let mut cache = Cache::default();
        // Two findings of one rule, subject and record are told apart by their order, which is stable.
        let mut seen: BTreeMap<(u64, u32, u64), u32> = BTreeMap::new();
        let one = |finding: &Finding| {
            let mut event = described(finding);
            let origin = event.origin;
            let ordinal = seen.entry((event.identity, origin.source, origin.record)).or_default();
            event.ordinal = *ordinal;
            *ordinal += 1;
            let source = usize::try_from(origin.source).ok().and_then(|at| self.sources().0.get(at));
            let packets = source.is_some_and(|source| source.kind.starts_with("pcap"));
            self.complete(&mut event, packets, &mut cache);
            event.push(&EVENT_KIND, "alert");
            // Without its place: what counts requests by country must not count conclusions, too.
            if let Ok(ip) = finding.subject.parse::<IpAddr>() {
                event.push(&SOURCE_IP, ip);
            }
            let related = addresses(finding);
            if !related.is_empty() {
                event.push(&RELATED_IP, Value::List(related.into_iter().map(Value::Ip).collect()));
            }
            event.into_owned()
        };
        findings.iter().map(one).collect()
    }
}

/// What the finding says.
fn described(finding: &Finding) -> Event<'static> {
    let mut event = Event::new(&FINDING, finding.first.origin, finding.first.ts);
    event.identity = identity(finding);
    event.end = Some(finding.last.ts);
    event.push(&RULE, finding.rule);
    event.push(&DETECTOR, finding.rule.split('.').next().unwrap_or(finding.rule));
    event.push(&MESSAGE, finding.title.clone());
    if !finding.attack.is_empty() {
        event.push(&FRAMEWORK, "MITRE ATT&CK");
        let mut whole: Vec<&'static str> =
            finding.attack.iter().map(|id| id.split('.').next().unwrap_or(id)).collect();
        whole.dedup();
        event.push(&TECHNIQUE, Value::texts(whole));
        let parts: Vec<&'static str> = finding.attack.iter().copied().filter(|id| id.contains('.')).collect();
        if !parts.is_empty() {
            event.push(&SUBTECHNIQUE, Value::texts(parts));
        }
    }
    event.push(&SEVERITY_NUMBER, number(finding.severity));
    event.push(&SEVERITY, finding.severity.name());
    event.push(&SUBJECT, finding.subject.clone());
    if !finding.targets.is_empty() {
        event.push(&TARGETS, Value::texts(finding.targets.iter().cloned()));
    }
    event.push(&COUNT, finding.count);
    event.push(&ADVICE, finding.advice);
    event
}

/// The subject and the targets that are addresses.
fn addresses(finding: &Finding) -> Vec<IpAddr> {
    let mut all: Vec<IpAddr> = Vec::new();
    for text in std::iter::once(&finding.subject).chain(&finding.targets) {
        if let Ok(ip) = text.parse()
            && !all.contains(&ip)
        {
            all.push(ip);
        }
    }
    all
}
