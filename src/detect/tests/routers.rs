//! Who says where packets are to go, and who takes all addresses.

use super::each::{dataset, event, many};
use super::{SECOND, judge, rules};
use crate::model::{Dataset, Event, Value};

static ARP: Dataset = dataset("arp", true);
static ICMP: Dataset = dataset("icmp", true);
static DHCP: Dataset = dataset("dhcpv4", true);

/// 10.0.0.20 is told so often that 10.0.0.1 has the Ethernet address that ends in `mac`.
fn told(second: i64, mac: u8, (asked, replies): (i64, i64)) -> Event<'static> {
    let mut fields: Vec<(&'static str, Value<'static>)> =
        vec![("arp.requests", asked.into()), ("arp.replies", replies.into())];
    if asked == 0 {
        fields.push(("arp.unsolicited", true.into()));
    }
    let mut event = event(&ARP, second as u64, second, &fields);
    event.source.ip = "10.0.0.20".parse().ok();
    (event.destination.ip, event.destination.mac) = ("10.0.0.1".parse().ok(), Some([2, 0, 0, 0, 0, mac]));
    event
}

#[test]
fn poisoning_after_the_owner_was_heard() {
    let found = judge(&[&[told(0, 1, (3, 3)), told(1500, 0xee, (0, 300))]]);
    assert_eq!(
        found.iter().map(|f| (f.rule, f.severity.name())).collect::<Vec<_>>(),
        [("arp.spoofing", "high")]
    );
    assert!(found[0].title.contains("one of which says so again and again"), "{}", found[0].title);
    assert!(rules(&[told(0, 1, (3, 3)), told(1500, 0xee, (0, 9))]).is_empty(), "now and then");
    assert!(
        rules(&[told(0, 1, (3, 3)), told(1500, 0xee, (2, 300))]).is_empty(),
        "given to another, who is asked"
    );
    let halved = [told(0, 1, (0, 30)), told(1500, 0xee, (0, 300))];
    assert!(rules(&halved).is_empty(), "of which no question was captured");
}

#[test]
fn one_machine_between_two() {
    let both = |replies, asked| {
        let mut event = told(0, 0xee, (asked, replies));
        event.source.mac = event.destination.mac;
        event
    };
    let found = judge(&[&[both(240, 0)]]);
    assert_eq!(
        found.iter().map(|f| (f.rule, f.severity.name())).collect::<Vec<_>>(),
        [("arp.spoofing", "high")]
    );
    assert_eq!(
        (&*found[0].subject, &*found[0].targets.join(" ")),
        ("02-00-00-00-00-EE", "10.0.0.1 10.0.0.20")
    );
    assert!(rules(&[both(9, 0)]).is_empty() && rules(&[both(240, 5)]).is_empty(), "a proxy is asked");
    let mut own = both(240, 0);
    own.source.ip = own.destination.ip;
    assert!(rules(&[own]).is_empty(), "who speaks of itself");
    assert!(rules(&[told(0, 0xee, (0, 240))]).is_empty(), "one side only");
}

