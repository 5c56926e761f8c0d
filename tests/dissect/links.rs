//! Every link type, with IPv4 and IPv6 in it, and what is skipped.

use super::packets::*;
use netlog::model::Stamp;
use netlog::net::{Verdict, dissect};

#[test]
fn ethernet_vlans_and_llc() {
    assert_eq!(told(1, &ether(0x0800, &tcp4())), TCP4);
    assert_eq!(told(1, &ether(0x86dd, &tcp6())), TCP6);
    // Padding to 60 bytes is not payload.
    let padded = cat(&[&ether(0x0800, &ip4(17, &udp(1, 2, b"x"))), &[0; 17]]);
    assert_eq!(told(1, &padded), "17 192.0.2.1#1 198.51.100.2#2 \"x\"");
    let tagged = cat(&[&[0x20, 5, 0x08, 0], &tcp4()]);
    assert_eq!(told(1, &ether(0x8100, &tagged)), format!("{TCP4} vlans [5, 0]"));
    let twice = cat(&[&[0, 100, 0x81, 0], &tagged]);
    assert_eq!(told(1, &ether(0x88a8, &twice)), format!("{TCP4} vlans [100, 5]"));
    assert_eq!(told(1, &ether(0x9100, &twice)), format!("{TCP4} vlans [100, 5]"));
    let many = [0, 1, 0x81, 0].repeat(20);
    assert_eq!(told(1, &ether(0x8100, &many)), "malformed vlan.depth");
    let snap = cat(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &tcp4()]);
    assert_eq!(told(1, &ether(u16::try_from(snap.len()).unwrap(), &snap)), TCP4);
    let llc = cat(&[&[6, 6, 3], &tcp4()]);
    assert_eq!(told(1, &ether(u16::try_from(llc.len()).unwrap(), &llc)), TCP4);
    for (kind, data, name) in [
        (0x0806, &[0, 1, 0x86, 0xdd, 6, 16][..], "arp.other"),
        (0x8035, &[], "rarp"),
        (0x88cc, &[], "lldp"),
        (0x888e, &[], "eapol"),
        (0x8892, &[], "profinet"),
        (0x8863, &[], "pppoe.discovery"),
        (0x1234, &[], "eth.unknown"),
        (1510, &[], "eth.length"),
        (38, &[0x42, 0x42, 3, 0], "stp"),
        (38, &[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0], "cdp"),
        (38, &[0xe0, 0xe0, 3], "ipx"),
        (38, &[0xf0, 0xf0, 3], "netbios"),
        (38, &[0x11, 0x22, 3], "llc"),
    ] {
        assert_eq!(told(1, &ether(kind, data)), format!("skip {name}"));
    }
}

#[test]
fn arp() {
    let message = cat(&[&[0, 1, 8, 0, 6, 4, 0, 1], &MAC_A, &A, &[0; 6], &B]);
    let padded = cat(&[&ether(0x0806, &message), &[0; 18]]);
    let Verdict::Flow(p) = dissect(1, &padded, 60, Stamp::default()) else { panic!("no flow") };
    assert!(p.key.is_arp() && !p.reverse);
    assert_eq!((p.key.a().0, p.key.b().0), (A.into(), B.into()));
    assert_eq!((p.payload, p.payload_len, p.wire_len), (14..42, 28, 60), "without the padding");
    let answer = cat(&[&[0, 1, 8, 0, 6, 4, 0, 2], &MAC_B, &B, &MAC_A, &A]);
    let Verdict::Flow(q) = dissect(1, &ether(0x0806, &answer), 42, Stamp::default()) else {
        panic!("no flow")
    };
    assert!(q.reverse && q.key == p.key, "question and answer are one flow");
    // An IP packet of the reserved protocol number is another's.
    let Verdict::Flow(ip) = dissect(1, &ether(0x0800, &ip4(255, b"x")), 35, Stamp::default()) else {
        panic!("no flow")
    };
    assert!(!ip.key.is_arp() && ip.key != p.key);
    assert_eq!(told(1, &ether(0x0806, &message[..27])), "malformed arp.truncated");
}

#[test]
fn macs_ttl_and_tcp_header() {
    let bytes = ether(0x0800, &tcp4());
    let Verdict::Flow(p) = dissect(1, &bytes, 70, Stamp::default()) else { panic!("no flow") };
    assert_eq!((p.macs, p.ttl, p.wire_len), (Some((MAC_A, MAC_B)), 61, 70));
    let tcp = p.tcp.expect("TCP header");
    assert_eq!((tcp.seq, tcp.ack, tcp.flags, tcp.window), (7, 9, 0x12, 256));
}

