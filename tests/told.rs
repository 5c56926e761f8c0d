//! What captures of real software under testdata tell: golden events beside each capture (`UPDATE=1` writes
//! them), and the same values as tshark's decoding of the same file.

use crate::packetbeat::{events, json};
use netlog::model::Event;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Captures under testdata, and the data sets their golden file shows.
const CAPTURES: &[(&str, &[&str])] = &[
    ("cases/lan/input.pcap", &["arp"]),
    ("proto/quic/aioquic.pcap", &["quic"]),
    ("proto/http2/nghttpd.pcap", &["http"]),
    ("proto/http2/upgrade.pcap", &["http"]),
    ("proto/http2/grpc.pcap", &["http"]),
    ("proto/websocket/chat.pcap", &["websocket"]),
    ("proto/dhcpv6/dnsmasq.pcap", &["dhcpv6"]),
    ("proto/nbns/samba.pcap", &["nbns"]),
    ("proto/openvpn/udp.pcap", &["openvpn"]),
    ("proto/openvpn/tls-auth.pcap", &["openvpn"]),
    ("proto/openvpn/tls-crypt.pcap", &["openvpn"]),
    ("proto/openvpn/tcp.pcap", &["openvpn"]),
    ("proto/ike/scan.pcap", &["ike"]),
];

/// Captures of the shared corpus; skipped where they are missing.
const CORPUS: &str = "corpus/";

/// (capture, tshark's filter, tshark's field, our data set, our values): the same set of values.
const SAME: &[(&str, &str, &str, &str, Take)] = &[
    (
        "cases/lan/input.pcap",
        "arp && !(arp.src.proto_ipv4 == 0.0.0.0)",
        "arp.src.hw_mac",
        "arp",
        Take::Fn(macs),
    ),
    ("cases/lan/input.pcap", "arp.opcode == 2", "arp.src.proto_ipv4", "arp", Take::Fn(answered)),
    ("cases/lan/input.pcap", "arp.isgratuitous == 1", "arp.src.proto_ipv4", "arp", Take::Fn(announced)),
    ("proto/http2/nghttpd.pcap", "http2", "http2.headers.method", "http", Take::Field("http.request.method")),
    (
        "proto/http2/nghttpd.pcap",
        "http2",
        "http2.headers.status",
        "http",
        Take::Field("http.response.status_code"),
    ),
    ("proto/http2/nghttpd.pcap", "http2", "http2.request.full_uri", "http", Take::Field("url.full")),
    (
        "proto/http2/nghttpd.pcap",
        "http2",
        "http2.headers.user_agent",
        "http",
        Take::Field("user_agent.original"),
    ),
    (
        "proto/http2/nghttpd.pcap",
        "http2.headers.content_type && tcp.srcport == 8082",
        "http2.headers.content_type",
        "http",
        Take::Field("netlog.http.response.content_type"),
    ),
    ("proto/http2/grpc.pcap", "http2.headers.path", "http2.headers.path", "http", Take::Field("url.path")),
    ("proto/dhcpv6/dnsmasq.pcap", "dhcpv6", "dhcpv6.xid", "dhcpv6", Take::Field("dhcpv6.transaction_id")),
    ("proto/dhcpv6/dnsmasq.pcap", "dhcpv6", "dhcpv6.iaaddr.ip", "dhcpv6", Take::Field("dhcpv6.addresses")),
    ("proto/dhcpv6/dnsmasq.pcap", "dhcpv6", "dhcpv6.dns_server", "dhcpv6", Take::Field("dhcpv6.dns_servers")),
    ("corpus/1kxun.pcap", "dhcpv6", "dhcpv6.xid", "dhcpv6", Take::Field("dhcpv6.transaction_id")),
    ("corpus/nfsv3.pcap", "portmap", "portmap.uaddr", "portmap", Take::Field("portmap.address")),
    ("corpus/nfsv3.pcap", "mount", "mount.path", "mount", Take::Field("path")),
    ("proto/nbns/samba.pcap", "nbns", "nbns.addr", "nbns", Take::Field("nbns.addresses")),
    ("proto/nbns/samba.pcap", "nbns", "nbns.id", "nbns", Take::Fn(nbns_id)),
    ("proto/openvpn/udp.pcap", "openvpn", "openvpn.sessionid", "openvpn", Take::Fn(openvpn_sessions)),
    ("proto/openvpn/tls-auth.pcap", "openvpn", "openvpn.sessionid", "openvpn", Take::Fn(openvpn_sessions)),
    ("proto/openvpn/tls-crypt.pcap", "openvpn", "openvpn.sessionid", "openvpn", Take::Fn(openvpn_sessions)),
    ("proto/ike/scan.pcap", "isakmp", "isakmp.ispi", "ike", Take::Field("ike.initiator.spi")),
    ("corpus/esp.pcapng", "isakmp", "isakmp.ispi", "ike", Take::Field("ike.initiator.spi")),
    ("corpus/http2.pcapng", "http2", "http2.headers.path", "http", Take::Field("url.path")),
    (
        "proto/websocket/chat.pcap",
        "websocket.payload.close.status_code",
        "websocket.payload.close.status_code",
        "websocket",
        Take::Field("websocket.close.code"),
    ),
    (
        "proto/websocket/chat.pcap",
        "websocket.payload.close.reason",
        "websocket.payload.close.reason",
        "websocket",
        Take::Field("websocket.close.reason"),
    ),
    (
        "proto/quic/aioquic.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "proto/quic/aioquic.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.ja3",
        "quic",
        Take::Field("tls.client.ja3"),
    ),
    (
        "proto/quic/aioquic.pcap",
        "quic && tls.handshake.type == 2",
        "tls.handshake.ja3s",
        "quic",
        Take::Field("tls.server.ja3s"),
    ),
    (
        "proto/quic/aioquic.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_alpn_str",
        "quic",
        Take::Field("tls.client.alpn"),
    ),
    (
        "corpus/quic-23.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-24.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-27.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-28.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-29.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-mvfst-22.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-mvfst-exp.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic-v2.pcapng",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic_0RTT.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic_crypto_aes_auth_size.pcap",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic_frags_ch_out_of_order_same_packet_craziness.pcapng",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/doq_adguard.pcapng",
        "quic && tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
        "quic",
        Take::Field("tls.client.server_name"),
    ),
    (
        "corpus/quic_frags_ch_in_multiple_packets.pcapng",
        "quic && tls.handshake.type == 1",
        "tls.handshake.ja3",
        "quic",
        Take::Field("tls.client.ja3"),
    ),
    (
        "corpus/quic_frags_ch_out_of_order_same_packet_craziness.pcapng",
        "quic && tls.handshake.type == 1",
        "tls.handshake.ja3",
        "quic",
        Take::Field("tls.client.ja3"),
    ),
];

