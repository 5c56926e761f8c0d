//! Clocks, ties, and stories of addresses.

use super::ties::Ties;
use super::*;
use crate::model::{Dataset, Origin};

const SECOND: i64 = 1_000_000_000;

const fn dataset(name: &'static str) -> Dataset {
    Dataset { name, category: &[], types: &[], protocol: None, transaction: false, doc: "" }
}
static FLOW: Dataset = dataset("flow");
static SSHD: Dataset = dataset("sshd");

fn ip(n: u64) -> IpAddr {
    std::net::Ipv4Addr::from(0xcb00_7100 + u32::try_from(n % 5).unwrap()).into()
}

fn flow(n: u64) -> Event<'static> {
    let start = n.cast_signed() * 60 * SECOND;
    let mut event = Event::new(&FLOW, Origin { source: 0, record: n, offset: n }, start);
    event.end = Some(start + 4 * SECOND);
    event.source.ip = Some(ip(n));
    event.source.port = Some(40_000 + (n % 20_000) as u16);
    event.source.packets = Some(12);
    event
}

/// A line two seconds after its flow began, on a clock that is `ahead`.
fn line(n: u64, ahead: i64) -> Event<'static> {
    // Stamps have whole seconds.
    let ts = (n.cast_signed() * 60 * SECOND + 2 * SECOND + ahead).div_euclid(SECOND) * SECOND;
    let mut event = Event::new(&SSHD, Origin { source: 1, record: n, offset: n }, ts);
    event.source.ip = Some(ip(n));
    event.source.port = Some(40_000 + (n % 20_000) as u16);
    event
}

fn ties(events: &[Event<'static>]) -> Ties {
    let mut ties = Ties::default();
    events.iter().for_each(|event| ties.observe(event.source.ip.unwrap(), event));
    ties
}

fn events(count: u64, ahead: i64) -> Vec<Event<'static>> {
    (0..count).map(flow).chain((0..count).map(|n| line(n, ahead))).collect()
}

#[test]
fn the_skew_of_a_clock_is_found_and_bounded() {
    for ahead in [0, SECOND / 2, 90 * SECOND, -90 * SECOND, 7200 * SECOND, -3600 * SECOND] {
        let skews = ties(&events(20, ahead)).skews();
        assert_eq!((skews.len(), skews[0].source, skews[0].lines, skews[0].tied), (1, 1, 20, 20), "{ahead}");
        let (from, to) = skews[0].ahead.unwrap();
        // The flow has four seconds, the stamp one.
        assert!(from <= ahead && ahead <= to && to - from <= 5 * SECOND, "{ahead}: {from} to {to}");
    }
}

#[test]
fn too_few_or_others_connections_tie_nothing() {
    assert_eq!(ties(&events(2, 0)).skews()[0].ahead, None);
    // Every line on a clock of its own.
    let mut strange: Vec<_> = (0..20).map(flow).collect();
    strange.extend((0..20u64).map(|n| line(n, n.cast_signed() * 1000 * SECOND)));
    assert_eq!(ties(&strange).skews()[0].ahead, None);
    assert_eq!(ties(&events(20, 40 * 3600 * SECOND)).skews()[0].ahead, None, "further than a day and a zone");
    let scans: Vec<_> = events(20, 0)
        .into_iter()
        .map(|mut e| {
            e.source.packets = Some(1);
            e
        })
        .collect();
    assert!(ties(&scans).skews().is_empty());
}

#[test]
fn what_is_remembered_is_bounded_and_the_same_for_any_order() {
    let many: Vec<_> = (0..40_000u64)
        .flat_map(|n| {
            let mut pair = [flow(n), line(n, 0)];
            let client = std::net::Ipv4Addr::from(0x0a00_0000 + u32::try_from(n).unwrap()).into();
            pair.iter_mut().for_each(|event| {
                event.source.ip = Some(client);
                event.source.port = Some(50_000);
            });
            pair
        })
        .collect();
    let whole = ties(&many);
    let mut parts = ties(&many[30_000..]);
    let mut first = ties(&many[..30_000]);
    parts.merge(&mut first);
    // What is used again knows the border, and changes nothing.
    many.iter().for_each(|event| first.observe(event.source.ip.unwrap(), event));
    parts.merge(&mut first);
    assert_eq!(whole.skews(), parts.skews());
    assert!(whole.sampled() && whole.skews()[0].tied == 1 << 14, "{:?}", whole.skews());
}
