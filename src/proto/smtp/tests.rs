use super::*;
use crate::model::{Event, Transport, Value};
use crate::proto::rig::Rig;

#[test]
fn a_session() {
    let mut rig =
        Rig::new(&PROTOCOL, Transport::Tcp, 25, Options { show_secrets: true, ..Options::default() });
    rig.stream(Dir::Server, b"220 mx ESMTP\r\n");
    rig.stream(Dir::Client, b"AUTH PLAIN AGFsaWNlAHB3\r\n");
    rig.stream(Dir::Server, b"535 5.7.8 no\r\n");
    rig.stream(Dir::Client, b"MAIL FROM:<a@x> SIZE=3\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n");
    rig.stream(Dir::Server, b"250 ok\r\n250 ok\r\n550 who\r\n354 go\r\n");
    rig.stream(Dir::Client, b"Subject: hi\r\nFrom: A <a@x>\r\n\r\nbody\r\n..\r\n.\r\n");
    rig.stream(Dir::Server, b"250 2.0.0 queued\r\n");
    rig.stream(Dir::Client, b"STARTTLS\r\n");
    assert_eq!(rig.stream(Dir::Server, b"220 go\r\nx"), Step::Switch(8));
    rig.end();
    assert_eq!(rig.text(1, "user.name"), "alice");
    assert_eq!(
        (rig.text(1, "netlog.user.password"), rig.events[1].outcome),
        ("pw".to_owned(), Outcome::Failure)
    );
    let mail = ["smtp.mail_from", "smtp.rcpt_to", "smtp.rcpt_refused", "email.subject", "email.from.address"];
    assert_eq!(mail.map(|n| rig.text(2, n)), ["a@x", "b@y", "c@y", "hi", "a@x"]);
    assert_eq!(rig.events[2].outcome, Outcome::Success);
    assert!(rig.anomalies().is_empty());
}

/// A mail that nobody was to get fails as its last recipient did, when it is taken back or followed by another.
#[test]
fn a_mail_that_is_refused_to_all() {
    let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 25, Options::default());
    rig.stream(Dir::Server, b"220 mx ESMTP\r\n");
    for end in [&b"RSET\r\n"[..], b"MAIL FROM:<c@x>\r\n"] {
        rig.stream(Dir::Client, b"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n");
        rig.stream(Dir::Server, b"250 ok\r\n554 relay\r\n");
        rig.stream(Dir::Client, end);
        rig.stream(Dir::Server, b"250 ok\r\n");
    }
    rig.end();
    let mails: Vec<_> = rig.events.iter().filter(|e| e.by_name("smtp.mail_from").is_some()).collect();
    let told =
        |e: &Event<'_>| (e.outcome, e.by_name("error.message").and_then(Value::as_str).map(str::to_owned));
    let refused = (Outcome::Failure, Some("relay".to_owned()));
    let want = [refused.clone(), refused, (Outcome::Unknown, None)];
    assert_eq!(mails.into_iter().map(told).collect::<Vec<_>>(), want);
}

#[test]
fn anomalies_are_named() {
    let new = || Rig::new(&PROTOCOL, Transport::Tcp, 25, Options::default());
    assert_eq!(new().stream(Dir::Client, &[b'a'; 70_000]), Step::Weird("smtp.line"));
    assert_eq!(new().stream(Dir::Server, b"hello\r\n"), Step::Weird("smtp.reply"));
    let mut rig = new();
    rig.stream(Dir::Server, b"220 a\r\n250 b\r\n");
    assert_eq!(rig.anomalies(), ["smtp.unsolicited"]);
}
