//! Who is told what: standard output, the hook, the summary, the index page.

use super::create;
use crate::command::CommandError;
use crate::model::{Severity, rfc3339};
use crate::nightly::{Changes, Kept, Known, Loud, Severities, State, reports};
use crate::plan::{Nightly, UsageError};
use crate::report::{Report, units};
use crate::schema::Schema;
use crate::setup;
use crate::sink::html::index::{self, Entry};
use crate::sink::{self, SinkContext, markdown};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Sections of the short report that goes to standard output where the whole one is a file.
const SHORT: [&str; 2] = ["changes", "findings"];

/// Every severity, worst first.
const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// Dated reports are reports: not tables of events.
pub(super) fn check(plan: &Nightly) -> Result<(), CommandError> {
    for name in &plan.formats {
        if sink::ALL.iter().any(|kind| kind.name == name && kind.rows) {
            let reason = "writes events, not a report".to_owned();
            return Err(UsageError::Value { option: "--as", value: name.clone(), reason }.into());
        }
    }
    Ok(())
}

/// Ending of the files of a format.
pub(super) fn ending(format: &str) -> &str {
    match format {
        "markdown" => "md",
        "text" => "txt",
        other => other,
    }
}

/// What a report's sink needs: no terminal, no search engine.
pub(super) fn context() -> Result<SinkContext, CommandError> {
    Ok(SinkContext {
        // Events are not written, so that no field need be known.
        schema: Arc::new(Schema::new(Vec::new())?),
        width: None,
        color: false,
        setup: setup::Options::default(),
        bulk: setup::Bulk::default(),
        hash: false,
    })
}

/// The index page over the reports that are kept.
pub(super) fn index(state: &State) -> String {
    let entries: Vec<Entry> = state.reports.iter().map(entry).collect();
    index::draw(&entries)
}

fn entry(kept: &Kept) -> Entry {
    Entry {
        time: units::time(kept.at),
        files: kept.files.clone(),
        read: format!("{} lines, {} packets", units::count(kept.lines), units::count(kept.packets)),
        findings: counts(&kept.findings),
        worst: worst(&kept.findings).map_or("", Severity::name),
        changes: kept.changes.join(", "),
    }
}

fn by_severity(findings: &Severities) -> [(Severity, u64); 5] {
    let Severities { critical, high, medium, low, info } = *findings;
    let numbers = [critical, high, medium, low, info];
    std::array::from_fn(|i| (SEVERITIES[i], numbers[i]))
}

fn worst(findings: &Severities) -> Option<Severity> {
    by_severity(findings).into_iter().find(|(_, n)| *n > 0).map(|(severity, _)| severity)
}

fn counts(findings: &Severities) -> String {
    let some = by_severity(findings).into_iter().filter(|(_, n)| *n > 0);
    let list: Vec<String> = some.map(|(severity, n)| format!("{n} {}", severity.name())).collect();
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// Tells everyone who wants to know. An error leaves the report to the next run.
pub(super) fn all(
    plan: &Nightly,
    state: &mut State,
    report: &Report,
    changes: &Changes,
    kept: &Kept,
) -> Result<(), CommandError> {
    let loud = match plan.loud {
        Loud::Always => true,
        Loud::Changed => changes.since.is_none() || !changes.is_empty(),
        Loud::Finding => report.findings.iter().any(|f| plan.counts(f.severity)),
    };
    let mut out = io::stdout().lock();
    let to_stdout = plan.json.as_deref() == Some(Path::new("-"));
    if let Some(place) = &plan.json {
        let mut text = format!("{:#}", summary(plan, report, changes, kept));
        text.push('\n');
        if to_stdout {
            out.write_all(text.as_bytes())?;
        } else {
            reports::lay(state, place, text.as_bytes()).map_err(|e| create(place, e))?;
        }
    }
    if loud && (!to_stdout || plan.exec.is_some()) {
        let text = message(plan, report, kept)?;
        if !to_stdout {
            out.write_all(text.as_bytes())?;
        }
        if let Some(command) = &plan.exec {
            hook(command, &text)?;
        }
    }
    Ok(out.flush()?)
}

/// The report as Markdown: whole, or what is new and found where the whole one is a file.
fn message(plan: &Nightly, report: &Report, kept: &Kept) -> Result<String, CommandError> {
    let Some(folder) = plan.folder.as_ref().filter(|_| !kept.files.is_empty()) else {
        return Ok(markdown::draw(report).map_err(io::Error::other)?);
    };
    let mut short = report.clone();
    short.sections.retain(|section| SHORT.contains(&section.id));
    let mut text = markdown::draw(&short).map_err(io::Error::other)?;
    for file in &kept.files {
        text.push_str(&format!("\nThe whole report: {}\n", folder.join(file).display()));
    }
    Ok(text)
}

/// Runs the user's command with the report on its standard input.
fn hook(command: &str, text: &str) -> Result<(), CommandError> {
    let wrong = |e: io::Error| CommandError::Hook(format!("{command}: {e}"));
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell).args([flag, command]).stdin(Stdio::piped()).spawn().map_err(wrong)?;
    if let Some(mut input) = child.stdin.take() {
        match input.write_all(text.as_bytes()) {
            // A command that does not want to read it all may do so.
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(wrong(e)),
            _ => {}
        }
    }
    let status = child.wait().map_err(wrong)?;
    if status.success() { Ok(()) } else { Err(CommandError::Hook(format!("{command}: {status}"))) }
}

/// The run as data.
fn summary(plan: &Nightly, report: &Report, changes: &Changes, kept: &Kept) -> Value {
    let new: Map<String, Value> =
        changes.new.iter().map(|c| (c.kinds.to_owned(), c.values.clone().into())).collect();
    let titles = |list: &[Known]| -> Vec<Value> {
        list.iter()
            .map(|f| json!({"rule": f.rule, "subject": f.subject, "severity": f.severity, "title": f.title}))
            .collect()
    };
    let faults = report.ledger.faults.iter().map(|f| json!({"path": f.path, "reason": f.reason}));
    json!({
        "netlog": report.version,
        "at": rfc3339(kept.at),
        "first": report.span.map(|s| rfc3339(s.0)),
        "last": report.span.map(|s| rfc3339(s.1)),
        "lines": kept.lines,
        "packets": kept.packets,
        "events": kept.events,
        "findings": kept.findings,
        "worst": worst(&kept.findings).map(Severity::name),
        "since": changes.since.map(rfc3339),
        "changed": !changes.is_empty(),
        "new": new,
        "new_findings": titles(&changes.appeared),
        "gone_findings": titles(&changes.gone),
        "faults": faults.collect::<Vec<_>>(),
        "summary": report.summary,
        "files": kept.files.iter().filter_map(|f| Some(plan.folder.as_ref()?.join(f))).collect::<Vec<_>>(),
    })
}
