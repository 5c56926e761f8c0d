//! IP, its extension headers, the transports and every encapsulation.

use super::packets::*;

#[test]
fn ipv4_lengths() {
    let good = tcp4();
    let change = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        told(101, &bytes)
    };
    assert_eq!(change(0, 0x44), "malformed ip.header_length");
    assert_eq!(change(3, 19), "malformed ip.total_length");
    assert_eq!(change(0, 0x4f), "malformed ip.total_length");
    // No total length: segmentation offload.
    assert_eq!(change(3, 0), TCP4);
    assert_eq!(change(6, 0x20), "fragment 0..49");
    assert_eq!(change(7, 1), "fragment 0..49");
    // More than there is: what was captured, and what is claimed.
    assert_eq!(change(3, 59), format!("{TCP4} of 15"));
    assert_eq!(change(32, 0x40), "malformed tcp.header_length");
    assert_eq!(change(32, 0xf0), "malformed tcp.header_length");
    let options = cat(&[&[0x46, 0, 0, 53], &good[4..20], &[1, 1, 1, 0], &good[20..]]);
    assert_eq!(told(101, &options), TCP4);
}

#[test]
fn cut_by_the_snap_length() {
    let packet = ether(0x0800, &tcp4());
    assert_eq!(cut(1, &packet, 60), TCP4.replace("hello", "he") + " of 5");
    assert_eq!(cut(1, &packet, 58), TCP4.replace("hello", "") + " of 5");
    // Options cut, then the fixed header cut, then the ports.
    assert_eq!(cut(1, &packet, 54), TCP4.replace("hello", "") + " of 5");
    assert_eq!(cut(1, &packet, 44), TCP4.replace("hello", "") + " of 9");
    assert_eq!(cut(1, &packet, 38), TCP4.replace("hello", "") + " of 9");
    assert_eq!(cut(1, &packet, 37), "malformed tcp.truncated");
    assert_eq!(cut(1, &packet, 33), "malformed ip.truncated");
    assert_eq!(cut(1, &packet, 13), "malformed eth.truncated");
    let mut first = tcp4();
    first[6] = 0x20;
    assert_eq!(cut(101, &first, 45), TCP4.replace("hello", "h") + " of 5");
    first[7] = 1;
    assert_eq!(cut(101, &first, 45), "fragment 0..45");
}

#[test]
fn ipv6_extension_headers() {
    let hop = |next: u8, data: &[u8]| cat(&[&[next, 0, 1, 4, 0, 0, 0, 0], data]);
    assert_eq!(told(101, &ip6(0, &hop(60, &hop(43, &hop(6, &tcp(b"hello")))))), TCP6);
    let auth = |next: u8, data: &[u8]| cat(&[&[next, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], data]);
    assert_eq!(told(101, &ip6(51, &auth(6, &tcp(b"hello")))), TCP6);
    assert_eq!(told(101, &ip4(51, &auth(6, &tcp(b"hello")))), TCP4);
    let fragment = |offset: u8, data: &[u8]| cat(&[&[6, 0, 0, offset, 0, 0, 0, 9], data]);
    assert_eq!(told(101, &ip6(44, &fragment(0, &tcp(b"hello")))), TCP6);
    assert_eq!(told(101, &ip6(44, &fragment(1, &tcp(b"hello")))), "fragment 0..77");
    assert_eq!(told(101, &ip6(44, &fragment(8, &tcp(b"hello")))), "fragment 0..77");
    let ends = "2001:db8::1#0 2001:db8::2#0";
    assert_eq!(told(101, &ip6(59, b"")), format!("59 {ends} \"\""));
    assert_eq!(told(101, &ip6(50, b"secret")), format!("50 {ends} \"secret\""));
    assert_eq!(
        told(101, &ip6(135, &[59, 0, 5, 0, 0, 0, 0, 0])).split('"').next(),
        Some(&*format!("135 {ends} "))
    );
    assert_eq!(told(101, &ip6(140, &hop(6, &tcp(b"hello")))), TCP6);
    let chain = (0..40).fold(tcp(b""), |data, i| hop(if i == 0 { 6 } else { 60 }, &data));
    assert_eq!(told(101, &ip6(60, &chain)), "malformed ip.extension_headers");
    // A jumbogram's length is in an option; the packet fills the frame.
    let mut jumbo = ip6(0, &hop(6, &tcp(b"hello")));
    (jumbo[4], jumbo[5]) = (0, 0);
    assert_eq!(told(101, &jumbo), TCP6);
}

