//! Which parts of the inputs are new: every byte of a log is read once, wherever a rotation moves it.
//!
//! A log is known by its content ([`Proof`]). Of several files that go on with the same content the one
//! under the old name is its continuation; copies of it are left out, and what only begins alike is new.

use super::proof::{Proof, hash};
use super::state::{Capture, Log, State};
use crate::model::{InputFault, Ledger, Origin, Sources, Ts};
use crate::source::PROOF;
use crate::source::discover::{Group, Input};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A file that was changed this recently may end in half a line: 5 minutes, in nanoseconds.
const FRESH: Ts = 300_000_000_000;

/// What the first run of all reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum First {
    /// All there is.
    #[default]
    All,
    /// Nothing: only what comes from now on.
    Now,
    /// What happened in this span before the run, nanoseconds.
    Since(Ts),
}

/// An input that is read in this run.
struct Reading {
    /// Index of its record, if it has one.
    record: Option<usize>,
    /// What the record will be, but for what is learnt by reading.
    log: Log,
    /// First bytes.
    head: Vec<u8>,
    /// A capture: what its record will be.
    capture: Option<Capture>,
    packed: bool,
}

/// Chooses what to read and remembers what was read.
pub struct Counted<'s> {
    state: &'s mut State,
    now: Ts,
    first: First,
    /// In the order of the sources.
    reading: Vec<Reading>,
}

impl<'s> Counted<'s> {
    /// With what `state` remembers. The very first run reaches as far back as `first` says.
    pub fn new(state: &'s mut State, first: First, now: Ts) -> Counted<'s> {
        let first = if state.runs == 0 { first } else { First::All };
        Counted { state, now, first, reading: Vec::new() }
    }

    /// The groups with what is new of each input; inputs with nothing new are left out. What cannot be
    /// looked at becomes a fault in `ledger`.
    pub fn choose(&mut self, groups: Vec<Group>, ledger: &mut Ledger) -> Vec<Group> {
        let claims = self.claims(&groups, ledger);
        let mut claims = claims.into_iter();
        let mut chosen = Vec::new();
        for group in groups {
            let is_log = matches!(group, Group::Log(_));
            let mut inputs = Vec::new();
            for input in group.into_inputs() {
                let claim = claims.next().unwrap_or(Claim::New);
                let path = input.path.to_string();
                let taken = match claim {
                    Claim::Leave => Ok(None),
                    _ if input.is_stream() => Err(io::Error::other("a pipe cannot be read in parts")),
                    claim if is_log => self.log(input, claim.record()),
                    _ => self.capture(input, ledger),
                };
                match taken {
                    Ok(Some(input)) => inputs.push(input),
                    Ok(None) => {}
                    Err(e) => ledger.faults.push(InputFault { path, offset: None, reason: e.to_string() }),
                }
            }
            if !inputs.is_empty() {
                chosen.push(if is_log { Group::Log(inputs) } else { Group::Capture(inputs) });
            }
        }
        chosen
    }

    /// Which input goes on with which record, in the order of the inputs.
    fn claims(&self, groups: &[Group], ledger: &mut Ledger) -> Vec<Claim> {
        let inputs: Vec<&Input> = groups
            .iter()
            .flat_map(|group| match group {
                Group::Capture(inputs) | Group::Log(inputs) => inputs,
            })
            .collect();
        let index = Index::of(&self.state.logs);
        let mut claims: Vec<Claim> = Vec::with_capacity(inputs.len());
        for input in &inputs {
            let record = if input.is_text() { index.record(input, &self.state.logs) } else { Ok(None) };
            claims.push(match record {
                Ok(record) => record.map_or(Claim::New, Claim::GoesOn),
                Err(e) => {
                    let path = input.path.to_string();
                    ledger.faults.push(InputFault { path, offset: None, reason: e.to_string() });
                    Claim::Leave
                }
            });
        }
        self.settle(&inputs, &mut claims, ledger);
        copies(&inputs, &mut claims, ledger);
        claims
    }

    /// Leaves a record to one input each.
    fn settle(&self, inputs: &[&Input], claims: &mut [Claim], ledger: &mut Ledger) {
        let mut claimants: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, claim) in claims.iter().enumerate() {
            if let Claim::GoesOn(record) = claim {
                claimants.entry(*record).or_default().push(i);
            }
        }
        for (record, mut rivals) in claimants {
            let Some(log) = self.state.logs.get(record) else { continue };
            rivals.sort_by_key(|&i| {
                inputs.get(i).map(|input| {
                    let size = Reverse(input.size.unwrap_or(0));
                    (input.stem() != log.stem, input.is_compressed(), size)
                })
            });
            let mut rivals = rivals.into_iter();
            let Some(winner) = rivals.next().and_then(|i| inputs.get(i)) else { continue };
            for i in rivals {
                let (Some(input), Some(claim)) = (inputs.get(i), claims.get_mut(i)) else { continue };
                let tells = input.is_compressed() || log.proof.consumed >= PROOF as u64;
                let copy = match input.alike(winner) {
                    Ok(Some(Ordering::Equal)) => true,
                    Ok(Some(_)) => tells,
                    _ => false,
                };
                if copy {
                    duplicate(ledger, input, winner);
                }
                *claim = if copy { Claim::Leave } else { Claim::New };
            }
        }
    }

