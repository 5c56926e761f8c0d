//! Shapes of streams.

use super::{Over, Shape, Sight, shapes};

/// A record of TLS after the handshake, whole or with the next one behind it (RFC 8446 §5.1).
fn tls(s: &Sight<'_>) -> bool {
    let record = |at: usize| -> Option<usize> {
        let known = matches!(s.u8(at)?, 0x14..=0x17) && s.u8(at + 1)? == 3 && matches!(s.u8(at + 2)?, 1..=4);
        let length = usize::from(s.u16(at + 3)?);
        (known && (1..=16_640).contains(&length)).then_some(at + 5 + length)
    };
    record(0).is_some_and(|end| end >= s.bytes.len() || record(end).is_some())
}

/// A STUN message (RFC 8489 §5), alone or in a frame of RFC 4571.
fn stun(s: &Sight<'_>) -> bool {
    let message = |at: usize| {
        let head = s.u16(at).zip(s.u16(at + 2));
        head.is_some_and(|(kind, length)| kind < 0x4000 && length % 4 == 0)
            && s.has(at + 4, b"\x21\x12\xa4\x42")
    };
    message(0) || (s.u16(0).is_some_and(|n| n >= 20) && message(2))
}

/// TPKT and the connection request of COTP, or data (RFC 1006, ISO 8073).
fn cotp(s: &Sight<'_>) -> bool {
    let kind = matches!(s.u8(5), Some(0xe0 | 0xd0 | 0xf0 | 0x80));
    s.has(0, &[3, 0]) && s.u16(2).is_some_and(|n| (7..=8192).contains(&n)) && kind
}

/// A message of BitTorrent's peers: a block of the usual size, or a whole bit field.
fn bittorrent(s: &Sight<'_>) -> bool {
    s.begins(&["\x13BitTorrent protocol"]) || s.has(0, &[0, 0, 0x40, 9, 7])
}

/// DCE-RPC version 5 over a connection (C706 §12.6.3): the fragment is not longer than it says.
fn dcerpc(s: &Sight<'_>) -> bool {
    let kind = s.u8(2).is_some_and(|k| k < 20);
    let length = s.bytes.get(8..10).map(|b| match s.u8(4) {
        Some(0x10) => b.iter().rev().fold(0u32, |n, b| n << 8 | u32::from(*b)),
        _ => b.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)),
    });
    s.has(0, &[5, 0])
        && kind
        && matches!(s.u8(4), Some(0 | 0x10))
        && s.has(5, &[0, 0, 0])
        && length.is_some_and(|n| n >= 16)
}

/// SQL Server: a packet of TDS with its length (MS-TDS §2.2.3).
fn tds(s: &Sight<'_>) -> bool {
    let kind = matches!(s.u8(0), Some(1 | 3 | 4 | 6 | 7 | 14 | 16 | 17 | 18));
    kind && matches!(s.u8(1), Some(0 | 1 | 9))
        && s.u16(2).is_some_and(|n| (8..=32_768).contains(&n))
        && s.u8(7) == Some(0)
}

/// Oracle: length, checksum 0, type, flags 0, checksum of the head 0.
fn tns(s: &Sight<'_>) -> bool {
    let kind = matches!(s.u8(4), Some(1..=6 | 9 | 11..=14));
    s.u16(0).is_some_and(|n| n >= 8) && s.has(2, &[0, 0]) && kind && s.has(6, &[0, 0])
}

/// A SCSI command descriptor or log-in of iSCSI (RFC 7143 §11): nothing but zeroes where it is reserved.
fn iscsi(s: &Sight<'_>) -> bool {
    let opcode = s.u8(0).map(|b| b & 0x3f);
    matches!(opcode, Some(0..=6 | 0x20..=0x26)) && s.u8(4) == Some(0) && s.bytes.len() >= 48
}

/// X11: order of bytes, version 11.0; or the server's consent (X Window System Protocol §8).
fn x11(s: &Sight<'_>) -> bool {
    s.has(0, b"l\0\x0b\0\0\0") || s.has(0, b"B\0\0\x0b\0\0") || s.has(0, &[1, 0, 11, 0, 0, 0])
}

/// SMPP: length, command, status 0 of a request, a sequence number (SMPP 3.4 §3.2).
fn smpp(s: &Sight<'_>) -> bool {
    let command = s.u32(4).map(|c| c & 0x7fff_ffff);
    s.u32(0).is_some_and(|n| (16..=65_536).contains(&n))
        && command.is_some_and(|c| matches!(c, 1..=0x21 | 0x102 | 0x103))
        && s.u32(8).is_some_and(|status| status < 0x500)
}

