//! Hand-made conversations.

use super::super::record::probe;
use super::super::*;
use super::text;
use crate::model::Outcome;
use crate::proto::Probe;
use crate::proto::replay::Bench;

fn vec16(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u16).to_be_bytes()[..], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32 | u32::from(kind) << 24).to_be_bytes().to_vec();
    out.extend(body);
    out
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &vec16(body)].concat()
}

fn extension(code: u16, body: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], &vec16(body)].concat()
}

fn client_hello(extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([1; 32]);
    body.push(0);
    body.extend(vec16(&[0x13, 0x01, 0xc0, 0x2f]));
    body.extend([1, 0]);
    body.extend(vec16(&extensions.concat()));
    message(1, &body)
}

fn sni(name: &[u8]) -> Vec<u8> {
    extension(0, &vec16(&[&[0][..], &vec16(name)].concat()))
}

fn server_hello(random: [u8; 32], cipher: [u8; 2], extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(random);
    body.push(0);
    body.extend(cipher);
    body.push(0);
    body.extend(vec16(&extensions.concat()));
    message(2, &body)
}

fn tls13() -> Vec<u8> {
    extension(43, &[3, 4])
}

const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

fn tcp() -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, true)
}

/// TLS 1.3 with HelloRetryRequest and dummy ChangeCipherSpec on both sides.
fn retry() -> Vec<(Dir, Vec<u8>)> {
    let ccs = record(20, &[1]);
    vec![
        (Dir::Client, record(22, &client_hello(&[sni(b"a.example")]))),
        (Dir::Server, record(22, &server_hello(RETRY, [0x13, 1], &[tls13(), extension(51, &[0, 29])]))),
        (Dir::Server, ccs.clone()),
        (Dir::Client, ccs),
        (Dir::Client, record(22, &client_hello(&[sni(b"a.example")]))),
        (Dir::Server, record(22, &server_hello([2; 32], [0x13, 1], &[tls13(), extension(51, &[0, 29])]))),
        (Dir::Server, record(23, &[0; 900])),
        (Dir::Client, record(23, &[0; 53])),
    ]
}

#[test]
fn hello_retry_request() {
    let mut bench = tcp();
    for (ts, (dir, bytes)) in (1..).zip(retry()) {
        bench.feed(dir, ts, &bytes);
    }
    assert!(bench.over);
    let [event] = &bench.events[..] else { panic!("{:?}", bench.events) };
    assert_eq!((event.outcome, event.ts, event.end), (Outcome::Success, 1, Some(8)));
    assert_eq!(text(event, "tls.hello_retry_request"), "true");
    assert_eq!(text(event, "tls.version"), "1.3");
    assert_eq!(text(event, "tls.curve"), "x25519");
    assert_eq!(text(event, "destination.domain"), "a.example");
}

#[test]
fn one_byte_segments_are_the_whole() {
    let run = |step: usize| {
        let mut bench = tcp();
        for (dir, bytes) in retry() {
            bytes.chunks(step).for_each(|c| {
                bench.feed(dir, 1, c);
            });
        }
        bench.end(1);
        bench.events.iter().map(|e| format!("{:?} {:?}", e.outcome, e.fields)).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(4096));
}

/// A TLS 1.3 client that does not trust the server answers with an alert of 19 bytes.
#[test]
fn encrypted_alert_is_a_failure() {
    let mut bench = tcp();
    let mut all = retry();
    all.pop();
    all.iter().for_each(|(dir, bytes)| {
        bench.feed(*dir, 1, bytes);
    });
    bench.feed(Dir::Client, 2, &record(23, &[0; 19]));
    assert_eq!(bench.events[0].outcome, Outcome::Failure);
    assert_eq!(text(&bench.events[0], "error.message"), "client sent alert encrypted");
}

#[test]
fn alerts_in_the_clear() {
    let mut bench = tcp();
    bench.feed(Dir::Client, 1, &record(22, &client_hello(&[])));
    assert!(matches!(bench.feed(Dir::Server, 2, &record(21, &[1, 112])), Step::Took(7)));
    assert_eq!(bench.feed(Dir::Server, 3, &record(21, &[2, 40])), Step::Done);
    let event = &bench.events[0];
    assert_eq!((event.outcome, event.end), (Outcome::Failure, Some(3)));
    assert_eq!(text(event, "tls.alert.description"), "unrecognized_name handshake_failure");
    assert_eq!(text(event, "tls.alert.level"), "warning fatal");
    assert_eq!(text(event, "status"), "Error");
}

