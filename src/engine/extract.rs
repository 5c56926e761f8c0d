//! Packets out of captures, as they are stored.

mod fragments;
mod whole;

use crate::enrich::community_id;
use crate::model::{InputFault, Ledger, Origin, Stamp, Ts};
use crate::net::dissect::dissect;
use crate::net::{self, Filter, FlowKey, RAW_IP, Verdict};
use crate::sink::SinkError;
use crate::sink::packets::{Packet, Packets};
use crate::source::discover::{Group, Input, discover};
use crate::source::{PacketBatch, RawPacket};
use fragments::Waiting;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use whole::Stretches;

/// Bytes read at a time.
const ROUND: usize = 2 << 20;
/// Flows whose answer is remembered; beyond it each packet is asked for anew.
const FLOWS: usize = 1 << 16;

/// Which packets are wanted. All that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// One of these addresses is an end; any if empty.
    pub hosts: Vec<IpAddr>,
    /// So is one of these.
    pub peers: Vec<IpAddr>,
    /// Community ID of the flow.
    pub flow: Option<String>,
    /// First and last instant, both included.
    pub span: Option<(Ts, Ts)>,
    /// Of flows with packets in the span all are wanted, from the beginning of the conversation to its end.
    pub whole: bool,
    /// A packet filter.
    pub filter: Option<Filter>,
}

/// What was written.
#[derive(Debug, Default)]
pub struct Extracted {
    /// Packets read.
    pub read: u64,
    /// Packets written.
    pub written: u64,
    /// Whether records were copied as they are into a pcap; else the file is a pcapng.
    pub copied: bool,
    /// What could not be read.
    pub ledger: Ledger,
}

/// Why nothing more can be written.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The file cannot be made.
    #[error(transparent)]
    Open(#[from] SinkError),
    /// The file cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

/// Writes the packets of `inputs` that fit `wish` to `path`, in the order of the inputs.
///
/// # Errors
/// See [`ExtractError`]; what is wrong with inputs is told in the ledger.
pub fn extract(inputs: &[String], wish: &Wish, path: Option<&str>) -> Result<Extracted, ExtractError> {
    let span = wish.span.filter(|_| wish.whole);
    let whole = span.map(|span| Stretches::survey(inputs, wish, span));
    let Pass { mut done, other, once, .. } = pass(inputs, wish, whole.as_ref(), path, true)?;
    match other {
        // A pipe gives its bytes once, and takes them once.
        Some(_) if path.is_some() && !once => Ok(pass(inputs, wish, whole.as_ref(), path, false)?.done),
        fault => {
            done.ledger.faults.extend(fault);
            Ok(done)
        }
    }
}

/// Writes them once. With `copies` records are copied where that can be; where a capture with another header was
/// joined to one, its packets are left out.
fn pass<'w>(
    inputs: &[String],
    wish: &'w Wish,
    whole: Option<&'w Stretches>,
    path: Option<&str>,
    copies: bool,
) -> Result<Pass<'w>, ExtractError> {
    let mut done = Extracted::default();
    let mut captures = Vec::new();
    for group in discover(inputs, &|_, _| None, &mut done.ledger) {
        match group {
            Group::Capture(inputs) => captures.extend(inputs),
            Group::Log(logs) => {
                for log in logs {
                    done.ledger.stray("source.log_not_wanted", Origin::default(), log.size.unwrap_or(0));
                }
            }
        }
    }
    let header = one_header(&captures).filter(|_| copies);
    done.copied = header.is_some();
    let once = captures.iter().any(Input::is_stream);
    let mut pass = Pass { asked: Asked::new(wish, whole), done, other: None, once };
    let mut out = Packets::open(path, header.as_deref())?;
    captures.into_iter().try_for_each(|input| pass.capture(input, &mut out))?;
    out.finish()?;
    Ok(pass)
}

/// Captures on their way into a file.
struct Pass<'w> {
    asked: Asked<'w>,
    done: Extracted,
    /// Where a capture begins that does not fit into the same pcap.
    other: Option<InputFault>,
    /// An input cannot be read again.
    once: bool,
}

impl Pass<'_> {
    /// Writes what is wanted of a capture.
    fn capture(&mut self, input: Input, out: &mut Packets) -> Result<(), ExtractError> {
        let (head, path) = (input.record_header(), input.path.to_string());
        let mut reader = match input.packets() {
            Ok(reader) => reader,
            Err(fault) => {
                self.done.ledger.faults.push(fault);
                return Ok(());
            }
        };
        let mut batch = PacketBatch::default();
        loop {
            let more = reader.fill(&mut batch, ROUND);
            let end = reader.differs().filter(|_| self.done.copied);
            let until = end.unwrap_or(u64::MAX);
            for raw in batch.packets.iter().take_while(|raw| raw.file_offset < until) {
                let start = raw.start as usize;
                let bytes = batch.data.get(start..start + raw.caplen as usize).unwrap_or_default();
                let record = start.saturating_sub(head)..start + bytes.len();
                let record = batch.data.get(record).unwrap_or_default();
                let RawPacket { ts, origlen, link, .. } = *raw;
                self.done.written += self.asked.write(&Packet { record, bytes, ts, origlen, link }, out)?;
            }
            self.done.read += batch.packets.len() as u64;
            self.done.ledger.merge(std::mem::take(&mut batch.ledger));
            if end.is_some() {
                let reason = "a capture with another header was joined to this one here: its packets do not fit \
                              into the same pcap; give -o a file, and files to read";
                let fault = InputFault { path, offset: end, reason: reason.to_owned() };
                self.other.get_or_insert(fault);
                return Ok(());
            }
            if !more {
                return Ok(());
            }
        }
    }
}

