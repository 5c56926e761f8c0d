//! pcapng: blocks of `type, length, body, length`. Packets stay where they are in the batch's buffer.
//!
//! draft-ietf-opsawg-pcapng. Block types and options are named as there.

use super::RawPacket;
use super::capture::{Lost, MAX_CAPLEN, Round, Search, clamp};
use super::pcapng_options::{Notes, Options, Order};
use crate::model::Ts;

/// Type of a section header block; the same in both byte orders.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
/// Shortest block: type and both lengths.
const MIN_BLOCK: usize = 12;
/// Longest block read; a longer one is garbage or nothing netlog could use.
const MAX_BLOCK: usize = MAX_CAPLEN as usize + (64 << 10);
/// Longest block the search for the next block believes in.
const SEARCH_BLOCK: usize = 1 << 20;
/// Interfaces of one section.
const MAX_INTERFACES: usize = 1 << 16;

/// Recognises the first bytes of a pcapng: a section header with its byte-order magic, as far as
/// there are bytes.
pub(super) fn is_magic(head: &[u8]) -> bool {
    head.first_chunk() == Some(&SECTION.to_be_bytes())
        && head.get(8..).is_none_or(|rest| rest.len() < 4 || Order::from_magic(rest).is_some())
}

#[derive(Clone, Copy)]
struct Interface {
    link: u16,
    snaplen: u32,
    resolution: Resolution,
    /// Nanoseconds to add to every time.
    offset: i128,
}

/// How ticks become nanoseconds.
#[derive(Clone, Copy)]
enum Resolution {
    Times(u64),
    Over(u128),
    /// Ticks of 2^-n s.
    Binary(u32),
}

impl Resolution {
    /// From the value of if_tsresol: a power of ten, or of two if the high bit is set.
    fn new(value: u8) -> Resolution {
        let power = u32::from(value & 0x7f);
        if value & 0x80 != 0 {
            Resolution::Binary(power)
        } else if power <= 9 {
            Resolution::Times(10_u64.pow(9 - power))
        } else {
            Resolution::Over(10_u128.checked_pow(power - 9).unwrap_or(u128::MAX))
        }
    }

    fn nanoseconds(self, ticks: u64) -> i128 {
        let wide = u128::from(ticks);
        let ns = match self {
            Resolution::Times(factor) => wide * u128::from(factor),
            Resolution::Over(divisor) => wide / divisor,
            Resolution::Binary(power) => (wide * 1_000_000_000) >> power,
        };
        i128::try_from(ns).unwrap_or(i128::MAX)
    }
}

/// Position in a pcapng.
#[derive(Default)]
pub(super) struct Walker {
    /// Byte order of the section; none before its header.
    order: Option<Order>,
    interfaces: Vec<Interface>,
    number: u64,
    last: Ts,
    lost: Option<Lost>,
    notes: Notes,
}

/// A block at the front of the bytes at hand.
enum Front<'a> {
    Whole(Block<'a>),
    /// Its end is not at hand.
    Partial,
    /// No block; why.
    Garbage(&'static str),
}

#[derive(Clone, Copy)]
struct Block<'a> {
    kind: u32,
    order: Order,
    body: &'a [u8],
    /// Length in the file.
    len: usize,
}

/// A block that has a packet, its fields brought together.
struct Packet<'a> {
    interface: u32,
    ticks: Option<u64>,
    caplen: u32,
    origlen: u32,
    /// Where in the block's body the captured bytes begin.
    start: usize,
    options: &'a [u8],
}

impl Walker {
    pub fn notes(&self) -> &[String] {
        self.notes.lines()
    }

    /// Takes the whole blocks at the front of the round's bytes; how many bytes that is.
    pub fn walk(&mut self, round: &mut Round<'_>) -> usize {
        let mut pos = 0;
        loop {
            if let Some(lost) = self.lost.take() {
                match self.search(round, pos) {
                    Search::Found(at) => {
                        lost.close(round, self.number + 1, round.offset(at), "pcapng.stray");
                        pos = at;
                    }
                    Search::More(at) => {
                        self.lost = Some(lost);
                        return at;
                    }
                }
            }
            if pos >= round.data.len() {
                return pos;
            }
            match self.front(round.from(pos), MAX_BLOCK) {
                Front::Whole(block) => {
                    self.block(round, pos, block);
                    pos += block.len;
                }
                Front::Partial if round.ended => pos = self.cut(round, pos),
                Front::Partial => return pos,
                Front::Garbage(why) => {
                    self.lost = Some(self.lose(round, pos, why));
                    pos += 1;
                }
            }
        }
    }

