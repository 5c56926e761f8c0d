//! Names for what no parser wants.

use super::{Conversation, Phase};
use crate::net::dispatch::Io;
use crate::net::rest::Rest;
use crate::proto::Protocol;
use crate::proto::ftp::data;
use crate::proto::shapes::{SEEN, Sight};

/// The beginning of each side's last datagram, for shapes that need two.
pub(super) type Heads = [([u8; HEAD], usize); 2];
const HEAD: usize = 20;

impl Conversation {
    /// The shape of a datagram; its beginning is kept for the next one.
    pub(super) fn shape(&mut self, side: usize, bytes: &[u8], io: &Io<'_>) -> Option<&'static Protocol> {
        let ports = self.ports(io);
        let Phase::Probing { heads, .. } = &mut self.phase else { return None };
        let (kept, len) = heads.get_or_insert_default().get_mut(side)?;
        let before = kept.get(..*len).unwrap_or_default();
        let found = io.registry.shape(io.transport, &Sight { bytes, before, ports });
        *len = bytes.len().min(HEAD);
        kept.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        found
    }

    /// A connection that only one side speaks on may carry what FTP announced: it is counted and hashed, without a
    /// name so far.
    pub(super) fn one_way(&mut self, io: &mut Io<'_>) -> bool {
        let sides = [0, 1].map(|side| self.rest.get(side).map_or(0, Rest::len));
        let alone = self.whole && sides.contains(&0) && sides != [0, 0] && self.switches == 0;
        if !alone || !io.registry.names() || !data::may_be(self.ports(io)) {
            return false;
        }
        let Phase::Probing { chunks, .. } = &mut self.phase else { return false };
        let chunks = std::mem::take(chunks);
        let held = std::mem::take(&mut self.rest);
        self.phase = Phase::Parsing((data::PROTOCOL.start)(io.options));
        self.replay(&chunks, &held, io);
        self.tell(io);
        true
    }

    /// No parser wants the stream: names it by its shape, or says whether more bytes may give it one.
    pub(super) fn undecided(&mut self, io: &mut Io<'_>) -> bool {
        let ports = self.ports(io);
        // Where the beginning was not seen, the next segment may begin a message.
        let mut few = self.whole && io.registry.names();
        for side in [self.client, 1 - self.client.min(1)] {
            let seen = self.rest.get(side).map(Rest::get).unwrap_or_default();
            let seen = seen.get(..SEEN).unwrap_or(seen);
            few &= seen.len() < SEEN && (seen.is_empty() || self.ended.get(side) == Some(&false));
            let found = io.registry.shape(io.transport, &Sight { bytes: seen, before: &[], ports });
            if let Some(named) = found.filter(|_| !seen.is_empty()) {
                self.begin(named, false, io);
                self.end(io);
                return true;
            }
        }
        few && self.ended != [true; 2]
    }
}