enum Take {
    Field(&'static str),
    Fn(fn(&Event<'_>, &mut dyn FnMut(String))),
}

impl Take {
    fn values(&self, event: &Event<'_>, out: &mut BTreeSet<String>) {
        match self {
            Take::Fn(take) => take(event, &mut |value| {
                out.insert(value);
            }),
            Take::Field(name) => {
                if let Some(value) = event.by_name(name) {
                    match json(value) {
                        Json::Array(items) => out.extend(items.iter().map(text)),
                        other => out.extend([text(&other)]),
                    }
                }
            }
        }
    }
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn macs(event: &Event<'_>, out: &mut dyn FnMut(String)) {
    for mac in [event.source.mac, event.destination.mac].into_iter().flatten() {
        out(mac.map(|byte| format!("{byte:02x}")).join(":"));
    }
}

fn answered(event: &Event<'_>, out: &mut dyn FnMut(String)) {
    if event.by_name("arp.replies").and_then(netlog::model::Value::as_int) > Some(0) {
        event.destination.ip.into_iter().for_each(|ip| out(ip.to_string()));
    }
}

fn nbns_id(event: &Event<'_>, out: &mut dyn FnMut(String)) {
    let id = event.by_name("nbns.transaction_id").and_then(netlog::model::Value::as_int);
    id.into_iter().for_each(|id| out(format!("0x{id:04x}")));
}

/// tshark prints session identifiers as decimal numbers.
fn openvpn_sessions(event: &Event<'_>, out: &mut dyn FnMut(String)) {
    for name in ["openvpn.client.session_id", "openvpn.server.session_id"] {
        let id = event.by_name(name).and_then(netlog::model::Value::as_str);
        let id = id.and_then(|id| u64::from_str_radix(id, 16).ok());
        id.into_iter().for_each(|id| out(id.to_string()));
    }
}

fn announced(event: &Event<'_>, out: &mut dyn FnMut(String)) {
    if event.by_name("arp.gratuitous").is_some() {
        event.source.ip.into_iter().for_each(|ip| out(ip.to_string()));
    }
}

pub fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

/// A capture as a classic file, which is all that the tests' own reader knows.
fn found(capture: &str, folder: &Path) -> Option<PathBuf> {
    let Some(name) = capture.strip_prefix(CORPUS) else { return Some(testdata(capture)) };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/captures").join(name);
    if !path.exists() {
        crate::skipped(format_args!("no {}", path.display()));
        return None;
    }
    let to = folder.join("classic.pcap");
    let run = Command::new("tshark").arg("-r").arg(path).args(["-F", "pcap", "-w"]).arg(&to).output();
    run.ok().filter(|o| o.status.success()).map(|_| to)
}

fn line(event: &Event<'_>) -> String {
    let mut all = Map::new();
    all.insert("@timestamp".to_owned(), netlog::model::rfc3339(event.ts).into());
    all.insert("event.dataset".to_owned(), event.dataset.name.into());
    all.insert("event.outcome".to_owned(), event.outcome.name().into());
    if let Some(end) = event.end {
        all.insert("event.duration".to_owned(), (end - event.ts).into());
    }
    for (name, end) in [("source", &event.source), ("destination", &event.destination)] {
        let mut put =
            |part: &str, value: Option<Json>| value.map(|v| all.insert(format!("{name}.{part}"), v));
        put("ip", end.ip.map(|ip| ip.to_string().into()));
        put("port", end.port.map(Json::from));
        put("mac", end.mac.map(|mac| mac.map(|b| format!("{b:02X}")).join("-").into()));
        put("bytes", end.bytes.map(Json::from));
    }
    for (field, value) in &event.fields {
        all.insert(field.name.to_owned(), json(value));
    }
    Json::Object(all).to_string() + "\n"
}

/// The events of some data sets of a capture are those of the golden file beside it.
pub fn compare_golden(capture: &str, datasets: &[&str]) {
    let path = testdata(capture);
    let mut all = events(&path).0;
    all.sort_by_key(|e| (e.ts, e.seq));
    let got: String = all.iter().filter(|e| datasets.contains(&e.dataset.name)).map(line).collect();
    let golden = path.with_extension("want.ndjson");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &got).expect("writable");
    }
    let want = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(got == want, "{} differs; UPDATE=1 rewrites it. Got:\n{got}", golden.display());
}

#[test]
fn golden_events() {
    CAPTURES.iter().for_each(|(capture, datasets)| compare_golden(capture, datasets));
}

#[test]
fn the_same_as_tshark() {
    let mut differ = Vec::new();
    let folder = tempfile::tempdir().expect("a folder");
    for (capture, filter, field, dataset, take) in SAME {
        let Some(path) = found(capture, folder.path()) else { continue };
        let spoken =
            if capture.ends_with("upgrade.pcap") { "tcp.port==8082,http" } else { "tcp.port==8082,http2" };
        let run = Command::new("tshark")
            .arg("-r")
            .arg(&path)
            .args([
                "-d",
                "udp.port==4433-4434,quic",
                "-d",
                "udp.port==1194,openvpn",
                "-d",
                spoken,
                "-d",
                "tcp.port==50051,http2",
                "-d",
                "tcp.port==29518,http2",
            ])
            .args(["-Y", filter, "-T", "fields", "-e", field])
            .output();
        let Ok(run) = run else {
            crate::skipped("no tshark");
            return;
        };
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        let theirs: BTreeSet<String> =
            text.lines().flat_map(|l| l.split(',')).filter(|v| !v.is_empty()).map(str::to_owned).collect();
        let mut ours = BTreeSet::new();
        for event in events(&path).0.iter().filter(|e| e.dataset.name == *dataset) {
            take.values(event, &mut ours);
        }
        assert!(!theirs.is_empty(), "{capture} has no {field}");
        if theirs != ours {
            differ.push(format!("{capture} {field}: ours {ours:?}, tshark's {theirs:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// The lie and the second server are found in the small network, the announced hand-over is not.
#[test]
fn findings_of_the_small_network() {
    let path = testdata("cases/lan/input.pcap");
    let mut tables = netlog::detect::Tables::new(&netlog::detect::Config::default());
    let mut concerned = netlog::detect::Concerned::default();
    events(&path).0.iter().for_each(|event| tables.observe(event, &mut concerned));
    let found = tables.judge(&mut netlog::model::Ledger::default()).findings;
    let found: BTreeSet<_> = found.iter().map(|f| (f.rule, f.subject.as_str())).collect();
    assert_eq!(found, [("arp.spoofing", "10.66.0.1"), ("dhcp.rogue_server", "10.66.0.0/24")].into());
}
