//! `netlog timeline` and `netlog host`: what events say, in an order of their own.

use super::analyze::{check, drawn, mistakes, watched};
use super::{CommandError, Status, Terminal, told};
use crate::cli::{Host, Reading, Timeline};
use crate::engine::{self, EngineError};
use crate::logs::FormatSet;
use crate::model::Ts;
use crate::plan::{Plan, UsageError};
use crate::report::Tally;
use crate::schema;
use crate::sink::notes::{Finish, Notes, Take};
use crate::sink::{self, Sink, SinkContext, dossier, story};
use std::sync::Arc;

/// Everything of interest in the order of time.
pub(super) fn timeline(args: &Timeline, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    let plan = Plan::story(&args.output, &args.reading, &args.packets, now)?;
    refuse(&plan, &["bulk", "case"])?;
    let formats = plan.job.formats().map_err(EngineError::from)?;
    let context = context(&plan, &formats, &args.reading, terminal)?;
    let open = |o: &crate::plan::Output| story::open(&o.name, o.path.as_deref(), &context);
    let outputs = plan.outputs.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let finish: Box<Finish> = Box::new(move |report, noted| {
        outputs.into_iter().try_for_each(|output| output.close(report, &noted))
    });
    run(&plan, formats, Arc::new(story::take), finish, args.reading.quiet || !terminal.progress)
}

/// Everything about one address.
pub(super) fn host(args: &Host, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    let plan = Plan::story(&args.output, &args.reading, &args.packets, now)?;
    refuse(&plan, &["bulk", "case", "csv", "ndjson"])?;
    let formats = plan.job.formats().map_err(EngineError::from)?;
    let context = context(&plan, &formats, &args.reading, terminal)?;
    let open = |o: &crate::plan::Output| sink::open(&o.name, o.path.as_deref(), &context);
    let sinks = plan.outputs.iter().map(open).collect::<Result<Vec<Box<dyn Sink>>, _>>()?;
    let ip = args.address;
    let finish: Box<Finish> = Box::new(move |report, noted| {
        let dossier = dossier::report(ip, report, &noted);
        sinks.into_iter().try_for_each(|sink| sink.close(&dossier))
    });
    run(&plan, formats, dossier::about(ip), finish, args.reading.quiet || !terminal.progress)
}

/// Outputs that have no place for this answer.
fn refuse(plan: &Plan, names: &[&str]) -> Result<(), UsageError> {
    match plan.outputs.iter().find(|output| names.contains(&output.name.as_str())) {
        None => Ok(()),
        Some(output) => Err(UsageError::Value {
            option: "-o",
            value: output.name.clone(),
            reason: "is for events: netlog analyze writes them".to_owned(),
        }),
    }
}

fn context(
    plan: &Plan,
    formats: &FormatSet,
    reading: &Reading,
    terminal: &Terminal,
) -> Result<SinkContext, CommandError> {
    check(plan, formats)?;
    mistakes(&plan.job.enrich.indicators);
    Ok(SinkContext {
        schema: Arc::new(schema::all(formats)?),
        width: terminal.width,
        color: terminal.color(reading.color),
        setup: plan.setup.clone(),
        bulk: plan.bulk.clone(),
        hash: false,
    })
}

fn run(
    plan: &Plan,
    formats: FormatSet,
    take: Arc<Take>,
    finish: Box<Finish>,
    quiet: bool,
) -> Result<Status, CommandError> {
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Notes::new(take, finish))];
    let outcome = watched(quiet, |progress| engine::run_with::<Tally>(&plan.job, formats, sinks, progress))?;
    let status = told(&outcome.ledger);
    let (report, sinks) = drawn(outcome, plan, Vec::new());
    for sink in sinks {
        sink.close(&report)?;
    }
    Ok(status)
}
