//! `netlog extract`.

use super::analyze::watched;
use super::outputs::{is_read, read_as_well};
use super::{CommandError, Status, Terminal, told};
use crate::cli;
use crate::engine::{self, Extracted, Wish};
use crate::model::{Finding, Ts};
use crate::plan::{Plan, UsageError};
use crate::report::{Tally, units};
use std::net::IpAddr;

/// Finds out which packets are meant, and writes them.
pub(super) fn run(args: &cli::Extract, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    let plan = Plan::extract(args, now)?;
    let path = args.output.to_string_lossy();
    let path = Some(&*path).filter(|path| *path != "-");
    if let Some(path) = path.filter(|path| is_read(path, &plan.job.inputs)) {
        return Err(read_as_well(path.to_owned()).into());
    }
    let (from, to) = plan.job.window;
    let span = (from.is_some() || to.is_some())
        .then(|| (from.unwrap_or(Ts::MIN), to.map_or(Ts::MAX, |to| to.saturating_sub(1))));
    let hosts = args.host.into_iter().collect();
    let mut wish = Wish { hosts, flow: args.flow.clone(), span, ..Wish::default() };
    if let Some(number) = args.finding {
        let outcome = watched(args.reading.quiet || !terminal.progress, |progress| {
            engine::run::<Tally>(&plan.job, Vec::new(), progress)
        })?;
        let report = super::analyze::drawn(outcome, &plan, Vec::new()).0;
        let finding = number.checked_sub(1).and_then(|i| report.findings.get(i));
        wish = of(finding, number, report.findings.len())?;
    }
    wish.filter = plan.job.filter.clone();
    let Extracted { read, written, copied, ledger } = engine::extract(&plan.job.inputs, &wish, path)?;
    if read == 0 && ledger.faults.is_empty() {
        anstream::eprintln!(
            "netlog: there is no packet in what was read; findings of logs have none: their evidence is lines"
        );
    } else if !args.reading.quiet {
        let form = if copied { "pcap, records as they were" } else { "pcapng" };
        anstream::eprintln!("netlog: {} of {} packets ({form})", units::count(written), units::count(read));
    }
    Ok(told(&ledger))
}

/// The packets of a finding: those of the conversations of its addresses from its first to its last evidence, which
/// is where its last event begins, not where it ends.
fn of(finding: Option<&Finding>, number: usize, all: usize) -> Result<Wish, UsageError> {
    let wrong = |reason: String| UsageError::Value { option: "--finding", value: number.to_string(), reason };
    let Some(finding) = finding else {
        return Err(wrong(format!("there are {all} findings; netlog analyze -o json lists them")));
    };
    let mut hosts = in_text(&finding.subject);
    let mut peers: Vec<IpAddr> = finding.targets.iter().flat_map(|target| in_text(target)).collect();
    if hosts.is_empty() {
        // About a name or a digest: the hosts that had to do with it.
        hosts = std::mem::take(&mut peers);
    }
    if hosts.is_empty() {
        return Err(wrong(format!("it is about {}, which is no address: use --host", finding.subject)));
    }
    let span = Some((finding.first.ts, finding.last.ts));
    Ok(Wish { hosts, peers, span, whole: true, ..Wish::default() })
}

/// The addresses in a text.
fn in_text(text: &str) -> Vec<IpAddr> {
    text.split([' ', ',', '\t', '→']).filter_map(|word| word.parse().ok()).collect()
}
