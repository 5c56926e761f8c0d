//! Rounds over the packets of one group of captures.
//!
//! A reader thread fills batches; workers dissect slices of a batch and sort packets into shards; each
//! shard then takes its packets in input order. Fragments are put together between the two steps.

mod ending;

use super::block::BLOCK;
use super::carried;
use super::queue::Queue;
use super::run::{Shared, Totals};
use super::transfers::Transfers;
use crate::model::{Event, InputFault, Ledger, Origin, Seq, SourceInfo, Stamp, joined};
use crate::net::shard::{Output, Shard};
use crate::net::{Packet, RAW_IP, SHARDS, Verdict, defrag::Defrag, dissect::dissect};
use crate::report::Tallying;
use crate::source::{PacketBatch, RawPacket, discover::Input};
use crossbeam_channel::{Receiver, Sender, bounded};
use ending::Ending;
use rayon::{ScopeFifo, prelude::*};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Packets dissected by one worker at a time.
const SLICE: usize = 2048;
/// Blocks per worker that may be under way: enough to even out, few enough to keep memory small.
const PER_WORKER: u64 = 2;

/// What the reader thread says.
enum Message {
    /// Packets of source `.0`.
    Batch(u32, PacketBatch),
    /// Source `.0` is at its end.
    End(u32, SourceInfo),
    /// Input could not be opened.
    Fault(InputFault),
}

/// A slice of a batch after dissection. Reused from round to round, so that a packet costs no allocation.
#[derive(Default)]
struct Dissected {
    /// Index of the raw packet, and what is in it, in input order.
    packets: Vec<(u32, Packet)>,
    /// Which shard each of them belongs to.
    shards: Vec<u8>,
    /// Indexes into `packets`, by shard and then in input order.
    order: Vec<u16>,
    /// Where each shard begins in `order`; one more than there are shards.
    begins: Vec<u16>,
    /// Index of the raw packet, and where the fragment is in it.
    fragments: Vec<(u32, Range<u32>)>,
    ledger: Ledger,
}

/// A datagram put together from fragments.
struct Whole {
    packet: Packet,
    data: Vec<u8>,
}

/// The state of a group between rounds.
struct Group {
    shards: Vec<(Shard, Output)>,
    slices: Vec<Dissected>,
    defrag: Defrag,
    /// Room for [`Group::collect`], used again.
    fresh: Vec<Option<Event<'static>>>,
    order: Vec<(Seq, usize)>,
    /// Events that do not fill a block yet: blocks must not depend on the size of a round.
    rest: Vec<Event<'static>>,
    transfers: Transfers,
    last: Stamp,
}

/// Reads and decodes a group. `false` if an output failed.
pub(super) fn run<T: Tallying>(inputs: Vec<Input>, shared: &Shared<'_, '_>, totals: &mut Totals<T>) -> bool {
    let (send, messages) = bounded(1);
    let (give_back, spare) = bounded(3);
    let round = shared.job.round;
    std::thread::scope(|scope| {
        scope.spawn(move || read(inputs, round, &send, &spare));
        rayon::in_place_scope_fifo(|workers| decode(messages, &give_back, shared, totals, workers))
    })
}

/// Decodes what the reader delivers. Blocks of events are finished beside the rounds that follow, so that
/// a worker that waits for the end of a step has something to do.
/// Takes `messages`: once nobody listens, the reader ends.
fn decode<'s, T: Tallying + 's>(
    messages: Receiver<Message>,
    give_back: &Sender<PacketBatch>,
    shared: &Shared<'s, '_>,
    totals: &mut Totals<T>,
    workers: &ScopeFifo<'s>,
) -> bool {
    let mut group = Group::new(shared);
    let mut queue = Queue::new();
    let most = shared.job.threads as u64 * PER_WORKER;
    let stage = shared.stage;
    let tallies = Arc::clone(&totals.tallies);
    let finish = |block| {
        let tally = tallies.take();
        move || stage.finish(block, true, tally)
    };
    for message in messages {
        match message {
            Message::Batch(source, mut batch) => {
                shared.progress.add_read(batch.ledger.packets.bytes);
                group.round(source, &batch, shared, &mut totals.ledger);
                totals.ledger.merge(std::mem::take(&mut batch.ledger));
                // The reader may have ended: then nobody needs the buffer.
                let _ = give_back.try_send(batch);
                for block in group.blocks(false) {
                    queue.begin(workers, finish(block));
                }
                if !queue.settle(most, |block| totals.hand_on(block, shared)) {
                    return false;
                }
            }
            Message::End(source, info) => totals.sources.push((source, info)),
            Message::Fault(fault) => totals.ledger.faults.push(fault),
        }
    }
    let mut ending = Ending::of(&group);
    while group.end(&mut ending, shared, &mut totals.ledger) {
        for block in group.blocks(false) {
            queue.begin(workers, finish(block));
        }
        if !queue.settle(most, |block| totals.hand_on(block, shared)) {
            return false;
        }
    }
    for block in group.blocks(true) {
        queue.begin(workers, finish(block));
    }
    queue.settle(0, |block| totals.hand_on(block, shared))
}

