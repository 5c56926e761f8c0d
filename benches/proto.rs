//! Parsers on whole conversations, without the network layer.
#![allow(missing_docs)]

#[path = "../tests/registry/capture.rs"]
mod capture;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netlog::model::{Endpoint, Ledger, Origin, Seq, Stamp, Transport};
use netlog::net::replay::{How, Script};
use netlog::proto::{self, Dir, Emit, FlowView, Options, Protocol, dns, http, icmp, ssh, tls};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// What each side sends, in order.
type Talk = Vec<(Dir, Vec<u8>)>;

fn run(protocol: &Protocol, transport: Transport, talk: &Talk) -> usize {
    let end = Endpoint { port: Some(443), ..Endpoint::default() };
    let flow = FlowView { client: end, server: end, transport, vlans: [0; 2] };
    let options = Options::default();
    let (mut events, mut ledger, mut seq) = (Vec::new(), Ledger::default(), Seq::default());
    let mut parser = (protocol.start)(&options);
    let now = Stamp { ts: 0, origin: Origin::default() };
    for (dir, bytes) in talk {
        let mut out = Emit::new(now, &flow, &options, &mut events, &mut ledger, &mut seq);
        black_box(parser.data(*dir, bytes, &mut out));
    }
    parser.end(&mut Emit::new(now, &flow, &options, &mut events, &mut ledger, &mut seq));
    assert!(!events.is_empty());
    events.len()
}

fn measure(c: &mut Criterion, protocol: &'static Protocol, transport: Transport, talk: &Talk) {
    let mut group = c.benchmark_group("proto");
    group.throughput(Throughput::Bytes(talk.iter().map(|(_, b)| b.len() as u64).sum()));
    group.bench_function(protocol.name, |b| b.iter(|| run(protocol, transport, black_box(talk))));
    group.finish();
}

fn length16(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u16).to_be_bytes()[..], body].concat()
}

/// A handshake of TLS 1.3 as browsers make it: 16 suites, 16 extensions, 1,300 bytes of key share.
fn tls_talk() -> Talk {
    let record = |kind: u8, body: &[u8]| [&[kind, 3, 3][..], &length16(body)].concat();
    let hello = |kind: u8, middle: &[u8], extensions: &[(u16, Vec<u8>)]| {
        let list: Vec<u8> = extensions
            .iter()
            .flat_map(|(code, b)| [&code.to_be_bytes()[..], &length16(b)].concat())
            .collect();
        let body = [&[3, 3][..], &[7; 32], &[0], middle, &length16(&list)].concat();
        let message = [&((u32::from(kind) << 24 | body.len() as u32).to_be_bytes())[..], &body].concat();
        record(22, &message)
    };
    let suites: Vec<u8> = (0..16u16).flat_map(|i| (0xc020 + i).to_be_bytes()).collect();
    let name = [&[0][..], &length16(b"www.example.com")].concat();
    let mut extensions = vec![
        (0, length16(&name)),
        (10, length16(&[0x11, 0xec, 0, 29, 0, 23])),
        (13, length16(&[4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1])),
        (16, length16(b"\x02h2\x08http/1.1")),
        (43, vec![4, 3, 4, 3, 3]),
        (51, vec![0; 1300]),
    ];
    extensions.extend((0x5000..0x500a).map(|code| (code, Vec::new())));
    let client = hello(1, &[&length16(&suites)[..], &[1, 0]].concat(), &extensions);
    let server = hello(2, &[0x13, 1, 0], &[(43, vec![3, 4]), (51, vec![0; 36])]);
    vec![
        (Dir::Client, client),
        (Dir::Server, [server, record(20, &[1]), record(23, &[0; 4000])].concat()),
        (Dir::Client, [record(20, &[1]), record(23, &[0; 53])].concat()),
    ]
}

/// Banners, key exchange and an accepted log-in.
fn ssh_talk() -> Talk {
    let packet =
        |payload: &[u8]| [&(payload.len() as u32 + 5).to_be_bytes()[..], &[4], payload, &[0; 4]].concat();
    let lists = [
        "curve25519-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group14-sha256",
        "ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
        "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr,aes128-gcm@openssh.com",
        "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr,aes128-gcm@openssh.com",
        "hmac-sha2-256,hmac-sha2-512",
        "hmac-sha2-256,hmac-sha2-512",
        "none,zlib@openssh.com",
        "none,zlib@openssh.com",
        "",
        "",
    ];
    let mut kexinit = vec![20; 17];
    for list in lists {
        kexinit.extend((list.len() as u32).to_be_bytes());
        kexinit.extend(list.as_bytes());
    }
    kexinit.extend([0; 5]);
    let mut talk = Vec::new();
    for dir in [Dir::Client, Dir::Server] {
        talk.push((dir, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec()));
        talk.push((dir, packet(&kexinit)));
        talk.push((dir, packet(&[21])));
    }
    for (i, n) in [44, 44, 60, 76, 308, 28, 112].into_iter().enumerate() {
        talk.push((if i % 2 == 0 { Dir::Client } else { Dir::Server }, vec![9; n]));
    }
    talk
}

