//! For tests of parsers: one on a bench, fed by hand, or on a capture.

use super::{Dir, Emit, FlowView, Options, Parser, Protocol, Step};
use crate::model::{Endpoint, Event, Ledger, Origin, Seq, Stamp, Transport};
use crate::net::{Config, Output, Shard, Verdict, dissect};
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Says that a test does not test, and why: past the test harness, which keeps to itself what passing tests print.
pub fn skipped(why: &str) {
    let _ = std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

/// A file of the shared corpus, or `None` with a printed line.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus")).join(path);
    if path.exists() {
        return Some(path);
    }
    skipped(&format!("{} is missing", path.display()));
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
            flow: FlowView { client: end(1, 40000), server: end(2, 443), transport, vlans: [0; 2] },
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
fn packets(path: &Path) -> Vec<(i32, i64, Vec<u8>)> {
    let file = std::fs::File::open(path).unwrap();
    let mut reader = pcap_parser::create_reader(1 << 20, file).unwrap();
    let (mut out, mut link, mut links) = (Vec::new(), 0, Vec::new());
    let mut nanos = false;
    loop {
        match reader.next() {
            Ok((used, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(h) => {
                        (link, nanos) = (h.network.0, h.is_nanosecond_precision())
                    }
                    PcapBlockOwned::Legacy(b) => {
                        let ts = i64::from(b.ts_sec) * 1_000_000_000
                            + i64::from(b.ts_usec) * if nanos { 1 } else { 1000 };
                        out.push((link, ts, b.data.to_vec()));
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(i)) => {
                        links.push((i.linktype.0, if i.if_tsresol == 9 { 1 } else { 1000 }));
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(e)) => {
                        let (link, unit) = links[e.if_id as usize];
                        let ts = (i64::from(e.ts_high) << 32 | i64::from(e.ts_low)) * unit;
                        out.push((link, ts, e.data[..e.caplen as usize].to_vec()));
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

/// What `protocols` make of a capture, through the network layer. Fragments are left out.
pub fn capture(protocols: &'static [&'static Protocol], path: &Path, full: bool) -> Output {
    let options = Arc::new(Options { full, ..Options::default() });
    let mut shard =
        Shard::with_protocols(&Config { shapes: false, ..Config::default() }, &options, protocols);
    let mut out = Output::default();
    let mut last = Stamp::default();
    for (record, (link, ts, bytes)) in (1..).zip(packets(path)) {
        last = Stamp { ts, origin: Origin { source: 0, record, offset: 0 } };
        let len = u32::try_from(bytes.len()).unwrap();
        if let Verdict::Flow(packet) = dissect(u16::try_from(link).unwrap(), &bytes, len, last) {
            shard.packet(&packet, &bytes, &mut out);
        }
    }
    shard.finish(last, &mut out);
    out.events.retain(|e| e.dataset.name != "flow");
    out.events.sort_by_key(|e| e.seq);
    out
}
