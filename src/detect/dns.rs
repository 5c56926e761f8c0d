//! Data in names and answers: tunnels and downloads through DNS, and names that programs make up.

mod answers;
mod forged;
mod shape;
mod small;

use super::spelled::{Word, line};
use super::{Cell, Config, Detector, Observation, On, flows};
use crate::model::{Event, Finding, Severity, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Names shown in a finding.
const NAMED: usize = 12;
/// Characters of a name shown in a finding, without its domain.
const SHOWN: usize = 40;
/// Labels that are shorter together carry little, bytes.
const LONG: usize = 20;
/// An answer below this length carries little, bytes.
const LARGE: usize = 128;
/// Beginning of an answer that tells one from another, characters.
const HEAD: usize = 8;
/// Bits per character below which a name is a counter or a repeated word, whatever its length.
const VARIED: f64 = 2.5;
/// Stands for the domain of names that have none, and how long a label is that is data.
const NO_DOMAIN: &str = "no domain at all";
const TOP: usize = 8;
/// Mean length from which names under one domain leave no doubt, bytes.
const CERTAIN: f64 = 40.0;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "dns",
    doc: "Names asked for, per source and registered domain (or without any, as programs ask that talk straight to their server): many different long names under one domain are a \
          tunnel, and many names with long texts in the answer (TXT, NULL, CNAME) that begin differently are a download. Names asked for in vain, per source: many are a storm, and the mark of generated domains if they \
          look made up. Short names of random letters under one domain, in greater number, and long ones spread over several domains, and texts of one name that are ever other ones. Answers with \
          ever other ids to one question that nobody asked.",
    needs: "DNS in captures or logs (Zeek, Suricata, BIND)",
    on: On::Others,
    ordered: false,
    rules: &["dns.tunnel", "dns.download", "dns.nxdomain_storm", "dns.generated_names", "dns.forged_answers"],
    concerns: |event| {
        let logged = || !event.dataset.transaction && event.has("dns.question.name");
        event.dataset.name == "dns" || logged()
    },
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let Some(source) = asks(event) else { return };
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let (Some(name), Some(kind)) = (text("dns.question.name"), text("dns.question.type")) else { return };
    // Names of addresses and services are long and many by nature.
    if kind == "PTR" || name.ends_with(".arpa") || name.ends_with(".local") || name.starts_with('_') {
        return;
    }
    let by = flows::teller(event).unwrap_or_default();
    forged::observe(event, source, name, out);
    let registered = text("dns.question.registered_domain").unwrap_or(name);
    let direct = top_is_data(name);
    let below = match direct {
        true => name,
        false => name.strip_suffix(registered).unwrap_or_default().trim_end_matches('.'),
    };
    let domain = if direct { NO_DOMAIN } else { registered };
    small::observe(source, below, domain, by, out);
    answers::observe(event, (source, kind), (below, domain), by, out);
    if below.len() >= LONG && unescaped(below).len() >= LONG {
        out(Observation {
            subject: line(&[Word::Text("t"), Word::Ip(source), Word::Text(domain), Word::Text(by)]).into(),
            weight: 1,
            values: [Some(Cow::Borrowed(below)), Some(Cow::Borrowed(kind)), None],
            mark: false,
        });
    }
    // Below labels that begin with `_` stand keys and policies (RFC 8552): long texts by nature.
    let carried = if below.starts_with('_') || below.contains("._") { None } else { carried(event, kind) };
    if let Some(head) = carried.filter(|_| !below.is_empty()) {
        out(Observation {
            subject: line(&[Word::Text("d"), Word::Ip(source), Word::Text(domain), Word::Text(by)]).into(),
            weight: 1,
            values: [Some(Cow::Borrowed(below)), Some(head.into()), Some(Cow::Borrowed(kind))],
            mark: false,
        });
    }
    // Lists of addresses say no to nearly all of them, and are asked for each client.
    if text("dns.response_code") == Some("NXDOMAIN") && !is_reversed_address(below) {
        out(Observation {
            subject: line(&[Word::Text("n"), Word::Ip(source), Word::Text(""), Word::Text(by)]).into(),
            weight: 1,
            values: [Some(Cow::Borrowed(registered)), Some(Cow::Borrowed(name)), None],
            mark: false,
        });
    }
}

/// Who asked. Logs of packets have the server as the source of an answer.
fn asks(event: &Event<'_>) -> Option<IpAddr> {
    let answer =
        !event.dataset.transaction && event.source.port == Some(53) && event.destination.port != Some(53);
    if answer { event.destination.ip } else { event.source.ip }
}

