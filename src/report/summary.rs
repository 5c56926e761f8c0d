//! What happened, in a paragraph that can be read aloud.

use super::auth::Logins;
use super::facets::split;
use super::model::{Cell, Facts, Unit};
use super::tally::{Tally, code};
use super::units;
use crate::model::{Counts, Severity};

/// The sentences, in reading order: what was read, the worst finding, who was there, log-ins.
pub fn sentences(tally: &Tally, facts: &Facts) -> Vec<String> {
    let mut out = vec![read(tally, facts)];
    out.extend(facts.ledger.in_part().map(in_part));
    out.extend(findings(facts));
    out.extend(hosts(tally));
    out.extend(logins(tally));
    out.extend(faults(facts));
    out
}

fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", units::count(n), if n == 1 { one } else { many })
}

fn read(tally: &Tally, facts: &Facts) -> String {
    let (packets, lines) = (&facts.ledger.packets, &facts.ledger.lines);
    let mut parts = Vec::new();
    if packets.read > 0 {
        parts.push(format!("{} ({} decoded)", plural(packets.read, "packet", "packets"), share(packets)));
    }
    if lines.read > 0 {
        parts.push(format!(
            "{} ({} understood{}{})",
            plural(lines.read, "log line", "log lines"),
            share(lines),
            framed(lines),
            formal(lines)
        ));
    }
    if parts.is_empty() {
        return "Nothing was read.".to_owned();
    }
    let files = plural(facts.sources.0.len() as u64, "file", "files");
    let span = tally.span.map_or(String::new(), |(first, last)| {
        let length = units::duration(last.abs_diff(first));
        format!(" cover {length}, from {} to {} UTC, and", units::time(first), units::time(last))
    });
    let events = plural(tally.events, "event", "events");
    format!("{} from {files}{span} tell of {events}.", parts.join(" and "))
}

/// What is not in a capture nobody can decode.
pub(super) fn in_part((packets, missing): (u64, u64)) -> String {
    let bytes = units::spell(&Cell::Number(missing), Unit::Bytes);
    let packets = plural(packets, "packet was", "packets were");
    format!("{packets} captured only in part (snaplen): {bytes} that were on the wire are not in the file.")
}

fn share(counts: &Counts) -> String {
    let (filtered, permille) = (counts.filtered(), counts.understood());
    let left_out = match filtered {
        0 => String::new(),
        _ => format!("{} left out, of the others ", units::count(filtered)),
    };
    // 999 of 1000 at most, so that "100 %" always means all.
    match permille {
        1000 => format!("{left_out}all"),
        _ => left_out + &units::spell(&Cell::Number(permille), Unit::Permille),
    }
}

/// Lines whose stamp, host and program were read, and whose message no rule knows.
fn framed(lines: &Counts) -> String {
    match lines.framed {
        0 => String::new(),
        framed => format!("; of {} only the frame was read", units::count(framed)),
    }
}

fn formal(lines: &Counts) -> String {
    match lines.formal() {
        0 => String::new(),
        formal => format!("; {} besides are headers or dropped by rules", units::count(formal)),
    }
}

fn findings(facts: &Facts) -> Vec<String> {
    let mut sentences = told(facts);
    let allowed: u64 = facts.allowed.iter().map(|allowed| allowed.findings).sum();
    if allowed > 0 {
        let findings = plural(allowed, "finding was", "findings were");
        sentences.push(format!("{findings} left out, as the configuration allows."));
    }
    sentences
}

fn told(facts: &Facts) -> Vec<String> {
    let Some(worst) = facts.findings.first() else {
        return vec!["No detector found anything.".to_owned()];
    };
    let levels = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    let count = |level: &Severity| facts.findings.iter().filter(|f| f.severity == *level).count();
    let levels = levels.iter().map(|level| (level.name(), count(level))).filter(|(_, n)| *n > 0);
    let levels: Vec<String> = levels.map(|(name, n)| format!("{n} {name}")).collect();
    let all = plural(facts.findings.len() as u64, "finding", "findings");
    let title = worst.title.trim_end_matches('.');
    vec![format!("{all}: {}.", levels.join(", ")), format!("The gravest: {title}.")]
}

fn hosts(tally: &Tally) -> Option<String> {
    let ranked = tally.hosts.hosts.ranked(1, |host| {
        (host.acted.requests + host.acted.flows, host.acted.sent.saturating_add(host.acted.received))
    });
    let (ip, host) = ranked.into_iter().find(|(_, host)| host.acted.requests + host.acted.flows > 0)?;
    let place = host.country.map_or(String::new(), |country| format!(" ({})", code(country)));
    let mut sentence = format!(
        "The busiest host was {ip}{place} with {} and {}",
        plural(host.acted.requests, "request", "requests"),
        plural(host.acted.flows, "flow", "flows")
    );
    let countries = tally.hosts.countries.distinct();
    if countries > 0 {
        sentence
            .push_str(&format!("; remote addresses lie in {}", plural(countries, "country", "countries")));
    }
    sentence.push('.');
    Some(sentence)
}

/// A log and a capture may tell of the same log-ins, so the teller with most is quoted, not a sum.
fn logins(tally: &Tally) -> Option<String> {
    let auth = &tally.auth;
    let failed = |row: &Logins| row.failed.max(row.pam);
    let (told, row) = auth.told.iter().max_by_key(|(_, row)| (failed(row), row.accepted))?;
    let mut sentence = format!(
        "Log-ins, as {told} tells: {} failed and {} accepted",
        units::count(failed(row)),
        units::count(row.accepted)
    );
    let after = auth.hosts.ranked(usize::MAX, failed).into_iter().filter(|(_, row)| row.after_failure());
    let mut names: Vec<String> = after.filter_map(|(key, _)| split(key).next().map(str::to_owned)).collect();
    names.dedup();
    // The counts are one service's, the hosts are those of all.
    let of = if auth.told.len() > 1 { "over all services, " } else { "" };
    match names.as_slice() {
        [] => {}
        [one] => sentence.push_str(&format!("; {of}{one} got in after failing")),
        [first, ..] => sentence.push_str(&format!(
            "; {of}{} hosts got in after failing, {first} among them",
            units::count(names.len() as u64)
        )),
    }
    sentence.push('.');
    Some(sentence)
}

fn faults(facts: &Facts) -> Option<String> {
    let faults = facts.ledger.faults.len() as u64;
    (faults > 0).then(|| format!("{} could not be read to the end.", plural(faults, "input", "inputs")))
}
