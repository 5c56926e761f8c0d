//! One of the [`SHARDS`](super::SHARDS) independent parts of the network core: its flows, their
//! connections, their parsers.
//!
//! Time is packet time. A record closes when its flow was idle for `flow_timeout`; a TCP connection
//! that is still open then sleeps for up to [`CONNECTION_IDLE`], with its reassembly and its parser,
//! and continues in a further record. "Now" is the earlier of the last two packets' times, so a single
//! packet with a bogus stamp in the future expires nobody.

mod held;

use super::copies::Sight;
use super::dispatch::{App, Io, Registry};
use super::flow::Flow;
use super::table::{List, Table};
use super::tcp::{ACK, SYN};
use super::{Config, Packet};
use crate::model::{Event, HOUR, Ledger, Origin, Seq, Stamp, Transport, Ts};
use crate::proto::{self, Protocol};
use std::collections::VecDeque;
use std::sync::Arc;

/// How long a TCP connection is remembered that neither ended nor spoke, nanoseconds of packet time.
pub const CONNECTION_IDLE: Ts = HOUR;
/// Flows (open records and sleeping connections) of one shard.
pub const FLOWS: usize = 8192;
/// Of these, connections that sleep: they hold most of the memory of a long capture.
pub const SLEEPING: usize = 1024;
/// Bytes buffered by all flows of one shard: out of order, unconsumed, being probed, or requests that wait.
pub const BUFFERED: usize = 2 << 20;

/// Idle flows closed when a packet comes, and as many connections that slept for too long.
const EXPIRED: usize = 4;

/// Caps of the network core that the ledger may name, and what happened.
pub static CAPS: &[(&str, &str)] = &[
    ("flow.table", "Too many flows at once: the one idle longest was closed early."),
    ("flow.sleeping", "Too many idle connections at once: the one idle longest was forgotten early."),
    (
        "flow.unconsumed",
        "A parser left more unconsumed bytes than are buffered: the flow was only counted from there.",
    ),
    ("flow.switches", "A flow changed its protocol too often: it was only counted from there."),
    ("tcp.out_of_order", "Too many bytes of one direction waited behind a hole: the hole became a gap."),
    (
        "tcp.memory",
        "Too many bytes were buffered at once: the flow that buffered longest was handed on with gaps.",
    ),
    (
        "flow.waiting",
        "Too many requests waited for their responses at once: those of the flow that waited longest were told as unanswered.",
    ),
];

/// Anomalies of the network core that the ledger may name, with their meaning.
pub static ANOMALIES: &[(&str, &str)] = &[
    (
        "packet.duplicate",
        "The capture holds a packet once more, as mirror ports and captures on all interfaces do: flows count its bytes, nothing else is made of it.",
    ),
    (
        "tcp.inconsistent_retransmission",
        "A segment with the sequence number of one before and other data: one of the two is forged or was damaged; the first is read.",
    ),
    (
        "tcp.sequence_far_ahead",
        "A segment far ahead of all that was sent or acknowledged: forged, or of another connection; its bytes were ignored.",
    ),
    (
        "tcp.fin_out_of_window",
        "A FIN before what was received, or far ahead of it: forged, or of another connection; what follows is read.",
    ),
    (
        "tcp.after_fin",
        "Bytes behind the end of a direction: a receiver does not read them, and they were ignored.",
    ),
];

/// What decoding gave, besides changing the shard.
#[derive(Debug, Default)]
pub struct Output {
    /// Events in the order they came about; sort by `seq` over shards.
    pub events: Vec<Event<'static>>,
    /// Accounts.
    pub ledger: Ledger,
}

/// A part of the flows: those whose key it owns.
#[derive(Debug)]
pub struct Shard {
    config: Config,
    options: Arc<proto::Options>,
    registry: Registry,
    table: Table,
    /// Time of the packet before.
    previous: Option<Ts>,
    /// Bytes buffered by all flows.
    buffered: usize,
    /// Flows that buffer, in the order they began to; some no longer do.
    pub(super) buffering: VecDeque<(u32, Origin)>,
}

