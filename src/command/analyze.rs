//! `netlog analyze` and `netlog events`.

use super::outputs::onto_itself;
use super::{CommandError, Status, Terminal, progress, told};
use crate::cli::Reading;
use crate::detect::Verdict;
use crate::engine::{self, Outcome, Progress};
use crate::enrich::Indicators;
use crate::enrich::indicators::List;
use crate::logs::FormatSet;
use crate::plan::{Plan, UsageError};
use crate::report::{Facts, Report, Tally};
use crate::schema;
use crate::sink::escape::text::visible;
use crate::sink::{self, Sink, SinkContext, SinkError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the plan: opens the outputs, reads everything, draws the report.
pub(super) fn run(plan: Plan, reading: &Reading, terminal: &Terminal) -> Result<Status, CommandError> {
    let formats = plan.job.formats().map_err(engine::EngineError::from)?;
    check(&plan, &formats)?;
    mistakes(&plan.job.enrich.indicators);
    let labels = plan.job.enrich.labels.iter().map(|label| label.0);
    let schema = Arc::new(schema::all(&formats)?.with(labels)?);
    let (setup, bulk) = (plan.setup.clone(), plan.bulk.clone());
    let (width, color) = (terminal.width, terminal.color(reading.color));
    let context = SinkContext { schema, width, color, setup, bulk, hash: plan.job.hash };
    let sinks = plan
        .outputs
        .iter()
        .map(|o| sink::open(&o.name, o.path.as_deref(), &context))
        .collect::<Result<Vec<Box<dyn Sink>>, _>>()?;
    let outcome = watched(reading.quiet || !terminal.progress, |progress| {
        engine::run_with::<Tally>(&plan.job, formats, sinks, progress)
    })?;
    finish(outcome, &plan)
}

/// What only the registries know: done before any output is opened, so that a slip of the keyboard
/// does not empty yesterday's report.
pub(super) fn check(plan: &Plan, formats: &FormatSet) -> Result<(), CommandError> {
    for output in &plan.outputs {
        if !sink::names().any(|name| name == output.name) {
            return Err(SinkError::unknown(&output.name, sink::names()).into());
        }
    }
    onto_itself(plan)?;
    let Some(name) = &plan.job.logs.format else { return Ok(()) };
    if formats.names().any(|(known, _)| known == name) {
        return Ok(());
    }
    let nearest = formats.nearest(name).map_or_else(String::new, |n| format!("; did you mean {n}?"));
    let reason = format!("no log format has this name{nearest}");
    Err(UsageError::Value { option: "--format", value: name.clone(), reason }.into())
}

/// Runs `work` with the progress line on, unless `quiet`.
pub(super) fn watched<R: Send>(quiet: bool, work: impl FnOnce(&Progress) -> R) -> R {
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
    let status = told(&outcome.ledger);
    let (report, sinks) = drawn(outcome, plan, Vec::new());
    for sink in sinks {
        sink.close(&report)?;
    }
    let worst = report.findings.iter().map(|f| f.severity).max();
    let found = plan.fail_on.is_some_and(|limit| worst.is_some_and(|w| w >= limit));
    Ok(if found { Status::Found } else { status })
}

/// The report of a run, with `more` that its reader must know, and the outputs that wait for it.
pub(super) fn drawn(outcome: Outcome<Tally>, plan: &Plan, more: Vec<String>) -> (Report, Vec<Box<dyn Sink>>) {
    let Outcome { tally, verdict, ledger, sources, enricher, sinks, .. } = outcome;
    let Verdict { findings, allowed, ran, .. } = verdict;
    let mut notes: Vec<String> = enricher.indicators().lists.iter().map(List::note).collect();
    notes.extend(more);
    let alerts = enricher.alerts(&findings);
    let report = tally.finish(Facts {
        sources,
        ledger,
        findings,
        alerts,
        allowed,
        ran,
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        databases: enricher.origins(),
        settings: plan.settings(),
        notes,
    });
    (report, sinks)
}

/// Tells on standard error which lines of lists hold no indicator.
pub(super) fn mistakes(indicators: &Indicators) {
    for list in &indicators.lists {
        for mistake in &list.samples {
            anstream::eprintln!("netlog: {}", visible(&mistake.to_string()));
        }
        let more = list.mistakes - list.samples.len() as u64;
        if more > 0 {
            anstream::eprintln!("netlog: {}: {more} more lines are no indicators", visible(&list.path));
        }
    }
}

/// The command line as given, for the report, without what never changes the output: how many threads
/// and how much per round. The same evidence then gives the same report, byte for byte.
pub(super) fn command_line() -> String {
    shown(std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()))
}

fn shown(args: impl Iterator<Item = String>) -> String {
    let mut out = "netlog".to_owned();
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-j" | "--threads" | "--round-size" => drop(args.next()),
            _ if arg.starts_with("--threads=") || arg.starts_with("--round-size=") => {}
            _ if arg.strip_prefix("-j").is_some_and(|n| n.trim_start_matches('=').parse::<u32>().is_ok()) => {
            }
            _ => {
                out.push(' ');
                out.push_str(&quoted(&arg));
            }
        }
    }
    out
}

/// An argument as a shell would take it.
fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) {
        return arg.to_owned();
    }
    format!("'{}'", arg.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_in_the_report() {
        let line = |args: &[&str]| shown(args.iter().map(|a| (*a).to_owned()));
        let want = "netlog analyze x.pcap --filter 'tcp port 80' 'it'\\''s'";
        assert_eq!(line(&["analyze", "-j8", "x.pcap", "--filter", "tcp port 80", "it's"]), want);
        for same in
            [&["-j", "2"][..], &["--threads", "2"], &["--threads=2"], &["-j=2"], &["--round-size", "9"]]
        {
            assert_eq!(line(&[same, &["events", "-"]].concat()), "netlog events -", "{same:?}");
        }
        assert_eq!(line(&["analyze", "-jx"]), "netlog analyze -jx");
    }
}
