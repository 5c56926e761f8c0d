//! Scans and guesses that stay below the limits of one host, one port or one window, and what looks like them.

use super::each::{dataset, event, many};
use super::{FLAGS, SECOND, STATE, failures, judge, login, probe, rules};
use crate::model::{Dataset, Event, Outcome, Transport, Value};

static FLOW: Dataset = dataset("flow", false);
static SNMP: Dataset = dataset("snmp", true);

/// The first so many ports that scanners try.
const PORTS: [u16; 24] = [
    21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 443, 445, 993, 995, 1433, 1723, 3306, 3389, 5432, 5900,
    6379, 8080, 9200,
];

fn severities(events: &[Event<'static>]) -> Vec<(&'static str, &'static str)> {
    judge(&[events]).iter().map(|f| (f.rule, f.severity.name())).collect()
}

/// Refused connections to so many ports of so many hosts, all within seconds.
fn grid(hosts: usize, ports: usize) -> Vec<Event<'static>> {
    let one = |n: usize| {
        let mut event =
            probe(n as u64, &format!("192.0.2.{}", n / ports + 1), PORTS[n % ports], "refused", &["syn"]);
        event.ts = n as i64 * SECOND / 50;
        event
    };
    (0..hosts * ports).map(one).collect()
}

#[test]
fn the_same_ports_of_several_hosts() {
    let found = judge(&[&grid(15, 21)]);
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), ["scan.block"], "and not of each host");
    assert!(found[0].title.contains("the same 21 ports of 15 hosts, 315 in all"), "{}", found[0].title);
    assert_eq!(found[0].targets.len(), 15);
    assert_eq!(rules(&grid(8, 8)), ["scan.block"]);
    assert!(rules(&grid(7, 8)).is_empty() && rules(&grid(10, 7)).is_empty());
    // A program whose servers are down tries again and again.
    let again: Vec<_> = (0..3).flat_map(|_| grid(8, 10)).collect();
    assert!(rules(&again).is_empty(), "who waits for its servers");
    let mut patient = grid(8, 10);
    for event in &mut patient {
        *event = probe(
            event.origin.record,
            &event.destination.ip.unwrap().to_string(),
            event.destination.port.unwrap(),
            "half_open",
            &["syn"],
        );
        event.source.packets = Some(6);
    }
    assert!(rules(&patient).is_empty(), "who sends six SYN wants to talk");
    // Peers have each their own port, some of them two.
    let peers = many(400, |n| {
        probe(
            n,
            &format!("198.51.{}.{}", n / 200, n / 2 % 100),
            10_000 + (n * 37 % 20_000) as u16,
            "refused",
            &["syn"],
        )
    });
    assert!(rules(&peers).is_empty());
    let mut slow = grid(8, 10);
    slow.iter_mut().for_each(|event| event.ts *= 3000);
    assert!(rules(&slow).is_empty(), "in the course of a day");
}

#[test]
fn few_ports_of_one_host_at_once() {
    assert_eq!(severities(&grid(1, 20)), [("scan.vertical", "low")]);
    assert!(rules(&grid(1, 14)).is_empty());
    let again: Vec<_> = (0..3).flat_map(|_| grid(1, 20)).collect();
    assert!(rules(&again).is_empty(), "a gateway whose services are down");
    let mut slow = grid(1, 20);
    slow.iter_mut().for_each(|event| event.ts *= 1000);
    assert!(rules(&slow).is_empty(), "in the course of an hour");
    let passive = many(24, |n| probe(n, "192.0.2.1", 50_000 + n as u16, "refused", &["syn"]));
    assert!(rules(&passive).is_empty(), "data connections that a firewall does not let in");
}

/// A connection that its client tore down after `said` bytes of the server.
fn greeted(n: u64, port: u16, said: u64) -> Event<'static> {
    let mut event = probe(n, "192.0.2.1", port, "reset", &[]);
    event.push(&FLAGS, Value::Words(&["syn", "rst", "ack"]));
    let answers: &'static crate::model::Field =
        Box::leak(Box::new(crate::model::Field { name: "netlog.flow.destination.tcp_flags", ..STATE }));
    event.push(answers, Value::Words(&["syn", "psh", "ack"]));
    event.source.packets = Some(4);
    event.source.bytes = Some(220);
    event.destination.packets = Some(2);
    event.destination.bytes = Some(said);
    event
}

#[test]
fn who_only_reads_what_servers_are() {
    let grab = |said| many(40, move |n| greeted(n, 8000 + n as u16, said));
    let found = judge(&[&grab(120)]);
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), ["scan.vertical"]);
    assert!(found[0].title.contains("(banner scan)"), "{}", found[0].title);
    assert!(rules(&grab(90_000)).is_empty(), "downloads that were given up");
    let checks = many(400, |n| greeted(n, 8000 + (n % 40) as u16, 120));
    assert!(rules(&checks).is_empty(), "a balancer that looks whether its servers are there");
}

