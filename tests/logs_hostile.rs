//! Lines made to cost time: each shipped format's own test lines, with a long run of one character in the
//! middle and at the end. Templates, pairs and JSON read a line from left to right a bounded number of
//! times; grok counts its steps, and no shipped expression may come near its limit. Nothing is timed.

use netlog::logs::{Context, FormatSet, Parser, Scratch};
use netlog::source::LineChunk;
use std::path::Path;

/// Longer than any line that is looked at would be cut; this much makes quadratic steps exceed the limit.
const RUN: usize = 6000;

/// What the fillers are made of: runs of each class, near misses of stamps, addresses and numbers, openings that
/// are never closed, escapes.
const FILLERS: [&str; 16] =
    [" ", "a", "1", "\"", "\\", "\\\"", "1.", "::", "=", "[a=", "[", "(", "a@", "{\"a\":", ": ", "%41/"];

/// Every format's own test lines.
fn lines() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
        let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let tests = file.get("test").and_then(|t| t.as_array()).into_iter().flatten();
        let name = file["name"].as_str().unwrap().to_owned();
        // The format's rules are tried in the order of the file: a few lines reach most of them.
        all.extend(tests.step_by(4).map(|test| (name.clone(), test["line"].as_str().unwrap().to_owned())));
    }
    all
}

/// Steps that the line takes with a run of `filler` in its middle and at its end.
fn steps(set: &FormatSet, line: &str, filler: &str, run: usize) -> usize {
    let middle = (line.len() / 2..line.len()).find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let run = filler.repeat(run / filler.len());
    let data = format!("{}{run}{}\n{line}{run}\n", &line[..middle], &line[middle..]);
    let parser = Parser::new(set, &set.detect(line.as_bytes()), Context::default());
    let chunk = LineChunk { data: data.into_bytes(), offset: 0, first_line: 1, ..LineChunk::default() };
    let mut scratch = Scratch::default();
    let parsed = parser.parse(&chunk, &mut scratch);
    let counts = &parsed.ledger.lines;
    assert_eq!(counts.read, counts.accounted(), "{line} {filler:?}");
    assert!(!parsed.ledger.caps.contains_key("grok.steps"), "{line} {filler:?}");
    scratch.steps()
}

/// Work grows no faster than the line: all formats that read or might read it together.
#[test]
fn no_shipped_format_does_more_than_linear_work() {
    let set = FormatSet::builtin().unwrap();
    let (mut worst, mut count) = ((0, String::new()), 0);
    for (name, line) in lines() {
        for filler in FILLERS {
            let [short, long] = [RUN / 2, RUN].map(|run| steps(&set, &line, filler, run));
            assert!(long < short * 5 / 2 + 1000, "{name} {filler:?}: {short} steps, twice the line {long}");
            worst = worst.max((long, format!("{name} {filler:?}")));
            count += 1;
        }
    }
    println!("most steps of two lines of {RUN} bytes: {} for {}", worst.0, worst.1);
    // A tenth of what a line may take. Most is for names that are compared with names told later in the line.
    assert!(worst.0 < 200_000, "{worst:?}");
    assert!(count > 1000, "{count}");
}

#[test]
fn a_line_of_a_megabyte_is_cut_and_read() {
    let set = FormatSet::builtin().unwrap();
    let line = "Nov 21 09:07:01 web sshd[7]: Failed password for bob from 203.0.113.7 port 40022 ssh2";
    for filler in ["a", " ", "\"", "="] {
        let data = format!("{line}{}\n{line}\n", filler.repeat(1 << 20));
        let parser = Parser::new(&set, &set.detect(line.as_bytes()), Context::default());
        let chunk = LineChunk { data: data.into_bytes(), offset: 0, first_line: 1, ..LineChunk::default() };
        let parsed = parser.parse(&chunk, &mut Scratch::default());
        assert_eq!(parsed.ledger.caps["line.length"].count, 1);
        assert!(!parsed.ledger.caps.contains_key("grok.steps"));
        assert_eq!(parsed.ledger.lines.decoded, 2);
    }
}
