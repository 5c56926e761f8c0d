//! What every protocol must stand, for every script and capture under `testdata/proto/<name>` and for
//! the first of its flows in the captures of the cases and the demo: each prefix, a hole at each
//! segment, exchanged roles, single-byte segments. A new protocol gets these by being in
//! `proto::ALL`; one that has neither script nor flow fails.

mod capture;

pub use capture::{captures, packets};

use netlog::model::{Event, Transport, Value};
use netlog::net::replay::{How, Script};
use netlog::net::{Output, flow, shard};
use netlog::proto::{self, Dir, Options, Protocol};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Prefixes and holes tried per script: all of a short one, evenly spread over a long one.
const TRIES: usize = 600;
/// Flows of the cases and the demo used per protocol.
const FLOWS: usize = 5;

/// Scripts of one protocol, with their file names.
fn scripts(protocol: &Protocol) -> Vec<(String, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/proto").join(protocol.name);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let name = path.display().to_string();
        match path.extension().and_then(|e| e.to_str()) {
            Some("txt") => {
                let text = std::fs::read_to_string(&path).expect("readable script");
                all.push((name.clone(), Script::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"))));
            }
            Some("pcap") => {
                let parts = capture::scripts(&path).into_iter().enumerate();
                all.extend(parts.map(|(i, script)| (format!("{name}#{i}"), script)));
            }
            _ => {}
        }
    }
    all.extend(
        found().iter().filter(|f| f.0 == protocol.name).take(FLOWS).map(|f| (f.1.clone(), f.2.clone())),
    );
    all
}

/// Protocol, place and script of every flow in the captures of the cases and the demo that is
/// recognised.
fn found() -> &'static [(String, String, Script)] {
    static FOUND: OnceLock<Vec<(String, String, Script)>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let cases = std::fs::read_dir(root.join("cases")).expect("the cases come with the sources");
        let cases = cases.map(|e| e.expect("a readable folder").path());
        let mut folders: Vec<_> = cases.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders.push(root.join("demo"));
        let mut all = Vec::new();
        for path in folders.iter().flat_map(|f| captures(f)) {
            for (i, script) in capture::scripts(&path).into_iter().enumerate() {
                let place = format!("{}#{i}", path.display());
                let names = recognised(&play(&script, &How::default(), false));
                all.extend(names.into_iter().map(|name| (name, place.clone(), script.clone())));
            }
        }
        all
    })
}

fn options(full: bool) -> Arc<Options> {
    Arc::new(Options { full, show_secrets: full, ..Options::default() })
}

fn play(script: &Script, how: &How, full: bool) -> Output {
    script.play(how, &options(full), proto::ALL)
}

/// Protocols the flow records name, and ARP, which has none.
fn recognised(out: &Output) -> BTreeSet<String> {
    let flows = out.events.iter().filter(|e| e.dataset.name == flow::FLOW.name);
    let arp = out.events.iter().filter(|e| e.dataset.name == "arp").map(|_| "arp".to_owned());
    let mut names: BTreeSet<String> = arp.collect();
    for value in flows.filter_map(|e| e.by_name("network.protocol")) {
        match value {
            Value::Str(name) => drop(names.insert(name.to_string())),
            Value::List(list) => names.extend(list.iter().filter_map(Value::as_str).map(str::to_owned)),
            other => panic!("network.protocol is {other:?}"),
        }
    }
    names
}

/// What is wrong with an output whatever the input was: undeclared fields, data sets and names.
fn faults(out: &Output) -> Vec<String> {
    let mut faults = Vec::new();
    for event in &out.events {
        let mut seen = BTreeSet::new();
        for (field, _) in &event.fields {
            if !seen.insert(field.name) {
                faults.push(format!("{} carries {} twice", event.dataset.name, field.name));
            }
        }
        // What FTP expects is for the engine, and never told.
        if event.dataset.name == flow::FLOW.name || std::ptr::eq(event.dataset, &proto::ftp::data::EXPECTED) {
            continue;
        }
        let of = |p: &&&Protocol| p.datasets.iter().any(|d| std::ptr::eq(*d, event.dataset));
        let Some(protocol) = proto::ALL.iter().find(of) else {
            faults.push(format!("data set {} is nobody's", event.dataset.name));
            continue;
        };
        let declared =
            protocol.fields.iter().chain(proto::fields::FIELDS).map(|f| f.name).collect::<BTreeSet<_>>();
        faults.extend(
            event
                .fields
                .iter()
                .filter(|(f, _)| !declared.contains(f.name))
                .map(|(f, _)| format!("{} emits {}, which it does not declare", protocol.name, f.name)),
        );
    }
    let anomalies = proto::ALL.iter().flat_map(|p| p.anomalies).chain(shard::ANOMALIES);
    let anomalies: BTreeSet<_> = anomalies.map(|(name, _)| *name).collect();
    let undeclared = out.ledger.anomalies.keys().filter(|name| !anomalies.contains(*name));
    faults.extend(undeclared.map(|name| format!("anomaly {name} is not declared")));
    let seqs: BTreeSet<_> = out.events.iter().map(|e| e.seq).collect();
    if seqs.len() != out.events.len() {
        faults.push("two events have one seq".to_owned());
    }
    let ids: BTreeSet<_> = out.events.iter().map(|e| (e.origin, e.ordinal, e.dataset.name)).collect();
    if ids.len() != out.events.len() {
        faults.push("two events have one identity".to_owned());
    }
    faults
}

