use super::*;

#[test]
fn headers() {
    assert_eq!(words(b"=?utf-8?B?w6Q=?= =?iso-8859-1?Q?=F6_x?= y"), "ä\u{f6} x y");
    assert_eq!(addresses(b"\"A, B\" <a@x>, b@y"), ["a@x", "b@y"]);
    assert_eq!(parameter(b"attachment; filename*=UTF-8''a%20b.txt", "filename").as_deref(), Some("a b.txt"));
    assert_eq!(parameter(b"text/plain; name=\"x.exe\"", "name").as_deref(), Some("x.exe"));
}

/// SHA-256 of "abc" is FIPS 180-2's example.
#[test]
fn files_are_decoded_and_hashed() {
    for (encoding, body) in [("base64", "YW\r\nJj"), ("7bit", "abc"), ("quoted-printable", "a=\r\n=62c")] {
        let mut mail = Mail::default();
        let text = format!(
            "Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\n\
             Content-Type: application/x-y; name=q.TXT\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--b--\r\n"
        );
        text.split("\r\n").for_each(|line| mail.line(line.as_bytes()));
        let file = &mail.files[0];
        assert_eq!(
            file.hash.as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!((file.size, file.name.as_deref(), &*file.mime), (3, Some("q.TXT"), "application/x-y"));
    }
}
