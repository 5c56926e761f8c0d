//! Bytes nobody wrote: no panic, and heads as another parser reads them.

use super::super::{head, probe::probe};
use super::{GET, OK, rig};
use crate::proto::Dir;
use proptest::prelude::*;

/// Pieces that make all states likely.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let texts: Vec<&[u8]> = vec![
        GET,
        OK,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/x\r\nContent-Encoding: gzip\r\n\r\n",
        b"5\r\nabcde\r\n",
        b"0\r\n\r\n",
        b"HTTP/1.1 100 \r\n\r\n",
        b"HTTP/1.0 200\n\n",
        b"CONNECT a:1 HTTP/1.1\r\n\r\n",
        b"\r\n",
        b"ffffffffffffffff\r\n",
        b"A: b\r\n c\r\n",
    ];
    prop_oneof![
        prop::sample::select(texts).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..40)
    ]
}

proptest! {
    #[test]
    fn never_panics(pieces in prop::collection::vec((any::<bool>(), piece(), 0u64..3), 0..30), full: bool) {
        let mut rig = rig(full);
        for (client, bytes, gap) in pieces {
            let dir = if client { Dir::Client } else { Dir::Server };
            probe(dir, &bytes);
            rig.stream(dir, &bytes);
            if gap == 2 {
                rig.gap(dir, 7);
            }
        }
        rig.fin(Dir::Server);
        rig.end();
    }

    /// Where the httparse crate reads a head, ours reads the same.
    #[test]
    fn heads_as_httparse_reads_them(
        target in "/[a-z0-9/?=&%.]{0,30}",
        headers in prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[ -9;-~]{0,20}"), 0..8),
    ) {
        let mut text = format!("GET {target} HTTP/1.1\r\n");
        for (name, value) in &headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\nrest");
        let mut slots = [httparse::EMPTY_HEADER; 16];
        let mut theirs = httparse::Request::new(&mut slots);
        let Ok(httparse::Status::Complete(len)) = theirs.parse(text.as_bytes()) else { return Ok(()) };
        prop_assert_eq!(head::end(text.as_bytes(), 0), Some(len));
        let (line, rest) = head::split(&text.as_bytes()[..len]);
        let line = head::request_line(line).unwrap();
        prop_assert_eq!(Some(line.target), theirs.path.map(str::as_bytes));
        let ours: Vec<_> = head::lines(rest).map(|l| match l {
            head::Line::Field { name, value, .. } => (name.to_vec(), value.into_owned()),
            head::Line::Bad => (Vec::new(), Vec::new()),
        }).collect();
        let theirs: Vec<_> = theirs.headers.iter().map(|h| (h.name.as_bytes().to_vec(), h.value.trim_ascii().to_vec())).collect();
        prop_assert_eq!(ours, theirs);
    }
}
