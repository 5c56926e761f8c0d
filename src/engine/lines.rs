//! Rounds over the lines of one group of logs: the parts of a rotated log, oldest first.
//!
//! A reader thread cuts chunks; workers parse them; the year of stamps without one is carried from
//! chunk to chunk in order; workers then finish, complete and render them.

use super::block::{Filling, Finished};
use super::run::{Shared, Totals, describe};
use crate::logs::{Context, Detection, Joins, Parsed, Parser, Scratch, Taker, YearBase, YearClock};
use crate::model::{Event, FieldRef, Glimpse, InputFault, Ledger, SourceInfo, Ts, Value};
use crate::report::Tallying;
use crate::source::LineChunk;
use crate::source::discover::Input;
use crate::source::lines::{Borders, Divide, Reader};
use crossbeam_channel::{Receiver, Sender, bounded};
use rayon::prelude::*;

/// Chunks that a worker has in a round: enough to even out, few enough to keep memory small.
const PER_WORKER: usize = 4;

/// What the reader thread says.
enum Message {
    Chunk(LineChunk),
    End(Box<End>),
}

/// What is known when a file is at its end.
struct End {
    bytes: u64,
    reached: Option<(u64, Vec<u8>)>,
    sha256: Option<String>,
    fault: Option<InputFault>,
    ledger: Ledger,
}

/// One file on its way.
struct File<'f> {
    parser: Parser<'f>,
    clock: YearClock,
    info: SourceInfo,
}

/// What a finished chunk leaves behind.
struct Done<T> {
    block: Finished<T>,
    ledger: Ledger,
    span: Option<(Ts, Ts)>,
    lines: u64,
}

/// Reads and parses a group. `false` if an output failed.
pub(super) fn run<T: Tallying>(inputs: Vec<Input>, shared: &Shared<'_, '_>, totals: &mut Totals<T>) -> bool {
    // A file of a rotation cannot be younger than the first stamp of the next one.
    let stamps: Vec<Option<Ts>> = inputs
        .iter()
        .map(|i| shared.formats.first_stamp(i.first_read(), i.mtime, &shared.job.logs.zone))
        .collect();
    let after = stamps.into_iter().skip(1).chain([None]);
    for (input, before) in inputs.into_iter().zip(after) {
        shared.progress.set_input(&input.path);
        if !one(input, before, shared, totals) {
            return false;
        }
    }
    true
}

fn one<T: Tallying>(
    input: Input,
    before: Option<Ts>,
    shared: &Shared<'_, '_>,
    totals: &mut Totals<T>,
) -> bool {
    let (job, source) = (shared.job, input.source);
    let detection = shared.formats.detect(&input.sample).at(&input.path);
    let context = Context {
        source,
        mtime: input.mtime.or(Some(job.run_start)),
        before,
        zone: job.logs.zone.clone(),
        year: job.logs.year,
        window: job.window,
        format: job.logs.format.clone(),
    };
    // The last stamp tells the year better than the first: a file may span New Year.
    let clock = YearClock::new(&context, input.first_read(), &input.tail());
    let mut file = File {
        info: recognised(describe(&input), &detection),
        clock,
        parser: Parser::new(shared.formats, &detection, context),
    };
    let reader = match input.text(file.parser.looks_back()) {
        Ok(reader) => reader,
        Err(fault) => {
            totals.ledger.faults.push(fault);
            return true;
        }
    };
    let (send, messages) = bounded(job.threads * PER_WORKER);
    let (give_back, spare) = bounded(job.threads * PER_WORKER * 2);
    let go_on = std::thread::scope(|scope| {
        let joins = file.parser.joins().clone();
        scope.spawn(move || read(reader, &joins, &send, &spare));
        file.rounds(&messages, &give_back, shared, totals)
    });
    file.info.notes.extend(file.clock.notes());
    file.info.notes.extend(file.parser.zone_note(&job.logs.zone));
    totals.sources.push((source, file.info));
    go_on
}

/// Says what the content was recognised as, and what it could also be.
fn recognised(mut info: SourceInfo, detection: &Detection) -> SourceInfo {
    if let Some(name) = detection.name() {
        name.clone_into(&mut info.kind);
    }
    let others: Vec<_> = detection.ambiguous().collect();
    if !others.is_empty() {
        info.notes.push(format!("could also be {}; --format decides", others.join(", ")));
    }
    info
}

