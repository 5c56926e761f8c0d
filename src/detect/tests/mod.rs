//! Edges of thresholds and windows, and that no split or order of the input shows.

mod allowed;
mod below;
mod channels;
mod each;
mod files;
mod floods;
mod full;
mod lan;
mod later;
mod local;
mod names;
mod radius;
mod routers;
mod scans;
mod steps;

use super::{Concerned, Config, Tables};
use crate::model::{Dataset, Event, Field, Finding, Ledger, Origin, Outcome, Transport, Type, Value};
use proptest::prelude::*;

static SSHD: Dataset = Dataset {
    name: "sshd",
    category: &["authentication"],
    types: &["start"],
    protocol: None,
    transaction: false,
    doc: "",
};
static FLOW: Dataset = Dataset { name: "flow", category: &["network"], ..SSHD };
static USER: Field = Field { name: "user.name", ty: Type::Keyword, doc: "" };
static STATE: Field = Field { name: "netlog.flow.state", ty: Type::Keyword, doc: "" };
static FLAGS: Field = Field { name: "netlog.flow.source.tcp_flags", ty: Type::Keyword, doc: "" };

const SECOND: i64 = 1_000_000_000;

pub(super) fn login(n: u64, second: i64, source: &str, user: &str, outcome: Outcome) -> Event<'static> {
    let mut event = Event::new(&SSHD, Origin { source: 0, record: n, offset: n }, second * SECOND);
    event.source.ip = Some(source.parse().unwrap());
    event.outcome = outcome;
    event.push(&USER, user.to_owned());
    event
}

pub(super) fn probe(
    n: u64,
    target: &str,
    port: u16,
    state: &'static str,
    flags: &[&'static str],
) -> Event<'static> {
    let mut event = Event::new(&FLOW, Origin { source: 0, record: n, offset: n }, n.cast_signed() * SECOND);
    event.source.ip = Some("203.0.113.9".parse().unwrap());
    event.destination.ip = Some(target.parse().unwrap());
    event.destination.port = Some(port);
    event.transport = Some(Transport::Tcp);
    event.source.packets = Some(1);
    event.push(&STATE, state);
    if !flags.is_empty() {
        event.push(&FLAGS, Value::texts(flags.iter().copied()));
    }
    event
}

