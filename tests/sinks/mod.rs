//! Every sink over one fixed case, and over the same case full of hostile text.

mod bulk;
mod case;
mod page;

use netlog::model::{Dataset, Event};
use netlog::schema::{Part, Schema};
use netlog::setup;
use netlog::sink::escape::is_hidden;
use netlog::sink::escape::text::width;
use netlog::sink::{self, SinkContext};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const PLAIN: &str = "host-a";

static HOSTILE: &[&str] = &[
    "\x1b]0;title\x07\x1b[2J\x1b[31mred",
    "=cmd|' /C calc'!A0",
    "@SUM(1)\t\r\n-1",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "](http://evil.example/)![x](javascript:alert(1)) `a` | b || c",
    "\n# heading\n\n- list\n| a | b |\n|---|---|",
    "\u{202e}gnp.exe\u{200b}\u{2066}\u{feff}\u{2028}line\u{2029}",
    "\0\u{9b}31m\u{7f}\u{e0041}",
    "\"quoted\" \\back\\ 'single' ,comma;semi",
    "東京都庁東京都庁東京都庁東京都庁東京都庁東京都庁東京都庁 🦀🦀🦀 e\u{301}e\u{301}",
    "averyveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryverylongnamewithoutanyspace",
    "",
];

fn schema() -> Arc<Schema> {
    let core = ["@timestamp", "event.dataset", "event.category", "event.id", "source.ip", "destination.ip"];
    let fields = |core_part: bool| {
        case::FIELDS.iter().copied().filter(|f| core.contains(&f.name) == core_part).collect::<Vec<_>>()
    };
    let all: Vec<&'static Dataset> = vec![&case::FLOW, &case::DNS, &case::HTTP, &case::ACCESS];
    let parts = vec![
        Part { name: "core", datasets: Vec::new(), fields: fields(true) },
        Part { name: "case", datasets: all, fields: fields(false) },
    ];
    Arc::new(Schema::new(parts).unwrap())
}

fn context(width: Option<usize>, color: bool) -> SinkContext {
    let (setup, bulk) = (setup::Options::default(), setup::Bulk::default());
    SinkContext { schema: schema(), width, color, setup, bulk, hash: true }
}

/// What a sink writes to a file, events in blocks by renderers that each see only some of them.
fn written(name: &str, events: &[Event<'_>], block: usize, text: &str, context: &SinkContext) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    write_to(name, &path, events, block, text, context);
    read_all(&path)
}

/// The file, or the files of the folder by name; the set-up of search engines has tests of its own.
fn read_all(path: &Path) -> String {
    if path.is_file() {
        return fs::read_to_string(path).unwrap();
    }
    let mut files: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

fn write_to(name: &str, path: &Path, events: &[Event<'_>], block: usize, text: &str, context: &SinkContext) {
    let mut sink = sink::open(name, path.to_str(), context).unwrap();
    let mut renderers = [sink.renderer(), sink.renderer()];
    for (i, events) in events.chunks(block).enumerate() {
        if let Some(renderer) = &mut renderers[i % 2] {
            sink.write(renderer.render(events)).unwrap();
            sink.write(renderer.end()).unwrap();
        }
    }
    sink.close(&case::report(text)).unwrap();
}

fn golden(name: &str, got: &str) {
    let path = format!("{}/tests/sinks/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, got).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    assert!(got == want, "{path} differs; UPDATE=1 rewrites it. Got:\n{got}");
}

#[test]
fn golden_outputs_whatever_the_blocks() {
    let events = case::events(PLAIN);
    for (name, file) in [
        ("text", "report.txt"),
        ("json", "report.json"),
        ("ndjson", "events.ndjson"),
        ("csv", "events.csv"),
        ("markdown", "report.md"),
        ("graphite", "report.graphite"),
    ] {
        let whole = written(name, &events, 1000, PLAIN, &context(None, false));
        golden(file, &whole);
        for block in [1, 7] {
            assert_eq!(written(name, &events, block, PLAIN, &context(None, false)), whole, "{name} {block}");
        }
    }
}

#[test]
fn a_file_per_data_set_with_columns_that_do_not_depend_on_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tables");
    write_to("csv", &path, &case::events(PLAIN), 5, PLAIN, &context(None, false));
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&path).unwrap() {
        let entry = entry.unwrap();
        let mut reader = csv::Reader::from_path(entry.path()).unwrap();
        let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<Vec<_>, _>>().unwrap().len();
        found.insert(entry.file_name().into_string().unwrap(), (head, rows));
    }
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    // sshd is in no part of this schema: it goes to `other`.
    assert_eq!(names, ["apache.access.csv", "dns.csv", "flow.csv", "http.csv", "other.csv"]);
    assert!(found.values().all(|(_, rows)| *rows == 12));
    assert_eq!(found["dns.csv"].0, found["flow.csv"].0);
    assert_eq!(found["dns.csv"].0.len(), case::FIELDS.len());
    assert_eq!(found["other.csv"].0.len(), 6);
}

#[test]
fn no_line_of_text_is_wider_than_the_page() {
    for text in HOSTILE.iter().copied().chain([PLAIN]) {
        for columns in [1, 60, 61, 79, 80, 100, 133, 160, 500] {
            let page = written("text", &[], 1, text, &context(Some(columns), false));
            let limit = columns.clamp(60, 160);
            for line in page.lines() {
                assert!(width(line) <= limit, "{} of {limit}: {line}", width(line));
                assert!(line.trim_end() == line, "trailing space: {line:?}");
            }
        }
    }
}

#[test]
fn colours_only_where_wanted_and_nothing_else_changes() {
    let plain = written("text", &[], 1, HOSTILE[0], &context(None, false));
    let colored = written("text", &[], 1, HOSTILE[0], &context(None, true));
    assert!(colored.contains("\x1b[1m"));
    let stripped: String = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(stripped, plain);
}

#[test]
fn nothing_hidden_comes_out_of_any_sink() {
    for text in HOSTILE {
        // Parquet is no text: what netlog query prints of it has a test of its own.
        for name in sink::names().filter(|name| *name != "case") {
            let out = written(name, &case::events(text), 9, text, &context(None, false));
            let hidden = out.chars().find(|c| is_hidden(*c) && *c != '\n');
            assert_eq!(hidden, None, "{name} with {text:?}");
        }
    }
}

#[test]
fn json_gives_every_text_back() {
    for text in HOSTILE {
        let events = case::events(text);
        let lines = written("ndjson", &events, 9, text, &context(None, false));
        let lines: Vec<serde_json::Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), events.len());
        assert_eq!(lines[1]["dns"]["question"]["name"], format!("{text}.example"));
        assert_eq!(lines[1]["dns"]["answers"][0]["name"], **text);
        assert_eq!(lines[2]["http"]["request"]["headers"]["x-a"], **text);
        assert_eq!(lines[4]["user"]["name"], **text);
        let json = written("json", &events, 9, text, &context(None, false));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["findings"][0]["subject"], **text);
        assert_eq!(json["findings"][0]["severity"], "high");
        assert_eq!(json["netlog"]["settings"]["filter"], **text);
        assert_eq!(json["inputs"][0]["path"], format!("captures/{text}.pcap"));
    }
}

