//! The lines of one group of logs: the parts of a rotated log, oldest first.
//!
//! A reader thread cuts chunks; workers parse, complete and render them; what they became is added up in
//! the order of the chunks, and so is the year of stamps without one carried on.

use super::block::{Filling, Finished};
use super::queue::Queue;
use super::run::{Shared, Totals, describe};
use super::workers::PerWorker;
use crate::logs::{
    Consumer, Context, Continuity, Detection, Joins, Parser, Scratch, Sequel, Start, YearClock,
};
use crate::model::{Event, FieldRef, Glimpse, InputFault, Ledger, SourceInfo, Ts, Value, joined};
use crate::report::Tallying;
use crate::source::LineChunk;
use crate::source::discover::Input;
use crate::source::lines::{Borders, Divide, Reader};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;

/// Chunks under way for each worker: enough to even out, few enough to keep memory small.
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
    continuity: Continuity,
    info: SourceInfo,
}

/// What a chunk became.
struct Done<T> {
    block: Finished<T>,
    ledger: Ledger,
    span: Option<(Ts, Ts)>,
    lines: u64,
    sequel: Sequel,
    /// What it was made for.
    start: Start,
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
    let file_time = context.mtime;
    let parser = Parser::new(shared.formats, &detection, context);
    let continuity = Continuity::new(&parser, clock);
    let mut file = File { info: recognised(describe(&input), &detection), continuity, parser };
    let reader = match input.text(file.parser.looks_back()) {
        Ok(reader) => reader,
        Err(fault) => {
            totals.ledger.faults.push(fault);
            return true;
        }
    };
    let (send, messages) = bounded(job.threads);
    let (give_back, spare) = bounded(job.threads * PER_WORKER * 2);
    let go_on = std::thread::scope(|scope| {
        let joins = file.parser.joins().clone();
        scope.spawn(move || read(reader, &joins, &send, &spare));
        file.follow(messages, &give_back, shared, totals)
    });
    file.info.notes.extend(file.continuity.notes(file_time));
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
    /// Has the chunks made into events as they come, and adds up what they became. Takes `messages`: once
    /// nobody listens, the reader ends.
    fn follow<T: Tallying>(
        &mut self,
        messages: Receiver<Message>,
        give_back: &Sender<LineChunk>,
        shared: &Shared<'_, '_>,
        totals: &mut Totals<T>,
    ) -> bool {
        let File { parser, continuity, info } = self;
        let most = shared.job.threads * PER_WORKER;
        let (parser, scratches) = (&*parser, &PerWorker::new(shared.job.threads, Scratch::default));
        // A tally may remember what this parser's constants say by where they lie: of another file's it knows nothing.
        totals.tallies = Arc::default();
        let tallies = &Arc::clone(&totals.tallies);
        let mut queue = Queue::new();
        rayon::in_place_scope_fifo(|workers| {
            for message in messages {
                match message {
                    Message::Chunk(chunk) => {
                        let guess = continuity.expected();
                        queue.begin(workers, move || {
                            let tally = tallies.take();
                            let done = scratches
                                .with(|scratch| finish(parser, &chunk, scratch, guess, tally, shared));
                            (chunk, done)
                        });
                    }
                    Message::End(end) => end_of(info, end, &mut totals.ledger),
                }
                let going = queue.settle(most as u64, |(chunk, done)| {
                    let going = add(parser, continuity, info, &chunk, done, shared, totals);
                    // A full queue of what can be used again only costs an allocation later.
                    let _ = give_back.try_send(chunk);
                    going
                });
                if !going {
                    return false;
                }
            }
            queue.settle(0, |(chunk, done)| add(parser, continuity, info, &chunk, done, shared, totals))
        })
    }
}

/// Takes down what is known when a file was read to its end.
fn end_of(info: &mut SourceInfo, end: Box<End>, ledger: &mut Ledger) {
    info.bytes = end.bytes;
    info.reached = end.reached;
    info.sha256 = end.sha256;
    ledger.merge(end.ledger);
    ledger.faults.extend(end.fault);
}

/// Adds up what the next chunk became. `false` if an output failed.
fn add<T: Tallying>(
    parser: &Parser<'_>,
    continuity: &mut Continuity,
    info: &mut SourceInfo,
    chunk: &LineChunk,
    mut done: Done<T>,
    shared: &Shared<'_, '_>,
    totals: &mut Totals<T>,
) -> bool {
    let start = continuity.begin(&done.sequel);
    if !done.sequel.same_in(&done.start, &start) {
        done = finish(parser, chunk, &mut Scratch::default(), start, T::default(), shared);
    }
    continuity.end(done.sequel);
    shared.progress.add_read(chunk.data.len() as u64);
    totals.ledger.merge(done.ledger);
    info.records += done.lines;
    info.span = joined(info.span, done.span);
    totals.hand_on(done.block, shared)
}

/// Makes the block of a chunk, before which `start` holds, counted into the empty `tally`.
fn finish<T: Tallying>(
    parser: &Parser<'_>,
    chunk: &LineChunk,
    scratch: &mut Scratch,
    start: Start,
    tally: T,
    shared: &Shared<'_, '_>,
) -> Done<T> {
    let mut making = Making { filling: shared.stage.begin(false, tally), span: None };
    let parsed = parser.read(chunk, scratch, &start, &mut making);
    let (sequel, ledger) = (parsed.sequel(), parsed.ledger);
    let Making { filling, span } = making;
    Done { block: filling.end(), lines: ledger.lines.read, ledger, span, sequel, start }
}

/// A block in the making.
struct Making<'s, 'e, 'a, T> {
    filling: Filling<'s, 'e, 'a, T>,
    span: Option<(Ts, Ts)>,
}

impl<T> Making<'_, '_, '_, T> {
    fn at(&mut self, ts: Ts) {
        self.span = joined(self.span, Some((ts, ts)));
    }
}

impl<'e: 'a, 'a, T: Tallying> Consumer<'a> for Making<'_, 'e, 'a, T> {
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)> {
        self.at(event.ts);
        self.filling.push(event)
    }

    fn glance(&mut self, glimpse: Glimpse<'_, 'a>) -> Option<u32> {
        self.at(glimpse.ts);
        self.filling.glance(glimpse)
    }

    fn again(&mut self, number: u32, ts: Ts) {
        self.at(ts);
        self.filling.again(number, ts);
    }
}