/// Whether a name ends in no top-level domain but in data: a client that talks straight to its server needs no domain.
/// Top-level domains have no digits but in the Punycode of others (RFC 3696 §2).
fn top_is_data(name: &str) -> bool {
    let top = name.rsplit('.').next().unwrap_or_default();
    top.len() >= TOP && top.bytes().any(|b| b.is_ascii_digit()) && !top.starts_with("xn--")
}

/// Whether a name begins with an address back to front, as lists of addresses are asked (RFC 5782 §2.1, §2.4).
fn is_reversed_address(below: &str) -> bool {
    let leading = |is: fn(&str) -> bool| below.split('.').take_while(|label| is(label)).count();
    leading(|label| label.parse::<u8>().is_ok()) == 4
        || leading(|label| label.len() == 1 && label.bytes().all(|b| b.is_ascii_hexdigit())) == 32
}

/// How a large answer of this type begins, if there is one.
fn carried(event: &Event<'_>, kind: &str) -> Option<String> {
    if !matches!(kind, "TXT" | "NULL" | "CNAME") {
        return None;
    }
    let Some(Value::List(answers)) = event.by_name("dns.answers") else { return logged(event) };
    answers.iter().find_map(|answer| {
        let Value::Object(parts) = answer else { return None };
        let part =
            |name: &str| parts.iter().find(|(part, _)| part == name).and_then(|(_, value)| value.as_str());
        let data = part("data").filter(|_| part("type") == Some(kind))?;
        // Types that have no form of their own are written `\# LENGTH HEX` (RFC 3597 §5).
        let (size, data) = match data.strip_prefix("\\# ").and_then(|unknown| unknown.split_once(' ')) {
            Some((length, hex)) => (length.parse().unwrap_or(0), hex),
            None if kind == "CNAME" => (unescaped(data).len(), data),
            None => (data.chars().count(), data),
        };
        (size >= LARGE).then(|| data.chars().take(HEAD).collect())
    })
}

/// How the first large answer begins that a log tells. Zeek has the length of each text before it.
fn logged(event: &Event<'_>) -> Option<String> {
    let answers = event.by_name("netlog.dns.answer_data")?.items();
    answers.iter().filter_map(Value::as_str).find_map(|data| {
        let sized = data.strip_prefix("TXT ").and_then(|text| text.split_once(' '));
        let text = sized.filter(|(size, _)| size.parse::<u16>().is_ok()).map_or(data, |(_, text)| text);
        (text.chars().count() >= LARGE).then(|| text.chars().take(HEAD).collect())
    })
}

/// Bytes of a name's labels, without the dots between them. `\DDD` and `\X` stand for one byte (RFC 1035 §5.1).
fn unescaped(name: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(name.len()), name.bytes());
    while let Some(byte) = rest.next() {
        match byte {
            b'.' => {}
            b'\\' => bytes.extend(escape(&mut rest)),
            _ => bytes.push(byte),
        }
    }
    bytes
}

