//! Cases as inputs: their events are complete, so nothing is decoded, located or named again.

use super::block::BLOCK;
use super::run::{EngineError, Job, Only, Shared, Totals};
use crate::case::account::Names;
use crate::case::{self, Binder, Case, CaseError, Reader};
use crate::logs::FormatSet;
use crate::model::{Event, InputFault, Ledger, SourceInfo};
use crate::report::Tallying;
use crate::schema::{self, Schema};
use hashbrown::HashSet;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Blocks made at a time.
const BLOCKS: usize = 32;

/// The cases among the inputs.
#[derive(Default)]
pub(super) struct Cases {
    taken: Vec<Case>,
    opened: Vec<Opened>,
    names: Names,
    schema: Option<Schema>,
}

/// A case whose inputs are numbered.
struct Opened {
    case: Case,
    /// Number of its first input.
    base: u32,
    inputs: Vec<SourceInfo>,
}

impl Cases {
    /// Takes the cases out of the inputs. What cannot be read as one becomes a fault.
    pub fn take(inputs: &[String], ledger: &mut Ledger) -> (Cases, Vec<String>) {
        let (mut cases, mut others) = (Cases::default(), Vec::new());
        for input in inputs {
            let path = Path::new(input);
            if !case::is_case(path) {
                others.push(input.clone());
                continue;
            }
            match Case::open(path) {
                Ok(case) => cases.taken.push(case),
                Err(error) => ledger.faults.push(fault(input, &error)),
            }
        }
        (cases, others)
    }

    /// Numbers the inputs of the cases after the `others`, and adds the accounts of their runs.
    ///
    /// # Errors
    /// Pattern files that contradict each other.
    pub fn number(
        &mut self,
        others: usize,
        formats: &FormatSet,
        ledger: &mut Ledger,
    ) -> Result<(), EngineError> {
        let mut base = u32::try_from(others).unwrap_or(u32::MAX);
        for case in std::mem::take(&mut self.taken) {
            let path = case.folder.to_string_lossy().into_owned();
            let inputs = case.inputs(&mut self.names);
            let read = inputs.and_then(|inputs| Ok((inputs, case.ledger(base, &mut self.names)?)));
            match read {
                Ok((inputs, accounts)) => {
                    ledger.merge(accounts);
                    let next = base.saturating_add(u32::try_from(inputs.len()).unwrap_or(u32::MAX));
                    self.opened.push(Opened { case, base, inputs });
                    base = next;
                }
                Err(error) => ledger.faults.push(fault(&path, &error)),
            }
        }
        if !self.opened.is_empty() {
            self.schema = Some(schema::all(formats)?);
        }
        Ok(())
    }

    /// The inputs of the cases, as the run knows them.
    pub fn sources(&self) -> impl Iterator<Item = SourceInfo> + '_ {
        self.opened.iter().flat_map(|o| o.inputs.iter().cloned())
    }

    /// Puts the events of all cases through the last stage. `false` once a sink has failed.
    pub fn run<T: Tallying>(mut self, shared: &Shared<'_, '_>, totals: &mut Totals<T>) -> bool {
        let Some(schema) = &self.schema else { return true };
        let mut seen = Seen::new(&self.opened);
        for opened in &self.opened {
            let path = opened.case.folder.to_string_lossy();
            shared.progress.set_input(&path);
            match one(opened, schema, &mut self.names, &mut seen, shared, totals) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => totals.ledger.faults.push(fault(&path, &error)),
            }
        }
        true
    }
}

fn fault(path: &str, error: &CaseError) -> InputFault {
    let text = error.to_string();
    let reason = text.strip_prefix(&format!("{path}/")).unwrap_or(&text);
    InputFault { path: path.to_owned(), offset: None, reason: reason.to_owned() }
}

/// Ids of events that more than one case may have: those of inputs that two of them read.
struct Seen {
    shared: HashSet<u64>,
    ids: HashSet<u128>,
}

impl Seen {
    fn new(opened: &[Opened]) -> Seen {
        let (mut once, mut shared) = (HashSet::new(), HashSet::new());
        for case in opened {
            let mine: HashSet<u64> = case.inputs.iter().map(|i| i.fingerprint).collect();
            shared.extend(mine.iter().filter(|f| once.contains(*f)));
            once.extend(mine);
        }
        Seen { shared, ids: HashSet::new() }
    }

    /// Whether the event was there before.
    fn again(&mut self, event: &Event<'_>, input: Option<&SourceInfo>) -> bool {
        if !input.is_some_and(|input| self.shared.contains(&input.fingerprint)) {
            return false;
        }
        let id = event.by_name("event.id").and_then(|v| v.as_str()).unwrap_or_default();
        // 20 letters of 6 bits.
        let bits = id.bytes().take(20).fold(0u128, |bits, letter| {
            let six = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'-' => 62,
                _ => 63,
            };
            bits << 6 | u128::from(six)
        });
        !self.ids.insert(bits)
    }
}

fn one<T: Tallying>(
    opened: &Opened,
    schema: &Schema,
    names: &mut Names,
    seen: &mut Seen,
    shared: &Shared<'_, '_>,
    totals: &mut Totals<T>,
) -> Result<bool, CaseError> {
    let mut sources = BTreeMap::new();
    for (number, input) in (opened.base..).zip(&opened.inputs) {
        sources.entry(input.path.to_string()).or_insert(number);
    }
    let binder = |table| Binder::new(table, schema, &sources, opened.base, names);
    let binders: Option<Vec<_>> = opened.case.tables.iter().map(binder).collect();
    let many = || CaseError::Content {
        path: opened.case.folder.clone(),
        reason: "names more fields and data sets than any case of netlog has".to_owned(),
    };
    let mut reader = Reader::new(&opened.case, binders.ok_or_else(many)?)?;
    loop {
        let mut events = reader.next(BLOCK * BLOCKS)?;
        if events.is_empty() {
            return Ok(true);
        }
        events.retain(|event| match unwanted(event, shared.job, opened, seen) {
            Some(reason) => {
                totals.ledger.stray(reason, event.origin, 0);
                false
            }
            None => true,
        });
        let mut blocks: Vec<Vec<Event<'static>>> = Vec::new();
        let mut rest = events.into_iter().peekable();
        while rest.peek().is_some() {
            blocks.push(rest.by_ref().take(BLOCK).collect());
        }
        let done: Vec<_> = blocks.into_par_iter().map(|block| shared.stage.pass(block)).collect();
        if !done.into_iter().all(|block| totals.hand_on(block, shared)) {
            return Ok(false);
        }
    }
}

/// Why an event is left out, if it is.
fn unwanted(event: &Event<'_>, job: &Job, opened: &Opened, seen: &mut Seen) -> Option<&'static str> {
    let (from, to) = job.window;
    if from.is_some_and(|from| event.ts < from) || to.is_some_and(|to| event.ts >= to) {
        return Some("case.outside_window");
    }
    let of_log = || event.by_name("netlog.line").is_some();
    if job.only.is_some_and(|only| (only == Only::Logs) != of_log())
        || job.wanted.as_ref().is_some_and(|wanted| !wanted.takes(event))
    {
        return Some("case.not_wanted");
    }
    let at = event.origin.source.checked_sub(opened.base);
    let input = at.and_then(|at| opened.inputs.get(at as usize));
    seen.again(event, input).then_some("case.duplicate_event")
}
