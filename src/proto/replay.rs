//! For tests of parsers: replays the TCP streams and UDP flows of a capture without the network layer.

use super::{Dir, Emit, FlowView, Options, Parser, Probe, Protocol, Step};
use crate::model::{Endpoint, Event, Ledger, Origin, Seq, Stamp, Transport};
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

/// A file of the shared corpus, or `None` with a printed line.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus")).join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is missing", path.display());
    None
}

/// A parser on one flow, with what it produced.
pub struct Bench {
    pub flow: FlowView,
    pub options: Options,
    pub events: Vec<Event<'static>>,
    pub ledger: Ledger,
    seq: Seq,
    pub parser: Box<dyn Parser>,
    /// Unconsumed bytes by direction.
    rest: [Vec<u8>; 2],
    pub over: bool,
}

impl Bench {
    pub fn new(protocol: &Protocol, transport: Transport, full: bool) -> Bench {
        let end = |last: u8, port: u16| Endpoint {
            ip: Some(IpAddr::from([192, 0, 2, last])),
            port: Some(port),
            ..Endpoint::default()
        };
        let options = Options { full, ..Options::default() };
        let parser = (protocol.start)(&options);
        Bench {
            flow: FlowView { client: end(1, 40000), server: end(2, 443), transport },
            options,
            events: Vec::new(),
            ledger: Ledger::default(),
            seq: Seq::default(),
            parser,
            rest: Default::default(),
            over: false,
        }
    }