#[test]
fn raw_null_and_cooked() {
    for link in [12, 14, 101] {
        assert_eq!((told(link, &tcp4()), told(link, &tcp6())), (TCP4.into(), TCP6.into()));
    }
    assert_eq!((told(228, &tcp4()), told(229, &tcp6())), (TCP4.into(), TCP6.into()));
    assert_eq!(told(101, &[0x15; 40]), "malformed ip.version");
    for link in [0, 108] {
        assert_eq!(told(link, &cat(&[&[2, 0, 0, 0], &tcp4()])), TCP4);
        assert_eq!(told(link, &cat(&[&[0, 0, 0, 2], &tcp4()])), TCP4);
        for family in [10, 23, 24, 26, 28, 30] {
            assert_eq!(told(link, &cat(&[&[family, 0, 0, 0], &tcp6()])), TCP6);
            assert_eq!(told(link, &cat(&[&[0, 0, 0, family], &tcp6()])), TCP6);
        }
        assert_eq!(told(link, &cat(&[&[7, 0, 0, 0], &tcp4()])), "skip null.family");
    }
    let sll = |hardware: u16, protocol: u16, data: &[u8]| {
        cat(&[&[0, 0], &hardware.to_be_bytes(), &[0, 6], &MAC_A, &[0, 0], &protocol.to_be_bytes(), data])
    };
    assert_eq!(told(113, &sll(1, 0x0800, &tcp4())), TCP4);
    assert_eq!(told(113, &sll(1, 0x86dd, &tcp6())), TCP6);
    let tagged = cat(&[&[0, 9, 8, 0], &tcp4()]);
    assert_eq!(told(113, &sll(1, 0x8100, &tagged)), format!("{TCP4} vlans [9, 0]"));
    assert_eq!(told(113, &sll(824, 0, &[0; 20])), "skip netlink");
    assert_eq!(told(113, &sll(280, 12, &[0; 20])), "skip can");
    assert_eq!(told(113, &sll(1, 4, &[0x42, 0x42, 3])), "skip stp");
    let sll2 = |protocol: u16, data: &[u8]| {
        cat(&[&protocol.to_be_bytes(), &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6], &MAC_A, &[0, 0], data])
    };
    assert_eq!(told(276, &sll2(0x0800, &tcp4())), TCP4);
    assert_eq!(told(276, &sll2(0x86dd, &tcp6())), TCP6);
    assert_eq!(told(276, &sll2(0x0806, &[])), "malformed arp.truncated");
    assert_eq!(told(117, &cat(&[&[61, 2], &[0; 62], &tcp4()])), TCP4);
}

#[test]
fn ppp_hdlc_and_fddi() {
    for link in [9, 50] {
        assert_eq!(told(link, &cat(&[&[0xff, 3, 0, 0x21], &tcp4()])), TCP4);
        assert_eq!(told(link, &cat(&[&[0xff, 3, 0x57], &tcp6()])), TCP6);
    }
    assert_eq!(told(9, &cat(&[&[0x21], &tcp4()])), TCP4);
    assert_eq!(told(9, &cat(&[&[0, 0x57], &tcp6()])), TCP6);
    assert_eq!(told(9, &[0xff, 3, 0xc0, 0x21, 1]), "skip ppp.lcp");
    assert_eq!(told(9, &[0xff, 3, 0, 0xfd, 1]), "skip ppp.compressed");
    assert_eq!(told(204, &cat(&[&[1, 0xff, 3, 0, 0x21], &tcp4()])), TCP4);
    for link in [50, 104] {
        assert_eq!(told(link, &cat(&[&[0x0f, 0, 8, 0], &tcp4()])), TCP4);
        assert_eq!(told(link, &cat(&[&[0x8f, 0, 0x86, 0xdd], &tcp6()])), TCP6);
        assert_eq!(told(link, &[0x8f, 0, 0x80, 0x35, 0]), "skip slarp");
    }
    let fddi = |control, data: &[u8]| cat(&[&[control], &MAC_B, &MAC_A, data]);
    let snap = cat(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &tcp4()]);
    assert_eq!(told(10, &fddi(0x50, &snap)), TCP4);
    assert_eq!(told(10, &fddi(0xd4, &snap)), TCP4);
    assert_eq!(told(10, &fddi(0x41, &snap)), "skip fddi.management");
}

fn wifi(control: [u8; 2], before_llc: &[u8], data: &[u8]) -> Vec<u8> {
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    cat(&[&control, &[0, 0], &MAC_B, &MAC_A, &[9; 6], &[0x10, 0], before_llc, &snap, data])
}

