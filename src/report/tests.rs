use super::*;
use crate::model::{
    Dataset, Event, Evidence, Field, FieldRef, Finding, Origin, Outcome, Severity, Transport, Ts, Type, Value,
};
use std::net::{IpAddr, Ipv4Addr};

static FLOW: Dataset = Dataset {
    name: "flow",
    category: &["network"],
    types: &["connection"],
    protocol: None,
    transaction: false,
    doc: "t",
};
static DNS: Dataset = Dataset {
    name: "dns",
    category: &["network"],
    types: &["protocol"],
    protocol: Some("dns"),
    transaction: true,
    doc: "t",
};
static SSHD: Dataset = Dataset {
    name: "sshd",
    category: &["authentication"],
    types: &["info"],
    protocol: None,
    transaction: false,
    doc: "t",
};

macro_rules! field {
    ($id:ident, $name:literal) => {
        static $id: Field = Field { name: $name, ty: Type::Keyword, doc: "t" };
    };
}
field!(QUESTION, "dns.question.name");
field!(CODE, "dns.response_code");
field!(COUNTRY, "source.geo.country_iso_code");
field!(COUNTRY_NAME, "source.geo.country_name");
field!(ASN, "source.as.number");
field!(AS_NAME, "source.as.organization.name");
field!(USER, "user.name");
field!(LINE, "netlog.line");
field!(FINAL, "flow.final");

const SECOND: Ts = 1_000_000_000;

fn event(dataset: &'static Dataset, ts: Ts, from: [u8; 4], to: [u8; 4]) -> Event<'static> {
    let mut event = Event::new(dataset, Origin::default(), ts);
    event.source.ip = Some(IpAddr::V4(Ipv4Addr::from(from)));
    event.destination.ip = Some(IpAddr::V4(Ipv4Addr::from(to)));
    event
}

fn with(mut event: Event<'static>, fields: &[(FieldRef, Value<'static>)]) -> Event<'static> {
    event.fields.extend(fields.iter().cloned());
    event
}

/// A morning: flows, queries some of which fail, and log-ins of which one gets in after failures.
fn morning() -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for i in 0..600i64 {
        let mut flow = event(&FLOW, i * SECOND, [192, 168, 1, (i % 5) as u8], [203, 0, 113, 9]);
        flow.source.bytes = Some(100);
        flow.destination.bytes = Some(1000);
        flow.destination.port = Some(443);
        flow.transport = Some(Transport::Tcp);
        events.push(with(flow, &[(&FINAL, (i % 10 != 0).into())]));
        let mut dns = event(&DNS, i * SECOND + 7, [192, 168, 1, 2], [192, 168, 1, 1]);
        dns.end = (i % 7 != 0).then_some(i * SECOND + 7 + 1_000_000 * (i + 1));
        dns.outcome = if i % 3 == 0 { Outcome::Failure } else { Outcome::Success };
        dns.source.bytes = Some(40);
        let name = format!("host{}.example", i * i % 23);
        let code = if i % 3 == 0 { "NXDOMAIN" } else { "NOERROR" };
        events.push(with(dns, &[(&QUESTION, name.into()), (&CODE, code.into())]));
        let mut login = event(&SSHD, i * SECOND + 9, [198, 51, 100, (i % 2) as u8], [10, 0, 0, 1]);
        login.destination.ip = None;
        login.outcome = if i == 401 { Outcome::Success } else { Outcome::Failure };
        let fields: &[(FieldRef, Value<'static>)] = &[
            (&COUNTRY, "NL".into()),
            (&COUNTRY_NAME, "Netherlands".into()),
            (&ASN, 64500i64.into()),
            (&AS_NAME, "Example Net".into()),
            (&USER, if i % 4 == 1 { "root".into() } else { format!("user{}", i % 11).into() }),
            (&LINE, i.into()),
        ];
        events.push(with(login, fields));
    }
    events
}