#[test]
fn packets_of_several_kinds_ask_for_the_system() {
    let odd = |flags: &'static [&'static str]| {
        let mut event = probe(1, "192.0.2.1", 81, "midstream", &[]);
        if !flags.is_empty() {
            event.push(&FLAGS, Value::Words(flags));
        }
        event
    };
    let both = [odd(&[]), odd(&["fin", "psh", "urg"])];
    assert_eq!(severities(&both), [("scan.fingerprint", "low")]);
    assert!(rules(&[odd(&[]), odd(&[])]).is_empty(), "one fault makes one kind");
    let often = |most| {
        let mut both = both.clone();
        both.iter_mut().for_each(|event| event.source.packets = Some(most));
        rules(&both)
    };
    assert_eq!(often(18), ["scan.fingerprint"], "tried again from the same port");
    assert!(often(21).is_empty());
}

/// A datagram to one port of one host of a network, with what is spoken there, unanswered.
fn datagram(n: u64, host: u64, port: u16, protocol: &'static str) -> Event<'static> {
    let mut event = event(&FLOW, n, 0, &[("network.protocol", protocol.into())]);
    event.ts = n as i64 * SECOND / 10;
    event.transport = Some(Transport::Udp);
    event.destination.ip = format!("192.0.{}.{}", host / 250, host % 250 + 1).parse().ok();
    event.destination.port = Some(port);
    event.source.port = Some(40_000);
    event.source.packets = Some(1);
    event
}

#[test]
fn questions_that_nobody_answers() {
    let sweep = many(119, |n| datagram(n, n, 161, "snmp"));
    let found = judge(&[&sweep]);
    assert_eq!(
        found.iter().map(|f| (f.rule, f.severity.name())).collect::<Vec<_>>(),
        [("scan.udp_sweep", "low")]
    );
    assert!(found[0].title.contains("port 161 of 192.0.0.0/24 by UDP: 119 hosts"), "{}", found[0].title);
    assert!(rules(&many(19, |n| datagram(n, n, 161, "snmp"))).is_empty());
    let resolver = many(200, |n| datagram(n, n * 250, 53, "dns"));
    assert!(rules(&resolver).is_empty(), "servers all over the world");
    let polls = many(300, |n| datagram(n, n % 60, 161, "snmp"));
    assert!(rules(&polls).is_empty(), "a monitoring whose site is gone asks again");
    let slow = many(60, |n| {
        let mut event = datagram(n, n, 161, "snmp");
        event.ts *= 1200;
        event
    });
    assert!(rules(&slow).is_empty(), "in the course of hours");
    let ports = many(20, |n| datagram(n, 7, 100 + n as u16, "known"));
    assert_eq!(severities(&ports), [("scan.vertical", "low")]);
    let media = many(20, |n| datagram(n, 7, 16_384 + n as u16, "rtcp"));
    assert!(rules(&media).is_empty());
}

#[test]
fn a_community_counts_once_it_was_answered() {
    let asked = |action: &'static str, answered: Option<u64>| {
        let fields = [("netlog.user.clear_password", true.into()), ("event.action", action.into())];
        let mut event = event(&SNMP, 0, 0, &fields);
        event.destination.bytes = answered;
        rules(&[event])
    };
    assert!(asked("snmp.GetRequest", None).is_empty());
    assert_eq!(asked("snmp.GetRequest", Some(80)), ["cleartext.credentials"]);
    assert_eq!(asked("snmp.Trap", None), ["cleartext.credentials"], "nobody answers these");
}

#[test]
fn guesses_one_by_one() {
    assert_eq!(severities(&failures(100, 90)), [("login.slow_bruteforce", "low")]);
    assert!(rules(&failures(99, 90)).is_empty());
    assert_eq!(rules(&failures(200, 1)), ["login.bruteforce"], "not slow");
    let mut owner = failures(200, 90);
    owner.push(login(900, -30, "203.0.113.9", "root", Outcome::Success));
    assert!(rules(&owner).is_empty(), "who gets in, too, has an old password somewhere");
}

#[test]
fn one_list_from_many_addresses() {
    let server: &'static crate::model::Field =
        Box::leak(Box::new(crate::model::Field { name: "host.name", ..STATE }));
    let one = |n: u64, second: i64, outcome| {
        let mut event =
            login(n, second, &format!("198.51.100.{}", n % 250), &format!("u{}", n % 250), outcome);
        event.push(server, "mail");
        event
    };
    let spray = |count: u64, every: i64| -> Vec<_> {
        (0..count).map(|n| one(n, n as i64 * every, Outcome::Failure)).collect()
    };
    let found = judge(&[&spray(100, 2)]);
    assert_eq!(
        found.iter().map(|f| (f.rule, f.severity.name())).collect::<Vec<_>>(),
        [("login.distributed_spray", "low")]
    );
    assert!(
        found[0].title.contains("100 sources failed 100 log-ins as 100 users on sshd of mail"),
        "{}",
        found[0].title
    );
    assert!(rules(&spray(49, 2)).is_empty());
    assert!(rules(&spray(100, 60)).is_empty(), "people in the course of hours");
    let people =
        spray(100, 2).into_iter().chain((0..30).map(|n| one(500 + n, 300 + n as i64, Outcome::Success)));
    let people: Vec<_> = people.collect();
    assert!(rules(&people).is_empty(), "some mistyped, and got in");
    let down: Vec<_> = (0..3).flat_map(|_| spray(100, 2)).collect();
    assert!(rules(&down).is_empty(), "what asks for passwords is down, and programs try again");
}
