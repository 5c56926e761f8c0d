//! Files in which formats are mixed, wrapped or run together: every line is an event, tied to one, or
//! counted by a name that says what it is.

use netlog::logs::{Context, FormatSet, Parser, Scratch, YearClock};
use netlog::model::Ledger;
use netlog::source::LineChunk;
use std::process::Command;

/// One event: line, byte offset, data set and the fields asked for.
type Told = (u64, u64, String, Vec<Option<String>>);

fn read(data: &[u8], fields: &[&str]) -> (Vec<Told>, Ledger) {
    let set = FormatSet::builtin().unwrap();
    let chunk = LineChunk { data: data.to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let context = Context { year: Some(2026), ..Context::default() };
    let mut clock = YearClock::new(&context, data, data);
    let parser = Parser::new(&set, &set.detect(data), context);
    let mut parsed = parser.parse(&chunk, &mut Scratch::default());
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    let lines = &parsed.ledger.lines;
    assert_eq!((lines.read, lines.bytes), (lines.accounted(), data.len() as u64), "{lines:?}");
    let told = parsed.events.iter().map(|event| {
        let field = |name: &&str| {
            event.by_name(name).map(|value| match (value.as_str(), value.as_int()) {
                (Some(text), _) => text.to_owned(),
                (None, Some(n)) => n.to_string(),
                _ => format!("{value:?}"),
            })
        };
        let wanted = fields.iter().map(field).collect();
        (event.origin.record, event.origin.offset, event.dataset.name.to_owned(), wanted)
    });
    (told.collect(), parsed.ledger)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const FAILED: &str =
    "Nov 21 09:07:01 web sshd[731]: Failed password for root from 203.0.113.7 port 40022 ssh2\n";
const TRACE: &str = "\tat com.example.Main.run(Main.java:17)\n\tat com.example.Main.main(Main.java:5)\n";

#[test]
fn a_stack_trace_in_a_system_log_belongs_to_its_line() {
    let boom = "Nov 21 09:07:02 web app[7]: java.lang.IllegalStateException: boom\n";
    let data = format!("{FAILED}{boom}{TRACE}{FAILED}");
    let (events, ledger) = read(data.as_bytes(), &["netlog.continuation"]);
    assert_eq!(
        events.iter().map(|e| (e.0, e.2.as_str())).collect::<Vec<_>>(),
        [(1, "sshd"), (2, "syslog"), (5, "sshd")]
    );
    assert_eq!(events[1].3, [some(TRACE.trim_end_matches('\n'))]);
    assert_eq!((ledger.lines.decoded, events[0].3[0].is_none()), (5, true));
}

#[test]
fn a_line_that_goes_on_with_nothing_is_counted_as_such() {
    let (events, ledger) = read(format!("{TRACE}{FAILED}").as_bytes(), &[]);
    assert_eq!(events.len(), 1);
    let skipped: Vec<_> = ledger.lines.skipped.iter().map(|(why, r)| (*why, r.count)).collect();
    assert_eq!(skipped, [("continuation", 1), ("unmatched", 1)]);
}

/// Each format's events keep their lines, and take none of another's.
#[test]
fn events_of_several_lines_of_several_formats() {
    let postgresql = "2026-11-21 14:24:43.254 UTC [7] bob@shop ERROR:  no such table\n\
        2026-11-21 14:24:43.254 UTC [7] bob@shop STATEMENT:  select *\n\tfrom nosuch\n";
    let mysql = "# Time: 2026-11-21T14:19:46.305000Z\n\
        # User@Host: bob[bob] @ localhost [127.0.0.1]  Id:     8\n\
        # Query_time: 0.100000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\n\
        SET timestamp=1700000000;\nselect sleep(0.1),\n 2;\n";
    let java = format!(
        "2026-11-21 09:07:01,123 ERROR [main] com.example.Main - failed\njava.lang.Error: boom\n{TRACE}"
    );
    let data = format!("{FAILED}{postgresql}{FAILED}{mysql}{java}{FAILED}");
    let (events, ledger) = read(data.as_bytes(), &["db.statement", "error.type"]);
    let got: Vec<_> =
        events.iter().map(|e| (e.0, e.2.as_str(), e.3[0].as_deref(), e.3[1].as_deref())).collect();
    assert_eq!(
        got,
        [
            (1, "sshd", None, None),
            (2, "postgresql.log", Some("select *\n\tfrom nosuch"), None),
            (5, "sshd", None, None),
            (6, "mysql.slowlog", Some("select sleep(0.1),\n 2;"), None),
            (12, "application.log", None, Some("java.lang.Error")),
            (16, "sshd", None, None),
        ]
    );
    assert_eq!((ledger.lines.decoded, ledger.anomalies.len()), (16, 0));
}

/// What nothing at the beginning of a file was like is read all the same.
#[test]
fn a_format_that_begins_late_in_a_file() {
    let web = "203.0.113.7 - - [21/Nov/2026:09:07:01 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"curl/8\"\n";
    let (events, ledger) = read(format!("{}{web}{FAILED}", FAILED.repeat(300)).as_bytes(), &[]);
    assert_eq!((events.len(), events[300].2.as_str()), (302, "apache.access"));
    assert_eq!(ledger.lines.decoded, 302);
}

#[test]
fn a_stack_trace_that_is_wrapped_line_by_line() {
    let wrap = |text: &str| {
        let log = serde_json::to_string(&format!("{text}\n")).unwrap();
        format!("{{\"log\":{log},\"stream\":\"stderr\",\"time\":\"2026-11-21T09:07:01.123456789Z\"}}\n")
    };
    let first = wrap("2026-11-21 09:07:01,123 ERROR [main] com.example.Main - failed");
    let trace = ["java.lang.Error: boom", "\tat com.example.Main.run(Main.java:17)"].map(wrap).concat();
    let other = wrap(FAILED.trim_end());
    let unknown = wrap("what nobody knows");
    let data = format!("{other}{unknown}{first}{trace}{other}");
    let (events, ledger) = read(data.as_bytes(), &["netlog.begun_line.offset"]);
    let begun = some(&(other.len() + unknown.len()).to_string());
    let want = [None, None, None, begun.clone(), begun, None];
    assert_eq!(events.iter().map(|e| e.3[0].clone()).collect::<Vec<_>>(), want);
    assert_eq!(ledger.anomalies["log.continuation"].count, 2);
}

/// A subscription record as CloudWatch Logs sends it, with `count` events.
fn subscription(count: usize, from: usize) -> String {
    let event = |n: usize| {
        let flow = format!(
            "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 {} 6 20 4249 1418530010 1418530070 REJECT OK",
            n % 60_000
        );
        format!("{{\"id\":\"{n:056}\",\"timestamp\":1418530010000,\"message\":\"{flow}\"}}")
    };
    let events: Vec<String> = (from..from + count).map(event).collect();
    format!(
        "{{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"123456789010\",\"logGroup\":\"vpc\",\
         \"logStream\":\"eni-1-all\",\"subscriptionFilters\":[\"all\"],\"logEvents\":[{}]}}",
        events.join(",")
    )
}

#[test]
fn subscription_records_with_and_without_line_ends() {
    for between in ["", "\n"] {
        let data = format!("{}{between}{}{between}", subscription(2, 0), subscription(3, 2));
        let (events, ledger) = read(data.as_bytes(), &["aws.vpcflow.action"]);
        assert!(events.iter().all(|e| e.2 == "aws.vpcflow" && e.3[0].as_deref() == Some("REJECT")));
        assert_eq!((events.len(), ledger.lines.skipped["dropped"].count), (5, 2), "{between:?}");
        let starts: Vec<u64> = events.iter().map(|e| e.1).collect();
        assert!(starts.is_sorted() && starts.iter().all(|at| data[*at as usize..].starts_with("{\"id\":\"")));
        assert_eq!(events[4].0, if between.is_empty() { 1 } else { 2 });
    }
}

/// One line of 3 MiB, as Firehose writes it: several chunks, cut between events.
#[test]
fn a_line_of_many_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let data: String = (0..10).map(|n| subscription(1300, n * 1300)).collect();
    assert!(data.len() > 5 << 19 && !data.contains('\n'), "{}", data.len());
    std::fs::write(dir.path().join("firehose"), &data).unwrap();
    let run = |threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        command.current_dir(dir.path()).args(["events", "-q", "-j", threads, "firehose"]);
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let one = run("1");
    assert_eq!(one, run("5"));
    let ids: std::collections::BTreeSet<String> = one
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap())
        .map(|event| event["event"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 13_000);
}
