mod random;

use super::*;
use crate::model::{Outcome, Transport};
use crate::proto::rig::Rig;
use crate::proto::{Limits, Options, Probe};
use flate2::Compression;
use flate2::write::GzEncoder;
use probe::probe;
use std::io::Write;

fn rig(full: bool) -> Rig {
    let limits = Limits { pending: 4, body: 1000, ..Limits::default() };
    Rig::new(&PROTOCOL, Transport::Tcp, 80, Options { full, limits, ..Options::default() })
}

fn check(rig: &Rig, event: usize, wanted: &[(&str, &str)]) {
    for (field, value) in wanted {
        assert_eq!(rig.text(event, field), *value, "{field} of event {event}");
    }
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

#[test]
fn one_transaction() {
    let mut rig = rig(false);
    rig.stream(
        Dir::Client,
        b"GET /dir/page.html?q=1&Password=p HTTP/1.1\r\nHost: www.example.com:8080\r\nUser-Agent: ",
    );
    rig.stream(Dir::Client, b"curl/8\r\nReferer: http://b.example/\r\nAuthorization: Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\nX-Real-IP: 203.0.113.7\r\n\r\n");
    rig.stream(Dir::Server, b"HTTP/1.1 404 Not Found\r\nServer: s/1\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\n01234");
    rig.stream(Dir::Server, b"56789");
    check(
        &rig,
        0,
        &[
            ("method", "get"),
            ("http.request.method", "GET"),
            ("query", "GET /dir/page.html"),
            ("url.full", "http://www.example.com:8080/dir/page.html?q=1&Password=xxxxx"),
            ("url.domain", "www.example.com"),
            ("url.port", "8080"),
            ("url.path", "/dir/page.html"),
            ("url.query", "q=1&Password=xxxxx"),
            ("url.extension", "html"),
            ("destination.domain", "www.example.com"),
            ("user_agent.original", "curl/8"),
            ("http.request.referrer", "http://b.example/"),
            ("netlog.http.request.authorization", "Basic"),
            ("user.name", "aladdin"),
            ("netlog.user.password", ""),
            ("network.forwarded_ip", "203.0.113.7"),
            ("http.response.status_code", "404"),
            ("http.response.status_phrase", "not found"),
            ("http.response.body.bytes", "10"),
            ("http.version", "1.1"),
            ("status", "Error"),
            ("error.message", ""),
            ("request", ""),
        ],
    );
    let event = &rig.events[0];
    assert_eq!((event.ts, event.end, event.outcome), (1_000_000, Some(4_000_000), Outcome::Failure));
    assert_eq!(event.destination.bytes, Some(94));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut rig = rig(false);
    rig.stream(Dir::Client, b"HEAD /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
    rig.stream(Dir::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 NM\r\n\r\n");
    let seen: Vec<_> =
        (0..3).map(|i| (rig.text(i, "url.path"), rig.text(i, "http.response.status_code"))).collect();
    let want = [("/1", "200"), ("/2", "204"), ("/3", "304")];
    assert_eq!(seen, want.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

/// RFC 9112 §7.1, with an extension and a trailer, in single bytes.
#[test]
fn chunks() {
    let mut rig = rig(true);
    rig.stream(Dir::Client, GET);
    let response = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\nX: y\r\n\r\n";
    for byte in response {
        rig.stream(Dir::Server, &[*byte]);
    }
    check(&rig, 0, &[("http.response.body.bytes", "9"), ("http.response.body.content", "Wikipedia")]);
    assert_eq!(rig.events[0].destination.bytes, Some(response.len() as u64));
    rig.stream(Dir::Client, GET);
    rig.stream(Dir::Server, OK);
    assert_eq!(rig.events.len(), 2);
}

#[test]
fn interim_responses_are_noted() {
    let mut rig = rig(false);
    rig.stream(Dir::Client, b"PUT /x HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    rig.stream(Dir::Server, b"HTTP/1.1 100 Continue\r\n\r\n");
    rig.stream(Dir::Client, b"data");
    rig.stream(Dir::Server, b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(rig.events.len(), 1);
    check(
        &rig,
        0,
        &[
            ("netlog.http.response.informational", "100"),
            ("http.response.status_code", "201"),
            ("http.request.body.bytes", "4"),
        ],
    );
}

#[test]
fn tunnels_and_upgrades_switch() {
    let mut rig = rig(false);
    rig.stream(Dir::Client, b"CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\n");
    let answer = b"HTTP/1.1 200 Connection established\r\n\r\n";
    assert_eq!(rig.stream(Dir::Server, &[&answer[..], b"\x16\x03"].concat()), Step::Switch(answer.len()));
    check(&rig, 0, &[("query", "CONNECT h.example:443"), ("url.domain", "h.example"), ("url.port", "443")]);
    let mut rig = super::tests::rig(false);
    rig.stream(Dir::Client, GET);
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(rig.stream(Dir::Server, answer), Step::Become(answer.len(), "websocket"));
    assert_eq!(rig.events.len(), 1);
}

#[test]
fn what_lacks_its_other_half_is_an_event() {
    let mut rig = rig(false);
    rig.stream(Dir::Server, OK);
    rig.stream(Dir::Client, b"GET /lonely HTTP/1.1\r\n\r\n");
    rig.end();
    check(&rig, 0, &[("error.message", "Unmatched response"), ("status", "Error"), ("url.path", "")]);
    check(&rig, 1, &[("error.message", "Unmatched request"), ("url.path", "/lonely")]);
    assert_eq!(rig.events[1].outcome, Outcome::Unknown);
    assert_eq!(rig.text(1, "url.full"), "http://198.51.100.2/lonely");
    let mut rig = super::tests::rig(false);
    for _ in 0..5 {
        rig.stream(Dir::Client, GET);
    }
    assert_eq!((rig.events.len(), rig.ledger.caps["http.pending"].count), (1, 1));
}

#[test]
fn a_body_may_end_with_the_connection() {
    let mut rig = rig(false);
    rig.stream(Dir::Client, b"GET / HTTP/1.0\r\n\r\n");
    rig.stream(Dir::Server, b"HTTP/1.0 200 OK\r\n\r\nsome");
    rig.stream(Dir::Server, b" more");
    rig.fin(Dir::Server);
    rig.end();
    assert_eq!(rig.events.len(), 1);
    check(&rig, 0, &[("http.response.body.bytes", "9"), ("error.message", ""), ("http.version", "1.0")]);
    assert_eq!(rig.events[0].end, Some(3_000_000), "its last bytes, not the FIN");
}

#[test]
fn a_hole_in_a_body_costs_nothing_else() {
    let mut rig = rig(true);
    rig.stream(Dir::Client, GET);
    rig.stream(
        Dir::Server,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nstart",
    );
    rig.gap(Dir::Server, 900);
    rig.stream(Dir::Server, &[b'x'; 95]);
    rig.stream(Dir::Client, GET);
    rig.stream(Dir::Server, OK);
    assert_eq!(rig.events.len(), 2);
    check(
        &rig,
        0,
        &[
            ("http.response.body.bytes", "1000"),
            ("http.response.body.content", "start"),
            ("error.message", "Packet loss while capturing the response"),
        ],
    );
    check(&rig, 1, &[("http.response.body.bytes", "3"), ("error.message", "")]);
    assert!(rig.anomalies().is_empty());
}

#[test]
fn after_a_larger_hole_the_next_message_is_found() {
    let mut rig = rig(false);
    rig.stream(Dir::Client, GET);
    rig.stream(Dir::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    rig.gap(Dir::Server, 100);
    rig.stream(Dir::Client, b"GET /second HTTP/1.1\r\n\r\n");
    rig.stream(Dir::Server, b"d of some bodyHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(rig.events.len(), 2);
    check(&rig, 1, &[("url.path", "/second"), ("http.response.status_code", "201")]);
    // A response head is lost: its request is not given the next one's answer.
    rig.stream(Dir::Client, b"GET /third HTTP/1.1\r\n\r\n");
    rig.gap(Dir::Server, 50);
    rig.stream(Dir::Client, b"GET /fourth HTTP/1.1\r\n\r\n");
    rig.stream(Dir::Server, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    check(&rig, 2, &[("url.path", "/third"), ("error.message", "Unmatched request")]);
    check(&rig, 3, &[("url.path", "/fourth"), ("http.response.status_code", "404")]);
    rig.gap(Dir::Client, 50);
    rig.stream(Dir::Client, b"part\r\n\r\nbinary\xffPOST /fifth HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    rig.stream(Dir::Server, OK);
    check(&rig, 4, &[("url.path", "/fifth"), ("http.response.status_code", "200")]);
    assert_eq!(rig.anomalies(), ["http.lost"]);
}

#[test]
fn full_detail_masks_what_is_secret() {
    let request = b"POST /login?a=1&pass=p1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tok.en\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{\"user\": \"bob\", \"password\": \"p\\\"2\"}";
    let mut rig = rig(true);
    rig.stream(Dir::Client, request);
    rig.stream(Dir::Server, OK);
    let text = rig.text(0, "request");
    assert!(
        text.starts_with("POST /login?a=1&pass=xxxxx HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer xxxxx\r\n"),
        "{text}"
    );
    assert!(text.ends_with("\r\n\r\n{\"user\": \"bob\", \"password\":\"xxxxx\"}"), "{text}");
    assert!(rig.text(0, "http.request.headers").contains("authorization=Bearer xxxxx"));
    for field in ["request", "url.full", "url.query", "http.request.body.content", "http.request.headers"] {
        let text = rig.text(0, field);
        assert!(
            !text.contains("p1") && !text.contains("p\\\"2") && !text.contains("tok.en"),
            "{field}: {text}"
        );
    }
    let options = Options { full: true, show_secrets: true, ..Options::default() };
    let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 80, options);
    rig.stream(Dir::Client, b"GET /?pwd=x HTTP/1.1\r\nAuthorization: Basic dTpw\r\n\r\n");
    rig.end();
    check(&rig, 0, &[("url.query", "pwd=x"), ("netlog.user.password", "p"), ("user.name", "u")]);
    assert!(rig.text(0, "request").contains("Basic dTpw"));
}

#[test]
fn compressed_bodies_are_shown_and_capped() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&[b'a'; 50_000]).unwrap();
    let body = gzip.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut rig = rig(true);
    rig.stream(Dir::Client, GET);
    rig.stream(Dir::Server, &[head.as_bytes(), &body].concat());
    assert_eq!(rig.text(0, "http.response.body.content"), "a".repeat(1000));
    rig.stream(Dir::Client, GET);
    rig.stream(Dir::Server, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope");
    assert_eq!(rig.text(1, "http.response.body.content"), "");
    assert_eq!(rig.anomalies(), ["http.body_encoding"]);
}

#[test]
fn one_malformed_case_per_anomaly() {
    let long = [&b"GET / HTTP/1.1\r\nX: "[..], &vec![b'x'; HEAD + 1]].concat();
    let cases: [(&[u8], &str); 9] = [
        (b"what is this\r\n\r\n", "http.not_http"),
        (&long, "http.head_long"),
        (b"GET / HTTP/1.1\r\nHost", "http.head_cut"),
        (b"PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", "http.body_cut"),
        (b"GET / HTTP/1.1\nHost: a\n\n", "http.bare_lf"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "http.bad_header"),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "http.folded_header"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\na", "http.content_length"),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "http.chunk"),
    ];
    for (bytes, want) in cases {
        let mut rig = rig(false);
        rig.stream(Dir::Client, bytes);
        rig.fin(Dir::Client);
        rig.end();
        assert_eq!(rig.anomalies(), [want]);
    }
    let mut rig = rig(false);
    rig.stream(
        Dir::Client,
        b"PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    assert_eq!(rig.anomalies(), ["http.length_and_encoding"]);
}

/// A body whose framing is broken makes no request of its own text, and no request changes its answer.
#[test]
fn text_behind_a_bad_chunk_is_no_request() {
    let mut rig = rig(false);
    rig.stream(
        Dir::Client,
        b"POST /ck HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nNote: GET /evil HTTP/1.1\r\n\r\n",
    );
    rig.stream(Dir::Server, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad");
    rig.stream(Dir::Client, b"GET /real HTTP/1.1\r\n\r\n");
    rig.stream(Dir::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    rig.end();
    let told = [0, 1].map(|i| rig.text(i, "url.path") + " " + &rig.text(i, "http.response.status_code"));
    assert_eq!(told, ["/ck 400", "/real 200"]);
    assert_eq!(rig.events.len(), 2);
    assert_eq!(rig.text(0, "error.message"), "The request's body has no valid framing");
}

#[test]
fn addresses_of_all_forms() {
    use super::url::{Hidden, Url};
    let server = ("2001:db8::9".parse().ok(), Some(8080));
    let full = |target: &str, host| Url::new("GET", target, host, server).full();
    assert_eq!(full("/a?b", Some("h.example")), "http://h.example:8080/a?b");
    assert_eq!(full("/a", None), "http://[2001:db8::9]:8080/a");
    assert_eq!(full("/", Some("[::1]:80")), "http://[::1]/");
    assert_eq!(full("http://u:p@o.example?q", Some("x")), "http://o.example/?q");
    assert_eq!(full("https://o.example:444/z", None), "https://o.example:444/z");
    assert_eq!(full("*", Some("h:81")), "http://h:81*");
    assert_eq!(
        super::url::mask_json("[\"pwd\", {\"PWD\" : \"a\"}, 1]", Hidden::new(&Options::default())),
        "[\"pwd\", {\"PWD\":\"xxxxx\"}, 1]"
    );
}

#[test]
fn expressions_in_headers_are_kept() {
    let mut rig = rig(false);
    rig.stream(Dir::Client, b"GET / HTTP/1.1\r\nX-Api-Version: ${jndi:ldap://a/b}\r\nCookie: id=secret; x=${jndi:dns://c}\r\n\
        Content-Type: ${a}\r\nAuthorization: Bearer ${b}\r\nReferer: http://x/?a=$1\r\nTest: () { :;}; id\r\nX: %{(#a=1)}, 5%{\r\n\r\n");
    rig.stream(Dir::Client, GET);
    rig.end();
    let want = "x-api-version: ${jndi:ldap://a/b} | cookie: ${jndi:dns://c} | content-type: ${a} | authorization: ${b} | test: () { :;}; id | x: %{(#a=1)}, 5%{";
    check(&rig, 0, &[("netlog.http.request.suspicious_header", want)]);
    check(&rig, 1, &[("netlog.http.request.suspicious_header", "")]);
}

#[test]
fn forwarded_addresses() {
    for (header, want) in [
        ("X-Forwarded-For: 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        ("Forwarded: for=\"[2001:db8::1]:4711\";proto=http", "2001:db8::1"),
        ("Forwarded: proto=https;for=192.0.2.60", "192.0.2.60"),
        ("X-Forwarded-For: 203.0.113.5:999", "203.0.113.5"),
        ("X-Forwarded-For: unknown", ""),
    ] {
        let mut rig = rig(false);
        rig.stream(Dir::Client, format!("GET / HTTP/1.1\r\n{header}\r\n\r\n").as_bytes());
        rig.end();
        assert_eq!(rig.text(0, "network.forwarded_ip"), want, "{header}");
    }
}

/// More requests than are kept: the answers to those that were told already are not taken for those of the others.
#[test]
fn answers_to_a_deep_pipeline_find_their_requests() {
    let mut rig = rig(false);
    for i in 0..6 {
        rig.stream(Dir::Client, format!("GET /{i} HTTP/1.1\r\n\r\n").as_bytes());
    }
    for i in 0..6 {
        rig.stream(Dir::Server, format!("HTTP/1.1 21{i} X\r\nContent-Length: 1\r\n\r\nx").as_bytes());
    }
    rig.end();
    let told = |i| (rig.text(i, "url.path"), rig.text(i, "http.response.status_code"));
    let want = [("/0", ""), ("/1", ""), ("", "210"), ("", "211"), ("/2", "212"), ("/5", "215")];
    for (i, (path, status)) in [0, 1, 2, 3, 4, 7].into_iter().zip(want) {
        assert_eq!(told(i), (path.to_owned(), status.to_owned()), "{i}");
    }
}

#[test]
fn the_probe_knows_its_own() {
    for (bytes, want) in [
        (GET, Probe::Yes),
        (OK, Probe::Swapped),
        (b"\r\nG", Probe::More),
        (b"HTTP/1.", Probe::More),
        (b"HTTP/1.1 2", Probe::More),
        (b"HTTP/1.1 abc\r\n", Probe::No),
        (b"BREW /pot HTTP/1.1\r\n", Probe::Yes),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Probe::No),
        (b"OPTIONS sip:a SIP/2.0\r\n", Probe::No),
        (b"EHLO mail.example.com\r\n", Probe::No),
        (b"SSH-2.0-x\r\n", Probe::No),
        (b"\x16\x03\x01", Probe::No),
    ] {
        assert_eq!(probe(Dir::Client, bytes), want, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(probe(Dir::Server, OK), Probe::Yes);
    assert_eq!(probe(Dir::Client, format!("GET /{} ", "a".repeat(3000)).as_bytes()), Probe::Yes);
}