    fn lose(&self, round: &Round<'_>, pos: usize, why: &str) -> Lost {
        let from = round.offset(pos);
        Lost { from, why: format!("the block before packet {} at byte {from} {why}", self.number + 1) }
    }

    /// The block at `pos` runs over the end of the input: the capture was cut short, or the block's
    /// length is wrong and there are others behind it.
    fn cut(&mut self, round: &mut Round<'_>, pos: usize) -> usize {
        if let Search::Found(at) = self.search(round, pos + 1)
            && at < round.data.len()
        {
            self.lost = Some(self.lose(round, pos, "is longer than the capture"));
            return at;
        }
        let number = self.number + 1;
        round.cut(pos, &format!("the block before packet {number}"), number, "pcapng.cut_short");
        round.data.len()
    }

    /// Reads the frame of the block at the front of `bytes`.
    fn front<'a>(&self, bytes: &'a [u8], max: usize) -> Front<'a> {
        let (Some(kind), Some(len)) = (bytes.first_chunk(), bytes.get(4..).and_then(|b| b.first_chunk()))
        else {
            return Front::Partial;
        };
        let order = if *kind == SECTION.to_be_bytes() {
            let Some(magic) = bytes.get(8..12) else { return Front::Partial };
            Order::from_magic(magic)
        } else {
            self.order
        };
        let Some(order) = order else { return Front::Garbage("has no byte-order magic") };
        let len = order.u32(*len) as usize;
        if len < MIN_BLOCK || len > max {
            return Front::Garbage("has an impossible length");
        }
        // Some writers leave the padding out of the length.
        for whole in [len, len.next_multiple_of(4)] {
            let Some(block) = bytes.get(..whole) else { return Front::Partial };
            let Some((front, tail)) = block.split_last_chunk() else { return Front::Partial };
            if order.u32(*tail) as usize == len {
                let body = front.get(8..).unwrap_or_default();
                return Front::Whole(Block { kind: order.u32(*kind), order, body, len: whole });
            }
        }
        Front::Garbage("ends with another length than it begins with")
    }

    /// Searches the next place where a whole block of a known type stands; the end of the input if
    /// there is none.
    fn search(&self, round: &Round<'_>, from: usize) -> Search {
        let mut at = from.min(round.data.len());
        while at < round.data.len() {
            match self.front(round.from(at), SEARCH_BLOCK) {
                Front::Whole(block) if block.len % 4 == 0 && block_name(block.kind).is_some() => break,
                Front::Partial if !round.ended => break,
                _ => at += 1,
            }
        }
        let whole = matches!(self.front(round.from(at), SEARCH_BLOCK), Front::Whole(_));
        if whole || round.ended { Search::Found(at) } else { Search::More(at) }
    }

    fn block(&mut self, round: &mut Round<'_>, pos: usize, block: Block<'_>) {
        let packet = match block.kind {
            2 => obsolete(block),
            3 => self.simple(block),
            6 => enhanced(block),
            _ => {
                self.other(round, pos, block);
                return;
            }
        };
        let Some(packet) = packet else {
            return self.broken(round, pos, block, "pcapng.broken_packet", "has a packet longer than itself");
        };
        let interface = usize::try_from(packet.interface).ok().and_then(|i| self.interfaces.get(i)).copied();
        let Some(interface) = interface else {
            return self.broken(round, pos, block, "pcapng.no_interface", "refers to an unknown interface");
        };
        let Ok(start) = u32::try_from(pos + 8 + packet.start) else { return };
        self.number += 1;
        let origin = round.origin(self.number, round.offset(pos));
        match packet.ticks {
            Some(ticks) => {
                let (ts, clamped) = clamp(interface.resolution.nanoseconds(ticks) + interface.offset);
                self.last = ts;
                if clamped {
                    round.ledger.anomaly("pcapng.time_out_of_range", origin);
                }
            }
            // A simple packet has no time: it gets the one of the packet before it.
            None => round.ledger.anomaly("pcapng.no_time", origin),
        }
        round.packets.push(RawPacket {
            ts: self.last,
            number: self.number,
            file_offset: origin.offset,
            start,
            caplen: packet.caplen,
            origlen: packet.origlen,
            link: interface.link,
        });
        if !packet.options.is_empty() {
            let about = format!("packet {}", self.number);
            self.notes.comments(&about, Options::new(block.order, packet.options));
        }
    }

    fn broken(&mut self, round: &mut Round<'_>, pos: usize, block: Block<'_>, name: &'static str, why: &str) {
        let (number, offset) = (self.number + 1, round.offset(pos));
        round.ledger.stray(name, round.origin(number, offset), block.len as u64);
        round.fault(offset, format!("the block before packet {number} at byte {offset} {why}"));
    }

    /// A block without a packet.
    fn other(&mut self, round: &mut Round<'_>, pos: usize, block: Block<'_>) {
        let offset = round.offset(pos);
        let origin = round.origin(self.number, offset);
        let body = block.body;
        match block.kind {
            SECTION => {
                self.order = Some(block.order);
                self.interfaces.clear();
                let options = Options::new(block.order, body.get(16..).unwrap_or_default());
                self.notes.section(options);
            }
            1 if self.interfaces.len() == MAX_INTERFACES => round.ledger.cap("pcapng.interfaces", origin),
            1 => self.interface(block),
            5 => {
                let options = Options::new(block.order, body.get(12..).unwrap_or_default());
                self.notes.statistics(block.order.u32_at(body, 0).unwrap_or(0), options);
            }
            _ => {}
        }
        let name = block_name(block.kind).unwrap_or("pcapng.unknown");
        round.ledger.stray(name, origin, block.len as u64);
    }

    fn interface(&mut self, block: Block<'_>) {
        let body = block.body;
        let mut interface = Interface {
            link: block.order.u16_at(body, 0).unwrap_or(0),
            snaplen: block.order.u32_at(body, 4).unwrap_or(0),
            resolution: Resolution::new(6),
            offset: 0,
        };
        let options = Options::new(block.order, body.get(8..).unwrap_or_default());
        for (code, value) in options.clone() {
            match (code, value) {
                (9, [resolution, ..]) => interface.resolution = Resolution::new(*resolution),
                (14, value) => {
                    let seconds = value
                        .first_chunk()
                        .map_or(0, |v| i64::from_ne_bytes(block.order.u64(*v).to_ne_bytes()));
                    interface.offset = i128::from(seconds) * 1_000_000_000;
                }
                _ => {}
            }
        }
        self.notes.interface(self.interfaces.len(), options);
        self.interfaces.push(interface);
    }

    /// A simple packet block: its captured length is what the snapshot length and the block leave.
    fn simple<'a>(&self, block: Block<'a>) -> Option<Packet<'a>> {
        let origlen = block.order.u32_at(block.body, 0)?;
        let snaplen = self.interfaces.first().map_or(0, |i| i.snaplen);
        let room = u32::try_from(block.body.len().checked_sub(4)?).ok()?;
        let wanted = if snaplen == 0 { origlen } else { origlen.min(snaplen) };
        Some(Packet { interface: 0, ticks: None, caplen: wanted.min(room), origlen, start: 4, options: &[] })
    }
}

