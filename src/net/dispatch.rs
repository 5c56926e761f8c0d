//! Which protocols a flow may speak, and what its application side consists of.
//!
//! Probes are asked in a fixed order: first the protocols whose `ports` name one of the flow's ports,
//! then all others in the order of the registry. A probe that says `More` holds back those after it
//! until it knows or [`Limits::probe_bytes`](crate::proto::Limits::probe_bytes) are reached, so the
//! verdict does not depend on how the bytes were cut into segments.

use super::conversation::Conversation;
use super::early::Early;
use super::stream::Stream;
use crate::model::{Endpoint, Event, Ledger, Seq, Stamp, Transport};
use crate::proto::config::Sections;
use crate::proto::shapes::{self, Sight};
use crate::proto::{Options, Protocol};

/// The protocols of a run by port, in the order their probes are asked.
#[derive(Debug)]
pub(super) struct Registry {
    all: &'static [&'static Protocol],
    /// Those that are not switched off.
    asked: Vec<usize>,
    /// Those that are only named are, too.
    shapes: bool,
    /// (port, index into `all`), sorted.
    ports: Vec<(u16, usize)>,
}

impl Registry {
    /// An index over `all` at their ports, or those of `sections`; what stands beyond [`Excluded`]'s capacity
    /// is not asked. `shapes` says whether those that are only named are looked for, too.
    pub(super) fn new(all: &'static [&'static Protocol], sections: &Sections, shapes: bool) -> Registry {
        let each = |(i, p): (usize, &&'static Protocol)| {
            let ports = sections.ports(p.name).unwrap_or(p.ports);
            ports.iter().map(|x| (*x, i)).collect::<Vec<_>>()
        };
        let asked = |(_, p): &(usize, &&'static Protocol)| sections.enabled(p.name);
        let mut ports: Vec<_> = all.iter().enumerate().filter(asked).flat_map(each).collect();
        ports.sort_unstable();
        let asked = all.iter().enumerate().filter(asked).map(|(i, _)| i).collect();
        Registry { all, asked, shapes, ports }
    }

    /// Whether a protocol over `transport` lives at `port`.
    pub(super) fn is_server(&self, port: u16, transport: Transport) -> bool {
        self.at(port).any(|i| self.all.get(i).is_some_and(|p| p.over.carries(transport)))
    }

    /// The protocol of that name, if the run knows it.
    pub(super) fn named(&self, name: &str) -> Option<&'static Protocol> {
        let asked = |i: &usize| self.all.get(*i).filter(|p| p.name == name);
        self.asked.iter().find_map(asked).copied()
    }

    /// The protocol that these bytes look like, though nobody reads it.
    pub(super) fn shape(&self, transport: Transport, sight: &Sight<'_>) -> Option<&'static Protocol> {
        self.shapes.then(|| shapes::find(transport, sight)).flatten()
    }

    /// Whether what nobody reads is looked at for a name.
    pub(super) const fn names(&self) -> bool {
        self.shapes
    }

    fn at(&self, port: u16) -> impl Iterator<Item = usize> + '_ {
        let from = self.ports.partition_point(|(p, _)| *p < port);
        self.ports.iter().skip(from).take_while(move |(p, _)| *p == port).map(|(_, i)| *i)
    }

    /// Candidates for a flow between these ports, most likely first; hinted ones come twice.
    pub(super) fn order(
        &self,
        server: u16,
        client: u16,
    ) -> impl Iterator<Item = (usize, &'static Protocol)> + '_ {
        let hinted = self.at(server).chain(self.at(client));
        hinted.chain(self.asked.iter().copied()).filter_map(|i| self.all.get(i).map(|p| (i, *p)))
    }
}

/// A set of protocols by index.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Excluded([u64; 4]);

impl Excluded {
    /// Whether it is in.
    pub(super) fn has(&self, i: usize) -> bool {
        self.0.get(i / 64).is_none_or(|w| w >> (i % 64) & 1 == 1)
    }

    /// Puts it in.
    pub(super) fn add(&mut self, i: usize) {
        if let Some(word) = self.0.get_mut(i / 64) {
            *word |= 1 << (i % 64);
        }
    }
}

/// What the application side of a flow may touch while a packet is processed.
pub(super) struct Io<'a> {
    pub(super) stamp: Stamp,
    pub(super) ends: [Endpoint; 2],
    pub(super) transport: Transport,
    /// Of the flow's first packet.
    pub(super) vlans: [u16; 2],
    pub(super) options: &'a Options,
    pub(super) registry: &'a Registry,
    pub(super) events: &'a mut Vec<Event<'static>>,
    pub(super) ledger: &'a mut Ledger,
    pub(super) seq: &'a mut Seq,
    /// Events the flow's parsers emitted so far.
    pub(super) emitted: &'a mut u32,
    /// First and latest protocol recognised.
    pub(super) found: &'a mut [Option<&'static Protocol>; 2],
}

/// What a request that waits for its response takes, bytes: an event with some texts.
pub(super) const REQUEST: usize = 2048;

/// The application side of a flow.
#[derive(Debug)]
pub(super) enum App {
    /// No payload yet.
    Fresh,
    /// Being probed or parsed.
    Live(Box<Live>),
    /// Unknown, or its parser wants no more: the flow is only counted.
    Over,
}

/// Reassembly and parser of a flow.
#[derive(Debug)]
pub(super) struct Live {
    /// By side; used by TCP.
    pub(super) streams: [Stream; 2],
    /// Packets since the other side acknowledged beyond a hole of this side.
    pub(super) stalled: [u8; 2],
    /// The side whose bytes wait for the other's.
    pub(super) early: Option<Early>,
    pub(super) conversation: Conversation,
    /// What of this flow counts towards the shard's memory.
    pub(super) charged: usize,
    /// Stands in the shard's queue of flows that buffer.
    pub(super) queued: bool,
}

impl Live {
    /// A flow nobody spoke on yet; see [`Conversation::new`].
    pub(super) fn new(client: usize, whole: bool) -> Live {
        Live {
            streams: Default::default(),
            stalled: [0; 2],
            early: None,
            conversation: Conversation::new(client, whole),
            charged: 0,
            queued: false,
        }
    }

    /// The connection sleeps: most of those in memory do.
    pub(super) fn compact(&mut self) {
        self.streams.iter_mut().for_each(Stream::compact);
        self.conversation.compact();
    }

    /// Bytes buffered for this flow.
    pub(super) fn buffered(&self) -> usize {
        let [a, b] = &self.streams;
        a.held() + b.held() + self.conversation.held()
    }

    /// About how many bytes it takes that the flow waits for something.
    pub(super) fn held(&self) -> usize {
        self.buffered() + self.conversation.waiting() * REQUEST
    }
}
