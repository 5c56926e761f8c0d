//! Who claims an address, and who gives addresses out.

use super::{SECOND, judge, rules};
use crate::model::{Dataset, Event, Field, Finding, Origin, Type, Value};

const fn dataset(name: &'static str) -> Dataset {
    Dataset { name, category: &["network"], types: &["info"], protocol: None, transaction: true, doc: "" }
}
static ARP: Dataset = dataset("arp");
static ICMP: Dataset = dataset("icmp");
static DHCP: Dataset = dataset("dhcpv4");

fn event(set: &'static Dataset, second: i64, fields: &[(&'static str, Value<'static>)]) -> Event<'static> {
    let n = second.cast_unsigned();
    let mut event = Event::new(set, Origin { source: 0, record: n, offset: n }, second * SECOND);
    for (name, value) in fields {
        let field: &'static Field = Box::leak(Box::new(Field { name, ty: Type::Keyword, doc: "" }));
        event.push(field, value.clone());
    }
    event
}

/// 10.0.0.20 is told that 10.0.0.1 has the Ethernet address that ends in `mac`.
fn told(second: i64, mac: u8) -> Event<'static> {
    let mut event = event(&ARP, second, &[]);
    (event.source.ip, event.source.mac) = ("10.0.0.20".parse().ok(), Some([2, 0, 0, 0, 0, 0x20]));
    (event.destination.ip, event.destination.mac) = ("10.0.0.1".parse().ok(), Some([2, 0, 0, 0, 0, mac]));
    event
}

fn announced(second: i64, mac: u8) -> Event<'static> {
    let mut event = event(&ARP, second, &[("arp.gratuitous", true.into())]);
    (event.source.ip, event.source.mac) = ("10.0.0.1".parse().ok(), Some([2, 0, 0, 0, 0, mac]));
    event.destination.ip = event.source.ip;
    event
}

#[test]
fn two_owners_at_once_are_spoofing() {
    let found: Vec<Finding> = judge(&[&[told(0, 1), told(5, 0xee)]]);
    assert_eq!(found[0].rule, "arp.spoofing");
    assert_eq!(found[0].subject, "10.0.0.1");
    assert_eq!(found[0].targets, ["02-00-00-00-00-01", "02-00-00-00-00-EE"]);
    assert!(rules(&[told(0, 1), told(5, 1)]).is_empty());
    // The edge of a window of ten minutes: the address was given to another machine.
    assert!(rules(&[told(599, 1), told(600, 0xee)]).is_empty());
}

#[test]
fn one_after_the_other_is_no_poisoning() {
    let severity =
        |events: &[Event<'static>]| judge(&[events]).iter().map(|f| f.severity.name()).collect::<Vec<_>>();
    let changed =
        |second, mac| with(told(second, mac), "arp.changed.ip", Value::Ip("10.0.0.1".parse().unwrap()));
    assert_eq!(severity(&[told(0, 1), changed(5, 0xee)]), ["low"], "another dock");
    assert_eq!(severity(&[told(0, 1), changed(5, 0xee), changed(9, 1)]), ["high"]);
    let unasked = with(changed(5, 0xee), "arp.unsolicited", true);
    assert_eq!(severity(&[told(0, 1), unasked]), ["high"]);
    assert_eq!(severity(&[told(0, 1), changed(5, 2), changed(9, 1)]), ["low"], "two ports of a card");
    // A machine with two cards answers with both for both of its addresses.
    let other = |mut event: Event<'static>| {
        event.destination.ip = "10.0.0.2".parse().ok();
        event
    };
    let both = [told(0, 1), changed(5, 0xee), changed(9, 1)];
    let more = [told(0, 1), told(5, 0xee)].map(other);
    assert!(rules(&[&both[..], &more[..]].concat()).is_empty());
}