#[test]
fn transports() {
    assert_eq!(told(101, &ip4(17, &udp(53, 54, b"q"))), "17 192.0.2.1#53 198.51.100.2#54 \"q\"");
    let mut datagram = udp(53, 54, b"question");
    datagram[5] = 11;
    assert_eq!(told(101, &ip4(17, &datagram)), "17 192.0.2.1#53 198.51.100.2#54 \"que\"");
    datagram[5] = 7;
    assert_eq!(told(101, &ip4(17, &datagram)), "malformed udp.length");
    datagram[4] = 1;
    assert_eq!(told(101, &ip4(17, &datagram)), "17 192.0.2.1#53 198.51.100.2#54 \"question\"");
    let sctp = cat(&[&[0, 5, 0, 6], &[0; 8], b"chunk"]);
    assert_eq!(told(101, &ip4(132, &sctp)), "132 192.0.2.1#5 198.51.100.2#6 \"chunk\"");
    // Request and reply are one flow: the identifier is both ports.
    for kind in [0, 8] {
        let echo = [kind, 0, 0, 0, 1, 2, 0, 1];
        assert!(told(101, &ip4(1, &echo)).starts_with("1 192.0.2.1#258 198.51.100.2#258 "));
    }
    for kind in [128, 129] {
        let echo = [kind, 0, 0, 0, 1, 2, 0, 1];
        assert!(told(101, &ip6(58, &echo)).starts_with("58 2001:db8::1#258 2001:db8::2#258 "));
    }
    // An error belongs to its own ends, and its payload begins with the ICMP header.
    let error = cat(&[&[3, 3, 0, 0, 0, 0, 0, 0], &tcp4()]);
    assert!(told(101, &ip4(1, &error)).starts_with("1 192.0.2.1#0 198.51.100.2#0 \"\\u{3}\\u{3}"));
    assert_eq!(told(101, &ip4(2, b"igmp")), "2 192.0.2.1#0 198.51.100.2#0 \"igmp\"");
}

