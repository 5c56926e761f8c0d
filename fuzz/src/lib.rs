//! What is fuzzed: each function takes any bytes, must not panic, and checks that everything is
//! accounted for. The targets in fuzz_targets/ call them (`cargo +nightly fuzz run protocol`), and
//! tests/mutations.rs does on damaged test data with a stable compiler.

use netlog::logs::{Context, FormatSet, Parser, Scratch, YearClock};
use netlog::model::{Endpoint, Ledger, Origin, Seq, Stamp, Transport};
use netlog::net::{Config, Defrag, Output, RAW_IP, Shard, Verdict, filter::Filter};
use netlog::proto::{self, Dir, Emit, FlowView, Options, Over, Protocol, Step};
use netlog::source::{Kind, LineChunk, PacketBatch, capture::Reader};
use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

/// A packet of any link type: two bytes of link type, then the packet.
pub fn dissect(data: &[u8]) {
    let Some((link, packet)) = data.split_first_chunk::<2>() else { return };
    let link = u16::from_be_bytes(*link);
    let wire = u32::try_from(packet.len()).unwrap_or(u32::MAX);
    match netlog::net::dissect(link, packet, wire, Stamp::default()) {
        Verdict::Flow(found) => {
            let (start, end) = (found.payload.start as usize, found.payload.end as usize);
            assert!(start <= end && end <= packet.len(), "payload outside the packet");
            assert!(found.key.shard() < netlog::net::SHARDS);
        }
        Verdict::Fragment(range) => {
            assert!(range.start <= range.end && range.end as usize <= packet.len());
        }
        Verdict::Skip(name) | Verdict::Malformed(name) => assert!(!name.is_empty()),
    }
}

/// A packet filter as a user types it.
pub fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = Filter::parse(text) {
        assert!(!error.to_string().is_empty());
    }
}

/// A capture file from its first byte to the last event. Every packet read is accounted for.
pub fn capture(data: &[u8]) {
    let kind = if data.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) { Kind::PcapNg } else { Kind::Pcap };
    let mut reader = Reader::new("fuzz".into(), 0, kind, Box::new(Cursor::new(data.to_vec())));
    let (mut batch, mut ledger, mut out) = (PacketBatch::default(), Ledger::default(), Output::default());
    let mut shard = Shard::new(&Config::default(), &Arc::new(Options::default()));
    let (mut defrag, mut last) = (Defrag::new(), Stamp::default());
    loop {
        let more = reader.fill(&mut batch, 1 << 16);
        ledger.merge(std::mem::take(&mut batch.ledger));
        for raw in &batch.packets {
            let (start, len) = (raw.start as usize, raw.caplen as usize);
            let packet = &batch.data[start..start + len];
            let origin = Origin { source: 0, record: raw.number, offset: raw.file_offset };
            last = Stamp { ts: raw.ts, origin };
            match netlog::net::dissect(raw.link, packet, raw.origlen, last) {
                Verdict::Flow(found) => shard.packet(&found, packet, &mut out),
                Verdict::Fragment(range) => {
                    let whole = defrag.push(packet, range, raw.origlen, last, &mut ledger);
                    let Some(whole) = whole else { continue };
                    let found = netlog::net::dissect(RAW_IP, &whole, defrag.wire_len(), last);
                    let Verdict::Flow(found) = found else { panic!("promised to be a flow's: {found:?}") };
                    shard.packet(&found, &whole, &mut out);
                }
                Verdict::Skip(reason) => ledger.packets.skip(reason, origin, &[]),
                Verdict::Malformed(reason) => ledger.packets.malformed(reason, origin, packet),
            }
        }
        if !more {
            break;
        }
    }
    defrag.finish(&mut ledger);
    shard.finish(last, &mut out);
    ledger.merge(out.ledger);
    assert_eq!(ledger.packets.read, ledger.packets.accounted(), "{:?}", ledger.packets);
}

/// The shipped log formats.
fn formats() -> &'static FormatSet {
    static FORMATS: OnceLock<FormatSet> = OnceLock::new();
    FORMATS.get_or_init(|| FormatSet::builtin().expect("the shipped formats compile"))
}