/// A message of DNP3's link layer (IEEE 1815 §9): start octets, length, control.
fn dnp3(s: &Sight<'_>) -> bool {
    s.has(0, &[5, 0x64]) && s.u8(2).is_some_and(|n| n >= 5)
}

shapes! {
    Tcp;
    "ajp" at [8009], "Apache JServ Protocol 1.3 between web server and servlet container.", |s| s.has(0, &[0x12, 0x34]) || s.has(0, b"AB");
    "afp" at [548], "Apple Filing Protocol over DSI.", |s| matches!(s.u8(0), Some(0 | 1)) && matches!(s.u8(1), Some(1..=8)) && s.has(12, &[0, 0, 0, 0]);
    "ams" at [48898], "Beckhoff AMS/ADS.", |s| s.has(0, &[0, 0]) && s.u32_le(2).is_some_and(|n| (32..=1 << 20).contains(&n));
    "bgp" near [179], "Border Gateway Protocol (RFC 4271).", |s| s.has(0, &[0xff; 16]) && matches!(s.u8(18), Some(1..=5));
    "bitcoin" near [8333, 18333], "Bitcoin's peers.", |s| s.has(0, &[0xf9, 0xbe, 0xb4, 0xd9]) || s.has(0, &[0x0b, 0x11, 0x09, 0x07]);
    "bittorrent" near [6881], "BitTorrent between peers (BEP 3).", bittorrent;
    "c1222" at [1153], "ANSI C12.22: meters.", |s| s.has(0, &[0x60]) && s.has(2, &[0xa2]);
    "check_mk" near [6556], "Checkmk's agent.", |s| s.begins(&["<<<check_mk>>>"]);
    "corba" near [683, 2809], "CORBA: GIOP, and ZIOP.", |s| s.begins(&["GIOP\x01", "ZIOP\x01"]);
    "dcerpc" near [135], "DCE-RPC over TCP.", dcerpc;
    "diameter" near [3868], "Diameter (RFC 6733).", |s| s.u32(0).is_some_and(|n| n >> 24 == 1 && n & 3 == 0 && n & 0xff_ffff >= 20) && s.u8(4).is_some_and(|f| f & 0x0f == 0) && s.u32(8).is_some_and(|app| app < 1 << 25 || app == u32::MAX) && s.u8(5) == Some(0);
    "dlep" at [854], "Dynamic Link Exchange Protocol (RFC 8175).", |s| s.u16(0).is_some_and(|t| (1..=16).contains(&t)) && s.long(s.u16(2).map(u32::from), 4);
    "dnp3" at [20000], "DNP3 (IEEE 1815).", dnp3;
    "elasticsearch" near [9300], "Elasticsearch between nodes.", |s| s.begins(&["ES\0\0"]) && s.bytes.len() > 6;
    "fastcgi" at [9000], "FastCGI between web server and application.", |s| s.u8(0) == Some(1) && matches!(s.u8(1), Some(1..=11)) && s.u8(7) == Some(0);
    "fix" near [9878], "Financial Information Exchange.", |s| s.begins(&["8=FIX", "8=O\x019="]) || (s.begins(&["8="]) && s.within("\x019=") && s.within("\x0135="));
    "gearman" near [4730], "Gearman's jobs.", |s| s.has(0, b"\0REQ\0\0\0") || s.has(0, b"\0RES\0\0\0");
    "h323" at [1720], "H.323 call signalling (Q.931 over TPKT).", |s| s.has(0, &[3, 0]) && s.u8(4) == Some(8);
    "h245" near [], "H.245 control of media, set up by H.323.", |s| s.has(0, &[3, 0, 0]) && s.long(s.u16(2).map(u32::from), 0) && matches!(s.u8(4), Some(0x02 | 0x01 | 0x22 | 0x20));
    "hart_ip" at [5094, 5095], "HART-IP: field devices.", |s| s.u8(0) == Some(1) && matches!(s.u8(1), Some(0 | 1 | 2 | 15)) && s.long(s.u16(6).map(u32::from), 0);
    "hislip" near [4880], "HiSLIP: instruments.", |s| s.has(0, b"HS") && s.u8(2).is_some_and(|t| t < 32) && s.bytes.len() >= 16;
    "iec104" at [2404], "IEC 60870-5-104: telecontrol.", |s| s.u8(0) == Some(0x68) && s.u8(1).is_some_and(|n| (4..=253).contains(&n));
    "iscsi" at [3260], "iSCSI (RFC 7143).", iscsi;
    "iso_tsap" near [102], "ISO transport over TCP (RFC 1006): S7, MMS and others above it are not told apart.", cotp;
    "kafka" at [9092], "Apache Kafka.", |s| s.u32(0).is_some_and(|n| (4..=100 << 20).contains(&n)) && (s.u16(4).is_some_and(|k| k < 90) && s.u16(6).is_some_and(|v| v < 20) || s.long(s.u32(0), 4));
    "kismet" near [2501], "Kismet's server.", |s| s.begins(&["*KISMET:"]);
    "ldp" at [646], "Label Distribution Protocol (RFC 5036).", |s| s.u16(0) == Some(1) && s.long(s.u16(2).map(u32::from), 4);
    "lisp" at [4342], "LISP map registration, reliable transport.", |s| s.u16(0).is_some_and(|t| t < 256) && s.u16(2).is_some_and(|n| (8..=8192).contains(&n));
    "modbus" at [502], "Modbus/TCP.", |s| s.has(2, &[0, 0]) && s.long(s.u16(4).map(u32::from), 6);
    "monero" near [18080], "Monero's peers (Levin).", |s| s.has(0, &[1, 0x21, 1, 1, 1, 1, 1, 1]);
    "nats" near [4222], "NATS.", |s| s.begins(&["INFO {", "CONNECT {"]);
    "nntp" at [119, 433], "Network News (RFC 3977).", |s| s.begins(&["200 ", "201 ", "MODE READER", "GROUP ", "CAPABILITIES", "LIST"]);
    "opcua" near [4840], "OPC UA.", |s| ["HEL", "ACK", "OPN", "MSG", "CLO", "ERR"].iter().any(|w| s.begins(&[w])) && matches!(s.u8(3), Some(b'F' | b'C' | b'A')) && s.u32_le(4).is_some_and(|n| (8..=1 << 26).contains(&n));
    "openwire" near [61616], "ActiveMQ's OpenWire.", |s| s.has(4, b"\x01ActiveMQ");
    "oracle" at [1521, 1526], "Oracle's TNS.", tns;
    "pptp" near [1723], "PPTP's control connection (RFC 2637).", |s| s.has(4, &[0x1a, 0x2b, 0x3c, 0x4d]);
    "proxy" near [], "PROXY protocol of load balancers, before the connection it tells of.", |s| s.begins(&["PROXY TCP", "PROXY UNKNOWN"]) || s.has(0, b"\r\n\r\n\0\r\nQUIT\n");
    "rmi" near [1099], "Java RMI.", |s| s.begins(&["JRMI\0"]);
    "rsh" at [514], "Remote shell.", |s| s.bytes.iter().take(6).position(|b| *b == 0).is_some_and(|end| s.bytes.iter().take(end).all(u8::is_ascii_digit));
    "rtsp" near [554, 8554], "Real-Time Streaming Protocol (RFC 7826).", |s| s.begins(&["RTSP/1.0 ", "RTSP/2.0 "]) || (s.begins(&["OPTIONS rtsp", "DESCRIBE rtsp", "SETUP rtsp", "PLAY rtsp", "PAUSE rtsp", "TEARDOWN rtsp", "GET_PARAMETER rtsp", "SET_PARAMETER rtsp", "ANNOUNCE rtsp", "RECORD rtsp"]));
    "skinny" at [2000], "Cisco's SCCP.", |s| s.u32_le(0).is_some_and(|n| (4..=4096).contains(&n)) && s.u32_le(4).is_some_and(|v| v <= 32);
    "smpp" at [1445, 2775], "Short messages: SMPP.", smpp;
    "spdy" near [], "SPDY, HTTP/2's forerunner.", |s| s.has(0, &[0x80, 3, 0, 1]) && s.u8(4) == Some(1);
    "stomp" near [61613], "STOMP.", |s| s.begins(&["STOMP\n", "CONNECT\naccept-version", "CONNECTED\n"]);
    "stun" near [3478, 5349], "STUN and TURN over TCP.", stun;
    "tds" at [1433, 1434], "SQL Server's TDS.", tds;
    "tls" near [443], "TLS that was captured from the middle on.", tls;
    "vnc" near [5900], "Remote frame buffer (RFC 6143): VNC.", |s| s.begins(&["RFB 003.", "RFB 004."]);
    "x11" near [6000], "X Window System.", x11;
    "xmpp" near [5222, 5269], "XMPP (RFC 6120).", |s| s.begins(&["<stream:stream"]) || (s.begins(&["<?xml"]) && (s.within("jabber:") || s.ports.iter().any(|p| matches!(p, 5222 | 5269)))) || (s.begins(&["<presence", "<message", "<iq "]) && s.ports.iter().any(|p| matches!(p, 5222 | 5269)));
    "z3950" at [210, 2100], "Z39.50: library catalogues.", |s| matches!(s.u8(0), Some(0xb4..=0xbf)) && s.u8(1).is_some_and(|n| n > 0);
    "zabbix" near [10050, 10051], "Zabbix.", |s| s.begins(&["ZBXD\x01"]);
}
