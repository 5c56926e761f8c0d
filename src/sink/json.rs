//! The report as data.

use super::escape::json;
use super::{Kind, Needs, Sink, SinkContext, SinkError, drawn};
use crate::case::account;
use crate::model::{Evidence, Finding, Ledger, Reasons, SourceInfo, Sources, Ts, rfc3339};
use crate::report::{Block, Cell, Report, Section, Table, Timeline, Unit, evidence};
use serde_json::{Map, Value, json};

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "json",
    doc: "The report as one JSON document.",
    rows: false,
    needs: Needs::Report,
    hashes: true,
    open,
};

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    drawn::open(path, |report| {
        let mut text = Vec::new();
        push(&mut text, &document(report), 0);
        text.push(b'\n');
        Ok(text)
    })
}

/// The whole report.
pub fn document(report: &Report) -> Value {
    let settings: Map<String, Value> =
        report.settings.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    let sections = || report.sections.iter();
    let facts: Map<String, Value> =
        sections().filter_map(|s| Some((s.id.to_owned(), facts_of(s)?))).collect();
    let blocks = sections().flat_map(|s| &s.blocks);
    let tables: Map<String, Value> = blocks
        .filter_map(|block| match block {
            Block::Table(table) | Block::Listing(table) => Some((table.id.to_owned(), table_of(table))),
            _ => None,
        })
        .collect();
    let series: Map<String, Value> = (report.sections.iter().flat_map(|section| &section.blocks))
        .filter_map(|block| match block {
            Block::Series(series) => Some((series.id.to_owned(), timeline(&series.lines))),
            _ => None,
        })
        .collect();
    let remarks: Map<String, Value> = report.sections.iter().filter_map(remarks_of).collect();
    json!({
        "netlog": {
            "version": report.version,
            "command": report.command,
            "databases": report.databases,
            "settings": settings,
            "notes": report.notes,
        },
        "inputs": report.sources.0.iter().map(input).collect::<Vec<_>>(),
        "summary": report.summary,
        "events": report.events,
        "first": report.span.map(|s| rfc3339(s.0)),
        "last": report.span.map(|s| rfc3339(s.1)),
        "ledger": whole_ledger(&report.ledger, &report.sources),
        "findings": report.findings.iter().map(|f| finding(f, &report.sources)).collect::<Vec<_>>(),
        "facts": facts,
        "remarks": remarks,
        "tables": tables,
        "timeline": timeline(&report.timeline),
        "series": series,
        "countries": countries(report),
        "places": places(report),
    })
}

/// What was read.
pub(super) fn input(source: &SourceInfo) -> Value {
    account::read_of(source).into()
}

/// The accounts, with how many of the lines parsed are only read as far as their frame: whoever looks for log-ins alone
/// does not know.
fn whole_ledger(accounts: &Ledger, sources: &Sources) -> Value {
    let mut out = ledger(accounts, sources);
    if let Some(lines) = out.get_mut("lines").and_then(Value::as_object_mut) {
        lines.insert("frame_only".to_owned(), accounts.lines.framed.into());
    }
    out
}

/// The accounts: in both kinds, `read` is the sum of the others.
pub fn ledger(ledger: &Ledger, sources: &Sources) -> Value {
    let mut lines = account::counts(&ledger.lines, "parsed", reasons);
    // A line that no format fits is the reader's first question, so it has a place of its own.
    let unmatched = ledger.lines.skipped.get("unmatched").map_or(0, |reason| reason.count);
    if let Some(lines) = lines.as_object_mut() {
        if let Some(skipped) = lines.get_mut("skipped").and_then(Value::as_object_mut) {
            skipped.remove("unmatched");
        }
        lines.insert("unmatched".to_owned(), unmatched.into());
    }
    let faults: Vec<Value> = ledger.faults.iter().map(account::fault).collect();
    json!({
        "packets": account::counts(&ledger.packets, "decoded", reasons),
        "lines": lines,
        "blocks": reasons(&ledger.blocks),
        "anomalies": reasons(&ledger.anomalies),
        "caps": reasons(&ledger.caps),
        "faults": faults,
        "samples": samples(ledger, sources),
    })
}

fn reasons(reasons: &Reasons) -> Value {
    reasons
        .iter()
        .map(|(name, reason)| ((*name).to_owned(), reason.count.into()))
        .collect::<Map<_, _>>()
        .into()
}

fn samples(ledger: &Ledger, sources: &Sources) -> Value {
    let mut out = Vec::new();
    for (account, reasons) in account::reasons_of(ledger) {
        for (name, reason) in reasons {
            out.extend(reason.samples.iter().map(|sample| {
                json!({
                    "account": account,
                    "reason": name,
                    "file": sources.path(sample.origin.source),
                    "record": sample.origin.record,
                    "offset": sample.origin.offset,
                    "text": sample.text,
                })
            }));
        }
    }
    out.into()
}