    /// What is new of a log.
    fn log(&mut self, mut input: Input, record: Option<usize>) -> io::Result<Option<Input>> {
        let known = record.and_then(|i| self.state.logs.get_mut(i));
        if let Some(log) = known {
            log.met = self.now;
            log.path = input.path.to_string();
            log.stem = input.stem();
        }
        let mut log = record.and_then(|i| self.state.logs.get(i)).cloned().unwrap_or_else(|| Log {
            path: input.path.to_string(),
            stem: input.stem(),
            met: self.now,
            ..Log::default()
        });
        let packed = input.is_compressed();
        let offset = log.proof.consumed;
        let whole = packed && log.stored.is_some() && log.stored == input.size;
        let end = match (whole, packed) {
            (true, _) => None,
            (_, true) => self.cut(&input)?,
            (_, false) => Some(self.end(&input, offset)?),
        };
        // One that is still being compressed is looked at again, whatever its size.
        let packed = packed && end.is_none();
        if whole || end.is_some_and(|end| end <= offset) {
            return Ok(None);
        }
        let head = input.sample.get(..PROOF).unwrap_or(&input.sample).to_vec();
        if self.first == First::Now {
            let (lines, tail, size) = input.survey(end)?;
            let stored = input.size.filter(|_| packed);
            self.state.logs.push(Log { proof: Proof::new(&head, size, &tail), lines, stored, ..log });
            return Ok(None);
        }
        let part = input.part(offset, log.lines + 1, end)?;
        if part.sample.is_empty() {
            // A compressed file with nothing behind what was read before it was compressed.
            log.stored = input.size;
            if let Some(slot) = record.and_then(|i| self.state.logs.get_mut(i)) {
                *slot = log;
            }
            return Ok(None);
        }
        log.stored = input.size.filter(|_| packed);
        input.set_part(part);
        self.reading.push(Reading { record, log, head, capture: None, packed });
        Ok(Some(input))
    }

    /// Where to stop reading: behind the last whole line while the file is being written.
    fn end(&self, input: &Input, offset: u64) -> io::Result<u64> {
        let size = input.content_size()?;
        let fresh = input.mtime.is_none_or(|t| self.now.saturating_sub(t) < FRESH);
        if fresh { input.last_line_end(offset.min(size), size) } else { Ok(size) }
    }

    /// Where to stop reading a compressed file that is being written: behind the last whole line of what is there.
    fn cut(&self, input: &Input) -> io::Result<Option<u64>> {
        let fresh = input.mtime.is_some_and(|t| self.now.saturating_sub(t) < FRESH);
        if fresh { input.cut_line_end() } else { Ok(None) }
    }

    /// Every packet of a capture is counted once, also where the capture grows.
    fn capture(&mut self, mut input: Input, ledger: &mut Ledger) -> io::Result<Option<Input>> {
        let (fingerprint, stored) = (format!("{:016x}", input.fingerprint), input.size.unwrap_or(0));
        let now = self.now;
        let reading = self.reading.iter().filter_map(|r| r.capture.as_ref());
        let alike = |c: &&Capture| c.fingerprint == fingerprint;
        let twins: Vec<Capture> = self.state.captures.iter().chain(reading).filter(alike).cloned().collect();
        let size = match twins.iter().find(|twin| twin.stored == stored) {
            Some(twin) => twin.size,
            None => input.content_size()?,
        };
        let counted = twins.iter().any(|twin| twin.size == size);
        for known in self.state.captures.iter_mut().filter(|c| c.fingerprint == fingerprint && c.size == size)
        {
            known.met = now;
        }
        if counted {
            return Ok(None);
        }
        // What was counted of it when it was smaller is not counted again.
        let packets =
            twins.iter().filter(|twin| twin.size < size).map(|twin| twin.packets).max().unwrap_or(0);
        input.skip_packets(packets);
        if !twins.is_empty() {
            // It grew, or has the first packet of another one: the reader must know.
            ledger.stray("source.capture_grown", Origin { source: u32::MAX, ..Origin::default() }, stored);
        }
        let path = input.path.to_string();
        let capture = Capture { path, fingerprint, size, stored, packets, met: now };
        if self.first == First::Now {
            self.state.captures.push(capture);
            return Ok(None);
        }
        let (log, head) = (Log::default(), Vec::new());
        self.reading.push(Reading { record: None, log, head, capture: Some(capture), packed: false });
        Ok(Some(input))
    }

