//! Messages, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Outcome, Value};
use crate::proto::replay::{self, Bench};
use crate::proto::rig::show;

fn text(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}

fn bench(transport: Transport) -> Bench {
    Bench::new(&PROTOCOL, transport, true)
}

const INVITE: &[u8] = b"INVITE sip:bob@biloxi.com SIP/2.0\r\nVia: SIP/2.0/UDP pc33;branch=z9hG4bK\r\nv: SIP/2.0/UDP second\r\n\
To: Bob\r\n <sip:bob@biloxi.com>\r\nf: \"Alice\" <sip:alice@atlanta.com>;tag=192\r\ni: a84b4c\r\nCSeq: 314159 INVITE\r\n\
Content-Type: application/sdp\r\nl: 62\r\n\r\nv=0\r\no=al 1 2 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nm=audio 9 x\r\n";
const OK: &[u8] = b"SIP/2.0 200 OK\r\nCall-ID: a84b4c\r\nCSeq: 314159 INVITE\r\nContent-Length: 0\r\n\r\n";

#[test]
fn requests_and_responses() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut b = bench(transport);
        b.feed(Dir::Client, 1, INVITE);
        b.feed(Dir::Server, 5, OK);
        let [invite, ok] = &b.events[..] else { panic!("{} events", b.events.len()) };
        assert_eq!(
            (text(invite, "method"), text(invite, "sip.from.display_info")),
            ("INVITE".into(), "Alice".into())
        );
        assert_eq!(
            (text(invite, "sip.to.uri.username"), text(invite, "sip.to.display_info")),
            ("bob".into(), "Bob".into())
        );
        assert_eq!(text(invite, "sip.via.original"), "SIP/2.0/UDP pc33;branch=z9hG4bK | SIP/2.0/UDP second");
        assert_eq!(
            (text(invite, "sip.sdp.connection.address"), text(invite, "sip.sdp.media.description")),
            ("192.0.2.1".into(), "audio 9 x".into())
        );
        assert_eq!(ok.outcome, Outcome::Success);
        assert_eq!(ok.by_name("netlog.sip.request.start"), Some(&Value::Time(1)));
        assert_eq!((ok.source.port, text(ok, "event.action")), (Some(443), "sip-invite".into()));
    }
}

#[test]
fn credentials() {
    let mut b = bench(Transport::Udp);
    b.feed(
        Dir::Client,
        1,
        b"REGISTER sip:x SIP/2.0\r\nAuthorization: Basic Ym9iOnNlY3JldA==\r\nCSeq: 1 REGISTER\r\n\r\n",
    );
    assert!(b.events[0].has("netlog.user.clear_password") && !b.events[0].has("netlog.user.password"));
    assert_eq!(text(&b.events[0], "user.name"), "bob");
    assert!(std::ptr::eq(b.events[0].dataset, &LOGIN));
    assert!(text(&b.events[0], "event.original").contains("Basic ******\r\n"));
    b.feed(Dir::Server, 2, b"SIP/2.0 403 Forbidden\r\nCSeq: 1 REGISTER\r\n\r\n");
    assert_eq!((b.events[1].outcome, text(&b.events[1], "status")), (Outcome::Failure, "Error".into()));
}

/// A request of call `c`, with a Digest or without.
fn request(method: &str, number: u32, digest: bool) -> String {
    let proof =
        if digest { "Authorization: Digest username=\"100\", nonce=\"n\", response=\"0\"\r\n" } else { "" };
    format!("{method} sip:x SIP/2.0\r\ni: c\r\nCSeq: {number} {method}\r\n{proof}\r\n")
}

fn response(status: &str, number: u32, method: &str) -> String {
    format!("SIP/2.0 {status}\r\ni: c\r\nCSeq: {number} {method}\r\n\r\n")
}

