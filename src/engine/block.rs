//! Blocks of events: the unit of the last parallel stage, where events are completed, counted,
//! observed and rendered. A block's borders depend on the input alone, so merging blocks in order
//! gives the same tables for any number of threads.

use super::workers::PerWorker;
use crate::detect::{Concerned, Tables};
use crate::enrich::{Cache, Enricher};
use crate::model::{Event, FieldRef, Glimpse, Ts, Value};
use crate::report::Tallying;
use crate::sink::{Needs, Render, Rendered, Sink};

/// Events of packets per block. Small, since blocks wait in memory that is used again before it cools.
pub(super) const BLOCK: usize = 1024;
/// Events completed at a time: their fields stay in the cache and their memory is reused.
const SLICE: usize = 64;

/// Fields that an ordinary completed event ends with.
const FIELDS: usize = 64;

/// The fields of an event.
type Fields<'a> = Vec<(FieldRef, Value<'a>)>;

/// What a worker keeps from block to block.
struct Worker<'e> {
    cache: Cache<'e>,
    concerned: Concerned,
    renderers: Vec<Option<Box<dyn Render>>>,
}

/// The stage, shared by all workers.
pub(super) struct Stage<'e> {
    enricher: &'e Enricher,
    tables: Tables,
    workers: PerWorker<Worker<'e>>,
    sinks: usize,
    use_of: Use,
    /// Some output tells the events, with all of their fields.
    told: bool,
}

/// What the events of a run are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// They are completed, rendered, and observed as far as somebody asks for what that tells.
    For(Needs),
    /// They are only counted, as the lines gave them.
    Count,
}

/// What a block became.
pub(super) struct Finished<T> {
    /// Per sink, in order.
    pub rendered: Vec<Vec<Rendered>>,
    pub tally: T,
    pub tables: Tables,
    pub events: usize,
}

/// Builds up one block.
pub(super) struct Filling<'s, 'e, 'a, T> {
    stage: &'s Stage<'e>,
    waiting: Vec<Event<'a>>,
    /// Lists with room for all fields of a completed event, used again and again: events wait with small
    /// ones, and none has to grow.
    spare: Vec<Fields<'a>>,
    packets: bool,
    /// The events are complete already.
    whole: bool,
    done: Finished<T>,
}

impl<'e> Stage<'e> {
    /// `tables` is an empty set of detector tables to start each block from.
    pub fn new(
        enricher: &'e Enricher,
        tables: Tables,
        sinks: &[Box<dyn Sink>],
        threads: usize,
        use_of: Use,
    ) -> Stage<'e> {
        let worker = || {
            let renderers = sinks.iter().map(|s| s.renderer()).collect();
            Worker { cache: Cache::default(), concerned: Concerned::default(), renderers }
        };
        let told = sinks.iter().any(|sink| sink.renderer().is_some());
        Stage { enricher, tables, workers: PerWorker::new(threads, worker), sinks: sinks.len(), use_of, told }
    }

    /// Begins a block; `packets` tells whether its events come from a capture, and `tally` is empty.
    pub fn begin<'a, T: Tallying>(&self, packets: bool, tally: T) -> Filling<'_, 'e, 'a, T>
    where
        'e: 'a,
    {
        let done = Finished {
            rendered: (0..self.sinks).map(|_| Vec::new()).collect(),
            tally,
            tables: self.tables.part(),
            events: 0,
        };
        Filling {
            stage: self,
            waiting: Vec::with_capacity(SLICE),
            spare: Vec::new(),
            packets,
            whole: false,
            done,
        }
    }

    /// A whole block at once, counted into the empty `tally`.
    pub fn finish<T: Tallying>(&self, events: Vec<Event<'static>>, packets: bool, tally: T) -> Finished<T> {
        let mut filling = self.begin(packets, tally);
        for event in events {
            filling.push(event);
        }
        filling.end()
    }

    /// A whole block of events that are complete.
    #[cfg(feature = "case")]
    pub fn pass<T: Tallying>(&self, events: Vec<Event<'static>>) -> Finished<T> {
        let mut filling = self.begin(false, T::default());
        filling.whole = true;
        for event in events {
            filling.push(event);
        }
        filling.end()
    }
}

impl<'e: 'a, 'a, T: Tallying> Filling<'_, 'e, 'a, T> {
    /// Adds an event; gives back memory for the fields of the next one.
    pub fn push(&mut self, event: Event<'a>) -> Fields<'a> {
        if self.stage.use_of == Use::Count {
            self.done.tally.observe(&event);
            self.done.events += 1;
            let mut fields = event.fields;
            fields.clear();
            return fields;
        }
        self.waiting.push(event);
        if self.waiting.len() == SLICE {
            self.flush();
        }
        // Events of packets were made elsewhere, each with a list of its own.
        if self.packets { Vec::new() } else { self.spare.pop().unwrap_or_default() }
    }

    /// Counts an event that nobody but the tally wants to see.
    pub fn glance(&mut self, glimpse: Glimpse<'_, '_>) -> Option<u32> {
        self.done.events += 1;
        self.done.tally.glance(glimpse)
    }

    /// Counts the same as before at another time.
    pub fn again(&mut self, number: u32, ts: Ts) {
        self.done.events += 1;
        self.done.tally.again(number, ts);
    }

    /// Closes the block.
    pub fn end(mut self) -> Finished<T> {
        self.flush();
        let stage = self.stage;
        stage.workers.with(|worker| self.render(worker, |renderer, _| renderer.end()));
        self.done
    }

    fn flush(&mut self) {
        let stage = self.stage;
        stage.workers.with(|worker| self.complete(worker));
    }

    fn render(&mut self, worker: &mut Worker<'e>, with: impl Fn(&mut dyn Render, &[Event<'a>]) -> Rendered) {
        for (renderer, out) in worker.renderers.iter_mut().zip(&mut self.done.rendered) {
            if let Some(renderer) = renderer {
                out.push(with(renderer.as_mut(), &self.waiting));
            }
        }
    }

    fn complete(&mut self, worker: &mut Worker<'e>) {
        if !self.whole {
            self.stage.enricher.look_ahead(&self.waiting, &mut worker.cache);
        }
        for event in &mut self.waiting {
            if event.fields.capacity() < FIELDS {
                let roomy = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(FIELDS));
                let mut small = std::mem::replace(&mut event.fields, roomy);
                event.fields.append(&mut small);
            }
            match (self.whole, self.stage.told) {
                (true, _) => {}
                (false, true) => self.stage.enricher.complete(event, self.packets, &mut worker.cache),
                (false, false) => self.stage.enricher.outline(event, self.packets, &mut worker.cache),
            }
        }
        // One table after the other, not one event after the other: its code and its memory stay near.
        let needs = match self.stage.use_of {
            Use::For(needs) => Some(needs),
            Use::Count => None,
        };
        if needs >= Some(Needs::Report) {
            self.waiting.iter().for_each(|event| self.done.tally.observe(event));
        }
        if needs >= Some(Needs::Findings) {
            self.waiting.iter().for_each(|event| self.done.tables.observe(event, &mut worker.concerned));
        }
        self.render(worker, |renderer, events| renderer.render(events));
        self.done.events += self.waiting.len();
        for mut event in self.waiting.drain(..) {
            event.fields.clear();
            self.spare.push(event.fields);
        }
    }
}