    pub fn call<R>(&mut self, ts: i64, f: impl FnOnce(&mut dyn Parser, &mut Emit<'_>) -> R) -> R {
        let now = Stamp { ts, origin: Origin::default() };
        let (events, ledger, seq) = (&mut self.events, &mut self.ledger, &mut self.seq);
        f(self.parser.as_mut(), &mut Emit::new(now, &self.flow, &self.options, events, ledger, seq))
    }

    /// Feeds bytes as the network layer does: unconsumed ones are shown again.
    pub fn feed(&mut self, dir: Dir, ts: i64, bytes: &[u8]) -> Step {
        if self.over {
            return Step::Done;
        }
        let mut all = std::mem::take(&mut self.rest[dir.index()]);
        all.extend_from_slice(bytes);
        let step = self.call(ts, |p, out| p.data(dir, &all, out));
        match step {
            Step::Took(n) => {
                assert!(n <= all.len(), "took {n} of {}", all.len());
                self.rest[dir.index()] = all.split_off(n);
            }
            _ => self.over = true,
        }
        step
    }

    pub fn gap(&mut self, dir: Dir, ts: i64, missing: u64) -> Step {
        self.rest[dir.index()].clear();
        let step = self.call(ts, |p, out| p.gap(dir, missing, out));
        self.over |= !matches!(step, Step::Took(_));
        step
    }

    pub fn end(&mut self, ts: i64) -> &[Event<'static>] {
        self.call(ts, |p, out| p.end(out));
        &self.events
    }

    /// How often an anomaly was counted.
    pub fn anomalies(&self, name: &str) -> u64 {
        self.ledger.anomalies.get(name).map_or(0, |r| r.count)
    }
}

/// (link type, time, bytes) of every packet.
fn packets(path: &std::path::Path) -> Vec<(i32, i64, Vec<u8>)> {
    let file = std::fs::File::open(path).unwrap();
    let mut reader = pcap_parser::create_reader(1 << 20, file).unwrap();
    let (mut out, mut link, mut links) = (Vec::new(), 0, Vec::new());
    loop {
        match reader.next() {
            Ok((used, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(h) => link = h.network.0,
                    PcapBlockOwned::Legacy(b) => {
                        let ts = i64::from(b.ts_sec) * 1_000_000_000 + i64::from(b.ts_usec) * 1000;
                        out.push((link, ts, b.data.to_vec()));
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(i)) => links.push(i.linktype.0),
                    PcapBlockOwned::NG(Block::EnhancedPacket(e)) => {
                        let ts = (i64::from(e.ts_high) << 32 | i64::from(e.ts_low)) * 1000;
                        out.push((links[e.if_id as usize], ts, e.data[..e.caplen as usize].to_vec()));
                    }
                    _ => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Incomplete(_)) => {
                if reader.refill().is_err() || reader.reader_exhausted() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    out
}

type End = (IpAddr, u16);

struct Replay {
    bench: Option<Bench>,
    client: End,
    next: [Option<u32>; 2],
    early: [BTreeMap<u32, (i64, Vec<u8>)>; 2],
}

/// One dissected segment or datagram: transport, ends, sequence number, SYN, payload.
fn dissect(link: i32, bytes: &[u8]) -> Option<(Transport, End, End, u32, bool, Vec<u8>)> {
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};
    let sliced = match link {
        1 => SlicedPacket::from_ethernet(bytes).ok()?,
        113 => SlicedPacket::from_linux_sll(bytes).ok()?,
        0 => SlicedPacket::from_ip(bytes.get(4..)?).ok()?,
        _ => SlicedPacket::from_ip(bytes).ok()?,
    };
    let (src, dst): (IpAddr, IpAddr) = match sliced.net? {
        NetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        _ => return None,
    };
    match sliced.transport? {
        TransportSlice::Tcp(t) => Some((
            Transport::Tcp,
            (src, t.source_port()),
            (dst, t.destination_port()),
            t.sequence_number(),
            t.syn(),
            t.payload().to_vec(),
        )),
        TransportSlice::Udp(u) => Some((
            Transport::Udp,
            (src, u.source_port()),
            (dst, u.destination_port()),
            0,
            false,
            u.payload().to_vec(),
        )),
        _ => None,
    }
}

/// The events of `protocol` in a capture; flows that its probe refuses are left out.
pub fn events(protocol: &Protocol, path: &std::path::Path, full: bool) -> Vec<Event<'static>> {
    let mut flows: BTreeMap<(Transport, End, End), Replay> = BTreeMap::new();
    let mut last = 0;
    for (link, ts, bytes) in packets(path) {
        last = ts;
        let Some((transport, src, dst, seq, syn, payload)) = dissect(link, &bytes) else { continue };
        let key = (transport, src.min(dst), src.max(dst));
        let flow = flows.entry(key).or_insert_with(|| Replay {
            bench: None,
            client: src,
            next: [None, None],
            early: Default::default(),
        });
        let side = usize::from(src != flow.client);
        if syn {
            flow.next[side] = Some(seq.wrapping_add(1));
            continue;
        }
        if payload.is_empty() || !protocol.over.carries(transport) {
            continue;
        }
        flow.segment(protocol, transport, side, seq, ts, payload, full, dst);
    }
    let mut all = Vec::new();
    for (_, flow) in flows {
        if let Some(mut bench) = flow.bench {
            bench.end(last);
            all.extend(bench.events);
        }
    }
    all
}

impl Replay {
    #[allow(clippy::too_many_arguments)]
    fn segment(
        &mut self,
        protocol: &Protocol,
        transport: Transport,
        side: usize,
        seq: u32,
        ts: i64,
        payload: Vec<u8>,
        full: bool,
        dst: End,
    ) {
        if self.bench.is_none() {
            let dir = if side == 0 { Dir::Client } else { Dir::Server };
            match (protocol.probe)(dir, &payload) {
                Probe::Yes | Probe::More => {}
                Probe::Swapped => {
                    self.client = dst;
                    self.next.swap(0, 1);
                    self.early.swap(0, 1);
                }
                Probe::No => return,
            }
            let swapped = (protocol.probe)(dir, &payload) == Probe::Swapped;
            let mut bench = Bench::new(protocol, transport, full);
            let (c, s) = (self.client, if swapped || side == 0 { dst } else { self.client });
            bench.flow.client = Endpoint { ip: Some(c.0), port: Some(c.1), ..Endpoint::default() };
            bench.flow.server = Endpoint { ip: Some(s.0), port: Some(s.1), ..Endpoint::default() };
            self.bench = Some(bench);
            let side = if swapped { 1 - side } else { side };
            return self.deliver(transport, side, seq, ts, payload);
        }
        self.deliver(transport, side, seq, ts, payload);
    }

    fn deliver(&mut self, transport: Transport, side: usize, seq: u32, ts: i64, payload: Vec<u8>) {
        let dir = if side == 0 { Dir::Client } else { Dir::Server };
        let Some(bench) = &mut self.bench else { return };
        if transport == Transport::Udp {
            if !bench.over {
                let step = bench.call(ts, |p, out| p.data(dir, &payload, out));
                bench.over = !matches!(step, Step::Took(_));
            }
            return;
        }
        self.early[side].entry(seq).or_insert((ts, payload));
        loop {
            let next = *self.next[side].get_or_insert(seq);
            let Some((&at, _)) = self.early[side].iter().find(|(at, _)| next.wrapping_sub(**at) < 1 << 30)
            else {
                return;
            };
            let Some((_, payload)) = self.early[side].remove(&at) else { return };
            let known = next.wrapping_sub(at) as usize;
            if let Some(fresh) = payload.get(known..) {
                self.next[side] = Some(next.wrapping_add(fresh.len() as u32));
                bench.feed(dir, ts, fresh);
            }
        }
    }
}