fn advertised(second: i64, mac: u8, prefix: &'static str, lifetime: i64) -> Event<'static> {
    let mut fields = vec![("netlog.icmp.router_lifetime", lifetime.into())];
    if !prefix.is_empty() {
        fields.push(("netlog.icmp.prefixes", Value::texts([prefix])));
    }
    let mut event = event(&ICMP, second as u64, second, &fields);
    event.source.ip = format!("fe80::{mac}").parse().ok();
    event.source.mac = Some([2, 0, 0, 0, 0, mac]);
    event
}

#[test]
fn routers_that_disagree() {
    let (own, other) = ("2001:db8:1::/64", "2001:db8:bad::/64");
    let two = [advertised(0, 1, own, 1800), advertised(30, 7, other, 1800)];
    let found = judge(&[&two]);
    assert_eq!(
        found.iter().map(|f| (f.rule, f.severity.name())).collect::<Vec<_>>(),
        [("ndp.rogue_router", "medium")]
    );
    assert!(found[0].title.ends_with("2001:db8:1::/64, 2001:db8:bad::/64"), "{}", found[0].title);
    assert!(
        rules(&[advertised(0, 1, own, 1800), advertised(30, 7, own, 1800)]).is_empty(),
        "a redundant pair"
    );
    assert!(
        rules(&[advertised(0, 1, own, 1800), advertised(30, 7, other, 0)]).is_empty(),
        "a hub with a network of its own"
    );
    assert!(rules(&[advertised(0, 1, own, 1800), advertised(30, 1, other, 1800)]).is_empty(), "renumbered");
    assert!(rules(&[advertised(0, 1, own, 1800), advertised(7200, 7, other, 1800)]).is_empty(), "replaced");
}

fn redirected(router: &str, gateway: &str, original: &str) -> Vec<(&'static str, &'static str)> {
    let ip = |text: &str| Value::Ip(text.parse().unwrap());
    let fields =
        [("netlog.icmp.gateway", ip(gateway)), ("netlog.icmp.original.destination.ip", ip(original))];
    let mut event = event(&ICMP, 0, 0, &fields);
    event.source.ip = router.parse().ok();
    judge(&[&[event]]).iter().map(|f| (f.rule, f.severity.name())).collect()
}

#[test]
fn who_is_told_to_go_elsewhere() {
    assert_eq!(redirected("10.0.0.1", "10.0.0.2", "192.0.2.9"), [("icmp.redirect", "low")], "two routers");
    assert_eq!(redirected("10.0.0.66", "10.0.0.66", "192.0.2.9"), [("icmp.redirect", "medium")]);
    assert!(redirected("fe80::1", "2001:db8::9", "2001:db8::9").is_empty(), "a neighbour");
}

fn asks(n: u64, kind: &'static str, client: u64, ethernet: u64) -> Event<'static> {
    let mac = |n: u64| [2, 0, 0, 0, (n >> 8) as u8, n as u8];
    let name = mac(client).map(|byte| format!("{byte:02x}")).join(":");
    let fields = [("dhcpv4.option.message_type", kind.into()), ("dhcpv4.client_mac", name.into())];
    let mut event = event(&DHCP, n, 0, &fields);
    event.ts = n as i64 * SECOND / 10;
    event.source.ip = "0.0.0.0".parse().ok();
    event.source.mac = Some(mac(ethernet));
    event
}

#[test]
fn clients_that_do_not_exist() {
    assert_eq!(rules(&many(300, |n| asks(n, "discover", n, n))), ["dhcp.starvation"]);
    assert!(rules(&many(99, |n| asks(n, "discover", n, n))).is_empty());
    let morning = many(600, |n| asks(n, if n % 2 == 0 { "discover" } else { "request" }, n / 2, n / 2));
    assert!(rules(&morning).is_empty(), "after a power cut");
    let gone = many(600, |n| asks(n, "discover", n % 200, n % 200));
    assert!(rules(&gone).is_empty(), "of a server that is gone");
    // Complete exchanges, in the name of others, from one card.
    let greedy = many(600, |n| asks(n, if n % 2 == 0 { "discover" } else { "request" }, n / 2 + 10, 1));
    let found = judge(&[&greedy]);
    assert_eq!((found.len(), found[0].rule, &*found[0].subject), (1, "dhcp.starvation", "02:00:00:00:00:01"));
    let repeater = many(40, |n| asks(n, "discover", n + 10, 1));
    assert!(rules(&repeater).is_empty(), "a repeater with its stations");
}

#[test]
fn somebody_else_speaks() {
    static FLOW: Dataset = dataset("flow", false);
    let seen = |last: bool, name: &'static str| {
        event(
            &FLOW,
            0,
            0,
            &[("flow.final", last.into()), (name, 2i64.into()), ("network.protocol", "http".into())],
        )
    };
    let answers = "netlog.flow.destination.inconsistent_retransmissions";
    let found = judge(&[&[seen(true, answers), seen(false, answers)]]);
    assert_eq!(
        found.iter().map(|f| (f.rule, &*f.subject, f.count)).collect::<Vec<_>>(),
        [("tcp.injection", "192.0.2.1", 2)]
    );
    assert!(found[0].title.ends_with("to 1 hosts (443/http)"), "{}", found[0].title);
    let sent = judge(&[&[seen(true, "netlog.flow.source.inconsistent_retransmissions")]]);
    assert_eq!((sent[0].subject.as_str(), &*sent[0].targets), ("203.0.113.9", &["192.0.2.1".to_owned()][..]));
    assert!(rules(&[seen(true, "netlog.flow.source.retransmissions")]).is_empty(), "the same again");
}