/// The file header, if all captures are pcap files with the same one.
fn one_header(captures: &[Input]) -> Option<Vec<u8>> {
    let first = captures.first()?.file_header()?;
    captures.iter().all(|input| input.file_header() == Some(first)).then(|| first.to_vec())
}

/// What is wanted, and what was found out about it.
struct Asked<'w> {
    wish: &'w Wish,
    whole: Option<&'w Stretches>,
    known: BTreeMap<FlowKey, bool>,
    waiting: Waiting,
}

impl<'w> Asked<'w> {
    fn new(wish: &'w Wish, whole: Option<&'w Stretches>) -> Self {
        Asked { wish, whole, known: BTreeMap::new(), waiting: Waiting::default() }
    }

    /// Writes a packet if it is wanted, and with it the fragments that it makes a datagram that is; how many.
    fn write(&mut self, packet: &Packet<'_>, out: &mut Packets) -> io::Result<u64> {
        let span = self.whole.map(Stretches::all).or(self.wish.span);
        if span.is_some_and(|(from, to)| packet.ts < from || packet.ts > to) {
            return Ok(0);
        }
        let stamp = Stamp { ts: packet.ts, origin: Origin::default() };
        match dissect(packet.link, packet.bytes, packet.origlen, stamp) {
            Verdict::Flow(found) => {
                let part = self.whole.is_none_or(|whole| whole.has(found.key, packet.ts));
                if !part || !self.fits(&found, packet.bytes) {
                    return Ok(0);
                }
                out.write(packet)?;
                Ok(1)
            }
            Verdict::Fragment(range) => {
                let header = packet.bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
                let Wish { flow, filter, .. } = self.wish;
                let by_ends = flow.is_none() && filter.is_none();
                if by_ends && addresses(header).is_some_and(|(a, b)| self.wish.ends(a, b)) {
                    out.write(packet)?;
                    return Ok(1);
                }
                // Only the whole datagram tells which flow it is of.
                let Some(joined) = self.waiting.push(packet, range, stamp) else { return Ok(0) };
                let whole = &joined.datagram;
                match dissect(RAW_IP, whole, joined.wire_len, stamp) {
                    Verdict::Flow(found) if self.fits(&found, whole) => {
                        joined.fragments.iter().try_for_each(|kept| out.write(&kept.packet()))?;
                        Ok(joined.fragments.len() as u64)
                    }
                    _ => Ok(0),
                }
            }
            _ => Ok(0),
        }
    }

    /// Whether a packet of a flow is wanted.
    fn fits(&mut self, packet: &net::Packet, bytes: &[u8]) -> bool {
        let key = packet.key;
        let filtered = self.wish.filter.as_ref().is_some_and(|filter| !filter.matches(packet));
        if filtered || !self.wish.ends(key.a().0, key.b().0) {
            return false;
        }
        let Some(flow) = &self.wish.flow else { return true };
        if let Some(answer) = self.known.get(&key) {
            return *answer;
        }
        let (a, b) = if packet.reverse { (key.b(), key.a()) } else { (key.a(), key.b()) };
        let icmp = matches!(key.proto(), 1 | 58);
        let head = packet.payload.start as usize;
        let number = |at: usize| bytes.get(head + at).copied().map_or(0, u16::from);
        let ports = if icmp { (number(0), number(1)) } else { (a.1, b.1) };
        let id = community_id(key.transport(), (a.0, ports.0), (b.0, ports.1));
        let answer = id == *flow;
        // An ICMP flow's messages are of several types: each is asked for.
        if !icmp && self.known.len() < FLOWS {
            self.known.insert(key, answer);
        }
        answer
    }
}

impl Wish {
    fn ends(&self, a: IpAddr, b: IpAddr) -> bool {
        let among = |list: &[IpAddr]| list.is_empty() || list.contains(&a) || list.contains(&b);
        among(&self.hosts) && among(&self.peers)
    }
}

/// Source and destination in an IP header (RFC 791 §3.1, RFC 8200 §3).
fn addresses(header: &[u8]) -> Option<(IpAddr, IpAddr)> {
    match header.first()? >> 4 {
        4 => {
            let at = |at: usize| Some(IpAddr::from(*header.get(at..)?.first_chunk::<4>()?));
            Some((at(12)?, at(16)?))
        }
        _ => {
            let at = |at: usize| Some(IpAddr::from(*header.get(at..)?.first_chunk::<16>()?));
            Some((at(8)?, at(24)?))
        }
    }
}
