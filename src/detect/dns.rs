//! Data in names: tunnels through DNS, and names that programs make up.

use super::spelled::{Word, line};
use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names shown in a finding.
const NAMED: usize = 12;
/// A label below this length carries little, bytes.
const LONG: usize = 20;
/// Bits per character below which a name is a counter or a repeated word, whatever its length.
const VARIED: f64 = 2.5;
/// Mean length from which names under one domain leave no doubt, letters.
const CERTAIN: f64 = 40.0;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "dns",
    doc: "Names asked for, per source and registered domain: many different long names under one domain are a \
          tunnel. Names asked for in vain, per source: many are a storm, and the mark of generated domains if they \
          look made up.",
    needs: "captures with DNS",
    on: On::Others,
    rules: &["dns.tunnel", "dns.nxdomain_storm", "dns.generated_names"],
    concerns: |event| event.dataset.name == "dns",
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let Some(source) = event.source.ip else { return };
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let (Some(name), Some(kind)) = (text("dns.question.name"), text("dns.question.type")) else { return };
    // Names of addresses and services are long and many by nature.
    if kind == "PTR" || name.ends_with(".arpa") || name.ends_with(".local") || name.starts_with('_') {
        return;
    }
    let domain = text("dns.question.registered_domain").unwrap_or(name);
    let below = name.strip_suffix(domain).unwrap_or_default().trim_end_matches('.');
    if below.len() >= LONG {
        out(Observation {
            subject: line(&[Word::Text("t"), Word::Ip(source), Word::Text(domain)]).into(),
            weight: 1,
            values: [Some(Cow::Borrowed(below)), Some(Cow::Borrowed(kind)), None],
            mark: false,
        });
    }
    if text("dns.response_code") == Some("NXDOMAIN") {
        out(Observation {
            subject: line(&[Word::Text("n"), Word::Ip(source), Word::Text("")]).into(),
            weight: 1,
            values: [Some(Cow::Borrowed(domain)), Some(Cow::Borrowed(name)), None],
            mark: false,
        });
    }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(3, '\t');
    let (Some(kind), Some(source), Some(domain)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let finding = if kind == "t" { tunnel(config, source, domain, cell) } else { storm(config, source, cell) };
    finding.into_iter().collect()
}

/// Shannon entropy, bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<char, u32> = BTreeMap::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let all = f64::from(counts.values().sum::<u32>());
    counts.values().map(|n| f64::from(*n) / all).map(|share| -share * share.log2()).sum()
}

/// Mean over texts; 0 for none.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0u32);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

fn finding(rule: &'static str, severity: Severity, source: &str, title: String, cell: &Cell) -> Option<Finding> {
    let (first, last) = cell.span?;
    let attack: &'static [&'static str] = match rule {
        "dns.tunnel" => &["T1071.004", "T1048.003"],
        "dns.generated_names" => &["T1568.002"],
        _ => &["T1071.004"],
    };
    let (subject, targets) = (source.to_owned(), cell.values(0, NAMED));
    let advice = "Find the program on the source that asks for these names.";
    Some(Finding { rule, severity, attack, subject, title, advice, targets, count: cell.count, first, last })
}

fn tunnel(config: &Config, source: &str, domain: &str, cell: &Cell) -> Option<Finding> {
    let names = cell.values(0, super::SET_MAX);
    let labels = || names.iter().map(|name| name.replace('.', ""));
    let (length, random) = (mean(labels().map(|l| l.len() as f64)), mean(labels().map(|l| entropy(&l))));
    // Content networks hash names too, but of few objects; a tunnel never says the same twice.
    let fresh = cell.count <= (names.len() as u64).saturating_mul(3) || names.len() >= super::SET_MAX;
    if (names.len() as u64) < config.dns_labels || random < VARIED || !fresh {
        return None;
    }
    let title = format!(
        "{source} asked for {} different names under {domain}, on average {length:.0} letters of {random:.1} bits, types {}",
        names.len(),
        cell.values(1, 4).join(", ")
    );
    let severity = if length >= CERTAIN { Severity::High } else { Severity::Medium };
    finding("dns.tunnel", severity, source, title, cell)
}

fn storm(config: &Config, source: &str, cell: &Cell) -> Option<Finding> {
    let (burst, domains) = (cell.burst(config.window), cell.values(0, super::SET_MAX));
    if cell.distinct(1) < config.dns_missing || burst.count < config.dns_missing {
        return None;
    }
    let first_label = |domain: &String| domain.split('.').next().unwrap_or_default().to_owned();
    let labels: Vec<String> = domains.iter().map(first_label).filter(|label| label.len() >= 8).collect();
    let made_up = labels.iter().filter(|label| entropy(label) >= 2.8).count();
    let generated = domains.len() as u64 >= config.dns_missing / 2 && made_up * 2 > domains.len();
    let (rule, severity, what) = match generated {
        true => ("dns.generated_names", Severity::High, "look made up by a program"),
        false => ("dns.nxdomain_storm", Severity::Low, "do not exist"),
    };
    let title = format!(
        "{source} asked {} times for names that {what}, up to {} in the window, in {} domains",
        cell.count,
        burst.count,
        domains.len()
    );
    finding(rule, severity, source, title, cell)
}

#[cfg(test)]
mod tests {
    use super::entropy;

    #[test]
    fn entropy_tells_counters_from_codes() {
        assert_eq!(entropy("aaaa"), 0.0);
        assert_eq!(entropy("abcd"), 2.0);
        assert!(entropy("111111111111111111112") < super::VARIED);
        assert!(entropy("6d5a9f0c3be172488d0e4a7f19c2b35e") > super::VARIED);
    }
}
