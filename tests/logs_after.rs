//! What a format file can make of a match: renamed, changed and removed fields, second events; and what
//! it says about mistakes.

use netlog::logs::{Context, FormatSet, Parser, Scratch, YearClock};
use netlog::model::Event;
use netlog::source::LineChunk;

const FORMAT: &str = r#"
name = "mine"
doc = "A format of the user."
remove = ["mine.gone"]
rename = { "mine.who" = "source.address" }
[[step]]
field = "mine.url"
do = "url"
[[step]]
field = "user_agent.original"
do = "user_agent"
[fields."mine.who"]
type = "keyword"
doc = "x"
[fields."mine.gone"]
type = "keyword"
doc = "x"
[fields."mine.url"]
type = "keyword"
doc = "x"
[fields."mine.tags"]
type = "keyword"
doc = "x"
[fields."mine.port"]
type = "long"
doc = "x"
range = [1, 65535]
[fields."mine.kind"]
type = "keyword"
doc = "x"
values = ["A", "B"]
[fields."mine.path"]
type = "keyword"
doc = "x"
[[rule]]
delimited = "mine %{@timestamp:%d.%m.%Y %H:%M:%S} %{mine.who} %{mine.gone} %{mine.tags} %{mine.port} %{mine.kind} %{mine.path} %{http.response.time_ms} %{mine.url} %{user_agent.original:rest}"
rename = { "mine.kind" = "event.code" }
step = [
  { field = "mine.tags", do = "split", at = "," },
  { field = "event.code", do = "translate", table = { A = "alpha" } },
  { field = "event.code", do = "uppercase" },
  { field = "mine.path", do = "percent_decode" },
  { field = "http.response.time_ms", do = "multiply", by = 1000 },
]
also = [{ when = { "event.code" = "ALPHA" }, dataset = "mine.second", set = { "event.category" = "web", "event.outcome" = "failure", "event.action" = "second" }, remove = ["mine.tags"] }]
[[test]]
line = "mine 21.11.2026 09:07:01 203.0.113.7 secret a,b,c 70000 A /x%41%zz%C3%A4 0.25 https://bob@shop.example.co.uk:8443/a/b.tar.gz?q=1#top curl/8.5.0"
want = { "@timestamp" = "2026-11-21T09:07:01.000000000Z", "source.ip" = "203.0.113.7", "mine.tags" = ["a", "b", "c"], "mine.port" = 70000, "netlog.bad_fields" = "mine.port", "event.code" = "ALPHA", "mine.path" = "/xA%zzä", "http.response.time_ms" = 250, "url.scheme" = "https", "url.domain" = "shop.example.co.uk", "url.port" = 8443, "url.path" = "/a/b.tar.gz", "url.query" = "q=1", "url.extension" = "gz", "url.registered_domain" = "example.co.uk", "user_agent.name" = "curl", "user_agent.version" = "8.5.0" }
absent = ["mine.gone", "mine.who", "mine.kind"]
"#;

fn load(text: &str) -> Result<FormatSet, String> {
    FormatSet::load_with(&[], &[("mine.toml", text)]).map_err(|e| e.to_string())
}

#[test]
fn a_match_is_renamed_changed_and_removed() {
    let report = load(FORMAT).unwrap().test(Some("mine"));
    assert_eq!((report.tests, report.failures.len()), (1, 0), "{:#?}", report.failures);
}

#[test]
fn a_line_can_be_two_events() {
    let line = FORMAT.lines().find_map(|l| l.strip_prefix("line = \"")).unwrap().trim_end_matches('"');
    let data = format!("{line}\n{}\n", line.replace(" A ", " B "));
    let set = load(FORMAT).unwrap();
    let context = Context::default();
    let mut clock = YearClock::new(&context, &[], &[]);
    let parser = Parser::new(&set, &set.detect(data.as_bytes()), context);
    let chunk = LineChunk { data: data.into_bytes(), offset: 0, first_line: 1, ..LineChunk::default() };
    let mut parsed = parser.parse(&chunk, &mut Scratch::default());
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    let show = |e: &Event<'_>| {
        let has = |name: &str| e.by_name(name).is_some();
        (
            e.dataset.name,
            e.seq.record,
            e.seq.sub,
            e.ordinal,
            e.outcome.name(),
            has("mine.tags"),
            has("event.action"),
            e.ts,
        )
    };
    let got: Vec<_> = parsed.events.iter().map(show).collect();
    let ts = 1_795_252_021_000_000_000;
    let want = [
        ("mine", 1, 0, 0, "unknown", true, false, ts),
        ("mine.second", 1, 1, 1, "failure", false, true, ts),
        ("mine", 2, 0, 0, "unknown", true, false, ts),
    ];
    assert_eq!(got, want);
    assert_eq!(parsed.ledger.lines.decoded, 2);
    let bad = &parsed.ledger.anomalies["fmt.field"];
    assert_eq!(
        (bad.count, bad.samples[0].text.contains("70000")),
        (2, true),
        "values out of range, with the line"
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    let wrong = |from: &str, to: &str| load(&FORMAT.replacen(from, to, 1)).unwrap_err();
    let cases = [
        (
            "do = \"split\"",
            "do = \"spilt\"",
            "mine.toml: rule 1: unknown step `spilt`; did you mean `split`?",
        ),
        (", at = \",\"", "", "mine.toml: rule 1: step `split` of `mine.tags` needs `at`"),
        ("by = 1000", "by = nan", "needs `by`"),
        (
            "field = \"mine.tags\"",
            "field = \"mine.tag\"",
            "field `mine.tag` is not declared; did you mean `mine.tags`?",
        ),
        (
            "field = \"mine.tags\", do = \"split\", at = \",\"",
            "field = \"mine.port\", do = \"lowercase\"",
            "step `lowercase` cannot work on `mine.port`",
        ),
        ("remove = [\"mine.gone\"]", "remove = [\"mine.gon\"]", "did you mean `mine.gone`?"),
        ("= \"event.code\" }", "= \"event.cod\" }", "did you mean `event.code`?"),
        ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M:%Q", "unknown conversion `%Q` at 16"),
        ("%{@timestamp:%d.%m.%Y %H:%M:%S}", "%{@timestamp:iso8610}", "did you mean `iso8601`?"),
        (
            "\"event.outcome\" = \"failure\"",
            "\"event.outcome\" = \"fail\"",
            "must be success, failure or unknown",
        ),
        (
            "remove = [\"mine.tags\"]",
            "removed = [\"mine.tags\"]",
            "there is no option `removed` here; did you mean `remove`?",
        ),
    ];
    for (from, to, want) in cases {
        let got = wrong(from, to);
        assert!(got.contains(want), "{to}: {got}");
    }
    let syntax = wrong("doc = \"A format of the user.\"", "doc = A format");
    assert!(syntax.starts_with("mine.toml:3:"), "{syntax}");
}
