//! All events of interest in the order of time: findings' evidence, log-ins, failures, first contacts.

use super::escape::{csv, json};
use super::notes::{Line, Note, Noted};
use super::output::Output;
use super::{Sink, SinkContext, SinkError};
use crate::model::{Event, MINUTE, Outcome, Value, login_attempts, rfc3339};
use crate::report::{Block, Cell, Column, Report, Section, Table, Unit, evidence};
use std::io::{self, Write};

/// Failures and log-ins of the same kind within this are one line: a minute.
const SLOT: i64 = MINUTE;

/// The kind of note that tells of a source's first event.
const CONTACT: &str = "first contact";

/// What is of interest in an event.
pub fn take(event: &Event<'_>, notes: &mut Vec<Note>) {
    let Some(source) = event.source.ip else { return };
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let dataset = event.dataset.name;
    let login = event.dataset.category.contains(&"authentication");
    let target = event.destination.ip.map(|ip| format!(" to {ip}")).unwrap_or_default();
    if dataset != "flow" {
        // Notes with the same text are one line, at the time of the first.
        notes.push(Note::of(event, CONTACT, &source.to_string()));
    }
    let (kind, weight) = match event.outcome {
        Outcome::Success if login => ("log-in", 1),
        Outcome::Failure if login => ("failed log-in", login_attempts(event)),
        Outcome::Failure if dataset != "flow" => ("failure", 1),
        _ => return,
    };
    let session = text("event.action").is_some_and(|action| action.starts_with("session"));
    if weight == 0 || (login && session) {
        return;
    }
    let what = match (login, text("user.name")) {
        (true, Some(user)) => format!("{source}{target} as {user} ({dataset})"),
        (true, None) => format!("{source}{target} ({dataset})"),
        _ => {
            let status = event.by_name("http.response.status_code").and_then(Value::as_int);
            let status =
                status.map(|s| format!(" {s}")).or_else(|| Some(format!(" {}", text("event.reason")?)));
            format!("{source}{target} ({dataset}{})", status.unwrap_or_default())
        }
    };
    let mut note = Note::of(event, kind, &what);
    note.slot = event.ts.div_euclid(SLOT);
    note.weight = weight;
    notes.push(note);
}

/// A line of the table.
struct Row<'n> {
    kind: &'n str,
    text: &'n str,
    line: Line,
}

/// All lines in the order of time, and how many notes had no room.
fn rows<'n>(noted: &'n Noted, report: &'n Report) -> (Vec<Row<'n>>, u64) {
    let noted_rows = noted.iter().flat_map(|(kind, lines)| {
        lines.lines.iter().map(move |((text, _), line)| {
            // Of contacts only the first one is of interest.
            let first = Line { count: 1, last: line.first, ..*line };
            Row { kind, text, line: if kind == CONTACT { first } else { *line } }
        })
    });
    let finding = |f: &'n crate::model::Finding| Row {
        kind: f.severity.name(),
        text: &f.title,
        // What is told of a log-in stands where the log-in is, not where the first failure before it was.
        line: Line {
            count: f.count,
            first: if f.rule.ends_with(".success_after_failures") { f.last } else { f.first },
            last: f.last,
        },
    };
    let mut rows: Vec<Row<'n>> = noted_rows.chain(report.findings.iter().map(finding)).collect();
    rows.sort_by(|a, b| (a.line.first, a.kind, a.text).cmp(&(b.line.first, b.kind, b.text)));
    (rows, noted.values().map(|lines| lines.dropped).sum())
}

/// The timeline as a report of one section.
fn story(report: &Report, noted: &Noted) -> Report {
    let (rows, dropped) = rows(noted, report);
    let table = Table {
        id: "story",
        title: "",
        columns: vec![
            Column::new("time", "When (UTC)", Unit::Time, 0),
            Column::new("kind", "What", Unit::Text, 0),
            Column::new("text", "Who", Unit::Text, 0),
            Column::new("count", "Count", Unit::Count, 1),
            Column::new("last", "Last", Unit::Time, 3),
            Column::new("place", "Where", Unit::Text, 2),
        ],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    Cell::Time(row.line.first.ts),
                    row.kind.into(),
                    row.text.into(),
                    row.line.count.into(),
                    if row.line.count > 1 { Cell::Time(row.line.last.ts) } else { Cell::Empty },
                    evidence::place(row.line.first, &report.sources).into(),
                ]
            })
            .collect(),
        distinct: rows.len() as u64 + dropped,
        exact: dropped == 0,
    };
    let section = Section { id: "story", title: "Timeline", blocks: vec![Block::Listing(table)] };
    Report { sections: vec![section], ..report.clone() }
}

/// An output of the timeline.
pub enum Opened {
    /// A report's sink.
    Report(Box<dyn Sink>),
    /// CSV (RFC 4180), a line each.
    Csv(Output),
    /// A JSON object a line.
    Ndjson(Output),
}

/// Opens the output `name` on `path`; `None` is standard output.
///
/// # Errors
/// There is no such output, or its file cannot be made.
pub fn open(name: &str, path: Option<&str>, context: &SinkContext) -> Result<Opened, SinkError> {
    match name {
        "csv" => Output::open(path).map(Opened::Csv),
        "ndjson" => Output::open(path).map(Opened::Ndjson),
        _ => super::open(name, path, context).map(Opened::Report),
    }
}

impl Opened {
    /// Writes the timeline.
    ///
    /// # Errors
    /// What writing meets.
    pub fn close(self, report: &Report, noted: &Noted) -> io::Result<()> {
        match self {
            Opened::Report(sink) => sink.close(&story(report, noted)),
            Opened::Csv(output) => sheet(output, report, noted),
            Opened::Ndjson(output) => objects(output, report, noted),
        }
    }
}

fn sheet(mut output: Output, report: &Report, noted: &Noted) -> io::Result<()> {
    let mut table = csv::Table::new(Vec::new());
    table.row(["@timestamp", "kind", "text", "count", "last", "file", "record"])?;
    for Row { kind, text, line } in rows(noted, report).0 {
        let (first, last) = (rfc3339(line.first.ts), rfc3339(line.last.ts));
        let (count, record) = (line.count.to_string(), line.first.origin.record.to_string());
        let (text, file) = (csv::cell(text), csv::cell(report.sources.path(line.first.origin.source)));
        table.row([first.as_str(), kind, &text, &count, &last, &file, &record])?;
    }
    output.write(&table.into_inner()?)?;
    output.finish()
}

fn objects(mut output: Output, report: &Report, noted: &Noted) -> io::Result<()> {
    for Row { kind, text, line } in rows(noted, report).0 {
        let texts = [
            ("@timestamp", rfc3339(line.first.ts)),
            ("kind", kind.to_owned()),
            ("text", text.to_owned()),
            ("last", rfc3339(line.last.ts)),
            ("file", report.sources.path(line.first.origin.source).to_owned()),
        ];
        let mut out = b"{".to_vec();
        for (name, value) in texts {
            json::push_string(&mut out, name);
            out.push(b':');
            json::push_string(&mut out, &value);
            out.push(b',');
        }
        writeln!(out, "\"count\":{},\"record\":{}}}", line.count, line.first.origin.record)?;
        output.write(&out)?;
    }
    output.finish()
}