    /// Remembers what was read of each source. What could not be opened is tried again next time.
    pub fn absorb(self, sources: &Sources) {
        for (reading, info) in self.reading.into_iter().zip(&sources.0) {
            if let Some(mut capture) = reading.capture {
                if info.bytes > 0 {
                    capture.packets += info.records;
                    self.state.captures.push(capture);
                }
                continue;
            }
            let Some((next_line, tail)) = info.reached.as_ref().filter(|_| info.bytes > 0) else { continue };
            let mut log = reading.log;
            log.lines = next_line.saturating_sub(1);
            log.proof = Proof::new(&reading.head, log.proof.consumed + info.bytes, tail);
            log.stored = log.stored.filter(|_| reading.packed);
            match reading.record.and_then(|i| self.state.logs.get_mut(i)) {
                Some(slot) => *slot = log,
                None => self.state.logs.push(log),
            }
        }
    }
}

/// What becomes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// It goes on with the content of a record.
    GoesOn(usize),
    /// Nothing of it was read.
    New,
    /// It is not read now.
    Leave,
}

impl Claim {
    fn record(self) -> Option<usize> {
        match self {
            Claim::GoesOn(record) => Some(record),
            _ => None,
        }
    }
}

/// The records by the hash of their first bytes.
struct Index {
    lengths: BTreeSet<usize>,
    by_head: BTreeMap<String, Vec<usize>>,
}

impl Index {
    fn of(logs: &[Log]) -> Index {
        let mut index = Index { lengths: BTreeSet::new(), by_head: BTreeMap::new() };
        for (i, log) in logs.iter().enumerate() {
            index.lengths.insert(log.proof.head_len);
            index.by_head.entry(log.proof.head.clone()).or_default().push(i);
        }
        index
    }

    /// The record of which the input has all, and of several the longest.
    fn record(&self, input: &Input, logs: &[Log]) -> io::Result<Option<usize>> {
        let mut alike: Vec<(usize, &Log)> = Vec::new();
        for &len in &self.lengths {
            let Some(head) = input.sample.get(..len).filter(|head| !head.is_empty()) else { continue };
            let records = self.by_head.get(&hash(head)).into_iter().flatten();
            alike.extend(records.filter_map(|&i| Some((i, logs.get(i)?))));
        }
        alike.sort_by_key(|(i, log)| (Reverse(log.proof.consumed), *i));
        for (i, log) in alike {
            let proof = &log.proof;
            let unchanged = log.stored.is_some() && log.stored == input.size && input.is_compressed();
            if proof.is_short() || unchanged {
                return Ok(Some(i));
            }
            let plain = !input.is_compressed();
            if plain && input.size.is_some_and(|size| size < proof.consumed) {
                continue;
            }
            match input.stretch(proof.tail_at(), proof.tail_len) {
                Ok(tail) if proof.ends_in(&tail) => return Ok(Some(i)),
                Ok(_) => {}
                // Compressed data that is cut short before the place is not the whole of it.
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }
}

/// Leaves out new files that are copies of another one in their rotation, made by a rotation under way.
fn copies(inputs: &[&Input], claims: &mut [Claim], ledger: &mut Ledger) {
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, input) in inputs.iter().enumerate() {
        if input.is_text() && claims.get(i) != Some(&Claim::Leave) {
            families.entry(input.stem()).or_default().push(i);
        }
    }
    for family in families.values() {
        for &i in family {
            let Some(copy) = inputs.get(i).filter(|_| claims.get(i) == Some(&Claim::New)) else { continue };
            let original = family.iter().filter_map(|&j| {
                let original = inputs.get(j)?;
                let kept = j != i && claims.get(j) != Some(&Claim::Leave);
                (kept && is_copy(copy, original, i < j)).then_some(original)
            });
            if let Some(original) = original.take(1).next() {
                duplicate(ledger, copy, original);
                if let Some(claim) = claims.get_mut(i) {
                    *claim = Claim::Leave;
                }
            }
        }
    }
}

/// Whether all of `copy` is in `original`, and so much that it is no chance: logs of one family may begin
/// with the same lines. Of two equal files the earlier one is the copy.
fn is_copy(copy: &Input, original: &Input, earlier: bool) -> bool {
    let both = copy.sample.len().min(original.sample.len());
    if copy.sample.get(..both) != original.sample.get(..both) {
        return false;
    }
    let packed = copy.is_compressed();
    if !packed && original.is_compressed() {
        return false;
    }
    match copy.alike(original) {
        Ok(Some(Ordering::Less)) => packed || copy.sample.len() >= PROOF,
        Ok(Some(Ordering::Equal)) => packed != original.is_compressed() || earlier,
        _ => false,
    }
}

fn duplicate(ledger: &mut Ledger, copy: &Input, original: &Input) {
    let text = format!("{} is a copy of {}", copy.path, original.path);
    let origin = Origin { source: u32::MAX, record: copy.source.into(), offset: 0 };
    ledger.block("source.duplicate", origin, text.as_bytes());
}