fn judge(parts: &[&[Event<'static>]]) -> Vec<Finding> {
    let config = Config::default();
    let mut all = Tables::new(&config);
    for part in parts {
        let (mut tables, mut concerned) = (Tables::new(&config), Concerned::default());
        part.iter().for_each(|e| tables.observe(e, &mut concerned));
        all.merge(tables);
    }
    all.judge(&mut Ledger::default()).findings
}

fn rules(events: &[Event<'static>]) -> Vec<&'static str> {
    judge(&[events]).iter().map(|f| f.rule).collect()
}

pub(super) fn failures(count: u64, every: i64) -> Vec<Event<'static>> {
    (0..count).map(|n| login(n, n.cast_signed() * every, "203.0.113.9", "root", Outcome::Failure)).collect()
}

#[test]
fn brute_force_begins_at_the_threshold_within_the_window() {
    assert!(rules(&failures(9, 1)).is_empty());
    assert_eq!(rules(&failures(10, 1)), ["login.bruteforce"]);
    assert!(rules(&failures(99, 120)).is_empty(), "one every two minutes stays below ten in ten");
}

#[test]
fn success_counts_only_after_failures() {
    let mut after = failures(5, 1);
    after.push(login(9, 30, "203.0.113.9", "root", Outcome::Success));
    let found = judge(&[&after]);
    assert_eq!(found[0].rule, "login.success_after_failures");
    assert_eq!(found[0].last.origin.record, 9);
    assert!(found[0].title.contains("as root after 5 failures"), "{}", found[0].title);
    let mut before = failures(5, 1);
    before.push(login(9, -30, "203.0.113.9", "root", Outcome::Success));
    assert!(rules(&before).is_empty());
    let mistypes = (0..12u64).map(|n| {
        let outcome = if n % 2 == 0 { Outcome::Failure } else { Outcome::Success };
        login(n, n.cast_signed() * 300, "203.0.113.9", "root", outcome)
    });
    assert!(rules(&mistypes.collect::<Vec<_>>()).is_empty(), "who gets in each time is no guesser");
    let mut elsewhere = failures(5, 1);
    elsewhere.push(login(9, 30, "198.51.100.1", "root", Outcome::Success));
    assert!(rules(&elsewhere).is_empty());
}

/// Failures of others do not make a guess of somebody's log-in, unless they are the tries of one.
#[test]
fn whose_failures_were_before_a_success() {
    let source = "203.0.113.9";
    let others = |count: u64, every: i64| -> Vec<_> {
        let one = |n: u64| login(n, n.cast_signed() * every, source, &format!("user{n}"), Outcome::Failure);
        (0..count).map(one).collect()
    };
    let worst = |mut events: Vec<Event<'static>>, user: &str| {
        let last = events.iter().map(|event| event.ts / SECOND).max().unwrap();
        events.push(login(99, last + 5, source, user, Outcome::Success));
        let found = judge(&[&events]);
        found.iter().find(|f| f.rule.starts_with("login.success")).map(|f| f.severity.name())
    };
    assert_eq!(worst(others(7, 1800), "alice"), None, "people behind one address");
    assert_eq!(worst(others(7, 1800), "user3"), None, "one of whom failed once");
    assert_eq!(worst(others(8, 1800), "alice"), Some("medium"), "a slow spray");
    assert_eq!(worst(others(5, 10), "alice"), Some("high"), "several names in a short time");
    assert_eq!(worst(others(8, 10), "alice"), Some("critical"), "a spray");
    assert_eq!(worst(failures(5, 1), "alice"), Some("medium"), "many of one other name");
    let own = |n: u64| login(20 + n, 9000 + n.cast_signed() * 1800, source, "alice", Outcome::Failure);
    let mixed: Vec<_> = others(3, 1800).into_iter().chain((0..5).map(own)).collect();
    assert_eq!(worst(mixed, "alice"), Some("critical"), "her own");
    let unknown = worst(failures(5, 1800), "");
    assert_eq!(unknown, Some("critical"), "the name that got in is not known");
}

#[test]
fn many_names_are_a_spray_and_many_sources_a_distributed_attack() {
    let spray: Vec<_> = (0..8)
        .map(|n: u64| login(n, n.cast_signed() * 3600, "203.0.113.9", &format!("user{n}"), Outcome::Failure))
        .collect();
    assert_eq!(rules(&spray), ["login.spray"]);
    let many: Vec<_> = (0..20)
        .map(|n: u64| login(n, n.cast_signed(), &format!("198.51.100.{n}"), "root", Outcome::Failure))
        .collect();
    assert_eq!(rules(&many), ["login.distributed"]);
}

#[test]
fn scans_by_port_host_and_flags() {
    let ports: Vec<_> = (1..=25).map(|p: u16| probe(p.into(), "192.0.2.1", p, "refused", &["syn"])).collect();
    assert_eq!(rules(&ports), ["scan.vertical"]);
    assert_eq!(judge(&[&ports[1..]])[0].severity.name(), "low", "few, but at once");
    assert!(rules(&ports[11..]).is_empty());
    let talks: Vec<_> =
        (1..=25).map(|p: u16| probe(p.into(), "192.0.2.1", p, "closed", &["syn", "ack"])).collect();
    assert!(rules(&talks).is_empty());
    let hosts: Vec<_> =
        (1..=20).map(|h: u64| probe(h, &format!("192.0.2.{h}"), 22, "half_open", &["syn"])).collect();
    assert_eq!(rules(&hosts), ["scan.horizontal"]);
    let kinds: [(&[&str], &str); 3] = [(&["fin"], "FIN"), (&[], "NULL"), (&["fin", "psh", "urg"], "Xmas")];
    for (flags, name) in kinds {
        let flags: Vec<&'static str> =
            flags.iter().map(|f| &*Box::leak((*f).to_owned().into_boxed_str())).collect();
        let stealth: Vec<_> =
            (1..=5).map(|p: u16| probe(p.into(), "192.0.2.1", p, "midstream", &flags)).collect();
        let found = judge(&[&stealth]);
        assert_eq!(found[0].rule, "scan.stealth");
        assert!(found[0].title.contains(name), "{}", found[0].title);
    }
    // Who was not seen to send anything sent no packet without flags.
    let mut answered: Vec<_> =
        (1..=25).map(|p: u16| probe(p.into(), "192.0.2.1", p, "midstream", &[])).collect();
    answered.iter_mut().for_each(|event| event.source.packets = Some(0));
    assert!(rules(&answered).is_empty());
}

proptest! {
    #[test]
    fn any_split_and_order_gives_the_same_findings(
        seed in prop::collection::vec((0u8..4, 0u8..12, 0i64..3000, any::<bool>()), 1..300),
        cut in 0usize..300,
        order in any::<u64>(),
    ) {
        let mut events: Vec<_> = seed
            .iter()
            .zip(0u64..)
            .map(|((source, user, second, worked), n)| {
                let outcome = if *worked && n % 7 == 0 { Outcome::Success } else { Outcome::Failure };
                login(n, *second, &format!("203.0.113.{source}"), &format!("u{user}"), outcome)
            })
            .collect();
        let whole = judge(&[&events]);
        let (a, b) = events.split_at(cut.min(events.len()));
        prop_assert_eq!(&whole, &judge(&[b, a]));
        events.sort_by_key(|e| e.origin.record.wrapping_mul(order | 1));
        prop_assert_eq!(&whole, &judge(&[&events]));
    }
}