fn finding(finding: &Finding, sources: &Sources) -> Value {
    let record = |e: Evidence| {
        json!({
            "time": rfc3339(e.ts),
            "file": sources.path(e.origin.source),
            "record": e.origin.record,
            "offset": e.origin.offset,
        })
    };
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "attack": finding.attack,
        "subject": finding.subject,
        "title": finding.title,
        "advice": finding.advice,
        "targets": finding.targets,
        "count": finding.count,
        "first": record(finding.first),
        "last": record(finding.last),
        "commands": evidence::commands(finding, sources),
    })
}

fn facts_of(section: &Section) -> Option<Value> {
    let facts = section.blocks.iter().filter_map(|b| if let Block::Facts(f) = b { Some(f) } else { None });
    let facts: Map<String, Value> =
        facts.flatten().map(|(name, _, cell)| ((*name).to_owned(), value(cell))).collect();
    (!facts.is_empty()).then(|| facts.into())
}

/// What a section says in sentences.
fn remarks_of(section: &Section) -> Option<(String, Value)> {
    let note =
        |block: &Block| if let Block::Note(text) = block { Some(Value::from(text.as_str())) } else { None };
    let notes: Vec<Value> = section.blocks.iter().filter_map(note).collect();
    (!notes.is_empty()).then(|| (section.id.to_owned(), notes.into()))
}

fn table_of(table: &Table) -> Value {
    let columns = table.columns.iter();
    let columns: Vec<Value> =
        columns.map(|c| json!({"key": c.key, "title": c.title, "unit": unit(c.unit)})).collect();
    let row = |row: &Vec<Cell>| -> Value {
        let cells = table.columns.iter().zip(row).map(|(c, cell)| (c.key.to_owned(), value(cell)));
        cells.collect::<Map<_, _>>().into()
    };
    json!({
        "title": table.title,
        "distinct": table.distinct,
        "exact": table.exact,
        "columns": columns,
        "rows": table.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => text.as_str().into(),
        Cell::Number(number) => (*number).into(),
        Cell::Time(ts) => rfc3339(*ts).into(),
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Text | Unit::Prose => "text",
        Unit::Count => "count",
        Unit::Bytes => "bytes",
        Unit::Duration => "nanoseconds",
        Unit::Time => "time",
        Unit::Permille => "permille",
    }
}

fn timeline(timeline: &Timeline) -> Value {
    let seconds: Ts = timeline.step / 1_000_000_000;
    let series = timeline.series.iter().map(|(name, bins)| {
        let bins: Vec<Value> = bins.iter().map(|b| json!([rfc3339(b.start), b.count, b.failures])).collect();
        (name.clone(), bins.into())
    });
    json!({"step_seconds": seconds, "series": series.collect::<Map<_, _>>()})
}

fn countries(report: &Report) -> Value {
    let country = |c: &crate::report::CountryPoint| {
        json!({
            "code": c.code, "name": c.name, "requests": c.requests, "flows": c.flows,
            "bytes": c.bytes, "failures": c.failures, "hosts": c.hosts,
        })
    };
    report.countries.iter().map(country).collect()
}

fn places(report: &Report) -> Value {
    // Degrees are exact decimals of 1e-4, so that the number printed is the number counted.
    let place = |s: &crate::report::SpotPoint| {
        json!({
            "lat": f64::from(s.lat) / 10_000.0, "lon": f64::from(s.lon) / 10_000.0,
            "city": s.city, "events": s.events,
        })
    };
    report.spots.iter().map(place).collect()
}

/// Appends `value`, indented by two spaces per level.
pub fn push(out: &mut Vec<u8>, value: &Value, level: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                next(out, i, level + 1);
                push(out, item, level + 1);
            }
            next(out, 0, level);
            out.push(b']');
        }
        Value::Object(members) if !members.is_empty() => {
            out.push(b'{');
            for (i, (name, member)) in members.iter().enumerate() {
                next(out, i, level + 1);
                json::push_string(out, name);
                out.extend_from_slice(b": ");
                push(out, member, level + 1);
            }
            next(out, 0, level);
            out.push(b'}');
        }
        Value::String(text) => json::push_string(out, text),
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
}

/// Appends `value` on one line.
pub fn push_line(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_line(out, item);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (i, (name, member)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                json::push_string(out, name);
                out.push(b':');
                push_line(out, member);
            }
            out.push(b'}');
        }
        Value::String(text) => json::push_string(out, text),
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
}

fn next(out: &mut Vec<u8>, index: usize, level: usize) {
    if index > 0 {
        out.push(b',');
    }
    new_line(out, level);
}

/// Begins a line at this level.
pub(super) fn new_line(out: &mut Vec<u8>, level: usize) {
    out.push(b'\n');
    out.resize(out.len() + 2 * level, b' ');
}
