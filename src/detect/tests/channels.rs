//! Channels that say little at a time, forged answers, and calls that are somebody's purpose.

use super::each::{dataset, event, many};
use super::{SECOND, judge, rules};
use crate::model::{Dataset, Event, Field, Value};

static DNS: Dataset = dataset("dns", true);
static ICMP: Dataset = dataset("icmp", true);
static FLOW: Dataset = dataset("flow", false);
static HTTP: Dataset = dataset("http", true);

/// Letters that look random, and are the same for each number.
fn hex(n: u64) -> String {
    format!(
        "{:016x}",
        (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xd6e8_feb8_6659_fd93)
    )
}

fn question(n: u64, name: &str, domain: &str) -> Event<'static> {
    asked(n, name, domain, "A")
}

fn asked(n: u64, name: &str, domain: &str, kind: &'static str) -> Event<'static> {
    let fields = [
        ("dns.question.name", format!("{name}.{domain}").into()),
        ("dns.question.type", kind.into()),
        ("dns.question.registered_domain", domain.to_owned().into()),
        ("dns.response_code", "NOERROR".into()),
    ];
    event(&DNS, n, n.cast_signed(), &fields)
}

#[test]
fn little_in_each_name() {
    let small = |count| many(count, |n| question(n, &hex(n), "evil.example"));
    let found = judge(&[&small(600)]);
    assert_eq!((found.len(), found[0].rule, found[0].severity.name()), (1, "dns.tunnel", "low"));
    assert!(rules(&small(299)).is_empty());
    let again = many(2000, |n| question(n, &hex(n % 310), "cdn.example"));
    assert!(rules(&again).is_empty(), "objects of a content network");
    let numbered = many(900, |n| question(n, &format!("rr{}---sn-{:04x}", n % 9, n * 7), "video.example"));
    assert!(rules(&numbered).is_empty(), "machines with numbers");
    let lists = many(900, |n| question(n, &format!("{}.{}.0.198.bl", n % 250, n / 250), "list.example"));
    assert!(rules(&lists).is_empty(), "addresses back to front");
    let words = many(900, |n| question(n, &format!("host-{n}-berlin"), "corp.example"));
    assert!(rules(&words).is_empty());
}

#[test]
fn a_tunnel_over_several_domains() {
    let long = |n: u64| hex(n) + &hex(n + 5000) + &hex(n + 9000);
    let spread =
        |count, domains| many(count, |n| question(n, &long(n), &format!("evil{}.example", n % domains)));
    let found = judge(&[&spread(500, 10)]);
    assert_eq!((found.len(), found[0].rule, found[0].targets.len()), (1, "dns.tunnel", 10));
    assert_eq!(rules(&spread(170, 3)), [""; 0]);
    assert!(rules(&spread(900, 60)).is_empty(), "the web of a day");
    assert_eq!(rules(&spread(120, 2)), ["dns.tunnel"; 2], "enough under each");
}

#[test]
fn commands_in_answers() {
    let answers: &'static Field = Box::leak(Box::new(Field { name: "dns.answers", ..super::STATE }));
    let told = |n: u64, name: &str, text: String| {
        let mut event = asked(n, name, "evil.example", "TXT");
        let parts = vec![("type".into(), "TXT".into()), ("data".into(), text.into())];
        event.push(answers, Value::List(vec![Value::Object(parts)]));
        event
    };
    let found = judge(&[&many(60, |n| told(n, "update", hex(n)))]);
    assert_eq!((found.len(), found[0].rule, found[0].severity.name()), (1, "dns.tunnel", "medium"));
    assert!(rules(&many(59, |n| told(n, "update", hex(n)))).is_empty());
    assert!(
        rules(&many(900, |n| told(n, "current", hex(n / 12)))).is_empty(),
        "a version that changes each hour"
    );
    let keys = ["a._domainkey", "_dmarc", "b", "c", "d", "e"];
    assert!(rules(&many(200, |n| told(n, keys[n as usize % 6], hex(n)))).is_empty(), "many names");
    assert!(rules(&many(200, |n| told(n, "_acme-challenge", hex(n)))).is_empty(), "proofs of ownership");
}

fn forged(n: u64, id: i64, port: u16) -> Event<'static> {
    let fields = [
        ("dns.question.name", "bank.example".into()),
        ("dns.question.type", "A".into()),
        ("dns.id", id.into()),
        ("error.message", "Response: received without an associated Query.".into()),
    ];
    let mut event = event(&DNS, n, 0, &fields);
    event.source.port = Some(port);
    event.destination.bytes = Some(60);
    event
}

