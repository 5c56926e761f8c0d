//! Guesses that know no address, and guesses from many of them.

use super::each::{dataset, event, many};
use super::{judge, login, rules};
use crate::model::{Dataset, Event, Outcome, Value};

static SUDO: Dataset = dataset("sudo", false);

/// What sudo said to bob: refused so many passwords, or let him.
fn sudo(n: u64, second: i64, refused: i64) -> Event<'static> {
    let mut fields: Vec<(&'static str, Value<'static>)> = vec![
        ("user.name", "bob".into()),
        ("user.effective.name", "root".into()),
        ("host.name", "web".into()),
    ];
    if refused > 0 {
        fields.extend([("netlog.auth.kind", "failed".into()), ("netlog.count", refused.into())]);
    }
    let mut event = event(&SUDO, n, second, &fields);
    (event.source.ip, event.destination.ip) = (None, None);
    event.outcome = if refused > 0 { Outcome::Failure } else { Outcome::Success };
    event
}

#[test]
fn guesses_on_the_machine_itself() {
    let tries = |count| many(count, |n| sudo(n, n.cast_signed() * 20, 3));
    assert!(rules(&tries(3)).is_empty(), "nine");
    let found = judge(&[&tries(4)]);
    assert_eq!((found[0].rule, found[0].subject.as_str(), found[0].count), ("local.bruteforce", "web", 12));
    let with = |count, at| {
        let mut events = tries(count);
        events.push(sudo(99, at, 0));
        judge(&[&events])
    };
    let found = with(4, 300);
    assert_eq!((found[0].rule, found[0].severity.name()), ("local.success_after_failures", "high"));
    assert_eq!((found[0].last.origin.record, found.len()), (99, 2));
    assert_eq!(with(2, 300)[0].severity.name(), "medium");
    assert!(with(1, 300).is_empty(), "mistyped");
    assert!(with(2, -5).is_empty(), "before");
    let mut remote = tries(4);
    remote.iter_mut().for_each(|event| event.source.ip = Some("203.0.113.9".parse().unwrap()));
    assert!(!rules(&remote).iter().any(|rule| rule.starts_with("local")));
}

#[test]
fn guesses_from_many_places_that_end_with_a_way_in() {
    let source = |n: u64| format!("198.51.100.{n}");
    let failures = || many(30, |n| login(n, n.cast_signed() * 60, &source(n), "root", Outcome::Failure));
    let told = |second: i64, from: &str| {
        let mut events = failures();
        events.push(login(99, second, from, "root", Outcome::Success));
        let found = judge(&[&events]);
        assert_eq!((found.len(), found[0].rule), (1, "login.distributed"), "{found:?}");
        (found[0].severity.name(), found[0].last.origin.record)
    };
    assert_eq!(told(1800, &source(7)), ("high", 99));
    assert_eq!(told(1800, "192.0.2.77"), ("medium", 99));
    assert_eq!(told(600, "192.0.2.77"), ("low", 29), "too early");
    let mut owner = failures();
    owner.push(login(97, -1, "192.0.2.77", "root", Outcome::Success));
    owner.push(login(98, 1800, "192.0.2.77", "root", Outcome::Success));
    assert_eq!(judge(&[&owner])[0].severity.name(), "low");
}