#[test]
fn every_graphite_line_is_a_path_a_number_and_a_time() {
    for text in HOSTILE.iter().chain([&PLAIN]) {
        let lines = written("graphite", &[], 1, text, &context(None, false));
        assert!(lines.lines().count() > 20);
        for line in lines.lines() {
            let parts: Vec<&str> = line.split(' ').collect();
            let path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            assert!(parts.len() == 3 && parts[0].chars().all(path) && !parts[0].contains(".."), "{line}");
            assert!(parts[1].parse::<u64>().is_ok() && parts[2].parse::<i64>().is_ok(), "{line}");
        }
    }
}

#[test]
fn read_is_the_sum_of_the_others() {
    let json = written("json", &[], 1, PLAIN, &context(None, false));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let sum =
        |v: &serde_json::Value| v.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    let packets = &json["ledger"]["packets"];
    let rest = sum(&packets["skipped"]) + sum(&packets["malformed"]);
    assert_eq!(packets["read"].as_u64().unwrap(), packets["decoded"].as_u64().unwrap() + rest);
    let lines = &json["ledger"]["lines"];
    let rest = sum(&lines["skipped"]) + sum(&lines["malformed"]) + lines["unmatched"].as_u64().unwrap();
    assert_eq!(lines["read"].as_u64().unwrap(), lines["parsed"].as_u64().unwrap() + rest);
    assert_eq!(lines["unmatched"], 3);
}

#[test]
fn no_cell_of_a_csv_is_a_formula() {
    for text in HOSTILE {
        let folder = tempfile::tempdir().unwrap();
        write_to("csv", folder.path(), &case::events(text), 9, text, &context(None, false));
        for entry in fs::read_dir(folder.path()).unwrap() {
            let mut reader = csv::Reader::from_path(entry.unwrap().path()).unwrap();
            for record in reader.records() {
                for cell in &record.unwrap() {
                    let number = cell.parse::<f64>().is_ok();
                    assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
                    assert!(!cell.contains('\n'));
                }
            }
        }
    }
}

#[test]
fn markdown_keeps_its_tables_and_has_no_markup_from_outside() {
    for text in HOSTILE {
        let page = written("markdown", &[], 1, text, &context(None, false));
        let unescaped = page.replace("\\]", "");
        assert!(!page.contains('<') && !page.contains("http://") && !unescaped.contains("]("), "{page}");
        let mut columns = None;
        for line in page.lines() {
            if !line.starts_with('|') {
                columns = None;
                continue;
            }
            let bars = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        }
        assert!(page.lines().filter(|l| l.starts_with("# ")).count() == 1);
    }
}

#[test]
fn an_unknown_sink_and_a_file_that_cannot_be_made() {
    let Err(unknown) = sink::open("yaml", None, &context(None, false)) else { panic!("opened") };
    assert_eq!(
        unknown.to_string(),
        "'yaml' is no output; there are: text, json, ndjson, csv, markdown, html, bulk, case, mongo, graphite"
    );
    for name in sink::names().filter(|name| cfg!(feature = "case") || *name != "case") {
        let Err(error) = sink::open(name, Some("/dev/null/all.csv"), &context(None, false)) else {
            panic!("{name} opened")
        };
        assert!(error.to_string().starts_with("cannot write /dev/null/all.csv: "), "{error}");
    }
}