#[test]
fn answers_that_guess() {
    let found = judge(&[&many(60, |n| forged(n, n as i64, 3004))]);
    assert_eq!((found.len(), found[0].rule), (1, "dns.forged_answers"));
    assert!(found[0].title.contains("60 answers for bank.example"), "{}", found[0].title);
    assert!(rules(&many(19, |n| forged(n, n as i64, 3004))).is_empty());
    assert!(rules(&many(200, |n| forged(n, 7, 3004))).is_empty(), "one answer, captured twice");
    assert!(
        rules(&many(200, |n| forged(n, n as i64, 3000 + n as u16))).is_empty(),
        "questions that were not captured"
    );
    let slow = many(200, |n| {
        let mut event = forged(n, n as i64, 53);
        event.ts = n as i64 * 60 * SECOND;
        event
    });
    assert!(rules(&slow).is_empty(), "a resolver with one port");
}

fn echo(n: u64, bytes: u64, print: String, entropy: f64) -> Event<'static> {
    let fields = [
        ("icmp.request.type", 8i64.into()),
        ("netlog.icmp.payload.fingerprint", print.into()),
        ("netlog.icmp.payload.entropy", Value::Float(entropy)),
    ];
    let mut event = event(&ICMP, n, n.cast_signed(), &fields);
    event.source.bytes = Some(bytes);
    event
}

#[test]
fn little_in_each_ping() {
    let small = |count, entropy| rules(&many(count, |n| echo(n, 24, hex(n), entropy)));
    assert_eq!(small(500, 2.7), ["icmp.tunnel"]);
    assert!(small(199, 2.7).is_empty(), "too few to say anything");
    assert!(small(500, 1.1).is_empty(), "a counter behind the time");
    assert!(rules(&many(500, |n| echo(n, 24, hex(1), 2.7))).is_empty(), "the same each time");
    assert_eq!(rules(&many(20, |n| echo(n, 64, hex(n), 5.0))), ["icmp.tunnel"]);
}

#[test]
fn messages_that_are_no_place_for_data() {
    let asked = |kind: i64, bytes| {
        let mut event = event(&ICMP, 0, 0, &[("icmp.request.type", kind.into())]);
        event.source.bytes = Some(bytes);
        rules(&many(20, move |_| event.clone()))
    };
    assert_eq!(asked(13, 212), ["icmp.tunnel"]);
    assert!(asked(13, 12).is_empty() && asked(8, 212).is_empty());
    let about = |transport: &'static str| {
        let fields =
            [("icmp.response.type", 3i64.into()), ("netlog.icmp.original.transport", transport.into())];
        rules(&many(200, |n| event(&ICMP, n, 0, &fields)))
    };
    assert_eq!(about("68"), ["icmp.tunnel"]);
    assert!(about("udp").is_empty());
}

fn call(n: u64, protocol: &'static str) -> Event<'static> {
    let fields = [
        ("network.direction", "outbound".into()),
        ("netlog.flow.state", "closed".into()),
        ("network.protocol", protocol.into()),
    ];
    let mut event = event(&FLOW, n, n.cast_signed() * 300, &fields);
    event.source.packets = Some(10);
    (event.source.bytes, event.destination.bytes) = (Some(500), Some(300));
    event
}

#[test]
fn what_is_regular_on_purpose() {
    let severity = |host: Option<&'static str>| {
        let asked = |n: u64| {
            host.map(|host| {
                let fields = [("network.direction", "outbound".into()), ("url.domain", host.into())];
                event(&HTTP, n, n.cast_signed() * 300, &fields)
            })
        };
        let events: Vec<_> = (0..60).flat_map(|n| [Some(call(n, "http")), asked(n)]).flatten().collect();
        judge(&[&events]).iter().map(|f| f.severity.name()).collect::<Vec<_>>()
    };
    assert_eq!(severity(None), ["medium"]);
    assert_eq!(severity(Some("www.example.org")), ["medium"]);
    assert_eq!(severity(Some("connectivity-check.ubuntu.com")), ["info"]);
    assert!(rules(&many(60, |n| call(n, "zabbix"))).is_empty());
}

#[test]
fn calls_within_one_connection() {
    let request = |n: u64, second: i64| {
        let fields = [("network.direction", "outbound".into()), ("url.domain", "c2.example".into())];
        let mut event = event(&HTTP, n, second, &fields);
        event.source.bytes = Some(62);
        event
    };
    let found = judge(&[&many(80, |n| request(n, n.cast_signed() * 60))]);
    assert_eq!((found.len(), found[0].rule, found[0].severity.name()), (1, "outbound.beacon", "low"));
    assert!(
        found[0].title.contains("sent requests to 192.0.2.1 port 443 80 times, about every 60 s"),
        "{}",
        found[0].title
    );
    assert!(rules(&many(300, |n| request(n, n.cast_signed()))).is_empty(), "a page with its pictures");
    let read = many(120, |n| request(n, (n.cast_signed() / 6) * 600 + (1 << (n % 6)) * 7));
    assert!(rules(&read).is_empty(), "somebody reads");
    let inside = many(80, |n| {
        let fields = [("network.direction", "internal".into()), ("url.domain", "wiki".into())];
        event(&HTTP, n, n.cast_signed() * 60, &fields)
    });
    assert!(rules(&inside).is_empty());
}
