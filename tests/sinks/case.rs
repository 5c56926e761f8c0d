//! A small case with something for every section of the report, made by hand.

use netlog::fields;
use netlog::model::{
    Allowed, Counts, Dataset, Endpoint, Event, Evidence, Finding, InputFault, Ledger, Origin, Outcome, Ran,
    Severity, SourceInfo, Sources, Transport, Ts, Value,
};
use netlog::report::{Facts, Report, Tally};

fields! {
    pub FIELDS;
    STAMP: Date, "@timestamp", "t";
    ID: Keyword, "event.id", "t";
    DATASET: Keyword, "event.dataset", "t";
    CATEGORY: Keyword, "event.category", "t";
    SOURCE_IP: Ip, "source.ip", "t";
    COUNTRY: Keyword, "source.geo.country_iso_code", "t";
    COUNTRY_NAME: Keyword, "source.geo.country_name", "t";
    LOCATION: GeoPoint, "source.geo.location", "t";
    ASN: Long, "source.as.number", "t";
    AS_NAME: Keyword, "source.as.organization.name", "t";
    DESTINATION_IP: Ip, "destination.ip", "t";
    LINE: Long, "netlog.line", "t";
    QUESTION: Keyword, "dns.question.name", "t";
    CODE: Keyword, "dns.response_code", "t";
    ANSWERS: Object, "dns.answers", "t";
    AGENT: Wildcard, "user_agent.original", "t";
    PATH: Wildcard, "url.path", "t";
    STATUS: Long, "http.response.status_code", "t";
    HEADERS: Flattened, "http.request.headers", "t";
    RATIO: Double, "test.ratio", "t";
    FLAG: Boolean, "test.flag", "t";
    USER: Keyword, "user.name", "t";
    HOST: Keyword, "host.name", "t";
    PROCESS: Keyword, "process.name", "t";
    PROTOCOL: Keyword, "network.protocol", "t";
}

macro_rules! dataset {
    ($id:ident $name:literal $category:literal $transaction:literal) => {
        pub static $id: Dataset = Dataset {
            name: $name,
            category: &[$category],
            types: &["info"],
            protocol: None,
            transaction: $transaction,
            doc: "t",
        };
    };
}
dataset!(FLOW "flow" "network" false);
dataset!(DNS "dns" "network" true);
dataset!(HTTP "http" "network" true);
dataset!(ACCESS "apache.access" "web" false);
dataset!(SSHD "sshd" "authentication" false);

/// 2026-03-01T10:00:00Z
const START: Ts = 1_772_359_200_000_000_000;
const SECOND: Ts = 1_000_000_000;

fn event(dataset: &'static Dataset, i: i64, source: &str) -> Event<'static> {
    let origin =
        Origin { source: u32::from(!dataset.transaction), record: i.unsigned_abs() + 1, offset: 100 };
    let mut event = Event::new(dataset, origin, START + i * SECOND);
    event.source.ip = source.parse().ok();
    event
}

/// What enrich would append, as far as the tests need it.
fn complete(mut event: Event<'static>) -> Event<'static> {
    event.push(&STAMP, Value::Time(event.ts));
    event.push(&DATASET, event.dataset.name);
    event.push(&CATEGORY, Value::Words(event.dataset.category));
    event.push(&ID, format!("{}-{}", event.dataset.name, event.origin.record));
    if let Some(ip) = event.source.ip {
        event.push(&SOURCE_IP, ip);
        if ip.to_string().starts_with("203") {
            event.push(&COUNTRY, "NL");
            event.push(&COUNTRY_NAME, "Netherlands");
            event.push(&LOCATION, Value::Geo(52.5, 5.75));
            event.push(&ASN, 64500u32);
            event.push(&AS_NAME, "Example Hosting B.V.");
        }
    }
    if let Some(ip) = event.destination.ip {
        event.push(&DESTINATION_IP, ip);
    }
    event
}

/// The events; `text` stands wherever an attacker chooses text.
pub fn events(text: &str) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for i in 0..12i64 {
        let mut flow = event(&FLOW, i, "192.168.1.20");
        flow.destination =
            Endpoint { ip: "203.0.113.9".parse().ok(), port: Some(443), ..Endpoint::default() };
        flow.source.bytes = Some(1500 * i.unsigned_abs());
        flow.destination.bytes = Some(1_000_000 * i.unsigned_abs());
        flow.transport = Some(Transport::Tcp);
        flow.push(&PROTOCOL, "tls");
        events.push(complete(flow));
        events.push(complete(dns(i, text)));
        events.push(complete(http(i, text)));
        let mut access = event(&ACCESS, i, "203.0.113.7");
        access.push(&PATH, format!("/{text}"));
        access.push(&AGENT, text.to_owned());
        access.push(&STATUS, if i % 2 == 0 { 200i64 } else { 404 });
        access.push(&HOST, "www");
        access.push(&PROCESS, "apache2");
        access.push(&LINE, i + 1);
        access.outcome = if i % 2 == 0 { Outcome::Success } else { Outcome::Failure };
        events.push(complete(access));
        let mut login = event(&SSHD, i, "203.0.113.7");
        login.outcome = if i == 11 { Outcome::Success } else { Outcome::Failure };
        login.push(&USER, text.to_owned());
        login.push(&HOST, "web");
        login.push(&PROCESS, "sshd");
        login.push(&LINE, 100 + i);
        events.push(complete(login));
    }
    events
}

fn dns(i: i64, text: &str) -> Event<'static> {
    let mut dns = event(&DNS, i, "192.168.1.20");
    dns.destination.ip = "192.168.1.1".parse().ok();
    dns.end = (i != 3).then_some(dns.ts + 2_000_000 + i);
    dns.outcome = if i % 4 == 0 { Outcome::Failure } else { Outcome::Success };
    dns.push(&QUESTION, format!("{text}.example"));
    dns.push(&CODE, if i % 4 == 0 { "NXDOMAIN" } else { "NOERROR" });
    let answer = vec![("name".into(), Value::from(text.to_owned())), ("ttl".into(), Value::Int(-60))];
    dns.push(&ANSWERS, Value::List(vec![Value::Object(answer)]));
    dns.push(&RATIO, 0.25);
    dns.push(&FLAG, i == 0);
    dns
}

