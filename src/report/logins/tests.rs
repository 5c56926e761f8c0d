//! Caps and merging.

use super::tally::{AuthTally, Caps};
use super::{FIELDS, Kind, MARK, Place, Selection};
use crate::model::{Dataset, Event, Field, Origin, Ts, Type, Value};
use crate::report::{Facts, Tallying};
use std::net::IpAddr;

static DATASET: Dataset =
    Dataset { name: "sshd", category: &[], types: &[], protocol: None, transaction: false, doc: "" };
static KIND: Field = Field { name: MARK.0, ty: Type::Keyword, doc: "" };
static USER: Field = Field { name: "user.name", ty: Type::Keyword, doc: "" };
static COUNT: Field = Field { name: "netlog.count", ty: Type::Long, doc: "" };

fn event(record: u64, ts: Ts, host: u32, kind: &'static str, user: &str) -> Event<'static> {
    let origin = Origin { source: 0, record, offset: 0 };
    let mut event = Event::new(&DATASET, origin, ts);
    event.source.ip = Some(IpAddr::V4(host.into()));
    event.push(&KIND, Value::text(kind));
    event.push(&USER, user.to_owned());
    event
}

fn events() -> Vec<Event<'static>> {
    let kinds = ["failed", "pam", "invalid_user", "accepted", "preauth", "pam_more"];
    (0..4000u32)
        .map(|i| {
            let kind = kinds[(i * i % 97 % 6) as usize];
            let mut event = event(i.into(), Ts::from(i / 3), i * 31 % 57, kind, &format!("u{}", i * 13 % 41));
            event.push(&COUNT, i64::from(i % 4));
            event
        })
        .collect()
}

fn answer(mut tally: AuthTally) -> String {
    format!("{:?}", tally.finish(Selection::default(), Facts::default(), |_| Place::default()))
}

/// Counted in blocks of so many events, which are put into `tally`.
fn in_blocks(mut tally: AuthTally, all: &[Event<'static>], size: usize) -> AuthTally {
    for block in all.chunks(size) {
        let mut told = AuthTally::default();
        block.iter().for_each(|event| told.observe(event));
        tally.merge(told);
    }
    tally
}

#[test]
fn blocks_merged_in_order_are_the_whole() {
    let all = events();
    let mut whole = AuthTally::default();
    all.iter().for_each(|e| whole.observe(e));
    let whole = answer(whole);
    for size in [1, 7, 1000] {
        assert_eq!(answer(in_blocks(AuthTally::default(), &all, size)), whole, "{size}");
    }
}

#[test]
fn what_finds_no_room_is_in_the_sums() {
    let caps = Caps { hosts: 2, names: 100, pairs: 100, users_of_host: 3 };
    let event = |i: u32| event(i.into(), 0, i % 3, "failed", &format!("u{i}"));
    let all: Vec<_> = (0..30).map(event).collect();
    for size in [1, 7, 30] {
        let mut tally = in_blocks(AuthTally::with_caps(caps), &all, size);
        let answer = tally.finish(Selection::default(), Facts::default(), |_| Place::default());
        assert_eq!((answer.hosts.len(), answer.total.of(Kind::Other)), (2, 30));
        assert_eq!(answer.beyond.failures(), 10);
        assert!(answer.hosts.iter().all(|h| h.users.len() == 3 && h.unlisted == 7), "{:?}", answer.hosts);
    }
}

#[test]
fn large_numbers_are_counted_in_full() {
    let mut all: Vec<_> = (0..5000).map(|i| event(i, 0, 1, "failed", "u")).collect();
    all.iter_mut().for_each(|event| event.push(&COUNT, 1_000_000i64));
    all.push(event(5000, 0, 1, "failed", "u"));
    for size in [1, 3000, 5001] {
        let mut tally = in_blocks(AuthTally::default(), &all, size);
        let answer = tally.finish(Selection::default(), Facts::default(), |_| Place::default());
        let host = answer.hosts.get(0).unwrap();
        let users = &[("u", 5_000_000_001)][..];
        assert_eq!((host.counts.of(Kind::Other), host.users.as_slice()), (5_000_000_001, users), "{size}");
        assert_eq!((answer.total.failed(), host.unlisted), (5_000_000_001, 0));
    }
}

#[test]
fn an_earlier_line_with_a_later_stamp_comes_later() {
    let mut tally = AuthTally::default();
    tally.observe(&event(1, 50, 1, "accepted", "a"));
    tally.observe(&event(2, 10, 1, "failed", "a"));
    tally.observe(&event(3, 10, 2, "accepted", "a"));
    tally.observe(&event(4, 50, 2, "failed", "a"));
    let answer = tally.finish(Selection::default(), Facts::default(), |_| Place::default());
    let after: Vec<bool> = answer.hosts.iter().map(|h| h.after_failure).collect();
    assert_eq!(after, [true, false]);
    assert_eq!(answer.intruders.len(), 1);
}

#[test]
fn only_declared_fields_are_looked_at() {
    assert!(FIELDS.contains(&MARK.0) && FIELDS.contains(&USER.name) && FIELDS.contains(&COUNT.name));
}
