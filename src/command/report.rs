//! `netlog report`: the run of a night.

mod tell;

use super::analyze::{check, drawn, watched};
use super::{CommandError, Status, Terminal, told};
use crate::cli;
use crate::engine::{self, EngineError, Outcome};
use crate::logs::FormatSet;
use crate::model::Ts;
use crate::nightly::{Changes, Counted, Fault, First, Kept, Lock, Seen, Severities, State, reports};
use crate::plan::{Nightly, Output};
use crate::report::{Report, Tally, units};
use crate::sink::{self, SinkError};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Runs in a row that a hook may fail before a report counts as told without it.
const PATIENCE: u64 = 3;

/// Makes the report of what is new, tells it, and remembers what was counted, in this order: a run that
/// is ended on the way leaves everything to the next one.
pub(super) fn run(args: &cli::Report, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    let mut plan = Nightly::new(args, now)?;
    let formats = plan.plan.job.formats().map_err(EngineError::from)?;
    // Only their names are looked at: nothing is opened before there is something to write.
    plan.plan.outputs = plan.formats.iter().map(|n| Output { name: n.clone(), path: None }).collect();
    check(&plan.plan, &formats)?;
    tell::check(&plan)?;
    let _lock = Lock::take(&plan.state)?;
    let mut state = begin(&plan)?;
    if let (0, First::Since(span), true) = (state.runs, plan.first, plan.only_new) {
        plan.plan.job.window.0 = Some(now.saturating_sub(span));
    }
    plan.plan.job.detect.earlier = plan.only_new.then(|| Arc::new(state.tries.clone()));
    let quiet = args.reading.quiet || !terminal.progress;
    let mut outcome = read(&plan, &mut state, formats, now, quiet)?;
    let before = state.told(&mut outcome.ledger.faults, now);
    state.tried(std::mem::take(&mut outcome.verdict.tries), now);
    let status = told(&outcome.ledger);
    let (mut report, changes) = report(outcome, &plan, &mut state, &before, now);
    changes.show_in(&mut report);
    commit(&plan, &mut state, &report, &changes, now)?;
    let found = plan.plan.fail_on.is_some_and(|_| report.findings.iter().any(|f| plan.counts(f.severity)));
    Ok(if found { Status::Found } else { status })
}

/// What is remembered, after whatever an earlier run could not end.
fn begin(plan: &Nightly) -> Result<State, CommandError> {
    let mut state = State::load(&plan.state)?;
    reports::publish(&state)?;
    state.pending.clear();
    if let Some(folder) = &plan.folder {
        std::fs::create_dir_all(folder).map_err(|source| create(folder, source))?;
        reports::sweep(folder)?;
    }
    Ok(state)
}

fn create(path: &Path, source: io::Error) -> CommandError {
    SinkError::Create { path: path.to_path_buf(), source }.into()
}

/// Reads what is new, or what lies in the window.
fn read(
    plan: &Nightly,
    state: &mut State,
    formats: FormatSet,
    now: Ts,
    quiet: bool,
) -> Result<Outcome<(Tally, Seen)>, CommandError> {
    let job = &plan.plan.job;
    Ok(watched(quiet, |progress| {
        if !plan.only_new {
            return engine::run_with(job, formats, Vec::new(), progress);
        }
        let mut counted = Counted::new(state, plan.first, now);
        let choose = |groups, ledger: &mut _| counted.choose(groups, ledger);
        let outcome = engine::run_chosen(job, formats, Vec::new(), progress, choose)?;
        counted.absorb(&outcome.sources);
        Ok(outcome)
    })?)
}

/// The report, and how it differs from the one before.
fn report(
    outcome: Outcome<(Tally, Seen)>,
    plan: &Nightly,
    state: &mut State,
    before: &[Fault],
    now: Ts,
) -> (Report, Changes) {
    let Outcome { tally: (tally, seen), verdict, ledger, sources, enricher, sinks, workers } = outcome;
    let changes = Changes::between(state, &seen, &verdict.findings, now, plan.baseline);
    let still = |f: &Fault| {
        format!("Still cannot be read: {}: {} (told on {}).", f.path, f.reason, units::time(f.since))
    };
    let notes = before.iter().map(still).collect();
    let outcome = Outcome { tally, verdict, ledger, sources, enricher, sinks, workers };
    (drawn(outcome, &plan.plan, notes).0, changes)
}

/// Lays the files ready, tells the report, and makes it count.
fn commit(
    plan: &Nightly,
    state: &mut State,
    report: &Report,
    changes: &Changes,
    now: Ts,
) -> Result<(), CommandError> {
    // Two runs in one second do not share a name.
    let at = state.reports.last().map_or(now, |last| now.max(last.at.saturating_add(1_000_000_000)));
    let mut kept = Kept {
        at,
        files: Vec::new(),
        lines: report.ledger.lines.read,
        packets: report.ledger.packets.read,
        events: report.events,
        findings: Severities::of(report.findings.iter().map(|f| f.severity)),
        changes: changes.words(),
    };
    if let Some(folder) = &plan.folder {
        for format in &plan.formats {
            let file = format!("{}.{}", reports::name(at), tell::ending(format));
            let place = folder.join(&file);
            let part = reports::waiting(&place);
            sink::open(format, Some(&part.to_string_lossy()), &tell::context()?)?.close(report)?;
            reports::laid(state, &place).map_err(|e| create(&place, e))?;
            kept.files.push(file);
        }
    }
    state.reports.push(kept.clone());
    let expired = reports::expire(state, now, plan.keep);
    if let Some(folder) = &plan.folder {
        let place = folder.join("index.html");
        reports::lay(state, &place, tell::index(state).as_bytes()).map_err(|e| create(&place, e))?;
    }
    let told = tell::all(plan, state, report, changes, &kept);
    if let Err(CommandError::Hook(_)) = &told
        && wait(plan, now)?
    {
        return told;
    }
    let told = match told {
        Err(CommandError::Hook(why)) => Err(CommandError::GivenUp(why)),
        other => Ok(other?),
    };
    state.untold = 0;
    state.runs += 1;
    state.save(&plan.state, now)?;
    reports::publish(state)?;
    if let Some(folder) = &plan.folder {
        reports::remove(folder, &expired)?;
    }
    told
}

/// Whether the hook gets this report once more with the next run; remembers that it was not taken. A hook
/// that never works must not make every night read what all nights since left.
fn wait(plan: &Nightly, now: Ts) -> Result<bool, CommandError> {
    let mut before = State::load(&plan.state)?;
    before.untold += 1;
    if before.untold >= PATIENCE {
        return Ok(false);
    }
    before.save(&plan.state, now)?;
    Ok(true)
}