/// What a step may write to.
struct Ctx<'a> {
    stamp: Stamp,
    seq: Seq,
    out: &'a mut Output,
}

impl Shard {
    /// An empty shard that knows all protocols.
    pub fn new(config: &Config, options: &Arc<proto::Options>) -> Shard {
        Shard::with_protocols(config, options, proto::ALL)
    }

    /// An empty shard that knows these protocols; for tests of parsers and of the dispatch.
    pub fn with_protocols(
        config: &Config,
        options: &Arc<proto::Options>,
        protocols: &'static [&'static Protocol],
    ) -> Shard {
        Shard {
            config: *config,
            options: Arc::clone(options),
            registry: Registry::new(protocols, &options.protocols, config.shapes),
            table: Table::new(),
            previous: None,
            buffered: 0,
            buffering: VecDeque::new(),
        }
    }

    /// Takes the next packet of this shard. `data` are the captured bytes that `packet.payload` points
    /// into. Events that come out of it carry the packet's place as `seq`.
    pub fn packet(&mut self, packet: &Packet, data: &[u8], out: &mut Output) {
        out.ledger.packets.decoded += 1;
        let Origin { source, record, .. } = packet.stamp.origin;
        let mut ctx = Ctx { stamp: packet.stamp, seq: Seq { source, record, sub: 0 }, out };
        let ts = packet.stamp.ts;
        let now = ts.min(self.previous.replace(ts).unwrap_or(ts));
        self.expire(now, &mut ctx);
        let id = self.find(packet, &mut ctx);
        let range = usize::try_from(packet.payload.start).unwrap_or(usize::MAX)
            ..usize::try_from(packet.payload.end).unwrap_or(usize::MAX);
        let payload = data.get(range).unwrap_or_default();
        let Some(flow) = self.table.get_mut(id) else { return };
        if flow.due(ts, self.config.flow_period) {
            let event = flow.interim(ts, &mut ctx.seq);
            ctx.out.events.extend(event);
        }
        let sight = flow.count(packet, payload);
        self.table.touch(id, List::Active);
        if sight == Sight::Differs {
            ctx.out.ledger.anomaly("tcp.inconsistent_retransmission", ctx.stamp.origin);
        }
        if sight == Sight::Copy {
            ctx.out.ledger.anomaly("packet.duplicate", ctx.stamp.origin);
        } else if packet.tcp.is_some() {
            self.segment(id, packet, payload, &mut ctx);
        } else if !self.config.flows_only && packet.key.proto() != 6 {
            self.datagram(id, packet, payload, &mut ctx);
        }
    }

    /// End of the capture group: closes all flows and parsers. Events get the source of `last`, the
    /// record `u64::MAX`, and by `sub` the order of the first packets of their connections: 14 bits
    /// source, 34 bits packet number, 16 bits ordinal. That is unique over all shards (no packet
    /// belongs to two connections) for groups of up to 16,384 files of up to 17 milliard packets.
    pub fn finish(&mut self, last: Stamp, out: &mut Output) {
        let mut open: Vec<(Origin, u32)> = self.open().collect();
        open.sort_unstable_by_key(|(opened, _)| (opened.source, opened.record));
        self.end(open.into_iter().map(|(_, id)| id), last, out);
    }

    /// The flows that are open: the first packet of each, and its number for [`Shard::end`].
    pub fn open(&self) -> impl Iterator<Item = (Origin, u32)> {
        self.table.flows().map(|(id, flow)| (flow.opened, id))
    }

    /// Closes some of them, as [`Shard::finish`] does all.
    pub fn end(&mut self, flows: impl IntoIterator<Item = u32>, last: Stamp, out: &mut Output) {
        for id in flows {
            let Some(opened) = self.table.get(id).map(|f| f.opened) else { continue };
            let sub = (u64::from(opened.source) & 0x3fff) << 50 | (opened.record & 0x3_ffff_ffff) << 16;
            let seq = Seq { source: last.origin.source, record: u64::MAX, sub };
            self.remove(id, &mut Ctx { stamp: last, seq, out });
        }
        if self.table.len() == 0 {
            self.previous = None;
            self.buffering.clear();
            self.buffered = 0;
        }
    }

    /// The flow a packet belongs to; a new one if need be.
    fn find(&mut self, packet: &Packet, ctx: &mut Ctx<'_>) -> u32 {
        if let Some(id) = self.table.find(&packet.key) {
            let timeout = self.config.flow_timeout;
            let (over, idle) = match self.table.get(id) {
                Some(flow) => {
                    let side = usize::from(packet.reverse);
                    let other = |(tcp, header): (&Box<_>, _)| super::tcp::Tcp::reused(tcp, side, header);
                    let reused = flow.tcp.as_ref().zip(packet.tcp.as_ref()).is_some_and(other);
                    let gap = packet.stamp.ts.saturating_sub(flow.last);
                    let idle = flow.record.is_some() && gap > timeout;
                    // Whether others in the table had it removed already must not matter.
                    let asleep = gap > CONNECTION_IDLE && (idle || flow.record.is_none());
                    (reused || asleep, idle)
                }
                None => (false, false),
            };
            if over {
                self.remove(id, ctx);
            } else if !idle || self.close(id, ctx) {
                return id;
            }
        }
        while self.table.len() >= FLOWS {
            let Some(id) = self.table.oldest(List::Dormant).or(self.table.oldest(List::Active)) else {
                break;
            };
            let idle = |flow: &Flow| ctx.stamp.ts.saturating_sub(flow.last) > self.config.flow_timeout;
            if !self.table.get(id).is_some_and(idle) {
                ctx.out.ledger.cap("flow.table", ctx.stamp.origin);
            }
            self.remove(id, ctx);
        }
        self.table.insert(Flow::new(packet, self.client(packet)))
    }

    /// Which side is the client, by what the first packet says.
    fn client(&self, packet: &Packet) -> usize {
        let sender = usize::from(packet.reverse);
        let transport = packet.key.transport();
        let flags = packet.tcp.map_or(0, |t| t.flags);
        if flags & SYN != 0 {
            return if flags & ACK == 0 { sender } else { 1 - sender };
        }
        let (a, b) = (packet.key.a().1, packet.key.b().1);
        let known = |port| self.registry.is_server(port, transport);
        match (known(a), known(b)) {
            (true, false) => 1,
            (false, true) => 0,
            // In the middle of a connection the sender says nothing; servers mostly have lower ports.
            _ if packet.tcp.is_some() && a != b => usize::from(a < b),
            _ => sender,
        }
    }

    /// Closes what is idle, a few at a time: after a pause that may be all there is, and all of it would wait in
    /// memory to be told. A packet opens one flow at most.
    fn expire(&mut self, now: Ts, ctx: &mut Ctx<'_>) {
        for (list, timeout) in [(List::Active, self.config.flow_timeout), (List::Dormant, CONNECTION_IDLE)] {
            for _ in 0..EXPIRED {
                let Some(id) = self.table.oldest(list) else { break };
                let Some(flow) = self.table.get(id) else { break };
                if now.saturating_sub(flow.last) <= timeout {
                    break;
                }
                if list == List::Dormant {
                    self.remove(id, ctx);
                } else {
                    self.close(id, ctx);
                }
            }
        }
    }

    /// Closes an idle flow's record. Returns whether the flow goes on: as a connection that sleeps.
    fn close(&mut self, id: u32, ctx: &mut Ctx<'_>) -> bool {
        let Some(flow) = self.table.get_mut(id) else { return false };
        if !flow.tcp.as_ref().is_some_and(|tcp| tcp.sleeps()) {
            self.remove(id, ctx);
            return false;
        }
        ctx.out.events.extend(flow.close(&mut ctx.seq));
        if let App::Live(live) = &mut flow.app {
            live.compact();
        }
        self.table.touch(id, List::Dormant);
        if self.table.dormant() > SLEEPING
            && let Some(oldest) = self.table.oldest(List::Dormant)
        {
            ctx.out.ledger.cap("flow.sleeping", ctx.stamp.origin);
            self.remove(oldest, ctx);
        }
        true
    }

    /// Ends a flow: its parser, its record, its memory.
    fn remove(&mut self, id: u32, ctx: &mut Ctx<'_>) {
        let Some(mut flow) = self.table.remove(id) else { return };
        let stamp = Stamp { ts: flow.last, origin: flow.opened };
        let Shard { options, registry, buffered, .. } = self;
        if let App::Live(live) = &mut flow.app {
            *buffered = buffered.saturating_sub(live.charged);
        }
        flow.with_app((options, registry), (stamp, &mut ctx.seq, ctx.out), |app, sides, io| {
            if let App::Live(live) = app {
                live.end(sides, io);
            }
            *app = App::Over;
        });
        ctx.out.events.extend(flow.close(&mut ctx.seq));
    }

    fn segment(&mut self, id: u32, packet: &Packet, payload: &[u8], ctx: &mut Ctx<'_>) {
        let Some(flow) = self.table.get_mut(id) else { return };
        let side = usize::from(packet.reverse);
        let Some(((tcp, header), record)) =
            flow.tcp.as_deref_mut().zip(packet.tcp.as_ref()).zip(flow.record.as_mut())
        else {
            return;
        };
        let Some(stats) = record.sides.get_mut(side) else { return };
        let unseen = tcp.segment(side, header, packet.payload_len, packet.stamp.ts, stats);
        let idle =
            matches!(flow.app, App::Over) || (packet.payload_len == 0 && matches!(flow.app, App::Fresh));
        if self.config.flows_only || (idle && unseen == 0) {
            if let Some(stats) = record.sides.get_mut(1 - side) {
                stats.missing += u64::from(unseen);
            }
            return;
        }
        let (tcp, client) = (*tcp, flow.client);
        let Shard { options, registry, .. } = self;
        flow.with_app((options, registry), (packet.stamp, &mut ctx.seq, ctx.out), |app, sides, io| {
            app.segment(packet, payload, (&tcp, header, unseen), (client, sides), io);
        });
        self.settle(id, ctx);
    }

    fn datagram(&mut self, id: u32, packet: &Packet, payload: &[u8], ctx: &mut Ctx<'_>) {
        let Shard { options, registry, table, .. } = self;
        let Some(flow) = table.get_mut(id) else { return };
        if payload.is_empty() || matches!(flow.app, App::Over) {
            return;
        }
        let client = flow.client;
        flow.with_app((options, registry), (packet.stamp, &mut ctx.seq, ctx.out), |app, _, io| {
            app.datagram(packet, payload, client, io);
        });
        self.settle(id, ctx);
    }
}

impl Flow {
    /// Runs `f` on the application side with all it may write to, and takes over the roles that a
    /// probe found, unless a SYN or a written record has fixed them.
    fn with_app(
        &mut self,
        (options, registry): (&proto::Options, &Registry),
        (stamp, seq, out): (Stamp, &mut Seq, &mut Output),
        f: impl FnOnce(&mut App, &mut [super::flow::Side; 2], &mut Io<'_>),
    ) {
        let mut io = Io {
            stamp,
            ends: self.ends(),
            transport: self.transport(),
            vlans: self.record.as_ref().map_or([0; 2], |record| record.vlans),
            options,
            registry,
            events: &mut out.events,
            ledger: &mut out.ledger,
            seq,
            emitted: &mut self.events,
            found: &mut self.protocols,
        };
        let mut none = Default::default();
        let sides = self.record.as_mut().map_or(&mut none, |r| &mut r.sides);
        f(&mut self.app, sides, &mut io);
        let certain = self.tcp.as_ref().is_some_and(|tcp| tcp.handshake());
        if let App::Live(live) = &self.app
            && !certain
            && !self.reported()
        {
            self.client = live.conversation.client;
        }
    }

    fn transport(&self) -> Transport {
        self.key.transport()
    }
}
