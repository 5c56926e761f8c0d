//! `netlog grep-auth`.

use super::analyze::{command_line, watched};
use super::outputs::onto_itself;
use super::{CommandError, Status, Terminal, told};
use crate::cli::GrepAuth;
use crate::engine;
use crate::plan::Plan;
use crate::report::Facts;
use crate::report::logins::{AuthTally, Place, Selection};
use crate::sink::logins::{self, Opened};

/// Runs the plan: opens the outputs, counts the log-ins, writes the answer.
pub(super) fn run(plan: &Plan, args: &GrepAuth, terminal: &Terminal) -> Result<Status, CommandError> {
    onto_itself(plan)?;
    let color = terminal.color(args.reading.color);
    let open = |o: &crate::plan::Output| logins::open(&o.name, o.path.as_deref(), terminal.width, color);
    let outputs = plan.outputs.iter().map(open).collect::<Result<Vec<Opened>, _>>()?;
    let mut outcome = watched(args.reading.quiet || !terminal.progress, |progress| {
        engine::run::<AuthTally>(&plan.job, Vec::new(), progress)
    })?;
    let status = told(&outcome.ledger);
    let facts = Facts {
        sources: outcome.sources,
        ledger: outcome.ledger,
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        databases: outcome.enricher.origins(),
        settings: plan.settings(),
        ..Facts::default()
    };
    let selection = Selection { top: args.top, min_failures: args.min_failures.unwrap_or(0) };
    let enricher = &outcome.enricher;
    outcome.workers.install(|| {
        let answer = outcome.tally.finish(selection, facts, |ip| {
            let found = enricher.place(ip);
            Place {
                country: found.country.map(|c| (c.code, c.name)),
                city: found.city,
                location: found.location,
                centroid: found.centroid,
                network: found.network,
            }
        });
        let closed = outputs.into_iter().try_for_each(|output| output.close(&answer));
        // The program ends now: giving back memory name by name would only take time.
        std::mem::forget(answer);
        closed
    })?;
    std::mem::forget(outcome.tally);
    Ok(status)
}