fn read(inputs: Vec<Input>, round: usize, send: &Sender<Message>, spare: &Receiver<PacketBatch>) {
    for input in inputs {
        let source = input.source;
        let mut info = super::run::describe(&input);
        let mut reader = match input.packets() {
            Ok(reader) => reader,
            Err(fault) => {
                let _ = send.send(Message::Fault(fault));
                continue;
            }
        };
        loop {
            let mut batch = spare.try_recv().unwrap_or_default();
            let more = reader.fill(&mut batch, round);
            info.records += batch.packets.len() as u64;
            for packet in &batch.packets {
                info.span = joined(info.span, Some((packet.ts, packet.ts)));
            }
            if send.send(Message::Batch(source, batch)).is_err() {
                return;
            }
            if !more {
                break;
            }
        }
        info.bytes = reader.bytes_read();
        info.sha256 = reader.sha256();
        info.notes = reader.notes();
        if send.send(Message::End(source, info)).is_err() {
            return;
        }
    }
}

impl Group {
    fn new(shared: &Shared<'_, '_>) -> Group {
        let shard = || (Shard::new(&shared.job.net, &shared.options), Output::default());
        Group {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            slices: Vec::new(),
            defrag: Defrag::new(),
            fresh: Vec::new(),
            order: Vec::new(),
            rest: Vec::with_capacity(BLOCK),
            transfers: Transfers::default(),
            last: Stamp::default(),
        }
    }

    /// Decodes one batch; the events wait in `rest`, in order.
    fn round(&mut self, source: u32, batch: &PacketBatch, shared: &Shared<'_, '_>, ledger: &mut Ledger) {
        let mut slices = std::mem::take(&mut self.slices);
        slices.resize_with(batch.packets.len().div_ceil(SLICE).max(slices.len()), Dissected::default);
        // Beyond the batch's end the packets are none: a slice left from a longer batch is emptied.
        let packets = batch.packets.par_chunks(SLICE).chain(rayon::iter::repeat_n(&[][..], slices.len()));
        slices.par_iter_mut().zip(packets).enumerate().for_each(|(i, (slice, packets))| {
            slice.fill(source, i * SLICE, packets, batch, shared);
        });
        let whole = self.reassemble(source, batch, &slices, shared, ledger);
        let (net, options) = (&shared.job.net, &shared.options);
        self.shards.par_iter_mut().enumerate().for_each(|(index, (shard, out))| {
            let mut at = Origin { source, ..Origin::default() };
            let work = AssertUnwindSafe(|| {
                feed(shard, out, index, &slices, &whole, batch, &mut at);
                carried::read(out, &shared.carried);
            });
            if catch_unwind(work).is_err() {
                *shard = Shard::new(net, options);
                out.ledger.faults.push(bug(at));
            }
        });
        self.collect(ledger);
        for slice in &mut slices {
            ledger.merge(std::mem::take(&mut slice.ledger));
        }
        self.slices = slices;
        if let Some(packet) = batch.packets.last() {
            self.last = stamp(source, packet);
        }
    }

    /// Puts the events of the shards in order behind those that wait, and takes over their accounts. What is
    /// sorted are places: an event is moved twice, however many there are.
    fn collect(&mut self, ledger: &mut Ledger) {
        let Group { shards, fresh, order, rest, transfers, .. } = self;
        fresh.clear();
        order.clear();
        for (_, out) in shards {
            for event in out.events.drain(..) {
                order.push((event.seq, fresh.len()));
                fresh.push(Some(event));
            }
            ledger.merge(std::mem::take(&mut out.ledger));
        }
        order.sort_unstable();
        let events = order.iter().filter_map(|(_, i)| fresh.get_mut(*i)?.take());
        rest.extend(events.filter_map(|event| transfers.join(event, ledger)));
    }

    /// Gives fragments to the defragmenter in order; returns the datagrams that became whole, by shard.
    fn reassemble(
        &mut self,
        source: u32,
        batch: &PacketBatch,
        slices: &[Dissected],
        shared: &Shared<'_, '_>,
        ledger: &mut Ledger,
    ) -> Vec<Vec<Whole>> {
        let mut whole: Vec<Vec<Whole>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for (index, range) in slices.iter().flat_map(|s| &s.fragments) {
            let Some((raw, bytes)) = captured(batch, *index) else { continue };
            let stamp = stamp(source, raw);
            let Some(data) = self.defrag.push(bytes, range.clone(), raw.origlen, stamp, ledger) else {
                continue;
            };
            let Verdict::Flow(packet) = dissect(RAW_IP, &data, self.defrag.wire_len(), stamp) else {
                continue;
            };
            if shared.job.filter.as_ref().is_some_and(|f| !f.matches(&packet)) {
                ledger.packets.skip("filtered", stamp.origin, &[]);
            } else if let Some(list) = whole.get_mut(packet.key.shard()) {
                list.push(Whole { packet, data });
            }
        }
        whole
    }

