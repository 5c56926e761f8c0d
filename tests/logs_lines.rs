//! Whatever a line is made of, it is counted once and leads back to its place.

use crate::whole::netlog;
use netlog::logs::{Context, FormatSet, Parsed, Parser, Scratch, YearClock, Zone};
use netlog::model::{Origin, rfc3339};
use netlog::source::LineChunk;

fn with<T>(data: &[u8], context: Context, check: impl FnOnce(&Parsed<'_>) -> T) -> T {
    let set = FormatSet::builtin().unwrap();
    let chunk = LineChunk { data: data.to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let detection = set.detect(data);
    let mut clock = YearClock::new(&context, data, data);
    let parser = Parser::new(&set, &detection, context);
    let mut parsed = parser.parse(&chunk, &mut Scratch::default());
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    let lines = &parsed.ledger.lines;
    assert_eq!(lines.read, lines.accounted(), "{lines:?}");
    assert_eq!(lines.bytes, data.len() as u64);
    check(&parsed)
}

fn year(year: i16) -> Context {
    Context { year: Some(year), ..Context::default() }
}

const FAILED: &str = "Nov 21 09:07:01 web sshd[7]: Failed password for bob from 203.0.113.7 port 40022 ssh2";

#[test]
fn hostile_bytes_lose_no_line() {
    let mut data = Vec::new();
    data.extend_from_slice(b"\0\0\0\0");
    data.extend_from_slice(FAILED.as_bytes());
    data.extend_from_slice(b"\r\n\r\n   \n\0\0\n");
    data.extend_from_slice(
        b"Nov 21 09:07:02 web sshd[7]: Failed password for b\xff\xfeb from 203.0.113.7 port 1 ssh2\n",
    );
    data.extend_from_slice(b"no format knows this\n");
    data.extend_from_slice(b"Nov 21 09:07:03 web x[1]: ");
    data.extend(std::iter::repeat_n(b'a', 3 << 20));
    data.push(b'\n');
    data.extend_from_slice(b"Nov 21 09:07:04 web sshd[7]: a message of the future\n");
    data.extend_from_slice(FAILED.as_bytes());
    with(&data, year(2026), |parsed| {
        let lines = &parsed.ledger.lines;
        assert_eq!(lines.read, 9);
        assert_eq!((lines.decoded, parsed.events.len()), (5, 5));
        assert_eq!(lines.skipped["blank"].count, 2);
        assert_eq!(lines.skipped["unmatched"].count, 1);
        assert_eq!(lines.skipped["unmatched"].samples[0].origin.record, 6);
        assert_eq!(lines.malformed["nul"].count, 1);
        assert_eq!(parsed.ledger.anomalies["text.not_utf8"].count, 1);
        assert_eq!(parsed.ledger.anomalies["sshd.unknown_message"].count, 1);
        assert_eq!(parsed.ledger.caps["line.length"].count, 1);
        let names: Vec<_> =
            parsed.events.iter().map(|e| e.by_name("user.name").and_then(|v| v.as_str())).collect();
        assert_eq!(names, [Some("bob"), Some("b\u{fffd}\u{fffd}b"), None, None, Some("bob")]);
        assert_eq!(rfc3339(parsed.events[1].ts), "2026-11-21T09:07:02.000000000Z");
        let last = parsed.events.last().unwrap();
        let offset = (data.len() - FAILED.len()) as u64;
        assert_eq!(last.origin, Origin { source: 0, record: 9, offset });
        assert_eq!(last.seq.record, 9);
    });
}

#[test]
fn nothing_is_understood_of_noise() {
    with(b"lorem ipsum\ndolor sit amet\n", year(2026), |parsed| {
        assert_eq!(parsed.ledger.lines.skipped["unmatched"].count, 2);
        assert!(parsed.events.is_empty());
    });
    with(b"", year(2026), |parsed| assert_eq!(parsed.ledger.lines.read, 0));
}

#[test]
fn a_frame_around_what_nobody_knows_is_not_called_understood() {
    let data = format!(
        "{FAILED}\nNov 21 09:07:02 web myd[9]: all is well\n\
         Nov 21 09:07:03 web sshd[7]: a message of the future\n\
         Nov 21 09:07:04 web last message repeated 3 times\nnoise\n"
    );
    with(data.as_bytes(), year(2026), |parsed| {
        let lines = &parsed.ledger.lines;
        // What repeats a line tells as little as that.
        assert_eq!((lines.decoded, lines.framed, lines.whole()), (4, 3, 1));
        assert_eq!(lines.understood(), 200);
    });
    // The same inside a container's log, and where a window leaves the first of them out.
    let cri = "2026-11-21T09:07:01.1Z stdout F Nov 21 09:07:02 web myd[9]: all is well\n\
               2026-11-21T09:07:01.2Z stdout F what nobody knows\n";
    with(cri.as_bytes(), year(2026), |parsed| {
        assert_eq!((parsed.ledger.lines.decoded, parsed.ledger.lines.framed), (2, 2));
    });
    let from = 1_795_252_023_000_000_000;
    with(data.as_bytes(), Context { window: (Some(from), None), ..year(2026) }, |parsed| {
        let lines = &parsed.ledger.lines;
        assert_eq!((lines.decoded, lines.framed, lines.skipped["filtered"].count), (2, 2, 2));
    });
}

#[test]
fn window_counts_what_it_leaves_out() {
    let data = format!("{FAILED}\n{}\n", FAILED.replace("09:07:01", "09:08:01"));
    // 2026-11-21T09:08:00Z
    let from = 1_795_252_080_000_000_000;
    let context = Context { window: (Some(from), None), ..year(2026) };
    with(data.as_bytes(), context, |parsed| {
        assert_eq!((parsed.ledger.lines.decoded, parsed.events.len()), (1, 1));
        assert_eq!(parsed.ledger.lines.skipped["filtered"].count, 1);
        assert!(parsed.events[0].ts >= from);
    });
}

#[test]
fn stamps_without_a_zone_take_the_one_given() {
    let zone = Zone::named("Europe/Berlin").unwrap();
    with(FAILED.as_bytes(), Context { zone, ..year(2026) }, |parsed| {
        assert_eq!(rfc3339(parsed.events[0].ts), "2026-11-21T08:07:01.000000000Z");
    });
}

#[test]
fn several_kinds_of_stamp_in_one_file() {
    let data = format!(
        "{FAILED}\n2026-11-21T10:07:02+01:00 web sshd[7]: Invalid user x from 203.0.113.7\n\
         <38>Nov 21 09:07:03 web sshd[7]: Invalid user y from 203.0.113.7\n\
         <38>1 2026-11-21T09:07:04Z web sshd 7 - - Invalid user z from 203.0.113.7\n"
    );
    with(data.as_bytes(), year(2026), |parsed| {
        let got: Vec<_> = parsed
            .events
            .iter()
            .map(|e| (rfc3339(e.ts)[17..19].to_owned(), e.dataset.name, e.source.ip.is_some()))
            .collect();
        let want: Vec<_> = (1..=4).map(|n| (format!("0{n}"), "sshd", true)).collect();
        assert_eq!(got, want);
    });
}

#[test]
fn the_split_into_chunks_does_not_show() {
    let mut data = String::new();
    for n in 0..200 {
        let month = if n < 100 { "Dec 31" } else { "Jan  1" };
        data.push_str(&FAILED.replace("Nov 21", month).replace("port 40022", &format!("port {}", n + 1)));
        data.push('\n');
    }
    let set = FormatSet::builtin().unwrap();
    let detection = set.detect(data.as_bytes());
    let run = |size: usize| {
        let context = year(2025);
        let mut clock = YearClock::new(&context, &[], &[]);
        let parser = Parser::new(&set, &detection, context);
        let (mut out, mut offset, mut line) = (Vec::new(), 0, 1);
        let mut pieces: Vec<String> = vec![String::new()];
        for text in data.split_inclusive('\n') {
            if pieces.last().unwrap().len() + text.len() > size {
                pieces.push(String::new());
            }
            pieces.last_mut().unwrap().push_str(text);
        }
        for piece in pieces {
            let chunk =
                LineChunk { data: piece.into_bytes(), offset, first_line: line, ..LineChunk::default() };
            let mut parsed = parser.parse(&chunk, &mut Scratch::default());
            let base = clock.advance(parsed.turns());
            parser.finish(&mut parsed, base);
            offset += chunk.data.len() as u64;
            line += parsed.ledger.lines.read;
            out.extend(parsed.events.iter().map(|e| (e.ts, e.origin, e.source.port)));
        }
        out
    };
    let whole = run(usize::MAX);
    assert_eq!(whole.len(), 200);
    assert_eq!(rfc3339(whole[199].0), "2026-01-01T09:07:01.000000000Z");
    for size in [1, 500, 5000] {
        assert_eq!(run(size), whole, "{size}");
    }
}

#[test]
fn a_zeek_header_tells_the_columns() {
    let row = "1795252021.25\t192.0.2.10\t203.0.113.7\tC1\t22\ttcp\t40022\tS0\tx\n";
    let data = format!(
        "#separator \\x09\n#path\tconn\n\
         #fields\tts\tid.resp_h\tid.orig_h\tuid\tid.resp_p\tproto\tid.orig_p\tconn_state\tnew_one\n\
         #types\ttime\taddr\taddr\tstring\tport\tenum\tport\tstring\tstring\n{row}#close\t2026-11-21-09-07-02\n"
    );
    with(data.as_bytes(), year(2026), |parsed| {
        let lines = &parsed.ledger.lines;
        assert_eq!((lines.decoded, lines.skipped["header"].count, lines.skipped["dropped"].count), (1, 1, 4));
        let event = &parsed.events[0];
        assert_eq!((event.source.port, event.destination.port), (Some(40022), Some(22)));
        assert_eq!(event.source.ip, Some("203.0.113.7".parse().unwrap()));
        assert_eq!(event.dataset.name, "zeek.conn");
    });
}

/// The end of the file says less of when a line was written than the line before it.
#[test]
fn a_line_without_a_time_has_that_of_the_line_before() {
    let log = b"{\"level\":\"info\",\"message\":\"a\",\"timestamp\":\"2026-01-01T00:00:38.123Z\"}\n\
        {\"level\":\"error\",\"message\":\"b\"}\n\
        {\"level\":\"info\",\"message\":\"c\",\"timestamp\":\"2026-01-01T00:00:39.123Z\"}\n";
    let context = Context { mtime: Some(1_900_000_000_000_000_000), ..Context::default() };
    with(log, context, |parsed| {
        let times: Vec<_> = parsed.events.iter().map(|event| event.ts).collect();
        assert_eq!(times[1], times[0]);
        assert_eq!(times[2] - times[0], 1_000_000_000);
        assert_eq!(parsed.ledger.anomalies["time.missing"].count, 1);
    });
}

/// A server whose fields were changed goes on in the same file, with a header line between.
#[test]
fn each_order_of_columns_holds_up_to_the_next_header() {
    let orders = [
        "#Fields: date time c-ip cs-username s-ip s-port cs-method cs-uri-stem cs-uri-query sc-status",
        "#Fields: date time s-ip cs-username c-ip s-port cs-method cs-uri-stem cs-uri-query sc-status",
    ];
    let ends = [("203.0.113.7", "192.0.2.10"), ("192.0.2.10", "203.0.113.7")];
    // Blocks of 3 MB: several chunks each, between those that change the order.
    let mut log =
        String::from("#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n");
    for (order, (first, second)) in orders.iter().zip(ends).cycle().take(4) {
        log.push_str(order);
        log.push_str("\r\n");
        for i in 0..30_000 {
            let line =
                format!("2026-11-23 09:00:{:02} {first} - {second} 443 GET /shop/item - 200\r\n", i % 60);
            log.push_str(&line);
        }
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &log).unwrap();
    let path = file.path().to_str().unwrap();
    let mut seen = Vec::new();
    for threads in ["1", "2", "8"] {
        let ran = netlog(&["analyze", "-q", "--threads", threads, "-o", "json", path]);
        let report = ran.json();
        let lines = &report["ledger"]["lines"];
        assert_eq!((&lines["parsed"], &lines["skipped"]["header"]), (&120_000.into(), &4.into()));
        assert_eq!(report["ledger"]["anomalies"]["columns.changed"], 3);
        let sources = report["tables"]["hosts.sources"]["rows"].as_array().unwrap();
        assert_eq!(sources.len(), 1);
        assert_eq!(sources[0]["host"], "203.0.113.7");
        seen.push(ran.out);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Zeek's logs begin with the same columns, and many have as many of them: the header tells which one it is.
#[test]
fn the_columns_of_another_log_are_not_taken_for_ones_own() {
    let ends = "C1\t203.0.113.7\t36844\t192.0.2.10\t389";
    let log = format!(
        "#separator \\x09\n#path\tldap\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tmessage_id\tversion\t\
         opcode\tresult\tdiagnostic_message\tobject\targument\n1795252021.25\t{ends}\t1\t3\tbind simple\tsuccess\t-\tcn=x\tF\n"
    );
    let told = with(log.as_bytes(), year(2026), |parsed| {
        parsed.events.iter().map(|e| e.dataset.name).collect::<Vec<_>>()
    });
    assert_eq!(told, [""; 0]);
}
