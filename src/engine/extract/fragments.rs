//! Fragments that wait until it is known whose they are.

use crate::model::{Ledger, Stamp};
use crate::net::Defrag;
use crate::net::defrag::Key;
use crate::sink::packets::Packet;
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::ops::Range;

/// Bytes of fragments that wait; beyond it those of the oldest datagram are forgotten.
const BYTES: usize = 32 << 20;

/// Datagrams that may stand in the order although they are whole.
const WHOLE: usize = 1024;

/// A fragment as it is stored.
#[derive(Debug)]
pub(super) struct Kept {
    record: Vec<u8>,
    /// Where the captured bytes begin in it.
    head: usize,
    ts: i64,
    origlen: u32,
    link: u16,
}

impl Kept {
    /// The packet.
    pub fn packet(&self) -> Packet<'_> {
        let Kept { record, head, ts, origlen, link } = self;
        let bytes = record.get(*head..).unwrap_or_default();
        Packet { record, bytes, ts: *ts, origlen: *origlen, link: *link }
    }
}

/// A datagram that is whole, and its fragments.
pub(super) struct Joined {
    pub datagram: Vec<u8>,
    pub wire_len: u32,
    pub fragments: Vec<Kept>,
}

/// The fragments of datagrams that are not whole yet.
#[derive(Default)]
pub(super) struct Waiting {
    defrag: Defrag,
    held: HashMap<Key, Vec<Kept>>,
    /// Datagrams in the order of their first fragments; some are whole by now.
    order: VecDeque<Key>,
    bytes: usize,
}

impl Waiting {
    /// A fragment, which lies at `range` of the captured bytes; the datagram that it makes whole.
    pub fn push(&mut self, packet: &Packet<'_>, range: Range<u32>, stamp: Stamp) -> Option<Joined> {
        let key = Key::of(packet.bytes.get(range.start as usize..range.end as usize)?)?;
        let Packet { record, bytes, ts, origlen, link } = *packet;
        let kept = Kept { record: record.to_vec(), head: record.len() - bytes.len(), ts, origlen, link };
        self.bytes += record.len();
        let fragments = self.held.entry(key).or_insert_with(|| {
            self.order.push_back(key);
            Vec::new()
        });
        fragments.push(kept);
        // What is strange about fragments `analyze` tells.
        let whole = self.defrag.push(bytes, range, origlen, stamp, &mut Ledger::default());
        let joined = whole.map(|datagram| {
            let fragments = self.forget(&key);
            Joined { datagram, wire_len: self.defrag.wire_len(), fragments }
        });
        while self.bytes > BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            self.forget(&oldest);
        }
        if self.order.len() > 2 * self.held.len() + WHOLE {
            self.order.retain(|key| self.held.contains_key(key));
        }
        joined
    }

    fn forget(&mut self, key: &Key) -> Vec<Kept> {
        let fragments = self.held.remove(key).unwrap_or_default();
        self.bytes -= fragments.iter().map(|kept| kept.record.len()).sum::<usize>();
        fragments
    }
}
