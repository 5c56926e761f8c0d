//! One packet that a capture lacks: what was said before and after it is paired and timed as if it were there.

use netlog::model::{Event, Value};
use netlog::net::replay::{How, Script};
use netlog::proto;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Exchanges of a conversation.
const EXCHANGES: usize = 24;

/// What the client and the server say in the nth, how to tell it from an event, and how its answer.
struct Talk {
    port: u16,
    dataset: &'static str,
    greeting: &'static str,
    says: fn(usize) -> (String, String),
    asked: &'static str,
    answered: fn(&Event<'_>) -> Option<usize>,
    /// Whether what follows a hole may be the rest of what lacks, and so is left out.
    by_lines: bool,
}

const TALKS: [Talk; 3] = [
    Talk {
        port: 80,
        dataset: "http",
        greeting: "",
        says: |n| {
            let answer = format!(
                "HTTP/1.1 {} Fine\r\nContent-Length: {}\r\n\r\n{}",
                210 + n,
                5 + n,
                "x".repeat(5 + n)
            );
            (format!("GET /{n} HTTP/1.1\r\nHost: shop.example\r\n\r\n"), answer)
        },
        asked: "url.path",
        answered: |event| number(event.by_name("http.response.status_code")?).map(|status| status - 210),
        by_lines: false,
    },
    Talk {
        port: 21,
        dataset: "ftp",
        greeting: "220 FTP server ready\r\n",
        says: |n| (format!("SIZE {n}\r\n"), format!("213 {}\r\n", 1000 + n)),
        asked: "ftp.argument",
        answered: |event| number(event.by_name("ftp.reply.text")?).map(|size| size - 1000),
        by_lines: true,
    },
    Talk {
        port: 6379,
        dataset: "redis",
        greeting: "",
        says: |n| {
            (format!("*2\r\n$3\r\nGET\r\n${}\r\n{n}\r\n", n.to_string().len()), format!(":{}\r\n", 1000 + n))
        },
        asked: "resource",
        answered: |event| number(event.by_name("redis.return_value")?).map(|value| value - 1000),
        by_lines: false,
    },
];

fn number(value: &Value<'_>) -> Option<usize> {
    value.as_int().and_then(|n| n.try_into().ok()).or_else(|| value.as_str()?.parse().ok())
}

/// Of each exchange that was told with its answer: whose answer it has, when it began and how long it took.
fn told(talk: &Talk, lost: Option<usize>) -> BTreeMap<usize, (usize, i64, i64)> {
    let mut script = Script::new(netlog::model::Transport::Tcp, talk.port);
    if !talk.greeting.is_empty() {
        script = script.server(talk.greeting);
    }
    for n in 0..EXCHANGES {
        let (asks, answers) = (talk.says)(n);
        script = script.client(asks).server(answers);
    }
    let out = script.play(&How { lost, ..How::default() }, &Arc::default(), proto::ALL);
    let events = out.events.iter().filter(|event| event.dataset.name == talk.dataset);
    let told = events.filter_map(|event| {
        let asked = event.by_name(talk.asked)?.as_str()?.trim_start_matches('/').parse().ok()?;
        Some((asked, ((talk.answered)(event)?, event.ts, event.end? - event.ts)))
    });
    told.collect()
}

#[test]
fn a_lost_packet_moves_no_answer() {
    for talk in &TALKS {
        let whole = told(talk, None);
        assert_eq!(whole.len(), EXCHANGES, "{}", talk.dataset);
        assert!(whole.iter().all(|(asked, (answer, ..))| asked == answer), "{}: {whole:?}", talk.dataset);
        let first = usize::from(!talk.greeting.is_empty());
        for lost in first..first + 2 * EXCHANGES {
            let (left, gone) = (told(talk, Some(lost)), (lost - first) / 2);
            let may_lack = |n: &usize| *n == gone || talk.by_lines && *n == gone + 1;
            let want: BTreeMap<_, _> = whole
                .clone()
                .into_iter()
                .filter(|(n, _)| !may_lack(n) || *n != gone && left.contains_key(n))
                .collect();
            assert_eq!(left, want, "{} without packet {lost}", talk.dataset);
        }
    }
}