/// An event without what depends on how the bytes were cut into packets: times and places.
fn essence(event: &Event<'_>) -> String {
    let fields: Vec<_> = event
        .fields
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Time(_)))
        .map(|(field, value)| (field.name, value))
        .collect();
    let ends = (event.source.ip, event.source.port, event.destination.ip, event.destination.port);
    let bytes = (event.source.bytes, event.destination.bytes);
    format!("{} {:?} {ends:?} {bytes:?} {fields:?}", event.dataset.name, event.outcome)
}

fn essences(out: &Output) -> Vec<String> {
    out.events.iter().filter(|e| e.dataset.name != flow::FLOW.name).map(essence).collect()
}

/// Runs `check` on every script of every protocol.
fn each(check: impl Fn(&'static Protocol, &str, &Script)) {
    for protocol in proto::ALL {
        for (name, script) in scripts(protocol) {
            check(protocol, &name, &script);
        }
    }
}

fn spread(len: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by((len / TRIES).max(1))
}

#[test]
fn every_protocol_is_recognised_and_speaks() {
    let mut silent = Vec::new();
    for protocol in proto::ALL {
        let scripts = scripts(protocol);
        if scripts.is_empty() {
            silent.push(format!("{}: no script in testdata/proto/{0}", protocol.name));
        }
        for (name, script) in scripts {
            for full in [false, true] {
                let out = play(&script, &How::default(), full);
                assert_eq!(faults(&out), Vec::<String>::new(), "{name}");
                if !recognised(&out).contains(protocol.name) {
                    silent.push(format!("{name}: taken for {:?}", recognised(&out)));
                } else if essences(&out).is_empty() {
                    silent.push(format!("{name}: no event"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn every_prefix_is_survived() {
    each(|_, name, script| {
        for len in spread(script.len()) {
            for close in [false, true] {
                let out = play(&script.prefix(len), &How { close, ..How::default() }, len % 2 == 0);
                assert_eq!(faults(&out), Vec::<String>::new(), "{name} cut at {len}");
            }
        }
    });
}

#[test]
fn a_hole_anywhere_is_survived() {
    each(|_, name, script| {
        for segment in [1460, 37] {
            let count = script.packets(&How { segment, ..How::default() }).len();
            for lost in spread(count) {
                for handshake in [false, true] {
                    let how = How { segment, lost: Some(lost), handshake, ..How::default() };
                    let out = play(script, &how, lost % 2 == 0);
                    assert_eq!(faults(&out), Vec::<String>::new(), "{name} without packet {lost}");
                }
            }
        }
    });
}

#[test]
fn exchanged_roles_are_survived() {
    each(|_, name, script| {
        for handshake in [false, true] {
            let how = How { swapped: true, handshake, ..How::default() };
            for len in spread(script.len()).step_by(8).chain([script.len()]) {
                let out = play(&script.prefix(len), &how, true);
                assert_eq!(faults(&out), Vec::<String>::new(), "{name} swapped, cut at {len}");
            }
        }
    });
}

/// Only the client was captured, or memory runs out: each request is told once, as soon as there is no room for it.
#[test]
fn requests_without_room_are_told() {
    let told = std::cell::Cell::new(0);
    each(|_, name, script| {
        let turns = script.turns.iter().filter(|(dir, _)| *dir == Dir::Client).cloned().collect();
        let asked = Script { turns, ..Script::new(script.transport, script.port) };
        // Room for parts of messages, but not for a request.
        let tight = How { room: 2047, ..How::default() };
        let whole = play(script, &tight, false);
        assert_eq!(faults(&whole), Vec::<String>::new(), "{name}");
        let [tight, roomy] = [tight, How::default()].map(|how| play(&asked, &how, false));
        assert_eq!(faults(&tight), Vec::<String>::new(), "{name} asked");
        told.set(told.get() + tight.ledger.caps.get("flow.waiting").map_or(0, |cap| cap.count));
        if !tight.ledger.caps.contains_key("tcp.memory") {
            let [tight, roomy] = [tight, roomy].map(|out| essences(&out).len());
            assert!(tight >= roomy, "{name}: {tight} of {roomy}");
        }
    });
    assert!(told.get() > 200, "{}", told.get());
}

#[test]
fn segmentation_does_not_show() {
    each(|_, name, script| {
        if script.transport != Transport::Tcp {
            return;
        }
        for full in [false, true] {
            let whole = essences(&play(script, &How::default(), full));
            for segment in [1, 7] {
                let cut = essences(&play(script, &How { segment, ..How::default() }, full));
                assert_eq!(cut, whole, "{name} in segments of {segment}");
            }
        }
    });
}

#[test]
fn nobody_claims_what_is_anothers() {
    for protocol in proto::ALL {
        let alone: &'static [&'static Protocol] = Box::leak(vec![*protocol].into_boxed_slice());
        each(|other, name, script| {
            if !std::ptr::eq(other, *protocol) {
                let out = script.play(&How { shapes: false, ..How::default() }, &options(false), alone);
                // A conversation may speak two protocols, one after the other.
                let both = || recognised(&play(script, &How::default(), false)).contains(protocol.name);
                assert!(recognised(&out).is_empty() || both(), "{} claims {name}", protocol.name);
            }
        });
    }
}
