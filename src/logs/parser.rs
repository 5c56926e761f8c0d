//! Lines to events.

use super::columns::Layout;
use super::consumer::{Consumer, Nobody};
use super::continuity::Start;
use super::detect::Detection;
use super::dispatch::Walked;
use super::draft::Draft;
use super::grok::Slots;
use super::identity::identity;
use super::joins::Joins;
use super::line::{Fate, Line};
use super::message_cache::MessageCache;
use super::physical::{clean, skip};
use super::process::{Held, Recent};
use super::quick::{Heads, Quick};
use super::set::FormatSet;
use super::template::Walk;
use super::time::{Calendar, Hour, Moment, Pending, Turns, YearBase, Zone};
use crate::model::{Dataset, Event, Ledger, Origin, Ts, Value};
use crate::source::LineChunk;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is known about a file beside its content.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Number of the source, for [`Origin`].
    pub source: u32,
    /// When the file was last written: the latest its stamps can be.
    pub mtime: Option<Ts>,
    /// First stamp of the next newer file of the same rotation set.
    pub before: Option<Ts>,
    /// Zone of stamps without an offset.
    pub zone: Zone,
    /// Year of the first stamp, where the user gave one.
    pub year: Option<i16>,
    /// Events outside are counted as `filtered`: from (inclusive), to (exclusive).
    pub window: (Option<Ts>, Option<Ts>),
    /// Name of the format, where the user gave one; overrides what was detected.
    pub format: Option<String>,
}

/// Longest line that is looked at, bytes: what comes after is counted and left out.
pub(super) const LINE: usize = 1 << 16;
/// The same of a line that is a JSON object, of which a part tells nothing.
pub(super) const OBJECT: usize = 1 << 20;

/// Name under which events are counted whose line tells no time.
pub(super) const NO_TIME: &str = "time.missing";

/// What reading a line came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// An event, or one that nobody wants.
    Event,
    /// An event that tells nothing but the frame of a message.
    Frame,
    /// Nothing to make an event of; it is counted.
    Nothing,
    /// No format reads it; it is not yet counted.
    Not,
}

/// Memory that a worker keeps between chunks.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) hour: Hour,
    pub(super) calendar: Calendar,
    pub(super) heads: Heads,
    /// Number of the program that wrote the last line; see [`Quick`].
    pub(super) program: usize,
    pub(super) slots: Slots,
    pub(super) walk: Walk,
    /// Which rules the last texts were tried by.
    pub(super) walked: Walked,
    /// Which processes wrote the last lines.
    pub(super) recent: Recent,
    /// What earlier lines of the chunk wrap.
    pub(super) held: Held,
    /// What the last lines said.
    pub(super) cache: MessageCache,
    /// Orders of columns of the file being read.
    pub(super) layouts: Arc<[Layout]>,
    /// The current line is a header of columns, and tells another order than the one in use.
    pub(super) header: bool,
    pub(super) header_changed: bool,
    /// Time of the packet that carries the line, which is the line's where it has none.
    pub(super) carrier: Option<Ts>,
    /// A grok expression gave up on the current line.
    pub(super) step_limit: bool,
    /// (format, rule) of each match, where someone asked for it.
    pub(super) trace: Option<Vec<(&'static str, usize)>>,
}

impl Scratch {
    /// Steps of all grok expressions that were tried so far: a measure of work that no clock has a part in.
    pub fn steps(&self) -> usize {
        self.slots.total_steps()
    }
}

/// Parses the lines of one file. Shared by threads.
#[derive(Debug)]
pub struct Parser<'f> {
    pub(super) set: &'f FormatSet,
    pub(super) roots: Vec<usize>,
    /// The other formats without a parent, for lines that none of the sample was like.
    others: Vec<usize>,
    pub(super) layouts: Arc<[Layout]>,
    pub(super) context: Context,
    /// Which lines belong together.
    joins: Joins<'f>,
    /// The short way; not for events outside a window, which are counted by their time.
    pub(super) quick: Option<Quick>,
}

/// What a chunk became. Events without a year have no time until [`Parser::finish`].
#[derive(Debug, Default)]
pub struct Parsed<'a> {
    /// In the order of the lines.
    pub events: Vec<Event<'a>>,
    /// Accounts of the chunk's lines.
    pub ledger: Ledger,
    pub(super) pending: Vec<Pending>,
    pub(super) turns: Turns,
    /// The orders of columns behind it, where its headers changed them.
    pub(super) layouts: Option<Arc<[Layout]>>,
    /// Where the lines are from; `None` for a message that no file holds.
    pub(super) chunk: Option<&'a LineChunk>,
    /// Second events of the line being read.
    pub(super) seconds: Vec<Event<'a>>,
    /// Time of the last line that tells one with its year.
    pub(super) latest: Option<Ts>,
    /// Lines of the events that have more than one, by the number of the first.
    pub(super) lengths: BTreeMap<u64, u64>,
    /// Numbers of the first lines of events that tell nothing but a frame, where a window may leave them out.
    pub(super) framed: BTreeSet<u64>,
}

