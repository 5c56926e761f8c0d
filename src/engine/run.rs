//! A run from inputs to tables: discovery, the rounds of each group, and what is left at the end.

use super::block::{Finished, Stage, Use};
use super::cases::Cases;
use super::workers::Pool;
use super::writer::Writer;
use super::{Progress, lines, packets};
use crate::detect::{self, Verdict};
use crate::enrich::{self, Enricher, GeoTable, MmdbError};
use crate::logs::{Carried, FormatSet, LogFormat, PatternError, Wanted, Zone};
use crate::model::{Ledger, SourceInfo, Sources, Ts};
use crate::net::{self, filter::Filter};
use crate::proto;
use crate::report::Tallying;
use crate::schema::SchemaError;
use crate::sink::{Needs, Sink};
use crate::source::Kind;
use crate::source::discover::{Group, Input, discover};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Settings of log reading.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    /// Zone of stamps without one.
    pub zone: Zone,
    /// Year of the first stamp without one; inferred if `None`.
    pub year: Option<i16>,
    /// Folders of pattern files laid over the built-in ones.
    pub patterns: Vec<PathBuf>,
    /// Format that all logs are in; recognised by content if `None`.
    pub format: Option<String>,
    /// Format of a server's configuration, beside the others.
    pub log_format: Option<LogFormat>,
}

/// Bytes of an input that take longer to read than the table of places to unpack.
const LARGE: u64 = 32 << 20;

impl Logs {
    /// The formats that logs are read by.
    ///
    /// # Errors
    /// A pattern file that is wrong.
    pub fn formats(&self) -> Result<FormatSet, PatternError> {
        let pasted: Vec<_> = self.log_format.iter().map(|format| ("--log-format", format.text())).collect();
        FormatSet::load_with(&self.patterns, &pasted)
    }
}

/// Everything a run needs to know. Made by `plan`, complete and checked.
pub struct Job {
    /// Files, directories, globs, `-`.
    pub inputs: Vec<String>,
    /// Decoding threads, at least 1.
    pub threads: usize,
    /// Bytes read ahead per round; changes memory and speed, never the output.
    pub round: usize,
    /// The clock when the run began: bounds inferred years.
    pub run_start: Ts,
    /// Only what happened in this span: from (inclusive), to (exclusive).
    pub window: (Option<Ts>, Option<Ts>),
    /// Only packets that this filter lets through.
    pub filter: Option<Filter>,
    /// The filter as the user wrote it, for the report.
    pub filter_text: Option<String>,
    /// Flow settings.
    pub net: net::Config,
    /// Protocol settings.
    pub options: proto::Options,
    /// Enrichment settings.
    pub enrich: enrich::Config,
    /// Log settings.
    pub logs: Logs,
    /// Detection settings.
    pub detect: detect::Config,
    /// What the run wants of log lines; then nothing but the tally sees the events, as they are.
    pub wanted: Option<Wanted>,
    /// Take the hash of every input while it is read.
    pub hash: bool,
    /// What somebody asks for beside events.
    pub needs: Needs,
    /// Captures or logs alone, as a command may want (`grep-auth` reads no captures).
    pub only: Option<Only>,
}

impl Job {
    /// The formats that logs are read by. Where much will be read, the table of places, which nearly all need, is
    /// unpacked while they are compiled and reading begins.
    ///
    /// # Errors
    /// A pattern file that is wrong.
    pub fn formats(&self) -> Result<FormatSet, PatternError> {
        let large = |input: &String| match std::fs::metadata(input) {
            // Nobody knows how much is in a folder or a pipe.
            Ok(input) => !input.is_file() || input.len() > LARGE,
            Err(_) => input == "-",
        };
        if self.inputs.iter().any(large) {
            // Without a thread to spare it is unpacked when the first address is met.
            let _ = std::thread::Builder::new().spawn(GeoTable::built_in);
        }
        self.logs.formats()
    }
}

/// Which kind of input a command is about; the other is counted as skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Packet captures.
    Captures,
    /// Logs.
    Logs,
}

