//! Lines made to cost time: each shipped format's own test lines, with a long run of one character in the
//! middle and at the end. Templates, pairs and JSON read a line from left to right a bounded number of
//! times; grok counts its steps, and no shipped expression may come near its limit. Nothing is timed.

use netlog::logs::{Context, FormatSet, Parser, Scratch};
use netlog::source::LineChunk;
use std::path::Path;

/// Longer than any line that is looked at would be cut; this much makes quadratic steps exceed the limit.
const RUN: usize = 6000;

#[test]
fn no_shipped_format_reaches_the_step_limit() {
    let set = FormatSet::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut lines = 0;
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
        let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let tests = file.get("test").and_then(|t| t.as_array()).into_iter().flatten();
        for test in tests.take(2) {
            let line = test["line"].as_str().unwrap();
            let middle = (line.len() / 2..line.len()).find(|at| line.is_char_boundary(*at)).unwrap_or(0);
            for filler in [" ", "a", "\"", "\\", "1.", "=", "[a="] {
                let run = filler.repeat(RUN / filler.len());
                let data = format!("{}{run}{}\n{line}{run}\n", &line[..middle], &line[middle..]);
                let parser = Parser::new(&set, &set.detect(line.as_bytes()), Context::default());
                let chunk =
                    LineChunk { data: data.into_bytes(), offset: 0, first_line: 1, ..LineChunk::default() };
                let parsed = parser.parse(&chunk, &mut Scratch::default());
                let counts = &parsed.ledger.lines;
                assert_eq!(counts.read, counts.accounted(), "{}", path.display());
                assert!(!parsed.ledger.caps.contains_key("grok.steps"), "{} {filler:?}", path.display());
                lines += counts.read;
            }
        }
    }
    assert!(lines > 1000, "{lines}");
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
