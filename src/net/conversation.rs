//! The conversation of a flow: probing by content, feeding the parser, doing what its [`Step`] asks for.

mod shape;
mod waiting;

use super::dispatch::{Excluded, Io};
use super::rest::Rest;
use crate::model::Stamp;
use crate::proto::{Dir, Emit, FlowView, Parser, Probe, Protocol, Step};

/// Datagrams of one flow that are shown to the probes before it counts as unknown.
const DATAGRAMS: u8 = 8;
/// Stretches of a connection without known beginning that are shown to the probes.
const RESUMES: u8 = 32;
/// Changes of protocol on one flow.
const SWITCHES: u8 = 8;
/// Pieces of probed bytes whose time of arrival is kept.
const CHUNKS: usize = 64;

/// A stretch of probed bytes: who sent it, how long, when.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    side: usize,
    len: usize,
    stamp: Stamp,
}

enum Phase {
    Probing { chunks: Vec<Chunk>, excluded: Excluded, tries: u8, heads: Option<Box<shape::Heads>> },
    Parsing(Box<dyn Parser>),
    Over,
}

impl Phase {
    fn fresh() -> Phase {
        Phase::Probing { chunks: Vec::new(), excluded: Excluded::default(), tries: 0, heads: None }
    }
}

impl std::fmt::Debug for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Phase::Probing { .. } => "Probing",
            Phase::Parsing(_) => "Parsing",
            Phase::Over => "Over",
        })
    }
}

/// The conversation of a flow as its parser sees it.
#[derive(Debug)]
pub(super) struct Conversation {
    /// The side that plays the client.
    pub(super) client: usize,
    /// The beginning of the flow was seen, so that first bytes are first bytes.
    whole: bool,
    phase: Phase,
    rest: [Rest; 2],
    /// Directions that ended, and those whose parser was told.
    ended: [bool; 2],
    told: [bool; 2],
    switches: u8,
}

enum Choice {
    Start(&'static Protocol, bool),
    Wait,
    Nobody,
}

impl Conversation {
    /// A conversation nobody spoke in yet.
    pub(super) fn new(client: usize, whole: bool) -> Conversation {
        Conversation {
            client,
            whole,
            phase: Phase::fresh(),
            rest: Default::default(),
            ended: [false; 2],
            told: [false; 2],
            switches: 0,
        }
    }

    /// Whether no byte is wanted any more.
    pub(super) const fn over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// Bytes buffered.
    pub(super) fn held(&self) -> usize {
        let [a, b] = &self.rest;
        a.len() + b.len()
    }

    /// Gives memory back that holds nothing.
    pub(super) fn compact(&mut self) {
        self.rest.iter_mut().for_each(Rest::compact);
        match &mut self.phase {
            Phase::Probing { chunks, .. } => chunks.shrink_to_fit(),
            Phase::Parsing(parser) => parser.idle(),
            Phase::Over => {}
        }
    }

    fn dir(&self, side: usize) -> Dir {
        if side == self.client { Dir::Client } else { Dir::Server }
    }

    /// The next bytes of a side.
    pub(super) fn bytes(&mut self, side: usize, bytes: &[u8], io: &mut Io<'_>) {
        match &mut self.phase {
            Phase::Over => {}
            Phase::Parsing(_) => self.parse(side, bytes, io),
            Phase::Probing { chunks, .. } => {
                let Some(rest) = self.rest.get_mut(side) else { return };
                rest.push(bytes);
                let full = chunks.len() >= CHUNKS;
                match chunks.last_mut() {
                    Some(last) if last.side == side && (last.stamp == io.stamp || full) => {
                        last.len += bytes.len();
                    }
                    _ => chunks.push(Chunk { side, len: bytes.len(), stamp: io.stamp }),
                }
                self.probe(io);
            }
        }
    }

    /// One datagram of a side.
    pub(super) fn datagram(&mut self, side: usize, bytes: &[u8], io: &mut Io<'_>) {
        if let Phase::Probing { tries, .. } = &mut self.phase {
            *tries += 1;
            let tries = *tries;
            let [first, second] = self.ports(io);
            let carries = |p: &Protocol| p.over.carries(io.transport);
            let dir = self.dir(side);
            let verdict = |p: &Protocol| if carries(p) { (p.probe)(dir, bytes) } else { Probe::No };
            let mine = |(_, p)| match verdict(p) {
                Probe::Yes => Some((p, false)),
                Probe::Swapped => Some((p, true)),
                Probe::No | Probe::More => None,
            };
            let found = io.registry.order(first, second).find_map(mine);
            match found.or_else(|| Some((self.shape(side, bytes, io)?, false))) {
                Some((protocol, swapped)) => self.begin(protocol, swapped, io),
                None if tries >= DATAGRAMS => self.phase = Phase::Over,
                None => {}
            }
        }
        let dir = self.dir(side);
        match self.call(io, |parser, out| parser.data(dir, bytes, out)) {
            Some(Step::Done) => self.end(io),
            Some(Step::Weird(name)) => {
                io.ledger.anomaly(name, io.stamp.origin);
                self.end(io);
            }
            Some(Step::Switch(_) | Step::Become(..)) => {
                self.end(io);
                self.reopen(io);
            }
            Some(Step::Took(_)) | None => {}
        }
    }