fn enhanced(block: Block<'_>) -> Option<Packet<'_>> {
    packet(block, block.order.u32_at(block.body, 0)?)
}

/// The obsolete packet block differs from the enhanced one in that a drop count takes half of the
/// interface's place.
fn obsolete(block: Block<'_>) -> Option<Packet<'_>> {
    packet(block, u32::from(block.order.u16_at(block.body, 0)?))
}

fn packet(block: Block<'_>, interface: u32) -> Option<Packet<'_>> {
    let (order, body) = (block.order, block.body);
    let ticks = u64::from(order.u32_at(body, 4)?) << 32 | u64::from(order.u32_at(body, 8)?);
    let caplen = order.u32_at(body, 12)?;
    let origlen = order.u32_at(body, 16)?;
    let end = 20 + caplen as usize;
    body.get(20..end)?;
    let options = body.get(end.next_multiple_of(4)..).unwrap_or_default();
    Some(Packet { interface, ticks: Some(ticks), caplen, origlen, start: 20, options })
}

/// The ledger's name for a block type, for known ones.
fn block_name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        SECTION => "pcapng.section_header",
        1 => "pcapng.interface_description",
        2 | 3 | 6 => "pcapng.packet",
        4 => "pcapng.name_resolution",
        5 => "pcapng.interface_statistics",
        7 => "pcapng.irig_timestamp",
        8 => "pcapng.arinc_429",
        9 => "pcapng.systemd_journal_export",
        10 => "pcapng.decryption_secrets",
        0x0bad | 0x4000_0bad => "pcapng.custom",
        0x201..=0x221 => "pcapng.sysdig",
        _ => return None,
    })
}