/// What a run ended with. The sinks are still open: the caller draws the report and closes them.
pub struct Outcome<T> {
    /// The tables.
    pub tally: T,
    /// Conclusions, and how the detectors came to them.
    pub verdict: Verdict,
    /// The accounts.
    pub ledger: Ledger,
    /// The inputs.
    pub sources: Sources,
    /// What knows addresses: where they are and who owns them.
    pub enricher: Enricher,
    /// The outputs.
    pub sinks: Vec<Box<dyn Sink>>,
    /// The workers, for what there is left to do.
    pub workers: rayon::ThreadPool,
}

/// Why a run could not begin or go on. Faults of inputs are none of these: they are in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A pattern file is wrong.
    #[error(transparent)]
    Patterns(#[from] PatternError),
    /// Pattern files contradict each other.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A geolocation database is unusable.
    #[error(transparent)]
    Database(#[from] MmdbError),
    /// No format tells of log-ins at a service.
    #[error("--service {name}: no log format tells of its log-ins; those that do are {known}")]
    Service {
        /// As the user called it.
        name: String,
        /// Formats that tell of log-ins.
        known: String,
    },
    /// An output failed; `BrokenPipe` is the reader's way to say "enough".
    #[error("cannot write: {0}")]
    Sink(io::Error),
    /// The threads could not be started.
    #[error("cannot start the decoding threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// What the rounds of all groups share.
pub(super) struct Shared<'s, 'e> {
    pub job: &'s Job,
    pub stage: &'s Stage<'e>,
    pub formats: &'s FormatSet,
    pub carried: Carried<'s>,
    pub options: Arc<proto::Options>,
    pub progress: &'s Progress,
    pub writer: &'s Writer<'s>,
}

/// What the rounds add up to.
#[derive(Default)]
pub(super) struct Totals<T> {
    pub tally: T,
    /// Tallies of blocks that were added.
    pub tallies: Arc<Pool<T>>,
    pub tables: Option<detect::Tables>,
    pub ledger: Ledger,
    /// What was learnt of each input while reading it.
    pub sources: Vec<(u32, SourceInfo)>,
}

impl<T: Tallying> Totals<T> {
    /// Adds the block that is next in order and gives its rows to the writer. `false` if an output failed.
    pub fn hand_on(&mut self, block: Finished<T>, shared: &Shared<'_, '_>) -> bool {
        self.tallies.keep(self.tally.drain(block.tally));
        match &mut self.tables {
            Some(tables) => tables.merge(block.tables),
            none => *none = Some(block.tables),
        }
        shared.progress.add_events(block.events);
        shared.writer.send(block.rendered)
    }
}

/// Runs `job` and tells `progress` how far it is.
///
/// # Errors
/// See [`EngineError`]; whatever is wrong with an input is counted and told in the ledger instead.
pub fn run<T: Tallying>(
    job: &Job,
    sinks: Vec<Box<dyn Sink>>,
    progress: &Progress,
) -> Result<Outcome<T>, EngineError> {
    run_with(job, job.formats()?, sinks, progress)
}

/// As [`run`], with the formats that `job.logs.patterns` amounts to.
///
/// # Errors
/// As [`run`].
pub fn run_with<T: Tallying>(
    job: &Job,
    formats: FormatSet,
    sinks: Vec<Box<dyn Sink>>,
    progress: &Progress,
) -> Result<Outcome<T>, EngineError> {
    run_chosen(job, formats, sinks, progress, |groups, _| groups)
}

/// As [`run_with`], with those of the inputs, or parts of them, that `choose` makes of what was found.
///
/// # Errors
/// As [`run`].
pub fn run_chosen<T: Tallying>(
    job: &Job,
    formats: FormatSet,
    sinks: Vec<Box<dyn Sink>>,
    progress: &Progress,
    choose: impl FnOnce(Vec<Group>, &mut Ledger) -> Vec<Group>,
) -> Result<Outcome<T>, EngineError> {
    if let Some((name, known)) = job.wanted.as_ref().and_then(|wanted| formats.unknown_service(wanted)) {
        return Err(EngineError::Service { name, known: known.join(", ") });
    }
    let formats = job.wanted.iter().fold(formats, |formats, wanted| formats.narrowed(wanted));
    let mut enricher = Enricher::new(&job.enrich)?;
    let workers = rayon::ThreadPoolBuilder::new().num_threads(job.threads.max(1)).build()?;
    let mut totals = Totals::<T>::default();
    let stamp = |sample: &[u8], mtime: Option<Ts>| formats.first_stamp(sample, mtime, &job.logs.zone);
    let (mut cases, inputs) = Cases::take(&job.inputs, &mut totals.ledger);
    let groups = discover(&inputs, &stamp, &mut totals.ledger);
    let mut groups = numbered(choose(groups, &mut totals.ledger));
    if !job.hash {
        groups.iter_mut().flat_map(members_mut).for_each(Input::without_hash);
    }
    cases.number(groups.iter().flat_map(members).count(), &formats, &mut totals.ledger)?;
    let sources = groups.iter().flat_map(members).map(describe).chain(cases.sources());
    enricher.set_sources(Sources(sources.collect()));
    let groups = wanted(groups, job.only, &mut totals.ledger);
    progress.set_total(groups.iter().flat_map(members).filter_map(|i| i.size).sum());
    let tables = detect::Tables::new(&job.detect);
    let (verdict, (sinks, written)) = std::thread::scope(|scope| {
        let use_of = match job.wanted {
            Some(_) => Use::Count,
            None => Use::For(job.needs),
        };
        let stage = Stage::new(&enricher, tables, &sinks, job.threads, use_of);
        let writer = Writer::start(scope, sinks);
        let options = Arc::new(job.options.clone());
        let carried = super::carried::reader(&formats, &job.logs.zone);
        let shared =
            Shared { job, stage: &stage, formats: &formats, carried, options, progress, writer: &writer };
        let verdict = workers.install(|| {
            let _ = rounds(groups, &shared, &mut totals) && cases.run(&shared, &mut totals);
            // While the last blocks are written.
            let tables = totals.tables.take();
            tables.map_or_else(Verdict::default, |tables| tables.judge(&mut totals.ledger))
        });
        (verdict, writer.finish())
    });
    written.map_err(EngineError::Sink)?;
    let mut sources = enricher.sources().clone();
    for (index, learnt) in totals.sources {
        if let Some(slot) = sources.0.get_mut(index as usize) {
            *slot = learnt;
        }
    }
    Ok(Outcome { tally: totals.tally, verdict, ledger: totals.ledger, sources, enricher, sinks, workers })
}

/// The rounds of every group, in order. Stops early, and says so, when a sink has failed.
fn rounds<T: Tallying>(groups: Vec<Group>, shared: &Shared<'_, '_>, totals: &mut Totals<T>) -> bool {
    for group in groups {
        let go_on = match group {
            Group::Capture(inputs) => packets::run(inputs, shared, totals),
            Group::Log(inputs) => lines::run(inputs, shared, totals),
        };
        if !go_on {
            return false;
        }
    }
    true
}

/// Numbers the inputs in their order.
fn numbered(mut groups: Vec<Group>) -> Vec<Group> {
    let inputs = groups.iter_mut().flat_map(members_mut);
    for (source, input) in (0..).zip(inputs) {
        input.source = source;
    }
    groups
}

fn members_mut(group: &mut Group) -> &mut [Input] {
    match group {
        Group::Capture(inputs) | Group::Log(inputs) => inputs,
    }
}

fn members(group: &Group) -> &[Input] {
    match group {
        Group::Capture(inputs) | Group::Log(inputs) => inputs,
    }
}

/// Leaves out the groups a command is not about, and says so in the ledger.
fn wanted(groups: Vec<Group>, only: Option<Only>, ledger: &mut Ledger) -> Vec<Group> {
    let Some(only) = only else { return groups };
    let (keep, drop): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|g| matches!(g, Group::Capture(_)) == (only == Only::Captures));
    let name = if only == Only::Captures { "source.log_not_wanted" } else { "source.capture_not_wanted" };
    for input in drop.iter().flat_map(members) {
        ledger.stray(name, crate::model::Origin::default(), input.size.unwrap_or(0));
    }
    keep
}

/// What is known of an input before reading it.
pub(super) fn describe(input: &Input) -> SourceInfo {
    let kind = match input.kind {
        Kind::Pcap => "pcap",
        Kind::PcapNg => "pcapng",
        Kind::Text => "text",
    };
    SourceInfo {
        path: input.path.clone(),
        fingerprint: input.fingerprint,
        kind: kind.to_owned(),
        codec: input.codecs.clone(),
        size: input.size,
        ..SourceInfo::default()
    }
}
