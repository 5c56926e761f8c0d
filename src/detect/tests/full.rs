//! More subjects than a table keeps.

use super::super::SUBJECTS_MAX;
use super::*;
use std::net::Ipv4Addr;

/// What is found if every part begins with tables that know of those before, or that know of none.
fn found(parts: &[&[Event<'static>]], beside: bool) -> (Vec<Finding>, u64) {
    let config = Config::default();
    let mut all = Tables::new(&config);
    for part in parts {
        let mut tables = if beside { Tables::new(&config) } else { all.part() };
        part.iter().for_each(|e| tables.observe(e, &mut Concerned::default()));
        all.merge(tables);
    }
    let mut ledger = Ledger::default();
    let findings = all.judge(&mut ledger).findings;
    (findings, ledger.caps.get("detect.subjects").map_or(0, |cap| cap.count))
}

/// Sources that guess before and after a flood of others, some of which are in the first half by name, some not.
fn flooded() -> Vec<Event<'static>> {
    let guess = |n: u64| {
        let sources = ["1.0.0.1", "2.0.0.7", "100.64.9.9", "203.0.113.9", "99.0.0.3"];
        sources.map(|source| login(n, n.cast_signed(), source, "root", Outcome::Failure))
    };
    let step = u32::MAX / (SUBJECTS_MAX as u32 * 2);
    let flood = (0..SUBJECTS_MAX as u32 * 2).map(|n| {
        let source = Ipv4Addr::from(n.wrapping_mul(2_654_435_761) / step * step).to_string();
        login(20 + u64::from(n), 20, &source, "root", Outcome::Failure)
    });
    (0..6).flat_map(guess).chain(flood).chain((6..12).flat_map(guess)).collect()
}

#[test]
fn who_stays_depends_on_no_split() {
    let events = flooded();
    let (whole, caps) = found(&[&events], false);
    let sources: Vec<_> =
        whole.iter().filter(|f| f.rule == "login.bruteforce").map(|f| &*f.subject).collect();
    assert!(sources.contains(&"1.0.0.1") && !sources.contains(&"99.0.0.3"), "{sources:?}");
    assert_eq!(caps, 1);
    for size in [events.len() / 2 + 1, 9000, 1024] {
        let parts: Vec<_> = events.chunks(size).collect();
        assert_eq!(found(&parts, false), (whole.clone(), 1), "{size}");
        assert_eq!(found(&parts, true), (whole.clone(), 1), "{size}");
    }
}