impl Parsed<'_> {
    /// Where a year began within the chunk.
    pub fn turns(&self) -> Turns {
        self.turns
    }
}

impl<'f> Parser<'f> {
    /// A parser for a file whose beginning was given to [`FormatSet::detect`].
    pub fn new(set: &'f FormatSet, detection: &Detection, mut context: Context) -> Parser<'f> {
        let forced = context.format.as_ref().and_then(|name| set.index(name));
        let roots = match forced {
            Some(format) => vec![format],
            None => detection.formats().collect(),
        };
        let first = roots.first().and_then(|root| set.format(*root));
        if let (false, Some(zone)) = (context.zone.is_given(), first.and_then(|format| format.zone.as_ref()))
        {
            context.zone = zone.clone();
        }
        let joins = Joins::new(set, &roots, forced.is_none() && detection.mixed);
        let quick = Quick::new(set, &roots).filter(|_| context.window == (None, None) && !joins.any());
        let others = set.roots.iter().copied().filter(|root| forced.is_none() && !roots.contains(root));
        let others = others.collect();
        Parser { set, roots, others, layouts: Arc::clone(&detection.layouts), context, joins, quick }
    }

    /// Which lines belong together: chunks must not be cut within an event.
    pub fn joins(&self) -> &Joins<'f> {
        &self.joins
    }

