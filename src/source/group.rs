//! Which inputs belong together: the rotated files of one log, the slices of one capture.

use super::Kind;
use super::input::Input;
use super::rotation::{self, Rank};
use super::{capture, discover};
use crate::model::{DAY, Ledger, MINUTE, SECOND, Ts};
use std::collections::BTreeMap;
use std::io;

/// Longest silence between the last packet of a slice and the first of the next, and how far they
/// may overlap, in nanoseconds.
const SILENCE: Ts = 10 * MINUTE;
const OVERLAP: Ts = SECOND;
/// Longest time between the first packets of two slices when the last packet of the first is too
/// expensive to find.
const SLICE: Ts = DAY;

/// Tells the time of the first time stamp in a text sample, given the file's modification time; `None`
/// if there is none.
pub type FirstStamp<'a> = dyn Fn(&[u8], Option<Ts>) -> Option<Ts> + 'a;

/// Inputs that are one record of events, in the order of time.
pub enum Group {
    /// The slices of one capture; most often one file.
    Capture(Vec<Input>),
    /// The rotated files of one log; most often one file.
    Log(Vec<Input>),
}

impl Group {
    fn inputs(&mut self) -> &mut Vec<Input> {
        match self {
            Group::Capture(inputs) | Group::Log(inputs) => inputs,
        }
    }
}

/// An input with its place among the arguments and what its name says.
struct Placed {
    index: usize,
    rank: Rank,
    input: Input,
}

/// Groups the inputs. Groups come in the order of their first input among the arguments.
pub(super) fn group(inputs: Vec<Input>, stamp: &FirstStamp<'_>, ledger: &mut Ledger) -> Vec<Group> {
    let mut families: BTreeMap<(bool, String), Vec<Placed>> = BTreeMap::new();
    for (index, input) in inputs.into_iter().enumerate() {
        let (stem, rank) = match input.kind {
            Kind::Text => rotation::log(&input.path),
            Kind::Pcap | Kind::PcapNg => (rotation::capture(&input.path), Rank::Current),
        };
        families.entry((input.kind == Kind::Text, stem)).or_default().push(Placed { index, rank, input });
    }
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for ((is_text, _), family) in families {
        let runs = if is_text { vec![log(family, stamp, ledger)] } else { captures(family) };
        for run in runs {
            let first = run.iter().map(|p| p.index).min().unwrap_or(usize::MAX);
            let inputs = run.into_iter().map(|p| p.input).collect();
            groups.push((first, if is_text { Group::Log(inputs) } else { Group::Capture(inputs) }));
        }
    }
    groups.sort_by_key(|(first, _)| *first);
    let mut groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
    for (source, input) in (0..).zip(groups.iter_mut().flat_map(Group::inputs)) {
        input.source = source;
    }
    groups
}

/// Orders the files of a log by their first time stamp; by what their names say where one has none.
fn log(family: Vec<Placed>, stamp: &FirstStamp<'_>, ledger: &mut Ledger) -> Vec<Placed> {
    if family.len() == 1 {
        return family;
    }
    let family = without_duplicates(family, ledger);
    let mut stamped: Vec<(Option<Ts>, Placed)> =
        family.into_iter().map(|p| (stamp(&p.input.sample, p.input.mtime), p)).collect();
    let all = stamped.iter().all(|(ts, _)| ts.is_some());
    stamped.sort_by(|(a_ts, a), (b_ts, b)| {
        let by_time = if all { a_ts.cmp(b_ts) } else { std::cmp::Ordering::Equal };
        let by_name = a.rank.cmp(&b.rank).then(a.input.mtime.cmp(&b.input.mtime));
        by_time.then(by_name).then_with(|| a.input.path.cmp(&b.input.path))
    });
    stamped.into_iter().map(|(_, placed)| placed).collect()
}

/// Leaves out compressed copies of files that are there uncompressed too: a rotation was under way.
fn without_duplicates(family: Vec<Placed>, ledger: &mut Ledger) -> Vec<Placed> {
    let plain: Vec<(u64, Option<u64>, std::sync::Arc<str>)> = family
        .iter()
        .filter(|p| !p.input.is_compressed())
        .map(|p| (p.input.fingerprint, p.input.size, std::sync::Arc::clone(&p.input.path)))
        .collect();
    let mut kept = Vec::with_capacity(family.len());
    for placed in family {
        let mut twins = plain.iter().filter(|(print, ..)| *print == placed.input.fingerprint).peekable();
        if placed.input.is_compressed() && twins.peek().is_some() {
            let size =
                placed.input.place.open().ok().and_then(|mut raw| io::copy(&mut raw, &mut io::sink()).ok());
            if let Some((.., twin)) = twins.find(|(_, plain_size, _)| size.is_some() && *plain_size == size) {
                let text = format!("{} is {twin}, compressed", placed.input.path);
                let bytes = placed.input.size.unwrap_or(0);
                discover::note(ledger, "source.duplicate", placed.index as u64, &text, bytes);
                continue;
            }
        }
        kept.push(placed);
    }
    kept
}

/// Splits captures with the same kind of name into runs of slices that follow each other in time.
fn captures(mut family: Vec<Placed>) -> Vec<Vec<Placed>> {
    family.sort_by(|a, b| a.input.first.cmp(&b.input.first).then_with(|| a.input.path.cmp(&b.input.path)));
    let mut runs: Vec<Vec<Placed>> = Vec::new();
    for placed in family {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|before| follows(&before.input, &placed.input)) => {
                run.push(placed)
            }
            _ => runs.push(vec![placed]),
        }
    }
    runs
}

fn follows(before: &Input, after: &Input) -> bool {
    let (Some(start), Some(next)) = (before.first, after.first) else { return false };
    if before.kind != after.kind {
        return false;
    }
    match capture::last_time(before) {
        capture::Last::At(last) => {
            let gap = next.saturating_sub(last);
            (-OVERLAP..=SILENCE).contains(&gap)
        }
        capture::Last::Expensive => next.saturating_sub(start) <= SLICE,
        capture::Last::Unknown => false,
    }
}
