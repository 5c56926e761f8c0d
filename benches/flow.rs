//! What a packet costs in the flow table, in reassembly, and on its way to a parser.
#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use netlog::model::{Origin, Stamp};
use netlog::net::{Config, FlowKey, Output, Packet, Shard, TcpHeader};
use netlog::proto::{Dir, Emit, Over, Parser, Probe, Protocol, Step};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Packets per iteration, over this many connections at once (what one of 64 shards sees of a busy
/// capture).
const PACKETS: u32 = 100_000;
const FLOWS: u32 = 500;

/// Connections interleaved packet by packet; every fourth packet is an acknowledgement.
fn packets(proto: u8, late: bool) -> Vec<Packet> {
    let mut seqs = vec![1u32; FLOWS as usize];
    (0..PACKETS)
        .map(|i| {
            let flow = i.wrapping_mul(2_654_435_761) % FLOWS;
            let client = (IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + flow)), 40_000);
            let server = (IpAddr::V4(Ipv4Addr::from(0xc000_0200)), 9_999);
            let back = i % 4 == 3;
            let (src, dst) = if back { (server, client) } else { (client, server) };
            let (key, reverse) = FlowKey::new(src, dst, proto);
            let len = if back { 0 } else { 1000 };
            let seq = &mut seqs[flow as usize];
            // Every sixteenth packet is ahead of its time: a hole, which the next acknowledgement gives up.
            let swap = if late && i % 16 == 0 { 1000 } else { 0 };
            let tcp = TcpHeader {
                seq: if back { 1 } else { seq.wrapping_add(swap) },
                ack: if back { *seq } else { 1 },
                flags: 16,
                window: 500,
            };
            *seq = seq.wrapping_add(len);
            Packet {
                stamp: Stamp {
                    ts: i64::from(i) * 1000,
                    origin: Origin { source: 0, record: u64::from(i) + 1, offset: 0 },
                },
                key,
                reverse,
                wire_len: 54 + len,
                payload: 54..54 + len,
                payload_len: len,
                tcp: (proto == 6).then_some(tcp),
                ttl: 64,
                id: 0,
                checksum: 0,
                macs: Some(([2; 6], [3; 6])),
                vlans: [0; 2],
                tunnel: None,
            }
        })
        .collect()
}

/// Takes all bytes of any connection: the cost up to the parser's door.
static EATER: Protocol = Protocol {
    name: "eater",
    doc: "",
    over: Over::Tcp,
    ports: &[],
    probe: |_, _| Probe::Yes,
    start: |_| Box::new(Eater),
    datasets: &[],
    fields: &[],
    anomalies: &[],
};

static PROTOCOLS: &[&Protocol] = &[&EATER];

struct Eater;

impl Parser for Eater {
    fn data(&mut self, _: Dir, bytes: &[u8], _: &mut Emit<'_>) -> Step {
        Step::Took(black_box(bytes).len())
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}

fn run(packets: &[Packet], data: &[u8], flows_only: bool) -> Output {
    let config = Config { flows_only, shapes: false, ..Config::default() };
    let mut shard = Shard::with_protocols(&config, &Arc::default(), PROTOCOLS);
    let mut out = Output::default();
    for packet in packets {
        shard.packet(packet, data, &mut out);
    }
    shard.finish(Stamp::default(), &mut out);
    out
}

fn flow(c: &mut Criterion) {
    let data = vec![0xa5u8; 2000];
    let mut group = c.benchmark_group("flow");
    group.throughput(Throughput::Elements(u64::from(PACKETS)));
    group.sample_size(20);
    for (name, proto, late, flows_only) in [
        ("udp, flows only", 17, false, true),
        ("tcp, flows only", 6, false, true),
        ("tcp, in order", 6, false, false),
        ("tcp, with holes", 6, true, false),
    ] {
        let packets = packets(proto, late);
        group.bench_function(name, |b| {
            b.iter_batched(|| (), |()| black_box(run(&packets, &data, flows_only)), BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, flow);
criterion_main!(benches);
