//! Packets out of captures, as they are stored.

use crate::enrich::community_id;
use crate::model::{Ledger, Origin, Stamp, Ts};
use crate::net::dissect::dissect;
use crate::net::{Filter, FlowKey, Verdict};
use crate::sink::SinkError;
use crate::sink::packets::{Packet, Packets};
use crate::source::discover::{Group, Input, discover};
use crate::source::{PacketBatch, RawPacket};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

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
    let header = one_header(&captures);
    done.copied = header.is_some();
    let mut out = Packets::open(path, header.as_deref())?;
    let mut known = BTreeMap::new();
    for input in captures {
        let head = input.record_header();
        let mut reader = match input.packets() {
            Ok(reader) => reader,
            Err(fault) => {
                done.ledger.faults.push(fault);
                continue;
            }
        };
        let mut batch = PacketBatch::default();
        loop {
            let more = reader.fill(&mut batch, ROUND);
            for raw in &batch.packets {
                let start = raw.start as usize;
                let bytes = batch.data.get(start..start + raw.caplen as usize).unwrap_or_default();
                if !wish.fits(raw, bytes, &mut known) {
                    continue;
                }
                let from = start.saturating_sub(head);
                let record = batch.data.get(from..start + bytes.len()).unwrap_or_default();
                let RawPacket { ts, origlen, link, .. } = *raw;
                out.write(&Packet { record, bytes, ts, origlen, link })?;
                done.written += 1;
            }
            done.read += batch.packets.len() as u64;
            done.ledger.merge(std::mem::take(&mut batch.ledger));
            if !more {
                break;
            }
        }
    }
    out.finish()?;
    Ok(done)
}

/// The file header, if all captures are pcap files with the same one.
fn one_header(captures: &[Input]) -> Option<Vec<u8>> {
    let first = captures.first()?.file_header()?;
    captures.iter().all(|input| input.file_header() == Some(first)).then(|| first.to_vec())
}

impl Wish {
    fn fits(&self, raw: &RawPacket, bytes: &[u8], known: &mut BTreeMap<FlowKey, bool>) -> bool {
        if self.span.is_some_and(|(from, to)| raw.ts < from || raw.ts > to) {
            return false;
        }
        let stamp = Stamp { ts: raw.ts, origin: Origin::default() };
        match dissect(raw.link, bytes, raw.origlen, stamp) {
            Verdict::Flow(packet) => {
                let key = packet.key;
                let filtered = self.filter.as_ref().is_some_and(|filter| !filter.matches(&packet));
                if filtered || !self.ends(key.a().0, key.b().0) {
                    return false;
                }
                let Some(flow) = &self.flow else { return true };
                if let Some(answer) = known.get(&key) {
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
                if !icmp && known.len() < FLOWS {
                    known.insert(key, answer);
                }
                answer
            }
            // A fragment need not have ports: it belongs to its addresses, and to no flow.
            Verdict::Fragment(range) => {
                let header = bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
                let Some((a, b)) = addresses(header) else { return false };
                self.flow.is_none() && self.filter.is_none() && self.ends(a, b)
            }
            _ => false,
        }
    }

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