    /// Takes out the blocks that are full; at the end, `all`.
    fn blocks(&mut self, all: bool) -> Vec<Vec<Event<'static>>> {
        let mut blocks = Vec::new();
        while self.rest.len() >= BLOCK || (all && !self.rest.is_empty()) {
            blocks.push(self.rest.drain(..self.rest.len().min(BLOCK)).collect());
        }
        blocks
    }
}

fn stamp(source: u32, raw: &RawPacket) -> Stamp {
    Stamp { ts: raw.ts, origin: Origin { source, record: raw.number, offset: raw.file_offset } }
}

fn captured(batch: &PacketBatch, index: u32) -> Option<(&RawPacket, &[u8])> {
    let raw = batch.packets.get(index as usize)?;
    let start = raw.start as usize;
    Some((raw, batch.data.get(start..start + raw.caplen as usize)?))
}

impl Dissected {
    fn fill(
        &mut self,
        source: u32,
        base: usize,
        packets: &[RawPacket],
        batch: &PacketBatch,
        shared: &Shared<'_, '_>,
    ) {
        self.packets.clear();
        self.shards.clear();
        self.fragments.clear();
        let (from, to) = shared.job.window;
        for (i, raw) in packets.iter().enumerate() {
            let stamp = stamp(source, raw);
            let start = raw.start as usize;
            let Some(bytes) = batch.data.get(start..start + raw.caplen as usize) else { continue };
            let counts = &mut self.ledger.packets;
            if from.is_some_and(|from| raw.ts < from) || to.is_some_and(|to| raw.ts >= to) {
                counts.skip("outside_time_window", stamp.origin, &[]);
                continue;
            }
            let index = u32::try_from(base + i).unwrap_or(u32::MAX);
            match dissect(raw.link, bytes, raw.origlen, stamp) {
                Verdict::Flow(packet) => {
                    if shared.job.filter.as_ref().is_some_and(|f| !f.matches(&packet)) {
                        counts.skip("filtered", stamp.origin, &[]);
                    } else {
                        self.shards.push(u8::try_from(packet.key.shard()).unwrap_or(0));
                        self.packets.push((index, packet));
                    }
                }
                Verdict::Fragment(range) => self.fragments.push((index, range)),
                Verdict::Skip(reason) => counts.skip(reason, stamp.origin, &[]),
                Verdict::Malformed(reason) => counts.malformed(reason, stamp.origin, bytes),
            }
        }
        self.sort();
    }

    /// Counting sort by shard: two passes over small numbers instead of a list per shard, each of which
    /// would grow to the size of the slice.
    fn sort(&mut self) {
        self.begins.clear();
        self.begins.resize(SHARDS + 1, 0);
        for shard in &self.shards {
            if let Some(count) = self.begins.get_mut(usize::from(*shard) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut self.begins {
            sum += *begin;
            *begin = sum;
        }
        self.order.clear();
        self.order.resize(self.packets.len(), 0);
        let mut next = [0u16; SHARDS];
        next.iter_mut().zip(&self.begins).for_each(|(n, b)| *n = *b);
        for (i, shard) in (0u16..).zip(&self.shards) {
            let Some(at) = next.get_mut(usize::from(*shard)) else { continue };
            if let Some(slot) = self.order.get_mut(usize::from(*at)) {
                *slot = i;
            }
            *at += 1;
        }
    }

    /// The packets of one shard, in input order.
    fn shard(&self, index: usize) -> impl Iterator<Item = &(u32, Packet)> {
        let begin = self.begins.get(index).copied().unwrap_or_default();
        let end = self.begins.get(index + 1).copied().unwrap_or_default();
        let order = self.order.get(usize::from(begin)..usize::from(end)).unwrap_or_default();
        order.iter().filter_map(|i| self.packets.get(usize::from(*i)))
    }
}

/// Gives one shard its packets of a round, whole datagrams at the place of their last fragment.
fn feed(
    shard: &mut Shard,
    out: &mut Output,
    index: usize,
    slices: &[Dissected],
    whole: &[Vec<Whole>],
    batch: &PacketBatch,
    at: &mut Origin,
) {
    let mut whole = whole.get(index).map_or(&[][..], |w| w).iter().peekable();
    for (i, packet) in slices.iter().flat_map(|s| s.shard(index)) {
        while let Some(w) = whole.next_if(|w| w.packet.stamp.origin.record < packet.stamp.origin.record) {
            *at = w.packet.stamp.origin;
            shard.packet(&w.packet, &w.data, out);
        }
        let Some((_, bytes)) = captured(batch, *i) else { continue };
        *at = packet.stamp.origin;
        shard.packet(packet, bytes, out);
    }
    for w in whole {
        *at = w.packet.stamp.origin;
        shard.packet(&w.packet, &w.data, out);
    }
}

/// A parser's panic is a bug of ours: said as such, with the way to reproduce it.
fn bug(at: Origin) -> InputFault {
    let at_packet = format!("a bug in netlog: decoding stopped at packet {}", at.record);
    let reason = at_packet + "; the flows of its group were begun anew";
    InputFault { path: format!("input {}", at.source), offset: Some(at.offset), reason }
}