fn read(mut reader: Reader, joins: &Joins<'_>, send: &Sender<Message>, spare: &Receiver<LineChunk>) {
    let continues = |before: &[u8], line: &[u8]| joins.continues(before, line);
    let divide = joins.division().map(|division| |text: &[u8], from| division.next(text, from));
    let borders = Borders { continues: &continues, divide: divide.as_ref().map(|d| d as &Divide<'_>) };
    loop {
        let mut chunk = spare.try_recv().unwrap_or_default();
        let more = reader.fill_whole(&mut chunk, Some(&borders));
        if !chunk.data.is_empty() && send.send(Message::Chunk(chunk)).is_err() {
            return;
        }
        if !more {
            break;
        }
    }
    // Nobody listens any more only if an output failed; the run ends then anyway.
    let (bytes, reached, sha256) = (reader.bytes_read(), reader.reached(), reader.sha256());
    let end = End { bytes, reached, sha256, fault: reader.fault(), ledger: reader.take_ledger() };
    let _ = send.send(Message::End(Box::new(end)));
}

impl File<'_> {
    fn rounds<T: Tallying>(
        &mut self,
        messages: &Receiver<Message>,
        give_back: &Sender<LineChunk>,
        shared: &Shared<'_, '_>,
        totals: &mut Totals<T>,
    ) -> bool {
        let most = shared.job.threads * PER_WORKER;
        let mut chunks = Vec::with_capacity(most);
        let mut before = Vec::new();
        loop {
            let end = self.gather(messages, most, &mut chunks, &mut totals.ledger);
            let File { parser, clock, info } = self;
            // What a round leaves behind is added up while the next one is parsed.
            let (done, going) = rayon::join(
                || parse(parser, clock, &chunks, shared),
                || absorb(info, std::mem::take(&mut before), shared, totals),
            );
            if !going {
                return false;
            }
            for chunk in chunks.drain(..) {
                // A full queue of spare chunks only costs an allocation later.
                let _ = give_back.try_send(chunk);
            }
            if end {
                return absorb(info, done, shared, totals);
            }
            before = done;
        }
    }

    /// Takes the chunks of a round; whether they are the last.
    fn gather(
        &mut self,
        messages: &Receiver<Message>,
        most: usize,
        chunks: &mut Vec<LineChunk>,
        accounts: &mut Ledger,
    ) -> bool {
        for message in messages {
            match message {
                Message::Chunk(chunk) => chunks.push(chunk),
                Message::End(end) => {
                    self.info.bytes = end.bytes;
                    self.info.reached = end.reached;
                    self.info.sha256 = end.sha256;
                    accounts.merge(end.ledger);
                    accounts.faults.extend(end.fault);
                    return true;
                }
            }
            if chunks.len() == most {
                return false;
            }
        }
        true
    }
}

/// Parses the chunks of a round.
fn parse<T: Tallying>(
    parser: &Parser<'_>,
    clock: &mut YearClock,
    chunks: &[LineChunk],
    shared: &Shared<'_, '_>,
) -> Vec<Done<T>> {
    // A year changes once in thousands of chunks: guess that it does not, and do again what it did.
    let guess = clock.expected();
    let read: Vec<(Parsed<'_>, Done<T>)> = chunks
        .par_iter()
        .with_max_len(1)
        .map_init(Scratch::default, |scratch, chunk| finish(parser, chunk, scratch, guess, shared))
        .collect();
    shared.progress.add_read(chunks.iter().map(|c| c.data.len() as u64).sum());
    let years: Vec<YearBase> = read.iter().map(|(parsed, _)| clock.advance(parsed)).collect();
    read.into_par_iter()
        .zip(years.into_par_iter().zip(chunks))
        .map(|((parsed, done), (year, chunk))| match parsed.is_of(guess, year) {
            true => done,
            false => finish(parser, chunk, &mut Scratch::default(), year, shared).1,
        })
        .collect()
}

/// Adds up what the chunks of a round left behind; `false` if an output failed.
fn absorb<T: Tallying>(
    info: &mut SourceInfo,
    done: Vec<Done<T>>,
    shared: &Shared<'_, '_>,
    totals: &mut Totals<T>,
) -> bool {
    let blocks = done.into_iter().map(|d| {
        totals.ledger.merge(d.ledger);
        info.records += d.lines;
        info.span = match (info.span, d.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        d.block
    });
    let blocks = blocks.collect();
    shared.writer.send(totals.absorb(blocks, shared.progress))
}

/// Makes the block of a chunk, with stamps that lack a year in `year`.
fn finish<'c, 'e: 'c, T: Tallying>(
    parser: &Parser<'_>,
    chunk: &'c LineChunk,
    scratch: &mut Scratch,
    year: YearBase,
    shared: &Shared<'_, 'e>,
) -> (Parsed<'c>, Done<T>) {
    let mut making = Making { filling: shared.stage.begin::<T>(false), span: None };
    let mut parsed = parser.read(chunk, scratch, year, &mut making);
    let ledger = std::mem::take(&mut parsed.ledger);
    let Making { filling, span } = making;
    let done = Done { block: filling.end(), lines: ledger.lines.read, ledger, span };
    (parsed, done)
}

/// A block in the making.
struct Making<'s, 'e, 'a, T> {
    filling: Filling<'s, 'e, 'a, T>,
    span: Option<(Ts, Ts)>,
}

impl<T> Making<'_, '_, '_, T> {
    fn at(&mut self, ts: Ts) {
        let (from, to) = self.span.unwrap_or((ts, ts));
        self.span = Some((from.min(ts), to.max(ts)));
    }
}

impl<'e: 'a, 'a, T: Tallying> Taker<'a> for Making<'_, 'e, 'a, T> {
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)> {
        self.at(event.ts);
        self.filling.push(event)
    }

    fn glance(&mut self, glimpse: Glimpse<'_, 'a>) {
        self.at(glimpse.ts);
        self.filling.glance(glimpse);
    }
}