#[test]
fn log_ins_are_told_with_their_verdict() {
    let stale = "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"m\", stale=TRUE";
    for (method, status, want) in [
        ("REGISTER", "401 Unauthorized", Outcome::Failure),
        ("REGISTER", "403 Forbidden", Outcome::Failure),
        ("INVITE", "407 Proxy Authentication Required", Outcome::Failure),
        ("REGISTER", "200 OK", Outcome::Success),
        ("INVITE", "200 OK", Outcome::Success),
        ("REGISTER", stale, Outcome::Unknown),
        ("INVITE", "486 Busy Here", Outcome::Unknown),
    ] {
        let mut b = bench(Transport::Udp);
        b.feed(Dir::Client, 1, request(method, 1, false).as_bytes());
        b.feed(Dir::Server, 2, response("401 Unauthorized", 1, method).as_bytes());
        assert!(b.events.iter().all(|event| std::ptr::eq(event.dataset, &DATASET)), "a challenge");
        b.feed(Dir::Client, 3, request(method, 2, true).as_bytes());
        b.feed(Dir::Server, 4, response("100 Trying", 2, method).as_bytes());
        b.feed(Dir::Server, 5, response(status, 2, method).as_bytes());
        let logins: Vec<_> = b.events.iter().filter(|event| std::ptr::eq(event.dataset, &LOGIN)).collect();
        let [login] = logins[..] else { panic!("{status}: {} log-ins", logins.len()) };
        assert_eq!(
            (login.outcome, text(login, "user.name"), login.ts),
            (want, "100".into(), 3),
            "{method} {status}"
        );
        assert_eq!((b.events.len(), login.source.port), (5, b.events[0].source.port));
    }
}

#[test]
fn log_ins_without_an_answer_are_told_at_the_end() {
    let mut b = bench(Transport::Udp);
    b.feed(Dir::Client, 1, request("INVITE", 1, true).as_bytes());
    b.feed(Dir::Client, 2, request("CANCEL", 1, false).as_bytes());
    b.feed(Dir::Server, 3, response("200 OK", 1, "CANCEL").as_bytes());
    assert_eq!(b.events.len(), 2, "what CANCEL is answered says nothing of the INVITE");
    b.end(4);
    assert_eq!((b.events.len(), b.events[2].outcome), (3, Outcome::Unknown));
    assert_eq!(text(&b.events[2], "user.name"), "100");
}

#[test]
fn anomalies_are_named() {
    let mut b = bench(Transport::Udp);
    b.feed(Dir::Client, 1, b"hello\r\n\r\n");
    b.feed(Dir::Client, 1, b"\r\n\r\n");
    b.feed(Dir::Client, 1, b"BYE sip:x SIP/2.0\r\nno header\r\n\r\n");
    assert_eq!((b.anomalies("sip.start"), b.anomalies("sip.header"), b.events.len()), (1, 1, 1));
    assert_eq!(bench(Transport::Tcp).feed(Dir::Client, 1, b"hello\r\n\r\n"), Step::Weird("sip.start"));
    assert_eq!(bench(Transport::Tcp).feed(Dir::Client, 1, &[b'x'; 70_000]), Step::Weird("sip.head"));
    let mut b = bench(Transport::Tcp);
    b.feed(Dir::Client, 1, &INVITE[..INVITE.len() - 20]);
    b.gap(Dir::Client, 2, 10);
    b.feed(Dir::Client, 3, &INVITE[INVITE.len() - 10..]);
    assert_eq!((b.anomalies("sip.gap"), b.events.len()), (0, 1));
    b.gap(Dir::Client, 4, 10);
    b.feed(Dir::Client, 5, b"tail\r\n\r\n");
    b.feed(Dir::Client, 6, INVITE);
    assert_eq!((b.anomalies("sip.gap"), b.events.len()), (1, 2));
    for number in 0..300 {
        b.feed(Dir::Client, 7, format!("BYE sip:x SIP/2.0\r\ni: c\r\nCSeq: {number} BYE\r\n\r\n").as_bytes());
    }
    assert_eq!(b.ledger.caps.len(), 1);
}

#[test]
fn probes_are_strict() {
    assert_eq!(probe(Dir::Client, INVITE), Probe::Yes);
    assert_eq!(probe(Dir::Client, b"OPTIONS * HTTP/1.1\r\n"), Probe::No);
    assert_eq!(probe(Dir::Client, b"OPTIONS sip:"), Probe::More);
    assert_eq!(probe(Dir::Server, b"SIP"), Probe::More);
}

/// Values of Packetbeat 7.17's own output for its capture.
#[test]
fn packetbeat_agrees() {
    static ONLY: &[&Protocol] = &[&PROTOCOL];
    let Some(path) = replay::corpus("packetbeat/pcaps/sip_authenticated_register.pcap") else { return };
    let out = replay::capture(ONLY, &path, true);
    assert_eq!(out.events.len(), 3);
    // The log-in is told when it is answered, after 100 Trying.
    assert_eq!(text(&out.events[1], "sip.auth.realm"), "sip.cybercity.dk");
    assert_eq!(out.events[1].outcome, Outcome::Success);
    assert_eq!(text(&out.events[2], "sip.code"), "200");
}
