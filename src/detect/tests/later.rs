//! Edges of the detectors for ping, flow logs, applications and lists.

use super::each::{dataset, event, many};
use super::{SECOND, failures, judge, login, rules};
use crate::model::{Dataset, Event, Field, Outcome, Type, Value};

static COUNT: Field = Field { name: "netlog.count", ty: Type::Long, doc: "" };

static ICMP: Dataset = dataset("icmp", true);
static VPC: Dataset = dataset("aws.vpcflow", false);
static APP: Dataset = dataset("pino", false);
static DNS: Dataset = dataset("dns", true);

fn ping(n: u64, data: u64, returned: bool) -> Event<'static> {
    let fields = [
        ("netlog.icmp.payload.fingerprint", format!("{data:016x}").into()),
        ("netlog.icmp.payload.entropy", Value::Float(6.5)),
        ("netlog.icmp.payload.returned", returned.into()),
    ];
    let mut event = event(&ICMP, n, n.cast_signed(), &fields);
    event.source.bytes = Some(100 + n % 7);
    event
}

#[test]
fn tunnels_in_ping() {
    assert!(rules(&many(5000, |n| ping(n, 7, true))).is_empty(), "the same data again and again");
    assert!(rules(&many(19, |n| ping(n, n, true))).is_empty());
    let quiet = judge(&[&many(20, |n| ping(n, n, true))]);
    assert_eq!((quiet[0].rule, quiet[0].severity.name()), ("icmp.tunnel", "medium"));
    let sure = judge(&[&many(20, |n| ping(n, n, n > 4))]);
    assert_eq!((sure[0].rule, sure[0].severity.name()), ("icmp.tunnel", "high"));
    assert!(
        sure[0].title.contains("20 different contents of 100 to 106 bytes, 6.5 bits a byte"),
        "{}",
        sure[0].title
    );
    // A search for the largest packet: 30 sizes, five of each.
    assert!(rules(&many(150, |n| ping(n, n / 5, true))).is_empty());
}

#[test]
fn replies_that_nobody_asked_for_carry_a_tunnel_too() {
    let reply = |data: u64| {
        move |n: u64| {
            let fields = [("netlog.icmp.payload.fingerprint", format!("{:016x}", n.min(data)).into())];
            let mut event = event(&ICMP, n, n.cast_signed(), &fields);
            event.destination.bytes = Some(1052);
            event
        }
    };
    let found = judge(&[&many(30, reply(99))]);
    assert_eq!(found[0].rule, "icmp.tunnel");
    assert!(found[0].title.contains("30 different contents of 1052 to 1052 bytes"), "{}", found[0].title);
    // A capture of one direction only: the replies to one ping are all the same.
    assert!(rules(&many(500, reply(0))).is_empty());
}

fn record(n: u64, second: i64, port: u16, action: &'static str) -> Event<'static> {
    let mut event = event(&VPC, n, second, &[("aws.vpcflow.action", action.into())]);
    event.destination.port = Some(port);
    event
}

#[test]
fn doors_that_open_after_many_that_did_not() {
    let refused = |count: u64| many(count, |n| record(n, n.cast_signed() * 60, 20 + n as u16, "REJECT"));
    let then = |mut events: Vec<Event<'static>>, second, port| {
        events.push(record(99, second, port, "ACCEPT"));
        judge(&[&events])
    };
    let found = then(refused(10), 3600, 22);
    assert_eq!(found[0].rule, "vpc.accept_after_reject");
    assert_eq!((found[0].last.origin.record, found[0].first.origin.record), (99, 0));
    assert!(found[0].title.contains("to 192.0.2.1 on port 22 after 10 refusals"), "{}", found[0].title);
    assert!(then(refused(9), 3600, 22).is_empty());
    assert!(then(refused(10), -60, 22).is_empty(), "let in from the start");
}

fn line(n: u64, second: i64, level: &'static str, message: &'static str) -> Event<'static> {
    let fields = [("log.level", level.into()), ("service.name", "shop".into()), ("message", message.into())];
    let mut event = event(&APP, n, second, &fields);
    event.source.ip = None;
    event
}

#[test]
fn errors_of_a_service_that_had_none() {
    let history = |quiet: u64, errors: u64, every: i64| {
        let mut events = many(quiet, |n| line(n, n.cast_signed() * 2, "info", "fine"));
        events.extend(many(errors, |n| {
            line(quiet + n, 2 * quiet.cast_signed() + n.cast_signed() * every, "error", "no")
        }));
        rules(&events)
    };
    assert_eq!(history(500, 10, 5), ["errors.level_change"]);
    assert!(history(480, 10, 5).is_empty());
    assert!(history(500, 9, 5).is_empty());
    assert!(history(500, 30, 120).is_empty(), "too far apart");
    let mut known = many(500, |n| line(n, n.cast_signed() * 2, "info", "fine"));
    known.push(line(900, -5, "error", "as always"));
    known.extend(many(10, |n| line(1000 + n, 1000 + n.cast_signed(), "error", "no")));
    assert!(rules(&known).is_empty(), "it had some before");
}

