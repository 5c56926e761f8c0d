//! What lies beside the events: how the case was made, its inputs with their hashes, findings, accounts.

use super::super::json;
use super::build::Builder;
use super::file::Parquet;
use super::folder::Sheet;
use super::pages::PageWriter;
use super::table::Table;
use crate::case::{Column, EVENTS, Kind, LEDGER, MANIFEST, Part, VERSION, account};
use crate::model::{Counts, Evidence, Finding, Ledger, SourceInfo, Ts, rfc3339};
use crate::report::Report;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes read at a time for a hash.
const CHUNK: usize = 1 << 20;

/// Writes everything; the manifest last, since it is what makes the folder a case.
pub(super) fn write(
    folder: &Path,
    tables: Vec<(&Sheet, &Table)>,
    events: i64,
    report: &Report,
    hash: bool,
) -> io::Result<()> {
    let hashes = hashes(&report.sources.0, hash);
    let mut writer = PageWriter::new()?;
    findings(folder, report, &mut writer)?;
    inputs(folder, report, &hashes, &mut writer)?;
    reasons(folder, &report.ledger, &mut writer)?;
    put(&folder.join(LEDGER), &account::ledger(&report.ledger))?;
    let sources = report.sources.0.iter().zip(&hashes);
    let settings: Map<String, Value> =
        report.settings.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    let manifest = json!({
        "format": "netlog case",
        "version": VERSION,
        "netlog": report.version,
        "command": report.command,
        "settings": settings,
        "databases": report.databases,
        "notes": report.notes,
        "events": events,
        "inputs": sources.map(|(s, h)| account::input(s, h.as_deref())).collect::<Vec<_>>(),
        "tables": tables.iter().map(|(sheet, table)| described(sheet, table)).collect::<Vec<_>>(),
    });
    put(&folder.join(MANIFEST), &manifest)
}

fn put(path: &Path, value: &Value) -> io::Result<()> {
    let mut text = Vec::new();
    json::push(&mut text, value, 0);
    text.push(b'\n');
    fs::write(path, text)
}

fn described(sheet: &Sheet, table: &Table) -> Value {
    let column = |c: &Column| {
        let ty = c.field.map(|f| f.ty.name());
        json!({"name": c.name, "holds": c.word(), "type": ty})
    };
    json!({
        "name": sheet.name,
        "folder": format!("{EVENTS}/{}", super::folder::file_name(sheet.name)),
        "by_day": table.is_cut(),
        "rows": table.rows,
        "first": table.span.map(|s| rfc3339(s.0)),
        "last": table.span.map(|s| rfc3339(s.1)),
        "columns": sheet.columns.iter().map(column).collect::<Vec<_>>(),
    })
}

/// SHA-256 of the inputs, where it is wanted: as it was taken while they were read, else of the file as it is
/// stored, or of the archive that it lies in. `None` for a pipe, and for what is gone.
fn hashes(sources: &[SourceInfo], wanted: bool) -> Vec<Option<String>> {
    // The members of an archive come one after the other.
    let mut last: Option<(PathBuf, Option<String>)> = None;
    let mut stored = |source: &SourceInfo| {
        if !wanted {
            return None;
        }
        let whole = Path::new(&*source.path);
        let outer = source.path.split_once('!').map(|(archive, _)| Path::new(archive));
        let path = if whole.is_file() { whole } else { outer.filter(|path| path.is_file())? };
        if let Some((known, hash)) = &last
            && known == path
        {
            return hash.clone();
        }
        let hash = hash(path);
        last = Some((path.to_path_buf(), hash.clone()));
        hash
    };
    let taken = |source: &SourceInfo| source.sha256.clone().or_else(|| stored(source));
    sources.iter().map(taken).collect()
}

fn hash(path: &Path) -> Option<String> {
    let (mut file, mut hash) = (File::open(path).ok()?, Sha256::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).ok()? {
            0 => break,
            read => hash.update(chunk.get(..read)?),
        }
    }
    Some(super::super::bulk::hex(hash))
}