/// A log file. Every line is accounted for.
pub fn lines(data: &[u8]) {
    let set = formats();
    let detection = set.detect(data);
    let chunk = LineChunk { data: data.to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let context = Context { year: Some(2026), ..Context::default() };
    let mut clock = YearClock::new(&context, data, &[]);
    let parser = Parser::new(set, &detection, context);
    let mut parsed = parser.parse(&chunk, &mut Scratch::default());
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    let ends = data.iter().filter(|b| **b == b'\n').count();
    let whole = ends + usize::from(data.last().is_some_and(|b| *b != b'\n'));
    let counts = &parsed.ledger.lines;
    assert_eq!(counts.read, whole as u64);
    assert_eq!(counts.read, counts.accounted(), "{counts:?}");
    assert_eq!(counts.bytes, data.len() as u64);
}

/// A conversation with one parser: the first byte chooses the protocol, then pieces of two bytes (role
/// and what happens; length) and their content.
pub fn protocol(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let index = usize::from(*first) % proto::ALL.len();
    if let Some(protocol) = proto::ALL.get(index) {
        converse(protocol, first >> 7 == 1, rest);
    }
}

/// Feeds one protocol's probe and parser as the network layer does. `other` takes the second transport
/// where a protocol has two.
pub fn converse(protocol: &Protocol, other: bool, data: &[u8]) {
    let mut talk = Talk::new(protocol, other);
    let mut rest = data;
    while let Some(([what, len], after)) = rest.split_first_chunk::<2>() {
        let len = (usize::from(*len) * (1 + usize::from(what >> 5))).min(after.len());
        let (piece, after) = after.split_at(len);
        let dir = if what & 1 == 0 { Dir::Client } else { Dir::Server };
        (protocol.probe)(dir, piece);
        talk.now.ts += i64::from(*what) * 1_000_000;
        talk.now.origin.record += 1;
        match what >> 1 & 7 {
            0 => talk.gap(dir, u64::from(*what) + 1, piece),
            1 => talk.fin(dir, piece),
            _ => talk.data(dir, piece),
        }
        rest = after;
    }
    talk.end();
}

/// One flow.
struct Talk {
    flow: FlowView,
    options: Options,
    parser: Box<dyn proto::Parser>,
    /// Unconsumed bytes by direction.
    rest: [Vec<u8>; 2],
    closed: [bool; 2],
    over: bool,
    now: Stamp,
    out: Output,
    seq: Seq,
}

impl Talk {
    fn new(protocol: &Protocol, other: bool) -> Talk {
        let end = |last: u8, port: u16| Endpoint {
            ip: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))),
            port: Some(port),
            ..Endpoint::default()
        };
        let transport = match (protocol.over, other) {
            (Over::Tcp, _) | (Over::Both, false) => Transport::Tcp,
            (Over::Udp, _) | (Over::Both, true) => Transport::Udp,
            (Over::Icmp, false) => Transport::Icmp,
            (Over::Icmp, true) => Transport::Icmp6,
            (Over::Arp, _) => Transport::Arp,
        };
        let options = Options { full: other, ..Options::default() };
        Talk {
            flow: FlowView {
                client: end(1, 40_000),
                server: end(2, protocol.ports.first().copied().unwrap_or(0)),
                transport,
                vlans: [0; 2],
            },
            parser: (protocol.start)(&options),
            options,
            rest: Default::default(),
            closed: [false; 2],
            over: false,
            now: Stamp::default(),
            out: Output::default(),
            seq: Seq::default(),
        }
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut dyn proto::Parser, &mut Emit<'_>) -> R) -> R {
        let Output { events, ledger } = &mut self.out;
        let mut emit = Emit::new(self.now, &self.flow, &self.options, events, ledger, &mut self.seq);
        f(self.parser.as_mut(), &mut emit)
    }

    fn data(&mut self, dir: Dir, bytes: &[u8]) {
        if self.over || self.closed[dir.index()] || bytes.is_empty() {
            return;
        }
        let stream = self.flow.transport == Transport::Tcp;
        let mut all = std::mem::take(&mut self.rest[dir.index()]);
        all.extend_from_slice(bytes);
        match self.call(|parser, out| parser.data(dir, &all, out)) {
            Step::Took(n) | Step::Switch(n) if stream => {
                assert!(n <= all.len(), "took {n} of {}", all.len());
                self.rest[dir.index()] = all.split_off(n);
                self.over = self.rest[dir.index()].len() > self.options.limits.buffer;
            }
            Step::Took(_) => {}
            _ => self.over = true,
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, after: &[u8]) {
        if self.over || self.closed[dir.index()] || self.flow.transport != Transport::Tcp {
            return;
        }
        self.rest[dir.index()].clear();
        let step = self.call(|parser, out| parser.gap(dir, missing, out));
        self.over |= !matches!(step, Step::Took(_));
        self.data(dir, after);
    }

    fn fin(&mut self, dir: Dir, before: &[u8]) {
        self.data(dir, before);
        if self.over || self.closed[dir.index()] {
            return;
        }
        self.closed[dir.index()] = true;
        let rest = std::mem::take(&mut self.rest[dir.index()]);
        self.call(|parser, out| parser.fin(dir, &rest, out));
    }

    fn end(mut self) {
        self.call(|parser, out| parser.end(out));
        for event in &self.out.events {
            assert!(!event.dataset.name.is_empty());
        }
    }
}