    /// Bytes of a side that were never captured.
    pub(super) fn gap(&mut self, side: usize, missing: u64, io: &mut Io<'_>) {
        if let Some(rest) = self.rest.get_mut(side) {
            rest.clear();
        }
        if let Phase::Probing { chunks, excluded, .. } = &mut self.phase {
            chunks.retain(|c| c.side != side);
            *excluded = Excluded::default();
            self.whole = false;
            return;
        }
        let dir = self.dir(side);
        let step = self.call(io, |parser, out| parser.gap(dir, missing, out));
        self.obey(side, step, io);
    }

    /// A side sends nothing more.
    pub(super) fn fin(&mut self, side: usize, io: &mut Io<'_>) {
        if let Some(ended) = self.ended.get_mut(side) {
            *ended = true;
        }
        if matches!(self.phase, Phase::Probing { .. }) && self.held() > 0 {
            self.probe(io);
        }
        self.tell(io);
    }

    /// The flow is over: what is still open is emitted.
    pub(super) fn end(&mut self, io: &mut Io<'_>) {
        if matches!(self.phase, Phase::Probing { .. }) && self.held() > 0 {
            self.ended = [true; 2];
            self.told = [true; 2];
            self.probe(io);
        }
        self.call(io, |parser, out| parser.end(out));
        self.phase = Phase::Over;
        self.rest = Default::default();
    }

    fn tell(&mut self, io: &mut Io<'_>) {
        for side in [self.client, 1 - self.client.min(1)] {
            let due = self.ended.get(side) == Some(&true) && self.told.get(side) == Some(&false);
            if !due || !matches!(self.phase, Phase::Parsing(_)) {
                continue;
            }
            if let Some(told) = self.told.get_mut(side) {
                *told = true;
            }
            let rest = self.rest.get_mut(side).map(std::mem::take).unwrap_or_default();
            let dir = self.dir(side);
            self.call(io, |parser, out| parser.fin(dir, rest.get(), out));
        }
    }

    fn ports(&self, io: &Io<'_>) -> [u16; 2] {
        let [a, b] = io.ends.map(|e| e.port.unwrap_or(0));
        if self.client == 0 { [b, a] } else { [a, b] }
    }

    fn probe(&mut self, io: &mut Io<'_>) {
        match self.choose(io) {
            Choice::Start(protocol, swapped) => {
                let Phase::Probing { chunks, .. } = &mut self.phase else { return };
                let chunks = std::mem::take(chunks);
                let held = std::mem::take(&mut self.rest);
                self.begin(protocol, swapped, io);
                self.replay(&chunks, &held, io);
                self.tell(io);
            }
            Choice::Wait => {}
            Choice::Nobody if self.undecided(io) || self.one_way(io) => {}
            Choice::Nobody => {
                self.rest = Default::default();
                let whole = self.whole;
                match &mut self.phase {
                    // The beginning was not seen: another segment may begin a message.
                    Phase::Probing { chunks, excluded, tries, .. } if !whole && *tries < RESUMES => {
                        *tries += 1;
                        chunks.clear();
                        *excluded = Excluded::default();
                    }
                    phase => *phase = Phase::Over,
                }
            }
        }
    }

    fn choose(&mut self, io: &Io<'_>) -> Choice {
        let [first, second] = self.ports(io);
        let cap = io.options.limits.probe_bytes;
        let sides = [0, 1].map(|side| (side, self.dir(side)));
        let Phase::Probing { excluded, .. } = &mut self.phase else { return Choice::Wait };
        for (i, protocol) in io.registry.order(first, second) {
            if excluded.has(i) || !protocol.over.carries(io.transport) {
                continue;
            }
            let (mut found, mut waits, mut no) = (None, false, false);
            for (side, dir) in sides {
                let seen = self.rest.get(side).map(Rest::get).unwrap_or_default();
                if seen.is_empty() {
                    continue;
                }
                match (protocol.probe)(dir, seen.get(..cap).unwrap_or(seen)) {
                    Probe::Yes => found = found.or(Some(false)),
                    Probe::Swapped => found = found.or(Some(true)),
                    Probe::No => no = true,
                    Probe::More => waits |= seen.len() < cap && self.ended.get(side) == Some(&false),
                }
            }
            match found {
                _ if no => excluded.add(i),
                Some(swapped) => return Choice::Start(protocol, swapped),
                None if waits => return Choice::Wait,
                None => excluded.add(i),
            }
        }
        Choice::Nobody
    }