#[test]
fn ip_in_ip_and_gre() {
    assert_eq!(told(101, &ip4(4, &tcp4())), format!("{TCP4} IpIp"));
    assert_eq!(told(101, &ip4(41, &tcp6())), format!("{TCP6} IpIp"));
    assert_eq!(told(101, &ip6(4, &tcp4())), format!("{TCP4} IpIp"));
    assert_eq!(told(101, &ip6(41, &tcp6())), format!("{TCP6} IpIp"));
    let gre = |header: &[u8], data: &[u8]| told(101, &ip4(47, &cat(&[header, data])));
    assert_eq!(gre(&[0, 0, 8, 0], &tcp4()), format!("{TCP4} Gre(0)"));
    assert_eq!(gre(&[0x20, 0, 0x86, 0xdd, 0, 0, 0, 7], &tcp6()), format!("{TCP6} Gre(7)"));
    let all = [0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1];
    assert_eq!(gre(&all, &tcp4()), format!("{TCP4} Gre(8)"));
    let frame = ether(0x0800, &tcp4());
    assert_eq!(gre(&[0x20, 0, 0x65, 0x58, 0, 0x12, 0x34, 0], &frame), format!("{TCP4} Gre(1192960)"));
    // ERSPAN I, II, III, and III with a platform header.
    assert_eq!(gre(&[0, 0, 0x88, 0xbe], &frame), format!("{TCP4} Gre(0)"));
    let second = cat(&[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1], &[0x10; 8]]);
    assert_eq!(gre(&second, &frame), format!("{TCP4} Gre(0)"));
    let third = cat(&[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], &[0x20; 12]]);
    assert_eq!(gre(&third, &frame), format!("{TCP4} Gre(0)"));
    let platform = cat(&[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], &[0x21; 12], &[0; 8]]);
    assert_eq!(gre(&platform, &frame), format!("{TCP4} Gre(0)"));
    // PPTP with and without acknowledgement.
    let call = [0x30, 0x01, 0x88, 0x0b, 0, 53, 0, 9, 0, 0, 0, 1];
    assert_eq!(gre(&call, &cat(&[&[0xff, 3, 0, 0x21], &tcp4()])), format!("{TCP4} Gre(3473417)"));
    let acked = [0x30, 0x81, 0x88, 0x0b, 0, 53, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1];
    assert_eq!(gre(&acked, &cat(&[&[0x21], &tcp4()])), format!("{TCP4} Gre(3473417)"));
    let outer = "47 192.0.2.1#0 198.51.100.2#0 ";
    assert!(gre(&[0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1], &[]).starts_with(outer));
    assert!(gre(&call, &[0xff, 3, 0xc0, 0x21, 1]).starts_with(outer));
    assert!(gre(&[0, 0, 0x12, 0x34], &[]).starts_with(outer));
    // Of frames inside, those of LLDP are not read.
    assert!(gre(&[0, 0, 0x65, 0x58], &ether(0x88cc, &[])).starts_with(outer));
    assert_eq!(gre(&[0x83, 0x3e], &[]), "malformed gre.truncated");
}

#[test]
fn mpls_and_pppoe() {
    let labels = [0, 1, 0, 0xff, 0, 0x20, 1, 0xff];
    assert_eq!(told(1, &ether(0x8847, &cat(&[&labels, &tcp4()]))), format!("{TCP4} Mpls(512)"));
    assert_eq!(told(1, &ether(0x8848, &cat(&[&labels, &tcp6()]))), format!("{TCP6} Mpls(512)"));
    let wire = cat(&[&labels, &[0; 4], &ether(0x0800, &tcp4())]);
    assert_eq!(told(1, &ether(0x8847, &wire)), format!("{TCP4} Mpls(512)"));
    assert_eq!(told(1, &ether(0x8847, &[0; 400])), "malformed mpls.stack");
    assert_eq!(told(1, &ether(0x8847, &cat(&[&labels, &[0xf0]]))), "skip mpls.payload");
    let length = u8::try_from(tcp4().len() + 2).unwrap();
    let session = cat(&[&[0x11, 0, 0, 77, 0, length, 0, 0x21], &tcp4(), &[0; 9]]);
    assert_eq!(told(1, &ether(0x8864, &session)), format!("{TCP4} Pppoe(77)"));
    assert_eq!(told(51, &session), format!("{TCP4} Pppoe(77)"));
    assert_eq!(told(1, &ether(0x8864, &[0x21, 0, 0, 0, 0, 0])), "malformed pppoe.version");
}