#[test]
fn programs_that_end_sockets_that_close_and_pongs_that_do_not_come() {
    let say = |message: &'static str, every: i64| {
        move |count| judge(&[&many(count, |n| line(n, n.cast_signed() * every, "warn", message))])
    };
    let told = |found: Vec<crate::model::Finding>| found.first().map(|f| (f.rule, f.severity.name()));
    let exit = say("worker 3 exited with code 1", 60);
    assert_eq!(told(exit(2)), Some(("application.exit", "low")));
    assert_eq!(told(exit(3)), Some(("application.exit", "medium")));
    assert_eq!(told(say("worker 3 exited with code 1", 900)(9)), Some(("application.exit", "low")));
    let socket = say("WebSocket closed abnormally (1006)", 5);
    assert_eq!((told(socket(19)), told(socket(20))), (None, Some(("application.websocket", "low"))));
    let pong = say("no pong from client, timeout", 60);
    assert_eq!((told(pong(4)), told(pong(5))), (None, Some(("application.heartbeat", "low"))));
    assert!(rules(&many(500, |n| line(n, n.cast_signed(), "info", "exited with code 0"))).is_empty());
}

fn request(n: u64, status: i64, path: String) -> Event<'static> {
    let fields = [
        ("url.original", path.into()),
        ("http.response.status_code", status.into()),
        ("service.name", "shop".into()),
    ];
    let mut event = event(&APP, n, n.cast_signed(), &fields);
    event.source.ip = None;
    event
}

#[test]
fn routes_guessed_in_a_log_that_does_not_say_by_whom() {
    let missing = |count| judge(&[&many(count, |n| request(n, 404, format!("/api/v{n}")))]);
    assert!(missing(199).is_empty());
    assert_eq!(
        (missing(200)[0].rule, missing(200)[0].subject.as_str()),
        ("web.hidden_paths", "clients of shop")
    );
    let refused = |count| rules(&many(count, |n| request(n, 401, "/login".to_owned())));
    assert_eq!((refused(49), refused(50)), (vec![], vec!["web.refused"]));
}

fn listed(n: u64, field: &'static str, direction: &'static str) -> Event<'static> {
    let list = |text: &'static str| Value::texts([text]);
    let fields = [
        ("network.direction", direction.into()),
        ("threat.indicator.name", list("evil.example")),
        ("threat.indicator.type", list("domain-name")),
        ("threat.indicator.description", list("C2 of\tX")),
        ("threat.feed.name", list("feed.csv")),
        ("netlog.threat.field", list(field)),
    ];
    event(&DNS, n, n.cast_signed(), &fields)
}

#[test]
fn what_is_on_a_list() {
    let knock = judge(&[&many(3, |n| listed(n, "source.ip", "inbound"))]);
    assert_eq!((knock[0].rule, knock[0].severity.name(), knock[0].count), ("indicator.match", "medium", 3));
    assert_eq!(knock[0].targets, ["192.0.2.1"]);
    let went = judge(&[&[listed(0, "dns.question.name", "outbound")]]);
    assert_eq!(
        (went[0].severity.name(), went[0].targets.as_slice()),
        ("high", &["203.0.113.9".to_owned()][..])
    );
    assert!(
        went[0].title.starts_with("evil.example (C2 of\tX), domain-name listed in feed.csv"),
        "{}",
        went[0].title
    );
    let mut login = listed(0, "source.ip", "inbound");
    static LOGIN: Dataset = Dataset { category: &["authentication"], ..dataset("sshd", false) };
    (login.dataset, login.outcome) = (&LOGIN, Outcome::Success);
    let found = judge(&[&[login]]);
    assert_eq!(found.iter().find(|f| f.rule == "indicator.match").unwrap().severity.name(), "high");
    assert!(rules(&[event(&DNS, 0, SECOND, &[("threat.indicator.name", Value::texts(["x"]))])]).is_empty());
}

/// Who logs in all day hides no guessing, and no number in a line makes sums overflow.
#[test]
fn neither_many_successes_nor_large_numbers_hide_guessing() {
    let source = "203.0.113.9";
    let success = |n: u64| login(n, n.cast_signed() * 60, source, "bob", Outcome::Success);
    let mut events: Vec<_> = (0..400).map(success).collect();
    events.extend((400..430).map(|n| login(n, 30_000 + n.cast_signed(), source, "root", Outcome::Failure)));
    events.push(login(430, 30_500, source, "root", Outcome::Success));
    assert!(rules(&events).contains(&"login.success_after_failures"));
    let mut many = failures(3, 1);
    for (event, count) in many.iter_mut().zip([i64::MAX, i64::MAX, 2]) {
        event.push(&COUNT, count);
    }
    assert_eq!(rules(&many), ["login.bruteforce"]);
}

/// What fails after a log-in does not make it a guess, though it be in the same minute.
#[test]
fn failures_after_a_log_in_are_not_before_it() {
    let source = "203.0.113.9";
    let mut events =
        vec![login(0, 0, source, "bob", Outcome::Failure), login(1, 3, source, "bob", Outcome::Success)];
    events.extend((2..22).map(|n| login(n, 3 + n.cast_signed(), source, "root", Outcome::Failure)));
    assert_eq!(rules(&events), ["login.bruteforce"]);
    events.push(login(30, 27, source, "root", Outcome::Success));
    let found = judge(&[&events]);
    assert!(found[0].title.contains("as root after 20 failures"), "{}", found[0].title);
}
