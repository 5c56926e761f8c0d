use super::*;

#[test]
fn a_greeting_without_a_name_waits_for_the_next_reply() {
    let server = |text: &[u8]| probe(Dir::Server, text);
    assert_eq!(server(b"220 hello\r\n"), Probe::More);
    assert_eq!(server(b"220-welcome\r\n220 \r\n331 Password required\r\n"), Probe::Yes);
    assert_eq!(server(b"220 hello\r\n250-hello\r\n"), Probe::No);
}

#[test]
fn addresses() {
    assert_eq!(six(b"(192,0,2,1,4,1)."), Some(("192.0.2.1".parse().unwrap(), 1025)));
    assert_eq!(six(b"1,2,3,4,5,256"), None);
    assert_eq!(extended(b"|2|2001:db8::1|6275|"), Some((Some("2001:db8::1".parse().unwrap()), 6275)));
    assert_eq!(extended(b"|||6446|)"), Some((None, 6446)));
}
