//! Data in names and answers of DNS.

use super::each::{dataset, event, many};
use super::{judge, rules};
use crate::detect::{Concerned, Tables};
use crate::model::{Dataset, Event, Ledger, Value};

static DNS: Dataset = dataset("dns", true);

fn question(n: u64, name: String, kind: &'static str, answer: Option<String>) -> Event<'static> {
    let mut fields = vec![
        ("dns.question.name", Value::from(name)),
        ("dns.question.type", kind.into()),
        ("dns.question.registered_domain", "evil.example".into()),
        ("dns.response_code", "NOERROR".into()),
    ];
    if let Some(data) = answer {
        let record = vec![("type".into(), Value::from(kind)), ("data".into(), data.into())];
        fields.push(("dns.answers", Value::List(vec![Value::Object(record)])));
    }
    event(&DNS, n, n.cast_signed() / 10, &fields)
}

/// How many findings a configuration leaves.
fn told_but(config: &str, events: &[Event<'static>]) -> usize {
    let (mut tables, mut concerned) = (Tables::new(&toml::from_str(config).unwrap()), Concerned::default());
    events.iter().for_each(|event| tables.observe(event, &mut concerned));
    tables.judge(&mut Ledger::default()).findings.len()
}

/// Bytes that look random, as hex.
fn code(n: u64) -> String {
    let random = |m: u64| (n * 31 + m + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..8).map(|m| format!("{:016x}", random(m) ^ random(m) >> 29)).collect()
}

/// `\190`, as bytes that are no letters are written.
fn escaped(n: u64, length: usize) -> String {
    let bytes = (0..length as u64).map(|m| format!("\\{}", 130 + (n * 31 + m * 37 + n * m * 7) % 120));
    bytes.collect()
}

/// Mail servers ask lists of addresses for each of their clients.
#[test]
fn lists_of_addresses_say_no() {
    let asked = |name: fn(u64) -> String| {
        let events: Vec<_> = (0..200)
            .map(|n| {
                let fields = [
                    ("dns.question.name", format!("{}.list.example", name(n)).into()),
                    ("dns.question.type", "A".into()),
                    ("dns.question.registered_domain", "list.example".into()),
                    ("dns.response_code", "NXDOMAIN".into()),
                ];
                event(&DNS, n, n.cast_signed(), &fields)
            })
            .collect();
        rules(&events)
    };
    assert!(asked(|n| format!("{n}.2.0.192")).is_empty());
    assert!(asked(|n| format!("{:x}.{:x}{}", n / 16, n % 16, ".0".repeat(30))).is_empty());
    assert_eq!(asked(|n| format!("host{n}")), ["dns.nxdomain_storm"]);
}

#[test]
fn escapes_are_bytes() {
    let short = |n: u64| question(n, format!("{}.evil.example", escaped(n, 8)), "TXT", None);
    assert!(rules(&many(100, short)).is_empty(), "eight bytes are no long name");
    let long = |n: u64| question(n, format!("{n:03}{}.evil.example", escaped(n, 30)), "TXT", None);
    let found = judge(&[&many(60, long)]);
    assert_eq!((found[0].rule, found[0].severity.name()), ("dns.tunnel", "medium"));
    assert!(found[0].title.contains("on average 33 letters"), "{}", found[0].title);
    assert_eq!(found[0].targets[0], "000….evil.example");
    assert_eq!(told_but("[[allow]]\nhosts = [\".evil.example\"]\n", &many(60, long)), 0, "by its domain");
}

#[test]
fn files_in_answers() {
    let piece = |kind| move |n: u64| question(n, format!("{n:x}.stage.evil.example"), kind, Some(code(n)));
    let found = judge(&[&many(200, piece("TXT"))]);
    assert_eq!((found[0].rule, found[0].severity.name()), ("dns.download", "medium"));
    assert!(found[0].title.contains("200 different names under evil.example"), "{}", found[0].title);
    assert!(rules(&many(199, piece("TXT"))).is_empty());
    assert_eq!(rules(&many(200, piece("NULL"))), ["dns.download"]);
    let allowed =
        |domain: &str| told_but(&format!("[[allow]]\nhosts = [\"{domain}\"]\n"), &many(200, piece("TXT")));
    assert_eq!((allowed(".evil.example"), allowed(".good.example")), (0, 1));
    assert!(rules(&many(200, piece("A"))).is_empty());
    // Looked up again and again, in the course of weeks, explained alike, short, or keys.
    assert!(rules(&many(900, |n| piece("TXT")(n % 210))).is_empty());
    let slow = |n: u64| {
        let mut event = piece("TXT")(n);
        event.ts *= 600;
        event
    };
    assert!(rules(&many(900, slow)).is_empty());
    let told =
        |n: u64| question(n, format!("{n}.evil.example"), "TXT", Some(format!("Blocked - see {}", code(n))));
    assert!(rules(&many(900, told)).is_empty());
    let short = |n: u64| question(n, format!("{n}.evil.example"), "TXT", Some(code(n)[..100].to_owned()));
    assert!(rules(&many(900, short)).is_empty());
    let key = |n: u64| question(n, format!("s{n}._domainkey.evil.example"), "TXT", Some(code(n)));
    assert!(rules(&many(900, key)).is_empty());
}