#[test]
fn wireless() {
    assert_eq!(told(105, &wifi([0x08, 0], &[], &tcp4())), TCP4);
    assert_eq!(told(105, &wifi([0x88, 2], &[0, 0], &tcp4())), TCP4);
    assert_eq!(told(105, &wifi([0x88, 0x80], &[0; 6], &tcp4())), TCP4);
    assert_eq!(told(105, &wifi([0x88, 3], &[0; 8], &tcp4())), TCP4);
    let snap = cat(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &tcp4()]);
    let sub = |n: usize| cat(&[&MAC_B, &MAC_A, &u16::try_from(n).unwrap().to_be_bytes(), &snap]);
    let fixed = cat(&[&[0x88, 0, 0, 0], &MAC_B, &MAC_A, &[9; 6], &[0, 0, 0x80, 0]]);
    assert_eq!(told(105, &cat(&[&fixed, &sub(snap.len())])), TCP4);
    let two = cat(&[&fixed, &sub(snap.len()), &[0], &sub(snap.len())]);
    assert_eq!(told(105, &two), "skip 802.11.amsdu");
    for (control, name) in [
        ([0x80, 0], "skip 802.11.management"),
        ([0xd4, 0], "skip 802.11.control"),
        ([0xc8, 0], "skip 802.11.null"),
        ([0x08, 0x40], "skip 802.11.encrypted"),
        ([0x08, 0x04], "skip 802.11.fragment"),
        ([0x09, 0], "malformed 802.11.version"),
    ] {
        assert_eq!(told(105, &wifi(control, &[], &tcp4())), name);
    }
    let frame = wifi([0x08, 0], &[], &tcp4());
    let Verdict::Flow(p) = dissect(105, &frame, 200, Stamp::default()) else { panic!("no flow") };
    assert_eq!(p.macs, Some((MAC_A, MAC_B)));
}

#[test]
fn before_wireless() {
    let frame = wifi([0x08, 0], &[], &tcp4());
    let plain = cat(&[&[0, 0, 8, 0, 0, 0, 0, 0], &frame]);
    assert_eq!(told(127, &plain), TCP4);
    // Time and flags: the frame check sequence at the end; with two presence words, and padded.
    let long = |flags: u8, frame: &[u8]| {
        cat(&[&[0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0], &[7; 8], &[flags], frame, &[1; 4]])
    };
    assert_eq!(told(127, &long(0x10, &frame)), TCP4);
    assert_eq!(told(127, &long(0x50, &frame)), "malformed 802.11.bad_fcs");
    assert_eq!(told(127, &long(0x30, &wifi([0x88, 0], &[0, 0, 0, 0], &tcp4()))), TCP4);
    assert_eq!(told(119, &cat(&[&[0; 144], &frame])), TCP4);
    let avs = cat(&[&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], &[0; 56], &frame]);
    assert_eq!((told(163, &avs), told(119, &avs)), (TCP4.into(), TCP4.into()));
    let ppi = |link: u8, data: &[u8]| cat(&[&[0, 0, 8, 0, link, 0, 0, 0], data]);
    assert_eq!(told(192, &ppi(105, &frame)), TCP4);
    assert_eq!(told(192, &ppi(1, &ether(0x0800, &tcp4()))), TCP4);
    assert_eq!(told(192, &ppi(192, &ppi(1, &[]))), "malformed ppi.nested");
}

#[test]
fn nflog_and_the_others() {
    let packet = tcp4();
    let length = u16::try_from(packet.len() + 4).unwrap();
    let prefix = [6, 0, 10, 0, b'x', 0, 0, 0];
    let little = cat(&[&[2, 0, 0, 1], &prefix, &length.to_le_bytes(), &[9, 0], &packet, &[0; 3]]);
    assert_eq!(told(239, &little), TCP4);
    let length = u16::try_from(tcp6().len() + 4).unwrap();
    let big = cat(&[&[10, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0, 0], &length.to_be_bytes(), &[0, 9], &tcp6()]);
    assert_eq!(told(239, &big), TCP6);
    assert_eq!(told(239, &cat(&[&[2, 0, 0, 1], &prefix])), "skip nflog.no_payload");
    assert_eq!(told(239, &[2, 0, 0, 1, 0, 0, 0, 0]), "malformed nflog.record");
    assert_eq!(told(189, &[0; 64]), "skip link.usb_linux");
    assert_eq!(told(251, &[]), "skip link.bluetooth_le");
    assert_eq!(told(60000, &[]), "skip link.unknown");
}

proptest::proptest! {
    #[test]
    fn any_bytes_on_any_link(
        link in proptest::sample::select(&[
            0u16, 1, 9, 10, 12, 50, 51, 101, 104, 105, 108, 113, 117, 119, 127, 163, 192, 204, 228, 229, 239, 276,
        ][..]),
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..160),
        wire in proptest::num::u32::ANY,
    ) {
        if let Verdict::Flow(p) = dissect(link, &bytes, wire, Stamp::default()) {
            proptest::prop_assert!(p.payload.start <= p.payload.end);
            proptest::prop_assert!(p.payload.end as usize <= bytes.len());
            proptest::prop_assert!(p.payload.end - p.payload.start <= p.payload_len);
        }
    }
}
