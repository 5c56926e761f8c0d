use super::*;
use crate::model::Stamp;
use crate::net::FlowKey;

fn packet(src: &str, dst: &str, proto: u8) -> Packet {
    let end = |s: &str| {
        let (ip, port) = s.rsplit_once('#').unwrap_or((s, "0"));
        (ip.parse().unwrap(), port.parse().unwrap())
    };
    let (key, reverse) = FlowKey::new(end(src), end(dst), proto);
    Packet {
        stamp: Stamp::default(),
        key,
        reverse,
        wire_len: 100,
        payload: 0..0,
        payload_len: 0,
        tcp: None,
        ttl: 64,
        id: 0,
        checksum: 0,
        macs: Some(([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])),
        vlans: [7, 0],
        tunnel: None,
    }
}

fn check(filter: &str, want: [bool; 4]) {
    let packets = [
        packet("192.0.2.9#40000", "10.1.2.3#443", 6),
        packet("10.1.2.3#53", "192.0.2.9#50000", 17),
        packet("2001:db8::1#1024", "2001:db8:1::2#80", 6),
        packet("10.1.2.3", "10.1.9.9", 1),
    ];
    let parsed = Filter::parse(filter).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(packets.each_ref().map(|p| parsed.matches(p)), want, "{filter}");
}

#[test]
fn arp_is_not_ip() {
    let (key, reverse) = FlowKey::arp([192, 0, 2, 9].into(), [192, 0, 2, 1].into(), [0; 2]);
    let arp = Packet { key, reverse, ..packet("192.0.2.9", "10.1.2.3", 1) };
    for (filter, want) in [
        ("arp", true),
        ("arp host 192.0.2.1", true),
        ("host 192.0.2.9", true),
        ("src net 192.0.2.0/24", true),
        ("ip", false),
        ("ip6", false),
        ("ip host 192.0.2.9", false),
        ("proto 255", false),
        ("port 2054", false),
        ("tcp or udp", false),
    ] {
        assert_eq!(Filter::parse(filter).unwrap().matches(&arp), want, "{filter}");
    }
    assert!(Filter::parse("arp port 1").is_err());
}

#[test]
fn primitives() {
    let (t, f) = (true, false);
    check("", [t, t, t, t]);
    check("tcp", [t, f, t, f]);
    check("ip6", [f, f, t, f]);
    check("ip and tcp", [t, f, f, f]);
    check("icmp or udp", [f, t, f, t]);
    check("arp", [f, f, f, f]);
    check("not arp", [t, t, t, t]);
    check("host 192.0.2.9", [t, t, f, f]);
    check("192.0.2.9", [t, t, f, f]);
    check("src host 192.0.2.9", [t, f, f, f]);
    check("dst 192.0.2.9", [f, t, f, f]);
    check("src or dst host 2001:db8::1", [f, f, t, f]);
    check("src and dst net 10.0.0.0/8", [f, f, f, t]);
    check("net 10.1.0.0 mask 255.255.0.0", [t, t, f, t]);
    check("src net 10", [f, t, f, t]);
    check("net 2001:db8::/32", [f, f, t, f]);
    check("ip6 net 2001:db8::/48", [f, f, t, f]);
    check("port 443", [t, f, f, f]);
    check("udp src port domain", [f, t, f, f]);
    check("tcp portrange 80-443", [t, f, t, f]);
    check("portrange 443-80", [t, f, t, f]);
    check("port 0", [f, f, f, f]);
    check("ip proto 1", [f, f, f, t]);
    check("proto \\tcp", [t, f, t, f]);
    check("vlan", [t, t, t, t]);
    check("vlan 8", [f, f, f, f]);
    check("vlan 7 and udp", [f, t, f, f]);
    check("less 99", [f, f, f, f]);
    check("greater 100", [t, t, t, t]);
    check("ether src 02:00:00:00:00:01 and udp", [f, t, f, f]);
    check("ether host 2:0:0:0:0:3", [f, f, f, f]);
}

#[test]
fn qualifiers_are_inherited_and_operators_bind_to_the_left() {
    let (t, f) = (true, false);
    check("port 80 or 443", [t, f, t, f]);
    check("tcp dst port 53 or 80", [f, f, t, f]);
    check("host 192.0.2.9 or 10.1.9.9", [t, t, f, t]);
    check("src host (10.1.2.3 or 192.0.2.9)", [t, t, f, t]);
    check("not host 192.0.2.9 and 10.1.2.3", [f, f, f, t]);
    // Not `udp or (tcp and ip6)`.
    check("udp or tcp and ip6", [f, f, t, f]);
    check("udp or (tcp and ip6)", [f, t, t, f]);
    check("!(tcp||udp)&&ip", [f, f, f, t]);
    check("not not tcp", [t, f, t, f]);
}

fn fails(filter: &str, column: usize, problem: &str) {
    let error = Filter::parse(filter).expect_err(filter);
    assert_eq!((error.column, error.problem.as_str()), (column, problem), "{filter}");
}

#[test]
fn errors_say_what_was_expected_where() {
    fails(
        "host 10.0.0.1 and",
        17,
        "expected a primitive such as `host 192.0.2.1`, `port 80` or `tcp`, found the end",
    );
    fails("host example.org", 5, "expected an IP address (names are not looked up), found `example.org`");
    fails("port htttp", 5, "expected a port number (0 to 65535) or service name, found `htttp`");
    fails("port 65536", 5, "expected a port number (0 to 65535) or service name, found `65536`");
    fails("net 10.1.2.3/8", 4, "expected a network with no bits set beyond its mask, found `10.1.2.3/8`");
    fails("net 10.0.0.0/33", 4, "expected a prefix length within the address, found `10.0.0.0/33`");
    fails("(tcp or udp", 11, "expected `and`, `or` or `)`, found the end");
    fails("tcp udp", 4, "expected `and`, `or` or the end, found `udp`");
    fails("tcp 80", 4, "expected `port`, `portrange`, `and`, `or` or the end, found `80`");
    fails("tcp)", 3, "expected `and`, `or` or the end, found `)`");
    fails("icmp port 3", 5, "expected a qualifier that the protocol before it has, found `port`");
    fails("vlan 5000", 5, "expected a VLAN identifier (0 to 4095), found `5000`");
    fails("less than", 5, "expected a length, found `than`");
    fails(&"(".repeat(200), 65, "the filter is too long or nested too deep");
    fails("net 10 mask foo", 12, "expected a mask such as 255.255.0.0, found `foo`");
    let shown = Filter::parse("tcp or häst 5").expect_err("a word").to_string();
    assert_eq!(
        shown,
        "expected an IP address (names are not looked up), found `häst`\n  tcp or häst 5\n         ^"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[ ()!&|a-z0-9./:\\\\-]{0,40}") {
        let _ = Filter::parse(&text).map_err(|e| e.to_string());
    }

    #[test]
    fn any_words_are_read_or_refused(words in proptest::collection::vec(0usize..19, 0..12)) {
        let all = ["tcp", "ip", "ether", "src", "dst", "or", "and", "not", "(", ")", "host", "net", "port",
            "portrange", "10.0.0.0/8", "80", "vlan", "mask", "1-2"];
        let text: Vec<&str> = words.iter().map(|w| all[*w]).collect();
        let _ = Filter::parse(&text.join(" ")).map_err(|e| e.to_string());
    }
}