    fn begin(&mut self, protocol: &'static Protocol, swapped: bool, io: &mut Io<'_>) {
        if swapped {
            self.client = 1 - self.client.min(1);
        }
        match io.found {
            [None, _] => *io.found = [Some(protocol); 2],
            [Some(_), latest] => *latest = Some(protocol),
        }
        self.phase = Phase::Parsing((protocol.start)(io.options));
    }

    /// Shows the parser what was probed, as it came.
    fn replay(&mut self, chunks: &[Chunk], held: &[Rest; 2], io: &mut Io<'_>) {
        let now = io.stamp;
        let mut at = [0usize; 2];
        for chunk in chunks {
            let Some((rest, from)) = held.get(chunk.side).zip(at.get_mut(chunk.side)) else { continue };
            let bytes = rest.get().get(*from..).unwrap_or_default();
            let bytes = bytes.get(..chunk.len).unwrap_or(bytes);
            *from += bytes.len();
            io.stamp = chunk.stamp;
            self.bytes(chunk.side, bytes, io);
        }
        io.stamp = now;
    }

    fn parse(&mut self, side: usize, bytes: &[u8], io: &mut Io<'_>) {
        let dir = self.dir(side);
        let Some(rest) = self.rest.get_mut(side) else { return };
        let step = if rest.len() == 0 {
            let step = self.call(io, |parser, out| parser.data(dir, bytes, out));
            if let (Some(Step::Took(n) | Step::Switch(n) | Step::Become(n, _)), Some(rest)) =
                (step, self.rest.get_mut(side))
            {
                rest.push(bytes.get(n..).unwrap_or_default());
            }
            step
        } else {
            rest.push(bytes);
            let shown = std::mem::take(rest);
            let step = self.call(io, |parser, out| parser.data(dir, shown.get(), out));
            if let Some(rest) = self.rest.get_mut(side) {
                *rest = shown;
                if let Some(Step::Took(n) | Step::Switch(n) | Step::Become(n, _)) = step {
                    rest.take(n);
                }
            }
            step
        };
        self.obey(side, step, io);
    }

    fn obey(&mut self, side: usize, step: Option<Step>, io: &mut Io<'_>) {
        match step {
            Some(Step::Took(_)) => self.bound(side, io),
            Some(Step::Done) => self.end(io),
            Some(Step::Weird(name)) => {
                io.ledger.anomaly(name, io.stamp.origin);
                self.end(io);
            }
            Some(Step::Switch(_)) => self.switch(side, None, io),
            Some(Step::Become(_, name)) => self.switch(side, io.registry.named(name), io),
            None => {}
        }
    }

    fn bound(&mut self, side: usize, io: &mut Io<'_>) {
        if self.rest.get(side).is_some_and(|r| r.len() > io.options.limits.buffer) {
            io.ledger.cap("flow.unconsumed", io.stamp.origin);
            self.end(io);
        }
    }

    /// Ends the parser and has what is unconsumed probed anew, or read by the parser of `next`.
    fn switch(&mut self, side: usize, next: Option<&'static Protocol>, io: &mut Io<'_>) {
        let held = std::mem::take(&mut self.rest);
        self.end(io);
        if !self.reopen(io) {
            return;
        }
        if let Some(next) = next {
            self.begin(next, false, io);
        }
        for from in [1 - side.min(1), side] {
            let bytes = held.get(from).map(Rest::get).unwrap_or_default();
            if !bytes.is_empty() {
                self.bytes(from, bytes, io);
            }
        }
    }

    fn reopen(&mut self, io: &mut Io<'_>) -> bool {
        if self.switches >= SWITCHES {
            io.ledger.cap("flow.switches", io.stamp.origin);
            return false;
        }
        (self.switches, self.told, self.phase) = (self.switches + 1, [false; 2], Phase::fresh());
        true
    }

    /// Calls the parser, if there is one, and numbers the events it emits.
    fn call<R>(&mut self, io: &mut Io<'_>, f: impl FnOnce(&mut dyn Parser, &mut Emit<'_>) -> R) -> Option<R> {
        let Phase::Parsing(parser) = &mut self.phase else { return None };
        let [a, b] = io.ends;
        let (client, server) = if self.client == 0 { (a, b) } else { (b, a) };
        let view = FlowView { client, server, transport: io.transport, vlans: io.vlans };
        let before = io.events.len();
        let mut out = Emit::new(io.stamp, &view, io.options, io.events, io.ledger, io.seq);
        let result = f(parser.as_mut(), &mut out);
        for event in io.events.iter_mut().skip(before) {
            event.ordinal = *io.emitted;
            *io.emitted += 1;
        }
        Some(result)
    }
}
