//! Who talked, over what, and from which country.

use super::{ROWS, section};
use crate::report::hosts::{Host, Named, Traffic};
use crate::report::kinds::Kind;
use crate::report::model::{Block, Cell, Column, Section, Table, Unit};
use crate::report::tally::{Tally, code};
use crate::report::top::Top;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses by what they began and by what was asked of them, and their networks.
pub fn hosts(tally: &Tally) -> Section {
    let owners: BTreeMap<u32, &str> =
        tally.hosts.networks.rows().map(|(asn, row)| (*asn, &*row.name)).collect();
    let blocks = vec![
        table("hosts.sources", "Who began", tally, &owners, |host| &host.acted),
        table("hosts.destinations", "Who was asked", tally, &owners, |host| &host.served),
        networks(tally),
    ];
    section("hosts", "Who talked", blocks)
}

const TRAFFIC: [Column; 5] = [
    Column::new("requests", "Requests", Unit::Count, 0),
    Column::new("flows", "Flows", Unit::Count, 1),
    Column::new("sent", "Sent", Unit::Bytes, 2),
    Column::new("received", "Received", Unit::Bytes, 4),
    Column::new("failures", "Failed", Unit::Count, 3),
];

fn cells(traffic: &Traffic) -> [Cell; 5] {
    let t = traffic;
    [t.requests, t.flows, t.sent, t.received, t.failures].map(Cell::nonzero)
}

fn rank(traffic: &Traffic) -> (u64, u64) {
    (traffic.requests + traffic.flows, traffic.sent.saturating_add(traffic.received))
}

fn table(
    id: &'static str,
    title: &'static str,
    tally: &Tally,
    owners: &BTreeMap<u32, &str>,
    side: impl Fn(&Host) -> &Traffic,
) -> Block {
    let mut columns = vec![
        Column::new("host", "Host", Unit::Text, 0),
        Column::new("place", "From", Unit::Text, 0),
        Column::new("owner", "Network", Unit::Text, 0),
    ];
    columns.extend(TRAFFIC);
    let is_active = |host: &Host| *side(host) != Traffic::default();
    let ranked = tally.hosts.hosts.ranked(ROWS, |host| (is_active(host), rank(side(host))));
    let active = ranked.iter().filter(|(_, host)| is_active(host));
    let rows: Vec<Vec<Cell>> = active
        .clone()
        .take(ROWS)
        .map(|(ip, host)| {
            let place = host.country.map_or_else(|| class(**ip).to_owned(), code);
            let owner = host.asn.and_then(|asn| owners.get(&asn).copied()).filter(|name| !name.is_empty());
            let mut row = vec![ip.to_string().into(), place.into(), owner.into()];
            row.extend(cells(side(host)));
            row
        })
        .collect();
    let (distinct, exact) = (active.count() as u64, tally.hosts.hosts.exact());
    Block::Table(Table { id, title, columns, rows, distinct, exact })
}

/// What an address without a country is, for the reader; IANA special-purpose registries.
fn class(ip: IpAddr) -> &'static str {
    let (private, link_local, broadcast) = match ip {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            (v4.is_private() || shared, v4.is_link_local(), v4.is_broadcast())
        }
        IpAddr::V6(v6) => (v6.is_unique_local(), v6.is_unicast_link_local(), false),
    };
    match ip {
        _ if ip.is_loopback() => "loopback",
        _ if private => "private",
        _ if link_local => "link-local",
        _ if ip.is_multicast() => "multicast",
        _ if broadcast => "broadcast",
        _ => "",
    }
}

fn named<K: std::hash::Hash + Eq + Ord + Clone>(
    (id, title): (&'static str, &'static str),
    mut columns: Vec<Column>,
    top: &Top<K, Named>,
    key: impl Fn(&K, &Named) -> Vec<Cell>,
) -> Block {
    columns.extend(TRAFFIC);
    let rows = top.ranked(ROWS, |row| rank(&row.traffic)).into_iter().take(ROWS).map(|(k, row)| {
        let mut cells_of = key(k, row);
        cells_of.extend(cells(&row.traffic));
        cells_of
    });
    let rows = rows.collect();
    Block::Table(Table { id, title, columns, rows, distinct: top.distinct(), exact: top.exact() })
}

fn networks(tally: &Tally) -> Block {
    let columns =
        vec![Column::new("network", "Network", Unit::Text, 0), Column::new("asn", "AS", Unit::Text, 0)];
    named(("hosts.networks", "Networks"), columns, &tally.hosts.networks, |asn, row| {
        vec![(&*row.name).into(), format!("AS{asn}").into()]
    })
}

/// Countries of all addresses.
pub fn countries(tally: &Tally) -> Section {
    let columns =
        vec![Column::new("country", "Country", Unit::Text, 0), Column::new("code", "Code", Unit::Text, 0)];
    let table = named(("countries", ""), columns, &tally.hosts.countries, |country, row| {
        vec![(&*row.name).into(), code(*country).into()]
    });
    section("countries", "Countries", vec![table])
}

/// Kinds of events, and server ports with what was spoken there.
pub fn services(tally: &Tally) -> Section {
    let columns = vec![
        Column::new("transport", "Over", Unit::Text, 0),
        Column::new("port", "Port", Unit::Text, 0),
        Column::new("protocol", "Protocol", Unit::Text, 0),
        Column::new("flows", "Flows", Unit::Count, 0),
        Column::new("sent", "To server", Unit::Bytes, 0),
        Column::new("received", "From server", Unit::Bytes, 0),
    ];
    let top = &tally.hosts.services;
    let ranked = top.ranked(ROWS, |t| (t.flows, t.sent.saturating_add(t.received)));
    let rows = ranked.into_iter().take(ROWS).map(|((transport, port, protocol), t)| {
        let protocol = if protocol.is_empty() { Cell::Empty } else { (&**protocol).into() };
        let port = port.to_string().into();
        vec![
            transport_name(*transport).into(),
            port,
            protocol,
            t.flows.into(),
            t.sent.into(),
            t.received.into(),
        ]
    });
    let services = Block::Table(Table {
        id: "services",
        title: "Ports and protocols",
        columns,
        rows: rows.collect(),
        distinct: top.distinct(),
        exact: top.exact(),
    });
    let mut blocks = vec![kinds(tally), services];
    blocks.extend(super::protocols::facets(tally, "services"));
    section("services", "Services and protocols", blocks)
}

fn kinds(tally: &Tally) -> Block {
    let columns = [
        Column::new("dataset", "Event", Unit::Text, 0),
        Column::new("events", "Count", Unit::Count, 0),
        Column::new("failures", "Failed", Unit::Count, 0),
        Column::new("unanswered", "Unanswered", Unit::Count, 1),
        Column::new("bytes", "Bytes", Unit::Bytes, 0),
        Column::new("median", "Median", Unit::Duration, 0),
        Column::new("p99", "99 %", Unit::Duration, 0),
    ];
    let mut kinds = tally.kinds.sorted();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.events));
    let row = |kind: &&Kind| {
        let k = *kind;
        let counts = [k.events, k.failures, k.unanswered, k.bytes].map(Cell::nonzero);
        let times = [500, 990].map(|permille| k.latency.quantile(permille).into());
        std::iter::once(k.dataset.name.into()).chain(counts).chain(times).collect()
    };
    super::whole("kinds", "Kinds of events", &columns, kinds.iter().map(row).collect())
}

fn transport_name(number: u8) -> String {
    match number {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "icmpv6".to_owned(),
        132 => "sctp".to_owned(),
        other => format!("ip {other}"),
    }
}
