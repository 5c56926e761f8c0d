//! Completion of events as the sinks see them.

use super::{Cache, Config, Enricher};
use crate::model::{Dataset, Event, Origin, SourceInfo, Sources, Transport, Value};

static WEB: Dataset = Dataset {
    name: "http",
    category: &["network_traffic", "network"],
    types: &["connection", "protocol"],
    protocol: Some("http"),
    transaction: true,
    doc: "",
};

fn enricher(internal: &[&str]) -> Enricher {
    let internal = internal.iter().map(|n| n.parse().unwrap()).collect();
    let mut enricher = Enricher::new(&Config { internal, ..Config::default() }).unwrap();
    let info = SourceInfo { path: "a.pcap".into(), fingerprint: 7, ..SourceInfo::default() };
    enricher.set_sources(Sources(vec![info]));
    enricher
}

fn event() -> Event<'static> {
    let mut event = Event::new(&WEB, Origin { source: 0, record: 3, offset: 40 }, 1_000);
    event.source.ip = Some("10.0.0.7".parse().unwrap());
    event.source.port = Some(40_000);
    event.destination.ip = Some("8.8.8.8".parse().unwrap());
    event.destination.port = Some(80);
    event.destination.bytes = Some(10);
    event.transport = Some(Transport::Tcp);
    event.end = Some(5_000);
    event
}

fn completed(enricher: &Enricher, mut event: Event<'static>) -> Vec<(String, String)> {
    let mut cache = Cache::default();
    {
        let mut borrowed: Event<'_> = event.clone();
        enricher.complete(&mut borrowed, true, &mut cache);
        event = borrowed.into_owned();
    }
    event.fields.iter().map(|(f, v)| (f.name.to_owned(), format!("{v:?}"))).collect()
}

fn value(fields: &[(String, String)], name: &str) -> String {
    fields.iter().find(|(n, _)| n == name).map_or_else(|| format!("no {name}"), |(_, v)| v.clone())
}

#[test]
fn a_transaction_gets_every_common_field_once() {
    let fields = completed(&enricher(&[]), event());
    assert_eq!(value(&fields, "network.direction"), r#"Str("outbound")"#);
    assert_eq!(value(&fields, "destination.geo.country_iso_code"), r#"Str("US")"#);
    assert_eq!(value(&fields, "destination.as.number"), "Int(15169)");
    assert_eq!(value(&fields, "destination.geo.centroid"), "Bool(true)");
    assert_eq!(value(&fields, "source.geo.country_iso_code"), "no source.geo.country_iso_code");
    assert_eq!(value(&fields, "event.duration"), "Int(4000)");
    assert_eq!(value(&fields, "server.port"), "Int(80)");
    assert_eq!(value(&fields, "netlog.packet"), "Int(3)");
    let mut names: Vec<_> = fields.iter().map(|(n, _)| n).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), fields.len());
}

#[test]
fn internal_networks_decide_the_direction() {
    let fields = completed(&enricher(&["8.8.8.0/24"]), event());
    assert_eq!(value(&fields, "network.direction"), r#"Str("inbound")"#);
}

#[test]
fn ids_are_stable_and_tell_records_apart() {
    let enricher = enricher(&[]);
    let id = |e: Event<'static>| value(&completed(&enricher, e), "event.id");
    let first = id(event());
    assert_eq!(first, id(event()));
    assert_eq!(first.len(), r#"Str("")"#.len() + 20);
    let changes: [fn(&mut Event<'static>); 4] =
        [|e| e.ordinal = 1, |e| e.origin.record = 4, |e| e.origin.offset = 41, |e| e.identity = 9];
    for change in changes {
        let mut other = event();
        change(&mut other);
        assert_ne!(first, id(other));
    }
    let mut later = event();
    later.ts = 2_000;
    assert_eq!(first, id(later), "a better inference of the time keeps the id");
}

#[test]
fn related_addresses_are_listed_once() {
    let enricher = enricher(&[]);
    let mut cache = Cache::default();
    let mut same = event();
    same.destination.ip = same.source.ip;
    enricher.complete(&mut same, true, &mut cache);
    assert_eq!(
        same.by_name("related.ip"),
        Some(&Value::List(vec!["10.0.0.7".parse::<std::net::IpAddr>().unwrap().into()]))
    );
}

/// Places that were looked up ahead, or before, are those that a look-up finds; also where many addresses meet.
#[test]
fn remembered_places_are_the_same() {
    let enricher = enricher(&[]);
    let mut cache = Cache::default();
    let address = |i: u32| std::net::Ipv4Addr::from(i.wrapping_mul(2_654_435_761) >> (i % 3));
    let events: Vec<Event<'static>> = (0..20_000)
        .map(|i| {
            let mut event = event();
            event.source.ip = Some(address(i).into());
            event.destination.ip = Some(match i % 5 {
                0 => "2001:4860:4860::8888".parse().unwrap(),
                1 => address(i / 7).to_ipv6_mapped().into(),
                _ => address(i % 512).into(),
            });
            event
        })
        .collect();
    let mut known = 0;
    for slice in events.chunks(64) {
        enricher.look_ahead(slice, &mut cache);
        for ip in slice.iter().flat_map(|event| [event.source.ip, event.destination.ip]).flatten() {
            let (place, direct) = (cache.place(&enricher, ip), enricher.place(ip));
            assert_eq!(format!("{place:?}"), format!("{direct:?}"), "{ip}");
            known += usize::from(place.network.is_some());
        }
    }
    assert!(known > 10_000, "{known}");
}