/// The byte behind a backslash.
fn escape(rest: &mut std::str::Bytes<'_>) -> Option<u8> {
    let first = rest.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let digits = [first, rest.next()?, rest.next()?];
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// A name as a finding shows it: `…` for bytes that are no letters, and for what is too long.
fn readable(below: &str, domain: &str) -> String {
    let (mut shown, mut rest) = (String::new(), below.bytes());
    while let Some(byte) = rest.next() {
        let byte = if byte == b'\\' { escape(&mut rest).unwrap_or(0) } else { byte };
        let told = if byte.is_ascii_graphic() { char::from(byte) } else { '…' };
        if told != '…' || !shown.ends_with('…') {
            shown.push(told);
        }
    }
    if let Some((cut, _)) = shown.char_indices().nth(SHOWN) {
        shown.truncate(cut);
        shown.push('…');
    }
    if domain == NO_DOMAIN { shown } else { format!("{shown}.{domain}") }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(4, '\t');
    let (Some(kind), Some(source), Some(domain)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let finding = match kind {
        "t" => tunnel(config, source, domain, cell),
        "d" => download(config, source, domain, cell),
        small::SHORT => small::short(config, source, domain, cell),
        small::SPREAD => small::spread(config, source, cell),
        answers::KIND => answers::judge(config, source, domain, cell),
        forged::KIND => forged::judge(config, source, domain, cell),
        _ => storm(config, source, cell),
    };
    finding.into_iter().collect()
}

/// Shannon entropy, bits per byte.
fn entropy(text: &[u8]) -> f64 {
    let mut counts: BTreeMap<u8, u32> = BTreeMap::new();
    text.iter().for_each(|byte| *counts.entry(*byte).or_default() += 1);
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

fn finding(
    rule: &'static str,
    severity: Severity,
    source: &str,
    title: String,
    cell: &Cell,
) -> Option<Finding> {
    let (first, last) = cell.span?;
    let attack: &'static [&'static str] = match rule {
        "dns.tunnel" => &["T1071.004", "T1048.003"],
        "dns.download" => &["T1071.004", "T1105"],
        "dns.generated_names" => &["T1568.002"],
        _ => &["T1071.004"],
    };
    let (subject, targets) = (source.to_owned(), cell.values(0, NAMED));
    let advice = "Find the program on the source that asks for these names.";
    Some(Finding { rule, severity, attack, subject, title, advice, targets, count: cell.count, first, last })
}

/// Whether names are hardly ever asked for again. Content networks hash names too, but of few objects; a tunnel
/// never says the same twice.
fn is_fresh(cell: &Cell) -> bool {
    cell.count <= cell.distinct(0).saturating_mul(3) || cell.distinct(0) >= super::SET_MAX as u64
}

/// A finding about names below one domain.
fn below(
    rule: &'static str,
    severity: Severity,
    source: &str,
    domain: &str,
    title: String,
    cell: &Cell,
) -> Option<Finding> {
    let targets = cell.values(0, NAMED).iter().map(|name| readable(name, domain)).collect();
    finding(rule, severity, source, title, cell).map(|found| Finding { targets, ..found })
}

fn tunnel(config: &Config, source: &str, domain: &str, cell: &Cell) -> Option<Finding> {
    let names = cell.values(0, super::SET_MAX);
    let labels: Vec<Vec<u8>> = names.iter().map(|name| unescaped(name)).collect();
    let (length, random) =
        (mean(labels.iter().map(|l| l.len() as f64)), mean(labels.iter().map(|l| entropy(l))));
    if shape::carriers(&names, LONG) < config.dns_labels || random < VARIED || !is_fresh(cell) {
        return None;
    }
    let title = format!(
        "{source} asked for {} different names under {domain}, on average {length:.0} letters of {random:.1} bits, types {}",
        names.len(),
        cell.values(1, 4).join(", ")
    );
    let severity = if length >= CERTAIN { Severity::High } else { Severity::Medium };
    below("dns.tunnel", severity, source, domain, title, cell)
}

fn download(config: &Config, source: &str, domain: &str, cell: &Cell) -> Option<Finding> {
    let (burst, names, heads) = (cell.burst(config.window), cell.distinct(0), cell.distinct(1));
    // Lists of addresses explain themselves, policies and keys name their version: such texts begin alike.
    let differ = heads.saturating_mul(2) >= names;
    if names < config.dns_answers || burst.count < config.dns_answers || !differ || !is_fresh(cell) {
        return None;
    }
    let more = if names >= super::SET_MAX as u64 { "at least " } else { "" };
    let title = format!(
        "{source} asked for {more}{names} different names under {domain} that were answered with {LARGE} bytes or more, up to {} in the window, types {}",
        burst.count,
        cell.values(2, 4).join(", ")
    );
    below("dns.download", Severity::Medium, source, domain, title, cell)
}

fn storm(config: &Config, source: &str, cell: &Cell) -> Option<Finding> {
    let (burst, domains) = (cell.burst(config.window), cell.values(0, super::SET_MAX));
    if cell.distinct(1) < config.dns_missing || burst.count < config.dns_missing {
        return None;
    }
    let first_label = |domain: &String| domain.split('.').next().unwrap_or_default().to_owned();
    let labels: Vec<String> = domains.iter().map(first_label).filter(|label| label.len() >= 8).collect();
    let made_up = labels.iter().filter(|label| entropy(label.as_bytes()) >= 2.8).count();
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
    use super::{entropy, readable, unescaped};

    #[test]
    fn entropy_tells_counters_from_codes() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abcd"), 2.0);
        assert!(entropy(b"111111111111111111112") < super::VARIED);
        assert!(entropy(b"6d5a9f0c3be172488d0e4a7f19c2b35e") > super::VARIED);
    }

    #[test]
    fn an_escape_is_one_byte() {
        assert_eq!(unescaped(r"a\190\.b.\\\255"), [b'a', 190, b'.', b'b', b'\\', 255]);
        assert_eq!(unescaped(r"a\"), b"a");
        assert_eq!(unescaped(r"a\19"), b"a");
        assert_eq!(readable(r"0ea\226\190hb\201", "evil.example"), "0ea…hb….evil.example");
        assert_eq!(readable("dnscat.0a1b", super::NO_DOMAIN), "dnscat.0a1b");
        assert!(super::top_is_data("dnscat.6a0b01c3d2") && super::top_is_data("00ff00ff00ff"));
        assert!(!super::top_is_data("x.xn--p1ai123") && !super::top_is_data("a.photography"));
        assert_eq!(readable(&"x".repeat(60), "a.b"), format!("{}….a.b", "x".repeat(40)));
    }
}
