//! Events of several lines: whole whatever the chunks, bounded, and every line counted.

use netlog::logs::{Context, FormatSet, Parser, Scratch, YearClock};
use netlog::model::{Ledger, Origin};
use netlog::source::LineChunk;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What one text becomes: (place, statement or message) of each event, and the accounts.
fn read(data: &[u8], context: Context) -> (Vec<(Origin, String)>, Ledger) {
    let set = FormatSet::builtin().unwrap();
    let chunk = LineChunk { data: data.to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let mut clock = YearClock::new(&context, data, data);
    let parser = Parser::new(&set, &set.detect(data), context);
    let mut parsed = parser.parse(&chunk, &mut Scratch::default());
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    let text = |name: &str, event: &netlog::model::Event<'_>| {
        event.by_name(name).and_then(|v| v.as_str()).map(str::to_owned)
    };
    let events = parsed.events.iter();
    let events = events
        .map(|e| (e.origin, text("db.statement", e).or_else(|| text("message", e)).unwrap_or_default()))
        .collect();
    let lines = &parsed.ledger.lines;
    assert_eq!((lines.read, lines.bytes), (lines.accounted(), data.len() as u64), "{lines:?}");
    (events, parsed.ledger)
}

const ERROR: &str = "2026-11-21 14:24:43.254 UTC [7] bob@shop ERROR:  no such table\n\
    2026-11-21 14:24:43.254 UTC [7] bob@shop STATEMENT:  select *\n\tfrom nosuch\n";

#[test]
fn an_event_leads_back_to_its_first_line_and_every_line_counts() {
    let data = format!("\tlost its beginning\n{ERROR}\n{ERROR}");
    let (events, ledger) = read(data.as_bytes(), Context::default());
    let statement = "select *\n\tfrom nosuch";
    let second = 20 + ERROR.len() as u64 + 1;
    assert_eq!(
        events,
        [
            (Origin { source: 0, record: 2, offset: 20 }, statement.to_owned()),
            (Origin { source: 0, record: 6, offset: second }, statement.to_owned())
        ]
    );
    assert_eq!(ledger.lines.read, 8);
    assert_eq!(ledger.lines.decoded, 6);
    assert_eq!(ledger.lines.skipped["blank"].count, 1);
    assert_eq!(ledger.lines.skipped["unmatched"].count, 1);
}

#[test]
fn an_event_without_end_is_cut_and_told() {
    let mut data = ERROR.to_owned();
    data.push_str(&"\tand so on\n".repeat(200_000));
    data.push_str(ERROR);
    let (events, ledger) = read(data.as_bytes(), Context::default());
    assert_eq!(events.len(), 2);
    assert!(events[0].1.len() < 64 << 10);
    assert_eq!(events[1].0.record, 200_004);
    assert_eq!(ledger.caps["multiline.limit"].count, 1);
    let beyond = ledger.lines.skipped["multiline.limit"].count;
    assert_eq!(beyond + ledger.lines.decoded, 200_006);
    assert!((1..200_000).contains(&beyond));
}

#[test]
fn lines_outside_the_window_are_all_counted() {
    let context = Context { window: (Some(i64::MAX), None), ..Context::default() };
    let (events, ledger) = read(ERROR.as_bytes(), context);
    assert!(events.is_empty());
    assert_eq!((ledger.lines.decoded, ledger.lines.skipped["filtered"].count), (0, 3));
}

/// Two chunks and more of events of many lines.
#[test]
fn neither_chunks_nor_threads_show() {
    let dir = tempfile::tempdir().unwrap();
    let (mut data, mut line, mut want) = (String::new(), 1, BTreeMap::new());
    for n in 0..3000 {
        let lines = 1 + n % 23;
        let text = vec!["x".repeat(n % 90); lines].join("\n  ");
        let stamp = "2026-11-21 09:07:01,123 WARN  [main] com.example.Main";
        data.push_str(&format!("{stamp} - {n}\n{text}\n"));
        want.insert(line, text);
        line += 1 + lines as u64;
    }
    assert!(data.len() > 3 << 19, "{}", data.len());
    std::fs::write(dir.path().join("app.log"), &data).unwrap();
    let run = |threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        command.current_dir(dir.path()).args(["events", "-q", "-j", threads, "app.log"]);
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let one = run("1");
    assert_eq!(one, run("7"));
    let mut got = BTreeMap::new();
    for line in one.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let event: serde_json::Value = serde_json::from_slice(line).unwrap();
        let text = event["error"]["stack_trace"].as_str().unwrap_or_default().to_owned();
        got.insert(event["netlog"]["line"].as_u64().unwrap(), text);
    }
    let wrong = want.iter().find(|(line, text)| got.get(line) != Some(text));
    assert!(wrong.is_none() && got.len() == want.len(), "{wrong:?}, {} of {}", got.len(), want.len());
}

/// What real servers wrote (testdata/logs/README.md) is understood to the last line.
#[test]
fn logs_of_real_servers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/logs");
    let set = FormatSet::builtin().unwrap();
    let mut missing = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_none_or(|e| e == "log")) {
        let data = std::fs::read(path).unwrap();
        let context = Context { year: Some(2026), ..Context::default() };
        let parser = Parser::new(&set, &set.detect(&data), context);
        let chunk = LineChunk { data, offset: 0, first_line: 1, ..LineChunk::default() };
        let parsed = parser.parse(&chunk, &mut Scratch::default());
        let ledger = &parsed.ledger;
        assert_eq!(ledger.lines.read, ledger.lines.accounted());
        let strange = ledger.lines.skipped.iter().filter(|(name, _)| **name != "dropped");
        missing.extend(strange.map(|(name, why)| format!("{}: {name}: {:?}", path.display(), why.samples)));
        // Clients may send whatever they like.
        let strange = ledger.anomalies.iter().filter(|(name, _)| **name != "text.not_utf8");
        missing.extend(strange.map(|(name, why)| {
            format!("{}: {name} {} times, line {}", path.display(), why.count, why.samples[0].origin.record)
        }));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
