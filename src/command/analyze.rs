//! `netlog analyze` and `netlog events`.

use super::{CommandError, Status, Terminal, progress, told};
use crate::cli::Reading;
use crate::engine::{self, Outcome, Progress};
use crate::logs::FormatSet;
use crate::plan::Plan;
use crate::report::{Facts, Report, Tally};
use crate::schema;
use crate::sink::{self, Sink, SinkContext};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the plan: opens the outputs, reads everything, draws the report.
pub(super) fn run(plan: Plan, reading: &Reading, terminal: &Terminal) -> Result<Status, CommandError> {
    let formats = FormatSet::load(&plan.job.logs.patterns).map_err(engine::EngineError::from)?;
    let schema = Arc::new(schema::all(&formats)?);
    let context = SinkContext { schema, width: terminal.width, color: terminal.color(reading.color) };
    let sinks = plan
        .outputs
        .iter()
        .map(|o| sink::open(&o.name, o.path.as_deref(), &context))
        .collect::<Result<Vec<Box<dyn Sink>>, _>>()?;
    let outcome = watched(reading.quiet || !terminal.progress, |progress| {
        engine::run::<Tally>(&plan.job, sinks, progress)
    })?;
    finish(outcome, &plan)
}

/// Runs `work` with the progress line on, unless `quiet`.
fn watched<R: Send>(quiet: bool, work: impl FnOnce(&Progress) -> R) -> R {
    let (progress, done) = (Progress::default(), AtomicBool::new(quiet));
    std::thread::scope(|scope| {
        if !quiet {
            progress::draw(scope, &progress, &done);
        }
        let result = work(&progress);
        done.store(true, Ordering::Relaxed);
        result
    })
}

fn finish(outcome: Outcome<Tally>, plan: &Plan) -> Result<Status, CommandError> {
    let Outcome { tally, findings, observed, ledger, sources, databases, sinks } = outcome;
    let status = told(&ledger);
    let silent = observed.iter().filter(|(_, n)| *n == 0).map(|(name, _)| *name).collect::<Vec<_>>();
    let ran = observed.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} on {n} observations"));
    let mut notes = vec![format!("Detectors that ran: {}.", or_none(ran.collect()))];
    if !silent.is_empty() {
        notes.push(format!("Detectors that had nothing to look at: {}.", silent.join(", ")));
    }
    let report: Report = tally.finish(Facts {
        sources,
        ledger,
        findings,
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        databases,
        settings: plan.settings(),
        notes,
    });
    for sink in sinks {
        sink.close(&report)?;
    }
    let worst = report.findings.iter().map(|f| f.severity).max();
    let found = plan.fail_on.is_some_and(|limit| worst.is_some_and(|w| w >= limit));
    Ok(if found { Status::Found } else { status })
}

fn or_none(list: Vec<String>) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// The command line as given, for the report.
fn command_line() -> String {
    std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
