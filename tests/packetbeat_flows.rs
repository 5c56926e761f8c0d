//! Flow records against what Packetbeat 7.17 printed for its own test captures: the same flows with
//! the same addresses, packets and bytes of each side.

use crate::registry::{captures, packets};
use netlog::model::{Endpoint, Event, Stamp};
use netlog::net::{Config, Output, SHARDS, Shard, flow};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// address, port, MAC, packets and bytes of one side.
type Side = (String, u64, String, u64, u64);

/// Flows of a capture, sorted, each side first or second by its own order: who is source is a
/// matter of policy and tested elsewhere.
type Flows = Vec<[Side; 2]>;

fn ours(path: &Path) -> Flows {
    let config = Config { flow_timeout: i64::MAX, ..Config::default() };
    let options = Arc::default();
    let mut shards: Vec<_> = (0..SHARDS).map(|_| Shard::new(&config, &options)).collect();
    let (mut out, mut last) = (Output::default(), Stamp::default());
    let packets = packets(path);
    for (packet, data) in &packets {
        last = packet.stamp;
        shards[packet.key.shard()].packet(packet, data, &mut out);
    }
    shards.iter_mut().for_each(|shard| shard.finish(last, &mut out));
    assert_eq!(out.ledger.packets.decoded, packets.len() as u64);
    let flows = out.events.iter().filter(|e| e.dataset.name == flow::FLOW.name);
    sorted(flows.map(|e: &Event<'_>| [side(&e.source), side(&e.destination)]).collect())
}

fn side(end: &Endpoint) -> Side {
    let mac = end.mac.map(|m| m.map(|b| format!("{b:02x}")).join(":"));
    (
        end.ip.expect("an address").to_string(),
        end.port.unwrap_or(0).into(),
        mac.unwrap_or_default(),
        end.packets.unwrap_or(0),
        end.bytes.unwrap_or(0),
    )
}

fn sorted(mut flows: Flows) -> Flows {
    flows.iter_mut().for_each(|f| f.sort());
    flows.sort();
    flows
}

/// Packetbeat makes two flows of one conversation where the two ways pass different routers
/// (nfsv42_*), and where its clock ran out while reading (mysql_with_gap); here they are one again.
fn theirs(path: &Path) -> Flows {
    let text = std::fs::read_to_string(path).expect("expected output");
    let lines = text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).expect("JSON"));
    let side = |end: &serde_json::Value| {
        let text = |name: &str| end[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| end[name].as_u64().unwrap_or(0);
        (text("ip"), number("port"), text("mac"), number("packets"), number("bytes"))
    };
    let flows = lines.filter(|e| e["event"]["dataset"] == "flow");
    let mut merged: Flows = Vec::new();
    for flow in sorted(flows.map(|e| [side(&e["source"]), side(&e["destination"])]).collect()) {
        let same = |f: &&mut [Side; 2]| (0..2).all(|i| (&f[i].0, f[i].1) == (&flow[i].0, flow[i].1));
        match merged.iter_mut().find(same) {
            Some(into) => into.iter_mut().zip(flow).for_each(|(a, b)| {
                if a.3 == 0 {
                    a.2 = b.2;
                }
                (a.3, a.4) = (a.3 + b.3, a.4 + b.4);
            }),
            None => merged.push(flow),
        }
    }
    sorted(merged)
}

#[test]
fn flows_are_packetbeats() {
    let mut differ = BTreeMap::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/packetbeat/pcaps");
    for capture in captures(Path::new(folder)) {
        let name = capture.file_stem().expect("a name").to_string_lossy().into_owned();
        let expected = capture.parent().expect("a folder").with_file_name("expected");
        let (ours, theirs) = (ours(&capture), theirs(&expected.join(format!("{name}.ndjson"))));
        if ours != theirs {
            differ.insert(name, (ours, theirs));
        }
    }
    for (name, (ours, theirs)) in &differ {
        eprintln!("{name}\n  ours   {ours:?}\n  theirs {theirs:?}");
    }
    assert!(differ.is_empty(), "{:?}", differ.keys());
}