/// Messages cut over records, several in one record, and a resumed TLS 1.2 session.
#[test]
fn fragments_and_resumption() {
    let mut bench = tcp();
    let hello = client_hello(&[sni(b"b.example"), extension(35, &[7; 40])]);
    for part in hello.chunks(11) {
        bench.feed(Dir::Client, 1, &record(22, part));
    }
    let ticket = message(4, &[0; 60]);
    let flight = [server_hello([3; 32], [0xc0, 0x2f], &[extension(35, &[])]), ticket].concat();
    bench.feed(Dir::Server, 2, &record(22, &flight));
    bench.feed(Dir::Server, 2, &record(20, &[1]));
    bench.feed(Dir::Server, 2, &record(22, &[0; 40]));
    assert_eq!(bench.feed(Dir::Client, 3, &record(20, &[1])), Step::Done);
    let event = &bench.events[0];
    assert_eq!((event.outcome, text(event, "tls.resumed").as_str()), (Outcome::Success, "true"));
    assert_eq!(text(event, "tls.detailed.resumption_method"), "ticket");
    assert_eq!(text(event, "tls.cipher"), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
}

#[test]
fn a_gap_within_a_record_is_survived() {
    let mut bench = tcp();
    bench.feed(Dir::Client, 1, &record(22, &client_hello(&[])));
    bench.feed(Dir::Server, 2, &record(22, &server_hello([3; 32], [0xc0, 0x2f], &[])));
    let certificate = record(22, &message(11, &[0; 3000]));
    bench.feed(Dir::Server, 2, &certificate[..100]);
    assert_eq!(bench.gap(Dir::Server, 2, 2000), Step::Took(0));
    bench.feed(Dir::Server, 3, &certificate[2100..]);
    bench.feed(Dir::Client, 3, &record(20, &[1]));
    assert_eq!(bench.feed(Dir::Server, 4, &record(20, &[1])), Step::Done);
    assert_eq!((bench.events[0].outcome, bench.anomalies("tls.gap")), (Outcome::Success, 0));

    let mut bench = tcp();
    bench.feed(Dir::Client, 1, &record(22, &client_hello(&[])));
    bench.feed(Dir::Server, 2, &record(22, &server_hello([3; 32], [0xc0, 0x2f], &[])));
    assert_eq!(bench.gap(Dir::Server, 2, 2000), Step::Done);
    assert_eq!((bench.events.len(), bench.anomalies("tls.gap")), (1, 1));
}

/// A capture of one direction: the other is only gaps, or begins in the middle of a record.
#[test]
fn one_direction_only() {
    let mut bench = tcp();
    bench.feed(Dir::Client, 1, &record(22, &client_hello(&[])));
    assert_eq!(bench.gap(Dir::Server, 2, 2000), Step::Took(0));
    assert_eq!(bench.feed(Dir::Server, 2, b"middle of a record"), Step::Took(18));
    bench.feed(Dir::Client, 3, &record(20, &[1]));
    bench.feed(Dir::Client, 3, &record(22, &[0; 40]));
    assert_eq!(bench.feed(Dir::Client, 4, &record(23, &[0; 99])), Step::Done);
    assert_eq!((bench.events[0].outcome, bench.anomalies("tls.gap")), (Outcome::Success, 0));
}

#[test]
fn sslv2_hello() {
    let mut hello = vec![0x80, 9 + 6 + 16, 1, 3, 1, 0, 6, 0, 0, 0, 16, 0, 0, 0x2f, 1, 0, 0x80];
    hello.extend([5; 16]);
    assert_eq!(probe(Dir::Client, &hello), Probe::Yes);
    assert_eq!(probe(Dir::Server, &hello), Probe::Swapped);
    let mut bench = tcp();
    assert_eq!(bench.feed(Dir::Client, 1, &hello), Step::Took(hello.len()));
    bench.feed(Dir::Server, 1, &record(21, &[2, 70]));
    let event = &bench.events[0];
    assert_eq!(text(event, "tls.client.supported_ciphers"), "TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_eq!(text(event, "tls.alert.description"), "protocol_version");
}

#[test]
fn probes() {
    let client = record(22, &client_hello(&[]));
    let server = record(22, &server_hello([1; 32], [0x13, 1], &[tls13()]));
    for n in 0..9 {
        assert_eq!(probe(Dir::Client, &client[..n]), Probe::More, "{n}");
    }
    assert_eq!(probe(Dir::Client, &client), Probe::Yes);
    assert_eq!(probe(Dir::Server, &client), Probe::Swapped);
    assert_eq!(probe(Dir::Server, &server), Probe::Yes);
    assert_eq!(probe(Dir::Client, &server), Probe::Swapped);
    assert_eq!(probe(Dir::Server, &record(21, &[2, 40])), Probe::Yes);
    assert_eq!(probe(Dir::Server, &record(21, &[2, 200])), Probe::No);
    assert_eq!(probe(Dir::Client, b"GET / HTTP/1.1\r\n"), Probe::No);
    assert_eq!(probe(Dir::Client, b"SSH-2.0-OpenSSH"), Probe::No);
    assert_eq!(probe(Dir::Client, &[0x16, 3, 1, 0xff, 0xff, 1, 0, 0, 0]), Probe::No);
}

#[test]
fn anomalies_are_named() {
    let mut bench = tcp();
    bench.feed(Dir::Client, 1, &record(22, &client_hello(&[extension(10, &[9, 9])])));
    assert_eq!(bench.anomalies("tls.extension"), 1);
    assert_eq!(bench.feed(Dir::Server, 1, b"HTTP/1.1 400"), Step::Weird("tls.record"));
    assert_eq!(bench.end(2).len(), 1);
    let mut bench = tcp();
    bench.feed(Dir::Server, 1, &record(22, &client_hello(&[])));
    bench.feed(Dir::Client, 1, &record(22, &message(1, &[3, 3])));
    bench.feed(Dir::Client, 1, &record(22, &message(99, &[])));
    bench.feed(Dir::Client, 1, &record(24, &[1, 0x40, 0, 1]));
    bench.feed(Dir::Server, 1, &record(22, &message(11, &[0, 0, 9, 0])));
    for name in ["tls.role", "tls.hello", "tls.handshake_type", "tls.heartbeat_overread", "tls.certificate"] {
        assert_eq!(bench.anomalies(name), 1, "{name}");
    }
    let mut bench = tcp();
    assert_eq!(bench.feed(Dir::Client, 1, &record(23, &[0; 40])), Step::Done);
    assert_eq!((bench.anomalies("tls.no_handshake"), bench.end(2).len()), (1, 0));
}

/// Every anomaly and field that is used must be declared; the parser's own list is the reference.
#[test]
fn fields_are_declared() {
    let mut bench = tcp();
    for (dir, bytes) in retry() {
        bench.feed(dir, 1, &bytes);
    }
    for (field, _) in &bench.events[0].fields {
        let own = PROTOCOL.fields.iter().any(|f| std::ptr::eq(*f, *field));
        assert!(
            own || crate::proto::fields::FIELDS.iter().any(|f| std::ptr::eq(*f, *field)),
            "{}",
            field.name
        );
    }
}

proptest::proptest! {
    #[test]
    fn nothing_panics(
        chunks in proptest::collection::vec((0..2usize, 20..25u8, proptest::collection::vec(0..=255u8, 0..120)), 0..20),
        flips in proptest::collection::vec((0..4000usize, 0..=255u8), 0..6),
        udp in proptest::bool::ANY,
    ) {
        let transport = if udp { Transport::Udp } else { Transport::Tcp };
        let mut bench = Bench::new(&PROTOCOL, transport, true);
        let sides = [Dir::Client, Dir::Server];
        let mut at = 0;
        for (dir, mut bytes) in retry() {
            let len = bytes.len();
            for (pos, value) in flips.iter().filter(|(pos, _)| (at..at + len).contains(pos)) {
                bytes[pos - at] = *value;
            }
            at += len;
            bench.feed(dir, 0, &bytes);
        }
        for (dir, kind, body) in chunks {
            bench.feed(sides[dir], 1, &record(kind, &body));
            bench.feed(sides[dir], 1, &body);
        }
        bench.end(2);
        proptest::prop_assert!(bench.events.len() <= 1);
    }
}
