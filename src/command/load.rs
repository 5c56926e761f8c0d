//! `netlog load`.

use super::analyze::{drawn, mistakes, watched};
use super::{CommandError, Status, Terminal, told};
use crate::cli::Load;
use crate::engine::{self, EngineError};
use crate::load::{self, Client, Queue, Totals, Upload};
use crate::logs::FormatSet;
use crate::model::{Ledger, Ts};
use crate::plan::{self, Plan};
use crate::report::Tally;
use crate::schema;
use crate::sink::Sink;
use crate::sink::bulk::{Counts, Made, is_bulk};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, PoisonError};

pub(super) fn run(args: &Load, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    let mut plan = Plan::load(args, now)?;
    mistakes(&plan.job.enrich.indicators);
    let client = Client::new(&plan::connection(&args.url, &args.server)?)?;
    let options = plan::loading(args)?;
    let formats = FormatSet::load(&plan.job.logs.patterns).map_err(EngineError::from)?;
    let schema = schema::all(&formats)?;
    let folders = take_folders(&mut plan.job.inputs);
    if !folders.is_empty() {
        // Who answers is soon known, what is in the folders is not.
        load::target(&client)?;
    }
    let folders = folders.iter().map(|folder| load::Folder::check(Path::new(folder)));
    let folders = folders.collect::<Result<Vec<_>, _>>()?;
    for note in load::install(&client, &schema, &plan.setup, true)? {
        anstream::eprintln!("netlog: {note}");
    }
    let queue = Arc::new(Queue::start(client.clone(), options));
    let counts = Counts::default();
    for folder in folders {
        let indices = folder.send(&queue)?;
        counts.lock().unwrap_or_else(PoisonError::into_inner).extend(indices);
    }
    let mut ledger = Ledger::default();
    if !plan.job.inputs.is_empty() {
        let made = Made { counts: counts.clone(), ..Made::default() };
        let upload = Upload::new(queue.clone(), plan.setup.index.clone(), made);
        ledger = read(&plan, upload, args.reading.quiet || !terminal.progress)?;
    }
    let queue = Arc::into_inner(queue);
    let totals = queue.map_or_else(|| Ok(Totals::default()), Queue::finish)?;
    let status = told(&ledger);
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    report(args, totals, load::count(&client, counts.keys())?)?;
    Ok(if totals.rejected > 0 { Status::Output } else { status })
}

/// Takes the bulk folders out of the inputs: they hold documents already.
fn take_folders(inputs: &mut Vec<String>) -> Vec<String> {
    let (folders, others) = std::mem::take(inputs).into_iter().partition(|input| is_bulk(Path::new(input)));
    *inputs = others;
    folders
}

/// Runs the engine with the server as its only output.
fn read(plan: &Plan, upload: Upload, quiet: bool) -> Result<Ledger, CommandError> {
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(upload)];
    let outcome = watched(quiet, |progress| engine::run::<Tally>(&plan.job, sinks, progress));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        // The workers know why; `Queue::finish` tells.
        Err(EngineError::Sink(_)) => return Ok(Ledger::default()),
        Err(error) => return Err(error.into()),
    };
    let ledger = outcome.ledger.clone();
    // For the findings, which are documents too.
    let (report, sinks) = drawn(outcome, plan, Vec::new());
    for sink in sinks {
        // As above: a failure here is a worker's, told by `Queue::finish`.
        let _ = sink.close(&report);
    }
    Ok(ledger)
}

fn report(args: &Load, totals: Totals, server_count: u64) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    let Totals { sent, created, existing, rejected, retried } = totals;
    if args.json {
        let tally = json!({
            "sent": sent, "created": created, "existing": existing, "rejected": rejected,
            "retried": retried, "server_count": server_count,
        });
        writeln!(out, "{tally}")?;
        return Ok(());
    }
    writeln!(out, "sent {sent}: created {created}, already there {existing}, rejected {rejected}")?;
    if retried > 0 {
        writeln!(out, "{retried} documents went more than once because the server was busy or gone")?;
    }
    writeln!(out, "the server counts {server_count} documents in these indices")?;
    if rejected > 0 {
        writeln!(out, "the rejected documents and the reasons are in {}", args.rejected.display())?;
    }
    Ok(())
}