/// A value of a small table.
enum Cell<'a> {
    None,
    Text(&'a str),
    Texts(&'a [String]),
    Int(u64),
    Time(Ts),
}

/// A table that fits in memory.
struct Small {
    columns: Vec<Column>,
    builders: Vec<Builder>,
    rows: usize,
}

impl Small {
    fn new(columns: &[(&str, Kind)]) -> Small {
        let column = |(name, kind): &(&str, Kind)| Column {
            name: (*name).to_owned(),
            kind: *kind,
            part: Part::Whole,
            field: None,
        };
        let builders = columns.iter().map(|(_, kind)| Builder::new(*kind)).collect();
        Small { columns: columns.iter().map(column).collect(), builders, rows: 0 }
    }

    fn push(&mut self, cells: &[Cell<'_>]) {
        for (builder, cell) in self.builders.iter_mut().zip(cells) {
            match cell {
                Cell::None => {}
                Cell::Text(text) => builder.push_text(self.rows, text),
                Cell::Texts(texts) => builder.push_texts(self.rows, texts),
                Cell::Int(n) => builder.push_int(self.rows, i64::try_from(*n).unwrap_or(i64::MAX)),
                Cell::Time(ts) => builder.push_int(self.rows, *ts),
            }
        }
        self.rows += 1;
    }

    fn write(mut self, path: &Path, writer: &mut PageWriter) -> io::Result<()> {
        let mut file = Parquet::create(path, &self.columns)?;
        if self.rows > 0 {
            file.write(self.rows, &self.columns, &mut self.builders, writer)?;
        }
        file.finish()
    }
}

fn findings(folder: &Path, report: &Report, writer: &mut PageWriter) -> io::Result<()> {
    let mut table = Small::new(&[
        ("rule", Kind::Text),
        ("severity", Kind::Text),
        ("attack", Kind::Texts),
        ("subject", Kind::Text),
        ("title", Kind::Text),
        ("advice", Kind::Text),
        ("targets", Kind::Texts),
        ("count", Kind::Int),
        ("first.time", Kind::Time),
        ("first.file", Kind::Text),
        ("first.record", Kind::Int),
        ("last.time", Kind::Time),
        ("last.file", Kind::Text),
        ("last.record", Kind::Int),
    ]);
    for finding in &report.findings {
        let Finding { rule, severity, subject, title, advice, targets, count, .. } = finding;
        let attack: Vec<String> = finding.attack.iter().map(|id| (*id).to_owned()).collect();
        let file = |e: &Evidence| report.sources.path(e.origin.source);
        let (first, last) = (&finding.first, &finding.last);
        table.push(&[
            Cell::Text(rule),
            Cell::Text(severity.name()),
            Cell::Texts(&attack),
            Cell::Text(subject),
            Cell::Text(title),
            Cell::Text(advice),
            Cell::Texts(targets),
            Cell::Int(*count),
            Cell::Time(first.ts),
            Cell::Text(file(first)),
            Cell::Int(first.origin.record),
            Cell::Time(last.ts),
            Cell::Text(file(last)),
            Cell::Int(last.origin.record),
        ]);
    }
    table.write(&folder.join("findings.parquet"), writer)
}

fn inputs(
    folder: &Path,
    report: &Report,
    hashes: &[Option<String>],
    writer: &mut PageWriter,
) -> io::Result<()> {
    let mut table = Small::new(&[
        ("path", Kind::Text),
        ("kind", Kind::Text),
        ("sha256", Kind::Text),
        ("size", Kind::Int),
        ("bytes", Kind::Int),
        ("records", Kind::Int),
        ("first", Kind::Time),
        ("last", Kind::Time),
        ("notes", Kind::Texts),
    ]);
    for (source, hash) in report.sources.0.iter().zip(hashes) {
        let SourceInfo { path, kind, size, bytes, records, span, notes, .. } = source;
        let time = |ts: Option<Ts>| ts.map_or(Cell::None, Cell::Time);
        table.push(&[
            Cell::Text(path),
            Cell::Text(kind),
            hash.as_deref().map_or(Cell::None, Cell::Text),
            size.map_or(Cell::None, Cell::Int),
            Cell::Int(*bytes),
            Cell::Int(*records),
            time(span.map(|s| s.0)),
            time(span.map(|s| s.1)),
            Cell::Texts(notes),
        ]);
    }
    table.write(&folder.join("inputs.parquet"), writer)
}

fn reasons(folder: &Path, ledger: &Ledger, writer: &mut PageWriter) -> io::Result<()> {
    let mut table = Small::new(&[
        ("account", Kind::Text),
        ("reason", Kind::Text),
        ("count", Kind::Int),
        ("bytes", Kind::Int),
    ]);
    let mut totals = |name: &str, counts: &Counts| {
        table.push(&[Cell::Text(name), Cell::Text("read"), Cell::Int(counts.read), Cell::Int(counts.bytes)]);
        table.push(&[Cell::Text(name), Cell::Text("decoded"), Cell::Int(counts.decoded), Cell::None]);
    };
    totals("packets", &ledger.packets);
    totals("lines", &ledger.lines);
    let framed = Cell::Int(ledger.lines.framed);
    table.push(&[Cell::Text("lines"), Cell::Text("frame_only"), framed, Cell::None]);
    for (account, reasons) in account::reasons_of(ledger) {
        for (name, reason) in reasons {
            table.push(&[
                Cell::Text(account),
                Cell::Text(name),
                Cell::Int(reason.count),
                Cell::Int(reason.bytes),
            ]);
        }
    }
    table.write(&folder.join("ledger.parquet"), writer)
}