fn report(blocks: &[&[Event<'static>]]) -> Report {
    let mut whole = Tally::new();
    for block in blocks {
        let mut tally = Tally::new();
        block.iter().for_each(|event| tally.observe(event));
        whole.merge(&mut tally);
    }
    whole.finish(Facts::default())
}

fn table<'r>(report: &'r Report, id: &str) -> &'r Table {
    let blocks = report.sections.iter().flat_map(|s| &s.blocks);
    let mut tables = blocks.filter_map(|b| if let Block::Table(t) = b { Some(t) } else { None });
    tables.find(|t| t.id == id).unwrap_or_else(|| panic!("no table {id}"))
}

#[test]
fn blocks_give_what_the_whole_gives() {
    let events = morning();
    let whole = format!("{:?}", report(&[&events]));
    for size in [1, 7, 64, 1000] {
        let blocks: Vec<&[Event<'static>]> = events.chunks(size).collect();
        assert_eq!(format!("{:?}", report(&blocks)), whole, "blocks of {size}");
    }
    let mut tally = Tally::new();
    tally.merge(&mut Tally::new());
    events.iter().for_each(|event| tally.observe(event));
    assert_eq!(format!("{:?}", tally.finish(Facts::default())), whole);
}

#[test]
fn names_codes_and_latency_of_dns() {
    let report = report(&[&morning()]);
    let codes = table(&report, "dns.codes");
    assert_eq!(
        codes.rows,
        [
            vec![Cell::text("NOERROR"), Cell::Number(400), Cell::Empty],
            vec![Cell::text("NXDOMAIN"), Cell::Number(200), Cell::Number(200)],
        ]
    );
    let failed = table(&report, "dns.failed");
    assert_eq!(failed.columns.len(), 4);
    assert!(failed.rows.iter().all(|row| row[1] == Cell::text("NXDOMAIN")));
    let dns = report.sections.iter().find(|s| s.id == "dns").unwrap();
    let Block::Facts(facts) = &dns.blocks[0] else { panic!("no facts") };
    assert_eq!(facts[2], ("Unanswered", Unit::Count, Cell::Number(86)));
    let (name, _, Cell::Number(median)) = facts[3] else { panic!("no median") };
    assert_eq!(name, "Latency, median");
    // The median of 1 to 600 ms without every seventh: 300 ms.
    assert!(median.abs_diff(300_000_000) < 3_000_000, "{median}");
}

#[test]
fn intermediate_flow_records_and_bytes_within_flows_do_not_count_twice() {
    let report = report(&[&morning()]);
    let services = table(&report, "services");
    assert_eq!(services.rows[0][3..], [Cell::Number(540), Cell::Number(54_000), Cell::Number(540_000)]);
    let server = table(&report, "hosts.destinations").rows.iter().find(|r| r[0] == Cell::text("203.0.113.9"));
    let server = server.unwrap();
    assert_eq!(server[3..6], [Cell::Empty, Cell::Number(540), Cell::Number(540_000)]);
    let resolver =
        table(&report, "hosts.destinations").rows.iter().find(|r| r[0] == Cell::text("192.168.1.1"));
    assert_eq!(resolver.unwrap()[3..6], [Cell::Number(600), Cell::Empty, Cell::Empty]);
}

#[test]
fn log_ins_and_countries() {
    let report = report(&[&morning()]);
    let after = table(&report, "logins.after");
    assert_eq!(after.rows.len(), 1);
    let (first, last) = (Cell::Time(SECOND + 9), Cell::Time(599 * SECOND + 9));
    assert_eq!(
        after.rows[0],
        [
            Cell::text("198.51.100.1"),
            "sshd".into(),
            "NL".into(),
            Cell::Number(299),
            Cell::Empty,
            Cell::Number(1),
            first,
            last
        ]
    );
    assert_eq!(
        table(&report, "logins.users").rows[0][..3],
        [Cell::text("root"), "sshd".into(), Cell::Number(149)]
    );
    let nl = &report.countries[0];
    assert_eq!((nl.code.as_str(), nl.name.as_str(), nl.requests, nl.hosts), ("NL", "Netherlands", 600, 2));
    assert_eq!(table(&report, "hosts.networks").rows[0][..2], [Cell::text("Example Net"), "AS64500".into()]);
}

#[test]
fn one_log_in_with_several_messages_counts_once() {
    field!(KIND, "netlog.auth.kind");
    field!(TIMES, "netlog.count");
    field!(ADDRESS, "source.address");
    let say = |kind: &'static str, times: i64, outcome| {
        let mut event = event(&SSHD, 0, [0; 4], [0; 4]);
        (event.source.ip, event.destination.ip, event.outcome) = (None, None, outcome);
        with(event, &[(&KIND, kind.into()), (&TIMES, times.into()), (&ADDRESS, "host.example".into())])
    };
    let events = [
        say("invalid_user", 1, Outcome::Failure),
        say("pam", 1, Outcome::Failure),
        say("failed", 5, Outcome::Failure),
        say("pam_more", 3, Outcome::Failure),
        say("preauth", 1, Outcome::Failure),
        say("accepted", 1, Outcome::Success),
        say("session_open", 1, Outcome::Success),
    ];
    let report = report(&[&events]);
    let row = &table(&report, "logins.hosts").rows[0];
    let counts = [Cell::Number(5), Cell::Number(4), Cell::Number(1)];
    assert_eq!((&row[0], &row[3..6]), (&Cell::text("host.example"), &counts[..]));
}