    /// Parses a chunk. Needs nothing but the chunk: chunks may be parsed in any order.
    pub fn parse<'a>(&self, chunk: &'a LineChunk, scratch: &mut Scratch) -> Parsed<'a> {
        let mut parsed = Parsed { chunk: Some(chunk), ..Parsed::default() };
        parsed.events.reserve(chunk.data.len() / 100);
        let start = Start::of_file(self, YearBase::default());
        self.lines(chunk, scratch, &mut parsed, &start, None::<&mut Nobody>);
        parsed
    }

    /// Parses a chunk from what holds before it, or is expected to: each event goes to `consumer` as soon as it is
    /// made, while all of it is in the cache. If something else holds after all ([`Sequel::same_in`]), it has to be
    /// done again.
    ///
    /// [`Sequel::same_in`]: super::Sequel::same_in
    pub fn read<'a>(
        &self,
        chunk: &'a LineChunk,
        scratch: &mut Scratch,
        start: &Start,
        consumer: &mut impl Consumer<'a>,
    ) -> Parsed<'a> {
        let mut parsed = Parsed { chunk: Some(chunk), ..Parsed::default() };
        self.lines(chunk, scratch, &mut parsed, start, Some(consumer));
        parsed
    }

    /// Gives the events made so far to `consumer`.
    pub(super) fn hand_over<'a>(
        &self,
        parsed: &mut Parsed<'a>,
        year: YearBase,
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
        consumer: &mut impl Consumer<'a>,
    ) {
        if parsed.events.is_empty() {
            return;
        }
        self.settle(parsed, year, &mut scratch.hour);
        for event in parsed.events.drain(..) {
            draft.fields = consumer.take(event);
        }
    }

    /// Gives the events without a year their time and applies the window.
    pub fn finish(&self, parsed: &mut Parsed<'_>, year: YearBase) {
        self.settle(parsed, year, &mut Hour::default());
    }

    fn settle(&self, parsed: &mut Parsed<'_>, year: YearBase, hour: &mut Hour) {
        for pending in parsed.pending.drain(..) {
            let year = year.0.saturating_add(pending.turn);
            if let Some(event) = parsed.events.get_mut(pending.event) {
                if pending.when.leap_day() && !super::time::is_leap(year) {
                    parsed.ledger.anomaly("time.leap_day", event.origin);
                }
                event.ts = self.context.zone.resolve(pending.when.in_year(year), hour);
                if let Some(timing) = pending.timing {
                    timing.apply(event);
                }
            }
        }
        let (from, to) = self.context.window;
        if from.is_some() || to.is_some() {
            let (ledger, narrowed) = (&mut parsed.ledger, self.set.narrowed);
            let (lengths, framed) = (&parsed.lengths, &parsed.framed);
            parsed.events.retain(|event| {
                let inside = from.is_none_or(|t| event.ts >= t) && to.is_none_or(|t| event.ts < t);
                if !inside && event.seq.sub == 0 {
                    for nth in 0..lengths.get(&event.origin.record).copied().unwrap_or(1) {
                        ledger.lines.decoded -= 1;
                        ledger.lines.framed -= u64::from(framed.contains(&event.origin.record));
                        let origin = Origin { record: event.origin.record + nth, ..event.origin };
                        ledger.lines.skip("filtered", origin, &[]);
                    }
                }
                // Events that nobody wants were only made for this question.
                inside && !(narrowed && event.fields.is_empty())
            });
        }
    }

    /// Reads a line, or lines that belong together, with the first of the formats that can. The caller counts what
    /// became an event.
    #[allow(clippy::too_many_arguments, reason = "the state of the loop over the lines")]
    pub(super) fn line_as<'a>(
        &self,
        roots: &[usize],
        text: &'a str,
        raw: &[u8],
        origin: Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) -> Read {
        let Some(text) = clean(text, raw, origin, &mut parsed.ledger) else { return Read::Nothing };
        draft.clear();
        let mut line = Line { set: self.set, origin, ledger: &mut parsed.ledger, scratch };
        let mut all = roots.iter().chain(&self.others);
        let fate = all.find_map(|root| line.read(self.set.format(*root)?, text, draft, 0));
        if std::mem::take(&mut scratch.step_limit) {
            parsed.ledger.cap("grok.steps", origin);
        }
        if std::mem::take(&mut scratch.header_changed) {
            parsed.ledger.anomaly("columns.changed", origin);
        }
        match fate {
            Some(Fate::Event(dataset)) => {
                let repeated = std::mem::take(&mut draft.like_before)
                    .then(|| self.repeat(text, origin, draft, parsed.chunk, scratch));
                let dataset = repeated.flatten().unwrap_or(dataset);
                let framed = draft.framed && !self.set.narrowed;
                self.emit(dataset, origin, text, draft, parsed, scratch);
                return if framed { Read::Frame } else { Read::Event };
            }
            Some(Fate::Dropped) => skip(&mut parsed.ledger, "dropped", origin, raw),
            Some(Fate::Header) => skip(&mut parsed.ledger, "header", origin, raw),
            None => return Read::Not,
        }
        Read::Nothing
    }

    /// A moment in UTC, if its year is known.
    fn at(&self, moment: Moment, scratch: &mut Scratch) -> Option<Ts> {
        match moment {
            Moment::Utc(ts) => Some(ts),
            Moment::Local(wall) => Some(self.context.zone.resolve(wall, &mut scratch.hour)),
            Moment::Yearless(_) => None,
        }
    }

    fn emit<'a>(
        &self,
        dataset: &'static Dataset,
        origin: Origin,
        text: &str,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) {
        let wanted = draft.wanted && self.set.of_wanted_user(draft);
        // A line outside the window is counted as such whether it is wanted or not.
        let silent = !wanted && self.context.window == (None, None);
        let known = draft.time.and_then(|moment| self.at(moment, scratch));
        let ts = match (known, draft.time) {
            (Some(ts), _) => ts,
            (None, Some(Moment::Yearless(when))) => {
                let turn = parsed.turns.step(when);
                if silent {
                    return;
                }
                parsed.pending.push(Pending { event: parsed.events.len(), when, turn, timing: draft.timing });
                0
            }
            (None, _) => scratch.carrier.unwrap_or_else(|| {
                parsed.ledger.anomaly(NO_TIME, origin);
                // Lines are written one after the other: the one before is nearer than the end of the file.
                parsed.latest.or(self.context.mtime).unwrap_or(0)
            }),
        };
        parsed.latest = known.or(parsed.latest);
        if silent {
            return;
        }
        let fields = if wanted { std::mem::take(&mut draft.fields) } else { Vec::new() };
        let mut event = Event::with_fields(dataset, origin, ts, fields);
        // What is only counted has no id.
        event.identity = if self.set.narrowed { 0 } else { identity(text.as_bytes()) };
        event.end = draft.end.and_then(|end| self.at(end, scratch));
        if let (Some(timing), false) = (draft.timing, matches!(draft.time, Some(Moment::Yearless(_)))) {
            timing.apply(&mut event);
        }
        event.outcome = draft.outcome;
        event.transport = draft.transport;
        event.source = draft.source;
        event.destination = draft.destination;
        if draft.looks_back && event.source.ip.is_none() {
            self.find_client(&mut event, text, parsed.chunk, scratch);
        }
        if std::mem::take(&mut draft.strange)
            && self.find_beginning(&mut event, parsed.chunk, scratch).is_some()
        {
            parsed.ledger.anomaly("log.continuation", origin);
        }
        if draft.repeats {
            super::draft::last_wins(&mut event.fields);
        }
        if !draft.bad.is_empty() {
            parsed.ledger.anomaly_in("fmt.field", origin, text.as_bytes());
            event.push(self.set.bad_fields, Value::texts(draft.bad.drain(..)));
        }
        self.put(event, draft, wanted, parsed);
    }

    /// Adds an event, and the second ones from the same line.
    fn put<'a>(&self, event: Event<'a>, draft: &mut Draft<'a>, wanted: bool, parsed: &mut Parsed<'a>) {
        let waits = parsed.pending.last().copied().filter(|pending| pending.event == parsed.events.len());
        for (also, nth) in draft.also.drain(..).filter(|_| wanted && !self.set.narrowed).zip(1..) {
            let at = parsed.events.len() + usize::try_from(nth).unwrap_or(usize::MAX);
            parsed.pending.extend(waits.map(|first| Pending { event: at, ..first }));
            parsed.seconds.push(also.event(&event, nth));
        }
        parsed.events.push(event);
        parsed.events.append(&mut parsed.seconds);
    }
}