#[test]
fn over_udp() {
    let frame = ether(0x0800, &tcp4());
    let carried =
        |port: u16, header: &[u8], data: &[u8]| told(101, &ip6(17, &udp(9999, port, &cat(&[header, data]))));
    let vxlan = [8, 0, 0, 0, 0, 0, 42, 0];
    for port in [4789, 8472] {
        assert_eq!(carried(port, &vxlan, &frame), format!("{TCP4} Vxlan(42)"));
    }
    assert_eq!(carried(4790, &vxlan, &frame), format!("{TCP4} Vxlan(42)"));
    let gpe = |next: u8| [0x0c, 0, 0, next, 0, 0, 42, 0];
    for (next, data, want) in [(1, &tcp4(), TCP4), (2, &tcp6(), TCP6), (3, &frame, TCP4)] {
        assert_eq!(carried(4790, &gpe(next), data), format!("{want} Vxlan(42)"));
        // RFC 8300: service path with a fixed context of 16 bytes, then the same numbers.
        let nsh = cat(&[&[0x0f, 0xc6, 1, next, 0, 0, 1, 0xff], &[0; 16], data]);
        assert_eq!(carried(4790, &gpe(4), &nsh), format!("{want} Vxlan(42)"));
    }
    assert_eq!(carried(4790, &gpe(5), &cat(&[&[0, 0x20, 1, 0xff], &tcp4()])), format!("{TCP4} Mpls(512)"));
    assert_eq!(carried(6081, &[0, 0, 0x65, 0x58, 0, 0, 5, 0], &frame), format!("{TCP4} Geneve(5)"));
    let options = [1, 0, 0x86, 0xdd, 0, 0, 5, 0, 0, 0, 0, 0];
    assert_eq!(carried(6081, &options, &tcp6()), format!("{TCP6} Geneve(5)"));
    let length = u8::try_from(tcp4().len()).unwrap();
    let plain = [0x30, 0xff, 0, length, 0, 0, 1, 0];
    assert_eq!(carried(2152, &plain, &tcp4()), format!("{TCP4} GtpU(256)"));
    let extended = [0x34, 0xff, 0, length + 8, 0, 0, 1, 0, 0, 0, 0, 0x85, 1, 0, 0, 0];
    assert_eq!(carried(2152, &extended, &tcp4()), format!("{TCP4} GtpU(256)"));
    assert_eq!(carried(3544, &[], &tcp6()), format!("{TCP6} IpIp"));
    assert_eq!(carried(3544, &[0, 0, 1, 2, 3, 4, 5, 6], &tcp6()), format!("{TCP6} IpIp"));
    // What makes no sense inside is an ordinary datagram.
    let outer = "17 2001:db8::1#9999 2001:db8::2#";
    for (port, header, data) in [
        (4789, &[9, 0, 0, 0, 0, 0, 42, 0][..], &frame[..]),
        (4789, &vxlan, &frame[..40]),
        (4789, &vxlan, &ether(0x0806, &[0; 28])),
        (4790, &[0x0d, 0, 0, 3, 0, 0, 42, 0], &frame),
        (4790, &[0x1c, 0, 0, 3, 0, 0, 42, 0], &frame),
        (4790, &gpe(6), &frame),
        (4790, &gpe(4), &[0x0f, 0xc6, 1, 4, 0, 0, 1, 0xff]),
        (6081, &[0x80, 0, 0x65, 0x58, 0, 0, 5, 0], &frame),
        (2152, &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0], &[]),
        (2152, &[0x34, 0xff, 0, 8, 0, 0, 1, 0, 0, 0, 0, 0x85, 0, 0, 0, 0], &[]),
        (3544, &[0; 9], &[]),
    ] {
        let got = carried(port, header, data);
        assert!(got.starts_with(&format!("{outer}{port} ")), "{got}");
    }
}

#[test]
fn depth_is_capped() {
    let nest = |levels: usize| (0..levels).fold(tcp4(), |inner, _| ip4(4, &inner));
    assert_eq!(told(101, &nest(8)), format!("{TCP4} IpIp"));
    assert_eq!(told(101, &nest(9)), "malformed tunnel.depth");
    assert_eq!(told(101, &nest(2000)), "malformed tunnel.depth");
    let vxlan =
        |inner: &[u8]| ether(0x0800, &ip4(17, &udp(1, 4789, &cat(&[&[8, 0, 0, 0, 0, 0, 1, 0], inner]))));
    let deep = (0..9).fold(ether(0x0800, &tcp4()), |inner, _| vxlan(&inner));
    assert_eq!(told(1, &deep), "malformed tunnel.depth");
    let mixed = (0..500).fold(tcp4(), |inner, _| {
        ip4(47, &cat(&[&[0, 0, 0x65, 0x58], &ether(0x8847, &cat(&[&[0, 1, 1, 9], &inner]))]))
    });
    assert_eq!(told(101, &mixed), "malformed tunnel.depth");
}