/// A hundred queries with three addresses each in the response.
fn dns_talk() -> Talk {
    let query = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01".to_vec();
    let mut response = query.clone();
    response.splice(2..8, [0x81, 0x80, 0, 1, 0, 3]);
    for last in 1..4 {
        response.extend(b"\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02");
        response.push(last);
    }
    let packets: Vec<_> =
        (0..100).flat_map(|_| [(Dir::Client, query.clone()), (Dir::Server, response.clone())]).collect();
    packets
}

/// A hundred requests on one connection, each answered with four kilobytes.
fn http_talk() -> Talk {
    let request = b"GET /dir/page.html?q=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0\r\n\
        Accept: */*\r\nAccept-Encoding: gzip\r\nReferer: http://www.example.com/\r\n\r\n";
    let mut response = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n\
        Content-Type: text/html\r\nContent-Length: 4096\r\nConnection: keep-alive\r\n\r\n"
        .to_vec();
    response.extend([b'x'; 4096]);
    let mut packets = Vec::new();
    for _ in 0..100 {
        packets.push((Dir::Client, request.to_vec()));
        packets.extend(response.chunks(1460).map(|c| (Dir::Server, c.to_vec())));
    }
    packets
}

/// A hundred pings.
fn icmp_talk() -> Talk {
    let echo = |kind, seq| {
        let mut bytes = vec![kind, 0, 0, 0, 0, 1, 0, seq];
        bytes.extend([0x61; 56]);
        bytes
    };
    let packets: Vec<_> =
        (0..100).flat_map(|seq| [(Dir::Client, echo(8, seq)), (Dir::Server, echo(0, seq))]).collect();
    packets
}

fn parsers(c: &mut Criterion) {
    measure(c, &tls::PROTOCOL, Transport::Tcp, &tls_talk());
    measure(c, &ssh::PROTOCOL, Transport::Tcp, &ssh_talk());
    measure(c, &dns::PROTOCOL, Transport::Udp, &dns_talk());
    measure(c, &http::PROTOCOL, Transport::Tcp, &http_talk());
    measure(c, &icmp::PROTOCOL, Transport::Icmp, &icmp_talk());
}

/// The conversations of a protocol under testdata/proto: scripts, and the flows of captures.
fn conversations(protocol: &Protocol) -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/proto").join(protocol.name);
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path());
    let texts = files.filter(|path| path.extension().is_some_and(|e| e == "txt"));
    let mut all: Vec<Script> = texts
        .map(|path| Script::parse(&std::fs::read_to_string(path).expect("readable")).expect("a script"))
        .collect();
    if folder.is_dir() {
        all.extend(capture::captures(&folder).iter().flat_map(|path| capture::scripts(path)));
    }
    all
}

/// Flows of the captures of the cases and the demo, with what they speak.
fn found(options: &Arc<Options>) -> Vec<(String, Script)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let cases = std::fs::read_dir(root.join("cases")).into_iter().flatten().flatten().map(|e| e.path());
    let folders = cases.chain([root.join("demo")]);
    let scripts = folders.flat_map(|f| capture::captures(&f)).flat_map(|path| capture::scripts(&path));
    let mut all = Vec::new();
    for script in scripts {
        let out = script.play(&How::default(), options, proto::ALL);
        let names: BTreeSet<_> = out.events.iter().filter_map(|e| e.dataset.protocol).collect();
        all.extend(names.into_iter().map(|name| (name.to_owned(), script.clone())));
    }
    all
}

/// Every protocol on its conversations, through reassembly and with all probes asked.
fn everyone(c: &mut Criterion) {
    let options = Arc::new(Options::default());
    let found = found(&options);
    let mut group = c.benchmark_group("conversations");
    for protocol in proto::ALL {
        let mut scripts = conversations(protocol);
        if scripts.is_empty() {
            let names: Vec<_> = protocol.datasets.iter().filter_map(|d| d.protocol).collect();
            let mine = found.iter().filter(|(name, _)| names.contains(&name.as_str()));
            scripts.extend(mine.take(100).map(|(_, script)| script.clone()));
        }
        assert!(!scripts.is_empty(), "nothing to measure {} with", protocol.name);
        group.throughput(Throughput::Bytes(scripts.iter().map(|s| s.len() as u64).sum()));
        group.bench_function(protocol.name, |b| {
            b.iter(|| {
                scripts
                    .iter()
                    .map(|s| s.play(&How::default(), &options, proto::ALL).events.len())
                    .sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parsers, everyone);
criterion_main!(benches);
