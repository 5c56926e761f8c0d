//! Captures for tests, read with the pcap-parser crate alone so that they do not depend on netlog's
//! own readers.

use netlog::model::{Origin, Stamp};
use netlog::net::replay::Script;
use netlog::net::{FlowKey, Packet, Verdict, dissect};
use netlog::proto::Dir;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{LegacyPcapReader, PcapBlockOwned};
use std::path::{Path, PathBuf};

/// Packets of a classic pcap file that belong to flows, with the captured bytes.
pub fn packets(path: &Path) -> Vec<(Packet, Vec<u8>)> {
    let file = std::fs::File::open(path).expect("readable capture");
    let mut reader = LegacyPcapReader::new(1 << 20, file).expect("a pcap file");
    let (mut link, mut nano, mut number) = (0, false, 0);
    let mut all = Vec::new();
    loop {
        let (used, block) = match reader.next() {
            Ok(next) => next,
            Err(pcap_parser::PcapError::Incomplete(_)) => {
                reader.refill().expect("readable capture");
                continue;
            }
            Err(_) => return all,
        };
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                link = u16::try_from(header.network.0 & 0xffff).expect("16 bits");
                nano = header.is_nanosecond_precision();
            }
            PcapBlockOwned::Legacy(record) => {
                number += 1;
                let unit = if nano { 1 } else { 1000 };
                let ts = i64::from(record.ts_sec) * 1_000_000_000 + i64::from(record.ts_usec) * unit;
                let stamp = Stamp { ts, origin: Origin { source: 0, record: number, offset: 0 } };
                if let Verdict::Flow(packet) = dissect(link, record.data, record.origlen, stamp) {
                    all.push((packet, record.data.to_vec()));
                }
            }
            PcapBlockOwned::NG(_) => {}
        }
        reader.consume(used);
    }
}

/// Captures of a folder, sorted. It comes with the sources: without it nothing would be tested.
pub fn captures(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|e| e.expect("a readable folder").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "pcap"));
    paths.sort();
    paths
}

/// One script per flow of a capture, in the order captured; TCP payload that was sent before is left
/// out. The client is the sender of the SYN, else of the first packet.
pub fn scripts(path: &Path) -> Vec<Script> {
    let mut flows: Vec<(FlowKey, bool, [Option<u32>; 2], Script)> = Vec::new();
    for (packet, data) in packets(path) {
        let payload =
            data.get(packet.payload.start as usize..packet.payload.end as usize).unwrap_or_default();
        let syn_ack = packet.tcp.is_some_and(|t| t.flags & 18 == 18);
        let at = flows.iter().position(|f| f.0 == packet.key).unwrap_or_else(|| {
            let client = packet.reverse != syn_ack;
            let server = if client { packet.key.a() } else { packet.key.b() };
            let port = if matches!(packet.key.proto(), 1 | 58) { 0 } else { server.1 };
            flows.push((packet.key, client, [None; 2], Script::new(packet.key.transport(), port)));
            flows.len() - 1
        });
        let (_, client, next, script) = &mut flows[at];
        let dir = if packet.reverse == *client { Dir::Client } else { Dir::Server };
        let mut fresh = payload;
        if let Some(tcp) = packet.tcp {
            let next = &mut next[dir.index()];
            let seq = tcp.seq.wrapping_add(u32::from(tcp.flags & 2 != 0));
            let old = next.map_or(0, |n| n.wrapping_sub(seq).cast_signed().max(0)) as usize;
            fresh = payload.get(old..).unwrap_or_default();
            let end = seq.wrapping_add(packet.payload_len);
            if next.is_none_or(|n| end.wrapping_sub(n).cast_signed() > 0) {
                *next = Some(end);
            }
        }
        if !fresh.is_empty() {
            script.turns.push((dir, fresh.to_vec()));
        }
    }
    flows.into_iter().map(|f| f.3).filter(|s| !s.is_empty()).collect()
}