fn with(mut event: Event<'static>, name: &'static str, value: impl Into<Value<'static>>) -> Event<'static> {
    let field: &'static Field = Box::leak(Box::new(Field { name, ty: Type::Keyword, doc: "" }));
    event.push(field, value);
    event
}

/// The same address on two VLANs is two networks; on one it is one.
#[test]
fn networks_are_apart() {
    let on = |event, vlan: &'static str| with(event, "network.vlan.id", vlan);
    assert!(rules(&[on(told(0, 1), "10"), on(told(5, 0xee), "20")]).is_empty());
    let inner = |event, vlan: &'static str| with(on(event, "10"), "network.inner.vlan.id", vlan);
    assert!(rules(&[inner(told(0, 1), "1"), inner(told(5, 0xee), "2")]).is_empty());
    let found = judge(&[&[on(told(0, 1), "10"), on(told(5, 0xee), "10")]]);
    assert_eq!((found.len(), found[0].subject.as_str()), (1, "10.0.0.1"));
    assert!(found[0].title.starts_with("10.0.0.1 on VLAN 10 is claimed"), "{}", found[0].title);
}

/// A virtual router's address beside that of the router that has it now.
#[test]
fn routers_that_stand_for_each_other() {
    for mac in
        [[0, 0, 0x5e, 0, 1, 7], [0, 0, 0x0c, 7, 0xac, 1], [0, 0, 0x0c, 0x9f, 0xf0, 1], [0, 7, 0xb4, 0, 1, 2]]
    {
        let mut shared = told(5, 0);
        shared.destination.mac = Some(mac);
        assert!(rules(&[told(0, 1), shared]).is_empty(), "{mac:?}");
    }
    let mut near = told(5, 0);
    near.destination.mac = Some([0, 0, 0x5e, 0, 3, 7]);
    assert_eq!(rules(&[told(0, 1), near]), ["arp.spoofing"]);
}

/// Two routers answer for an address elsewhere; if a machine speaks as it, one of them lies.
#[test]
fn proxies_answer_for_others() {
    let answer = |second, mac| with(told(second, mac), "arp.requests", 1i64);
    let both = [answer(0, 1), answer(5, 0xee)];
    assert!(rules(&both).is_empty());
    let mut own = event(&ARP, 7, &[]);
    (own.source.ip, own.source.mac) = ("10.0.0.1".parse().ok(), Some([2, 0, 0, 0, 0, 1]));
    own.destination.ip = "10.0.0.20".parse().ok();
    assert_eq!(rules(&[&both[..], &[own]].concat()), ["arp.spoofing"]);
}

#[test]
fn what_lasts_is_seen_in_every_window() {
    let mut long = told(0, 1);
    let field: &'static Field = Box::leak(Box::new(Field { name: "arp.last_seen", ty: Type::Date, doc: "" }));
    long.push(field, Value::Time(700 * SECOND));
    assert_eq!(rules(&[long, told(650, 0xee)]), ["arp.spoofing"]);
}

#[test]
fn a_fail_over_is_announced() {
    assert!(rules(&[told(0, 1), announced(5, 2), told(6, 2)]).is_empty());
    assert!(
        rules(&[told(0, 1), announced(595, 2), told(601, 1), told(602, 2)]).is_empty(),
        "the window after"
    );
    // Three windows shared: announcing excuses nothing any more.
    let again = |n: i64| [told(n * 600, 1), announced(n * 600 + 5, 2), told(n * 600 + 6, 2)];
    assert!(rules(&[again(0), again(1)].concat()).is_empty());
    assert_eq!(rules(&[again(0), again(1), again(2)].concat()), ["arp.spoofing"]);
    let back = |n: i64| {
        let mut event = told(n, if n % 2 == 0 { 1 } else { 2 });
        let field: &'static Field =
            Box::leak(Box::new(Field { name: "arp.changed.ip", ty: Type::Ip, doc: "" }));
        event.push(field, Value::Ip("10.0.0.1".parse().unwrap()));
        event
    };
    assert!(rules(&[vec![announced(0, 1)], (1..3).map(back).collect()].concat()).is_empty());
    assert_eq!(rules(&[vec![announced(0, 1)], (1..4).map(back).collect()].concat()), ["arp.spoofing"]);
}

fn advertised(second: i64, mac: &'static str, to: &str) -> Event<'static> {
    let fields = [
        ("icmp.response.type", 136i64.into()),
        ("netlog.icmp.target", Value::Ip("fe80::1".parse().unwrap())),
        ("netlog.icmp.link_address", mac.into()),
    ];
    let mut event = event(&ICMP, second, &fields);
    event.source.ip = to.parse().ok();
    event
}

#[test]
fn neighbours_of_ipv6() {
    let (a, b) = ("02-00-00-00-00-0A", "02-00-00-00-00-0B");
    assert_eq!(rules(&[advertised(0, a, "fe80::20"), advertised(9, b, "fe80::20")]), ["ndp.spoofing"]);
    assert!(rules(&[advertised(0, a, "fe80::20"), advertised(9, b, "ff02::1")]).is_empty());
}

fn given(second: i64, server: &str, (address, router): (&str, &str), client: &'static str) -> Event<'static> {
    let ip = |text: &str| Value::Ip(text.parse().unwrap());
    let fields = [
        ("dhcpv4.option.message_type", "offer".into()),
        ("dhcpv4.option.server_identifier", ip(server)),
        ("dhcpv4.assigned_ip", ip(address)),
        ("dhcpv4.option.subnet_mask", ip("255.255.255.0")),
        ("dhcpv4.option.router", Value::List(vec![ip(router)])),
        ("dhcpv4.client_mac", client.into()),
    ];
    event(&DHCP, second, &fields)
}

#[test]
fn servers_that_disagree() {
    let own = given(0, "10.0.0.1", ("10.0.0.50", "10.0.0.1"), "02:00:00:00:00:50");
    let severities = |events: &[Event<'static>]| -> Vec<(&str, &str)> {
        judge(&[events]).iter().map(|f| (f.rule, f.severity.name())).collect()
    };
    let rogue = |second| given(second, "10.0.0.66", ("10.0.0.90", "10.0.0.66"), "02:00:00:00:00:50");
    assert_eq!(severities(&[own.clone(), rogue(1)]), [("dhcp.rogue_server", "high")]);
    assert!(rules(&[own.clone(), rogue(600)]).is_empty(), "the server was replaced");
    let pair = given(1, "10.0.0.2", ("10.0.0.90", "10.0.0.1"), "02:00:00:00:00:51");
    assert_eq!(severities(&[own.clone(), pair]), [("dhcp.rogue_server", "low")]);
    let names = |event, first, second| {
        let ips = [first, second].map(|ip: &str| Value::Ip(ip.parse().unwrap()));
        with(event, "dhcpv4.option.dns_servers", Value::List(ips.to_vec()))
    };
    let pair = given(1, "10.0.0.2", ("10.0.0.90", "10.0.0.1"), "02:00:00:00:00:51");
    let shared = [names(own.clone(), "10.0.0.1", "10.0.0.2"), names(pair, "10.0.0.2", "10.0.0.1")];
    assert_eq!(severities(&shared), [("dhcp.rogue_server", "low")], "the order says nothing");
    let elsewhere = given(1, "192.168.0.1", ("192.168.0.9", "192.168.0.1"), "02:00:00:00:00:50");
    let found = judge(&[&[own.clone(), elsewhere]]);
    assert_eq!((found[0].rule, found[0].subject.as_str()), ("dhcp.rogue_server", "02:00:00:00:00:50"));
    let other = given(1, "192.168.0.1", ("192.168.0.9", "192.168.0.1"), "02:00:00:00:00:99");
    assert!(rules(&[own, other]).is_empty(), "two networks, two clients");
}