#[test]
fn the_time_line_gets_coarser_and_keeps_every_event() {
    let report = report(&[&morning()]);
    assert_eq!(report.timeline.step, 10 * SECOND);
    let sum: u64 = report.timeline.series.iter().flat_map(|(_, bins)| bins).map(|b| b.count).sum();
    assert_eq!(sum, 1800);
    let far = [event(&FLOW, i64::MIN, [1; 4], [2; 4]), event(&FLOW, i64::MAX, [1; 4], [2; 4])];
    let blocks: [&[Event<'static>]; 2] = [&morning(), &far];
    let far = super::tests::report(&blocks);
    assert_eq!(far.span, Some((i64::MIN, i64::MAX)));
}

#[test]
fn nothing_read_nothing_said() {
    let report = report(&[]);
    let ids: Vec<&str> = report.sections.iter().map(|s| s.id).collect();
    assert_eq!(ids, ["inputs", "findings", "undecoded"]);
}

#[test]
fn of_many_findings_the_first_are_told_and_all_are_counted() {
    let finding = |n: u64| Finding {
        rule: if n.is_multiple_of(3) { "scan.ports" } else { "dns.tunnel" },
        severity: if n.is_multiple_of(3) { Severity::Low } else { Severity::High },
        attack: &[],
        subject: n.to_string(),
        title: format!("finding {n}"),
        advice: "",
        targets: Vec::new(),
        count: 2,
        first: Evidence { ts: 0, origin: Origin::default() },
        last: Evidence { ts: 0, origin: Origin::default() },
    };
    let listing = |findings: u64| {
        let facts = Facts { findings: (0..findings).map(finding).collect(), ..Facts::default() };
        let report = Tally::new().finish(facts);
        let blocks = report.sections.into_iter().flat_map(|section| section.blocks);
        blocks.into_iter().find_map(|block| match block {
            Block::Listing(table) if table.id == "findings_by_rule" => Some(table.rows),
            _ => None,
        })
    };
    assert_eq!(listing(DETAILED as u64), None);
    let rows =
        |rule: &str, severity: &str, n: u64| vec![rule.into(), severity.into(), n.into(), (2 * n).into()];
    let want = vec![rows("dns.tunnel", "high", 200), rows("scan.ports", "low", 100)];
    assert_eq!(listing(300), Some(want));
}