fn http(i: i64, text: &str) -> Event<'static> {
    let mut http = event(&HTTP, i, "2001:db8::20");
    http.destination.ip = "2001:db8::80".parse().ok();
    http.end = Some(http.ts + 30_000_000);
    http.push(&PATH, text.to_owned());
    http.push(&STATUS, 500i64);
    http.push(&HEADERS, Value::Object(vec![("x-a".into(), Value::from(text.to_owned()))]));
    http.outcome = Outcome::Failure;
    http
}

/// What the run knows.
pub fn facts(text: &str) -> Facts {
    let source = |path: String, kind: &str| SourceInfo {
        path: path.as_str().into(),
        kind: kind.to_owned(),
        codec: vec!["gzip"],
        size: Some(123_456),
        bytes: 999_999,
        records: 1234,
        span: Some((START, START + 11 * SECOND)),
        notes: vec![format!("year 2026 inferred from the file time {text}")],
        ..SourceInfo::default()
    };
    let sources =
        vec![source(format!("captures/{text}.pcap"), "pcap"), source("auth.log.2.gz".into(), "sshd")];
    let evidence = |record| Evidence { ts: START, origin: Origin { source: 1, record, offset: 77 } };
    let finding = Finding {
        rule: "ssh.bruteforce",
        severity: Severity::High,
        attack: &["T1110.001"],
        subject: text.to_owned(),
        title: format!("{text} failed 11 times and then logged in"),
        advice: "Block the address and change the password of the account that was entered.",
        targets: vec![text.to_owned(), "root".to_owned()],
        count: 1234,
        first: evidence(100),
        last: evidence(111),
    };
    Facts {
        sources: Sources(sources),
        ledger: ledger(text),
        findings: vec![Finding { severity: Severity::Low, ..finding.clone() }, finding],
        alerts: Vec::new(),
        allowed: vec![Allowed {
            rule: "scan.vertical",
            why: text.to_owned(),
            findings: 2,
            count: 99,
            subjects: vec![text.to_owned()],
        }],
        ran: vec![ran("login", 60, 24), ran("tls", 24, 0)],
        command: format!("netlog analyze {text}"),
        version: "0.1.0".to_owned(),
        databases: vec!["built-in country and network table of 2026-11-01".to_owned()],
        settings: vec![("filter".to_owned(), text.to_owned())],
        notes: vec![text.to_owned()],
    }
}

fn ran(name: &'static str, events: u64, observations: u64) -> Ran {
    Ran { name, needs: "what it needs", events, observations, findings: observations.min(1) }
}

fn ledger(text: &str) -> Ledger {
    let at = Origin { source: 1, record: 5, offset: 50 };
    let mut ledger = Ledger {
        packets: Counts { read: 1234, bytes: 99_999, decoded: 1230, ..Counts::default() },
        lines: Counts { read: 1000, bytes: 50_000, decoded: 996, ..Counts::default() },
        ..Ledger::default()
    };
    ledger.packets.skip("arp", at, b"1234");
    ledger.packets.skip("arp", at, b"1234");
    ledger.packets.malformed("ip.short", at, b"");
    ledger.packets.malformed("tcp.offset", at, b"");
    for _ in 0..3 {
        ledger.lines.skip("unmatched", at, text.as_bytes());
    }
    ledger.lines.malformed("time", at, text.as_bytes());
    ledger.anomaly("dns.name_loop", at);
    ledger.cap("http.pending", at);
    ledger.faults.push(InputFault { path: text.to_owned(), offset: Some(9), reason: "cut short".to_owned() });
    ledger
}

/// The report on these events.
pub fn report(text: &str) -> Report {
    let mut tally = Tally::new();
    events(text).iter().for_each(|event| tally.observe(event));
    tally.finish(facts(text))
}
