use super::*;
use crate::model::Transport;
use crate::proto::rig::Rig;

#[test]
fn a_session() {
    let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 25, Options { show_secrets: true, ..Options::default() });
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
    assert_eq!((rig.text(1, "netlog.user.password"), rig.events[1].outcome), ("pw".to_owned(), Outcome::Failure));
    let mail = ["smtp.mail_from", "smtp.rcpt_to", "smtp.rcpt_refused", "email.subject", "email.from.address"];
    assert_eq!(mail.map(|n| rig.text(2, n)), ["a@x", "b@y", "c@y", "hi", "a@x"]);
    assert_eq!(rig.events[2].outcome, Outcome::Success);
    assert!(rig.anomalies().is_empty());
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
