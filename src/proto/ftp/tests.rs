use super::*;
use crate::model::Transport;
use crate::proto::replay::Bench;

#[test]
fn a_greeting_without_a_name_waits_for_the_next_reply() {
    let server = |text: &[u8]| probe(Dir::Server, text);
    assert_eq!(server(b"220 hello\r\n"), Probe::More);
    assert_eq!(server(b"220-welcome\r\n220 \r\n331 Password required\r\n"), Probe::Yes);
    assert_eq!(server(b"220 hello\r\n250-hello\r\n"), Probe::No);
}

#[test]
fn a_client_alone_is_read() {
    let client = |text: &[u8]| probe(Dir::Client, text);
    assert_eq!((client(b"USER bob\r\n"), client(b"USER bob\r\nPASS")), (Probe::More, Probe::More));
    assert_eq!(client(b"USER bob\r\nPASS x\r\n"), Probe::Yes);
    assert_eq!(client(b"USER bob 0 * :Bob\r\nPASS x\r\n"), Probe::No, "IRC");
    let mut b = Bench::new(&PROTOCOL, Transport::Tcp, false);
    b.feed(Dir::Client, 1, b"USER bob\r\n");
    b.feed(Dir::Client, 2, b"PASS x\r\nUSER eve\r\nPASS y\r\nRETR /a\r\n");
    b.end(3);
    let text = |event: &crate::model::Event<'_>, name| {
        event.by_name(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let told: Vec<_> = b
        .events
        .iter()
        .map(|event| {
            (text(event, "event.action"), text(event, "user.name"), event.has("netlog.user.clear_password"))
        })
        .collect();
    let own = |action: &str, user: &str, clear| (action.to_owned(), user.to_owned(), clear);
    assert_eq!(
        told,
        [own("ftp.login", "bob", true), own("ftp.login", "eve", true), own("ftp.retr", "eve", false)]
    );
    assert_eq!((b.events[0].ts, b.events[0].outcome), (1, Outcome::Unknown));
}

#[test]
fn addresses() {
    assert_eq!(six(b"(192,0,2,1,4,1)."), Some(("192.0.2.1".parse().unwrap(), 1025)));
    assert_eq!(six(b"1,2,3,4,5,256"), None);
    assert_eq!(extended(b"|2|2001:db8::1|6275|"), Some((Some("2001:db8::1".parse().unwrap()), 6275)));
    assert_eq!(extended(b"|||6446|)"), Some((None, 6446)));
}
