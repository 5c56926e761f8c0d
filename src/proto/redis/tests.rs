//! Conversations, real ones and made-up ones, and bytes that are none.

use super::*;
use crate::model::{Event, Outcome, Transport, Value};
use crate::net::replay::{How, Script};
use crate::proto::Probe;
use crate::proto::replay::{self, Bench};

static ONLY: &[&Protocol] = &[&PROTOCOL];

fn bench(full: bool) -> Bench {
    Bench::new(&PROTOCOL, Transport::Tcp, full)
}

fn text<'e>(event: &'e Event<'_>, name: &str) -> &'e str {
    event.by_name(name).and_then(Value::as_str).unwrap_or("")
}

fn played(name: &str, full: bool) -> Vec<Event<'static>> {
    let path = format!("{}/testdata/proto/redis/{name}", env!("CARGO_MANIFEST_DIR"));
    let script = Script::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let options = std::sync::Arc::new(Options { full, ..Options::default() });
    let mut events = script.play(&How { shapes: false, ..How::default() }, &options, ONLY).events;
    events.retain(|e| e.dataset.name == "redis");
    events
}

fn methods(events: &[Event<'_>]) -> Vec<String> {
    events.iter().map(|e| format!("{} {}", text(e, "query"), e.outcome.name())).collect()
}

#[test]
fn pipelines_are_paired() {
    let events = played("pipeline.txt", true);
    assert_eq!(
        methods(&events),
        [
            "AUTH ****** success",
            "SET a hello success",
            "GET a success",
            "LPOP a failure",
            "EXEC success",
            "KEYS * unknown"
        ]
    );
    assert_eq!(text(&events[0], "user.name"), "default");
    assert!(events[0].has("netlog.user.clear_password") && !events[0].has("netlog.user.password"));
    assert!(!events[1].has("netlog.user.clear_password"));
    assert_eq!(events[0].dataset.category, ["network", "authentication", "database"]);
    assert_eq!(text(&events[2], "redis.return_value"), "hello");
    assert!(text(&events[3], "redis.error").starts_with("WRONGTYPE Operation"));
    assert_eq!(text(&events[4], "redis.return_value"), "[1, [x, nil], ]");
    assert_eq!(events[2].source.bytes, Some(20));
    assert_eq!(events[2].destination.bytes, Some(11));
    assert_eq!(events[5].end, None);
}

#[test]
fn stored_values_are_contents() {
    let events = played("pipeline.txt", false);
    assert_eq!(text(&events[1], "redis.return_value"), "OK");
    assert_eq!(events[2].by_name("redis.return_value"), None);
    assert_eq!(events[2].by_name("response"), None);
}

#[test]
fn pushes_and_subscriptions() {
    let events = played("resp3.txt", true);
    let methods: Vec<_> = events.iter().map(|e| text(e, "method")).collect();
    assert_eq!(methods, ["HELLO", "SUBSCRIBE", "MESSAGE", "TIME"]);
    assert_eq!(text(&events[0], "user.name"), "alice");
    assert!(events[0].has("netlog.user.clear_password"));
    assert_eq!(text(&events[0], "query"), "HELLO 3 AUTH alice ******");
    assert_eq!(text(&events[0], "redis.return_value"), "[server, redis, proto, 3]");
    assert_eq!(text(&events[2], "resource"), "c1");
    assert_eq!(events[2].by_name("redis.pushed"), Some(&Value::Bool(true)));
    assert_eq!(text(&events[3], "redis.return_value"), "[1.5, true]");
}

#[test]
fn inline_commands() {
    let events = played("inline.txt", false);
    assert_eq!(
        methods(&events),
        ["PING success", "CONFIG SET requirepass ****** success", "INFO server success"]
    );
}

/// Values of Packetbeat 7.17's own output for its capture.
#[test]
fn packetbeat_agrees() {
    let Some(path) = replay::corpus("packetbeat/pcaps/redis_one_transaction.pcap") else { return };
    let out = replay::capture(ONLY, &path, true);
    let [event] = &out.events[..] else { panic!("{} events", out.events.len()) };
    let want = [
        ("method", "LINDEX"),
        ("query", "lindex test 1"),
        ("resource", "test"),
        ("redis.return_value", "hello1"),
        ("request", "lindex test 1"),
        ("response", "hello1"),
        ("status", "OK"),
    ];
    for (name, value) in want {
        assert_eq!(text(event, name), value, "{name}");
    }
    assert_eq!((event.source.bytes, event.destination.bytes), (Some(33), Some(12)));
    assert_eq!(event.end.map(|end| end - event.ts), Some(466_000));
    assert_eq!(event.outcome, Outcome::Success);
}

#[test]
fn anomalies_are_named() {
    let cases: [(&str, Dir, &[u8]); 5] = [
        ("redis.type", Dir::Server, b"?5\r\n"),
        ("redis.length", Dir::Server, b"$x\r\n"),
        ("redis.line", Dir::Client, &[b'a'; 70_000]),
        ("redis.depth", Dir::Server, &b"*1\r\n".repeat(33)),
        ("redis.request", Dir::Client, b"*1\r\n:1\r\n"),
    ];
    for (name, dir, bytes) in cases {
        assert_eq!(bench(true).feed(dir, 1, bytes), Step::Weird(name), "{name}");
    }
    let mut b = bench(true);
    b.feed(Dir::Client, 1, b"*1\r\n$4\r\nPING\r\n");
    b.feed(Dir::Server, 2, b"+PONG\r\n+PONG\r\n");
    assert_eq!(b.anomalies("redis.unsolicited"), 1);
    for _ in 0..300 {
        b.feed(Dir::Client, 3, b"*1\r\n$4\r\nPING\r\n");
    }
    assert_eq!(b.events.len(), 1 + 300 - b.options.limits.pending);
}

#[test]
fn gaps_within_strings_are_skipped_and_others_told() {
    let mut b = bench(true);
    b.feed(Dir::Client, 1, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    b.feed(Dir::Server, 2, b"$1000\r\nabc");
    b.gap(Dir::Server, 3, 900);
    b.feed(Dir::Server, 4, &[b'z'; 97]);
    b.feed(Dir::Server, 4, b"\r\n");
    assert_eq!(b.events.len(), 1);
    assert_eq!(b.events[0].destination.bytes, Some(1009));
    assert_eq!(text(&b.events[0], "redis.return_value"), "abc");
    assert_eq!((b.anomalies("redis.gap"), b.anomalies("redis.cut")), (0, 1));
    b.feed(Dir::Client, 5, b"*2\r\n$3\r\nGET\r\n$1\r\nb\r\n");
    b.gap(Dir::Server, 6, 10);
    b.feed(Dir::Server, 6, b"tail\r\n");
    b.feed(Dir::Client, 7, b"*2\r\n$3\r\nGET\r\n$1\r\nc\r\n");
    b.feed(Dir::Server, 8, b"$1\r\nc\r\n");
    assert_eq!(b.anomalies("redis.gap"), 1);
    assert_eq!(methods(&b.events), ["GET a success", "GET b unknown", "GET c success"]);
}

fn command(words: &[&str]) -> Vec<u8> {
    let bulk = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
    format!("*{}\r\n{}", words.len(), words.iter().map(bulk).collect::<String>()).into_bytes()
}

#[test]
fn every_secret_is_masked() {
    let cases: [(&str, &str); 15] = [
        ("AUTH S1", "AUTH ******"),
        ("auth me S1", "auth me ******"),
        ("AUTH me S1 S2", "AUTH me ****** ******"),
        ("HELLO 3 AUTH me S1 SETNAME x", "HELLO 3 AUTH me ****** SETNAME x"),
        ("MIGRATE h 1 k 0 9 COPY auth S1 KEYS a", "MIGRATE h 1 k 0 9 COPY auth ****** KEYS a"),
        ("MIGRATE h 1 k 0 9 AUTH2 me S1 KEYS a", "MIGRATE h 1 k 0 9 AUTH2 me ****** KEYS a"),
        (
            "CONFIG SET requirepass S1 maxmemory 1 masterauth S2 requirepass S3",
            "CONFIG SET requirepass ****** maxmemory 1 masterauth ****** requirepass ******",
        ),
        ("config set PrimaryAuth S1", "config set PrimaryAuth ******"),
        ("CONFIG SET tls-key-file-pass S1", "CONFIG SET tls-key-file-pass ******"),
        ("CONFIG SET tls-client-key-file-pass S1", "CONFIG SET tls-client-key-file-pass ******"),
        ("CONFIG GET requirepass masterauth", "CONFIG GET requirepass masterauth"),
        ("SENTINEL SET m auth-user u auth-pass S1", "SENTINEL SET m auth-user u auth-pass ******"),
        ("SENTINEL SET m requirepass S1", "SENTINEL SET m requirepass ******"),
        ("SENTINEL CONFIG SET sentinel-pass S1", "SENTINEL CONFIG SET sentinel-pass ******"),
        (
            "ACL SETUSER u on >S1 #S2 ~k +@all <S3 !S4",
            "ACL SETUSER u on ****** ****** ~k +@all ****** ******",
        ),
    ];
    for (line, want) in cases {
        let words: Vec<&str> = line.split(' ').collect();
        for bytes in [command(&words), format!("{line}\r\n").into_bytes()] {
            let mut b = bench(true);
            b.options.show_secrets = false;
            b.feed(Dir::Client, 1, &bytes);
            b.end(2);
            assert_eq!(text(&b.events[0], "query"), want);
            assert!(!b.events[0].fields.iter().any(|(_, v)| format!("{v:?}").contains("S1")), "{line}");
        }
    }
}

#[test]
fn quoted_and_torn_secrets_are_masked() {
    let told = |feed: &dyn Fn(&mut Bench)| {
        let mut b = bench(true);
        b.options.show_secrets = false;
        feed(&mut b);
        b.end(9);
        text(&b.events[0], "query").to_owned()
    };
    let quoted = |b: &mut Bench| {
        b.feed(Dir::Client, 1, b"CONFIG SET requirepass \"my \\\" pass\" port 1\r\n");
    };
    assert_eq!(told(&quoted), "CONFIG SET requirepass ****** port 1");
    let torn = |b: &mut Bench| {
        b.feed(Dir::Client, 1, b"*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nreq");
        b.gap(Dir::Client, 2, 4);
        b.feed(Dir::Client, 3, b"pass\r\n$2\r\nS1\r\n");
    };
    assert_eq!(told(&torn), "CONFIG ****** ****** ******");
}

#[test]
fn probes_are_strict() {
    let no: [(Dir, &[u8]); 9] = [
        (Dir::Client, b"GET / HTTP/1.1\r\n\r\n\xff"),
        (Dir::Client, b"EHLO x\r\n"),
        (Dir::Server, b"* OK IMAP4 ready\r\n"),
        (Dir::Server, b"+OK Dovecot ready.\r\n"),
        (Dir::Server, b"-ERR\tno\r\n"),
        (Dir::Client, b"\x16\x03\x01"),
        (Dir::Client, b"$Lock x"),
        (Dir::Server, b"220 ftp\r\n"),
        (Dir::Client, b"*1\r\n$4\r\n\0\0\0\0\r\n"),
    ];
    for (dir, bytes) in no {
        assert_eq!(probe::probe(dir, bytes), Probe::No, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(probe::probe(Dir::Server, b"*1\r\n$4\r\nPING\r\n"), Probe::Swapped);
    assert_eq!(probe::probe(Dir::Client, b"*1\r\n$4\r\nPI"), Probe::More);
}

/// Bytes of the scripts with single ones changed: nothing panics, nothing is believed without bound.
#[test]
fn changed_bytes_are_survived() {
    let seed = b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n$0\r\n\r\n|1\r\n+a\r\n:1\r\n%1\r\n+a\r\n#t\r\n";
    for at in 0..seed.len() {
        for byte in (0..=255).step_by(3) {
            let mut bytes = seed.to_vec();
            bytes[at] = byte;
            for dir in [Dir::Client, Dir::Server] {
                let mut b = bench(true);
                b.feed(Dir::Client, 0, b"*1\r\n$4\r\nPING\r\n");
                for part in bytes.chunks(5) {
                    b.feed(dir, 1, part);
                }
                b.gap(dir, 2, u64::from(byte));
                b.end(3);
            }
        }
    }
}

/// Mass insertion: more commands than are kept are on their way before the first reply comes.
#[test]
fn replies_to_a_deep_pipeline_find_their_commands() {
    let mut b = bench(false);
    for i in 0..1000 {
        b.feed(Dir::Client, 1, format!("*2\r\n$3\r\nGET\r\n$4\r\nk{i:03}\r\n").as_bytes());
    }
    for i in 0..1000 {
        b.feed(Dir::Server, 2, format!("$4\r\nv{i:03}\r\n").as_bytes());
    }
    let events = b.end(3);
    assert_eq!(events.len(), 1000);
    let pair = |e: &Event<'static>| (text(e, "query").to_owned(), e.end.is_some());
    assert_eq!(pair(&events[0]), ("GET k000".to_owned(), false));
    assert_eq!(pair(&events[743]), ("GET k743".to_owned(), false));
    assert_eq!(pair(&events[744]), ("GET k744".to_owned(), true));
    assert_eq!(events[999].destination.bytes, Some(10));
    assert_eq!(pair(&events[999]), ("GET k999".to_owned(), true));
}

#[test]
fn passwords_that_are_asked_for_are_told_and_masked() {
    let asked = |question: &[u8], answer: &[u8]| {
        let mut b = bench(true);
        b.options.show_secrets = false;
        b.feed(Dir::Client, 1, question);
        b.feed(Dir::Server, 2, answer);
        b.events.into_iter().find(|event| event.dataset.name == "redis").unwrap()
    };
    let answer = b"*2\r\n$11\r\nrequirepass\r\n$6\r\ns3cret\r\n";
    for question in [&b"CONFIG GET requirepass\r\n"[..], b"config get *\r\n", b"SENTINEL CONFIG GET *\r\n"] {
        let event = asked(question, answer);
        assert!(!format!("{event:?}").contains("s3cret"), "{event:?}");
        assert!(event.has("netlog.user.clear_password") && text(&event, "redis.return_value") == "******");
    }
    let event = asked(b"CONFIG GET maxmemory\r\n", b"*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n");
    assert!(!event.has("netlog.user.clear_password"));
    assert_eq!(text(&event, "redis.return_value"), "[maxmemory, 0]");
    let event = asked(b"CONFIG GET requirepass\r\n", b"-NOAUTH Authentication required.\r\n");
    assert!(!event.has("netlog.user.clear_password"));
    assert!(text(&event, "redis.error").starts_with("NOAUTH"));
}
