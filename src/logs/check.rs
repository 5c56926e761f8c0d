//! Runs the tests that format files carry.

use super::parser::{Context, Parser, Scratch};
use super::set::FormatSet;
use super::time::YearClock;
use crate::model::{Event, Transport, Value, rfc3339};
use crate::source::LineChunk;
use std::collections::BTreeSet;

/// A test that failed, or a rule that no test reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    /// Format.
    pub format: String,
    /// The line of the test; empty for a rule without a test.
    pub line: String,
    /// What was expected and what came.
    pub message: String,
}

/// Result of [`FormatSet::test`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// Tests run.
    pub tests: usize,
    /// What went wrong, in the order of formats.
    pub failures: Vec<TestFailure>,
}

impl FormatSet {
    /// Runs every test of every format (or of `only` one): the line is detected and parsed as a file of
    /// its own, must come out as the format that holds the test, with the fields it wants. Every rule
    /// must be reached by a test of its format.
    ///
    /// Stamps without a zone are UTC; those without a year lie in 2026.
    pub fn test(&self, only: Option<&str>) -> TestReport {
        let mut report = TestReport::default();
        for format in self.formats.iter().filter(|f| only.is_none_or(|name| f.name == name)) {
            let mut reached = BTreeSet::new();
            for test in &format.tests {
                report.tests += 1;
                let chunk = LineChunk {
                    data: test.line.clone().into_bytes(),
                    offset: 0,
                    first_line: 1,
                    ..LineChunk::default()
                };
                let mut failed = |message: String| {
                    let (format, line) = (format.name.to_owned(), test.line.clone());
                    report.failures.push(TestFailure { format, line, message });
                };
                let detection = self.detect(&chunk.data);
                let context = Context { year: Some(2026), ..Context::default() };
                let mut clock = YearClock::new(&context, &[], &[]);
                let parser = Parser::new(self, &detection, context);
                let mut scratch = Scratch { trace: Some(Vec::new()), ..Scratch::default() };
                let mut parsed = parser.parse(&chunk, &mut scratch);
                let trace = scratch.trace.unwrap_or_default();
                let year = clock.advance(parsed.turns());
                parser.finish(&mut parsed, year);
                let last = trace.last().map(|(format, _)| *format);
                // What a wrapper holds may be read by another format.
                let wraps = |(name, rule): &(&str, usize)| {
                    *name == format.name && format.rules.get(*rule).is_some_and(|rule| rule.inside.is_some())
                };
                if last != Some(format.name) && !trace.iter().any(wraps) {
                    failed(format!("read by {}", last.unwrap_or("no format")));
                    continue;
                }
                reached.extend(trace.iter().filter(|(name, _)| *name == format.name).map(|(_, rule)| *rule));
                let Some(event) = parsed.events.first() else {
                    if !test.want.is_empty() {
                        failed("no event".to_owned());
                    }
                    continue;
                };
                for (name, want) in &test.want {
                    let got = show(event, name);
                    let want = plain(want);
                    if got.as_ref() != Some(&want) {
                        failed(format!("{name}: want {want}, got {}", got.as_deref().unwrap_or("nothing")));
                    }
                }
                for name in test.absent.iter().filter(|name| show(event, name).is_some()) {
                    failed(format!("{name}: must not be there"));
                }
            }
            for index in (0..format.rules.len()).filter(|i| !reached.contains(i)) {
                report.failures.push(TestFailure {
                    format: format.name.to_owned(),
                    line: String::new(),
                    message: format!("no test reaches rule {}", index + 1),
                });
            }
        }
        report
    }
}

/// A field of an event, special ones included, as text.
pub(super) fn show(event: &Event<'_>, name: &str) -> Option<String> {
    let end = |side: &str| if side == "source" { event.source } else { event.destination };
    match name {
        "@timestamp" => Some(rfc3339(event.ts)),
        "event.end" => event.end.map(rfc3339),
        "event.dataset" => Some(event.dataset.name.to_owned()),
        "event.category" => (!event.dataset.category.is_empty()).then(|| event.dataset.category.join(",")),
        "event.type" => (!event.dataset.types.is_empty()).then(|| event.dataset.types.join(",")),
        "event.outcome" => Some(event.outcome.name().to_owned()),
        "network.transport" => event.transport.map(|t| match t {
            Transport::Tcp => "tcp".to_owned(),
            Transport::Udp => "udp".to_owned(),
            Transport::Icmp => "icmp".to_owned(),
            Transport::Icmp6 => "ipv6-icmp".to_owned(),
            Transport::Sctp => "sctp".to_owned(),
            Transport::Arp => "arp".to_owned(),
            Transport::Other(n) => n.to_string(),
        }),
        _ => {
            if let Some(value) = event.by_name(name) {
                return Some(text(value));
            }
            let (side, rest) = name.split_once('.')?;
            if !matches!(side, "source" | "destination") {
                return None;
            }
            match rest {
                "ip" => end(side).ip.map(|ip| ip.to_string()),
                "port" => end(side).port.map(|p| p.to_string()),
                "bytes" => end(side).bytes.map(|n| n.to_string()),
                "packets" => end(side).packets.map(|n| n.to_string()),
                _ => None,
            }
        }
    }
}

pub(super) fn text(value: &Value<'_>) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => f.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Time(t) => rfc3339(*t),
        Value::Geo(lat, lon) => format!("{lat},{lon}"),
        Value::Words(words) => words.join(","),
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Object(members) => {
            members.iter().map(|(k, v)| format!("{k}={}", text(v))).collect::<Vec<_>>().join(",")
        }
    }
}

/// A wanted value as text, lists joined by commas.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(s) => s.clone(),
        toml::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
