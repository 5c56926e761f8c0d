//! Options of protocols in the configuration file: each changes what it says, and nothing else does.

use crate::packetbeat::{events_with, json};
use netlog::config::File;
use netlog::model::Event;
use netlog::net::replay::{How, Script};
use netlog::proto::{self, Options};
use std::path::Path;
use std::sync::Arc;

/// Events of a script under testdata/proto, or of its text, with a configuration.
fn play(script: &str, full: bool, config: &str) -> Vec<Event<'static>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/proto").join(script);
    let text = if script.contains('\n') { script.to_owned() } else { std::fs::read_to_string(path).unwrap() };
    let file = File::parse("x.toml", config).unwrap_or_else(|e| panic!("{e}"));
    let options = Options { full, protocols: file.protocols, ..Options::default() };
    let out = Script::parse(&text).unwrap().play(&How::default(), &Arc::new(options), proto::ALL);
    out.events.into_iter().filter(|e| e.dataset.name != "flow").collect()
}

/// All values of a field, as JSON, one a line.
fn values(events: &[Event<'_>], field: &str) -> String {
    let all = events.iter().filter_map(|e| e.by_name(field)).map(|v| json(v).to_string());
    all.collect::<Vec<_>>().join("\n")
}

/// One field without and with an option: `+` is any value, `` none, else a part of it.
fn check(script: &str, full: bool, config: &str, field: &str, before: &str, after: &str) {
    let section = script.split('/').next().filter(|_| !script.contains('\n')).unwrap_or("http");
    for (config, want) in [(String::new(), before), (format!("[protocols.{section}]\n{config}\n"), after)] {
        let found = values(&play(script, full, &config), field);
        let good = match want {
            "" => found.is_empty(),
            "+" => !found.is_empty(),
            part => found.contains(part),
        };
        assert!(good, "{script} {config:?}: {field} is {found:?}, want {want:?}");
    }
}

/// `send_request` and `send_response` win over --detail, both ways.
#[test]
fn texts_are_sent_as_said() {
    for script in [
        "amqp/session.txt",
        "cassandra/v4.txt",
        "dns/udp.txt",
        "http/plain.txt",
        "memcache/text.txt",
        "mongodb/legacy.txt",
        "mysql/session.txt",
        "pgsql/simple.txt",
        "redis/pipeline.txt",
        "thrift/binary.txt",
    ] {
        check(script, false, "send_request = true", "request", "", "+");
        check(script, false, "send_request = true", "response", "", "");
        check(script, false, "send_response = true", "response", "", "+");
        check(script, false, "send_response = true", "request", "", "");
        check(script, true, "send_request = false", "request", "+", "");
        check(script, true, "send_request = false", "response", "+", "+");
        check(script, true, "send_response = false", "response", "+", "");
    }
}

#[test]
fn a_protocol_is_switched_off_or_moved() {
    assert!(play("redis/inline.txt", false, "[protocols.redis]\nenabled = false").is_empty());
    let other = play("redis/inline.txt", false, "[protocols.ssh]\nenabled = false");
    assert_eq!(other.len(), play("redis/inline.txt", false, "").len());
}

#[test]
fn amqp() {
    let script = "amqp/session.txt";
    check(script, true, "max_body_length = 3", "request", "+", " [...]");
    check(script, false, "parse_headers = false", "amqp.content-type", "+", "");
    check(script, false, "parse_arguments = false", "amqp.arguments", "+", "");
    check(script, false, "hide_connection_information = true", "user.name", "+", "");
}

#[test]
fn cassandra() {
    let script = "cassandra/v4.txt";
    check(script, false, "send_request = false", "cassandra.request.query", "+", "");
    check(script, false, "send_request = false", "cassandra.request.headers.op", "+", "");
    check(script, false, "send_request_header = false", "cassandra.request.headers.op", "+", "");
    check(script, false, "send_request_header = false", "cassandra.request.query", "+", "+");
    check(script, false, "send_response = false", "cassandra.response.result.type", "+", "");
    check(script, false, "send_response_header = false", "cassandra.response.headers.op", "+", "");
    check(script, false, "send_response_header = false", "cassandra.response.result.type", "+", "+");
    check(script, false, "ignored_ops = [\"options\", \"STARTUP\"]", "method", "\"OPTIONS\"", "\"SELECT\"");
    let left = values(&play(script, false, "[protocols.cassandra]\nignored_ops = [\"OPTIONS\"]"), "method");
    assert!(!left.contains("OPTIONS"), "{left}");
}

/// A body that is compressed, of a connection whose STARTUP is missing.
#[test]
fn cassandra_compressor() {
    let statement = b"SELECT a FROM t";
    let mut body = (statement.len() as u32).to_be_bytes().to_vec();
    body.extend_from_slice(statement);
    body.extend_from_slice(&[0, 1, 0]);
    let packed = snap::raw::Encoder::new().compress_vec(&body).unwrap();
    let mut frame = vec![4, 1, 0, 1, 7];
    frame.extend_from_slice(&(packed.len() as u32).to_be_bytes());
    frame.extend_from_slice(&packed);
    let hex: String = frame.iter().map(|b| format!(" {b:02x}")).collect();
    let script = format!("tcp 9042\n>{hex}\n< 84 00 00 01 08 00 00 00 04 00 00 00 01\n");
    // Without the option all that is possible is tried.
    for (config, told) in [("", ""), ("compressor = \"snappy\"", "\"snappy\"")] {
        let events = play(&script, false, &format!("[protocols.cassandra]\n{config}"));
        assert_eq!(values(&events, "query"), "\"SELECT a FROM t\"");
        assert_eq!(values(&events, "cassandra.compression"), told);
    }
    let wrong = play(&script, false, "[protocols.cassandra]\ncompressor = \"lz4\"");
    assert_eq!(values(&wrong, "query"), "");
}

#[test]
fn dns() {
    check("dns/udp.txt", false, "include_authorities = true", "dns.authorities", "", "SOA");
    check("dns/udp.txt", true, "include_authorities = false", "dns.authorities", "SOA", "");
    let text = "udp 53\n> 00 01 01 00 00 01 00 00 00 00 00 00 01 61 00 00 01 00 01\n\
                < 00 01 81 80 00 01 00 00 00 00 00 01 01 61 00 00 01 00 01 c0 0c 00 01 00 01 00 00 00 05 00 04 c0 00 02 01\n";
    assert_eq!(values(&play(text, false, ""), "dns.additionals"), "");
    let told = values(&play(text, false, "[protocols.dns]\ninclude_additionals = true"), "dns.additionals");
    assert!(told.contains("192.0.2.1"), "{told}");
}

const HTTP: &str = r#"tcp 80
> "POST /x?token=abc&password=p HTTP/1.1\r\nHost: h\r\nX-Real: 203.0.113.9\r\nX-Forwarded-For: 203.0.113.5\r\nCookie: a=1; b=2\r\nX-Key: k\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 13\r\n\r\ntoken=q&ok=12"
< "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nX-Up: u\r\nContent-Length: 4\r\n\r\nbody"
> "GET /y HTTP/1.1\r\nHost: h\r\n\r\n"
< "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: deflate\r\nContent-Length: 7\r\n\r\n"
+ 4b cf cf 4f 07 00 00
"#;

#[test]
fn http_secrets() {
    check(HTTP, true, "hide_keywords = [\"TOKEN\"]", "url.query", "token=abc", "token=xxxxx&password=xxxxx");
    check(
        HTTP,
        true,
        "hide_keywords = [\"token\"]",
        "http.request.body.content",
        "token=q",
        "token=xxxxx&ok=12",
    );
    check(HTTP, true, "hide_keywords = [\"token\"]", "request", "token=q", "token=xxxxx&ok=12");
    check(
        HTTP,
        true,
        "redact_headers = [\"x-key\"]",
        "http.request.headers",
        "\"x-key\":\"k\"",
        "\"x-key\":\"REDACTED\"",
    );
    check(HTTP, true, "redact_headers = [\"x-key\"]", "request", "X-Key: k", "X-Key: REDACTED");
}

#[test]
fn http_headers() {
    let headers = "http.request.headers";
    check(HTTP, false, "send_headers = [\"x-key\"]", headers, "", "{\"x-key\":\"k\"}");
    check(HTTP, true, "send_headers = [\"x-key\"]", headers, "host", "{\"x-key\":\"k\"}");
    check(HTTP, false, "send_all_headers = true", headers, "", "\"host\":\"h\"");
    check(HTTP, true, "send_all_headers = false", headers, "+", "");
    check(
        HTTP,
        true,
        "split_cookie = true",
        headers,
        "\"cookie\":\"a=1; b=2\"",
        "\"cookie\":{\"a\":\"1\",\"b\":\"2\"}",
    );
    check(HTTP, false, "real_ip_header = \"X-Real\"", "network.forwarded_ip", "203.0.113.5", "203.0.113.9");
}

#[test]
fn http_bodies() {
    let (asked, came) = ("http.request.body.content", "http.response.body.content");
    check(HTTP, false, "include_body_for = [\"octet-stream\", \"x-www-form\"]", came, "", "body");
    check(HTTP, false, "include_body_for = [\"octet-stream\", \"x-www-form\"]", asked, "", "token=q");
    check(HTTP, false, "include_request_body_for = [\"x-www\"]", asked, "", "token=q");
    check(HTTP, false, "include_request_body_for = [\"octet\"]", came, "", "");
    check(HTTP, false, "include_response_body_for = [\"octet\"]", came, "", "body");
    check(HTTP, true, "include_body_for = [\"text/xml\"]", asked, "token=q", "");
    check(HTTP, true, "max_message_size = 5", asked, "token=q&ok=12", "\"token\"");
    check(HTTP, true, "decode_body = false", came, "goog", "K\u{fffd}");
}

#[test]
fn memcache() {
    let (asked, came) = ("memcache.request.values", "memcache.response.values");
    let script = "memcache/text.txt";
    check(script, true, "maxvalues = -1", came, "", "[\"aGk=\",\"\"]");
    check(script, false, "maxvalues = 1", came, "", "[\"aGk=\"]");
    check(script, false, "maxvalues = 1", asked, "", "[\"YQ0KYg==\"]");
    check(script, false, "maxvalues = -1\nmaxbytespervalue = 1", came, "", "[\"aA==\",\"\"]");
    check("memcache/binary.txt", false, "maxvalues = -1", came, "", "+");
}

#[test]
fn databases() {
    // The header is no row.
    check("mysql/session.txt", true, "max_rows = 0", "response", "a,b\\n1,", "\"a,b\\n\"");
    check("mysql/session.txt", true, "max_row_length = 1", "response", "a,b\\n1,NULL\\n", "a,b\\n1\\nx\\n");
    check("pgsql/simple.txt", true, "max_rows = 0", "response", "+", "\\n\"");
    check("pgsql/simple.txt", true, "max_row_length = 1", "response", "+", "+");
    let long = values(&play("pgsql/simple.txt", true, ""), "response").len();
    for config in ["max_rows = 0", "max_row_length = 1"] {
        let cut = play("pgsql/simple.txt", true, &format!("[protocols.pgsql]\n{config}"));
        assert!(values(&cut, "response").len() < long, "{config}");
    }
    let reply = |config: &str| values(&play("mongodb/legacy.txt", true, config), "response");
    let whole = reply("");
    assert!(
        reply("[protocols.mongodb]\nmax_docs = 0").contains("[...]") && !whole.contains("[...]"),
        "{whole}"
    );
    let cut = reply("[protocols.mongodb]\nmax_doc_length = 4");
    assert!(cut.contains(" ...") && !whole.contains(" ..."), "{cut}");
    assert_eq!(reply("[protocols.mongodb]\nmax_doc_length = 0"), whole);
}

#[test]
fn sip() {
    check("sip/udp.txt", false, "keep_original = true", "event.original", "", "REGISTER");
    check("sip/udp.txt", true, "keep_original = false", "event.original", "+", "");
    check("sip/udp.txt", false, "parse_authorization = false", "sip.auth.realm", "+", "");
    check("sip/udp.txt", false, "parse_body = false", "sip.sdp.version", "+", "");
}

#[test]
fn thrift() {
    let script = "thrift/binary.txt";
    check(script, false, "string_max_size = 6", "thrift.params", "a name that", "\\\"a name...\\\"");
    check(script, false, "collection_max_size = 2", "thrift.params", "[1, 2, 3]", "[1, 2, ...]");
    check(script, true, "capture_reply = false", "thrift.return_value", "+", "");
    check(script, false, "capture_reply = false", "thrift.exceptions", "+", "");
    check(script, false, "obfuscate_strings = true", "thrift.params", "a name that", "1: \\\"*\\\"");
    let given_up = play(script, false, "[protocols.thrift]\ndrop_after_n_struct_fields = 1");
    assert!(given_up.len() < play(script, false, "").len());
}

/// Needs certificates in the clear, as a capture of Packetbeat's has them.
#[test]
fn tls() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/packetbeat/pcaps/tls-sample2.pcap");
    if !Path::new(path).exists() {
        return crate::skipped(format_args!("no {path}"));
    }
    let told = |full: bool, config: &str, field: &str| {
        let file = File::parse("x.toml", &format!("[protocols.tls]\n{config}\n")).unwrap();
        let options = Options { full, protocols: file.protocols, ..Options::default() };
        !values(&events_with(Path::new(path), options).0, field).is_empty()
    };
    let (md5, sha256) = ("tls.server.hash.md5", "tls.server.hash.sha256");
    let (pem, subject, detail) =
        ("tls.server.certificate_chain", "tls.server.subject", "tls.detailed.version");
    assert!(told(false, "", md5) && told(false, "", sha256) && told(false, "", subject));
    assert!(
        !told(false, "fingerprints = [\"sha256\"]", md5)
            && told(false, "fingerprints = [\"sha256\"]", sha256)
    );
    assert!(
        !told(false, "send_certificates = false", subject) && told(false, "send_certificates = false", md5)
    );
    assert!(!told(false, "", pem) && told(false, "include_raw_certificates = true", pem));
    assert!(told(true, "", pem) && !told(true, "include_raw_certificates = false", pem));
    assert!(!told(false, "", detail) && told(false, "include_detailed_fields = true", detail));
    assert!(told(true, "", detail) && !told(true, "include_detailed_fields = false", detail));
}
